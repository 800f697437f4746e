"""Runs per day and concurrent runs under many clients, with workers and responders killed in the middle; and runs that are
asked for again and again by clients that go away."""
import http.client
import itertools
import random
import socket
import threading
import unittest
from urllib.parse import urlsplit

from platforms import LimitsTest, in_threads, wait_until

CLIENTS = 32
OPEN = "SELECT COUNT(*) FROM executions LEFT JOIN execution_results ON execution_id = id WHERE COALESCE(status, 0) = 0"
# what has a slot, of one state of the database
TAKEN = ("SELECT (SELECT COUNT(*) FROM queue_ready) + (SELECT COUNT(*) FROM leases)"
         " + (SELECT COUNT(*) FROM queue_later WHERE has_slot = 1)")


PATH = "/api/agents/probe/run"


def run(door, key, payload, headers=None):
    return door.request("POST", PATH, key, {"input_payload": payload, "async": True}, headers)


class Killer:
    """Kills processes and starts them again, each time when a share of the work is done."""

    def __init__(self, test, total, done, kills):
        self.test, self.total, self.done, self.kills = test, total, done, kills
        self.failed = None
        self.killed = 0
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def work(self):
        try:
            for n, kill in enumerate(self.kills, 1):
                wait_until(lambda: self.done() >= self.total * n / (len(self.kills) + 1), 120,
                           "the moment to kill has come", 0.005)
                kill()
                self.killed += 1
        except Exception as e:      # pylint: disable=broad-except
            self.failed = e

    def ended(self):
        self.thread.join()
        if self.failed:
            raise self.failed
        self.test.assertEqual(self.killed, len(self.kills))


class Killed(LimitsTest):
    """Responders and worker that are killed and started again."""

    def kill_first(self):
        self.stack.signal("responder", "KILL")
        self.stack.start("responder")

    def kill_second(self):
        self.second.kill()
        self.second.start()

    def kill_worker(self):
        self.stack.signal("worker", "KILL")
        self.stack.start("worker")

    def doors(self, cgi=2):
        half = (CLIENTS - cgi) // 2
        return ([self.web() for _ in range(half)] + [self.second.door() for _ in range(CLIENTS - cgi - half)] +
                [self.cgi() for _ in range(cgi)])

    def insist(self, door, ask):
        """Asks until something answers for the platform; its answer."""
        def answer():
            try:
                a = ask(door)
            except (OSError, http.client.HTTPException):
                return None
            return a if a.status not in (502, 503, 504) else None
        return wait_until(answer, 60, "there is an answer", 0.02)

    def wait_until_all_ended(self):
        wait_until(lambda: self.stack.number(OPEN) == 0, 120, "all runs end", 0.1)


class Runs(Killed):
    def test_exactly_the_day_s_figure_is_accepted_whichever_way_runs_come(self):
        figure = 500
        key = self.account("day@example.com", runs_per_day=figure, runs_per_month="unlimited", concurrent="unlimited")

        def client(door):
            statuses = []
            while statuses.count(429) < 3:
                statuses.append(run(door, key, {}).status)
            door.close()
            return statuses
        statuses = list(itertools.chain(*in_threads([lambda door=door: client(door) for door in self.doors(4)])))
        self.assertEqual((statuses.count(202), set(statuses)), (figure, {202, 429}))
        self.assertEqual(self.stack.sql("SELECT COUNT(*) FROM executions"), [[str(figure)]])
        self.assertEqual(self.stack.sql("SELECT day_runs FROM account_quota"), [[str(figure)]])
        self.wait_until_all_ended()

    def watch_slots(self, slots):
        """Has the database write down each moment in which the account has more slots than its own."""
        self.stack.sql("CREATE TABLE too_many (active INT NOT NULL)")
        self.stack.command("sql", "USE agentiv; CREATE TRIGGER watch_slots AFTER UPDATE ON account_quota FOR EACH ROW"
                           f" INSERT INTO too_many SELECT NEW.active FROM DUAL WHERE NEW.active > {slots}")

    def test_no_more_run_than_there_are_slots_and_none_is_lost_whatever_is_killed(self):
        slots, runs = 5, 320
        key = self.account("slots@example.com", concurrent=slots)
        self.watch_slots(slots)
        accepted, most, stop = [], [], threading.Event()

        def client(n, door):
            # a key each: a client whose answer was cut off asks again
            for i in range(n, runs, CLIENTS):
                answer = self.insist(door, lambda d, i=i: run(d, key, {"sleep_ms": 40, "steps": 1},
                                                              headers={"Idempotency-Key": f"run-{i}"}))
                self.assertEqual(answer.status, 202, answer.text)
                accepted.append(answer.body["data"]["execution_id"])
            door.close()

        def watch():
            while not stop.is_set():
                most.append(self.stack.number(TAKEN))
        watcher = threading.Thread(target=watch)
        watcher.start()
        ended = "SELECT COUNT(*) FROM execution_results WHERE status <> 0"
        killer = Killer(self, runs, lambda: self.stack.number(ended),
                        [self.kill_worker, self.kill_first, self.kill_worker, self.kill_second] * 3)
        try:
            in_threads([lambda n=n, door=door: client(n, door) for n, door in enumerate(self.doors())])
            killer.ended()
            self.wait_until_all_ended()
        finally:
            stop.set()
            watcher.join()
        self.assertEqual(len(set(accepted)), runs)
        self.assertEqual(self.stack.sql("SELECT status, COUNT(*) FROM execution_results GROUP BY status"),
                         [["2", str(runs)]])
        self.assertEqual(max(most), slots)
        self.assertEqual(self.stack.sql("SELECT * FROM too_many"), [])
        self.assertLessEqual(self.most_at_once(), slots)
        self.assertEqual(self.stack.sql("SELECT active, held, day_runs FROM account_quota"), [["0", "0", str(runs)]])
        self.assertEqual(self.stack.number("SELECT COUNT(*) FROM queue_held") + self.stack.number(TAKEN), 0)
        for log in ("worker", "responder"):
            self.assertNotIn("slot counters repaired", self.stack.log(log))

    def most_at_once(self):
        """Runs that were under way together, by when they started and ended."""
        marks = []
        for started, completed in self.stack.sql("SELECT started_at, completed_at FROM execution_results"):
            marks += [(int(started), 1), (int(completed), -1)]
        now = most = 0
        for _, step in sorted(marks):       # an end before a start in the same millisecond
            now += step
            most = max(most, now)
        return most


class CutOff(Killed):
    """Clients that go away at a random moment: before their request is sent, before its answer, in the middle of it."""

    runs, times = 2000, 3

    def ask_and_go(self, door_url, data, chance):
        """Sends the request, or a part of it, and goes away."""
        address = urlsplit(door_url)
        with socket.create_connection((address.hostname, address.port), timeout=20) as s:
            kind = chance.randrange(4)
            s.sendall(data if kind else data[:chance.randrange(len(data))])
            if kind == 2:
                s.settimeout(chance.random() * 0.01)
            if kind >= 2:
                try:
                    s.recv(chance.randrange(1, 400))
                except OSError:
                    pass

    def body(self, n):
        return b'{"input_payload":{"payload":%d},"async":true}' % n

    def raw(self, key, n):
        return (f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
                f"Idempotency-Key: cut-{n}\r\nContent-Type: application/json\r\nContent-Length: {len(self.body(n))}\r\n"
                "Connection: close\r\n\r\n").encode() + self.body(n)

    def test_two_thousand_runs_asked_for_thrice_with_the_answers_cut_off_are_two_thousand(self):
        key = self.account("cut@example.com", concurrent="unlimited")
        answered, replayed = {}, []

        def client(n, door):
            chance = random.Random(n)
            for i in range(n, self.runs, CLIENTS):
                for _ in range(self.times - 1):
                    try:
                        self.ask_and_go(self.stack.url, self.raw(key, i), chance)
                    except OSError:
                        pass
                # the last time by either responder, and until it is answered
                answer = self.insist(door, lambda d, i=i: d.request("POST", PATH, key, self.body(i),
                                                                    {"Idempotency-Key": f"cut-{i}"}))
                self.assertEqual(answer.status, 202, answer.text)
                replayed.append("idempotent-replayed" in answer.headers)
                answered[i] = answer.body["data"]["execution_id"]
            door.close()
        killer = Killer(self, self.runs, lambda: len(answered), [self.kill_first, self.kill_second])
        in_threads([lambda n=n, door=door: client(n, door) for n, door in enumerate(self.doors(0))])
        killer.ended()
        self.assertEqual(len(set(answered.values())), self.runs)
        self.assertEqual(self.stack.number("SELECT COUNT(*) FROM executions"), self.runs)
        self.assertEqual(self.stack.sql("SELECT day_runs FROM account_quota"), [[str(self.runs)]])
        self.wait_until_all_ended()
        self.assertEqual(self.stack.number("SELECT COUNT(*) FROM execution_results WHERE status = 2"), self.runs)
        # of each key one: what was sent with it
        self.assertEqual(self.stack.number("SELECT COUNT(DISTINCT input) FROM executions"), self.runs)
        self.assertGreater(sum(replayed), self.runs / 2, "too few came through before they were cut off")


if __name__ == "__main__":
    unittest.main()
