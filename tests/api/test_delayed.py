"""Delayed runs: delay_seconds and run_at."""
import os
import time
import unittest
from pathlib import Path

from client import Account, ApiCase, Platform, seconds_until, soon, wait_until

DAY_S = 86400


class WhatIsAccepted(ApiCase):
    def accepted(self, **more):
        """The run is accepted, and waits."""
        answer = self.run_probe(more=more)
        self.assertEqual(answer.status, 202, answer.text)
        self.assertEqual(list(answer.data), ["execution_id", "agent_slug", "status", "estimated_duration_ms", "created_at"])
        self.assertEqual(answer.data["status"], "queued")
        self.assertLess(abs(seconds_until(answer.data["created_at"])), 5)
        e = self.execution(answer.data["execution_id"])
        self.assertEqual((e["status"], e["started_at"], e["queued_at"]), ("queued", None, answer.data["created_at"]))
        self.assertEqual(self.call("POST", f"/api/executions/{e['id']}/cancel").status, 200)
        return e

    def test_a_delay_tells_when_the_run_is_to_start(self):
        self.assertLess(abs(seconds_until(self.accepted(delay_seconds=600)["run_at"]) - 600), 5)

    def test_a_time_is_taken_as_it_was_said(self):
        at = time.gmtime(time.time() + 7200)
        for text in (time.strftime("%Y-%m-%dT%H:%M:%SZ", at), time.strftime("%Y-%m-%dT%H:%M:%S.250+00:00", at)):
            self.assertEqual(self.accepted(run_at=text)["run_at"], time.strftime("%Y-%m-%dT%H:%M:%SZ", at))

    def test_thirty_days_are_the_longest(self):
        self.accepted(delay_seconds=30 * DAY_S)
        self.accepted(run_at=soon(30 * DAY_S - 1))
        self.refused(self.run_probe(more={"delay_seconds": 30 * DAY_S + 1}), "INVALID_INPUT", "delay_seconds")
        self.refused(self.run_probe(more={"run_at": soon(30 * DAY_S + 60)}), "INVALID_INPUT", "run_at")

    def test_the_past_is_refused(self):
        self.refused(self.run_probe(more={"run_at": soon(-60)}), "INVALID_INPUT", "run_at")
        self.refused(self.run_probe(more={"delay_seconds": -1}), "INVALID_INPUT", "delay_seconds")

    def test_what_is_no_time_is_refused(self):
        for value in ("tomorrow", "", "2025-01-15", 1736920800, "2999-13-01T00:00:00Z"):
            self.refused(self.run_probe(more={"run_at": value}), "INVALID_INPUT", "run_at")
        for value in (1.5, "60", True, [60]):
            self.refused(self.run_probe(more={"delay_seconds": value}), "INVALID_INPUT", "delay_seconds")

    def test_one_of_both_is_enough(self):
        self.refused(self.run_probe(more={"delay_seconds": 60, "run_at": soon(60)}), "INVALID_INPUT", "run_at")

    def test_nobody_waits_for_a_delayed_run(self):
        self.refused(self.run_probe(wait=True, more={"delay_seconds": 60}), "INVALID_INPUT", "delay_seconds")
        self.refused(self.run_probe(wait=True, more={"run_at": soon(60)}), "INVALID_INPUT", "run_at")

    def test_no_delay_is_no_delayed_run(self):
        e = self.ended(self.start(more={"delay_seconds": 0}))
        self.assertEqual((e["status"], e["run_at"]), ("success", None))

    def test_it_counts_for_the_day_it_is_accepted_on(self):
        account = Account(self.platform, runs_per_day=1)
        self.assertEqual(self.run_probe(key=account.key, more={"delay_seconds": 20 * DAY_S}).status, 202)
        self.refused(self.run_probe(key=account.key), "RATE_LIMITED")

    def test_a_repeat_after_its_time_is_answered_as_the_first_was(self):
        at, headers = soon(2), {"Idempotency-Key": f"late-{time.time_ns()}"}
        first = self.run_probe(more={"run_at": at}, headers=headers)
        self.ended(first.data["execution_id"])
        wait_until(lambda: seconds_until(at) < -1, 10, "its time is over")
        again = self.run_probe(more={"run_at": at}, headers=headers)
        self.assertEqual((again.status, again.text), (202, first.text))
        self.assertEqual(again.headers["Idempotent-Replayed"], "true")
        self.refused(self.run_probe(more={"run_at": at}), "INVALID_INPUT", "run_at")


class WhenItIsDue(ApiCase):
    def test_it_starts_at_its_time_and_not_before(self):
        e = self.ended(self.start({"payload": 1}, more={"delay_seconds": 2}))
        self.assertEqual((e["status"], e["output"]["payload"]), ("success", 1))
        self.assertGreaterEqual(e["started_at"], e["run_at"])
        self.assertGreaterEqual(seconds_until(e["run_at"]) - seconds_until(e["queued_at"]), 1)

    def test_it_takes_no_slot_before(self):
        account = Account(self.platform, concurrent=1)
        delayed = self.start(key=account.key, more={"delay_seconds": 3600})
        self.assertEqual(self.run_probe(wait=True, key=account.key).status, 200)
        self.call("POST", f"/api/executions/{delayed}/cancel", key=account.key)

    def test_it_waits_for_a_slot_then(self):
        account = Account(self.platform, concurrent=1)
        busy = self.start({"sleep_ms": 2500}, key=account.key)
        delayed = self.start(key=account.key, more={"delay_seconds": 1})
        late, early = self.ended(delayed, key=account.key), self.execution(busy, key=account.key)
        self.assertEqual((late["status"], early["status"]), ("success", "success"))
        self.assertGreaterEqual(late["started_at"], early["completed_at"])

    def test_cancelled_it_never_starts(self):
        delayed = self.start(more={"delay_seconds": 1})
        answer = self.call("POST", f"/api/executions/{delayed}/cancel")
        self.assertEqual((answer.status, answer.data["status"], answer.data["error"]["code"]), (200, "failed", "CANCELLED"))
        after = self.ended(self.start(more={"delay_seconds": 2}))
        self.assertEqual(after["status"], "success")
        self.assertIsNone(self.execution(delayed)["started_at"])


class WithoutPolling(ApiCase):
    """The worker looks at the queue once in a minute, unless it is told."""

    @classmethod
    def setUpClass(cls):
        cls.platform = Platform(Path(os.environ["AGENTIV_TEST_TMP"], "unpolled"),
                                {"worker.poll_ms": 60000, "worker.idle_poll_ms": 60000, "worker.lease_s": 120})
        cls.addClassCleanup(cls.platform.down)
        cls.platform.init()
        cls.platform.up()
        cls.account = Account(cls.platform)

    def test_the_worker_wakes_for_it(self):
        self.ended(self.start())                 # it has looked, and sleeps
        later = self.start(more={"delay_seconds": 3})
        sooner = self.start(more={"delay_seconds": 1})
        self.assertEqual([self.ended(i, seconds=20)["status"] for i in (sooner, later)], ["success", "success"])


if __name__ == "__main__":
    unittest.main()
