"""When schedules fire, and what became of the times that have come, over the API."""
import time
import unittest
from datetime import datetime, timedelta, timezone
from urllib.parse import quote, urlencode

from client import TIME, Account, wait_until
from test_schedules import DAILY, PATH, ScheduleCase

SLOT = ["scheduled_for", "outcome", "reason", "moved_by_clock_change", "slots", "execution_id", "recorded_at"]
T0 = int(time.time()) // 3600 * 3600000 - 24 * 3600000       # yesterday: retention takes what is older than 90 days
HOUR = 3600000


def at(ms):
    return datetime.fromtimestamp(ms / 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Preview(ScheduleCase):
    def preview(self, agent="probe", **query):
        answer = self.get(f"/api/schedules/{agent}/preview?{urlencode(query)}")
        self.assertEqual(answer.status, 200, answer.text)
        return answer.data

    def wrong(self, field, **query):
        self.refused(self.get(f"{PATH}/preview?{urlencode(query)}"), "INVALID_INPUT", field)

    def test_the_next_five_times_are_shown(self):
        s = self.set()
        times = self.preview()
        self.assertEqual(len(times), 5)
        self.assertEqual(times[0], s["next_run_at"])
        days = [datetime.strptime(t, "%Y-%m-%dT%H:%M:%SZ") for t in times]
        self.assertEqual({b - a for a, b in zip(days, days[1:])}, {timedelta(days=1)})
        for t in times:
            self.assertRegex(t, TIME)

    def test_as_many_as_are_asked_for_after_an_instant_that_is_not_among_them(self):
        self.set()
        self.assertEqual(self.preview(count=2, **{"from": "2026-01-01T00:30:00Z"}),
                         ["2026-01-02T00:30:00Z", "2026-01-03T00:30:00Z"])
        self.assertEqual(len(self.preview(count=1000)), 1000)

    def test_what_is_saved_keeps_within_its_bounds(self):
        self.set(starts_at="2999-01-10T00:30:00Z", ends_at="2999-01-11T00:30:00Z")
        self.assertEqual(self.preview(), ["2999-01-10T00:30:00Z", "2999-01-11T00:30:00Z"])

    def test_one_that_is_disabled_shows_when_it_would_fire(self):
        self.set(enabled=False)
        self.assertEqual(len(self.preview()), 5)

    def test_an_expression_that_nobody_saved_is_tried(self):
        times = {"cron_expr": "30 2 * * *", "timezone": "America/New_York", "from": "2026-03-07T00:00:00Z", "count": 3}
        # 02:30 is skipped on the 8th: it fires at 03:30
        self.assertEqual(self.preview(**times), ["2026-03-07T07:30:00Z", "2026-03-08T07:30:00Z", "2026-03-09T06:30:00Z"])

    def test_1970_is_a_time_as_any_other(self):
        self.assertEqual(self.preview(cron_expr="0 0 1 * *", timezone="UTC", count=2, **{"from": "1969-12-31T23:59:59Z"}),
                         ["1970-01-01T00:00:00Z", "1970-02-01T00:00:00Z"])

    def test_what_is_saved_does_not_bound_what_is_tried(self):
        self.set(starts_at="2999-01-10T00:30:00Z")
        self.assertEqual(self.preview(cron_expr="@yearly", timezone="UTC", count=1, **{"from": "2026-05-01T00:00:00Z"}),
                         ["2027-01-01T00:00:00Z"])

    def test_what_is_wrong_is_named(self):
        self.set()
        both = {"cron_expr": "@daily", "timezone": "UTC"}
        for field, query in (("count", {"count": 0}), ("count", {"count": 1001}), ("count", {"count": "x"}),
                             ("from", {"from": "today"}), ("cron_expr", {**both, "cron_expr": "61 * * * *"}),
                             ("cron_expr", {**both, "cron_expr": ""}), ("timezone", {**both, "timezone": "Mars"}),
                             ("timezone", {"cron_expr": "@daily"}), ("cron_expr", {"timezone": "UTC"}),
                             ("whatever", {"whatever": 1})):
            with self.subTest(query):
                self.wrong(field, **query)

    def test_without_a_schedule_there_is_nothing_saved(self):
        self.refused(self.get(PATH + "/preview"), "NOT_FOUND")
        self.assertEqual(len(self.preview(cron_expr="@daily", timezone="UTC")), 5)
        self.refused(self.get(f"/api/schedules/nothing/preview?cron_expr={quote('@daily')}&timezone=UTC"), "NOT_FOUND")


class History(ScheduleCase):
    def fill(self, *rows):
        """Rows of the ledger: (when, outcome, reason, whether it was moved, slots)."""
        values = ", ".join(f"(@s, {when}, {when + 5}, {outcome}, {reason}, {moved}, {slots})"
                           for when, outcome, reason, moved, slots in rows)
        self.platform.sql("SET @s = (SELECT s.id FROM schedules s JOIN accounts a ON a.id = s.account_id WHERE"
                          f" a.email = '{self.account.email}' AND s.agent = 'probe'); INSERT INTO schedule_slots (schedule_id,"
                          f" scheduled_for, recorded_at, outcome, reason, moved, slots) VALUES {values}")

    def pages(self, query=""):
        """All rows, page by page."""
        rows, cursor, pages = [], None, 0
        while (cursor or not pages) and pages < 50:
            answer = self.history(query="?" + query + (f"&cursor={cursor}" if cursor else ""))
            self.assertEqual(answer.status, 200, answer.text)
            self.assertEqual(list(answer.body), ["success", "data", "next_cursor", "has_more"])
            self.assertEqual(answer.body["has_more"], answer.body["next_cursor"] is not None)
            rows += answer.data
            cursor = answer.body["next_cursor"]
            pages += 1
        return rows, pages

    def test_a_new_schedule_has_none(self):
        self.set()
        self.assertEqual(self.pages(), ([], 1))

    def test_each_slot_is_told_with_what_became_of_it_the_newest_first(self):
        self.set()
        # outcomes and reasons as store/schedules.h numbers them
        self.fill((T0, 0, 0, 0, 1), (T0 + HOUR, 1, 0, 1, 1), (T0 + 2 * HOUR, 2, 4, 0, 1), (T0 + 3 * HOUR, 2, 1, 0, 7))
        rows, _ = self.pages()
        self.assertEqual(list(rows[0]), SLOT)
        self.assertEqual([tuple(r.values())[:5] for r in rows], [
            (at(T0 + 3 * HOUR), "skipped", "missed", False, 7), (at(T0 + 2 * HOUR), "skipped", "overlap", False, 1),
            (at(T0 + HOUR), "caught_up", None, True, 1), (at(T0), "fired", None, False, 1)])
        self.assertEqual((rows[3]["execution_id"], rows[3]["recorded_at"]), (None, at(T0)))

    def test_every_reason_has_a_name(self):
        self.set()
        self.fill(*((T0 + n * HOUR, 2, n, 0, 1) for n in range(1, 12)))
        self.assertEqual([r["reason"] for r in reversed(self.pages()[0])], [
            "missed", "merged", "edited", "overlap", "backlog", "subscription", "integration", "agent", "runs_per_day",
            "runs_per_month", "tokens_per_month"])

    def test_pages_have_no_gap_and_no_repeat(self):
        self.set()
        self.fill(*((T0 + n * 1000, n % 3, 0, 0, 1) for n in range(25)))
        rows, pages = self.pages("limit=10")
        self.assertEqual((len({r["scheduled_for"] for r in rows}), len(rows), pages), (25, 25, 3))
        self.assertEqual(rows, sorted(rows, key=lambda r: r["scheduled_for"], reverse=True))
        self.assertEqual(len(self.history().data), 20)

    def test_one_outcome_is_asked_for(self):
        self.set()
        self.fill((T0, 0, 0, 0, 1), (T0 + HOUR, 2, 4, 0, 1), (T0 + 2 * HOUR, 0, 0, 0, 1))
        self.assertEqual([r["scheduled_for"] for r in self.pages("outcome=fired&limit=1")[0]], [at(T0 + 2 * HOUR), at(T0)])
        self.assertEqual(self.pages("outcome=manual")[0], [])

    def test_what_is_wrong_is_named(self):
        self.set()
        for field, value in (("limit", "0"), ("limit", "101"), ("outcome", "missed"), ("outcome", ""), ("cursor", "x"),
                             ("cursor", "0" * 15), ("cursor", "0" * 32), ("status", "fired")):
            with self.subTest(field, value=value):
                self.refused(self.history(query=f"?{field}={value}"), "INVALID_INPUT", field)

    def test_a_cursor_of_another_schedule_shows_nothing_of_it(self):
        self.set()
        self.fill(*((T0 + n * 1000, 0, 0, 0, 1) for n in range(3)))
        cursor = self.history(query="?limit=1").body["next_cursor"]
        other = Account(self.platform)
        self.assertEqual(self.call("POST", PATH, DAILY, key=other.key).status, 201)
        self.assertEqual(self.history(query=f"?cursor={cursor}", key=other.key).data, [])


class Fired(ScheduleCase):
    """Its time has come: the minute that began last, which nobody has taken up yet."""

    def set_and_come(self, **members):
        """The schedule, and the row of its time."""
        minute = int(time.time()) // 60
        s = self.set(cron_expr=f"{minute % 60} {minute // 60 % 24} * * *", timezone="UTC", **members)
        self.platform.sql("UPDATE schedules s JOIN accounts a ON a.id = s.account_id SET s.next_at ="
                          f" {minute * 60000} WHERE a.email = '{self.account.email}'")
        self.platform.ctl("tick")
        rows = wait_until(lambda: self.history().data, 20, "the time was taken up")
        self.assertEqual([r["scheduled_for"] for r in rows], [at(minute * 60000)])
        return s, rows[0]

    def test_a_run_that_was_made_is_the_schedule_s(self):
        s, row = self.set_and_come(input_payload={"payload": {"n": 7}})
        # the latter at the end of the minute
        self.assertIn(row["outcome"], ("fired", "caught_up"))
        self.assertIsNone(row["reason"])
        e = self.ended(row["execution_id"])
        self.assertEqual((e["trigger_type"], e["schedule_id"], e["output"]["payload"]), ("schedule", s["id"], {"n": 7}))
        for query in (f"schedule_id={s['id']}", "trigger_type=schedule"):
            self.assertEqual([x["id"] for x in self.get(f"/api/executions?{query}").data], [e["id"]])
        after = self.shown()
        self.assertEqual((after["total_runs"], after["last_status"], after["last_run_at"]), (1, "success", e["queued_at"]))
        self.assertGreater(after["next_run_at"], row["scheduled_for"])

    def test_one_that_could_not_be_made_says_why_and_the_schedule_goes_on(self):
        self.account.subscribe("none")
        _, row = self.set_and_come()
        self.assertEqual((row["outcome"], row["reason"], row["execution_id"]), ("skipped", "subscription", None))
        after = self.shown()
        self.assertEqual((after["enabled"], after["total_runs"], after["last_status"]), (True, 0, None))
        self.assertGreater(after["next_run_at"], row["scheduled_for"])


if __name__ == "__main__":
    unittest.main()
