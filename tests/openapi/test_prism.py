"""The whole API's tests once more, with Prism between them and the platform: whatever they are answered is judged by the
document that the platform serves, and whatever it accepts is allowed by it (tests/lib/prism.py)."""
import json
import os
import subprocess
import sys
import unittest
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
LIMIT_S = 500
SHARES = 2            # they wait more than they compute
THROUGH = 3000        # requests; less would say that they find their way around
AROUND = 0.1          # of all requests that are not the web server's own to answer


def modules():
    return sorted(file.stem for file in (TESTS / "api").glob("test_*.py"))


class Share:
    """Some modules of the API's tests, on a platform of their own."""

    def __init__(self, number, names):
        # a short name: sockets have their paths in it
        self.names, self.place = names, Path(os.environ["AGENTIV_TEST_TMP"], str(number))
        self.place.mkdir()
        self.result, self.report = self.place / "result.json", self.place / "prism.json"

    def run(self):
        environment = {**os.environ, "AGENTIV_TEST_TMP": str(self.place), "AGENTIV_PRISM": str(self.report)}
        with open(self.place / "log", "w+", encoding="utf-8") as log:
            subprocess.run([sys.executable, "-B", TESTS / "lib/unittest_part.py", TESTS / "api", self.result, *self.names],
                           env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=LIMIT_S, check=False)
            log.seek(0)
            self.log = log.read()
        return self

    @property
    def failed(self):
        return json.loads(self.result.read_text())["failed"] if self.result.exists() else 1


class ThroughPrism(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        names = modules()
        shares = [Share(i, names[i::SHARES]) for i in range(SHARES)]
        with ThreadPoolExecutor(SHARES) as pool:
            cls.shares = list(pool.map(Share.run, shares))
        cls.counts = sum((Counter(json.loads(s.report.read_text())) for s in cls.shares if s.report.exists()), Counter())
        print("requests:", ", ".join(f"{n} {kind}" for kind, n in cls.counts.most_common()), flush=True)

    def test_the_api_s_tests_pass_through_prism(self):
        for share in self.shares:
            with self.subTest(" ".join(share.names)):
                self.assertEqual(share.failed, 0, share.log[-20000:])

    def test_nearly_all_requests_went_through(self):
        around = sum(n for kind, n in self.counts.items() if kind not in ("through", "accepted", "server"))
        self.assertGreater(self.counts["through"], THROUGH)
        self.assertLess(around, AROUND * self.counts["through"])

    def test_what_was_accepted_was_judged_too(self):
        self.assertGreater(self.counts["accepted"], THROUGH / 2)


if __name__ == "__main__":
    unittest.main()
