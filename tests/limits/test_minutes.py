"""Requests per minute under many clients: the plan's figure in each minute of the database, to the request."""
import random
import tempfile
import threading
import time
import unittest
from collections import Counter

from platforms import LimitsTest, in_threads

MINUTES = 3           # boundaries that are crossed
CLIENTS = 32
FIGURE, LONE_FIGURE = 600, 60
LEASE = max(8, FIGURE // 60)      # the largest (core/ratelimit.c)


class Hammering:
    """Clients that ask as fast as they can where it matters: as a minute begins, and until it is used up."""

    def __init__(self, key):
        self.key = key
        self.lock = threading.Lock()
        self.admitted, self.refused, self.others = Counter(), Counter(), Counter()
        self.remaining = {}

    def count(self, answer):
        with self.lock:
            if answer.status == 200:
                self.admitted[answer.reset] += 1
                self.remaining.setdefault(answer.reset, []).append(int(answer.headers["x-ratelimit-remaining"]))
            elif answer.status == 429:
                self.refused[answer.reset] += 1
            else:
                self.others[answer.status] += 1

    def client(self, door, last_reset):
        """Until a minute after the last is seen refused."""
        try:
            while True:
                answer = door.request("GET", "/api/agents", self.key)
                self.count(answer)
                if answer.status == 429 and answer.reset > last_reset:
                    return
                if answer.status == 429:
                    # at most a few a second until shortly before the next minute
                    time.sleep(max(0, min(random.uniform(0.2, 0.6), answer.reset - time.time() - 0.5)))
        finally:
            door.close()


class AlongMinutes(LimitsTest):
    def lone_client(self, key, last_reset, seen):
        """One after the other, and after a refusal in the next minute again."""
        door = self.web()
        while True:
            answer = door.request("GET", "/api/agents", key)
            seen[answer.reset, answer.status] += 1
            if answer.status == 429:
                if answer.reset > last_reset:
                    door.close()
                    return
                time.sleep(max(0, answer.reset - time.time() + 0.05))

    def check_each_minute(self, hammering, least):
        self.assertEqual(dict(hammering.others), {})
        self.assertEqual(len(hammering.admitted), MINUTES + 1, hammering.admitted)
        for reset, admitted in hammering.admitted.items():
            self.assertLessEqual(admitted, FIGURE, hammering.admitted)
            self.assertGreaterEqual(admitted, least, hammering.admitted)
            self.assertGreater(hammering.refused[reset], 0, "the minute was not used up")

    def test_exactly_the_figure_is_admitted_along_three_boundaries_whichever_way_requests_come(self):
        one_host = Hammering(self.account("one@example.com", requests_per_minute=FIGURE))
        two_hosts = Hammering(self.account("two@example.com", requests_per_minute=FIGURE))
        lone, seen = self.account("lone@example.com", requests_per_minute=LONE_FIGURE), Counter()
        # another host is another file
        elsewhere = self.responder("elsewhere", self.enterContext(tempfile.TemporaryDirectory(prefix="agv")))
        left = 60 - time.time() % 60
        last_reset = int(time.time() + left + (0 if left > 8 else 60)) // 60 * 60 + 60 * (MINUTES - 1)
        if left <= 8:
            time.sleep(left + 0.5)       # a minute that can still be used up
        doors = ([self.web() for _ in range(14)] + [self.second.door() for _ in range(14)] +
                 [self.cgi() for _ in range(4)])
        self.assertEqual(len(doors), CLIENTS)
        others = [self.second.door() for _ in range(8)] + [elsewhere.door() for _ in range(8)]
        in_threads([lambda door=door: one_host.client(door, last_reset) for door in doors] +
                   [lambda door=door: two_hosts.client(door, last_reset) for door in others] +
                   [lambda: self.lone_client(lone, last_reset, seen)])
        self.check_each_minute(one_host, FIGURE)
        self.check_each_minute(two_hosts, FIGURE - LEASE)
        for reset in one_host.admitted:
            self.assertEqual(sorted(one_host.remaining[reset]), list(range(FIGURE)))
            self.assertEqual((seen[reset, 200], seen[reset, 429]), (LONE_FIGURE, 1), seen)
        self.assertEqual(self.stack.number("SELECT MAX(leased) FROM request_minutes"), FIGURE)


if __name__ == "__main__":
    unittest.main()
