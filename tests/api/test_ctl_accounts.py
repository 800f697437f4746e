"""agentivctl: users, their plans, subscriptions and keys."""
import base64
import binascii
import json
import unittest
from datetime import datetime, timedelta, timezone

from ctl import SCOPES, Ctl, call, query, some_email

BASE62 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Users(Ctl):
    def test_a_new_user_is_printed_as_the_bare_object(self):
        email = some_email()
        user = self.done("user", "create", "--email", email, "--name", "Zoë", "--plan", "pro")
        self.assertRegex(user["id"], r"^usr_[0-9A-HJKMNP-TV-Z]{26}$")
        self.assertEqual((user["email"], user["name"], user["plan"]), (email, "Zoë", "pro"))
        self.assertEqual((user["requests_per_minute"], user["runs_per_day"], user["runs_per_month"],
                          user["concurrent"]), (120, 1000, 1000, 5))
        self.assertIn(user, self.done("user", "list"))

    def test_an_address_is_taken_once(self):
        user = self.user()
        message = self.refused(1, "CONFLICT", "user", "create", "--email", user["email"], "--name", "x", "--plan",
                               "pro")
        self.assertIn(user["email"], message)

    def test_what_is_no_address_is_refused(self):
        for email in ("x", "@example.org", "x@", "x@@example.org", "x y@example.org", "x@exa mple.org",
                      "x@-example.org", "x@example..org", "x@example.org.", 'x"@example.org', "x\n@example.org",
                      "é@example.org", "x" * 65 + "@example.org", "x@" + "e" * 250 + ".org"):
            self.refused(1, "INVALID_INPUT", "user", "create", "--email", email, "--name", "x", "--plan", "pro")

    def test_names_hold_no_control_characters(self):
        for name in ("a\nb", "a\x1b[2Jb", "x" * 201):
            self.refused(1, "INVALID_INPUT", "user", "create", "--email", some_email(), "--name", name, "--plan",
                         "pro")

    def test_an_unknown_plan_is_refused(self):
        self.refused(1, "INVALID_INPUT", "user", "create", "--email", some_email(), "--name", "x", "--plan", "gold")
        self.refused(1, "INVALID_INPUT", "plan", "set", "--user", self.user()["id"], "--plan", "gold")

    def test_a_user_is_named_by_id_or_address(self):
        user = self.user()
        for name in (user["id"], user["email"]):
            self.assertEqual(self.done("key", "list", "--user", name), [])
        self.refused(1, "NOT_FOUND", "key", "list", "--user", some_email())

    def test_limits_of_the_plan_are_overridden_one_by_one(self):
        user = self.user("enterprise")
        self.assertIsNone(user["runs_per_day"])
        user = self.done("plan", "set", "--user", user["id"], "--plan", "pro", "--runs-per-day", "7",
                         "--concurrent", "unlimited")
        self.assertEqual((user["plan"], user["runs_per_day"], user["concurrent"], user["runs_per_month"]),
                         ("pro", 7, None, 1000))
        user = self.done("plan", "set", "--user", user["id"], "--plan", "starter", "--requests-per-minute", "0")
        self.assertEqual((user["requests_per_minute"], user["runs_per_day"], user["concurrent"],
                          user["runs_per_month"]), (0, 7, None, 50))

    def test_a_limit_given_as_plan_is_the_plan_s_again(self):
        user = self.user("pro")
        limits = ("requests_per_minute", "runs_per_day", "runs_per_month", "concurrent")
        options = ["--" + name.replace("_", "-") for name in limits]
        own = self.done("plan", "set", "--user", user["id"], "--plan", "pro",
                        *(word for option in options for word in (option, "7")))
        self.assertEqual([own[name] for name in limits], [7] * 4)
        for done, option in enumerate(options, 1):
            own = self.done("plan", "set", "--user", user["id"], "--plan", "pro", option, "plan")
            self.assertEqual([own[name] for name in limits],
                             [user[name] for name in limits[:done]] + [7] * (4 - done))
        own = self.done("plan", "set", "--user", user["id"], "--plan", "starter")
        self.assertEqual((own["runs_per_month"], own["concurrent"]), (50, 1))

    def test_features_of_the_plan_are_overridden_one_by_one(self):
        user = self.user("pro")
        features = ("api", "webhooks", "mcp", "white_label")
        self.assertEqual([user[f] for f in features], [True, True, True, False])
        own = self.done("plan", "set", "--user", user["id"], "--plan", "starter", "--api", "yes", "--white-label", "yes")
        self.assertEqual([own[f] for f in features], [True, False, False, True])
        own = self.done("plan", "set", "--user", user["id"], "--plan", "pro", "--api", "plan", "--webhooks", "no", "--mcp",
                        "no")
        self.assertEqual([own[f] for f in features], [True, False, False, True])
        own = self.done("plan", "set", "--user", user["id"], "--plan", "starter", "--white-label", "plan")
        self.assertEqual([own[f] for f in features], [False] * 4)
        message = self.refused(2, "INVALID_INPUT", "plan", "set", "--user", user["id"], "--plan", "pro", "--mcp", "true")
        self.assertEqual(message, '--mcp is yes, no or "plan", not "true"')

    def test_the_plans_are_listed_with_figures_and_features(self):
        plans = {plan["plan"]: plan for plan in self.done("plan", "list")}
        self.assertEqual(plans["starter"], {
            "plan": "starter", "requests_per_minute": 30, "runs_per_day": 50, "runs_per_month": 50,
            "month_overage": False, "concurrent": 1, "api": False, "webhooks": False, "mcp": False,
            "white_label": False})
        self.assertEqual(plans["pro"], {
            "plan": "pro", "requests_per_minute": 120, "runs_per_day": 1000, "runs_per_month": 1000,
            "month_overage": True, "concurrent": 5, "api": True, "webhooks": True, "mcp": True, "white_label": False})
        self.assertEqual(plans["enterprise"], {
            "plan": "enterprise", "requests_per_minute": None, "runs_per_day": None, "runs_per_month": None,
            "month_overage": False, "concurrent": None, "api": True, "webhooks": True, "mcp": True, "white_label": True})

    def test_cancelled_is_canceled(self):
        user = self.user()
        for status in ("cancelled", "canceled"):
            self.assertEqual(self.done("subscription", "set", "--user", user["id"], "--agent", "all", "--status",
                                       status)["status"], "canceled")

    def test_an_account_without_a_slot_is_refused(self):
        user = self.user()
        message = self.refused(2, "INVALID_INPUT", "plan", "set", "--user", user["id"], "--plan", "pro",
                               "--concurrent", "0")
        self.assertIn("from 1 on", message)
        self.assertIn(user, self.done("user", "list"))

    def test_subscriptions_are_set_for_one_agent_and_for_all(self):
        user = self.user()
        self.assertEqual(
            self.done("subscription", "set", "--user", user["id"], "--agent", "all", "--status", "active"),
            {"user_id": user["id"], "agent": "all", "status": "active", "trial_ends_at": None})
        self.assertEqual(
            self.done("subscription", "set", "--user", user["email"], "--agent", "email-triage", "--status",
                      "trialing", "--trial-ends", "2999-02-03T04:05:06+01:00"),
            {"user_id": user["id"], "agent": "email-triage", "status": "trialing",
             "trial_ends_at": "2999-02-03T03:05:06Z"})

    def test_an_agent_that_is_not_there_has_no_subscription(self):
        self.refused(1, "NOT_FOUND", "subscription", "set", "--user", self.user()["id"], "--agent", "email-triag",
                     "--status", "active")

    def test_a_trial_needs_an_end(self):
        self.refused(2, "INVALID_INPUT", "subscription", "set", "--user", self.user()["id"], "--agent", "all",
                     "--status", "trialing")

    def test_a_trial_ends_in_the_future(self):
        user = self.user()
        for text in ("2020-01-01", "2020-01-01T00:00:00Z", "0d"):
            message = self.refused(2, "INVALID_INPUT", "subscription", "set", "--user", user["id"], "--agent", "all",
                                   "--status", "trialing", "--trial-ends", text)
            self.assertIn(f'"{text}" is over', message)

    def test_what_is_no_trial_has_no_end(self):
        user = self.user()
        for status in ("active", "past_due", "canceled", "none"):
            self.refused(2, "INVALID_INPUT", "subscription", "set", "--user", user["id"], "--agent", "all",
                         "--status", status, "--trial-ends", "3d")

    def test_the_webhook_secret_is_24_bytes_and_stays_the_same(self):
        user = self.user()
        secret = self.done("webhook-secret", "show", "--user", user["id"])
        self.assertEqual(list(secret), ["secret"])
        self.assertTrue(secret["secret"].startswith("whsec_"))
        self.assertEqual(len(base64.b64decode(secret["secret"][6:], validate=True)), 24)
        self.assertEqual(secret, self.done("webhook-secret", "show", "--user", user["email"]))
        self.assertNotEqual(secret, self.done("webhook-secret", "show", "--user", self.user()["id"]))

    def test_the_webhook_secret_is_sealed_in_the_database(self):
        user = self.user()
        secret = self.done("webhook-secret", "show", "--user", user["id"])["secret"]
        stored = bytes.fromhex(query(f"SELECT HEX(webhook_secret) FROM accounts WHERE email = '{user['email']}'"))
        self.assertEqual(stored[:2], b"v1")
        self.assertNotIn(secret[6:].encode(), stored)

    def test_a_secret_copied_to_another_account_does_not_open(self):
        mine, yours = self.user(), self.user()
        query(f"UPDATE accounts a JOIN accounts b ON b.email = '{yours['email']}'"
              f" SET a.webhook_secret = b.webhook_secret WHERE a.email = '{mine['email']}'")
        self.refused(1, "INTERNAL", "webhook-secret", "show", "--user", mine["id"])


class Keys(Ctl):
    def test_a_key_is_shown_once_and_well_formed(self):
        user = self.user()
        key = self.key(user)
        self.assertRegex(key["id"], r"^key_")
        self.assertRegex(key["key"], r"^agv_live_[0-9A-Za-z]{36}$")
        checksum = binascii.crc32(key["key"][:39].encode())
        for character in reversed(key["key"][39:]):
            self.assertEqual(character, BASE62[checksum % 62])
            checksum //= 62
        self.assertEqual(key["scopes"], SCOPES.split(","))
        self.assertEqual(key["shown"], key["key"][:13])
        listed = self.done("key", "list", "--user", user["id"])
        self.assertEqual([k["id"] for k in listed], [key["id"]])
        self.assertNotIn(key["key"], json.dumps(listed))

    def test_only_a_hash_of_the_key_is_stored(self):
        user = self.user()
        key = self.key(user)["key"]
        row = query("SELECT HEX(hash), pepper_id, shown FROM api_keys WHERE account_id ="
                    f" (SELECT id FROM accounts WHERE email = '{user['email']}')").split("\t")
        self.assertEqual(len(row[0]), 64)
        self.assertEqual(row[2], key[:13])
        self.assertNotIn(key.encode().hex().upper(), row[0])

    def test_scopes_that_do_not_exist_are_refused(self):
        user = self.user()
        for scopes in ("agents:write", "agents:read,", "agents:read,,agents:run", "AGENTS:READ"):
            self.refused(1, "INVALID_INPUT", "key", "create", "--user", user["id"], "--name", "k", "--scopes", scopes)

    def test_a_key_expires_at_a_time_a_date_or_after_a_span(self):
        user = self.user()
        for text, expected in (("2999-01-02T03:04:05Z", "2999-01-02T03:04:05Z"),
                               ("2999-01-02", "2999-01-02T00:00:00Z")):
            key = self.done("key", "create", "--user", user["id"], "--name", "k", "--scopes", "agents:read",
                            "--expires", text)
            self.assertEqual(key["expires_at"], expected)
        before = datetime.now(timezone.utc).replace(microsecond=0)
        key = self.done("key", "create", "--user", user["id"], "--name", "k", "--scopes", "agents:read", "--expires",
                        "2h")
        made = datetime.strptime(key["expires_at"], "%Y-%m-%dT%H:%M:%S%z") - timedelta(hours=2)
        self.assertTrue(before <= made <= datetime.now(timezone.utc))
        for text in ("tomorrow", "2999-02-30", "30", "-2h", "2h3m", "99999d", "2999-01-02T03:04:05"):
            self.refused(2, "INVALID_INPUT", "key", "create", "--user", user["id"], "--name", "k", "--scopes",
                         "agents:read", "--expires", text)

    def test_a_key_that_would_be_expired_at_once_is_not_made(self):
        user = self.user()
        for text in ("2020-01-01", "2020-01-01T00:00:00Z", "0h"):
            message = self.refused(2, "INVALID_INPUT", "key", "create", "--user", user["id"], "--name", "k",
                                   "--scopes", "agents:read", "--expires", text)
            self.assertIn(f'"{text}" is over', message)
        self.assertEqual(self.done("key", "list", "--user", user["id"]), [])

    def test_a_revoked_key_stays_listed_as_such(self):
        user = self.user()
        key = self.key(user)
        self.assertIsNone(key["revoked_at"])
        revoked = self.done("key", "revoke", key["id"], "--user", user["id"])
        self.assertEqual(revoked["id"], key["id"])
        self.assertIsNotNone(revoked["revoked_at"])
        self.assertEqual(self.done("key", "revoke", "--user", user["id"], "--key", key["id"]), revoked)
        self.assertEqual(self.done("key", "list", "--user", user["id"]), [revoked])

    def test_a_key_may_be_bound_to_networks(self):
        user = self.user()
        key = self.done("key", "create", "--user", user["id"], "--name", "k", "--scopes", "agents:read", "--networks",
                        "10.1.2.3/8,2001:db8::7")
        self.assertEqual(key["allowed_networks"], ["10.0.0.0/8", "2001:db8::7"])
        self.assertEqual(self.done("key", "list", "--user", user["id"])[0]["allowed_networks"], key["allowed_networks"])
        for text in ("10.0.0.0/33", "10.0.0.0/8,", "example.com", "10.0.0.0/8, ::1", ",".join(["::1"] * 33)):
            self.refused(1, "INVALID_INPUT", "key", "create", "--user", user["id"], "--name", "k", "--scopes", "agents:read",
                         "--networks", text)

    def test_a_rotated_key_stays_valid_for_the_overlap(self):
        user = self.user()
        old = self.done("key", "create", "--user", user["id"], "--name", "k", "--scopes", "agents:read", "--networks", "::1")
        new = self.done("key", "rotate", old["id"], "--user", user["id"], "--overlap", "12h")
        self.assertRegex(new["key"], r"^agv_live_[0-9A-Za-z]{36}$")
        self.assertEqual([new[n] for n in ("name", "scopes", "allowed_networks")], ["k", ["agents:read"], ["::1"]])
        listed = self.done("key", "list", "--user", user["id"])
        self.assertEqual([k["id"] for k in listed], [old["id"], new["id"]])
        self.assertEqual(listed[0]["replaced_by"], new["id"])
        overlap = datetime.strptime(listed[0]["expires_at"], "%Y-%m-%dT%H:%M:%S%z") - datetime.strptime(
            new["created_at"], "%Y-%m-%dT%H:%M:%S%z")
        self.assertEqual(overlap, timedelta(hours=12))
        self.refused(1, "CONFLICT", "key", "rotate", old["id"], "--user", user["id"])
        self.refused(1, "NOT_FOUND", "key", "rotate", old["id"], "--user", self.user()["id"])

    def test_an_overlap_is_a_span_up_to_thirty_days(self):
        user = self.user()
        key = self.key(user)
        for text in ("31d", "-1h", "1", "2027-01-01"):
            self.refused(2, "INVALID_INPUT", "key", "rotate", key["id"], "--user", user["id"], "--overlap", text)
        self.done("key", "rotate", key["id"], "--user", user["id"], "--overlap", "0")
        status, out, _ = call("key", "list", "--user", user["id"])
        self.assertEqual(status, 0)
        self.assertRegex(out.splitlines()[1], f"{key['id']} .* replaced ")

    def test_another_users_key_is_not_found(self):
        key = self.key(self.user())
        self.refused(1, "NOT_FOUND", "key", "revoke", key["id"], "--user", self.user()["id"])
        self.refused(1, "INVALID_INPUT", "key", "revoke", "key_123", "--user", self.user()["id"])


if __name__ == "__main__":
    unittest.main()
