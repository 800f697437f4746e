"""agentivctl webhook and webhook-secret: a user's endpoints, their log and replays, for the operator. No sender runs here."""
import os
import time
import unittest

from ctl import Ctl, call, query
from test_webhooks import DELIVERY_MEMBERS, MEMBERS, SECRET

URL = "https://hooks.example.com/agentiv"
NOBODYS = "0" * 26


def text_of(prefix, digits):
    number = int(digits, 16)
    return f"{prefix}_" + "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[number >> 5 * i & 31] for i in reversed(range(26)))


class WebhookCtl(Ctl):
    def setUp(self):
        self.owner = self.user()
        self.account = f"(SELECT id FROM accounts WHERE email = '{self.owner['email']}')"
        self.endpoint = self.given_endpoint()

    def new_number(self):
        return f"{int(time.time() * 1000):012x}{os.urandom(10).hex()}"

    def given_endpoint(self, events=15, enabled=1, reason=0):
        number = self.new_number()
        query("INSERT INTO endpoints (id, account_id, url, description, events, secret, enabled, disabled_reason, created_at,"
              f" updated_at) VALUES (x'{number}', {self.account}, '{URL}', '', {events}, 's', {enabled}, {reason}, 1, 1)")
        return text_of("whk", number)

    def given_delivery(self, state=2, endpoint=None):
        """(delivery, event), of schedule.fired."""
        delivery, event = self.new_number(), self.new_number()
        query(f"SET @a = {self.account}; INSERT INTO events (id, account_id, event, at, payload) VALUES (x'{event}', @a, 2, 1, '{{}}');"
              " INSERT INTO deliveries (id, account_id, event, state, attempts, created_at, event_id, endpoint_id, last_status)"
              f" SELECT x'{delivery}', @a, 2, {state}, 9, 1, x'{event}', id, 503 FROM endpoints WHERE account_id = @a"
              " ORDER BY id LIMIT 1")
        return text_of("dlv", delivery), text_of("evt", event)

    def say(self, verb, *words):
        return self.done("webhook", verb, *words, "--user", self.owner["email"])

    def text(self, *words):
        status, out, err = call("webhook", *words, "--user", self.owner["email"])
        self.assertEqual((status, err), (0, ""))
        return out

    def log(self, *words):
        return self.say("deliveries", self.endpoint, *words)


class Reading(WebhookCtl):
    def test_endpoints_are_listed_as_the_api_shows_them(self):
        listed, = self.say("list")
        self.assertEqual(list(listed), MEMBERS)
        self.assertEqual((listed["id"], listed["url"], listed["enabled"]), (self.endpoint, URL, True))

    def test_people_see_which_are_enabled_and_why_one_is_not(self):
        self.given_endpoint(events=4, enabled=0, reason=1)
        self.given_endpoint(events=3, enabled=0, reason=2)
        query(f"UPDATE endpoints SET failing_since = 5 WHERE account_id = {self.account} AND events = 15")
        states = {line.split()[0]: line.split()[1:-1] for line in self.text("list").splitlines()[1:]}
        self.assertEqual(list(states.values()),
                         [["failing", "all"], ["gone", "schedule.fired"],
                          ["failing", "agent.execution.success,", "agent.execution.failed"]])

    def test_a_user_without_endpoints_is_told_so(self):
        self.owner = self.user()
        self.assertEqual(self.say("list"), [])
        self.assertIn("no webhook endpoints", self.text("list"))

    def test_the_log_has_the_newest_first_and_filters(self):
        ids = [self.given_delivery(state)[0] for state in (2, 1, 2)]
        self.assertEqual([d["id"] for d in self.log()], ids[::-1])
        self.assertEqual([d["id"] for d in self.log("--status", "failed")], [ids[2], ids[0]])
        self.assertEqual([d["id"] for d in self.log("--limit", "1")], [ids[2]])
        self.assertEqual(list(self.log()[0]), DELIVERY_MEMBERS)
        self.assertIn("503", self.text("deliveries", self.endpoint))

    def test_an_endpoint_that_is_not_there_is_refused(self):
        for words in (("deliveries", f"whk_{NOBODYS}"), ("deliveries", "x"), ("test", f"whk_{NOBODYS}")):
            with self.subTest(words):
                self.refused(1, "NOT_FOUND", "webhook", *words, "--user", self.owner["email"])
        other = self.user()
        self.refused(1, "NOT_FOUND", "webhook", "deliveries", self.endpoint, "--user", other["email"])

    def test_a_user_that_is_not_there_is_refused(self):
        for words in (("webhook", "list"), ("webhook", "test", self.endpoint), ("webhook-secret", "rotate")):
            with self.subTest(words):
                self.refused(1, "NOT_FOUND", *words, "--user", "nobody@example.org")

    def test_a_status_that_is_none_is_a_matter_of_usage(self):
        self.refused(2, "INVALID_INPUT", "webhook", "deliveries", self.endpoint, "--user", "u", "--status", "ok")


class Asking(WebhookCtl):
    def test_a_test_is_a_pending_delivery_also_to_one_that_is_disabled(self):
        query(f"UPDATE endpoints SET enabled = 0 WHERE account_id = {self.account}")
        made = self.say("test", self.endpoint)
        self.assertEqual((made["event"], made["status"], made["webhook_id"]), ("webhook.test", "pending", self.endpoint))
        self.assertEqual([d["id"] for d in self.log()], [made["id"]])
        self.assertIn("Delivery", self.text("test", self.endpoint))

    def test_one_delivery_is_sent_again(self):
        delivery, event = self.given_delivery()
        made = self.say("replay", "--delivery", delivery)
        self.assertEqual((made["replay_of"], made["event_id"], made["status"]), (delivery, event, "pending"))

    def test_an_event_is_sent_again_to_those_that_want_it(self):
        _, event = self.given_delivery()
        self.given_endpoint(events=1)
        self.assertEqual(self.say("replay", "--event", event), {"replayed": 1, "has_more": False})

    def test_all_that_failed_is_sent_again_once(self):
        for state in (2, 2, 1):
            self.given_delivery(state)
        words = ["replay", "--endpoint", self.endpoint, "--failed-since", "1h"]
        self.assertEqual(self.say(*words), {"replayed": 2, "has_more": False})
        self.assertEqual(self.text(*words), "0 deliveries are sent again\n")

    def test_what_cannot_be_sent_again_is_refused(self):
        pending, _ = self.given_delivery(0)
        self.refused(1, "CONFLICT", "webhook", "replay", "--delivery", pending, "--user", self.owner["email"])
        self.refused(1, "NOT_FOUND", "webhook", "replay", "--event", f"evt_{NOBODYS}", "--user", self.owner["email"])

    def test_what_is_to_be_sent_again_is_said_in_one_way(self):
        for words in ([], ["--delivery", "d", "--event", "e"], ["--endpoint", "e"], ["--failed-since", "1h"],
                      ["--delivery", "d", "--endpoint", "e"]):
            with self.subTest(words):
                self.refused(2, "INVALID_INPUT", "webhook", "replay", *words, "--user", self.owner["email"])

    def test_the_operator_is_told_of_in_the_audit_log(self):
        self.say("test", self.endpoint)
        entry, = self.done("audit", "--user", self.owner["id"], "--action", "webhook")
        self.assertEqual((entry["action"], entry["object"], entry["actor"]["kind"]), ("webhook.test", self.endpoint, "operator"))


class AccountSecret(WebhookCtl):
    def test_a_rotation_shows_the_new_secret_and_how_long_the_old_one_signs(self):
        old = self.done("webhook-secret", "show", "--user", self.owner["id"])
        new = self.done("webhook-secret", "rotate", "--user", self.owner["id"])
        self.assertRegex(new["secret"], SECRET)
        self.assertNotEqual(new["secret"], old["secret"])
        self.assertEqual(list(new), ["secret", "previous_secret_expires_at"])
        self.assertEqual(self.done("webhook-secret", "show", "--user", self.owner["id"])["secret"], new["secret"])
        entry, = self.done("audit", "--user", self.owner["id"], "--action", "webhook_secret")
        self.assertNotIn("whsec", str(entry))


if __name__ == "__main__":
    unittest.main()
