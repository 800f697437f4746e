"""Webhook endpoints over the API: registered, listed, changed, deleted. What arrives at receivers is
tests/e2e/test_endpoints.py's."""
import os
import time
import unittest

from client import Account, ApiCase, together

URL = "https://hooks.example.com/agentiv"
MEMBERS = ["id", "url", "description", "events", "enabled", "disabled_reason", "disabled_at", "failing_since",
           "previous_secret_expires_at", "created_at", "updated_at"]
DELIVERY_MEMBERS = ["id", "event_id", "event", "webhook_id", "execution_id", "replay_of", "url", "status", "attempts",
                    "response_status", "error", "duration_ms", "created_at", "last_attempt_at", "next_attempt_at",
                    "replayed_at"]
EVENTS = ["agent.execution.success", "agent.execution.failed", "schedule.fired", "integration.disconnected"]
SECRET = r"^whsec_[0-9A-Za-z+/]{32}$"
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
STATES = {"pending": 0, "delivered": 1, "failed": 2}


def number_of(text):
    """An id's, as SQL has it: hexadecimal digits."""
    number = 0
    for c in text.partition("_")[2]:
        number = number << 5 | CROCKFORD.index(c)
    return f"{number:032x}"


def id_at(ms):
    return f"{ms:012x}{os.urandom(10).hex()}"


def stamp(ms):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ms // 1000))


class WebhookCase(ApiCase):
    def setUp(self):
        self.account = Account(self.platform)

    def ask(self, method, path="", body=None, **how):
        return self.call(method, f"/api/webhooks{path}", body, **how)

    def make(self, url=URL, **more):
        answer = self.ask("POST", body={"url": url, **more})
        self.assertEqual(answer.status, 201, answer.text)
        return answer.data

    def found(self, endpoint):
        return self.ask("GET", f"/{endpoint['id']}").data

    def patch(self, endpoint, **members):
        answer = self.ask("PATCH", f"/{endpoint['id']}", members)
        self.assertEqual(answer.status, 200, answer.text)
        return answer.data

    def send_test(self, endpoint, **how):
        answer = self.ask("POST", f"/{endpoint['id']}/test", {}, **how)
        self.assertEqual(answer.status, 200, answer.text)
        return answer.data

    def delivery(self, delivery):
        return self.get(f"/api/webhook-deliveries/{delivery['id']}").data

    def logged(self, endpoint, query=""):
        answer = self.ask("GET", f"/{endpoint['id']}/deliveries{query}")
        self.assertEqual(answer.status, 200, answer.text)
        return answer.data

    def log(self, endpoint, status="failed", event=2, at=None, count=1):
        """Deliveries of events that are no runs', as they stand in the log when they are over. Returns their numbers."""
        at = at or int(time.time() * 1000)
        ids = [(id_at(at + i), id_at(at + i)) for i in range(count)]
        account = f"(SELECT id FROM accounts WHERE email = '{self.account.email}')"
        for some in (ids[n:n + 200] for n in range(0, count, 200)):
            events = ",".join(f"(x'{e}', @a, {event}, {at}, '{{\"event\":\"x\"}}')" for _, e in some)
            rows = ",".join(f"(x'{d}', @a, {event}, {STATES[status]}, 1, {at}, x'{e}', x'{number_of(endpoint['id'])}', {at},"
                            " 12, 503, 'The receiver answered 503', 'so it was')" for d, e in some)
            self.platform.sql(f"SET @a = {account}; INSERT INTO events (id, account_id, event, at, payload) VALUES {events};"
                              " INSERT INTO deliveries (id, account_id, event, state, attempts, created_at, event_id,"
                              f" endpoint_id, last_at, duration_ms, last_status, last_error, last_response) VALUES {rows}")
        return [d for d, _ in ids]

    def audit(self):
        return [(e["action"], e["object"]) for e in self.platform.ctl("audit", "--user", self.account.id, "--action",
                                                                      "webhook")]


class Making(WebhookCase):
    def test_an_endpoint_is_shown_with_its_secret_by_the_answer_that_makes_it_and_never_again(self):
        made = self.make(description="Büro", events=["schedule.fired", "agent.execution.failed"])
        self.assertEqual(list(made), ["id", "secret"] + MEMBERS[1:])
        self.assertRegex(made["id"], r"^whk_[0-7][0-9A-HJKMNP-TV-Z]{25}$")
        self.assertRegex(made["secret"], SECRET)
        self.assertEqual((made["url"], made["description"], made["enabled"]), (URL, "Büro", True))
        self.assertEqual(made["events"], ["agent.execution.failed", "schedule.fired"])
        self.assertEqual([made[n] for n in MEMBERS[5:9]], [None] * 4)
        secret = made.pop("secret")
        answer = self.ask("GET", f"/{made['id']}")
        self.assertEqual(answer.data, made)
        self.assertNotIn(secret, answer.text + self.ask("GET").text + self.ask("PATCH", f"/{made['id']}", {}).text)

    def test_its_secret_is_sealed_in_the_database(self):
        made = self.make()
        stored = bytes.fromhex(self.platform.sql(
            f"SELECT HEX(secret) FROM endpoints WHERE id = x'{number_of(made['id'])}'")[0][0])
        self.assertEqual(stored[:2], b"v1")
        self.assertNotIn(made["secret"].removeprefix("whsec_").encode(), stored)

    def test_without_events_it_is_told_of_all_but_tests(self):
        self.assertEqual(self.make()["events"], EVENTS)
        self.assertEqual(self.make(events=None)["events"], EVENTS)

    def test_an_event_that_is_named_twice_is_one(self):
        self.assertEqual(self.make(events=["schedule.fired"] * 3)["events"], ["schedule.fired"])

    def test_one_may_be_made_disabled(self):
        made = self.make(enabled=False)
        self.assertEqual((made["enabled"], made["disabled_reason"]), (False, "manual"))
        self.assertEqual(made["disabled_at"], made["created_at"])
        made.pop("secret")
        self.assertEqual(self.found(made), made)

    def test_what_is_wrong_is_refused_with_the_member_at_fault(self):
        for field, body in (("url", {}), ("url", {"url": None}), ("url", {"url": 7}), ("url", {"url": ""}),
                            ("url", {"url": "hooks.example.com"}), ("url", {"url": "ftp://example.com/"}),
                            ("url", {"url": "https://user:pw@example.com/"}), ("url", {"url": "https://example.com:22/"}),
                            ("url", {"url": "https://example.com/" + "a" * 2048}),
                            ("url", {"url": "http://10.0.0.1/hook"}), ("url", {"url": "http://[::ffff:10.0.0.1]/"}),
                            ("url", {"url": "http://169.254.169.254/latest/meta-data/"}),
                            ("events", {"url": URL, "events": []}), ("events", {"url": URL, "events": "schedule.fired"}),
                            ("events", {"url": URL, "events": ["schedule.fire"]}),
                            ("events", {"url": URL, "events": ["webhook.test"]}),
                            ("events[1]", {"url": URL, "events": ["schedule.fired", 1]}),
                            ("description", {"url": URL, "description": 1}),
                            ("description", {"url": URL, "description": "a\nb"}),
                            ("description", {"url": URL, "description": "ä" * 501}),
                            ("enabled", {"url": URL, "enabled": "yes"}), ("secret", {"url": URL, "secret": "whsec_x"})):
            with self.subTest(body):
                self.refused(self.ask("POST", body=body), "INVALID_INPUT", field)
        self.assertEqual(self.ask("GET").data, [])

    def test_the_longest_description_is_stored_whole(self):
        text = "ä" * 500
        self.assertEqual(self.found(self.make(description=text))["description"], text)

    def test_a_thousand_are_enough(self):
        self.make()
        self.platform.sql("INSERT INTO endpoints (id, account_id, url, description, events, secret, enabled, disabled_reason,"
                          " created_at, updated_at) SELECT UNHEX(CONCAT('01', LPAD(HEX(e.account_id), 14, '0'),"
                          " LPAD(HEX(x.d + 10 * y.d + 100 * z.d), 16, '0'))), e.account_id, e.url, '', 1, e.secret, 1, 0, 1, 1"
                          " FROM endpoints e, {0} x, {0} y, {0} z WHERE e.account_id = (SELECT id FROM accounts WHERE"
                          " email = '{1}') AND x.d + 10 * y.d + 100 * z.d < 999".format(
                              "(SELECT 0 AS d " + " ".join(f"UNION ALL SELECT {n}" for n in range(1, 10)) + ")",
                              self.account.email))
        answer = self.ask("POST", body={"url": URL})
        self.refused(answer, "CONFLICT")
        self.assertIn("1000", answer.error["message"])

    def test_a_repeat_with_its_idempotency_key_is_given_the_same_endpoint_and_secret(self):
        first, second = (self.ask("POST", body={"url": URL}, headers={"Idempotency-Key": "k"}) for _ in range(2))
        self.assertEqual(second.data, first.data)
        self.assertEqual(second.headers["Idempotent-Replayed"], "true")
        self.assertEqual(len(self.ask("GET").data), 1)
        self.refused(self.ask("POST", body={"url": URL + "/2"}, headers={"Idempotency-Key": "k"}), "CONFLICT")


class Reading(WebhookCase):
    def test_a_list_has_them_in_the_order_they_were_made(self):
        made = [self.make(description=str(n))["id"] for n in range(3)]
        answer = self.ask("GET")
        self.assertEqual([e["id"] for e in answer.data], made)
        self.assertEqual((answer.body["has_more"], answer.body["next_cursor"]), (False, None))

    def test_pages_have_no_gap_and_no_repeat(self):
        made = [self.make()["id"] for _ in range(5)]
        got, cursor = [], ""
        for _ in range(3):
            answer = self.ask("GET", f"?limit=2{cursor}")
            got.append([e["id"] for e in answer.data])
            cursor = f"&cursor={answer.body['next_cursor']}"
        self.assertEqual(got, [made[:2], made[2:4], made[4:]])
        self.assertFalse(answer.body["has_more"])

    def test_a_full_page_that_is_the_last_says_so(self):
        for _ in range(2):
            self.make()
        self.assertFalse(self.ask("GET", "?limit=2").body["has_more"])

    def test_a_wrong_query_is_refused(self):
        for field in ("limit=0", "limit=101", "cursor=zz", "page=2"):
            with self.subTest(field):
                self.refused(self.ask("GET", f"?{field}"), "INVALID_INPUT", field.partition("=")[0])

    def test_the_catalogue_names_each_event_with_an_example(self):
        events = {e["event"]: e for e in self.get("/api/webhook-events").data}
        self.assertEqual(list(events), EVENTS + ["webhook.test"])
        for name, event in events.items():
            with self.subTest(name):
                self.assertEqual(list(event), ["event", "description", "selectable", "example"])
                self.assertEqual(event["selectable"], name != "webhook.test")
                self.assertEqual(event["example"]["event"], name)
                self.assertTrue(event["description"])


class Changing(WebhookCase):
    def test_what_is_not_given_stays(self):
        made = self.make(description="d", events=["schedule.fired"])
        for change in ({"description": "e"}, {"description": ""}, {"events": EVENTS[:2]}, {"url": URL + "/2"}, {}):
            with self.subTest(change):
                before = self.found(made)
                after = self.patch(made, **change)
                self.assertEqual(after, {**before, **change, "updated_at": after["updated_at"]})
                self.assertEqual(self.found(made), after)

    def test_null_stays_as_it_is(self):
        made = self.make(description="d")
        after = self.patch(made, url=None, description=None, events=None, enabled=None)
        self.assertEqual((after["url"], after["description"], after["enabled"]), (URL, "d", True))

    def test_nothing_to_change_is_no_change(self):
        made = self.make()
        for body in ({}, {"url": None, "enabled": None}):
            self.patch(made, **body)
        told = self.platform.ctl("audit", "--user", self.account.id, "--action", "webhook.")
        self.assertEqual([e["action"] for e in told if e["object"] == made["id"]], ["webhook.create"])

    def test_what_is_wrong_changes_nothing(self):
        made = self.make()
        before = self.found(made)
        for field, body in (("url", {"url": "http://10.0.0.1/"}), ("events", {"events": []}), ("enabled", {"enabled": 1}),
                            ("id", {"id": made["id"]})):
            with self.subTest(body):
                self.refused(self.ask("PATCH", f"/{made['id']}", {"description": "new", **body}), "INVALID_INPUT", field)
        self.assertEqual(self.found(made), before)

    def test_disabled_by_hand_it_says_so_until_it_is_enabled(self):
        made = self.make()
        off = self.patch(made, enabled=False)
        self.assertEqual((off["enabled"], off["disabled_reason"]), (False, "manual"))
        self.assertTrue(off["disabled_at"])
        self.assertEqual(self.patch(made, enabled=False)["disabled_at"], off["disabled_at"])
        on = self.patch(made, enabled=True)
        self.assertEqual((on["enabled"], on["disabled_reason"], on["disabled_at"]), (True, None, None))

    def test_one_that_is_enabled_again_begins_anew_to_fail(self):
        made = self.make()
        self.platform.sql("UPDATE endpoints SET enabled = 0, disabled_reason = 2, disabled_at = 5000, failing_since = 1000"
                          f" WHERE id = x'{number_of(made['id'])}'")
        failing = self.found(made)
        self.assertEqual((failing["disabled_reason"], failing["failing_since"], failing["disabled_at"]),
                         ("failing", "1970-01-01T00:00:01Z", "1970-01-01T00:00:05Z"))
        self.assertEqual(self.patch(made, description="still off")["disabled_reason"], "failing")
        self.assertEqual(self.patch(made, enabled=True)["failing_since"], None)

    def test_another_url_begins_anew_to_fail(self):
        made = self.make()
        self.platform.sql(f"UPDATE endpoints SET failing_since = 1000 WHERE id = x'{number_of(made['id'])}'")
        self.assertTrue(self.patch(made, url=URL)["failing_since"])
        self.assertEqual(self.patch(made, url=URL + "/2")["failing_since"], None)

    def test_a_deleted_one_is_gone(self):
        made = self.make()
        answer = self.ask("DELETE", f"/{made['id']}")
        self.assertEqual((answer.status, answer.data), (200, None))
        for method, path, body in (("GET", "", None), ("DELETE", "", None), ("PATCH", "", {}), ("POST", "/test", {})):
            self.refused(self.ask(method, f"/{made['id']}{path}", body), "NOT_FOUND")
        self.assertEqual(self.ask("GET").data, [])

    def test_a_rotation_shows_the_new_secret_and_how_long_the_old_one_signs(self):
        made = self.make()
        answer = self.ask("POST", f"/{made['id']}/rotate-secret", {})
        self.assertEqual(answer.status, 200)
        self.assertRegex(answer.data["secret"], SECRET)
        self.assertNotEqual(answer.data["secret"], made["secret"])
        until = self.found(made)["previous_secret_expires_at"]
        self.assertEqual(until, answer.data["previous_secret_expires_at"])
        self.assertAlmostEqual(time.mktime(time.strptime(until, "%Y-%m-%dT%H:%M:%SZ")) - time.timezone - time.time(), 86400,
                               delta=30)

    def test_a_secret_whose_day_is_over_is_not_told_of(self):
        made = self.make()
        self.ask("POST", f"/{made['id']}/rotate-secret", {})
        self.assertTrue(self.found(made)["previous_secret_expires_at"])
        self.platform.sql(f"UPDATE endpoints SET previous_until = 1000 WHERE id = x'{number_of(made['id'])}'")
        self.assertIsNone(self.found(made)["previous_secret_expires_at"])

    def test_a_repeated_rotation_makes_one_secret(self):
        made = self.make()
        first, second = (self.ask("POST", f"/{made['id']}/rotate-secret", {}, headers={"Idempotency-Key": "r"})
                         for _ in range(2))
        self.assertEqual(second.data["secret"], first.data["secret"])
        self.assertEqual([a for a, _ in self.audit()].count("webhook.rotate_secret"), 1)

    def test_each_change_is_in_the_audit_log(self):
        made = self.make()
        self.patch(made, enabled=False)
        self.ask("POST", f"/{made['id']}/rotate-secret", {})
        self.send_test(made)
        self.ask("DELETE", f"/{made['id']}")
        self.assertEqual(self.audit(), [(f"webhook.{what}", made["id"])
                                        for what in ("delete", "test", "rotate_secret", "update", "create")])

    def test_endpoints_that_are_made_at_once_are_all_there(self):
        together(8, lambda n: self.make(description=str(n)))
        self.assertEqual(sorted(e["description"] for e in self.ask("GET").data), [str(n) for n in range(8)])


class Rights(WebhookCase):
    def test_a_plan_without_webhooks_has_none(self):
        self.account.limit(webhooks="no")
        self.refused(self.ask("POST", body={"url": URL}), "FORBIDDEN")
        self.refused(self.ask("GET"), "FORBIDDEN")

    def test_reading_takes_agents_read_and_changing_webhooks_write(self):
        made = self.make()
        key = self.account.new_key("agents:read")["key"]
        self.assertEqual(self.ask("GET", f"/{made['id']}", key=key).status, 200)
        for method, path, body in (("POST", "", {"url": URL}), ("PATCH", f"/{made['id']}", {}),
                                   ("DELETE", f"/{made['id']}", None), ("POST", f"/{made['id']}/test", {})):
            answer = self.ask(method, path, body, key=key)
            self.refused(answer, "FORBIDDEN")
            self.assertIn("webhooks:write", answer.error["message"])

    def test_another_account_s_endpoint_and_delivery_are_not_there(self):
        made = self.make()
        delivery = self.send_test(made)
        other = Account(self.platform).key
        self.refused(self.ask("PATCH", f"/{made['id']}", {"enabled": False}, key=other), "NOT_FOUND")
        self.refused(self.ask("GET", f"/{made['id']}/deliveries", key=other), "NOT_FOUND")
        self.refused(self.get(f"/api/webhook-deliveries/{delivery['id']}", key=other), "NOT_FOUND")
        self.refused(self.call("POST", f"/api/webhook-events/{delivery['event_id']}/replay", {}, key=other), "NOT_FOUND")
        self.assertTrue(self.found(made)["enabled"])


if __name__ == "__main__":
    unittest.main()
