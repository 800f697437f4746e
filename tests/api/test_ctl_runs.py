"""agentivctl: runs, and the tick that takes them up where no worker runs."""
import json
import os
import shutil
import time
import unittest

from ctl import TOP, Ctl, call, new_folder, query


class Runs(Ctl):
    """A run that only tick can take up: no worker runs here."""

    def setUp(self):
        self.agents = new_folder()
        self.agents.chmod(0o755)
        shutil.copy(TOP / "examples/agents/probe.json", self.agents)
        self.env = {"AGENTIV_PATHS_AGENTS_DIR": str(self.agents)}
        self.done("tick")       # what other tests have left

    def queue(self, user, payload):
        """Queues a run of the probe, as an accepted request does; returns its id."""
        number = (time.time_ns() // 1000000) << 80 | int.from_bytes(os.urandom(10), "big")
        account = f"(SELECT id FROM accounts WHERE email = '{user['email']}')"
        query("SET autocommit = 0;"
              f"UPDATE account_quota SET active = active + 1 WHERE account_id = {account};"
              "INSERT INTO executions (id, account_id, agent, trigger_type, queued_at, input)"
              f" VALUES (x'{number:032x}', {account}, 'probe', 0, {number >> 80}, '{json.dumps(payload)}');"
              "INSERT INTO queue_ready (lane, execution_id, account_id, attempt)"
              f" VALUES (1, x'{number:032x}', {account}, 0); COMMIT")
        digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
        return "exec_" + "".join(digits[number >> 5 * i & 31] for i in reversed(range(26)))

    def test_a_tick_runs_what_is_queued_and_the_run_can_be_shown(self):
        user = self.user()
        run = self.queue(user, {"payload": "hello", "steps": 2})
        shown = self.done("execution", "show", run)
        self.assertEqual((shown["id"], shown["user_id"], shown["status"], shown["output"]),
                         (run, user["id"], "queued", None))
        result = self.done("tick", "--seconds", "20", env=self.env)
        self.assertEqual((result["ran"], result["succeeded"], result["failed"]), (1, 1, 0))
        shown = self.done("execution", "show", run)
        self.assertEqual((shown["status"], shown["agent_slug"], shown["trigger_type"], shown["attempt"]),
                         ("success", "probe", "api", 1))
        self.assertEqual(shown["output"]["payload"], "hello")
        self.assertEqual([s["step"] for s in shown["steps"]], [1, 2])
        status, out, _ = call("execution", "show", run)
        self.assertEqual(status, 0)
        self.assertIn('"payload": "hello"', out)

    def test_a_run_that_fails_is_shown_with_its_error(self):
        run = self.queue(self.user(), {"fail": "final"})
        result = self.done("tick", "--seconds", "20", env=self.env)
        self.assertEqual((result["ran"], result["failed"]), (1, 1))
        shown = self.done("execution", "show", "--id", run)
        self.assertEqual(shown["status"], "failed")
        self.assertEqual(shown["error"]["code"], "EXECUTION_FAILED")

    def test_a_tick_ends_after_the_runs_it_was_given(self):
        user = self.user()
        for _ in range(5):
            self.queue(user, {})
        result = self.done("tick", "--runs", "2", "--threads", "1", env=self.env)
        self.assertEqual(result["ran"], 2)
        self.assertEqual(self.done("tick", env=self.env)["ran"], 3)

    def test_an_execution_that_is_not_there_is_not_found(self):
        self.refused(1, "NOT_FOUND", "execution", "show", "exec_01ARZ3NDEKTSV4RRFFQ69G5FAV")
        self.refused(1, "INVALID_INPUT", "execution", "show", "exec_1")

    def test_a_tick_with_nothing_to_do_says_so(self):
        result = self.done("tick", "--seconds", "5")
        self.assertEqual({result[k] for k in ("ran", "succeeded", "failed", "delivered")}, {0}, result)


if __name__ == "__main__":
    unittest.main()
