"""Without a worker: plain CGI, or http.run_inline, runs synchronous runs in the responder."""
import os
import tempfile
import unittest
from pathlib import Path

from client import Account, ApiCase, Platform, together


class Alone(ApiCase):
    @classmethod
    def setUpClass(cls):
        folder = Path(os.environ.get("AGENTIV_TEST_TMP") or tempfile.mkdtemp(prefix="agentiv-api-"))
        cls.platform = Platform(folder / "alone", {"http.run_inline": "yes", "worker.threads": 4})
        cls.addClassCleanup(cls.platform.down)
        cls.platform.init()
        cls.platform.up()
        cls.platform.stop("worker")
        cls.account = Account(cls.platform)

    def test_a_synchronous_run_is_run_here(self):
        answer = self.run_probe({"payload": "here", "steps": 3}, wait=True)
        self.assertEqual(answer.status, 200, answer.text)
        self.assertEqual(answer.data["output"]["payload"], "here")
        steps = self.get(f"/api/executions/{answer.data['execution_id']}/steps")
        self.assertEqual(len(steps.data), 3)

    def test_its_failure_is_answered(self):
        self.refused(self.run_probe({"fail": "final"}, wait=True), "EXECUTION_FAILED")

    def test_more_than_there_are_threads_take_their_turns(self):
        answers = together(10, lambda i: self.run_probe({"payload": i, "sleep_ms": 200}, wait=True))
        self.assertEqual([a.data["output"]["payload"] for a in answers if a.status == 200], list(range(10)))

    def test_a_repeat_finds_the_run(self):
        first, second = (self.run_probe({}, wait=True, headers={"Idempotency-Key": "alone"}) for _ in range(2))
        self.assertEqual((first.status, first.body), (second.status, second.body))

    def test_an_asynchronous_run_waits_for_a_worker(self):
        execution_id = self.start({})
        self.assertEqual(self.execution(execution_id)["status"], "queued")
        self.platform.start("worker")
        self.addCleanup(self.platform.stop, "worker")
        self.assertEqual(self.ended(execution_id)["status"], "success")


if __name__ == "__main__":
    unittest.main()
