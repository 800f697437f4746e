"""agentiv-scheduler with 20,000 schedules that are due at once: killed, beside `agentivctl tick`, with its database
killed, and told to stop. Each slot fires once, whatever happens."""
import json
import re
import threading

from faults import INTO_SCHEDULES, FaultTest
from stack import TOP, wait_until

AGENTS, ACCOUNTS = 40, 500
COUNT = AGENTS * ACCOUNTS


class DueAtOnce(FaultTest):
    def setUp(self):
        super().setUp()
        self.stack.stop("worker", "scheduler", "sender")
        probe = json.loads((TOP / "examples/agents/probe.json").read_text())
        for n in range(1, AGENTS + 1):
            (self.stack.state / f"agents/probe{n}.json").write_text(json.dumps({**probe, "slug": f"probe{n}"}))
        minute = "UNIX_TIMESTAMP() DIV 60"
        self.stack.sql(
            "DELETE FROM subscriptions; DELETE FROM account_quota; DELETE FROM accounts;"
            " INSERT INTO accounts (id, public_id, email, name, plan, webhook_secret, created_at)"
            " SELECT seq, UNHEX(LPAD(HEX(seq), 32, '0')), seq, 'Test', 'enterprise', '', 0"
            f" FROM seq_1_to_{ACCOUNTS};"
            " INSERT INTO account_quota (account_id) SELECT id FROM accounts;"
            " INSERT INTO subscriptions (account_id, agent, status) SELECT id, '*', 1 FROM accounts;"
            f" {INTO_SCHEDULES} SELECT UNHEX(LPAD(HEX(seq), 32, '0')), 1 + (seq - 1) MOD {ACCOUNTS},"
            f" CONCAT('probe', 1 + (seq - 1) DIV {ACCOUNTS}), 1, {minute} * 60000, 0,"
            f" CONCAT({minute} MOD 60, ' ', {minute} DIV 60 MOD 24, ' * * *'), 'UTC', 0, 0, 0, 0, '{{}}'"
            f" FROM seq_1_to_{COUNT}")
        self.begun = self.stack.number("SELECT MIN(next_at) FROM schedules")

    def due(self):
        return self.stack.number(f"SELECT COUNT(*) FROM schedules WHERE next_at <= {self.begun}")

    def wait_until_all_fired(self):
        wait_until(lambda: self.due() == 0, 60, "all have fired", pause_s=0.1)

    def start_and_see_some_fire(self):
        """True when others have not yet."""
        before = self.due()
        self.stack.start("scheduler")
        wait_until(lambda: self.due() < before, 30, "more have fired", pause_s=0)
        return self.due() > 0

    def check_each_fired_once(self):
        self.assertEqual(self.stack.sql(
            "SELECT COUNT(*), COUNT(DISTINCT execution_id), COUNT(DISTINCT event_id), SUM(outcome IN (0, 1))"
            " FROM schedule_slots"), [[str(COUNT)] * 4])
        for figure in ("COUNT(*) FROM executions", "COUNT(*) FROM events", "SUM(total_runs = 1) FROM schedules"):
            self.assertEqual(self.stack.number(f"SELECT {figure}"), COUNT, figure)
        self.assertEqual(self.stack.number(
            "SELECT COUNT(*) FROM account_quota q WHERE day_start = 0 OR day_runs <> (SELECT COUNT(*) FROM executions e"
            " WHERE e.account_id = q.account_id AND e.queued_at >= q.day_start)"), 0)

    def test_killed_again_and_again_it_fires_each_slot_once(self):
        kills = 0
        while self.due() > 0:
            if self.start_and_see_some_fire():
                kills += 1
            self.stack.signal("scheduler", "KILL")
        self.assertGreaterEqual(kills, 2, "it was killed too late to prove anything")
        self.check_each_fired_once()

    def test_with_its_database_killed_it_goes_on_and_fires_each_slot_once(self):
        self.assertTrue(self.start_and_see_some_fire())
        pid = self.stack.pid("scheduler")
        self.stack.signal("db", "KILL")
        self.stack.start("db")
        self.assertGreater(self.due(), 0, "it was killed too late to prove anything")
        self.wait_until_all_fired()
        self.assertEqual(self.stack.pid("scheduler"), pid)
        self.check_each_fired_once()

    def test_ticks_beside_it_fire_what_it_does_not(self):
        ticked = []

        def tick():
            ticked.append(self.stack.ctl("tick", "--seconds", "40", "--runs", "1"))
        ticks = [threading.Thread(target=tick) for _ in range(3)]
        for thread in ticks:
            thread.start()
        self.stack.start("scheduler")
        for thread in ticks:
            thread.join()
        self.wait_until_all_fired()
        self.stack.stop("scheduler")
        fired = [done["fired"] for done in ticked] + [self.fired_by_scheduler()]
        self.assertEqual(sum(fired), COUNT, fired)
        self.assertGreater(sum(n > 0 for n in fired), 1, "one did it all, so they were not beside each other")
        self.check_each_fired_once()

    def fired_by_scheduler(self):
        return int(re.findall(r'msg="?stopped"? fired=(\d+)', self.stack.log("scheduler"))[-1])

    def test_told_to_stop_it_says_what_it_has_fired_and_leaves_the_rest(self):
        self.assertTrue(self.start_and_see_some_fire())
        self.stack.signal("scheduler", "TERM")
        self.stack.stop("scheduler")
        left = self.due()
        self.assertGreater(left, 0, "it was told too late to prove anything")
        self.assertEqual(self.fired_by_scheduler(), COUNT - left)
        self.stack.start("scheduler")
        self.wait_until_all_fired()
        self.check_each_fired_once()


class OnTime(FaultTest):
    def test_a_schedule_set_over_the_api_is_fired_at_its_minute_and_run(self):
        key = self.stack.ctl("key", "create", "--user", "fault@example.com", "--name", "schedules",
                             "--scopes", "agents:read,agents:run,schedules:write")["key"]
        client = self.stack.client(key)
        self.addCleanup(client.close)
        answer = client.request("POST", "/api/schedules/probe", {"cron_expr": "* * * * *", "timezone": "Asia/Kolkata",
                                                                 "input_payload": {"payload": 7}})
        self.assertEqual(answer.status // 100, 2, answer.body)
        wait_until(lambda: self.ended_count() > 0, 90, "its run has ended", pause_s=0.2)
        run, = client.get("/api/executions").body["data"]
        self.assertEqual((run["status"], run["trigger_type"]), ("success", "schedule"))
        slot, = client.get("/api/schedules/probe/history").body["data"]
        self.assertEqual((slot["outcome"], slot["execution_id"]), ("fired", run["id"]))
