"""The log of webhooks over the API: tests, deliveries with their attempts, and what is sent again."""
import time
import unittest

from client import together
from test_webhooks import DELIVERY_MEMBERS, URL, WebhookCase, number_of, stamp


class Log(WebhookCase):
    def setUp(self):
        super().setUp()
        self.endpoint = self.make(enabled=False)

    def test_a_test_is_a_delivery(self):
        made = self.send_test(self.endpoint)
        self.assertEqual(list(made), DELIVERY_MEMBERS)
        self.assertEqual((made["event"], made["webhook_id"], made["url"], made["status"], made["attempts"]),
                         ("webhook.test", self.endpoint["id"], URL, "pending", 0))
        self.assertEqual([made[n] for n in ("execution_id", "replay_of", "response_status", "error", "duration_ms",
                                            "last_attempt_at", "next_attempt_at", "replayed_at")], [None] * 8)

    def test_a_repeated_test_is_one_delivery(self):
        first, second = (self.send_test(self.endpoint, headers={"Idempotency-Key": "t"}) for _ in range(2))
        self.assertEqual(first["id"], second["id"])
        self.assertEqual(len(self.logged(self.endpoint)), 1)

    def test_the_newest_stand_first_and_pages_have_no_gap(self):
        ids = [f"{d}" for d in self.log(self.endpoint, count=5)][::-1]
        got, cursor = [], ""
        for _ in range(3):
            answer = self.ask("GET", f"/{self.endpoint['id']}/deliveries?limit=2{cursor}")
            got += [number_of(d["id"]) for d in answer.data]
            cursor = f"&cursor={answer.body['next_cursor']}"
        self.assertEqual(got, ids)
        self.assertFalse(answer.body["has_more"])

    def test_it_is_filtered_by_status_event_and_time(self):
        now = int(time.time() * 1000) // 1000 * 1000
        failed, = self.log(self.endpoint, "failed", 2, now - 7200000)
        delivered, = self.log(self.endpoint, "delivered", 3, now - 3600000)
        for query, wanted in (("status=failed", [failed]), ("status=delivered", [delivered]), ("status=pending", []),
                              ("event=schedule.fired", [failed]), ("event=integration.disconnected", [delivered]),
                              ("event=webhook.test", []), ("status=failed&event=integration.disconnected", []),
                              (f"created_after={stamp(now - 3600000)}", [delivered]),
                              (f"created_before={stamp(now - 3600000)}", [failed]),
                              (f"created_after={stamp(now)}", []), ("limit=1", [delivered])):
            with self.subTest(query):
                self.assertEqual([number_of(d["id"]) for d in self.logged(self.endpoint, f"?{query}")], wanted)

    def test_a_wrong_filter_is_refused(self):
        for query in ("status=ok", "event=schedule", "created_after=yesterday", "limit=101", "cursor=1", "state=failed"):
            with self.subTest(query):
                self.refused(self.ask("GET", f"/{self.endpoint['id']}/deliveries?{query}"), "INVALID_INPUT",
                             query.partition("=")[0])

    def test_a_delivery_shows_what_was_sent_and_answered_in_each_attempt(self):
        failed, = self.log(self.endpoint)
        self.platform.sql("INSERT INTO delivery_attempts (delivery_id, attempt, at, duration_ms, status, error, url, response)"
                          f" VALUES (x'{failed}', 1, 1000, 7, 500, 'The receiver answered 500', 'https://old.example.com/',"
                          f" 'oops'); UPDATE deliveries SET attempts = 2, last_at = 2000 WHERE id = x'{failed}'")
        shown = self.delivery(self.logged(self.endpoint)[0])
        self.assertEqual(list(shown), DELIVERY_MEMBERS + ["request_body", "request_size", "log"])
        self.assertEqual((shown["request_body"], shown["request_size"]), ('{"event":"x"}', 13))
        self.assertEqual(shown["log"], [
            {"attempt": 1, "at": "1970-01-01T00:00:01Z", "duration_ms": 7, "url": "https://old.example.com/",
             "response_status": 500, "error": "The receiver answered 500", "response_body": "oops"},
            {"attempt": 2, "at": "1970-01-01T00:00:02Z", "duration_ms": 12, "url": URL, "response_status": 503,
             "error": "The receiver answered 503", "response_body": "so it was"}])

    def test_bytes_that_are_no_text_do_not_break_the_answer(self):
        failed, = self.log(self.endpoint)
        self.platform.sql(f"UPDATE deliveries SET last_response = x'00ff41c3' WHERE id = x'{failed}'")
        body = self.delivery(self.logged(self.endpoint)[0])["log"][0]["response_body"]
        self.assertIn("A", body)

    def test_as_many_attempts_as_a_schedule_may_have_are_shown_whatever_was_answered(self):
        failed, = self.log(self.endpoint)
        self.platform.sql("INSERT INTO delivery_attempts (delivery_id, attempt, at, duration_ms, status, response)"
                          f" SELECT x'{failed}', seq, 1000, 7, 500, REPEAT(x'00', 4096) FROM seq_1_to_64;"
                          f" UPDATE deliveries SET attempts = 65 WHERE id = x'{failed}'")
        self.assertEqual(len(self.delivery(self.logged(self.endpoint)[0])["log"]), 65)

    def test_what_was_sent_is_unknown_when_its_event_is_gone(self):
        self.log(self.endpoint)
        self.platform.sql("DELETE FROM events")
        shown = self.delivery(self.logged(self.endpoint)[0])
        self.assertEqual((shown["request_body"], shown["request_size"]), (None, None))


class Replays(WebhookCase):
    def setUp(self):
        super().setUp()
        self.endpoint = self.make()

    def replay(self, path, body=None, **how):
        return self.call("POST", f"/api/{path}/replay", body if body is not None else {}, **how)

    def test_a_replay_is_a_new_delivery_of_the_same_event(self):
        self.log(self.endpoint)
        old = self.logged(self.endpoint)[0]
        answer = self.replay(f"webhook-deliveries/{old['id']}")
        self.assertEqual(answer.status, 200)
        new = answer.data
        self.assertNotEqual(new["id"], old["id"])
        self.assertEqual((new["event_id"], new["replay_of"], new["status"], new["attempts"], new["webhook_id"]),
                         (old["event_id"], old["id"], "pending", 0, self.endpoint["id"]))
        self.assertTrue(self.delivery(old)["replayed_at"])

    def test_a_repeated_replay_is_one(self):
        self.log(self.endpoint)
        old = self.logged(self.endpoint)[0]
        first, second = (self.replay(f"webhook-deliveries/{old['id']}", headers={"Idempotency-Key": "x"}) for _ in range(2))
        self.assertEqual(second.data["id"], first.data["id"])
        self.assertEqual(len(self.logged(self.endpoint)), 2)

    def test_what_was_delivered_is_sent_again_too(self):
        self.log(self.endpoint, "delivered")
        self.assertEqual(self.replay(f"webhook-deliveries/{self.logged(self.endpoint)[0]['id']}").status, 200)

    def test_what_cannot_be_sent_again_is_a_conflict_that_says_why(self):
        pending, = self.log(self.endpoint, "pending")
        self.refused(self.replay(f"webhook-deliveries/{self.logged(self.endpoint)[0]['id']}"), "CONFLICT")
        self.platform.sql(f"UPDATE deliveries SET state = 2 WHERE id = x'{pending}'")
        old = self.logged(self.endpoint)[0]
        self.patch(self.endpoint, enabled=False)
        answer = self.replay(f"webhook-deliveries/{old['id']}")
        self.refused(answer, "CONFLICT")
        self.assertIn("disabled", answer.error["message"])
        self.patch(self.endpoint, enabled=True)
        self.platform.sql(f"DELETE FROM events WHERE id = x'{number_of(old['event_id'])}'")
        self.assertIn("not kept", self.replay(f"webhook-deliveries/{old['id']}").error["message"])

    def test_an_endpoint_that_is_gone_is_a_conflict_though_its_url_is_known(self):
        failed, = self.log(self.endpoint)
        self.platform.sql(f"UPDATE deliveries SET url = '{URL}' WHERE id = x'{failed}'")
        old = self.logged(self.endpoint)[0]
        self.ask("DELETE", f"/{self.endpoint['id']}")
        self.assertEqual(self.delivery(old)["url"], URL)
        answer = self.replay(f"webhook-deliveries/{old['id']}")
        self.refused(answer, "CONFLICT")
        self.assertIn("gone", answer.error["message"])

    def test_an_event_goes_to_each_endpoint_that_wants_it_now(self):
        late = self.make(events=["schedule.fired"])
        others = [self.make(events=["agent.execution.failed"]), self.make(enabled=False)]
        self.log(self.endpoint, "delivered")
        event = self.logged(self.endpoint)[0]["event_id"]
        answer = self.replay(f"webhook-events/{event}")
        self.assertEqual((answer.status, answer.data), (200, {"replayed": 2, "has_more": False}))
        self.assertEqual([d["event_id"] for d in self.logged(self.endpoint)], [event, event])
        self.assertEqual([d["event_id"] for d in self.logged(late)], [event])
        self.assertEqual([self.logged(e) for e in others], [[], []])

    def test_the_end_of_a_run_is_an_event_too(self):
        run = self.start()
        self.ended(run)
        late = self.make()
        answer = self.replay(f"webhook-events/evt_{run.partition('_')[2]}")
        self.assertEqual(answer.data["replayed"], 2)
        self.assertEqual([(d["event"], d["execution_id"]) for d in self.logged(late)], [("agent.execution.success", run)])

    def test_a_run_that_goes_on_is_no_event_yet(self):
        run = self.start({"sleep_ms": 60000})
        self.refused(self.replay(f"webhook-events/evt_{run.partition('_')[2]}"), "NOT_FOUND")
        self.call("POST", f"/api/executions/{run}/cancel")

    def test_a_repeated_replay_of_an_event_makes_its_deliveries_once(self):
        self.log(self.endpoint, "delivered")
        event = self.logged(self.endpoint)[0]["event_id"]
        answers = [self.replay(f"webhook-events/{event}", headers={"Idempotency-Key": "e"}) for _ in range(2)]
        self.assertEqual(answers[0].data, answers[1].data)
        self.assertEqual(len(self.logged(self.endpoint)), 2)

    def test_all_that_failed_since_then_is_sent_again_once(self):
        now = int(time.time() * 1000)
        self.log(self.endpoint, "failed", at=now - 7200000)
        recent = self.log(self.endpoint, "failed", at=now - 1800000, count=130)
        self.log(self.endpoint, "delivered", at=now - 1800000)
        since = {"since": stamp(now - 3600000)}
        answer = self.replay(f"webhooks/{self.endpoint['id']}", since)
        self.assertEqual(answer.data, {"replayed": 130, "has_more": False})
        repeated = {number_of(d["replay_of"]) for page in self.pages(f"/{self.endpoint['id']}/deliveries") for d in page
                    if d["replay_of"]}
        self.assertEqual(repeated, set(recent))
        self.assertEqual(self.replay(f"webhooks/{self.endpoint['id']}", since).data["replayed"], 0)

    def pages(self, path):
        cursor = ""
        while cursor is not None:
            answer = self.ask("GET", f"{path}?limit=100{cursor}")
            yield answer.data
            cursor = f"&cursor={answer.body['next_cursor']}" if answer.body["has_more"] else None

    def test_calls_at_once_repeat_each_one_time(self):
        failed = self.log(self.endpoint, count=100)
        since = {"since": stamp(int(time.time() * 1000) - 3600000)}
        answers = together(4, lambda _: self.replay(f"webhooks/{self.endpoint['id']}", since))
        self.assertEqual(sum(a.data["replayed"] for a in answers), len(failed))

    def test_a_wrong_since_is_refused(self):
        for body in ({}, {"since": None}, {"since": "yesterday"}, {"since": 1}, {"until": "2026-01-01T00:00:00Z"}):
            with self.subTest(body):
                self.refused(self.replay(f"webhooks/{self.endpoint['id']}", body), "INVALID_INPUT",
                             next(iter(body), "since"))

    def test_a_disabled_endpoint_is_sent_nothing_again(self):
        self.log(self.endpoint)
        self.patch(self.endpoint, enabled=False)
        self.refused(self.replay(f"webhooks/{self.endpoint['id']}", {"since": "2026-01-01T00:00:00Z"}), "CONFLICT")


if __name__ == "__main__":
    unittest.main()
