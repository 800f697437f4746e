"""Executions: one, lists with filters and pages, steps, cancelling."""
import time
import unittest

from client import Account, ApiCase, wait_until

UNKNOWN = "exec_01HXYZ123ABC0000000000000A"


class OneExecution(ApiCase):
    def test_unknown_and_malformed_ids_are_not_found(self):
        for path in (UNKNOWN, "exec_", "exec_1", UNKNOWN.lower(), UNKNOWN + "0", "usr" + UNKNOWN[4:], "%20", "x" * 300,
                     "exec_01HXYZ123ABC000000000000IL", "🦁".encode().hex()):
            for method, rest in (("GET", ""), ("GET", "/steps"), ("GET", "/events"), ("POST", "/cancel")):
                self.refused(self.call(method, f"/api/executions/{path}{rest}"), "NOT_FOUND")

    def test_another_account_s_execution_is_not_found(self):
        execution_id = self.start({"steps": 1})
        other = Account(self.platform)
        for method, rest in (("GET", ""), ("GET", "/steps"), ("GET", "/events"), ("POST", "/cancel")):
            self.refused(self.call(method, f"/api/executions/{execution_id}{rest}", key=other.key), "NOT_FOUND")
        self.assertEqual(self.execution(execution_id)["id"], execution_id)


class Lists(ApiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = Account(cls.platform)
        case = cls()
        case.start({"payload": "of another account"}, key=cls.other.key)
        cls.ids = [case.start({"payload": i}) for i in range(5)]
        cls.ids += [case.start({"fail": "final"}), case.start({"payload": {"max_emails": 1}}, agent="strict")]
        for execution_id in cls.ids:
            case.ended(execution_id)

    def list(self, query=""):
        answer = self.get(f"/api/executions{query}")
        self.assertEqual(answer.status, 200, answer.text)
        return answer

    def ids_of(self, query):
        return [e["id"] for e in self.list(query).data]

    def test_the_newest_stand_first(self):
        self.assertEqual(self.ids_of(""), self.ids[::-1])

    def test_an_element_is_the_execution_without_its_output(self):
        whole = self.execution(self.ids[-1])
        del whole["output"]
        self.assertEqual(self.list("").data[0], whole)

    def test_pages_hold_everything_once(self):
        for limit in (1, 2, 3, 7, 100):
            seen, query = [], f"?limit={limit}"
            while True:
                answer = self.list(query)
                self.assertLessEqual(len(answer.data), limit)
                seen += [e["id"] for e in answer.data]
                self.assertEqual(answer.body["has_more"], answer.body["next_cursor"] is not None)
                if not answer.body["has_more"]:
                    break
                query = f"?limit={limit}&cursor={answer.body['next_cursor']}"
            self.assertEqual(seen, self.ids[::-1])

    def test_new_runs_do_not_disturb_the_pages(self):
        first = self.list("?limit=3&status=success&agent_slug=probe")
        extra = self.start({})
        second = self.list(f"?limit=3&status=success&agent_slug=probe&cursor={first.body['next_cursor']}")
        self.assertEqual([e["id"] for e in first.data + second.data][:5], self.ids[4::-1])
        self.ended(extra)
        type(self).ids = self.ids + [extra]

    def test_filters_choose(self):
        self.assertEqual(self.ids_of("?status=failed"), [self.ids[5]])
        self.assertEqual(self.ids_of("?agent_slug=strict"), [self.ids[6]])
        self.assertEqual(self.ids_of("?agent_slug=strict&status=failed"), [])
        self.assertEqual(self.ids_of("?status=running"), [])
        self.assertEqual(self.ids_of("?trigger_type=api"), self.ids[::-1])
        self.assertEqual(self.ids_of("?trigger_type=schedule"), [])
        self.assertEqual(self.ids_of("?schedule_id=sch_01HXYZ123ABC0000000000000A"), [])
        self.assertEqual(self.ids_of("?agent_slug=no-such-agent"), [])

    def test_times_are_bounds(self):
        now = time.time()
        text = lambda t: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t))     # noqa: E731
        self.assertEqual(self.ids_of(f"?created_after={text(now - 3600)}"), self.ids[::-1])
        self.assertEqual(self.ids_of(f"?created_after={text(now + 60)}"), [])
        self.assertEqual(self.ids_of(f"?created_before={text(now + 60)}"), self.ids[::-1])
        self.assertEqual(self.ids_of(f"?created_before={text(now - 3600)}"), [])
        self.assertEqual(self.ids_of("?created_after=2020-01-01T05:30:00%2B05:30&created_before=2020-01-02T00:00:00Z"),
                         [])

    def test_running_and_queued_are_told_apart(self):
        account = Account(self.platform, concurrent=1)
        first = self.start({"sleep_ms": 60000}, key=account.key)
        second = self.start({"sleep_ms": 60000}, key=account.key)

        def ids(status):
            return [e["id"] for e in self.get(f"/api/executions?status={status}", key=account.key).data]
        wait_until(lambda: ids("running") == [first], 5, "the first runs")
        self.assertEqual(ids("queued"), [second])
        for execution_id in (second, first):
            self.call("POST", f"/api/executions/{execution_id}/cancel", key=account.key)

    def test_a_bad_value_is_named(self):
        for name, values in {
                "limit": ("0", "101", "-1", "1.5", "", "ten", "1e2", "99999999999999999999", "%201"),
                "status": ("", "done", "SUCCESS", "2"),
                "trigger_type": ("", "cron"),
                "schedule_id": ("", "exec_01HXYZ123ABC0000000000000A", "sch_1"),
                "agent_slug": ("", "Email-Triage", "a" * 64, "a_b", "%F0%9F%A6%81"),
                "created_after": ("", "yesterday", "2025-01-15", "2025-13-01T00:00:00Z", "1736920800"),
                "created_before": ("", "2025-01-15T25:00:00Z"),
                "cursor": ("", "0", "z" * 32, "0" * 31, "0" * 33, "0" * 31 + "G")}.items():
            for value in values:
                self.refused(self.get(f"/api/executions?{name}={value}"), "INVALID_INPUT", name)

    def test_an_unknown_parameter_is_named(self):
        self.refused(self.get("/api/executions?limit=5&ofset=2"), "INVALID_INPUT", "ofset")
        self.refused(self.get("/api/executions?limit=5&limit=6"), "INVALID_INPUT", "limit")


class Steps(ApiCase):
    def test_steps_are_listed_in_order_and_in_pages(self):
        execution_id = self.start({"steps": 7})
        self.ended(execution_id)
        steps = self.get(f"/api/executions/{execution_id}/steps")
        self.assertEqual([s["step"] for s in steps.data], list(range(1, 8)))
        self.assertEqual(list(steps.data[0]), ["step", "at", "kind", "name", "detail", "tokens", "duration_ms"])
        self.assertEqual((steps.data[0]["kind"], steps.data[0]["name"]), ("log", "step 1"))
        self.assertFalse(steps.body["has_more"])
        page = self.get(f"/api/executions/{execution_id}/steps?after=2&limit=3")
        self.assertEqual([s["step"] for s in page.data], [3, 4, 5])
        self.assertTrue(page.body["has_more"])
        self.assertEqual(self.get(f"/api/executions/{execution_id}/steps?after=7").data, [])

    def test_a_run_without_steps_has_none(self):
        execution_id = self.start({})
        self.ended(execution_id)
        self.assertEqual(self.get(f"/api/executions/{execution_id}/steps").data, [])

    def test_a_bad_value_is_named(self):
        execution_id = self.start({})
        for query, name in (("after=-1", "after"), ("after=x", "after"), ("limit=0", "limit"), ("limit=101", "limit")):
            self.refused(self.get(f"/api/executions/{execution_id}/steps?{query}"), "INVALID_INPUT", name)


class Cancelling(ApiCase):
    def cancel(self, execution_id, **options):
        return self.call("POST", f"/api/executions/{execution_id}/cancel", **options)

    def test_a_waiting_run_ends_at_once_and_makes_room(self):
        account = Account(self.platform, concurrent=1)
        running, held, next_one = (self.start({"sleep_ms": 60000}, key=account.key) for _ in range(3))
        answer = self.cancel(held, key=account.key)
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.data["status"], "failed")
        self.assertEqual(answer.data["error"]["code"], "CANCELLED")
        self.assertIsNone(answer.data["started_at"])
        self.cancel(running, key=account.key)
        wait_until(lambda: self.execution(next_one, key=account.key)["status"] == "running", 5, "the next runs")
        self.cancel(next_one, key=account.key)

    def test_a_running_one_is_asked_to_stop(self):
        execution_id = self.start({"sleep_ms": 60000})
        wait_until(lambda: self.execution(execution_id)["status"] == "running", 5, "it runs")
        answer = self.cancel(execution_id)
        self.assertEqual((answer.status, answer.data["status"]), (202, "running"))
        e = self.ended(execution_id, 5)
        self.assertEqual((e["status"], e["error"]["code"]), ("failed", "CANCELLED"))

    def test_an_ended_run_cannot_be_cancelled(self):
        execution_id = self.start({})
        self.ended(execution_id)
        self.refused(self.cancel(execution_id), "CONFLICT")

    def test_cancelling_twice_is_harmless(self):
        execution_id = self.start({"sleep_ms": 60000})
        first, second = self.cancel(execution_id), self.cancel(execution_id)
        self.assertIn(first.status, (200, 202))
        self.assertIn(second.status, (200, 202, 409))
        self.assertEqual(self.ended(execution_id, 5)["error"]["code"], "CANCELLED")

    def test_who_waits_for_a_cancelled_run_is_told(self):
        from client import together
        key = {"Idempotency-Key": "to be cancelled"}

        def act(i):
            if i == 0:
                return self.run_probe({"sleep_ms": 2500}, wait=True, headers=key)
            execution_id = wait_until(
                lambda: next((e["id"] for e in self.get("/api/executions?status=running").data), None), 3, "it runs")
            return self.cancel(execution_id)
        waiting, cancelled = together(2, act)
        self.assertEqual(cancelled.status, 202)
        self.refused(waiting, "EXECUTION_FAILED")
        self.assertEqual(waiting.error["execution_id"], cancelled.data["id"])


if __name__ == "__main__":
    unittest.main()
