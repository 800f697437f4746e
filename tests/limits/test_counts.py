"""What requests ask of the database: counted by the responder's own counters, not timed."""
import re
import unittest

from platforms import LimitsTest

REQUESTS, ROUNDS = 20, 8


class RoundTrips(LimitsTest):
    """Through a responder that nobody else asks. What it does by itself now and then, and a key that has gone out of its
    cache, show in some rounds; the least of several has nothing of it."""

    def figure(self, door, name):
        answer = door.request("GET", "/metrics")
        self.assertEqual(answer.status, 200, answer.text)
        return int(re.search(rf"(?m)^agentiv_{name} (\d+)$", answer.text.decode())[1])

    def least(self, ask, name="db_round_trips_total"):
        """Of several rounds of requests, one after the other, beyond what looking itself costs."""
        door = self.second.door()
        ask(door)
        looking, found = [], []
        for _ in range(ROUNDS):
            before, between = self.figure(door, name), self.figure(door, name)
            for _ in range(REQUESTS):
                ask(door)
            looking.append(between - before)
            found.append(self.figure(door, name) - between)
        door.close()
        return min(found) - min(looking)

    def check(self, method, path, status, body=None):
        def ask(door):
            answer = door.request(method, path, self.key, body)
            self.assertEqual(answer.status, status, answer.text)
            return answer
        return ask

    def test_a_request_costs_its_own_read_and_accepting_a_run_two_round_trips(self):
        # leases of a minute's requests are large enough for a round
        self.account("counts@example.com", requests_per_minute=60000, concurrent="unlimited")
        self.key = self.stack.ctl("key", "create", "--user", "counts@example.com", "--name", "all", "--scopes",
                                  "agents:read,agents:run,connections:read")["key"]
        self.assertEqual(self.least(self.check("GET", "/api/agents", 200)), 0)
        run = self.check("POST", "/api/agents/probe/run", 202, {"input_payload": {}, "async": True})
        self.assertLessEqual(self.least(run), 2 * REQUESTS)
        door = self.web()
        execution = run(door).body["data"]["execution_id"]
        door.close()
        self.assertLessEqual(self.least(self.check("GET", f"/api/executions/{execution}", 200)), REQUESTS)
        self.assertLessEqual(self.least(self.check("GET", "/api/connections", 200)), REQUESTS)
        self.assertLessEqual(self.least(self.check("GET", "/api/executions?limit=5", 200)), REQUESTS)

    def test_what_is_refused_costs_nothing(self):
        self.key = self.account("refused@example.com", requests_per_minute=1)
        door = self.second.door()
        door.request("GET", "/api/agents", self.key)
        door.close()

        def ask(door):
            self.assertIn(door.request("GET", "/api/agents", self.key).status, (200, 429))
        self.assertEqual(self.least(ask), 0)


if __name__ == "__main__":
    unittest.main()
