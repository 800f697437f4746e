"""A mailbox whose server refuses the password for good: it is disconnected, and integration.disconnected is sent once."""
import json
import socket
import unittest

from mailcase import MailCase, mail
from receiver import Receiver


class Disconnected(MailCase):
    def setUp(self):
        super().setUp()
        self.client.key = self.platform.ctl("key", "create", "--user", self.email, "--name", "all", "--scopes",
                                            "agents:read,agents:run,connections:read,webhooks:write")["key"]
        self.receiver = Receiver()
        self.receiver.__enter__()
        self.addCleanup(self.receiver.stop)
        answer = self.client.request("POST", "/api/webhooks", {"url": self.receiver.url(),
                                                               "events": ["integration.disconnected"]})
        self.assertEqual(answer.status, 201, answer.body)
        self.endpoint = answer.body["data"]
        self.box.append(mail("One"))

    def connect_wrongly(self):
        """As if the password had been changed at the server since."""
        self.connect("--unchecked", password=self.password_file("another\n"))

    def status(self):
        listed = self.platform.ctl("connection", "list", "--user", self.email)
        return {c["integration"]: c["status"] for c in listed}["gmail"]

    def test_a_password_that_is_refused_disconnects_and_is_told_once(self):
        self.connect_wrongly()
        self.assertEqual(self.triage()["error"]["code"], "INTEGRATION_NOT_CONNECTED")
        got, = self.receiver.wait_for(1)
        body = json.loads(got.body)
        self.assertEqual(list(body), ["event", "integration", "user_id", "reason", "timestamp"])
        self.assertEqual((body["event"], body["integration"]), ("integration.disconnected", "gmail"))
        self.assertEqual(body["user_id"], self.client.get("/api/me").body["data"]["id"])
        self.assertIn("refused the login", body["reason"])
        self.assertEqual(self.status(), "disconnected")
        refused = self.client.run("email-triage", {"max_emails": 1})
        self.assertEqual((refused.status, refused.body["error"]["code"]), (400, "INTEGRATION_NOT_CONNECTED"))

    def test_runs_that_are_refused_together_tell_of_it_once(self):
        self.connect_wrongly()
        runs = [self.accepted(self.client.run("email-triage", {"max_emails": 1})) for _ in range(3)]
        for run in runs:
            self.assertEqual(self.ended(run, 30)["status"], "failed")
        self.receiver.wait_for(1)
        told = self.client.get(f"/api/webhooks/{self.endpoint['id']}/deliveries").body["data"]
        self.assertEqual([d["event"] for d in told], ["integration.disconnected"])

    def test_a_mailbox_that_is_connected_again_works_and_is_told_of_again(self):
        self.connect_wrongly()
        self.triage()
        self.connect()
        self.assertEqual(self.status(), "connected")
        self.succeeded()
        self.connect_wrongly()
        self.triage()
        self.receiver.wait_for(2)

    def test_a_server_that_is_merely_away_disconnects_nothing(self):
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            self.connect("--unchecked", url=f"imap://127.0.0.1:{nobody.getsockname()[1]}")
            self.assertEqual(self.triage()["error"]["code"], "EXECUTION_FAILED")
        self.assertEqual(self.status(), "connected")
        told = self.client.get(f"/api/webhooks/{self.endpoint['id']}/deliveries").body["data"]
        self.assertEqual(told, [])


if __name__ == "__main__":
    unittest.main()
