"""The responder is told to stop: it answers what it has, and loses nothing that it accepted."""
import os
import tempfile
import threading
import unittest
from pathlib import Path

from client import CGI, Account, ApiCase, Platform, exchange, wait_until
from mcp import events, rpc
from test_events import Stream


class Stop(ApiCase):
    @classmethod
    def setUpClass(cls):
        folder = Path(os.environ.get("AGENTIV_TEST_TMP") or tempfile.mkdtemp(prefix="agentiv-api-"))
        cls.platform = Platform(folder / "stop", {"http.sync_wait_s": 60})
        cls.addClassCleanup(cls.platform.down)
        cls.platform.init()
        cls.platform.up()
        cls.account = Account(cls.platform)

    def restart(self):
        self.platform.start("responder")
        wait_until(lambda: exchange(self.platform.url, "GET", "/health/ready").status == 200, 10, "it is ready")

    def test_a_waiting_run_is_answered_and_goes_on(self):
        answers = []
        waiting = threading.Thread(target=lambda: answers.append(self.run_probe({"sleep_ms": 6000}, wait=True)))
        waiting.start()
        wait_until(lambda: self.get("/api/executions?status=running").data, 5, "it runs")
        self.platform.stop("responder")
        waiting.join(10)
        self.restart()
        # neither the run's end nor that of the minute that a request may wait
        self.assertEqual([a.status for a in answers], [202])
        self.assertEqual(self.ended(answers[0].data["execution_id"])["status"], "success")

    def told_of_a_tool(self, **params):
        """What its caller is answered when the responder stops meanwhile."""
        answers = []
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                "params": {"name": "probe", "arguments": {"sleep_ms": 6000}, **params}}
        waiting = threading.Thread(target=lambda: answers.append(rpc(self, body)))
        waiting.start()
        wait_until(lambda: self.get("/api/executions?status=running&trigger_type=mcp").data, 5, "it runs")
        self.platform.stop("responder")
        waiting.join(10)
        self.restart()
        return answers[0]

    def goes_on(self, message):
        self.assertIn("get_execution", message["result"]["content"][0]["text"])
        execution = message["result"]["_meta"]["agentiv/execution"]["id"]
        self.assertEqual(self.ended(execution)["status"], "success")

    def test_a_tool_s_caller_is_told_where_its_run_goes_on(self):
        self.goes_on(self.told_of_a_tool().body)

    def test_who_hears_of_a_tool_s_progress_is_told_so_too(self):
        answer = self.told_of_a_tool(_meta={"progressToken": 1})
        self.assertEqual(answer.headers["Content-Type"], "text/event-stream")
        self.goes_on(events(answer)[-1])

    def test_a_stream_is_closed_and_can_be_resumed(self):
        execution_id = self.start({"steps": 3, "sleep_ms": 2500})
        stream = Stream(self.platform.url, execution_id, self.account.key)
        first = next(iter(stream))
        self.platform.stop("responder")
        self.assertEqual([event for _, event, _ in stream if event == "end"], [])
        stream.close()
        self.restart()
        resumed = Stream(self.platform.url, execution_id, self.account.key, last=first[0])
        rest = list(resumed)
        resumed.close()
        self.assertEqual([n for n, event, _ in rest if event == "step"], list(range(first[0] + 1, 4)))

    def test_what_was_accepted_under_load_is_there_afterwards(self):
        accepted, refused, stop = [], [], threading.Event()

        def load():
            while not stop.is_set():
                answer = exchange(self.platform.url, "POST", "/api/agents/probe/run",
                                  {"input_payload": {}, "async": True}, {"Authorization": f"Bearer {self.account.key}"},
                                  around="server")
                (accepted if answer.status == 202 else refused).append(answer)
        threads = [threading.Thread(target=load) for _ in range(8)]
        for t in threads:
            t.start()
        for _ in range(3):
            wait_until(lambda n=len(accepted): len(accepted) > n + 50, 10, "runs are accepted")
            self.platform.stop("responder")
            self.platform.start("responder")
        stop.set()
        for t in threads:
            t.join()
        self.restart()
        self.assertLessEqual({a.status for a in refused}, {503})
        for answer in accepted:
            self.assertEqual(self.ended(answer.data["execution_id"])["status"], "success")


if CGI:
    del Stop        # a plain CGI is no process that stays


if __name__ == "__main__":
    unittest.main()
