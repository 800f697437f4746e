"""Webhooks of runs through the whole platform: from the request to a receiver that verifies them."""
import json
import unittest

from live import LiveCase, wait_until
from receiver import Answer, Receiver, seed_signature, standard_signature


class RunWebhooks(LiveCase):
    def setUp(self):
        super().setUp()
        self.receiver = Receiver()
        self.receiver.__enter__()
        self.addCleanup(self.receiver.stop)

    def run_probe(self, payload, **more):
        return self.client.run("probe", payload, self.receiver.url(), **more)

    def only_webhook(self):
        self.receiver.wait_for(1)
        request, = self.receiver.requests()
        self.assertEqual(request.headers["x-agentiv-signature"], seed_signature(self.secret, request.body))
        self.assertEqual(request.headers["webhook-signature"], standard_signature(self.secret, request))
        return request, json.loads(request.body)

    def test_an_asynchronous_run_is_delivered_as_it_stands_in_the_api(self):
        execution_id = self.accepted(self.run_probe({"payload": {"text": "Grüße, 你好 🦁", "n": 9007199254740993}}))
        request, body = self.only_webhook()
        execution = self.execution(execution_id)
        self.assertEqual(body, {
            "event": "agent.execution.success", "execution_id": execution_id, "agent_slug": "probe",
            "user_id": self.user_id, "status": "success", "summary": execution["summary"],
            "output": execution["output"], "tokens_used": execution["tokens_used"],
            "duration_ms": execution["duration_ms"], "timestamp": execution["completed_at"]})
        self.assertEqual(body["output"]["payload"]["n"], 9007199254740993)
        self.assertEqual(request.headers["x-agentiv-event"], "agent.execution.success")

    def test_a_synchronous_run_is_delivered_too(self):
        answer = self.run_probe({"payload": 1}, wait=True)
        self.assertEqual(answer.status, 200, answer.body)
        _, body = self.only_webhook()
        self.assertEqual(body["execution_id"], answer.body["data"]["execution_id"])
        self.assertEqual(body["output"], answer.body["data"]["output"])

    def test_a_failure_is_delivered_once_after_the_last_attempt(self):
        execution_id = self.accepted(self.run_probe({"fail": "retryable"}))
        request, body = self.only_webhook()
        execution = self.execution(execution_id)
        self.assertEqual(execution["attempt"], 3)
        self.assertEqual(request.headers["x-agentiv-event"], "agent.execution.failed")
        self.assertEqual((body["event"], body["status"], body["output"], body["error"]),
                         ("agent.execution.failed", "failed", None, execution["error"]))

    def test_a_cancelled_run_is_delivered_as_failed(self):
        execution_id = self.accepted(self.run_probe({"sleep_ms": 60000}))
        wait_until(lambda: self.execution(execution_id)["status"] == "running", 10, "it runs")
        answer = self.client.request("POST", f"/api/executions/{execution_id}/cancel")
        self.assertEqual(answer.status, 202, answer.body)
        _, body = self.only_webhook()
        self.assertEqual((body["event"], body["error"]["code"]), ("agent.execution.failed", "CANCELLED"))

    def test_a_large_output_arrives_whole(self):
        self.accepted(self.run_probe({"size": 3000000}))
        request, body = self.only_webhook()
        self.assertGreater(len(request.body), 3000000)
        self.assertEqual(body["status"], "success")

    def test_a_receiver_that_fails_gets_it_again(self):
        self.receiver.script("/hook", Answer(500), Answer(200))
        self.accepted(self.run_probe({}))
        first, second = self.receiver.wait_for(2)
        self.assertEqual(first.body, second.body)
        self.assertEqual(first.headers["webhook-id"], second.headers["webhook-id"])

    def test_it_arrives_without_waiting_for_a_poll(self):
        # there is one a minute, and none of the receiver's waits is that long
        for count in range(1, 11):
            self.accepted(self.run_probe({}))
            self.receiver.wait_for(count)

    def test_many_runs_are_each_delivered_once(self):
        ids = {self.accepted(self.run_probe({"payload": i})) for i in range(200)}
        requests = self.receiver.wait_for(200)
        self.assertEqual({json.loads(r.body)["execution_id"] for r in requests}, ids)
        self.assertEqual(len(requests), 200)

    def test_urls_that_lead_inside_are_refused_at_once(self):
        for url in ("http://10.0.0.1/hook", "http://192.168.1.1/", "http://169.254.169.254/latest/meta-data/",
                    "http://[fe80::1]/", "http://0xa9fea9fe/", "ftp://example.com/", "http://user:pw@example.com/",
                    "https://example.com:22/", "not a url", "http://example.com/a b", "https://" + "a" * 2050):
            with self.subTest(url=url):
                answer = self.client.run("probe", {}, url)
                self.assertEqual((answer.status, answer.body["error"]["code"]), (400, "INVALID_INPUT"))
                self.assertEqual(answer.body["error"]["field"], "webhook_url")


if __name__ == "__main__":
    unittest.main()
