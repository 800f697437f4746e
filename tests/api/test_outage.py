"""The database goes away and comes back, without a restart of anything else."""
import os
import re
import tempfile
import threading
import unittest
from pathlib import Path

from client import CGI, SYNC_WAIT_S, Account, ApiCase, Platform, together, wait_until
from mcp import rpc


class Outage(ApiCase):
    @classmethod
    def setUpClass(cls):
        folder = Path(os.environ.get("AGENTIV_TEST_TMP") or tempfile.mkdtemp(prefix="agentiv-api-"))
        cls.platform = Platform(folder / "outage")
        cls.addClassCleanup(cls.platform.down)
        cls.platform.init()
        cls.platform.up()
        cls.account = Account(cls.platform)

    def comes_back(self):
        wait_until(lambda: self.get("/api/executions").status == 200, 10, "the database is used again", 0.2)
        self.assertEqual(self.run_probe(wait=True).status, 200)
        self.assertEqual(self.get("/health/ready", key=None).status, 200)

    def connects(self):
        metrics = self.get("/metrics", key=None).text
        self.assertIn("agentiv_database_up 0", metrics)
        return int(re.search(r"^agentiv_db_connects_total (\d+)$", metrics, re.M)[1])

    def check_away(self):
        for method, path, body in (("GET", "/api/executions", None), ("POST", "/api/agents/probe/run",
                                                                      {"input_payload": {}, "async": True})):
            self.refused(self.call(method, path, body), "UNAVAILABLE")
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "probe", "arguments": {}}}
        self.refused(rpc(self, call), "UNAVAILABLE")
        self.assertEqual(self.get("/health/live", key=None).status, 200)
        self.refused(self.get("/health/ready", key=None), "UNAVAILABLE")
        before = self.connects()
        for answer in together(16, lambda i: self.get("/api/executions")):
            self.refused(answer, "UNAVAILABLE")
        # at once: few of them, one at a time, have tried to reach it; each plain CGI is on its own
        if not CGI:
            self.assertLess(self.connects() - before, 8)

    def test_a_stopped_database_is_answered_at_once(self):
        self.assertEqual(self.get("/api/agents").status, 200)
        self.platform.stop("db")
        self.check_away()
        self.platform.start("db")
        self.comes_back()

    def test_a_run_that_is_waited_for_is_answered_without_the_database(self):
        answers = []
        waiting = threading.Thread(target=lambda: answers.append(
            self.run_probe({"sleep_ms": 20000}, wait=True, timeout_s=30)))
        waiting.start()
        wait_until(lambda: self.get("/api/executions?status=running").data, 5, "it runs")
        self.platform.stop("db")
        waiting.join(SYNC_WAIT_S + (30 if CGI else 8))
        self.platform.start("db")
        self.comes_back()
        self.assertEqual([a.status for a in answers], [202])
        self.call("POST", f"/api/executions/{answers[0].data['execution_id']}/cancel")


class Silence(Outage):
    """It does not go away, but answers nothing: what a stalled host looks like."""

    test_a_stopped_database_is_answered_at_once = None
    test_a_run_that_is_waited_for_is_answered_without_the_database = None

    def test_a_silent_database_is_noticed_and_then_answered_at_once(self):
        self.assertEqual(self.get("/api/agents").status, 200)
        self.platform.signal("db", "STOP")
        try:
            answer = self.get("/api/executions", timeout_s=20)
            self.refused(answer, "UNAVAILABLE")
            if not CGI:
                self.check_away()
        finally:
            self.platform.signal("db", "CONT")
        self.comes_back()


if __name__ == "__main__":
    unittest.main()
