"""Starting the programs of a part, with a time limit, and ending all that they left running."""
import contextvars
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

# stands before each line that a command prints, where several run at once
prefix = contextvars.ContextVar("prefix", default="")


def run(command, *, limit_s, env=None, cwd=None, log=None, show=True):
    """Runs it in a process group of its own. Returns (status, text); past the time limit the group is
    interrupted, then killed, and status is None."""
    child = subprocess.Popen([str(c) for c in command], env=env, cwd=cwd, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                             start_new_session=True)
    lines, before = [], prefix.get()

    def read():
        for line in child.stdout:
            lines.append(line)
            if show:
                print(f"{before}{line}", end="", flush=True)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        status = child.wait(limit_s)
    except subprocess.TimeoutExpired:
        end_group(child)
        print(f"stopped after {limit_s / 60:.0f} minutes: {command[0]}", flush=True)
        status = None
    except KeyboardInterrupt:
        end_group(child)
        raise
    # a daemon that kept the output open does not hold up the tests
    reader.join(5)
    text = "".join(lines)
    if log:
        Path(log).write_text(text, encoding="utf-8")
    return status, text


def end_group(child):
    for sig, patience in ((signal.SIGINT, 30), (signal.SIGKILL, 5)):
        try:
            os.killpg(child.pid, sig)
            child.wait(patience)
            return
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            pass


def ids_of(folder):
    """Ids of the processes whose command line names the folder, this one's ancestors excepted."""
    mine = set()
    pid = os.getpid()
    while pid > 1:
        mine.add(pid)
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) in mine:
            continue
        try:
            words = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if os.fsencode(folder) in words:
            found.append(int(entry.name))
    return found


def end_all_of(folder):
    """Ends, by their ids, the processes that work in the folder: SIGTERM, and SIGKILL to what is left."""
    for sig, patience in ((signal.SIGTERM, 20), (signal.SIGKILL, 5)):
        ids = ids_of(folder)
        for pid in ids:
            try:
                os.kill(pid, sig)
            except (ProcessLookupError, PermissionError):
                pass
        until = time.monotonic() + patience
        while ids_of(folder) and time.monotonic() < until:
            time.sleep(0.05)
        if not ids_of(folder):
            return
