"""Webhook endpoints with real receivers: what arrives, how it is signed, what becomes of a receiver that fails."""
import json
import re
import time
import unittest
import urllib.request

from live import LiveCase, wait_until
from receiver import Answer, Receiver, seed_signature, standard_signature
from stack import Client

FIVE_DAYS_MS = 5 * 86400 * 1000


def form(value):
    """What a value is made of: types, and an object's members in their order."""
    if isinstance(value, dict):
        return {name: form(v) for name, v in value.items()}
    return "?" if value is None else type(value).__name__


class EndpointCase(LiveCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key = cls.platform.ctl("key", "create", "--user", cls.email, "--name", "endpoints", "--scopes",
                                   "agents:read,agents:run,schedules:write,webhooks:write")["key"]

    def setUp(self):
        super().setUp()
        self.receiver = Receiver()
        self.receiver.__enter__()
        self.addCleanup(self.receiver.stop)

    def ask(self, method, path, body=None, status=200):
        answer = self.client.request(method, path, body)
        self.assertEqual(answer.status, status, answer.body)
        return answer.body["data"]

    def make(self, path="/hook", **more):
        made = self.ask("POST", "/api/webhooks", {"url": self.receiver.url(path), **more}, 201)
        self.addCleanup(self.client.request, "DELETE", f"/api/webhooks/{made['id']}")
        return made

    def found(self, endpoint):
        return self.ask("GET", f"/api/webhooks/{endpoint['id']}")

    def send_test(self, endpoint):
        return self.ask("POST", f"/api/webhooks/{endpoint['id']}/test", {})

    def run_probe(self, payload=None, url=None):
        return self.accepted(self.client.run("probe", payload or {}, url))

    def schedule_run(self):
        self.client.request("POST", "/api/schedules/probe", {"cron_expr": "@yearly", "timezone": "UTC"})
        return self.ask("POST", "/api/schedules/probe/run", {}, 202)

    def delivery(self, delivery):
        return self.ask("GET", f"/api/webhook-deliveries/{delivery['id']}")

    def log(self, endpoint, query=""):
        return self.ask("GET", f"/api/webhooks/{endpoint['id']}/deliveries{query}")

    def over(self, delivery):
        def is_over():
            found = self.delivery(delivery)
            return found if found["status"] != "pending" else None
        return wait_until(is_over, 15, "the delivery has ended", 0.05)

    def tried(self, delivery, times=1):
        return wait_until(lambda: (d := self.delivery(delivery))["attempts"] >= times and d, 15, "it was tried", 0.05)

    def disabled(self, endpoint):
        return wait_until(lambda: (e := self.found(endpoint))["enabled"] is False and e, 15, "it is disabled", 0.05)

    def sql(self, endpoint, change):
        digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
        number = 0
        for c in endpoint["id"].partition("_")[2]:
            number = number << 5 | digits.index(c)
        self.platform.sql(f"UPDATE endpoints SET {change} WHERE id = x'{number:032x}'")


class Figures(EndpointCase):
    def figures(self):
        """What /metrics tells of attempts."""
        with urllib.request.urlopen(self.platform.url + "/metrics", timeout=20) as answer:
            lines = re.findall(r"^agentiv_(delivery_(?:attempts|duration)\S*) (\S+)$", answer.read().decode(), re.M)
        return {name: float(value) for name, value in lines}

    def test_each_attempt_is_counted_once_by_what_became_of_its_delivery(self):
        wait_until(lambda: self.platform.number("SELECT COUNT(*) FROM outbox") == 0, 15, "nothing else is to be sent", 0.05)
        self.receiver.script("/hook", Answer(500), Answer(200))
        before = self.figures()
        delivery = self.send_test(self.make())
        self.assertEqual(self.over(delivery)["attempts"], 2)
        more = {name: value - before[name] for name, value in self.figures().items()}
        for outcome, count in (("delivered", 1), ("retried", 1), ("failed", 0)):
            self.assertEqual(more[f'delivery_attempts_total{{outcome="{outcome}"}}'], count, outcome)
        self.assertEqual((more["delivery_duration_seconds_count"], more['delivery_duration_seconds_bucket{le="+Inf"}']), (2, 2))


class Events(EndpointCase):
    def test_each_event_arrives_in_the_form_of_its_example(self):
        endpoint = self.make()
        success, failure = self.run_probe({"payload": 1}), self.run_probe({"fail": "final"})
        fired = self.schedule_run()["execution_id"]
        self.send_test(endpoint)
        got = [json.loads(r.body) for r in self.receiver.wait_for(5)]
        wanted = {("agent.execution.success", success), ("agent.execution.failed", failure),
                  ("schedule.fired", fired), ("agent.execution.success", fired), ("webhook.test", None)}
        self.assertEqual({(b["event"], b.get("execution_id")) for b in got}, wanted)
        examples = {e["event"]: e["example"] for e in self.ask("GET", "/api/webhook-events")}
        for body in got:
            with self.subTest(body["event"]):
                example = examples[body["event"]]
                self.assertEqual(list(body), list(example))
                self.assertEqual(form({**body, "output": None}), form({**example, "output": None}))
                self.assertEqual(body["user_id"], self.user_id)

    def test_only_what_an_endpoint_was_registered_for_arrives_there(self):
        chosen = self.make("/failed", events=["agent.execution.failed"])
        self.make("/all")
        self.run_probe({"payload": 1})
        failure = self.run_probe({"fail": "final"})
        self.receiver.wait_for(2, "/all")
        got = [json.loads(r.body) for r in self.receiver.wait_for(1, "/failed")]
        self.assertEqual([b["execution_id"] for b in got], [failure])
        self.assertEqual([d["event"] for d in self.log(chosen)], ["agent.execution.failed"])

    def test_an_event_has_one_id_at_all_receivers_and_a_delivery_id_at_each(self):
        self.make("/one")
        self.make("/two")
        run = self.run_probe({}, self.receiver.url("/own"))
        got = self.receiver.wait_for(3)
        self.assertEqual({r.path for r in got}, {"/one", "/two", "/own"})
        self.assertEqual({r.headers["webhook-id"] for r in got}, {"evt_" + run.removeprefix("exec_")})
        self.assertEqual(len({r.headers["x-agentiv-delivery"] for r in got}), 3)
        self.assertEqual(len({r.body for r in got}), 1)

    def test_what_happened_before_an_endpoint_was_made_is_not_sent_to_it(self):
        self.make("/first")
        self.run_probe()
        self.receiver.wait_for(1, "/first")
        late = self.make("/late")
        self.send_test(late)
        got, = self.receiver.wait_for(1, "/late")
        self.assertEqual(got.headers["x-agentiv-event"], "webhook.test")
        self.assertEqual(len(self.log(late)), 1)

    def test_a_plan_that_loses_webhooks_sends_no_events_any_more(self):
        endpoint = self.make()
        plan = ["plan", "set", "--user", self.email, "--plan", "enterprise", "--webhooks"]
        self.platform.ctl(*plan, "no")
        self.ended(self.run_probe())
        self.platform.ctl(*plan, "plan")
        later = self.run_probe()
        got, = self.receiver.wait_for(1)
        self.assertEqual(json.loads(got.body)["execution_id"], later)
        self.assertEqual(len(self.log(endpoint)), 1)


class Signatures(EndpointCase):
    def test_an_endpoint_s_own_secret_signs(self):
        endpoint = self.make()
        self.send_test(endpoint)
        got, = self.receiver.wait_for(1)
        self.assertEqual(got.headers["x-agentiv-signature"], seed_signature(endpoint["secret"], got.body))
        self.assertEqual(got.headers["webhook-signature"], standard_signature(endpoint["secret"], got))
        self.assertNotIn("x-agentiv-signature-previous", got.headers)

    def test_after_a_rotation_both_secrets_sign_for_a_day(self):
        endpoint = self.make()
        new = self.ask("POST", f"/api/webhooks/{endpoint['id']}/rotate-secret", {})["secret"]
        self.send_test(endpoint)
        got, = self.receiver.wait_for(1)
        self.assertEqual(got.headers["x-agentiv-signature"], seed_signature(new, got.body))
        self.assertEqual(got.headers["x-agentiv-signature-previous"], seed_signature(endpoint["secret"], got.body))
        self.assertEqual(got.headers["webhook-signature"],
                         standard_signature(new, got) + " " + standard_signature(endpoint["secret"], got))
        # the day is over
        self.sql(endpoint, "previous_until = previous_until - 86400000 - 10000")
        self.send_test(endpoint)
        _, got = self.receiver.wait_for(2)
        self.assertEqual(got.headers["webhook-signature"], standard_signature(new, got))
        self.assertNotIn("x-agentiv-signature-previous", got.headers)

    def test_the_operator_rotates_the_secret_of_runs_own_urls(self):
        email = "rotated-" + self.email
        self.platform.ctl("user", "create", "--email", email, "--name", "R", "--plan", "enterprise")
        self.platform.ctl("subscription", "set", "--user", email, "--agent", "all", "--status", "active")
        key = self.platform.ctl("key", "create", "--user", email, "--name", "k", "--scopes", "agents:run")["key"]
        old = self.platform.ctl("webhook-secret", "show", "--user", email)["secret"]
        new = self.platform.ctl("webhook-secret", "rotate", "--user", email)["secret"]
        self.assertEqual(self.platform.ctl("webhook-secret", "show", "--user", email)["secret"], new)
        client = Client(self.platform.url, key)
        self.addCleanup(client.close)
        self.accepted(client.run("probe", {}, self.receiver.url()))
        got, = self.receiver.wait_for(1)
        self.assertEqual(got.headers["webhook-signature"], standard_signature(new, got) + " " + standard_signature(old, got))
        self.assertEqual(got.headers["x-agentiv-signature"], seed_signature(new, got.body))
        self.assertEqual(got.headers["x-agentiv-signature-previous"], seed_signature(old, got.body))


class Log(EndpointCase):
    def test_an_answer_and_a_request_are_shown_up_to_4_kib(self):
        self.receiver.script("/hook", Answer(200, b"a" * 9000))
        endpoint = self.make()
        self.run_probe({"size": 10000})
        self.receiver.wait_for(1)
        shown = self.over(self.log(endpoint)[0])
        got, = self.receiver.requests()
        self.assertEqual((shown["request_body"], shown["request_size"]), (got.body[:4096].decode(), len(got.body)))
        self.assertEqual([(a["attempt"], a["response_status"], a["response_body"], a["error"]) for a in shown["log"]],
                         [(1, 200, "a" * 4096, None)])
        self.assertEqual((shown["status"], shown["attempts"], shown["response_status"]), ("delivered", 1, 200))

    def test_each_attempt_is_told_with_the_url_it_went_to(self):
        self.receiver.script("/old", Answer(500, b"first", {"Retry-After": "60"}))
        self.receiver.script("/new", Answer(200, b"second"))
        endpoint = self.make("/old")
        delivery = self.tried(self.send_test(endpoint))
        self.assertTrue(delivery["next_attempt_at"])
        self.ask("PATCH", f"/api/webhooks/{endpoint['id']}", {"url": self.receiver.url("/new")})
        self.platform.sql("UPDATE outbox SET due_at = 1")
        self.send_test(endpoint)          # wakes the sender
        shown = self.over(delivery)
        self.assertEqual([(a["url"], a["response_body"]) for a in shown["log"]],
                         [(self.receiver.url("/old"), "first"), (self.receiver.url("/new"), "second")])
        self.ask("PATCH", f"/api/webhooks/{endpoint['id']}", {"url": self.receiver.url("/newest")})
        self.assertEqual(self.delivery(delivery)["log"][1]["url"], self.receiver.url("/new"))

    def test_a_replay_arrives_under_the_event_s_id(self):
        endpoint = self.make()
        old = self.over(self.send_test(endpoint))
        new = self.ask("POST", f"/api/webhook-deliveries/{old['id']}/replay", {})
        first, second = self.receiver.wait_for(2)
        self.assertEqual((first.body, first.headers["webhook-id"]), (second.body, second.headers["webhook-id"]))
        self.assertEqual([first.headers["x-agentiv-delivery"], second.headers["x-agentiv-delivery"]], [old["id"], new["id"]])

    def test_a_run_s_own_webhook_is_sent_again_as_well(self):
        run = self.run_probe({}, self.receiver.url())
        self.receiver.wait_for(1)
        delivery = {"id": "dlv_" + run.removeprefix("exec_")}
        wait_until(lambda: self.client.get(f"/api/webhook-deliveries/{delivery['id']}").status == 200, 15, "it is told of")
        again = self.ask("POST", f"/api/webhook-deliveries/{delivery['id']}/replay", {})
        self.assertEqual((again["execution_id"], again["webhook_id"], again["url"]), (run, None, self.receiver.url()))
        first, second = self.receiver.wait_for(2)
        self.assertEqual((first.body, first.headers["webhook-id"]), (second.body, second.headers["webhook-id"]))
        self.assertEqual(second.headers["webhook-signature"], standard_signature(self.secret, second))

    def test_all_that_failed_is_sent_again_when_the_receiver_is_well(self):
        self.receiver.script("/hook", Answer(410))
        endpoint = self.make()
        deliveries = [self.send_test(endpoint) for _ in range(2)]
        failed = {self.over(d)["event_id"] for d in deliveries}
        self.disabled(endpoint)
        self.ask("PATCH", f"/api/webhooks/{endpoint['id']}", {"enabled": True})
        self.receiver.script("/hook", Answer(200))
        before = len(self.receiver.requests())
        since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 600))
        self.assertEqual(self.ask("POST", f"/api/webhooks/{endpoint['id']}/replay", {"since": since})["replayed"], 2)
        again = self.receiver.wait_for(before + 2)[before:]
        self.assertEqual({r.headers["webhook-id"] for r in again}, failed)


class Failing(EndpointCase):
    def test_410_disables_at_once(self):
        self.receiver.script("/hook", Answer(410))
        endpoint = self.make()
        delivery = self.over(self.send_test(endpoint))
        self.assertEqual((delivery["status"], delivery["attempts"], delivery["response_status"]), ("failed", 1, 410))
        self.assertEqual(self.disabled(endpoint)["disabled_reason"], "gone")
        told = self.platform.ctl("audit", "--user", self.email, "--action", "webhook.disable")
        self.assertEqual([e["detail"] for e in told if e["object"] == endpoint["id"]], [{"reason": "gone"}])

    def test_five_days_of_nothing_but_failures_disable(self):
        self.receiver.script("/hook", Answer(500))
        endpoint = self.make()
        delivery = self.send_test(endpoint)
        self.tried(delivery)
        since = self.found(endpoint)["failing_since"]
        self.assertTrue(since)
        self.over(delivery)
        self.assertEqual((self.found(endpoint)["failing_since"], self.found(endpoint)["enabled"]), (since, True))
        self.sql(endpoint, f"failing_since = failing_since - {FIVE_DAYS_MS}")
        self.send_test(endpoint)
        self.assertEqual(self.disabled(endpoint)["disabled_reason"], "failing")

    def test_one_success_ends_the_failing(self):
        self.receiver.script("/hook", Answer(500), Answer(200))
        endpoint = self.make()
        delivery = self.send_test(endpoint)
        self.assertEqual(self.over(delivery)["status"], "delivered")
        self.assertIsNone(self.found(endpoint)["failing_since"])
        self.assertTrue(self.found(endpoint)["enabled"])

    def test_what_is_pending_when_an_endpoint_is_disabled_ends_as_failed_and_can_be_sent_again(self):
        self.receiver.script("/hook", Answer(503, headers={"Retry-After": "60"}), Answer(200))
        endpoint, other = self.make(), self.make("/other", events=["integration.disconnected"])
        self.run_probe()
        self.receiver.wait_for(1)
        delivery = self.tried(self.log(endpoint)[0])
        self.ask("PATCH", f"/api/webhooks/{endpoint['id']}", {"enabled": False})
        self.platform.sql("UPDATE outbox SET due_at = 1")
        self.send_test(other)             # wakes the sender
        shown = self.over(delivery)
        self.assertEqual((shown["status"], shown["error"]), ("failed", "The endpoint is disabled"))
        self.assertEqual(len(self.receiver.requests("/hook")), 1)
        self.ask("PATCH", f"/api/webhooks/{endpoint['id']}", {"enabled": True})
        again = self.ask("POST", f"/api/webhook-deliveries/{delivery['id']}/replay", {})
        self.assertEqual(self.over(again)["status"], "delivered")

    def test_a_disabled_endpoint_gets_tests_only(self):
        endpoint = self.make(enabled=False)
        self.make("/other")
        self.run_probe()
        self.receiver.wait_for(1, "/other")
        self.send_test(endpoint)
        got, = self.receiver.wait_for(1, "/hook")
        self.assertEqual(got.headers["x-agentiv-event"], "webhook.test")

    def test_what_was_to_go_to_a_deleted_endpoint_ends_as_failed(self):
        self.receiver.script("/hook", Answer(503, headers={"Retry-After": "60"}))
        endpoint, other = self.make(), self.make("/other")
        delivery = self.tried(self.send_test(endpoint))
        self.ask("DELETE", f"/api/webhooks/{endpoint['id']}")
        self.platform.sql("UPDATE outbox SET due_at = 1")
        self.send_test(other)
        self.assertEqual(self.over(delivery)["error"], "The endpoint was deleted")


if __name__ == "__main__":
    unittest.main()
