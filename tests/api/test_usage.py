"""GET /api/usage: the limits in force and what is used of them."""
import calendar
import time
import unittest

from client import Account, next_day, next_month, seconds_until
from test_sessions import SessionCase, set_password


class Usage(SessionCase):
    def usage(self, account):
        answer = self.get("/api/usage", key=account.key)
        self.assertEqual(answer.status, 200, answer.text)
        return answer.data

    def test_a_new_pro_account_has_its_plan_s_figures(self):
        usage = self.usage(Account(self.platform, plan="pro"))
        minute = usage.pop("requests_per_minute")
        self.assertEqual((minute["limit"], minute["used"], minute["remaining"]), (120, 1, 119))
        self.assertTrue(0 < seconds_until(minute["resets_at"]) <= 61)
        self.assertEqual(usage, {
            "plan": "pro",
            "runs_per_day": {"limit": 1000, "used": 0, "remaining": 1000, "resets_at": next_day()},
            "runs_per_month": {"limit": 1000, "used": 0, "remaining": 1000, "overage_allowed": True, "overage": 0,
                               "resets_at": next_month()},
            "concurrent": {"limit": 5, "used": 0, "remaining": 5, "held": 0},
            "tokens_per_month": {"used": 0, "resets_at": next_month()},
            "months": [], "budgets": []})

    def test_what_has_no_limit_is_null(self):
        usage = self.usage(Account(self.platform))
        for name in ("requests_per_minute", "runs_per_day", "runs_per_month", "concurrent"):
            self.assertIsNone(usage[name]["limit"])
            self.assertIsNone(usage[name]["remaining"])
        self.assertIsNone(usage["requests_per_minute"]["used"])

    def test_runs_and_tokens_are_counted_when_they_happen(self):
        account = Account(self.platform, plan="pro")
        for use in (30, 12):
            self.ended(self.start({"model_calls": [{"reserve": 50, "use": use}]}, key=account.key), key=account.key)
        self.start(more={"delay_seconds": 3600}, key=account.key)
        usage = self.usage(account)
        self.assertEqual((usage["runs_per_day"]["used"], usage["runs_per_month"]["used"]), (3, 3))
        self.assertEqual((usage["concurrent"]["used"], usage["tokens_per_month"]["used"]), (0, 42))

    def test_tokens_of_attempts_that_failed_count(self):
        account = Account(self.platform)
        self.ended(self.start({"model_calls": [{"reserve": 5, "use": 5}], "fail": "retryable"}, key=account.key),
                   key=account.key)
        self.assertEqual(self.usage(account)["tokens_per_month"]["used"], 15)

    def test_runs_past_what_is_included_are_overage(self):
        account = Account(self.platform, plan="pro", runs_per_month=2)
        for _ in range(5):
            self.start(key=account.key)
        month = self.usage(account)["runs_per_month"]
        self.assertEqual((month["limit"], month["used"], month["remaining"], month["overage"]), (2, 5, 0, 3))

    def test_the_month_before_is_told_before_and_after_it_is_closed(self):
        account = Account(self.platform, plan="pro", runs_per_month=5)
        now = time.gmtime()
        last = time.gmtime(calendar.timegm((now.tm_year, now.tm_mon, 1, 0, 0, 0)) - 1)
        start = calendar.timegm((last.tm_year, last.tm_mon, 1, 0, 0, 0)) * 1000
        self.platform.sql(f"UPDATE account_quota q JOIN accounts a ON a.id = q.account_id SET q.month_start = {start},"
                          f" q.month_runs = 7, q.tokens_month = {start}, q.month_tokens = 90 WHERE a.email = '{account.email}'")
        month = {"month": time.strftime("%Y-%m", last), "runs": 7, "overage": 2, "tokens_used": 90}
        self.assertEqual(self.usage(account)["months"], [month])
        self.ended(self.start({"model_calls": [{"reserve": 50, "use": 20}]}, key=account.key), key=account.key)
        usage = self.usage(account)
        self.assertEqual(usage["months"], [month])
        self.assertEqual((usage["runs_per_month"]["used"], usage["tokens_per_month"]["used"]), (1, 20))

    def test_slots_and_held_runs_are_told(self):
        account = Account(self.platform, concurrent=2)
        ids = [self.start({"sleep_ms": 60000}, key=account.key) for _ in range(5)]
        self.assertEqual(self.usage(account)["concurrent"], {"limit": 2, "used": 2, "remaining": 0, "held": 3})
        for i in ids:
            self.call("POST", f"/api/executions/{i}/cancel", key=account.key)

    def test_a_change_of_plan_is_seen_at_once(self):
        account = Account(self.platform, plan="pro")
        self.usage(account)
        account.limit(plan="enterprise", runs_per_day=7)
        usage = self.usage(account)
        self.assertEqual((usage["plan"], usage["runs_per_day"]["limit"], usage["runs_per_month"]["limit"]),
                         ("enterprise", 7, None))

    def test_the_operator_sees_the_same(self):
        account = Account(self.platform, plan="pro")
        account.budget(500)
        self.ended(self.start({"model_calls": [{"reserve": 50, "use": 20}]}, key=account.key), key=account.key)
        mine, theirs = self.usage(account), self.platform.ctl("usage", "--user", account.id)
        for usage in (mine, theirs):
            usage.pop("requests_per_minute")
        self.assertEqual(mine, theirs)
        self.assertEqual(mine["budgets"], self.platform.ctl("budget", "list", "--user", account.id))

    def test_a_starter_s_session_sees_it_too(self):
        account = Account(self.platform, plan="starter")
        set_password(account)
        answer = self.as_session("GET", "/api/usage", self.logged_in(account))
        self.assertEqual((answer.status, answer.data["plan"], answer.data["runs_per_month"]["limit"]), (200, "starter", 50))

    def test_it_needs_its_scope(self):
        account = Account(self.platform, scopes="agents:run")
        self.refused(self.get("/api/usage", key=account.key), "FORBIDDEN")


if __name__ == "__main__":
    unittest.main()
