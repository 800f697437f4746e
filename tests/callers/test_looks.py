"""agentivctl executions, schedules, agents and usage, on the real platform: what they show, and what they do."""
import re
import unittest

from callers import Account, Caller, PlatformCase, wait_until


class OwnCase(PlatformCase):
    """An account of the class's own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account = Account(cls.platform)
        cls.caller = Caller(cls.platform.url, cls.account.key)

    def lines(self, *words):
        status, out, err = self.caller.call(*words)
        self.assertEqual((status, err), (0, ""), (words, out))
        return out.splitlines()

    def run_probe(self, *inputs, agent="probe"):
        words = [word for one in inputs for word in ("--input", one)]
        return self.done(self.caller, "run", agent, *words)["execution_id"]


class Executions(OwnCase):
    def test_runs_are_listed_the_newest_first(self):
        ids = [self.run_probe() for _ in range(3)]
        self.assertEqual([e["id"] for e in self.done(self.caller, "executions", "list", "--limit", 3)], ids[::-1])
        lines = self.lines("executions", "list", "--limit", 3)
        self.assertRegex(lines[0], r"^ID +AGENT +STATUS +TRIGGER +QUEUED +MS +SUMMARY$")
        self.assertEqual([line.split()[0] for line in lines[1:]], ids[::-1])

    def test_filters_choose(self):
        self.caller = Caller(self.platform.url, Account(self.platform).key)
        failed = self.refused(1, "EXECUTION_FAILED", self.caller, "run", "probe", "--input", "fail=final")["execution_id"]
        self.run_probe()
        for words in (["--status", "failed"], ["--status", "failed", "--agent", "probe", "--trigger", "api", "--since", "1h"]):
            with self.subTest(words):
                self.assertEqual([e["id"] for e in self.done(self.caller, "executions", "list", *words)], [failed])
        self.assertEqual(self.done(self.caller, "executions", "list", "--until", "1h"), [])
        self.assertEqual(self.lines("executions", "list", "--until", "1h"), ["There are no such runs"])

    def test_more_than_a_page_is_listed(self):
        for _ in range(11):
            self.done(self.caller, "run", "probe", "--async")
        many = self.done(self.caller, "executions", "list", "--limit", 10000)
        self.assertEqual(len({e["id"] for e in many}), len(many))
        self.assertGreaterEqual(len(many), 11)

    def test_a_run_is_shown_with_its_output_and_its_steps(self):
        execution_id = self.run_probe("steps=2", "payload=x")
        shown = self.lines("executions", "show", execution_id)
        self.assertIn(f"Execution     {execution_id}", shown)
        self.assertIn('  "payload": "x"', shown)
        steps = self.done(self.caller, "executions", "steps", execution_id)
        self.assertEqual([(s["step"], s["name"]) for s in steps], [(1, "step 1"), (2, "step 2")])

    def test_more_steps_than_a_page_are_listed(self):
        execution_id = self.run_probe("steps=250")
        steps = self.done(self.caller, "executions", "steps", execution_id)
        self.assertEqual([s["step"] for s in steps], list(range(1, 251)))
        self.assertEqual(len(self.done(self.caller, "executions", "steps", execution_id, "--limit", 120)), 120)

    def test_a_failed_run_is_shown_with_its_reason(self):
        failed = self.refused(1, "EXECUTION_FAILED", self.caller, "run", "probe", "--input", "fail=final")["execution_id"]
        self.assertIn("Reason        The probe failed in attempt 1, as it was told", self.lines("executions", "show", failed))

    def test_a_run_is_followed_to_its_end(self):
        execution_id = self.done(self.caller, "run", "probe", "--async", "--input", "steps=3", "--input", "sleep_ms=300")["execution_id"]
        lines = self.lines("executions", "follow", execution_id)
        self.assertEqual([line.split()[0] for line in lines[:3]], ["1", "2", "3"])
        self.assertIn("Status        success", lines)

    def test_a_cancelled_run_is_one(self):
        execution_id = self.done(self.caller, "run", "probe", "--async", "--input", "sleep_ms=600000", "--input", "steps=6000")[
            "execution_id"]
        self.done(self.caller, "executions", "cancel", execution_id)
        error = self.refused(1, "EXECUTION_FAILED", self.caller, "executions", "follow", execution_id)
        self.assertRegex(error["message"], r"^CANCELLED: ")

    def test_anothers_run_is_not_found(self):
        execution_id = self.run_probe()
        other = Caller(self.platform.url, Account(self.platform).key)
        for command in ("show", "steps", "follow", "cancel"):
            with self.subTest(command):
                self.refused(1, "NOT_FOUND", other, "executions", command, execution_id)


class Schedules(OwnCase):
    SET = ["schedules", "set", "probe", "--cron", "0 6 * * 1-5", "--timezone", "Asia/Kolkata", "--input", "payload=1"]

    def test_one_is_set_shown_run_and_deleted(self):
        made = self.done(self.caller, *self.SET, "--overlap", "skip")
        self.assertEqual((made["cron_expr"], made["input_payload"], made["overlap"]), ("0 6 * * 1-5", {"payload": 1}, "skip"))
        self.assertEqual([s["id"] for s in self.done(self.caller, "schedules", "list")], [made["id"]])
        self.assertIn("Expression  0 6 * * 1-5", self.lines("schedules", "show", "probe"))
        execution_id = self.done(self.caller, "schedules", "run", "probe")["execution_id"]
        history = wait_until(lambda: self.done(self.caller, "schedules", "history", "probe"), 20, "the run is in the history")
        self.assertEqual([h["execution_id"] for h in history], [execution_id])
        self.assertEqual(self.lines("schedules", "delete", "probe"), ["Deleted"])
        self.assertEqual(self.lines("schedules", "list"), ["There are no schedules: agentivctl schedules set"])
        self.refused(1, "NOT_FOUND", self.caller, "schedules", "delete", "probe")

    def test_times_are_shown_a_line_each(self):
        lines = self.lines("schedules", "preview", "probe", "--cron", "0 6 * * *", "--timezone", "UTC", "--from", "2026-01-01",
                           "--count", 2)
        self.assertEqual(lines, ["2026-01-01T06:00:00Z", "2026-01-02T06:00:00Z"])

    def test_what_is_wrong_is_named(self):
        error = self.refused(1, "INVALID_INPUT", self.caller, "schedules", "set", "probe", "--cron", "61 * * * *", "--timezone", "UTC")
        self.assertEqual(error["field"], "cron_expr")


class AgentsAndUsage(OwnCase):
    def test_agents_are_listed_with_what_they_need(self):
        lines = self.lines("agents", "list")
        self.assertRegex("\n".join(lines), r"(?m)^email-triage +EmailTriage +active +gmail +\S")

    def test_an_agent_is_shown_with_the_input_that_it_takes(self):
        shown = "\n".join(self.lines("agents", "show", "email-triage"))
        self.assertRegex(shown, r"(?m)^INPUT +TYPE +DEFAULT +MEANING$")
        self.assertRegex(shown, r"(?m)^max_emails +integer ")

    def test_an_agents_schemas_are_in_its_json(self):
        self.assertIn("max_emails", self.done(self.caller, "agents", "show", "email-triage")["input_schema"]["properties"])

    def test_usage_is_the_keys_own(self):
        self.run_probe()
        usage = self.done(self.caller, "usage")
        self.assertEqual(usage["plan"], "enterprise")
        self.assertGreaterEqual(usage["runs_per_day"]["used"], 1)
        self.assertTrue(any(re.match(r"Runs today +\d+ +unlimited +", line) for line in self.lines("usage")))

    def test_usage_of_a_user_is_the_operators(self):
        operator = Caller(None, None, AGENTIV_CONFIG=str(self.platform.config))
        self.assertEqual(self.done(operator, "usage", "--user", self.account.id)["plan"], "enterprise")


if __name__ == "__main__":
    unittest.main()
