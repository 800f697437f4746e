#!/usr/bin/env python3
"""What a sender delivers in a second, beside wrk's plain POSTs to the same receivers: prints figures as JSON.

deliver.py STATE FOLDER RECEIVER EVENTS ROUNDS: STATE is that of a stack that runs (deploy/lib/stack.sh), RECEIVER the
program hook_receiver, which does nothing with what it takes; the other receiver is that of examples/, which verifies."""
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.path.insert(0, str(TOP / "tests/lib"))

from crowd import Crowd, free_port          # noqa: E402
from stack import Client, Stack, wait_until  # noqa: E402

ACCOUNTS, WRK_S = 4, 4


def wrk(port):
    """POSTs a second over kept connections. A receiver that verifies answers 4xx once it has done so."""
    out = subprocess.run(["wrk", "-t", "1", "-c", "64", "-d", f"{WRK_S}s", "-s", HERE / "post.lua",
                          f"http://127.0.0.1:{port}/hook"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return json.loads(out.splitlines()[-1])["per_second"]


def deliver(crowd, count):
    """Events that are due while the sender is halted, for 25 endpoints each; deliveries a second until the last is recorded."""
    stack = crowd.stack
    stack.signal("sender", "STOP")
    for number in range(count):
        crowd.event(number)
    began = time.monotonic()
    stack.signal("sender", "CONT")
    crowd.ring()
    wait_until(lambda: stack.number("SELECT COUNT(*) FROM (SELECT 1 FROM outbox LIMIT 1) some") == 0, 300,
               "everything is delivered", 0.1)
    took = time.monotonic() - began
    failed = stack.number("SELECT COUNT(*) FROM deliveries WHERE state <> 1")
    if failed:
        sys.exit(f"{failed} deliveries failed")
    return count * crowd.good_per_account / took


def measure(stack, folder, receiver, port, events, rounds):
    rates, plain = [], []
    with Crowd(stack, folder) as crowd:
        crowd.url = lambda kind, number: f"http://127.0.0.1:{port}/hook/{number}"
        crowd.add(["good"] * (ACCOUNTS * crowd.good_per_account))
        for _ in range(rounds):
            plain.append(wrk(port))
            rates.append(deliver(crowd, events))
        stack.sql("UPDATE account_quota SET endpoint_events = 0; DELETE FROM endpoints; DELETE FROM deliveries")
    return {f"{receiver}.per_second": statistics.median(rates), f"{receiver}.wrk": statistics.median(plain),
            f"{receiver}.ratio": statistics.median(r / p for r, p in zip(rates, plain))}


def main(state, folder, program, events, rounds):
    stack = Stack(state)
    stack.url = stack.command("url").strip()
    figures = {}
    for name, command, env in (("null", [program], {}),):
        port = free_port()
        process = subprocess.Popen([*command, str(port)], env={**os.environ, **env}, stdout=subprocess.PIPE, text=True)
        try:
            process.stdout.readline()
            figures |= measure(stack, folder, name, port, events, rounds)
        finally:
            process.kill()
            process.wait(10)
            process.stdout.close()
    print(json.dumps(figures))


main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
