"""Processes that are told to stop (SIGTERM), and one that is frozen past its lease (SIGSTOP)."""
import os
import signal
import subprocess
import threading
from pathlib import Path

from faults import LEASE_S, FaultTest, outcome
from receiver import Answer
from stack import StackError, wait_until


class Stopped(FaultTest):

    # few threads: some of what the worker claims waits for one
    settings = {"worker.threads": 4}

    def submit(self, count, **payload):
        client = self.client()
        return [client.run("probe", payload, self.receiver.url()).body["data"]["execution_id"] for _ in range(count)]

    def state_of(self, execution):
        return self.client().get(f"/api/executions/{execution}").body["data"]

    def deliveries(self):
        return self.stack.sql("SELECT HEX(id), state, attempts, last_at FROM deliveries")

    def second_worker(self):
        """Another one, on the same tables, told by SIGTERM to end."""
        programs = Path(os.environ["STACK_BIN"])
        program = next(p for p in (programs / "agentiv-worker", programs / "../libexec/agentiv-worker") if p.exists())
        log = open(self.stack.state / "log/second.log", "wb")   # pylint: disable=consider-using-with
        self.addCleanup(log.close)
        worker = subprocess.Popen([program, "-c", self.stack.state / "agentiv.conf"], stdin=subprocess.DEVNULL,
                                  stdout=log, stderr=log)

        def end():
            worker.send_signal(signal.SIGTERM)
            worker.wait(30)
        self.addCleanup(end)
        return worker

    def test_a_worker_frozen_past_its_lease_changes_nothing_when_it_goes_on(self):
        execution, = self.submit(1, sleep_ms=1000)
        wait_until(lambda: self.stack.number("SELECT COUNT(*) FROM leases WHERE started_at > 0") == 1, 10,
                   "it is being run")
        self.stack.signal("worker", "STOP")
        self.addCleanup(self.thaw, "worker")
        second = self.second_worker()
        wait_until(lambda: self.state_of(execution)["status"] == "success", LEASE_S + 20, "the other worker ends it")
        self.wait_for_webhooks([execution])
        before, rows = self.state_of(execution), self.deliveries()
        second.send_signal(signal.SIGTERM)
        second.wait(30)
        self.stack.signal("worker", "CONT")
        later, = self.submit(1)
        wait_until(lambda: self.state_of(later)["status"] == "success", 20, "it goes on to work")
        self.wait_for_webhooks([later])
        self.stack.stop("worker")
        self.assertRegex(self.stack.log("worker"), "stopped.* claimed=2 succeeded=1 .* lost=1")
        self.assertEqual(outcome(self.state_of(execution)), outcome(before))
        self.assertEqual([row for row in self.deliveries() if row in rows], rows)
        self.assertEqual(len(self.webhooks()[execution]), 1)
        self.assertEqual(self.stack.sql("SELECT active, held FROM account_quota"), [["0", "0"]])

    def test_the_responder_answers_what_is_in_flight_before_it_stops(self):
        answers = []

        def ask(sleep_ms):
            answers.append((sleep_ms, self.client().run("probe", {"sleep_ms": sleep_ms}, wait=True)))
        threads = [threading.Thread(target=ask, args=(ms,)) for ms in (500, 500, 500, 20000, 20000, 20000)]
        for thread in threads:
            thread.start()
        wait_until(lambda: self.stack.number("SELECT COUNT(*) FROM executions") == 6, 10, "six requests wait")
        self.stack.stop("responder")
        for thread in threads:
            thread.join()
        self.assertEqual(len(answers), 6)
        for sleep_ms, answer in answers:
            # the result, or the execution as it stands; nobody waits for a run of 20 s
            self.assertIn(answer.status, (200, 202) if sleep_ms == 500 else (202,), answer.body)
            self.assertTrue(answer.body["success"])
        self.assertRegex(self.stack.log("responder"), 'msg="?stopped')
        self.stack.start("responder")
        # what was accepted goes on without it
        wait_until(lambda: self.ended_count() == 6, 40, "all six end")

    def test_the_worker_gives_back_what_it_has_not_begun_and_ends_what_it_has(self):
        ids = self.submit(300, sleep_ms=20)
        wait_until(lambda: self.ended_count() >= 30, 20, "it is at work")
        self.stack.stop("worker")
        self.assertEqual(self.stack.number("SELECT COUNT(*) FROM leases"), 0)
        self.assertRegex(self.stack.log("worker"), "stopped.* released=[1-9].* lost=0")
        left = self.open_count()
        self.assertGreater(left, 0)
        # ready, not suspect, no attempt used up
        self.assertEqual(self.stack.number("SELECT COUNT(*) FROM queue_ready WHERE lane = 1 AND attempt = 0"), left)
        self.stack.start("worker")
        self.wait_until_all_ended(300)
        self.check_each_ended_once(ids)
        self.assertEqual({self.state_of(execution)["attempt"] for execution in ids}, {1})

    def test_the_sender_ends_in_time_and_what_it_had_in_flight_is_delivered(self):
        self.receiver.script("/hook", Answer(delay=1.5))
        ids = self.submit(20)
        wait_until(lambda: self.receiver.open_now >= 4, 20, "the receiver is busy")
        self.stack.stop("sender")
        self.receiver.script("/hook", Answer())
        self.stack.start("sender")
        self.check_each_ended_once(ids)


class StoppedAsItLooks(FaultTest):
    # attempts may take long, and so may a stop that waits for one
    settings = {"webhooks.timeout_s": 60, "webhooks.lease_s": 70}

    def hold_outbox(self):
        """Until its connection is killed."""
        try:
            self.stack.sql("LOCK TABLES outbox WRITE; SELECT SLEEP(60)")
        except StackError:
            pass

    def sessions(self, like):
        return [row[0] for row in self.stack.sql("SELECT id FROM information_schema.processlist"
                                                 f" WHERE state LIKE '{like}' AND id <> CONNECTION_ID()")]

    def test_a_sender_that_looks_for_work_as_it_is_told_to_stop_does_so_at_once(self):
        self.stack.stop("sender")
        holder = threading.Thread(target=self.hold_outbox)
        holder.start()
        held, = wait_until(lambda: self.sessions("User sleep"), 10, "the outbox is locked")
        self.stack.start("sender")
        wait_until(lambda: self.sessions("Waiting for table%"), 10, "the sender looks for work")
        os.kill(self.stack.pid("sender"), signal.SIGTERM)
        wait_until(lambda: self.stack.log("sender").count('msg="stopping"') == 2, 10, "it is told")
        self.stack.sql(f"KILL {held}")
        holder.join()
        # far sooner than it would wait for an attempt
        wait_until(lambda: self.stack.log("sender").count('msg="stopped"') == 2, 10, "it stops")
