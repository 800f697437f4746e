"""Prints the lines of stack_status (name, pid, health, KiB) for people, or with --json for programs."""
import json
import signal
import sys

TITLES = {"db": "MariaDB", "responder": "agentiv.fcgi", "worker": "agentiv-worker", "scheduler": "agentiv-scheduler",
          "sender": "agentiv-webhookd", "web": "web server"}


def read_rows():
    for line in sys.stdin:
        name, pid, health, kib = line.split()
        yield {"name": name, "pid": None if pid == "-" else int(pid), "health": health, "memory_kib": int(kib)}


def main():
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)    # `| head` ends it without a word
    as_json = "--json" in sys.argv[1:]
    url = sys.argv[-1]
    rows = list(read_rows())
    well = all(row["health"] == "ok" for row in rows)
    if as_json:
        print(json.dumps({"ok": well, "base_url": url or None, "processes": rows}, indent=2))
        return
    for row in rows:
        pid = "-" if row["pid"] is None else row["pid"]
        memory = f"{row['memory_kib'] / 1024:.1f} MiB" if row["pid"] else "-"
        print(f"  {row['name']:<10} {TITLES[row['name']]:<17} pid {pid:<8} {row['health']:<8} {memory:>10}")
    if well:
        print(f"  {url} answers")
    elif all(row["health"] == "stopped" for row in rows):
        print("  it is down: the same call without status starts it")
    else:
        print("  not all is well: the same call without status starts what is missing")


main()
