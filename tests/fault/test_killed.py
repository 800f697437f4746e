"""kill -9 in the middle of 1,000 runs: each accepted run ends exactly once, each webhook arrives at least once."""
import threading

from faults import FaultTest
from stack import wait_until

RUNS = 1000


class InTheMiddleOfAThousandRuns(FaultTest):
    killer_failed = None

    def in_the_middle(self):
        """Runs are being accepted, claimed, run, ended and told of, all at once."""
        return self.accepted >= RUNS / 5 and len(self.receiver.requests()) >= 20

    def run_and_kill(self, *names):
        """Kills the processes in the middle and starts them again."""
        def kill():
            try:
                wait_until(self.in_the_middle, 60, "the moment to kill has come", pause_s=0.002)
                for name in names:
                    self.stack.signal(name, "KILL")
                self.left = RUNS - self.ended_count() if "db" not in names else RUNS - len(self.receiver.requests())
                self.stack.start(*names)
            except Exception as e:   # pylint: disable=broad-except
                self.killer_failed = e

        killer = threading.Thread(target=kill)
        killer.start()
        ids = self.submit_many(RUNS, {"sleep_ms": 30, "steps": 1})
        killer.join()
        if self.killer_failed:
            raise self.killer_failed
        self.assertGreater(self.left, RUNS / 10, "it was killed too late to prove anything")
        self.wait_until_all_ended(RUNS)
        self.check_each_ended_once(ids)

    def test_killing_the_worker_loses_no_run_and_ends_none_twice(self):
        self.run_and_kill("worker")

    def test_killing_the_responder_loses_no_accepted_run_and_doubles_none(self):
        self.run_and_kill("responder")
        self.assertGreater(self.interrupted, 0)

    def test_killing_the_database_loses_nothing_that_was_committed(self):
        self.run_and_kill("db")
        self.assertGreater(self.interrupted, 0)

    def test_killing_the_sender_loses_no_webhook(self):
        self.run_and_kill("sender")

    def test_killing_everything_at_once_loses_nothing_that_was_committed(self):
        self.run_and_kill("responder", "worker", "sender", "db")
        self.assertGreater(self.interrupted, 0)
