"""Prints the response of a synchronous email-triage run as a table: show_run.py FILE.

Exit status 0 when the run succeeded. Mail is other people's text: control characters never reach the
terminal."""
import json
import os
import shutil
import signal
import sys
import unicodedata

COLOURS = {"urgent": "31;1", "needs_reply": "33", "suspicious": "35", "spam": "35"}
HEADINGS = ("", "category", "from", "subject", "action", "why")


def plain(text):
    return "".join(c if c.isprintable() else " " for c in str(text or ""))


def width(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in text)


def fit(text, columns):
    """Cut or padded to so many columns of a terminal."""
    if width(text) > columns:
        while width(text) > columns - 1:
            text = text[:-1]
        text += "…"
    return text + " " * (columns - width(text))


def sender(mail):
    name, _, address = mail.rpartition("<")
    return name.strip().strip('"') or address.rstrip(">")


def row_of(item):
    reasons = item.get("reasons") or [""]
    action = item.get("action", "")
    return ("!" if item.get("urgent") else "", plain(item.get("category")).replace("_", " "),
            plain(sender(str(item.get("from") or ""))), plain(item.get("subject")) or "(no subject)",
            "" if action == "none" else plain(action).replace("_", " "), plain(reasons[0]))


def natural_widths(rows):
    widths = [max(width(r[i]) for r in [HEADINGS, *rows]) for i in range(len(HEADINGS))]
    widths[2] = min(widths[2], 20)
    return widths


def needed(widths):
    return 2 + sum(widths) + 2 * (len(widths) - 1)


def fitted(widths, total):
    """The widest free texts give way until all fits."""
    widths = list(widths)
    while needed(widths) > total:
        widest = max((2, 3), key=lambda i: widths[i])
        if widths[widest] <= 8:
            break
        widths[widest] -= 1
    return widths


def folded(text, columns):
    """In lines of at most so many columns, broken between words."""
    lines = [""]
    for word in text.split():
        if lines[-1] and width(lines[-1]) + 1 + width(word) > columns:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    return lines


def show(data, out, colour):
    items = data["output"]["triaged"]
    rows = [row_of(item) for item in items]
    total = shutil.get_terminal_size((100, 24)).columns
    widths = natural_widths(rows)
    beside = needed(widths) <= total      # else each reason has lines of its own, whole
    widths = widths if beside else fitted(widths[:-1], total)

    def paint(text, code):
        print(f"\033[{code}m{text}\033[0m" if colour and code else text, file=out)

    def line(cells, code):
        paint("  " + "  ".join(fit(c, w) for c, w in zip(cells, widths)).rstrip(), code)

    line(HEADINGS, "2")
    for item, row in zip(items, rows):
        line(row, "31;1" if item.get("urgent") else COLOURS.get(item.get("category"), ""))
        if not beside and row[-1]:
            indent = " " * (4 + widths[0])
            for text in folded(row[-1], max(total - len(indent), 20)):
                paint(indent + text, "2")
    print(f"\n  {plain(data['summary'])}   ({data['duration_ms']} ms)", file=out)


def main():
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)    # `| head` ends it without a word
    with open(sys.argv[1], encoding="utf-8") as f:
        text = f.read()
    try:
        answer = json.loads(text)
    except ValueError:
        sys.exit(f"  the answer is not JSON: {plain(text)[:200]}")
    if not answer.get("success"):
        error = answer.get("error") or {}
        sys.exit(f"  {plain(error.get('code'))}: {plain(error.get('message'))}")
    if answer["data"].get("status") != "success":
        sys.exit(f"  the run is {plain(answer['data'].get('status'))}")
    colour = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb" and "NO_COLOR" not in os.environ
    show(answer["data"], sys.stdout, colour)


main()
