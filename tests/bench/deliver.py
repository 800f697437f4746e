#!/usr/bin/env python3
"""What a sender delivers in a second, beside wrk's plain POSTs to the same receivers: prints figures as JSON.

deliver.py STATE FOLDER RECEIVER DELIVERIES ROUNDS SECONDS: STATE is that of a stack that runs (deploy/lib/stack.sh), RECEIVER the
program hook_receiver, which does nothing with what it takes; the other receiver is that of examples/, which verifies."""
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.path.insert(0, str(TOP / "tests/lib"))

from crowd import Crowd                          # noqa: E402
from stack import Stack, free_port, wait_until   # noqa: E402

ACCOUNTS, EACH = 4, 25


def wrk(port, seconds):
    """POSTs a second over kept connections. A receiver that verifies has done so before it refuses them."""
    out = subprocess.run(["wrk", "-t", "1", "-c", "64", "-d", f"{seconds}s", "-s", HERE / "post.lua",
                          f"http://127.0.0.1:{port}/hook"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return json.loads(out.splitlines()[-1])["per_second"]


def deliver(crowd, events, each):
    """Events that are due while the sender is halted, for each so many endpoints; deliveries a second until the last is
    recorded."""
    stack = crowd.stack
    stack.signal("sender", "STOP")
    for number in range(events):
        crowd.event(number)
    began = time.monotonic()
    stack.signal("sender", "CONT")
    crowd.ring()
    wait_until(lambda: crowd.number("SELECT COUNT(*) FROM (SELECT 1 FROM outbox LIMIT 1) some") == 0, 300,
               "everything is delivered", 0.05)
    took = time.monotonic() - began
    failed = stack.number("SELECT COUNT(*) FROM deliveries WHERE state <> 1")
    if failed:
        sys.exit(f"{failed} deliveries failed")
    return events * each / took


def start(command, port, secret):
    process = subprocess.Popen(command, env={**os.environ, "PORT": str(port), "AGENTIV_WEBHOOK_SECRET": secret},
                               stdout=subprocess.DEVNULL)

    def listens():
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", port)) == 0
    wait_until(listens, 10, f"{command[0]} listens")
    return process


def measure(stack, folder, name, command, endpoints, events, rounds, seconds):
    """One receiver: the sender and wrk take turns."""
    port, rates, plain = free_port(), [], []
    with Crowd(stack, folder) as crowd:
        crowd.url = lambda kind, number: f"http://127.0.0.1:{port}/hook/{number}"
        secret = crowd.add(["good"] * endpoints)[0]["secret"]
        process = start([*command, str(port)], port, secret)
        try:
            for _ in range(rounds):
                plain.append(wrk(port, seconds))
                rates.append(deliver(crowd, events, endpoints // len(crowd.accounts)))
        finally:
            process.kill()
            process.wait(10)
        stack.sql("UPDATE account_quota SET endpoint_events = 0; DELETE FROM endpoints; DELETE FROM deliveries; DELETE FROM events")
    return {f"deliver.{name}": statistics.median(rates), f"wrk.{name}": statistics.median(plain),
            f"deliver.{name}.ratio": statistics.median(r / p for r, p in zip(rates, plain))}


def main(state, folder, program, count, rounds, seconds):
    stack = Stack(state)
    stack.url = stack.command("url").strip()
    print(json.dumps({**measure(stack, folder, "null", [program], ACCOUNTS * EACH, count // EACH, rounds, seconds),
                      **measure(stack, folder, "node", ["node", TOP / "examples/receivers/receiver.js"], 1, count, rounds,
                                seconds)}))


main(*sys.argv[1:4], *map(int, sys.argv[4:7]))
