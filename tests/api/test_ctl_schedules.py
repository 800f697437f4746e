"""agentivctl schedule: a user's schedules, as their owner sees them over the API."""
import time
import unittest

from ctl import Ctl, call, new_folder, query

# as the API has them
MEMBERS = ["id", "agent_slug", "enabled", "cron_expr", "timezone", "next_run_at", "last_run_at", "last_status", "total_runs",
           "input_payload", "catch_up", "overlap", "starts_at", "ends_at", "pause_after_failures", "consecutive_failures",
           "paused_at", "created_at", "updated_at", "blocked_by"]
INLINE = '{"emails": []}'


class ScheduleCtl(Ctl):
    def setUp(self):
        self.owner = self.user()

    def say(self, verb, *more):
        """One that must succeed, of the owner's schedule of email-triage."""
        return self.done("schedule", verb, "email-triage", "--user", self.owner["email"], *more)

    def set(self, *more):
        return self.say("set", "--cron", "0 6 * * *", "--timezone", "Asia/Kolkata", *more)

    def subscribe(self):
        self.done("subscription", "set", "--user", self.owner["id"], "--agent", "all", "--status", "active")

    def listed(self):
        return self.done("schedule", "list", "--user", self.owner["id"])

    def text(self, *words):
        status, out, err = call("schedule", *words, "--user", self.owner["email"])
        self.assertEqual((status, err), (0, ""))
        return out


class Setting(ScheduleCtl):
    def test_a_schedule_is_set_and_listed_as_the_api_shows_it(self):
        s = self.set()
        self.assertEqual(list(s), MEMBERS)
        self.assertEqual((s["agent_slug"], s["enabled"], s["cron_expr"], s["timezone"], s["input_payload"]),
                         ("email-triage", True, "0 6 * * *", "Asia/Kolkata", {}))
        self.assertEqual(self.listed(), [s])

    def test_every_option_is_taken(self):
        s = self.set("--input", '{"max_emails": 30}', "--catch-up", "none", "--overlap", "skip", "--starts-at",
                     "2998-01-01", "--ends-at", "2999-01-01T12:00:00Z", "--pause-after-failures", 5, "--disabled")
        self.assertEqual((s["input_payload"], s["catch_up"], s["overlap"]), ({"max_emails": 30}, "none", "skip"))
        self.assertEqual((s["starts_at"], s["ends_at"]), ("2998-01-01T00:00:00Z", "2999-01-01T12:00:00Z"))
        self.assertEqual((s["pause_after_failures"], s["enabled"], s["next_run_at"]), (5, False, None))

    def test_what_is_left_away_is_a_default_again(self):
        first = self.set("--overlap", "skip", "--disabled")
        s = self.set()
        self.assertEqual((s["id"], s["overlap"], s["enabled"]), (first["id"], "queue", True))

    def test_the_input_may_be_in_a_file(self):
        file = new_folder() / "input.json"
        file.write_text(INLINE)
        self.assertEqual(self.set("--input", f"@{file}")["input_payload"], {"emails": []})

    def test_the_end_of_a_file_is_none_of_the_input(self):
        file = new_folder() / "input.json"
        file.write_text(f"\n {INLINE}\r\n\t\n")
        status, out, err = call("schedule", "set", "email-triage", "--user", self.owner["id"], "--cron", "@daily", "--timezone",
                                "UTC", "--input", f"@{file}", "--json")
        self.assertEqual((status, err, out.count("\n")), (0, "", 1))

    def test_what_is_wrong_is_refused(self):
        for more in (("--input", "[]"), ("--input", "{"), ("--input", "@/nowhere"), ("--input", '{"max_emails": 0}'),
                     ("--input", '{"query": "in:(("}'), ("--starts-at", "2999-01-01", "--ends-at", "2998-01-01")):
            with self.subTest(more):
                self.refused(1, "INVALID_INPUT", "schedule", "set", "email-triage", "--user", self.owner["id"], "--cron",
                             "@daily", "--timezone", "UTC", *more)
        for text in ("[]", "null", '"x"', "7"):
            self.assertEqual(self.refused(1, "INVALID_INPUT", "schedule", "set", "email-triage", "--user", self.owner["id"],
                                          "--cron", "@daily", "--timezone", "UTC", "--input", text),
                             "--input must be a JSON object")
        for more in (("--cron", "61 * * * *", "--timezone", "UTC"), ("--cron", "@daily", "--timezone", "Mars")):
            with self.subTest(more):
                self.refused(1, "INVALID_INPUT", "schedule", "set", "email-triage", "--user", self.owner["id"], *more)
        self.assertEqual(self.listed(), [])

    def test_what_is_no_option_is_a_mistake_of_usage(self):
        for more in (("--catch-up", "all"), ("--overlap", "x"), ("--pause-after-failures", 0), ("--pause-after-failures", 1001),
                     ("--ends-at", "2020-01-01"), ("--starts-at", "soon")):
            with self.subTest(more):
                self.refused(2, "INVALID_INPUT", "schedule", "set", "email-triage", "--user", self.owner["id"], "--cron",
                             "@daily", "--timezone", "UTC", *more)
        self.refused(2, "INVALID_INPUT", "schedule", "set", "email-triage", "--user", self.owner["id"], "--cron", "@daily")
        self.refused(2, "INVALID_INPUT", "schedule", "pause", "email-triage")

    def test_who_is_not_there_has_none(self):
        self.refused(1, "NOT_FOUND", "schedule", "list", "--user", "nobody@example.org")
        for verb in ("pause", "resume", "delete", "run", "history", "preview"):
            self.refused(1, "NOT_FOUND", "schedule", verb, "email-triage", "--user", self.owner["id"])
        self.refused(1, "NOT_FOUND", "schedule", "set", "nothing", "--user", self.owner["id"], "--cron", "@daily", "--timezone",
                     "UTC")

    def test_the_audit_log_tells_of_the_operator(self):
        s = self.set()
        self.say("pause")
        self.say("resume")
        self.say("delete")
        entries = self.done("audit", "--user", self.owner["id"], "--action", "schedule")
        self.assertEqual([e["action"] for e in entries],
                         ["schedule.delete", "schedule.resume", "schedule.pause", "schedule.create"])
        self.assertEqual({(e["actor"]["kind"], e["object"]) for e in entries}, {("operator", s["id"])})


class Changing(ScheduleCtl):
    def test_one_that_is_paused_has_no_next_run_until_it_is_resumed(self):
        before = self.set()
        s = self.say("pause")
        self.assertEqual((s["enabled"], s["next_run_at"], s["paused_at"]), (False, None, None))
        self.assertNotIn("Paused", self.text("pause", "email-triage"))
        s = self.say("resume")
        self.assertEqual((s["enabled"], s["next_run_at"]), (True, before["next_run_at"]))

    def test_what_is_so_already_is_not_changed(self):
        self.set()
        self.say("resume")
        self.assertEqual([e["action"] for e in self.done("audit", "--user", self.owner["id"], "--action", "schedule")],
                         ["schedule.create"])

    def test_failures_are_counted_anew_when_it_goes_on(self):
        s = self.set("--pause-after-failures", 3)
        query(f"UPDATE schedules SET failures = 3, enabled = 0, paused_at = 1790000000000, next_at = NULL WHERE agent ="
              f" 'email-triage' AND account_id = (SELECT id FROM accounts WHERE email ="
              f" '{self.owner['email']}')")
        paused, = self.listed()
        self.assertEqual((paused["enabled"], paused["consecutive_failures"]), (False, 3))
        self.assertRegex(self.text("list"), r"email-triage +paused ")
        self.assertRegex(self.text("pause", "email-triage"), r"(?m)^Paused +\d{4}-")
        resumed = self.say("resume")
        self.assertEqual((resumed["consecutive_failures"], resumed["paused_at"], resumed["next_run_at"]),
                         (0, None, s["next_run_at"]))

    def test_one_that_is_deleted_is_shown_as_it_was(self):
        s = self.set()
        self.assertEqual(self.say("delete"), s)
        self.assertEqual(self.listed(), [])


class Running(ScheduleCtl):
    def test_a_run_is_accepted_and_stands_in_the_history(self):
        self.subscribe()
        self.set("--input", INLINE)
        run = self.say("run")
        self.assertEqual(list(run), ["execution_id", "agent_slug", "status", "estimated_duration_ms", "created_at"])
        self.assertEqual((run["agent_slug"], run["status"]), ("email-triage", "queued"))
        self.assertEqual(self.done("execution", "show", run["execution_id"])["schedule_id"],
                         self.listed()[0]["id"])
        row, = self.say("history")
        self.assertEqual((row["outcome"], row["execution_id"]), ("manual", run["execution_id"]))
        self.assertEqual((self.listed()[0]["total_runs"], self.listed()[0]["last_status"]), (1, "queued"))

    def test_what_keeps_it_from_running_is_told(self):
        self.assertEqual(self.set()["blocked_by"]["code"], "FORBIDDEN")
        self.assertIn("subscription", self.refused(1, "FORBIDDEN", "schedule", "run", "email-triage", "--user",
                                                   self.owner["id"]))
        self.subscribe()
        self.assertEqual(self.set()["blocked_by"]["integrationSlug"], "gmail")
        self.refused(1, "INTEGRATION_NOT_CONNECTED", "schedule", "run", "email-triage", "--user", self.owner["id"])
        self.assertIsNone(self.set("--input", INLINE)["blocked_by"])


class Looking(ScheduleCtl):
    def fill(self, n):
        """n rows of the ledger a second apart, each third skipped for its overlap: of today, as retention takes older ones."""
        start = (int(time.time()) - 3600) * 1000
        query("SET @s = (SELECT s.id FROM schedules s JOIN accounts a ON a.id = s.account_id WHERE a.email ="
              f" '{self.owner['email']}'); INSERT INTO schedule_slots (schedule_id, scheduled_for, recorded_at, outcome,"
              " reason, moved, slots) VALUES " + ", ".join(f"(@s, {start + i * 1000}, {start},"
                                                           f" {2 if i % 3 == 2 else 0}, {4 if i % 3 == 2 else 0}, {i == 0}, 1)"
                                                           for i in range(n)))

    def test_the_newest_of_the_history_are_shown(self):
        self.set()
        self.assertEqual(self.say("history"), [])
        self.fill(250)
        self.assertEqual(len(self.say("history")), 20)
        rows = self.say("history", "--limit", 1000)
        self.assertEqual(len({r["scheduled_for"] for r in rows}), 250)
        self.assertEqual(rows, sorted(rows, key=lambda r: r["scheduled_for"], reverse=True))
        self.assertEqual(len(self.say("history", "--limit", 120)), 120)

    def test_one_outcome_is_asked_for(self):
        self.set()
        self.fill(9)
        self.assertEqual({r["outcome"] for r in self.say("history", "--outcome", "skipped")}, {"skipped"})
        self.refused(2, "INVALID_INPUT", "schedule", "history", "email-triage", "--user", self.owner["id"], "--outcome", "missed")

    def test_people_read_tables(self):
        self.set()
        self.fill(3)
        self.assertRegex(self.text("list"), r"(?m)^email-triage +yes +0 6 \* \* \* +Asia/Kolkata +\d{4}-.* FORBIDDEN$")
        lines = self.text("history", "email-triage").splitlines()
        self.assertRegex(lines[1], r" skipped +overlap +1 +- ")
        self.assertIn("a clock change skips its local time", lines[3])
        self.assertRegex(self.text("pause", "email-triage"), r"(?m)^Enabled +no$")

    def test_no_line_of_a_table_ends_in_blanks(self):
        self.set()
        self.fill(2)
        for words in (("list",), ("history", "email-triage"), ("preview", "email-triage")):
            with self.subTest(words):
                lines = self.text(*words).splitlines()
                self.assertEqual(lines, [line.rstrip() for line in lines])

    def test_a_list_fits_a_terminal_of_120_columns(self):
        self.subscribe()
        self.set("--input", INLINE)
        self.say("run")
        self.assertEqual(self.set()["blocked_by"]["code"], "INTEGRATION_NOT_CONNECTED")
        self.assertLessEqual(max(map(len, self.text("list").splitlines())), 120)

    def test_what_is_saved_is_previewed_within_its_bounds(self):
        self.set("--starts-at", "2999-01-10T00:30:00Z", "--ends-at", "2999-01-11T00:30:00Z")
        self.assertEqual(self.say("preview"), ["2999-01-10T00:30:00Z", "2999-01-11T00:30:00Z"])
        self.assertEqual(self.say("preview", "--from", "2999-01-10T00:30:00Z"), ["2999-01-11T00:30:00Z"])

    def test_a_preview_is_of_one_or_the_other(self):
        for words in ((), ("email-triage",), ("--user", self.owner["id"]), ("--cron", "@daily"),
                      ("email-triage", "--user", self.owner["id"], "--cron", "@daily", "--timezone", "UTC")):
            with self.subTest(words):
                self.refused(2, "INVALID_INPUT", "schedule", "preview", *words)


if __name__ == "__main__":
    unittest.main()
