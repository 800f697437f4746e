"""The figures of tests/quality/run as a table for a terminal and as a page."""
import html

from figures import CATEGORIES

KINDS = ["spam", "easy", "hard"]

STYLE = """
:root { color-scheme: light dark; --line: #8884; --good: #187a3c; --bad: #b3261e; --cell: 60, 120, 216; }
@media (prefers-color-scheme: dark) { :root { --good: #6fd493; --bad: #ff8a80; --cell: 120, 170, 255; } }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 1rem; max-width: 60rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .5rem; text-align: left; vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
.met { color: var(--good); } .missed { color: var(--bad); font-weight: 600; }
details { border-bottom: 1px solid var(--line); padding: .4rem 0; } summary { cursor: pointer; overflow-wrap: anywhere; }
"""


def number(value):
    if value is None:
        return "-"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def verdict(f):
    if f.value is None:
        return "not measured"
    if f.missed:
        return "MISSED"
    return "met" if f.must is not None else "–"


def print_table(figures):
    rows = [("data", "metric", "ours", "must", "aim", "reference", "")]
    for f in figures:
        sign = "≥ " if f.more else "≤ "
        rows.append((f.data, f.metric, number(f.value), sign + number(f.must) if f.must is not None else "-",
                     sign + number(f.aim) if f.aim is not None else "-", f.reference or "-", verdict(f)))
    widths = [max(len(r[i]) for r in rows) for i in range(7)]
    for r in rows:
        print("  ".join(cell.ljust(w) for cell, w in zip(r, widths)).rstrip())
    for f in figures:
        if f.note:
            print(f"{f.metric}: {f.note}")


def cell(tag, text, kind=""):
    return f"<{tag}{f' class={kind}' if kind else ''}>{html.escape(str(text))}</{tag}>"


def figures_page(figures):
    out = ["<div class=wide><table><tr>", *(cell("th", h) for h in ("Data", "Metric")),
           *(cell("th", h, "n") for h in ("Ours", "Must", "Aim")), cell("th", "Reference"), cell("th", ""), "</tr>"]
    for f in figures:
        sign = "≥ " if f.more else "≤ "
        out += ["<tr>", cell("td", f.data), cell("td", f.metric), cell("td", number(f.value), "n"),
                cell("td", sign + number(f.must) if f.must is not None else "", "n"),
                cell("td", sign + number(f.aim) if f.aim is not None else "", "n"), cell("td", f.reference),
                cell("td", verdict(f), "missed" if f.missed else "met" if f.value is not None and f.must is not None else ""), "</tr>"]
    notes = [f"<p>{html.escape(f.metric)}: {html.escape(f.note)}.</p>" for f in figures if f.note]
    return "".join([*out, "</table></div>", *notes])


def matrix_page(rows, table):
    """Rows are what a mail is, columns what the agent said."""
    out = ["<div class=wide><table><tr><th></th>", *(cell("th", c, "n") for c in CATEGORIES), "</tr>"]
    for r in rows:
        total = max(1, sum(table[r, c] for c in CATEGORIES))
        out += ["<tr>", cell("th", r)]
        for c in CATEGORIES:
            n = table[r, c]
            out.append(f'<td class=n style="background: rgba(var(--cell), {0.6 * n / total:.2f})">{n or ""}</td>')
        out.append("</tr>")
    return "".join([*out, "</table></div>"])


def wrong_page(wrong):
    out = []
    for o in wrong:
        why = "".join(f"<li>{html.escape(r)}</li>" for r in o["reasons"])
        note = f"<p>{html.escape(o['note'])}</p>" if o.get("note") else ""
        out.append(f"<details><summary>{html.escape(o['kind'])} → <b>{html.escape(o['category'])}</b> "
                   f"{html.escape(o['name'])}: {html.escape(o['subject'])}</summary><ul>{why}</ul>{note}</details>")
    return "".join(out) or "<p>None.</p>"


def page(figures, corpus, labelled):
    """corpus and labelled: (table, wrong), None when not measured."""
    parts = [f"<h1>email-triage: quality</h1>{figures_page(figures)}"]
    if labelled:
        parts += ["<h2>Labelled mails</h2><p>Rows: the label. Columns: the agent.</p>", matrix_page(CATEGORIES, labelled[0]),
                  "<h2>Labelled mails that the agent saw otherwise</h2>", wrong_page(labelled[1])]
    if corpus:
        parts += ["<h2>Corpus</h2><p>Rows: the kind of mail. Columns: the agent.</p>", matrix_page(KINDS, corpus[0]),
                  "<h2>Wrongly taken, and missed</h2>", wrong_page(sorted(corpus[1], key=lambda o: o["kind"] == "spam"))]
    return ("<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
            f"<title>email-triage: quality</title><style>{STYLE}</style>{''.join(parts)}</html>\n")
