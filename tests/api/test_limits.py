"""Requests per minute, runs per day and month, concurrent runs."""
import time
import unittest

from client import Account, ApiCase, next_day, next_month, together, wait_until


def early_in_a_minute(seconds):
    """Waits for the next minute when less than so many seconds are left of this one."""
    left = 60 - time.time() % 60
    if left < seconds:
        time.sleep(left + 0.1)


class RequestsPerMinute(ApiCase):
    def test_exactly_the_figure_is_admitted(self):
        account = Account(self.platform, requests_per_minute=25)
        early_in_a_minute(20)
        before = time.time()
        answers = [self.get("/api/agents", key=account.key) for _ in range(30)]
        after = time.time()
        self.assertEqual([a.status for a in answers], [200] * 25 + [429] * 5)
        self.assertEqual([a.headers["X-RateLimit-Remaining"] for a in answers],
                         [str(n) for n in range(24, -1, -1)] + ["0"] * 5)
        self.assertEqual({a.headers["X-RateLimit-Limit"] for a in answers}, {"25"})
        for a in answers[25:]:
            reset = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(a.headers["X-RateLimit-Reset"])))
            self.over_limit(a, "requests_per_minute", 25, reset)
            answered_at = int(a.headers["X-RateLimit-Reset"]) - int(a.headers["Retry-After"])
            self.assertTrue(before - 1 <= answered_at <= after + 1)

    def test_exactly_the_figure_is_admitted_of_many_at_once(self):
        account = Account(self.platform, requests_per_minute=20)
        early_in_a_minute(20)
        answers = [a for batch in range(2) for a in together(16, lambda i: self.get("/api/agents", key=account.key))]
        admitted = [a for a in answers if a.status == 200]
        self.assertEqual(len(admitted), 20)
        self.assertEqual(sorted(int(a.headers["X-RateLimit-Remaining"]) for a in admitted), list(range(20)))

    def test_the_draft_s_headers_say_the_same(self):
        account = Account(self.platform, requests_per_minute=50)
        early_in_a_minute(5)
        answer = self.get("/api/agents", key=account.key)
        self.assertEqual(answer.headers["RateLimit-Policy"], '"minute";q=50;w=60')
        self.assertRegex(answer.headers["RateLimit"], r'^"minute";r=49;t=\d+$')

    def test_an_unlimited_account_says_so(self):
        answer = self.get("/api/agents")
        self.assertEqual(answer.headers["X-RateLimit-Limit"], "unlimited")
        self.assertEqual(answer.headers["X-RateLimit-Remaining"], "unlimited")
        self.assertNotIn("RateLimit", answer.headers)

    def test_each_request_with_a_valid_key_counts_once(self):
        account = Account(self.platform, requests_per_minute=100)
        early_in_a_minute(20)
        left = 100
        for method, path, status in (("GET", "/api/agents", 200), ("GET", "/nothing", 404), ("PUT", "/api/agents", 405),
                                     ("OPTIONS", "/api/agents", 204), ("HEAD", "/api/agents", 200),
                                     ("GET", "/api/executions?x=1", 400), ("POST", "/api/agents/probe/run", 400)):
            left -= 1
            answer = self.call(method, path, key=account.key)
            self.assertEqual((answer.status, answer.headers["X-RateLimit-Remaining"]), (status, str(left)), path)

    def test_open_paths_and_bad_keys_count_nothing(self):
        account = Account(self.platform, requests_per_minute=10)
        mistyped = account.key[:-1] + ("y" if account.key[-1] == "x" else "x")
        early_in_a_minute(20)
        for _ in range(3):
            self.assertEqual(self.get("/health/live", key=account.key).headers["X-RateLimit-Limit"], "unlimited")
            self.assertEqual(self.get("/api/agents", key=mistyped).headers["X-RateLimit-Limit"], "unlimited")
        self.assertEqual(self.get("/api/agents", key=account.key).headers["X-RateLimit-Remaining"], "9")


class RunsPerDayAndMonth(ApiCase):
    def test_the_run_after_the_day_s_last_is_refused(self):
        account = Account(self.platform, runs_per_day=2)
        self.assertEqual([self.run_probe(key=account.key).status for _ in range(2)], [202, 202])
        answer = self.run_probe(key=account.key)
        self.over_limit(answer, "runs_per_day", 2, next_day())
        self.assertIn("2 runs per day", answer.error["message"])
        self.assertEqual(answer.error["retry_after"], int(answer.headers["Retry-After"]))
        self.assertLessEqual(answer.error["retry_after"], 86400)
        self.refused(self.run_probe(wait=True, key=account.key), "RATE_LIMITED")

    def test_the_run_after_the_month_s_last_is_refused(self):
        account = Account(self.platform, runs_per_month=1)
        self.assertEqual(self.run_probe(key=account.key).status, 202)
        answer = self.run_probe(key=account.key)
        self.over_limit(answer, "runs_per_month", 1, next_month())
        self.assertIn("1 runs per month", answer.error["message"])

    def test_of_two_quotas_that_are_used_up_the_later_one_is_told(self):
        account = Account(self.platform, runs_per_month=1, runs_per_day=1)
        self.assertEqual(self.run_probe(key=account.key).status, 202)
        self.over_limit(self.run_probe(key=account.key), "runs_per_month", 1, next_month())

    def test_a_pro_account_s_month_is_counted_on(self):
        account = Account(self.platform, plan="pro", runs_per_month=1, runs_per_day=1000)
        self.assertEqual([self.run_probe(key=account.key).status for _ in range(3)], [202] * 3)

    def test_many_at_once_are_accepted_up_to_the_figure(self):
        account = Account(self.platform, runs_per_day=5)
        answers = together(16, lambda i: self.run_probe(key=account.key))
        self.assertEqual(sorted(a.status for a in answers), [202] * 5 + [429] * 11)

    def test_what_is_refused_uses_up_nothing(self):
        account = Account(self.platform, runs_per_day=1)
        for body, status in (({"input_payload": {"steps": -1}}, 400), ({}, 400), (b"{", 400)):
            self.assertEqual(self.call("POST", "/api/agents/probe/run", body, key=account.key).status, status)
        self.assertEqual(self.call("POST", "/api/agents/nothing/run", {"input_payload": {}}, key=account.key).status, 404)
        self.assertEqual(self.run_probe(key=account.key).status, 202)

    def test_a_failed_run_is_not_given_back(self):
        account = Account(self.platform, runs_per_day=1)
        self.ended(self.start({"fail": "final"}, key=account.key), key=account.key)
        self.refused(self.run_probe(key=account.key), "RATE_LIMITED")

    def test_a_raised_limit_counts_at_once(self):
        account = Account(self.platform, runs_per_day=1)
        self.run_probe(key=account.key)
        self.refused(self.run_probe(key=account.key), "RATE_LIMITED")
        account.limit(runs_per_day=2)
        self.assertEqual(self.run_probe(key=account.key).status, 202)


class ConcurrentRuns(ApiCase):
    def all_of(self, account):
        return self.get("/api/executions?limit=100", key=account.key).data

    def test_a_synchronous_run_without_a_slot_is_refused(self):
        account = Account(self.platform, concurrent=1)
        busy = self.start({"sleep_ms": 60000}, key=account.key)
        answer = self.run_probe(wait=True, key=account.key)
        self.over_limit(answer, "concurrent", 1, None)
        self.call("POST", f"/api/executions/{busy}/cancel", key=account.key)
        self.ended(busy, key=account.key)
        self.assertEqual(self.run_probe(wait=True, key=account.key).status, 200)

    def test_no_more_run_than_there_are_slots(self):
        account = Account(self.platform, concurrent=2)
        ids = [self.start({"sleep_ms": 400}, key=account.key) for _ in range(6)]
        most = 0

        def look():
            nonlocal most
            states = [e["status"] for e in self.all_of(account)]
            most = max(most, states.count("running"))
            return states.count("success") == len(ids)
        wait_until(look, 20, "all have ended")
        self.assertEqual(most, 2)

    def test_held_runs_start_in_the_order_they_came(self):
        account = Account(self.platform, concurrent=1)
        ids = [self.start({"sleep_ms": 150, "payload": i}, key=account.key) for i in range(8)]

        def look():
            started = {e["id"] for e in self.all_of(account) if e["status"] != "queued"}
            self.assertEqual(started, set(ids[:len(started)]), "a later one started before an earlier one")
            return len(started) == len(ids)
        wait_until(look, 20, "all have started", 0.03)

    def test_held_and_due_runs_start_in_the_order_they_were_accepted(self):
        account = Account(self.platform, concurrent=1)
        busy = self.start({"sleep_ms": 60000}, key=account.key)
        due = self.start({"sleep_ms": 150}, key=account.key, more={"delay_seconds": 1})
        held = [self.start({"sleep_ms": 150}, key=account.key) for _ in range(2)]
        wait_until(lambda: self.get("/api/usage", key=account.key).data["concurrent"]["held"] == 3, 20, "it is held, too")
        self.call("POST", f"/api/executions/{busy}/cancel", key=account.key)
        ended = [self.ended(i, key=account.key) for i in (due, *held)]
        self.assertEqual(sorted(e["completed_at"] for e in ended), [e["completed_at"] for e in ended])
        steps = [e["started_at"] for e in ended]
        self.assertEqual(sorted(steps), steps)

    def test_more_slots_start_held_runs(self):
        account = Account(self.platform, concurrent=1)
        ids = [self.start({"sleep_ms": 60000}, key=account.key) for _ in range(3)]
        account.limit(concurrent=3)
        # at once, not by the audit of slots
        self.assertEqual(self.get("/api/usage", key=account.key).data["concurrent"],
                         {"limit": 3, "used": 3, "remaining": 0, "held": 0})
        wait_until(lambda: {self.execution(i, key=account.key)["status"] for i in ids} == {"running"}, 20, "all run")
        for i in ids:
            self.call("POST", f"/api/executions/{i}/cancel", key=account.key)
        for i in ids:
            self.ended(i, key=account.key)
        self.assertEqual(self.get("/api/usage", key=account.key).data["concurrent"],
                         {"limit": 3, "used": 0, "remaining": 3, "held": 0})

    def test_a_retry_keeps_its_slot(self):
        account = Account(self.platform, concurrent=1)
        first = self.start({"fail": "retryable", "fail_attempts": 2, "sleep_ms": 100}, key=account.key)
        second = self.start({}, key=account.key)
        self.ended(second, key=account.key)
        self.assertEqual(self.execution(first, key=account.key)["status"], "success")


if __name__ == "__main__":
    unittest.main()
