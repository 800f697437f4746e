"""The database is away: 503 with Retry-After at once, health that tells the truth, recovery without a restart.

At once: a request that does not itself try to reach the database, which few do, has nothing to wait for."""
import re
import threading
import urllib.request

from faults import FaultTest
from stack import wait_until

MANY = 40


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

    def connects(self):
        """How often the responder has tried to reach the database."""
        with urllib.request.urlopen(self.stack.url + "/metrics", timeout=20) as answer:
            return int(re.search(rb"^agentiv_db_connects_total (\d+)$", answer.read(), re.M)[1])

    def check_refused_at_once(self):
        client = self.client()
        before = self.connects()
        for n in range(MANY):
            method, path, body = (("POST", "/api/agents/probe/run", {"input_payload": {}, "async": True}),
                                  ("POST", "/api/agents/probe/run", {"input_payload": {}}),
                                  ("GET", "/api/executions", None))[n % 3]
            self.refused(client.request(method, path, body))
        self.assertLess(self.connects() - before, MANY / 2)

    def check_health(self):
        client = self.client()
        self.assertEqual(client.get("/health/live").status, 200)
        self.assertEqual(client.get("/health/ready").status, 503)

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
        threads = [threading.Thread(target=lambda: waiting.append(self.client(timeout_s=20).run("probe", {})))
                   for _ in range(4)]
        for thread in threads:
            thread.start()
        self.assertEqual(self.client().get("/health/live").status, 200)
        self.assertEqual(waiting, [], "it is alive while as many requests wait as it has threads")
        # by then the requests that wait for it have opened the breaker
        wait_until(lambda: self.client().get("/health/ready").status == 503, 10, "it is not ready")
        for thread in threads:
            thread.join()
        self.assertEqual(len(waiting), 4)
        for answer in waiting:
            self.refused(answer)
        self.check_refused_at_once()
        self.check_health()
        self.stack.signal("db", "CONT")
        self.check_recovers()

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
