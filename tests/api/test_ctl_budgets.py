"""agentivctl budget and usage."""
import unittest

from ctl import Ctl, call


class Budgets(Ctl):
    def set(self, user, tokens, *more):
        return self.done("budget", "set", "--user", user["id"], "--tokens-per-month", tokens, *more)

    def test_an_account_its_agents_and_its_keys_have_one_each(self):
        user = self.user()
        key = self.key(user)
        self.set(user, 1000)
        self.set(user, 300, "--agent", "email-triage")
        budgets = self.set(user, 0, "--key", key["id"])
        for budget in budgets:
            self.assertRegex(budget.pop("resets_at"), r"^\d{4}-\d\d-01T00:00:00Z$")
        self.assertEqual(budgets, [
            {"kind": "account", "subject": None, "limit": 1000, "used": 0, "remaining": 1000},
            {"kind": "key", "subject": key["id"], "limit": 0, "used": 0, "remaining": 0},
            {"kind": "agent", "subject": "email-triage", "limit": 300, "used": 0, "remaining": 300}])

    def test_a_figure_is_changed_and_removed(self):
        user = self.user()
        self.set(user, 1000)
        self.assertEqual([b["limit"] for b in self.set(user, 2000)], [2000])
        self.assertEqual(self.set(user, "unlimited"), [])
        self.assertEqual(self.done("budget", "list", "--user", user["email"]), [])

    def test_what_the_user_does_not_have_gets_none(self):
        user, other = self.user(), self.user()
        key = self.key(other)["id"]
        for words in (("--agent", "nothing"), ("--key", key), ("--key", "key_x")):
            self.refused(1, "NOT_FOUND", "budget", "set", "--user", user["id"], "--tokens-per-month", 1, *words)
        self.refused(1, "NOT_FOUND", "budget", "list", "--user", "nobody@example.org")

    def test_what_is_no_budget_is_a_mistake_of_usage(self):
        user = self.user()
        for figure in ("-1", "1.5", "plan", "", "1000000000000001"):
            self.refused(2, "INVALID_INPUT", "budget", "set", "--user", user["id"], "--tokens-per-month", figure)
        self.refused(2, "INVALID_INPUT", "budget", "set", "--user", user["id"], "--tokens-per-month", 1, "--agent",
                     "email-triage", "--key", "key_x")

    def test_who_set_it_is_in_the_audit_log(self):
        user = self.user()
        self.set(user, 7, "--agent", "email-triage")
        self.set(user, "unlimited")
        entries = self.done("audit", "--user", user["id"], "--action", "budget.")
        self.assertEqual([(e["object"], e["detail"]) for e in entries], [
            (None, {"kind": "account", "tokens_per_month": None}),
            ("email-triage", {"kind": "agent", "tokens_per_month": 7})])

    def test_people_read_tables(self):
        user = self.user()
        self.set(user, 1000, "--agent", "email-triage")
        status, out, _ = call("usage", "--user", user["id"])
        self.assertEqual(status, 0)
        self.assertIn("Plan pro, 120 requests/minute", out)
        self.assertRegex(out, r"Budget of agent email-triage +0 +1000 ")
        self.assertRegex(call("budget", "list", "--user", user["id"])[1], r"agent +email-triage +1000 +0 +1000 ")


if __name__ == "__main__":
    unittest.main()
