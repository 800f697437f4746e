"""kill -9 in the middle of 1,000 runs: each accepted run ends exactly once, each webhook arrives at least once."""
import threading

from faults import FaultTest
from receiver import Answer
from stack import wait_until

RUNS = 1000


class InTheMiddleOfAThousandRuns(FaultTest):
    killer_failed = None

    def kill_and_start(self, names, times):
        """In the middle of the runs, as they are accepted, claimed, run, ended and told of, all at once."""
        for n in range(1, times + 1):
            wait_until(lambda: self.accepted >= RUNS * n / (times + 4), 60, "the moment to kill has come", pause_s=0.002)
            if n == 1:
                wait_until(self.receiver.requests, 60, "the first webhook has come", pause_s=0.002)
            for name in names:
                self.stack.signal(name, "KILL")
            self.left = RUNS - len(self.webhooks())
            self.stack.start(*names)

    def run_and_kill(self, *names, times=1):
        """Kills the processes and starts them again while 1,000 runs are submitted, run and told of."""
        def kill():
            try:
                self.kill_and_start(names, times)
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

    def test_killing_the_database_again_and_again_loses_nothing_that_was_committed(self):
        self.run_and_kill("db", times=5)
        self.assertGreater(self.interrupted, 0)

    def test_killing_the_sender_loses_no_webhook(self):
        # slow enough that some are on their way at any moment
        self.receiver.script("/hook", Answer(delay=0.05))
        self.run_and_kill("sender")
        self.assertGreater(len(self.receiver.requests()), RUNS, "none came twice, so none was on its way")

    def test_a_receiver_that_stood_still_for_a_moment_has_its_webhooks_soon(self):
        # those that are under way at first to one that is not known yet: then its breaker is open for a while
        self.receiver.script("/hook", *[Answer(delay=2.5)] * 8, Answer())
        ids = self.submit_many(RUNS, {"sleep_ms": 0})
        self.wait_until_all_ended(RUNS)
        self.check_each_ended_once(ids)

    def test_killing_everything_at_once_loses_nothing_that_was_committed(self):
        self.run_and_kill("responder", "worker", "sender", "db")
        self.assertGreater(self.interrupted, 0)
