"""Schedulers whose clock a test holds (tests/store/clocked_scheduler.c), on a database of their own."""
import mmap
import os
import signal
import struct
import subprocess
import unittest
from pathlib import Path

from faults import INTO_SCHEDULES
from slots import Row, rows, slots
from stack import Stack, StackError, wait_until

OUTCOMES = ("fired", "caught_up", "skipped", "manual")
REASONS = ("", "missed", "merged", "edited", "overlap", "backlog", "subscription", "integration", "agent",
           "runs_per_day", "runs_per_month", "tokens_per_month")
CATCH_UP = ("latest", "none")
OVERLAP = ("queue", "skip", "cancel_previous")


class Clock:
    """A number in a file that the schedulers map."""

    def __init__(self, path, at):
        self.path = path
        path.write_bytes(struct.pack("=q", at))
        with path.open("r+b") as file:
            self.shared = mmap.mmap(file.fileno(), 8)
        self.at = at

    def set(self, at):
        self.at = at
        self.shared[:] = struct.pack("=q", at)


class Scheduler:
    """One of them; killed, it is started again by the next call."""

    def __init__(self, env, clock, log):
        self.env, self.clock, self.log = env, clock, log
        self.child = None
        self.kills = 0

    def ask(self):
        """Has it make a pass; answer tells what came of it."""
        if self.child is None:
            program = Path(os.environ["AGENTIV_OBJECTS"], "clocked_scheduler")
            self.child = subprocess.Popen([program, self.clock.path], env=self.env, stdin=subprocess.PIPE,
                                          stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.child.stdin.write("pass\n")
        self.child.stdin.flush()

    def answer(self):
        """Schedules that are still due, None when it was killed or the database was away."""
        line = self.child.stdout.readline() if self.child else ""
        return None if not line or line.startswith("error") else int(line.split()[2])

    def kill(self):
        if self.child is None:
            return
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()
        self.child.stdin.close()
        self.child.stdout.close()
        self.child = None
        self.kills += 1


class Schedule:
    """A schedule of account n, and what its ledger must say by now."""

    def __init__(self, n, cron, zone, catch_up="latest", overlap="queue"):
        self.n, self.cron, self.zone, self.catch_up, self.overlap = n, cron, zone, catch_up, overlap
        self.ahead, self.ledger = [], []

    def begin(self, after, until):
        """Works out its slots between two instants."""
        self.ahead, self.ledger = slots(self.cron, self.zone, after, until), []

    def meet(self, now):
        """A scheduler is there at that instant."""
        due = [slot for slot in self.ahead if slot.at <= now]
        if due:
            self.ledger += rows(due, now, self.catch_up)
            del self.ahead[:len(due)]


class ClockedTest(unittest.TestCase):
    """Three schedulers, and accounts 1 … ACCOUNTS without any limit."""

    ACCOUNTS = 12
    SCHEDULERS = 3
    settings = {}

    def setUp(self):
        self.stack = Stack(Path(os.environ["AGENTIV_TEST_TMP"], self.id().rpartition(".")[2][:40]), self.settings)
        self.addCleanup(self.stack.down)
        self.stack.init(["examples/agents/probe.json"])
        self.stack.sql(
            "INSERT INTO accounts (id, public_id, email, name, plan, webhook_secret, created_at)"
            " SELECT seq, UNHEX(LPAD(HEX(seq), 32, '0')), seq, 'Test', 'enterprise', '', 0"
            f" FROM seq_1_to_{self.ACCOUNTS};"
            " INSERT INTO account_quota (account_id) SELECT id FROM accounts;"
            " INSERT INTO subscriptions (account_id, agent, status) SELECT id, '*', 1 FROM accounts")
        self.clock = Clock(self.stack.state / "clock", 0)
        log = self.enterContext((self.stack.state / "log/clocked.log").open("wb"))
        env = {**os.environ, "AGENTIV_CONFIG": str(self.stack.config)}
        self.schedulers = [Scheduler(env, self.clock, log) for _ in range(self.SCHEDULERS)]
        for scheduler in self.schedulers:
            self.addCleanup(scheduler.kill)

    # ---- schedules ----

    def put(self, schedules, now, until):
        """In place of those that were there: as if written now."""
        self.clock.set(now)
        lines = ["DELETE FROM schedules; DELETE FROM schedule_slots; DELETE FROM schedule_runs; DELETE FROM events;"
                 " DELETE FROM executions; DELETE FROM queue_ready; DELETE FROM queue_later;"
                 " UPDATE account_quota SET active = 0"]
        for s in schedules:
            s.begin(now, until)
            if s.ahead:
                lines.append(
                    f"{INTO_SCHEDULES} VALUES (UNHEX(LPAD(HEX({s.n}), 32, '0')), {s.n}, 'probe', 1, {s.ahead[0].at}, {now},"
                    f" '{s.cron}', '{s.zone}', {CATCH_UP.index(s.catch_up)}, {OVERLAP.index(s.overlap)}, {now}, {now}, '{{}}')")
        self.stack.sql(";".join(lines))

    def ledgers(self):
        """The rows of each schedule, by its number."""
        found = {}
        for n, at, outcome, reason, moved, count, recorded_at in self.stack.sql(
                "SELECT CONV(HEX(schedule_id), 16, 10), scheduled_for, outcome, reason, moved, slots, recorded_at"
                " FROM schedule_slots ORDER BY schedule_id, scheduled_for"):
            found.setdefault(int(n), []).append(Row(int(at), OUTCOMES[int(outcome)], REASONS[int(reason)], moved == "1",
                                                    int(count), int(recorded_at)))
        return found

    def check_ledgers(self, schedules):
        """Each slot is there once, as it must be, and has one run where it fired."""
        found = self.ledgers()
        for s in schedules:
            self.assertEqual(found.get(s.n, []), s.ledger, f"{s.cron} in {s.zone}, catch_up {s.catch_up}")
        fired = sum(row.outcome in ("fired", "caught_up") for s in schedules for row in s.ledger)
        self.assertEqual(
            self.stack.sql("SELECT COUNT(execution_id), COUNT(DISTINCT execution_id), COUNT(event_id)"
                           " FROM schedule_slots"),
            [[str(fired)] * 3])
        self.assertEqual(self.stack.number("SELECT COUNT(*) FROM events"), fired)
        self.assertEqual(self.stack.number("SELECT COUNT(*) FROM executions"), fired)
        self.assertEqual(self.stack.number("SELECT COALESCE(SUM(total_runs), 0) FROM schedules"), fired)

    # ---- schedulers ----

    def all_pass(self, kill=None):
        """Each scheduler makes a pass at once; kill: called meanwhile. Returns how many schedules are left due."""
        for scheduler in self.schedulers:
            scheduler.ask()
        if kill:
            kill()
        answers = [scheduler.answer() for scheduler in self.schedulers]
        for scheduler, left in zip(self.schedulers, answers):
            if left is None:
                scheduler.kill()        # it was, or it starts again with a new connection
        known = [left for left in answers if left is not None]
        return min(known) if known else None

    def fire_all(self, kill=None, left=0):
        """Passes until nothing else is due: what a killed one had in hand is free when its connection has ended."""
        if self.all_pass(kill) != left:
            wait_until(lambda: self.all_pass() == left, 30, f"no more than {left} schedules are due", pause_s=0)

    def session(self, statement):
        """A client that stays in a transaction until its end is called."""
        return Session(self, statement)


class Session:
    """A connection that does something and then holds what it has."""

    def __init__(self, test, statement):
        words = ["mariadb", "--no-defaults", "--batch", "--skip-column-names", "--unbuffered",
                 f"--socket={test.stack.run_dir() / 'db.sock'}", "agentiv"]
        self.child = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        test.addCleanup(self.end)
        self.child.stdin.write(f"START TRANSACTION; {statement}; SELECT 'held';\n")
        self.child.stdin.flush()
        while self.child.stdout.readline().strip() not in ("held", ""):
            pass

    def end(self):
        if self.child.poll() is None:
            self.child.stdin.close()
            self.child.wait(30)
            self.child.stdout.close()
