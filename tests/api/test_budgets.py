"""Token budgets: max_tokens of a run, and what an account, its keys and its agents may use in a month. The probe calls no
model, but reserves tokens and uses them as its input says."""
import unittest

from client import Account, ApiCase, next_month, together


def calls(*figures):
    """Model calls that reserve so many tokens and use so many."""
    return {"model_calls": [{"reserve": reserve, "use": use} for reserve, use in figures]}


class OfARun(ApiCase):
    def run_with(self, max_tokens, payload):
        return self.ended(self.start(payload, more={"max_tokens": max_tokens}))

    def test_calls_that_fit_are_made(self):
        e = self.run_with(100, calls((60, 40), (60, 60)))
        self.assertEqual((e["status"], e["tokens_used"], e["max_tokens"]), ("success", 100, 100))
        steps = self.get(f"/api/executions/{e['id']}/steps").data
        self.assertEqual([(s["kind"], s["tokens"]) for s in steps], [("model", 40), ("model", 60)])

    def test_a_call_that_may_need_more_than_is_left_is_not_made(self):
        e = self.run_with(100, calls((60, 40), (61, 1)))
        self.assertEqual((e["status"], e["attempt"], e["tokens_used"]), ("failed", 1, 40))
        self.assertEqual(e["error"]["code"], "EXECUTION_FAILED")
        self.assertIn("max_tokens of 100 has 60 left, and a model call may need 61", e["error"]["message"])

    def test_it_is_for_all_attempts_together(self):
        e = self.run_with(100, {**calls((40, 40)), "fail": "retryable"})
        self.assertEqual((e["status"], e["attempt"], e["tokens_used"]), ("failed", 3, 80))
        self.assertIn("has 20 left", e["error"]["message"])

    def test_a_synchronous_run_is_told(self):
        answer = self.run_probe(calls((11, 1)), wait=True, more={"max_tokens": 10})
        self.refused(answer, "EXECUTION_FAILED")
        self.assertIn("max_tokens of 10", answer.error["message"])

    def test_what_is_no_figure_is_refused(self):
        for value in (0, -1, 1.5, "100", 10 ** 16):
            self.refused(self.run_probe(more={"max_tokens": value}), "INVALID_INPUT", "max_tokens")

    def test_without_a_budget_tokens_are_only_counted(self):
        e = self.ended(self.start(calls((10 ** 9, 12345))))
        self.assertEqual((e["status"], e["tokens_used"], e["max_tokens"]), ("success", 12345, None))


class OfAMonth(ApiCase):
    def setUp(self):
        self.account = Account(self.platform)

    def budgets(self):
        return [(b["kind"], b["subject"], b["limit"], b["used"], b["remaining"]) for b in self.get("/api/usage").data["budgets"]]

    def failed(self, payload, message, **options):
        e = self.ended(self.start(payload, **options))
        self.assertEqual((e["status"], e["attempt"], e["error"]["code"]), ("failed", 1, "RATE_LIMITED"), e)
        self.assertIn(message, e["error"]["message"])
        self.assertIn(next_month(), e["error"]["message"])

    def test_what_a_call_did_not_need_is_given_back(self):
        self.account.budget(1000)
        self.assertEqual(self.ended(self.start(calls((1000, 300), (700, 50))))["status"], "success")
        self.assertEqual(self.budgets(), [("account", None, 1000, 350, 650)])

    def test_a_call_that_may_need_more_than_is_left_fails_the_run_at_once(self):
        self.account.budget(1000)
        self.failed(calls((900, 900), (101, 1)), "The budget of 1000 tokens per month of the account has 100 left, and a"
                    " model call may need 101")
        self.assertEqual(self.budgets(), [("account", None, 1000, 900, 100)])

    def test_a_budget_of_an_agent_bounds_that_agent(self):
        self.account.budget(10, "--agent", "email-triage")
        self.assertEqual(self.ended(self.start(calls((11, 11))))["status"], "success")
        self.account.budget(10, "--agent", "probe")
        self.failed(calls((11, 1)), "10 tokens per month of the agent probe")

    def test_a_budget_of_a_key_bounds_that_key(self):
        other = self.account.new_key()
        self.account.budget(10, "--key", other["id"])
        self.assertEqual(self.ended(self.start(calls((11, 11))))["status"], "success")
        self.failed(calls((11, 1)), f"10 tokens per month of the API key {other['id']}", key=other["key"])

    def test_a_key_that_takes_another_s_place_goes_on_with_its_budget(self):
        key = self.account.new_key()
        self.account.budget(100, "--key", key["id"])
        self.assertEqual(self.ended(self.start(calls((60, 60)), key=key["key"]))["status"], "success")
        new = self.platform.ctl("key", "rotate", key["id"], "--user", self.account.id)
        self.failed(calls((41, 1)), f"of the API key {new['id']} has 40 left", key=new["key"])

    def test_nothing_is_taken_of_one_budget_when_another_refuses(self):
        self.account.budget(100)
        self.account.budget(10, "--agent", "probe")
        self.failed(calls((11, 1)), "agent probe")
        self.assertEqual(self.budgets(), [("account", None, 100, 0, 100), ("agent", "probe", 10, 0, 10)])

    def test_a_run_is_not_accepted_when_nothing_is_left(self):
        self.account.budget(100)
        self.assertEqual(self.ended(self.start(calls((100, 100))))["status"], "success")
        for wait in (False, True):
            self.over_limit(self.run_probe(wait=wait), "tokens_per_month", 100, next_month())
        self.account.budget(101)
        self.assertEqual(self.run_probe().status, 202)

    def test_a_refused_run_counts_for_no_quota(self):
        account = Account(self.platform, runs_per_day=1)
        account.budget(0)
        self.over_limit(self.run_probe(key=account.key), "tokens_per_month", 0, next_month())
        account.budget("unlimited")
        self.assertEqual(self.run_probe(key=account.key).status, 202)

    def test_a_repeated_key_is_answered_before(self):
        self.account.budget(100)
        headers = {"Idempotency-Key": "once"}
        first = self.run_probe(calls((100, 100)), headers=headers)
        self.ended(first.data["execution_id"])
        self.refused(self.run_probe(), "RATE_LIMITED")
        self.assertEqual(self.run_probe(calls((100, 100)), headers=headers).text, first.text)

    def test_many_at_once_never_use_more(self):
        self.account.budget(1000)
        runs = [self.start(calls(*[(30, 30)] * 5)) for _ in range(16)]
        together(len(runs), lambda i: self.ended(runs[i], seconds=60))
        self.assertEqual(self.budgets(), [("account", None, 1000, 990, 10)])
        self.assertEqual(self.get("/api/usage").data["tokens_per_month"]["used"], 990)

    def test_a_removed_budget_bounds_nothing(self):
        self.account.budget(10)
        self.account.budget("unlimited")
        self.assertEqual(self.budgets(), [])
        self.assertEqual(self.ended(self.start(calls((11, 11))))["status"], "success")


if __name__ == "__main__":
    unittest.main()
