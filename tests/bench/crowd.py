#!/usr/bin/env python3
"""Endpoints of which half are bad, beside the good ones alone: prints figures as JSON.

crowd.py STATE FOLDER ENDPOINTS SECONDS: STATE is that of a stack that runs (deploy/lib/stack.sh), with endpoints to be made;
FOLDER is for the bad receivers' certificate. Fails when a good receiver was not delivered to, a redirect was followed, or an
attempt is to be repeated outside of the jitter."""
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

from crowd import BAD, Crowd, percentile          # noqa: E402
from stack import Stack, wait_until               # noqa: E402

PER_SECOND = 10          # events
SCHEDULE_S = (5, 30, 120, 600, 3600, 10800, 21600, 43200)     # webhooks.schedule_s
# milliseconds by which a retry may be off: the time is taken a moment after the attempt's end
SLACK_MS = 250


def memory_kib(stack):
    for line in Path(f"/proc/{stack.pid('sender')}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    raise AssertionError("no memory of the sender")


def wait_after(attempt):
    """SQL: milliseconds between the end of an attempt and the next."""
    return f"(CASE {attempt} " + " ".join(f"WHEN {n} THEN {1000 * s}" for n, s in enumerate(SCHEDULE_S, 1)) + " END)"


def outside_of_jitter(stack):
    """Deliveries whose next attempt is not to be at its time in the schedule, 20 % more or less, behind the end of the last."""
    wait = wait_after("attempts")
    return stack.number("SELECT COUNT(*) FROM deliveries WHERE state = 0 AND attempts > 0 AND endpoint_id IS NOT NULL AND"
                        f" (next_at - last_at - duration_ms < 0.8 * {wait} - 1 OR"
                        f" next_at - last_at - duration_ms > 1.2 * {wait} + {SLACK_MS})")


def made_outside(stack):
    """Of the second and later attempts at receivers that fail at once: how many were not made within the jitter, and of how
    many."""
    wait, took = wait_after("a.attempt"), "b.at - a.at - a.duration_ms"
    pairs = (" FROM delivery_attempts a JOIN delivery_attempts b ON b.delivery_id = a.delivery_id AND b.attempt = a.attempt + 1"
             " WHERE a.url NOT LIKE '%/hang/%' AND a.url NOT LIKE '%/trickle/%'")
    off, total = stack.sql(f"SELECT COALESCE(SUM({took} < 0.8 * {wait} - 1 OR {took} > 1.2 * {wait} + {SLACK_MS}), 0), COUNT(*)"
                           + pairs)[0]
    return int(off), int(total)


def main(state, folder, endpoints, seconds):
    stack = Stack(state)
    stack.url = stack.command("url").strip()
    half = endpoints // 2
    with Crowd(stack, folder) as crowd:
        crowd.add(["good"] * half)
        alone = crowd.press(seconds, PER_SECOND)
        before = memory_kib(stack)
        crowd.add([BAD[i % len(BAD)] for i in range(half)])
        sizes = []
        beside = crowd.press(seconds, PER_SECOND, lambda: sizes.append(memory_kib(stack)))
        settled = sizes[len(sizes) // 3:]
        wait_until(lambda: stack.number("SELECT COUNT(*) FROM outbox WHERE due_at <= UNIX_TIMESTAMP(NOW(3)) * 1000 - 2000") == 0,
                   30, "nothing is overdue")
        followed, off = crowd.taken()["others"], outside_of_jitter(stack)
        made_off, made = made_outside(stack)
        tried = stack.number("SELECT COUNT(*) FROM deliveries WHERE state = 0 AND attempts > 0")
        failed = stack.number("SELECT COUNT(*) FROM deliveries d JOIN endpoints e ON e.id = d.endpoint_id"
                              " WHERE e.url LIKE '%/good/%' AND (d.state <> 1 OR d.attempts <> 1)")
    for what, count in (("redirects were followed", followed), ("retries are outside of the jitter", off),
                        ("deliveries to good receivers took more than one attempt", failed)):
        if count:
            sys.exit(f"{count} {what}")
    if not tried:
        sys.exit("no delivery is to be repeated, though half the receivers are bad")
    print(json.dumps({"alone.p50_ms": percentile(alone, .5), "alone.p99_ms": percentile(alone, .99),
                      "beside.p50_ms": percentile(beside, .5), "beside.p99_ms": percentile(beside, .99),
                      "deliveries": len(beside), "retries.due": tried, "retries.made": made,
                      "retries.off": made_off / made if made else 0.0, "memory.before_kib": before,
                      "memory.least_kib": min(settled), "memory.most_kib": max(settled)}))


main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
