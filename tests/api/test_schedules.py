"""Schedules over the API: set, shown, replaced, deleted, and run by hand."""
import unittest

from client import SCOPES, Account, ApiCase, seconds_until, soon, together
from test_sessions import SessionCase, set_password

# the seed's first, in its order
MEMBERS = ["id", "agent_slug", "enabled", "cron_expr", "timezone", "next_run_at", "last_run_at", "last_status", "total_runs",
           "input_payload", "catch_up", "overlap", "starts_at", "ends_at", "pause_after_failures", "consecutive_failures",
           "paused_at", "created_at", "updated_at", "blocked_by"]
DAILY = {"cron_expr": "0 6 * * *", "timezone": "Asia/Kolkata"}
PATH = "/api/schedules/probe"


class ScheduleCase(ApiCase):
    def setUp(self):
        self.account = Account(self.platform)

    def set(self, agent="probe", expect=201, headers=None, **members):
        answer = self.call("POST", f"/api/schedules/{agent}", {**DAILY, **members}, headers=headers)
        self.assertEqual(answer.status, expect, answer.text)
        return answer.data

    def shown(self, agent="probe"):
        answer = self.get(f"/api/schedules/{agent}")
        self.assertEqual(answer.status, 200, answer.text)
        return answer.data

    def run_now(self, agent="probe", **options):
        return self.call("POST", f"/api/schedules/{agent}/run", **options)

    def history(self, agent="probe", query="", **options):
        return self.get(f"/api/schedules/{agent}/history{query}", **options)

    def audit(self):
        return self.platform.ctl("audit", "--user", self.account.id, "--action", "schedule")


class Setting(ScheduleCase):
    def test_the_first_is_created_and_shown_with_every_member(self):
        s = self.set()
        self.assertEqual(list(s), MEMBERS)
        self.assertRegex(s["id"], r"^sch_[0-7][0-9A-HJKMNP-TV-Z]{25}$")
        self.assertEqual((s["agent_slug"], s["enabled"], s["cron_expr"], s["timezone"]),
                         ("probe", True, "0 6 * * *", "Asia/Kolkata"))
        self.assertRegex(s["next_run_at"], r"T00:30:00Z$")
        self.assertTrue(0 < seconds_until(s["next_run_at"]) <= 86400)
        self.assertEqual((s["total_runs"], s["consecutive_failures"], s["input_payload"]), (0, 0, {}))
        self.assertEqual((s["catch_up"], s["overlap"]), ("latest", "queue"))
        for name in ("last_run_at", "last_status", "starts_at", "ends_at", "pause_after_failures", "paused_at", "blocked_by"):
            self.assertIsNone(s[name], name)
        self.assertEqual(s["created_at"], s["updated_at"])
        self.assertLess(abs(seconds_until(s["created_at"])), 5)
        self.assertEqual(self.shown(), s)

    def test_the_seed_s_own_body_is_taken(self):
        body = {"cron_expr": "0 6 * * 1-5", "timezone": "Asia/Kolkata", "enabled": True, "input_payload": {"max_emails": 30}}
        answer = self.call("POST", "/api/schedules/email-triage", body)
        self.assertEqual(answer.status, 201, answer.text)
        self.assertEqual({name: answer.data[name] for name in body}, body)

    def test_every_option_is_kept(self):
        options = {"enabled": True, "input_payload": {"payload": {"é": [1, 2.50]}}, "catch_up": "none",
                   "overlap": "cancel_previous", "starts_at": soon(86400), "ends_at": soon(30 * 86400),
                   "pause_after_failures": 1000}
        s = self.set(**options)
        self.assertEqual({name: s[name] for name in options}, options)
        self.assertGreaterEqual(s["next_run_at"], s["starts_at"])

    def test_null_is_as_if_it_was_left_away(self):
        s = self.set(**dict.fromkeys(("enabled", "input_payload", "catch_up", "overlap", "starts_at", "ends_at",
                                      "pause_after_failures")))
        self.assertEqual((s["enabled"], s["input_payload"], s["catch_up"], s["overlap"]), (True, {}, "latest", "queue"))

    def test_one_that_is_there_is_replaced_and_what_was_left_away_is_a_default_again(self):
        first = self.set(overlap="skip", pause_after_failures=3, input_payload={"steps": 1}, enabled=False)
        self.assertIsNone(first["next_run_at"])
        s = self.set(expect=200, cron_expr="@hourly", timezone="UTC")
        self.assertEqual((s["id"], s["created_at"]), (first["id"], first["created_at"]))
        self.assertEqual((s["cron_expr"], s["overlap"], s["pause_after_failures"], s["input_payload"], s["enabled"]),
                         ("@hourly", "queue", None, {}, True))
        self.assertEqual(self.shown(), s)

    def test_a_replacement_keeps_what_is_told_of_runs(self):
        self.set()
        run = self.run_now()
        self.assertEqual(run.status, 202, run.text)
        self.ended(run.data["execution_id"])
        s = self.set(expect=200, cron_expr="@hourly")
        self.assertEqual((s["total_runs"], s["last_status"]), (1, "success"))
        self.assertEqual(len(self.history().data), 1)

    def test_one_that_is_disabled_or_over_has_no_next_run(self):
        self.assertIsNone(self.set(enabled=False)["next_run_at"])
        # the 29th of February comes after that
        self.assertIsNone(self.set("strict", cron_expr="0 0 29 2 *", ends_at=soon(3600),
                                   input_payload={"payload": {"max_emails": 1}})["next_run_at"])

    def test_what_is_wrong_is_named(self):
        for change, field in (
                ({"cron_expr": None}, "cron_expr"), ({"cron_expr": ""}, "cron_expr"), ({"cron_expr": "* * * *"}, "cron_expr"),
                ({"cron_expr": "*/15 2 * 3 0#2", "timezone": "America/New_York"}, "cron_expr"),
                ({"cron_expr": "0 0 31 2 *"}, "cron_expr"), ({"cron_expr": 5}, "cron_expr"), ({"cron_expr": "x" * 300}, "cron_expr"),
                ({"timezone": None}, "timezone"), ({"timezone": ""}, "timezone"), ({"timezone": "Mars/Olympus"}, "timezone"),
                ({"timezone": "../etc/passwd"}, "timezone"), ({"timezone": 1}, "timezone"), ({"timezone": "x" * 300}, "timezone"),
                ({"enabled": "yes"}, "enabled"), ({"catch_up": "all"}, "catch_up"), ({"catch_up": 1}, "catch_up"),
                ({"overlap": ""}, "overlap"), ({"overlap": ["skip"]}, "overlap"),
                ({"starts_at": "tomorrow"}, "starts_at"), ({"starts_at": 1800000000}, "starts_at"),
                ({"ends_at": "2020-01-01T00:00:00Z"}, "ends_at"), ({"ends_at": "x"}, "ends_at"),
                ({"starts_at": soon(7200), "ends_at": soon(3600)}, "ends_at"),
                ({"pause_after_failures": 0}, "pause_after_failures"), ({"pause_after_failures": 1001}, "pause_after_failures"),
                ({"pause_after_failures": 1.5}, "pause_after_failures"), ({"input_payload": []}, "input_payload"),
                ({"input_payload": "{}"}, "input_payload"), ({"whatever": 1}, "whatever"), ({"agent_slug": "probe"}, "agent_slug")):
            with self.subTest(change):
                self.refused(self.call("POST", PATH, {**DAILY, **change}), "INVALID_INPUT", field)
        for body in (b"", b"null", b"[]", b"{", b'"x"'):
            with self.subTest(body):
                self.refused(self.call("POST", PATH, body), "INVALID_INPUT")
        self.refused(self.get(PATH), "NOT_FOUND")

    def test_a_time_before_1970_is_one_that_is_over(self):
        for at in ("1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "0000-01-01T00:00:00Z"):
            with self.subTest(at):
                answer = self.call("POST", PATH, {**DAILY, "ends_at": at})
                self.refused(answer, "INVALID_INPUT", "ends_at")
                self.assertIn("a time to come", answer.error["message"])
        self.assertEqual(self.set(starts_at="1970-01-01T00:00:00Z")["starts_at"], "1970-01-01T00:00:00Z")

    def test_both_times_may_be_the_same(self):
        at = soon(3600)
        self.assertEqual(self.set(starts_at=at, ends_at=at)["ends_at"], at)

    def test_the_input_is_the_agent_s_to_check(self):
        self.refused(self.call("POST", "/api/schedules/strict", {**DAILY, "input_payload": {"payload": {"max_emails": 0}}}),
                     "INVALID_INPUT", "input_payload.payload.max_emails")
        # what a schema cannot say: the agent's own check
        self.refused(self.call("POST", "/api/schedules/email-triage", {**DAILY, "input_payload": {"query": "in:(("}}),
                     "INVALID_INPUT", "input_payload.query")

    def test_an_unknown_agent_is_not_found(self):
        for method in ("GET", "DELETE"):
            self.refused(self.call(method, "/api/schedules/nothing"), "NOT_FOUND")
        self.refused(self.call("POST", "/api/schedules/nothing", DAILY), "NOT_FOUND")
        self.refused(self.call("POST", "/api/schedules/nothing", {}), "INVALID_INPUT", "cron_expr")
        self.refused(self.run_now("nothing"), "NOT_FOUND")

    def test_each_change_is_told_in_the_audit_log(self):
        s = self.set()
        self.set(expect=200, enabled=False)
        self.assertEqual(self.call("DELETE", PATH).status, 200)
        entries = self.audit()
        self.assertEqual([e["action"] for e in entries], ["schedule.delete", "schedule.update", "schedule.create"])
        self.assertEqual({e["object"] for e in entries}, {s["id"]})
        self.assertEqual(entries[1]["detail"], {"agent": "probe", **DAILY, "enabled": False})


class Listing(ScheduleCase):
    def test_an_account_s_schedules_are_listed_by_agent(self):
        self.assertEqual(self.get("/api/schedules").data, [])
        made = [self.set("probe"), self.set("email-triage"), self.set("needs-gmail", enabled=False)]
        answer = self.get("/api/schedules")
        self.assertEqual(answer.status, 200)
        self.assertEqual([s["agent_slug"] for s in answer.data], ["email-triage", "needs-gmail", "probe"])
        self.assertEqual(sorted(s["id"] for s in answer.data), sorted(s["id"] for s in made))
        self.assertEqual(list(answer.data[0]), MEMBERS)

    def test_another_account_s_schedule_is_neither_listed_nor_touched(self):
        s = self.set()
        other = Account(self.platform)
        self.assertEqual(self.get("/api/schedules", key=other.key).data, [])
        for method, path in (("GET", PATH), ("DELETE", PATH), ("POST", PATH + "/run"), ("GET", PATH + "/history"),
                             ("GET", PATH + "/preview")):
            with self.subTest(method, path=path):
                self.refused(self.call(method, path, key=other.key), "NOT_FOUND")
        self.assertEqual(self.call("POST", PATH, {**DAILY, "cron_expr": "@yearly"}, key=other.key).status, 201)
        self.assertEqual(self.shown(), s)


class WhatKeepsARunFromStarting(ScheduleCase):
    def test_a_subscription_that_is_missing_does_not_keep_a_schedule_from_being_made(self):
        self.account.subscribe("none")
        blocked = self.set()["blocked_by"]
        self.assertEqual(list(blocked), ["code", "message"])
        self.assertEqual(blocked["code"], "FORBIDDEN")
        self.assertIn("subscription", blocked["message"])
        self.refused(self.run_now(), "FORBIDDEN")

    def test_an_integration_that_is_not_connected_is_named(self):
        s = self.set("needs-gmail")
        self.assertEqual(s["blocked_by"], {"code": "INTEGRATION_NOT_CONNECTED", "integrationSlug": "gmail",
                                           "message": "Gmail not connected. User must connect at /connections"})
        self.assertEqual(self.get("/api/schedules").data[0]["blocked_by"], s["blocked_by"])
        answer = self.run_now("needs-gmail")
        self.refused(answer, "INTEGRATION_NOT_CONNECTED")
        self.assertEqual(answer.error["integrationSlug"], "gmail")

    def test_an_input_that_brings_the_data_needs_no_connection(self):
        self.assertIsNone(self.set("email-triage", input_payload={"emails": []})["blocked_by"])
        self.assertEqual(self.run_now("email-triage").status, 202)

    def test_a_run_that_was_refused_is_none(self):
        self.account.subscribe("none")
        self.set()
        self.refused(self.run_now(), "FORBIDDEN")
        self.assertEqual((self.shown()["total_runs"], self.history().data), (0, []))
        self.assertEqual([e["action"] for e in self.audit()], ["schedule.create"])


class ByHand(ScheduleCase):
    def test_a_run_by_hand_is_accepted_as_an_asynchronous_one(self):
        s = self.set(input_payload={"payload": {"n": 7}})
        answer = self.run_now()
        self.assertEqual(answer.status, 202, answer.text)
        self.assertEqual(list(answer.data), ["execution_id", "agent_slug", "status", "estimated_duration_ms", "created_at"])
        self.assertEqual((answer.data["agent_slug"], answer.data["status"]), ("probe", "queued"))
        self.assertGreater(answer.data["estimated_duration_ms"], 0)
        e = self.ended(answer.data["execution_id"])
        self.assertEqual((e["status"], e["schedule_id"], e["output"]["payload"]), ("success", s["id"], {"n": 7}))
        self.assertEqual((e["queued_at"], e["trigger_type"]), (answer.data["created_at"], "manual"))

    def test_its_schedule_and_its_history_tell_of_it(self):
        s = self.set()
        run = self.run_now().data
        e = self.ended(run["execution_id"])
        after = self.shown()
        self.assertEqual((after["total_runs"], after["last_status"], after["last_run_at"]), (1, "success", e["queued_at"]))
        self.assertEqual(after["next_run_at"], s["next_run_at"])
        row, = self.history().data
        self.assertEqual((row["outcome"], row["reason"], row["execution_id"]), ("manual", None, run["execution_id"]))
        self.assertEqual([e["action"] for e in self.audit()], ["schedule.run", "schedule.create"])
        self.assertEqual(self.audit()[0]["detail"], {"agent": "probe", "execution": run["execution_id"]})

    def test_runs_of_a_schedule_are_found_by_its_id(self):
        s = self.set()
        run = self.run_now().data
        self.start()
        found = self.get(f"/api/executions?schedule_id={s['id']}").data
        self.assertEqual([(e["id"], e["schedule_id"]) for e in found], [(run["execution_id"], s["id"])])

    def test_what_fails_is_counted(self):
        self.set(input_payload={"fail": "final"})
        self.ended(self.run_now().data["execution_id"])
        s = self.shown()
        self.assertEqual((s["last_status"], s["consecutive_failures"]), ("failed", 1))

    def test_a_schedule_that_failed_too_often_is_paused_and_goes_on_when_it_is_set_again(self):
        self.set(input_payload={"fail": "final"}, pause_after_failures=1)
        self.ended(self.run_now().data["execution_id"])
        s = self.shown()
        self.assertEqual((s["enabled"], s["next_run_at"], s["consecutive_failures"]), (False, None, 1))
        self.assertLess(abs(seconds_until(s["paused_at"])), 10)
        s = self.set(expect=200)
        self.assertEqual((s["enabled"], s["consecutive_failures"], s["paused_at"]), (True, 0, None))
        self.assertIsNotNone(s["next_run_at"])

    def test_the_overlap_policy_is_followed(self):
        self.set(overlap="skip", input_payload={"sleep_ms": 20000})
        first = self.run_now().data
        self.refused(self.run_now(), "CONFLICT")
        self.call("POST", f"/api/executions/{first['execution_id']}/cancel")

    def test_runs_by_hand_count_for_the_quota(self):
        self.account.limit(runs_per_day=1)
        self.set()
        self.assertEqual(self.run_now().status, 202)
        answer = self.run_now()
        self.refused(answer, "RATE_LIMITED")
        self.assertEqual(answer.error["limit"], "runs_per_day")

    def test_of_many_at_once_each_is_a_run(self):
        self.set()
        answers = together(24, lambda i: self.run_now())
        self.assertEqual({a.status for a in answers}, {202}, [a.text for a in answers if a.status != 202][:2])
        self.assertEqual(len({a.data["execution_id"] for a in answers}), 24)
        self.assertEqual(len({r["execution_id"] for r in self.history(query="?limit=100").data}), 24)

    def test_there_is_nothing_to_say(self):
        self.set()
        self.assertEqual(self.run_now(body={}).status, 202)
        self.refused(self.run_now(body={"input_payload": {}}), "INVALID_INPUT")


class Deleting(ScheduleCase):
    def test_a_schedule_that_was_deleted_is_not_there(self):
        self.set()
        answer = self.call("DELETE", PATH)
        self.assertEqual((answer.status, answer.data), (200, None))
        self.assertEqual(self.get("/api/schedules").data, [])
        for method, path in (("GET", PATH), ("DELETE", PATH), ("GET", PATH + "/history"), ("POST", PATH + "/run")):
            with self.subTest(method, path=path):
                self.refused(self.call(method, path), "NOT_FOUND")

    def test_the_next_one_is_another(self):
        first = self.set()
        self.call("DELETE", PATH)
        self.assertNotEqual(self.set()["id"], first["id"])

    def test_what_runs_goes_on(self):
        self.set(input_payload={"sleep_ms": 300})
        run = self.run_now().data
        self.call("DELETE", PATH)
        self.assertEqual(self.ended(run["execution_id"])["status"], "success")


class Repeats(ScheduleCase):
    KEY = {"Idempotency-Key": "once"}

    def test_a_repeat_is_answered_as_the_first_was(self):
        first = self.call("POST", PATH, DAILY, headers=self.KEY)
        again = self.call("POST", PATH, DAILY, headers=self.KEY)
        self.assertEqual((first.status, again.status, again.text), (201, 201, first.text))
        self.assertNotIn("Idempotent-Replayed", first.headers)
        self.assertEqual(again.headers["Idempotent-Replayed"], "true")
        self.assertEqual([e["action"] for e in self.audit()], ["schedule.create"])

    def test_a_repeat_does_not_undo_what_came_after(self):
        self.call("POST", PATH, DAILY, headers=self.KEY)
        self.set(expect=200, cron_expr="@hourly")
        self.assertEqual(self.call("POST", PATH, DAILY, headers=self.KEY).status, 201)
        self.assertEqual(self.shown()["cron_expr"], "@hourly")

    def test_a_replacement_s_repeat_has_its_status(self):
        self.set()
        for _ in range(2):
            self.assertEqual(self.call("POST", PATH, DAILY, headers=self.KEY).status, 200)

    def test_another_body_is_a_conflict(self):
        self.call("POST", PATH, DAILY, headers=self.KEY)
        self.refused(self.call("POST", PATH, {**DAILY, "enabled": False}, headers=self.KEY), "CONFLICT")

    def test_a_repeated_run_is_one_run(self):
        self.set()
        first, again = self.run_now(headers=self.KEY), self.run_now(headers=self.KEY)
        self.assertEqual((first.status, again.status, again.text), (202, 202, first.text))
        self.assertEqual(again.headers["Idempotent-Replayed"], "true")
        self.assertEqual(len(self.history().data), 1)

    def test_a_repeated_run_is_answered_before_the_subscription_is_looked_at(self):
        self.set()
        first = self.run_now(headers=self.KEY)
        self.account.subscribe("none")
        self.assertEqual(self.run_now(headers=self.KEY).text, first.text)

    def test_what_was_refused_is_not_kept(self):
        self.account.subscribe("none")
        self.set()
        self.refused(self.run_now(headers=self.KEY), "FORBIDDEN")
        self.account.subscribe("active")
        self.assertEqual(self.run_now(headers=self.KEY).status, 202)

    def test_of_many_at_once_one_is_made(self):
        answers = together(8, lambda i: self.call("POST", PATH, DAILY))
        self.assertEqual(sorted(a.status for a in answers), [200] * 7 + [201])
        self.assertEqual(len({a.data["id"] for a in answers}), 1)


class Order(ScheduleCase):
    """Of several faults the one is told that is looked at first."""

    def test_the_scope_comes_before_the_body(self):
        reader = self.account.new_key("agents:read")["key"]
        self.refused(self.call("POST", PATH, b"{", key=reader), "FORBIDDEN")

    def test_the_body_comes_before_the_agent(self):
        self.refused(self.call("POST", "/api/schedules/nothing", {**DAILY, "cron_expr": "x"}), "INVALID_INPUT", "cron_expr")
        self.refused(self.call("POST", "/api/schedules/nothing", {**DAILY, "overlap": "x"}), "INVALID_INPUT", "overlap")

    def test_the_query_comes_before_the_object(self):
        self.refused(self.get(PATH + "/history?limit=0"), "INVALID_INPUT", "limit")
        self.refused(self.get(PATH + "/preview?count=0"), "INVALID_INPUT", "count")
        self.refused(self.get("/api/schedules/nothing/preview?cron_expr=x&timezone=UTC"), "INVALID_INPUT", "cron_expr")

    def test_the_object_comes_before_the_subscription_and_that_before_the_integration(self):
        self.account.subscribe("none")
        self.refused(self.run_now("needs-gmail"), "NOT_FOUND")
        self.assertEqual(self.set("needs-gmail")["blocked_by"]["code"], "FORBIDDEN")
        self.refused(self.run_now("needs-gmail"), "FORBIDDEN")

    def test_the_integration_comes_before_the_quota(self):
        self.account.limit(runs_per_day=0)
        self.set("needs-gmail")
        self.refused(self.run_now("needs-gmail"), "INTEGRATION_NOT_CONNECTED")
        self.set()
        self.refused(self.run_now(), "RATE_LIMITED")


class Rights(SessionCase):
    def test_a_key_needs_the_scopes(self):
        account = Account(self.platform)
        for lacking, method, path, body in (("agents:read", "GET", "/api/schedules", None), ("agents:read", "GET", PATH, None),
                                            ("agents:read", "GET", PATH + "/preview", None),
                                            ("agents:read", "GET", PATH + "/history", None),
                                            ("schedules:write", "POST", PATH, DAILY), ("schedules:write", "DELETE", PATH, None),
                                            ("agents:run", "POST", PATH + "/run", None)):
            with self.subTest(method, path=path):
                key = account.new_key(",".join(s for s in SCOPES.split(",") if s != lacking))["key"]
                answer = self.call(method, path, body, key=key)
                self.refused(answer, "FORBIDDEN")
                self.assertIn(lacking, answer.error["message"])

    def test_a_starter_has_schedules_in_the_dashboard_only(self):
        starter = Account(self.platform, plan="starter")
        self.refused(self.call("POST", PATH, DAILY, key=starter.key), "FORBIDDEN")
        set_password(starter)
        session = self.logged_in(starter)
        self.assertEqual(self.as_session("POST", PATH, session, DAILY).status, 201)
        self.assertEqual(self.as_session("GET", PATH, session).data["cron_expr"], DAILY["cron_expr"])
        run = self.as_session("POST", PATH + "/run", session)
        self.assertEqual(run.status, 202, run.text)
        self.assertEqual(self.as_session("DELETE", PATH, session).status, 200)

    def test_a_run_by_hand_is_the_key_s_that_asked_for_it_or_nobody_s(self):
        account = Account(self.platform)
        set_password(account)
        self.call("POST", PATH, DAILY, key=account.key)
        self.assertEqual(self.call("POST", PATH + "/run", key=account.key).status, 202)
        self.assertEqual(self.as_session("POST", PATH + "/run", self.logged_in(account)).status, 202)
        rows = self.platform.sql("SELECT e.key_id = k.id FROM executions e JOIN accounts a ON a.id = e.account_id JOIN api_keys k"
                                 f" ON k.account_id = a.id WHERE a.email = '{account.email}' ORDER BY e.id")
        self.assertEqual(rows, [["1"], ["NULL"]])

    def test_the_audit_log_tells_who_it_was(self):
        account = Account(self.platform)
        set_password(account)
        session = self.logged_in(account)
        self.call("POST", PATH, DAILY, key=account.key)
        self.as_session("DELETE", PATH, session)
        entries = self.platform.ctl("audit", "--user", account.id, "--action", "schedule")
        self.assertEqual([e["actor"]["kind"] for e in entries], ["session", "key"])


if __name__ == "__main__":
    unittest.main()
