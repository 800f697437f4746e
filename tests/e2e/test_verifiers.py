"""What customers verify webhooks with accepts those of the sender: the API's document, word for word, and npm packages."""
import json
import os
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from live import Client, LiveCase
from stack import free_port

HERE = Path(__file__).resolve().parent


class NodeCase(LiveCase):
    """Each class has an account of its own, as the sender remembers an account's secret for some seconds."""

    def start(self, port, now, before=None):
        """receiver.js, with the secret of now and the one before a rotation."""
        modules = os.environ.get("AGENTIV_NPM")
        self.assertTrue(modules and Path(modules, "svix").is_dir(),
                        "AGENTIV_NPM must name the node_modules with the packages of tests/packages.npm")
        self.secrets = [now] + [before] * (before is not None)
        env = dict(os.environ, AGENTIV_WEBHOOK_SECRET=now, SECRETS=" ".join(self.secrets), PORT=str(port), NODE_PATH=modules)
        self.node = subprocess.Popen([shutil.which("node") or "nodejs", HERE / "receiver.js"], env=env, text=True,
                                     stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.addCleanup(self.end_node)
        self.assertEqual(int(self.node.stdout.readline()), port)

    def end_node(self):
        self.node.terminate()
        self.node.wait(10)
        self.node.stdout.close()

    def check_accepted(self, event, **members):
        """The next webhook passes the document's check and, with each of the secrets, the packages'."""
        seen = json.loads(self.node.stdout.readline())
        self.assertTrue(seen["documented"], seen)
        for package in "standardwebhooks", "svix":
            self.assertEqual(seen[package], [True] * len(self.secrets), package)
        self.assertEqual((seen["event"], seen["body"]["event"]), (event, event))
        self.assertEqual({name: seen["body"][name] for name in members}, members)


class RunsOwnUrl(NodeCase):
    def setUp(self):
        super().setUp()
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/webhooks/agentiv"
        self.start(port, self.secret)

    def test_a_success(self):
        execution_id = self.accepted(self.client.run("probe", {"payload": "Grüße 🦁"}, self.url))
        self.check_accepted("agent.execution.success", execution_id=execution_id)

    def test_a_failure(self):
        execution_id = self.accepted(self.client.run("probe", {"fail": "final"}, self.url))
        self.check_accepted("agent.execution.failed", execution_id=execution_id)

    def test_a_body_that_was_tampered_with_is_refused(self):
        """That the receiver's checks bite at all."""
        request = urllib.request.Request(self.url, b'{"event":"agent.execution.success"}', {
            "X-Agentiv-Signature": "sha256=" + "0" * 64, "X-Agentiv-Event": "agent.execution.success"})
        with self.assertRaises(urllib.error.HTTPError) as raised:
            urllib.request.urlopen(request, timeout=10)
        self.assertEqual(raised.exception.code, 401)
        raised.exception.close()
        seen = json.loads(self.node.stdout.readline())
        self.assertFalse(seen["documented"])
        for package in "standardwebhooks", "svix":
            self.assertIn("Missing required headers", seen[package][0])


class RunsOwnUrlAfterARotation(NodeCase):
    def test_the_packages_accept_with_either_secret(self):
        new = self.platform.ctl("webhook-secret", "rotate", "--user", self.email)["secret"]
        port = free_port()
        self.start(port, new, self.secret)
        execution_id = self.accepted(self.client.run("probe", {}, f"http://127.0.0.1:{port}/webhooks/agentiv"))
        self.check_accepted("agent.execution.success", execution_id=execution_id)


class Endpoint(NodeCase):
    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.endpoint = self.post("/api/webhooks", {"url": f"http://127.0.0.1:{self.port}/webhooks/agentiv"})
        self.addCleanup(self.delete, self.endpoint["id"])

    def post(self, path, body=None):
        answer = self.client.request("POST", path, body)
        self.assertIn(answer.status, (200, 201), answer.body)
        return answer.body["data"]

    def delete(self, endpoint):
        client = Client(self.platform.url, self.key)
        client.request("DELETE", f"/api/webhooks/{endpoint}")
        client.close()

    def test_runs_and_tests(self):
        self.start(self.port, self.endpoint["secret"])
        for payload, event in (({"payload": "Grüße 🦁"}, "agent.execution.success"),
                               ({"fail": "final"}, "agent.execution.failed")):
            execution_id = self.accepted(self.client.run("probe", payload))
            self.check_accepted(event, execution_id=execution_id)
        self.post(f"/api/webhooks/{self.endpoint['id']}/test")
        self.check_accepted("webhook.test", webhook_id=self.endpoint["id"])

    def test_after_a_rotation_the_packages_accept_with_either_secret(self):
        new = self.post(f"/api/webhooks/{self.endpoint['id']}/rotate-secret")["secret"]
        self.start(self.port, new, self.endpoint["secret"])
        self.post(f"/api/webhooks/{self.endpoint['id']}/test")
        self.check_accepted("webhook.test")
