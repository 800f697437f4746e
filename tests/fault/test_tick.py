"""`agentivctl tick` on a host without daemons."""
from stack import wait_until

from faults import INTO_SCHEDULES, FaultTest


SCHEDULED = "1"         # enum exec_trigger


class Tick(FaultTest):
    def tick(self, *words):
        return self.stack.ctl("tick", *words)

    def test_runs_that_use_up_the_time_leave_some_for_their_webhooks(self):
        self.stack.stop("worker", "sender")
        ids = self.submit_many(1, {"sleep_ms": 2500})
        done = self.tick("--seconds", "1")
        self.assertEqual((done["ran"], done["delivered"]), (1, 1))
        self.check_each_ended_once(ids)

    def test_delayed_runs_are_run_when_they_are_due(self):
        self.stack.stop("worker", "sender")
        answer = self.client().request("POST", "/api/agents/probe/run",
                                       {"input_payload": {}, "async": True, "delay_seconds": 2})
        self.assertEqual(answer.status, 202)
        self.assertEqual(self.tick()["ran"], 0)
        wait_until(lambda: self.tick()["ran"] == 1, 20, "it is due", 0.3)
        self.assertEqual(self.open_count(), 0)

    def test_slots_that_were_lost_are_given_back(self):
        self.stack.stop("worker", "sender")
        self.stack.sql("UPDATE account_quota SET active = 7")
        self.tick()
        self.assertEqual(self.stack.number("SELECT active FROM account_quota"), 0)

    def test_schedules_that_are_due_fire_and_are_run_in_the_same_call(self):
        self.stack.stop("worker", "scheduler", "sender")
        account = self.stack.number("SELECT id FROM accounts")
        minute = "UNIX_TIMESTAMP() DIV 60"
        self.stack.sql(
            f"{INTO_SCHEDULES} SELECT UNHEX(LPAD(HEX(seq), 32, '0')), {account}, IF(seq = 1, 'probe', 'gone'), 1,"
            f" {minute} * 60000, 0, CONCAT({minute} MOD 60, ' ', {minute} DIV 60 MOD 24, ' * * *'), 'UTC', 0, 0, 0, 0,"
            " '{}' FROM seq_1_to_2")
        done = self.tick()
        self.assertEqual((done["fired"], done["skipped"], done["ran"]), (1, 1, 1))
        self.assertEqual(self.stack.sql("SELECT trigger_type FROM executions"), [[SCHEDULED]])
        self.assertEqual(self.open_count(), 0)
