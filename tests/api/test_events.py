"""GET /api/executions/{id}/events: a run's steps as server-sent events."""
import http.client
import json
import threading
import time
import unittest
from urllib.parse import urlsplit

from client import CGI, Account, ApiCase, exchange, wait_until

MANY = 20 if CGI else 100


class Stream:
    """An open stream. Iterating gives (id, event, data) until the server closes it; comments are kept aside."""

    def __init__(self, url, execution_id, key, last=None, timeout_s=40):
        address = urlsplit(url)
        self.comments = []
        self.connection = http.client.HTTPConnection(address.hostname, address.port, timeout=timeout_s)
        headers = {"Authorization": f"Bearer {key}"}
        if last is not None:
            headers["Last-Event-ID"] = str(last)
        self.connection.request("GET", f"{address.path}/api/executions/{execution_id}/events", None, headers)
        self.response = self.connection.getresponse()
        self.status, self.headers = self.response.status, self.response.headers

    def close(self):
        self.response.close()
        self.connection.close()

    def __iter__(self):
        fields = {}
        for raw in self.response:
            line = raw.decode().rstrip("\n")
            if line.startswith(":"):
                self.comments.append(line)
            elif line:
                name, _, value = line.partition(": ")
                assert name not in fields, f"{name} twice in one event"
                fields[name] = value
            elif fields:
                yield int(fields["id"]), fields["event"], json.loads(fields["data"])
                fields = {}
        assert not fields, "the stream ended within an event"


class Events(ApiCase):
    def stream(self, execution_id, last=None, key=None):
        s = Stream(self.platform.url, execution_id, key or self.account.key, last)
        self.addCleanup(s.close)
        return s

    def cancel(self, execution_id, **more):
        self.assertEqual(self.call("POST", f"/api/executions/{execution_id}/cancel", **more).status, 202)

    def test_the_steps_of_a_running_run_come_as_they_happen(self):
        execution_id = self.start({"steps": 60, "sleep_ms": 60000})
        events = iter(self.stream(execution_id))
        self.assertEqual([next(events)[:2] for _ in range(3)], [(1, "step"), (2, "step"), (3, "step")])
        self.assertEqual(self.execution(execution_id)["status"], "running")
        self.cancel(execution_id)
        self.assertEqual([event for _, event, _ in events][-1], "end")

    def test_steps_that_were_there_and_the_end_come_too(self):
        execution_id = self.start({"steps": 4, "sleep_ms": 1000})
        self.assertEqual([(n, e) for n, e, _ in self.stream(execution_id)],
                         [(1, "step"), (2, "step"), (3, "step"), (4, "step"), (4, "end")])

    def test_the_head_says_what_it_is(self):
        execution_id = self.start({})
        s = self.stream(execution_id)
        self.assertEqual(s.status, 200)
        self.assertEqual(s.headers["Content-Type"], "text/event-stream")
        self.assertEqual(s.headers["Cache-Control"], "no-store")
        self.assertRegex(s.headers["X-Request-Id"], "^req_")
        self.assertIn("X-RateLimit-Reset", s.headers)

    def test_an_event_is_the_step_and_the_end_the_execution(self):
        execution_id = self.start({"steps": 2})
        self.ended(execution_id)
        events = list(self.stream(execution_id))
        steps = self.get(f"/api/executions/{execution_id}/steps").data
        self.assertEqual([data for _, event, data in events if event == "step"], steps)
        whole = self.execution(execution_id)
        del whole["output"]
        self.assertEqual(events[-1], (2, "end", whole))

    def test_a_stream_is_resumed_after_the_last_event_that_was_seen(self):
        execution_id = self.start({"steps": 5})
        self.ended(execution_id)
        self.assertEqual([(n, e) for n, e, _ in self.stream(execution_id, last=3)],
                         [(4, "step"), (5, "step"), (5, "end")])
        self.assertEqual([(n, e) for n, e, _ in self.stream(execution_id, last=5)], [(5, "end")])

    def test_many_steps_all_arrive(self):
        execution_id = self.start({"steps": 3000, "sleep_ms": 500})
        numbers = [n for n, event, _ in self.stream(execution_id) if event == "step"]
        self.assertEqual(numbers, list(range(1, 3001)))

    def test_the_end_of_a_failed_and_of_a_cancelled_run_comes_too(self):
        failed = self.start({"fail": "final"})
        self.assertEqual(list(self.stream(failed))[-1][2]["status"], "failed")
        cancelled = self.start({"sleep_ms": 60000})
        s = self.stream(cancelled)
        self.call("POST", f"/api/executions/{cancelled}/cancel")
        self.assertEqual(list(s)[-1][2]["error"]["code"], "CANCELLED")

    def test_a_quiet_stream_says_that_it_is_still_there(self):
        execution_id = self.start({"sleep_ms": 60000})
        asked = time.monotonic()
        s, events = self.stream(execution_id), []
        reader = threading.Thread(target=lambda: events.extend(event for _, event, _ in s))
        reader.start()
        # one at the start, one after 15 s
        wait_until(lambda: len(s.comments) == 2, 40, "it says so")
        self.assertGreaterEqual(time.monotonic() - asked, 15)
        self.cancel(execution_id)
        reader.join()
        self.assertEqual(events, ["end"])

    def test_a_key_that_is_revoked_is_told_nothing_more(self):
        made = self.account.new_key()
        execution_id = self.start({"steps": 200, "sleep_ms": 60000})
        events = iter(self.stream(execution_id, key=made["key"]))
        self.assertEqual(next(events)[:2], (1, "step"))
        self.platform.ctl("key", "revoke", made["id"], "--user", self.account.id)
        self.assertNotIn("end", [event for _, event, _ in events])
        self.assertEqual(self.execution(execution_id)["status"], "running")
        self.cancel(execution_id)

    def test_a_bad_last_event_id_is_refused(self):
        execution_id = self.start({})
        for last in ("x", "-1", "1.5", "9999999999"):
            answer = self.get(f"/api/executions/{execution_id}/events", headers={"Last-Event-ID": last})
            self.refused(answer, "INVALID_INPUT", "Last-Event-ID")

    def test_head_gets_the_head(self):
        execution_id = self.start({"sleep_ms": 1000})
        answer = self.call("HEAD", f"/api/executions/{execution_id}/events")
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, "text/event-stream"))

    def test_many_streams_leave_the_platform_free(self):
        account = Account(self.platform)
        execution_id = self.start({"steps": 1, "sleep_ms": 60000}, key=account.key)
        streams = [self.stream(execution_id, key=account.key) for _ in range(MANY)]
        for _ in range(10):
            self.assertEqual(exchange(self.platform.url, "GET", "/health/live").status, 200)
            self.assertEqual(self.get("/api/agents").status, 200)
        # all are open yet, and nobody waited for one to end
        self.assertEqual(self.execution(execution_id, key=account.key)["status"], "running")
        self.cancel(execution_id, key=account.key)
        ends = []
        readers = [threading.Thread(target=lambda s=s: ends.append(list(s)[-1][:2])) for s in streams]
        for t in readers:
            t.start()
        for t in readers:
            t.join()
        self.assertEqual(ends, [(1, "end")] * MANY)

    def test_streams_of_many_runs_get_every_step_once_and_in_order(self):
        account = Account(self.platform)
        runs = [self.start({"steps": 20, "sleep_ms": 1000}, key=account.key) for _ in range(MANY)]
        streams = [self.stream(run, last=number % 3, key=account.key) for number, run in enumerate(runs)]
        told = [None] * MANY

        def read(number):
            told[number] = [event[:2] for event in streams[number]]

        readers = [threading.Thread(target=read, args=(number,)) for number in range(MANY)]
        for t in readers:
            t.start()
        for t in readers:
            t.join()
        for number in range(MANY):
            steps = [(n, "step") for n in range(number % 3 + 1, 21)]
            self.assertEqual(told[number], steps + [(20, "end")], runs[number])

    def test_a_client_that_goes_away_disturbs_nobody(self):
        execution_id = self.start({"steps": 10, "sleep_ms": 3000})
        leaves, stays = self.stream(execution_id), self.stream(execution_id)
        next(iter(leaves))
        leaves.close()
        self.assertEqual(list(stays)[-1][:2], (10, "end"))


if __name__ == "__main__":
    unittest.main()
