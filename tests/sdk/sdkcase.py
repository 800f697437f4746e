"""What the tests of the SDKs share: a platform, an account, and the SDKs as programs that make one call."""
import functools
import json
import os
import subprocess
import sys
import tempfile
import unittest
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "lib"))

import sdks                                      # noqa: E402
from running import running_or                   # noqa: E402
from stack import Client, Stack, open_folder     # noqa: E402

SYNC_WAIT_S = 2
SETTINGS = {"http.sync_wait_s": SYNC_WAIT_S, "worker.retry_base_ms": 50, "worker.threads": 32}
SCOPES = "agents:read,agents:run,schedules:write,connections:read,webhooks:write"
CALL_LIMIT_S = 60
DRIVERS = {
    "node, require": ["node", HERE / "driver.js"],
    "node, import": ["node", HERE / "driver.mjs"],
    "python": [sys.executable, "-B", HERE / "driver.py", "sync"],
    "python, asyncio": [sys.executable, "-B", HERE / "driver.py", "async"],
}
# the same class under the name that each language has for it
NAMES = {"AgentivConnectionError": "ConnectionError", "AgentivTimeoutError": "TimeoutError"}


@functools.cache
def platform():
    return running_or(lambda folder: Stack(folder, SETTINGS), ["examples/agents/probe.json"])


class Account:
    def __init__(self):
        ctl = platform().ctl
        self.email = f"sdk-{uuid.uuid4().hex[:12]}@example.com"
        ctl("user", "create", "--email", self.email, "--name", "SDK", "--plan", "enterprise")
        ctl("subscription", "set", "--user", self.email, "--agent", "all", "--status", "active")
        self.key = ctl("key", "create", "--user", self.email, "--name", "test", "--scopes", SCOPES)["key"]

    def data(self, path):
        """What the server itself says, past any fault."""
        client = Client(platform().url, self.key)
        try:
            answer = client.get(path)
        finally:
            client.close()
        assert answer.status == 200, answer.body
        return answer.body["data"]

    def executions(self):
        return {e["id"] for e in self.data("/api/executions?limit=100")}


class MailCase(unittest.TestCase):
    """self.env names an account that has a mailbox with mails; self.folder is a new one."""

    def setUp(self):
        account = Account()
        maildir = open_folder("sdk-mail") / uuid.uuid4().hex
        sdks.run(TOP / "examples/mail/make-maildir", maildir)
        platform().ctl("connection", "add", "--user", account.email, "--integration", "gmail", "--maildir", maildir)
        self.env = {"AGENTIV_API_KEY": account.key, "AGENTIV_BASE_URL": platform().url, "NO_PROXY": "127.0.0.1",
                    "no_proxy": "127.0.0.1"}
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)


def clean_environment(**more):
    env = {name: value for name, value in os.environ.items() if not name.startswith("AGENTIV_")}
    return {**env, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", "PYTHONDONTWRITEBYTECODE": "1", **more}


def call(sdk, method, args, stream=False, **client):
    """{"ok": …} or {"error": …}, as the driver of the SDK tells it."""
    asked = {"call": method, "args": args, "client": client, "stream": stream}
    done = subprocess.run(DRIVERS[sdk], input=json.dumps(asked) + "\n", env=clean_environment(), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=CALL_LIMIT_S, check=False)
    if done.returncode != 0 or done.stdout.count("\n") != 1:
        raise AssertionError(f"{sdk}: {method}: {done.returncode} {done.stdout} {done.stderr}")
    told = json.loads(done.stdout)
    if "error" in told:
        told["error"]["class"] = NAMES.get(told["error"]["class"], told["error"]["class"])
    return told


class SdkCase(unittest.TestCase):
    """Each SDK has an account of its own."""

    @classmethod
    def setUpClass(cls):
        cls.accounts = {sdk: Account() for sdk in DRIVERS}

    def with_each(self, function):
        """function(sdk, account) of all SDKs at once; what failed is told of each."""
        with ThreadPoolExecutor(len(DRIVERS)) as pool:
            futures = {sdk: pool.submit(function, sdk, account) for sdk, account in self.accounts.items()}
        for sdk, future in futures.items():
            with self.subTest(sdk=sdk):
                future.result()
