"""The database is away: 503 with Retry-After at once, health that tells the truth, recovery without a restart."""
import threading
import time

from faults import FaultTest
from stack import wait_until

AT_ONCE_S = 0.3


class DatabaseAway(FaultTest):

    def setUp(self):
        super().setUp()
        self.pids = {name: self.stack.pid(name) for name in ("responder", "worker", "sender")}
        # the key is known, as it is in a server at work
        self.assertEqual(self.client().get("/api/executions").status, 200)

    def refused(self, answer):
        self.assertEqual(answer.status, 503, answer.body)
        self.assertEqual(answer.body["error"]["code"], "UNAVAILABLE")
        self.assertGreaterEqual(int(answer.headers["Retry-After"]), 1)
        return True

    def check_refused_at_once(self):
        client = self.client()
        for method, path, body in (("POST", "/api/agents/probe/run", {"input_payload": {}, "async": True}),
                                   ("POST", "/api/agents/probe/run", {"input_payload": {}}),
                                   ("GET", "/api/executions", None)):
            answer = client.request(method, path, body)
            self.refused(answer)
            self.assertLess(answer.seconds, AT_ONCE_S, (method, path))

    def check_health(self):
        client = self.client()
        live, ready = client.get("/health/live"), client.get("/health/ready")
        self.assertEqual(live.status, 200)
        self.assertLess(live.seconds, AT_ONCE_S)
        self.assertEqual(ready.status, 503)

    def check_recovers(self):
        client = self.client()
        answer = wait_until(lambda: self.accepted(client), 20, "a run is accepted again")
        wait_until(lambda: client.get(f"/api/executions/{answer}").body["data"]["status"] == "success", 20,
                   "a run ends again")
        self.assertEqual(client.get("/health/ready").status, 200)
        wait_until(lambda: answer in self.webhooks(), 20, "its webhook arrives")
        self.assertEqual(self.pids, {name: self.stack.pid(name) for name in self.pids}, "a process was restarted")

    def accepted(self, client):
        answer = client.run("probe", {}, self.receiver.url())
        return answer.status == 202 and answer.body["data"]["execution_id"]

    def test_a_killed_database_is_told_at_once_and_it_recovers(self):
        self.stack.signal("db", "KILL")
        self.refused(self.client().run("probe", {}))
        self.check_refused_at_once()
        self.check_health()
        self.stack.start("db")
        self.check_recovers()

    def test_a_stopped_database_is_told_at_once_after_two_seconds_and_it_recovers(self):
        self.stack.signal("db", "STOP")
        self.addCleanup(self.thaw, "db")
        waiting = []
        threads = [threading.Thread(target=lambda: waiting.append(self.client().run("probe", {})))
                   for _ in range(4)]
        for thread in threads:
            thread.start()
        # by then the requests that wait for it have opened the breaker
        wait_until(lambda: self.client().get("/health/ready").status == 503, 10, "it is not ready")
        deadline = time.monotonic() + 3
        while time.monotonic() < deadline:
            live = self.client().get("/health/live")
            self.assertEqual(live.status, 200)
            self.assertLess(live.seconds, AT_ONCE_S)
        for thread in threads:
            thread.join()
        for answer in waiting:
            self.refused(answer)
            self.assertLess(answer.seconds, 8)
        self.many_are_refused_at_once()
        self.stack.signal("db", "CONT")
        self.check_recovers()

    def many_are_refused_at_once(self):
        """One a second looks whether the database is back, for a second; the others wait for nothing."""
        client = self.client()
        slow = 0
        for _ in range(40):
            answer = client.run("probe", {})
            self.refused(answer)
            slow += answer.seconds >= AT_ONCE_S
            self.assertLess(answer.seconds, 2)
        self.assertLess(slow, 5)

    def test_a_synchronous_request_that_waited_is_answered_after_the_database_came_back(self):
        answers = []
        thread = threading.Thread(target=lambda: answers.append(
            self.client().run("probe", {"sleep_ms": 1500}, wait=True)))
        thread.start()
        wait_until(lambda: self.stack.number("SELECT COUNT(*) FROM leases") == 1, 10, "the run is under way")
        self.stack.signal("db", "KILL")
        self.stack.start("db")
        thread.join()
        self.assertEqual(answers[0].status, 200, answers[0].body)
        self.assertEqual(answers[0].body["data"]["status"], "success")
