"""POST /api/agents/{slug}/run: accepting, waiting, failing, repeating."""
import json
import unittest

from client import CGI, EXECUTION, SYNC_WAIT_S, TIME, Account, ApiCase, soon, together, wait_until


class AsynchronousRuns(ApiCase):
    def test_the_answer_is_the_seed_s(self):
        answer = self.run_probe({"payload": {"max_emails": 20}})
        self.assertEqual(answer.status, 202)
        self.assertEqual(list(answer.body), ["success", "data"])
        self.assertEqual(list(answer.data), ["execution_id", "agent_slug", "status", "estimated_duration_ms",
                                             "created_at"])
        self.assertRegex(answer.data["execution_id"], EXECUTION)
        self.assertEqual(answer.data["agent_slug"], "probe")
        self.assertEqual(answer.data["status"], "queued")
        self.assertGreater(answer.data["estimated_duration_ms"], 0)
        self.assertRegex(answer.data["created_at"], TIME)

    def test_the_run_ends_with_its_output(self):
        payload = {"text": "Grüße, 你好, 🦁", "numbers": [0, -1, 1.5, 9007199254740993, True, None], "deep": {"a": [{}]}}
        e = self.ended(self.start({"payload": payload, "steps": 2}), around="numbers")
        self.assertEqual(list(e), ["id", "agent_slug", "status", "trigger_type", "summary", "output", "tokens_used",
                                   "duration_ms", "queued_at", "completed_at", "started_at", "attempt",
                                   "schedule_id", "run_at", "max_tokens", "error"])
        self.assertEqual((e["status"], e["trigger_type"], e["attempt"]), ("success", "api", 1))
        self.assertEqual(e["output"], {"attempt": 1, "payload": payload})
        self.assertIsInstance(e["tokens_used"], int)
        self.assertIsInstance(e["duration_ms"], int)
        self.assertIsNone(e["error"])
        self.assertIsNone(e["schedule_id"])
        for name in ("queued_at", "started_at", "completed_at"):
            self.assertRegex(e[name], TIME)

    def test_a_run_that_has_not_ended_has_its_members_too(self):
        e = self.execution(self.start({"sleep_ms": 60000}))
        self.assertEqual(len(e), 16)
        for name in ("summary", "output", "tokens_used", "duration_ms", "completed_at", "run_at", "max_tokens",
                     "error"):
            self.assertIsNone(e[name])
        self.call("POST", f"/api/executions/{e['id']}/cancel")

    def test_a_failure_that_may_pass_is_tried_again(self):
        e = self.ended(self.start({"fail": "retryable", "fail_attempts": 2}))
        self.assertEqual((e["status"], e["attempt"], e["error"]), ("success", 3, None))

    def test_a_failure_is_final_after_three_attempts(self):
        e = self.ended(self.start({"fail": "retryable"}))
        self.assertEqual((e["status"], e["attempt"]), ("failed", 3))
        self.assertEqual(e["error"]["code"], "EXECUTION_FAILED")
        self.assertIsNone(e["output"])

    def test_a_run_past_its_agent_s_time_fails(self):
        e = self.ended(self.start({"payload": {"max_emails": 1}, "sleep_ms": 30000}, agent="strict"))
        self.assertEqual((e["status"], e["error"]["code"]), ("failed", "TIMEOUT"))

    def test_an_output_past_four_mebibytes_fails(self):
        e = self.ended(self.start({"size": 5 << 20}))
        self.assertEqual((e["status"], e["error"]["code"]), ("failed", "OUTPUT_TOO_LARGE"))

    def test_the_default_is_to_wait(self):
        answer = self.call("POST", "/api/agents/probe/run", {"input_payload": {}})
        self.assertEqual(answer.status, 200)

    def test_the_estimate_follows_the_last_runs(self):
        before = self.run_probe({}, agent="needs-gmail", key=self.other_key()).data["estimated_duration_ms"]
        self.assertEqual(before, 8000)

    def other_key(self):
        """Of an account that has connected Gmail by sending its data along: no connection is asked for."""
        account = Account(self.platform)
        self.platform.ctl("connection", "add", "--user", account.id, "--integration", "gmail", "--mbox", "/nowhere",
                          "--unchecked")
        return account.key


class SynchronousRuns(ApiCase):
    def test_the_answer_is_the_seed_s(self):
        answer = self.run_probe({"payload": "p", "steps": 1}, wait=True)
        self.assertEqual(answer.status, 200)
        self.assertEqual(list(answer.data), ["execution_id", "status", "summary", "output", "tokens_used",
                                             "duration_ms"])
        self.assertRegex(answer.data["execution_id"], EXECUTION)
        self.assertEqual(answer.data["status"], "success")
        self.assertEqual(answer.data["output"], {"attempt": 1, "payload": "p"})
        self.assertEqual(self.execution(answer.data["execution_id"])["output"], answer.data["output"])

    def test_a_failure_names_its_execution(self):
        answer = self.run_probe({"fail": "final"}, wait=True)
        self.refused(answer, "EXECUTION_FAILED")
        self.assertEqual(self.execution(answer.error["execution_id"])["status"], "failed")
        self.assertIn("as it was told", answer.error["message"])

    def test_a_run_that_is_tried_again_is_waited_for(self):
        answer = self.run_probe({"fail": "retryable", "fail_attempts": 1}, wait=True)
        self.assertEqual((answer.status, answer.data["output"]["attempt"]), (200, 2))

    def test_an_output_of_megabytes_arrives_whole(self):
        answer = self.run_probe({"size": 3 << 20}, wait=True)
        self.assertEqual(answer.status, 200)
        self.assertGreater(len(answer.text), 3 << 20)
        self.assertEqual(self.execution(answer.data["execution_id"])["output"], answer.data["output"])

    def test_many_wait_at_once_and_each_gets_its_own(self):
        count = 20 if CGI else 60
        answers = together(count, lambda i: self.run_probe({"payload": i, "sleep_ms": 300}, wait=True))
        self.assertEqual([a.status for a in answers], [200] * count)
        self.assertEqual([a.data["output"]["payload"] for a in answers], list(range(count)))


class Repeating(ApiCase):
    def repeat(self, name, payload=None, wait=False, **options):
        return self.run_probe(payload or {"payload": 1}, wait, headers={"Idempotency-Key": name}, **options)

    def test_a_repeat_gets_the_first_answer(self):
        first, second = self.repeat("a key"), self.repeat("a key")
        self.assertEqual((first.status, second.status), (202, 202))
        self.assertEqual(first.text, second.text)
        self.assertNotIn("Idempotent-Replayed", first.headers)
        self.assertEqual(second.headers["Idempotent-Replayed"], "true")

    def test_the_key_with_another_body_is_a_conflict(self):
        self.repeat("conflict")
        self.refused(self.repeat("conflict", {"payload": 2}), "CONFLICT")

    def test_bodies_are_compared_byte_by_byte(self):
        def send(body):
            return self.call("POST", "/api/agents/probe/run", body, headers={"Idempotency-Key": "bytes"})
        self.assertEqual(send(b'{"input_payload":{},"async":true}').status, 202)
        self.refused(send(b'{"input_payload": {},"async":true}'), "CONFLICT")

    def test_a_synchronous_repeat_returns_the_present_outcome(self):
        first = self.repeat("sync", {"payload": "x"}, wait=True)
        second = self.repeat("sync", {"payload": "x"}, wait=True)
        self.assertEqual((first.status, second.status), (200, 200))
        self.assertEqual(first.body, second.body)
        self.assertEqual(second.headers["Idempotent-Replayed"], "true")

    def test_a_repeat_of_a_failure_is_the_failure(self):
        first = self.repeat("fails", {"fail": "final"}, wait=True)
        second = self.repeat("fails", {"fail": "final"}, wait=True)
        self.refused(second, "EXECUTION_FAILED")
        self.assertEqual(first.error["execution_id"], second.error["execution_id"])
        self.assertEqual(second.headers["Idempotent-Replayed"], "true")

    def test_repeats_at_once_are_one_run(self):
        answers = together(8, lambda i: self.repeat("at once"))
        self.assertEqual({a.status for a in answers}, {202})
        self.assertEqual(len({a.data["execution_id"] for a in answers}), 1)
        self.assertEqual(sum("Idempotent-Replayed" not in a.headers for a in answers), 1)

    def test_synchronous_repeats_at_once_all_wait(self):
        answers = together(8, lambda i: self.repeat("wait at once", {"sleep_ms": 300}, wait=True))
        self.assertEqual({a.status for a in answers}, {200})
        self.assertEqual(len({a.data["execution_id"] for a in answers}), 1)

    def test_another_account_s_key_is_another_key(self):
        other = Account(self.platform)
        first, second = self.repeat("shared"), self.repeat("shared", key=other.key)
        self.assertNotEqual(first.data["execution_id"], second.data["execution_id"])

    def test_another_agent_s_key_is_another_key(self):
        payload = {"payload": {"max_emails": 1}}
        first, second = self.repeat("agents", payload), self.repeat("agents", payload, agent="strict")
        self.assertNotEqual(first.data["execution_id"], second.data["execution_id"])

    def test_a_repeat_is_answered_before_subscription_and_quota(self):
        account = Account(self.platform, runs_per_day=1)
        first = self.repeat("before", key=account.key)
        self.assertEqual(self.repeat("before", key=account.key).text, first.text)
        self.refused(self.repeat("new", key=account.key), "RATE_LIMITED")
        account.subscribe("none")
        # what was granted counts for up to 5 s
        wait_until(lambda: self.repeat("newer", key=account.key).code == "FORBIDDEN", 6, "no subscription", 0.3)
        self.assertEqual(self.repeat("before", key=account.key).text, first.text)

    def test_a_repeat_costs_a_request_and_no_quota(self):
        account = Account(self.platform, plan="pro")
        first, second = self.repeat("costs", key=account.key), self.repeat("costs", key=account.key)
        self.assertEqual(int(first.headers["X-RateLimit-Remaining"]) - int(second.headers["X-RateLimit-Remaining"]), 1)
        self.assertEqual(self.get("/api/usage", key=account.key).data["runs_per_day"]["used"], 1)

    def test_a_repeat_of_what_still_runs_tells_how_it_stands(self):
        long = {"sleep_ms": (SYNC_WAIT_S + 60) * 1000}
        first, second = self.repeat("still", long, wait=True), self.repeat("still", long, wait=True)
        self.assertEqual((first.status, second.status, second.data["status"]), (202, 202, "running"))
        self.assertEqual(first.data["execution_id"], second.data["execution_id"])
        self.assertEqual(second.headers["Idempotent-Replayed"], "true")
        self.call("POST", f"/api/executions/{first.data['execution_id']}/cancel")

    def test_what_was_refused_is_not_kept(self):
        account = Account(self.platform, subscription=None)
        self.refused(self.repeat("refused", key=account.key), "FORBIDDEN")
        account.subscribe("active")
        self.assertEqual(self.repeat("refused", key=account.key).status, 202)
        account.limit(runs_per_day=1)
        self.refused(self.repeat("quota", key=account.key), "RATE_LIMITED")
        account.limit(runs_per_day=2)
        self.assertEqual(self.repeat("quota", key=account.key).status, 202)

    def test_keys_are_printable_and_short(self):
        for key in ("x" * 256, "tab\there", "é"):
            answer = self.call("POST", "/api/agents/probe/run", {"input_payload": {}, "async": True},
                               headers={"Idempotency-Key": key.encode("latin-1")})
            self.refused(answer, "INVALID_INPUT", "Idempotency-Key")
        self.assertEqual(self.repeat("x" * 255).status, 202)
        self.assertEqual(self.repeat("~ !").status, 202)


class LongRuns(ApiCase):
    def test_what_is_not_done_in_time_is_answered_as_it_stands_and_goes_on(self):
        answer = self.run_probe({"sleep_ms": (SYNC_WAIT_S + 2) * 1000, "payload": 7}, wait=True,
                                headers={"Idempotency-Key": "long"})
        self.assertEqual(answer.status, 202)
        self.assertEqual(answer.data["status"], "running")
        self.assertEqual(list(answer.data), ["execution_id", "agent_slug", "status", "estimated_duration_ms",
                                             "created_at"])
        e = self.ended(answer.data["execution_id"])
        self.assertEqual(e["output"]["payload"], 7)
        again = self.run_probe({"sleep_ms": (SYNC_WAIT_S + 2) * 1000, "payload": 7}, wait=True,
                               headers={"Idempotency-Key": "long"})
        self.assertEqual((again.status, again.data["execution_id"]), (200, e["id"]))


class Permissions(ApiCase):
    def test_an_integration_that_is_not_connected_is_named(self):
        answer = self.run_probe({}, agent="needs-gmail")
        self.refused(answer, "INTEGRATION_NOT_CONNECTED")
        self.assertEqual(answer.text, json.dumps({"success": False, "error": {
            "code": "INTEGRATION_NOT_CONNECTED", "message": "Gmail not connected. User must connect at /connections",
            "integrationSlug": "gmail"}}, separators=(",", ":")))

    def test_data_that_comes_along_needs_no_connection(self):
        self.assertEqual(self.run_probe({"payload": {}}, agent="needs-gmail").status, 202)

    def test_a_connection_made_a_moment_ago_counts(self):
        account = Account(self.platform)
        self.refused(self.run_probe({}, agent="needs-gmail", key=account.key), "INTEGRATION_NOT_CONNECTED")
        self.platform.ctl("connection", "add", "--user", account.id, "--integration", "gmail", "--mbox", "/nowhere",
                          "--unchecked")
        self.assertEqual(self.run_probe({}, agent="needs-gmail", key=account.key).status, 202)

    def test_only_a_live_subscription_runs(self):
        account = Account(self.platform, subscription=None)
        for status, more, expected in (("none", (), 403), ("past_due", (), 403), ("canceled", (), 403),
                                       ("trialing", ("--trial-ends", "2d"), 202), ("active", (), 202)):
            account.subscribe(status, "all", *more)
            answer = self.run_probe(key=account.key)
            self.assertEqual(answer.status, expected, (status, answer.text))

    def test_a_trial_that_is_over_runs_nothing(self):
        account = Account(self.platform, subscription=None)
        account.subscribe("trialing", "all", "--trial-ends", soon(3))
        answer = wait_until(lambda: (a := self.run_probe(key=account.key)).status != 202 and a, 8, "the trial is over",
                            0.2)
        self.refused(answer, "FORBIDDEN")

    def test_one_agent_s_subscription_is_not_another_s(self):
        account = Account(self.platform, subscription=None)
        account.subscribe("active", "probe")
        self.assertEqual(self.run_probe(key=account.key).status, 202)
        self.refused(self.run_probe({"payload": {"max_emails": 1}}, agent="strict", key=account.key), "FORBIDDEN")

    def test_a_webhook_to_a_forbidden_address_is_refused(self):
        for url in ("ftp://example.com/", "http://10.0.0.1/", "http://user:pass@example.com/", "https://example.com:22/",
                    "http://[::1]/", "http://0x7f000001.example.com:99999/", "example.com", "", "http:///x",
                    "http://169.254.169.254/latest/meta-data/", "x" * 3000):
            answer = self.run_probe(more={"webhook_url": url})
            self.refused(answer, "INVALID_INPUT", "webhook_url")
        self.assertEqual(self.run_probe(more={"webhook_url": "https://example.com/hook"}).status, 202)



if __name__ == "__main__":
    unittest.main()
