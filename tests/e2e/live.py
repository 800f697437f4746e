"""A whole platform for the end-to-end tests, and an account on it.

With AGENTIV_BASE_URL, AGENTIV_CONFIG and AGENTIVCTL in the environment (a quickstart's STATE/env) a platform that runs
already is used; otherwise one is started. Neither worker nor sender polls more than once a minute in that one: what
arrives in time was announced by a doorbell."""
import functools
import sys
import unittest
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

from running import running_or                   # noqa: E402
from stack import Client, Stack, wait_until      # noqa: E402,F401

TOP = Path(__file__).resolve().parents[2]
SETTINGS = {"outbound.allow_networks": "127.0.0.0/8,::1/128", "webhooks.poll_ms": 60000, "worker.poll_ms": 60000,
            "webhooks.schedule_s": "0,1", "worker.retry_base_ms": 50}


@functools.cache
def platform():
    return running_or(lambda folder: Stack(folder, SETTINGS), ["examples/agents/probe.json"])


class LiveCase(unittest.TestCase):
    """Each class has an account of its own."""

    @classmethod
    def setUpClass(cls):
        cls.platform = platform()
        cls.email = f"e2e-{uuid.uuid4().hex[:12]}@example.com"
        ctl = cls.platform.ctl
        cls.user_id = ctl("user", "create", "--email", cls.email, "--name", "End to end",
                          "--plan", "enterprise")["id"]
        ctl("subscription", "set", "--user", cls.email, "--agent", "all", "--status", "active")
        cls.key = ctl("key", "create", "--user", cls.email, "--name", "test",
                      "--scopes", "agents:read,agents:run,webhooks:write")["key"]
        cls.secret = ctl("webhook-secret", "show", "--user", cls.email)["secret"]

    def setUp(self):
        self.client = Client(self.platform.url, self.key)
        self.addCleanup(self.client.close)

    def accepted(self, answer):
        """The id of a run that was accepted."""
        self.assertEqual(answer.status, 202, answer.body)
        return answer.body["data"]["execution_id"]

    def execution(self, execution_id):
        answer = self.client.get(f"/api/executions/{execution_id}")
        self.assertEqual(answer.status, 200, answer.body)
        return answer.body["data"]

    def ended(self, execution_id, seconds=20):
        def over():
            execution = self.execution(execution_id)
            return execution if execution["status"] in ("success", "failed") else None
        return wait_until(over, seconds, f"{execution_id} has ended")
