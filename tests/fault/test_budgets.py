"""A worker that is killed while it calls a model: what it had reserved stays used, and nothing else is."""
from faults import FaultTest
from stack import wait_until


class KilledInAModelCall(FaultTest):
    def budget(self):
        return [(b["limit"], b["used"]) for b in self.client().get("/api/usage").body["data"]["budgets"]]

    def test_what_it_had_reserved_stays_used(self):
        self.stack.ctl("budget", "set", "--user", "fault@example.com", "--tokens-per-month", "1000")
        calls = [{"reserve": 30, "use": 5}, {"reserve": 60, "use": 10, "sleep_ms": 5000}]
        answer = self.client().request("POST", "/api/agents/probe/run",
                                       {"input_payload": {"model_calls": calls}, "async": True, "max_tokens": 100})
        self.assertEqual(answer.status, 202)
        wait_until(lambda: self.budget() == [(1000, 65)], 20, "the second call is under way")
        self.stack.signal("worker", "KILL")
        self.stack.start("worker")
        self.wait_until_all_ended(1)
        # the next attempt's first call used 5 of the 35 that were left, and its second did not fit into 30
        execution = self.client().get(f"/api/executions/{answer.body['data']['execution_id']}").body["data"]
        self.assertEqual((execution["status"], execution["error"]["code"]), ("failed", "EXECUTION_FAILED"))
        self.assertIn("max_tokens of 100 has 30 left, and a model call may need 60", execution["error"]["message"])
        self.assertEqual(self.budget(), [(1000, 70)])
        self.assertEqual(self.stack.number("SELECT COUNT(*) FROM execution_tokens"), 0)
