"""A whole Agentiv for a test (deploy/lib/stack.sh): state folder, processes, accounts, requests."""
import atexit
import functools
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

TOP = Path(__file__).resolve().parents[2]


class StackError(Exception):
    """A command of the stack failed; the message is its output."""


def wait_until(condition, seconds, what, pause_s=0.02):
    """Asks the condition again and again; returns its first true value. Fails, naming what, past the time."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"within {seconds} s: {what}")
        time.sleep(pause_s)


def free_port():
    """A port of 127.0.0.1 for what is started later."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@functools.cache
def open_folder(name):
    """A folder for servers of a test that work as other users: these must be able to pass. One of each name."""
    base = os.environ.get("AGENTIV_TEST_TMP")
    made = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=base))
    made.chmod(0o755)
    if not base:
        atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: dict


class Client:
    """One kept connection with one key. A connection that fails is opened anew at the next request."""

    def __init__(self, url, key=None, timeout_s=70):
        self.address = urlsplit(url)
        self.key = key
        self.timeout_s = timeout_s
        self.connection = None

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def request(self, method, path, body=None, **headers):
        """Raises OSError or HTTPException when there is no answer."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body)
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection(self.address.hostname, self.address.port,
                                                             timeout=self.timeout_s)
            self.connection.request(method, self.address.path + path, body, headers)
            response = self.connection.getresponse()
            raw = response.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        try:
            parsed = json.loads(raw)
        except ValueError:
            parsed = None            # the web server's own page
        return Answer(response.status, response.headers, parsed)

    def get(self, path):
        return self.request("GET", path)

    def run(self, agent, payload, webhook_url=None, wait=False, **headers):
        body = {"input_payload": payload, "async": not wait}
        if webhook_url:
            body["webhook_url"] = webhook_url
        return self.request("POST", f"/api/agents/{agent}/run", body, **headers)


class Stack:
    """settings: "section.name" to value, for agentiv.conf."""

    def __init__(self, state, settings=None, server=None):
        self.state = Path(state)
        self.config = self.state / "agentiv.conf"
        self.settings = dict(settings or {})
        self.server = server or os.environ.get("AGENTIV_TEST_SERVER", "nginx")
        self.url = None

    def command(self, *words, limit_s=120):
        done = subprocess.run([str(TOP / "deploy/lib/stack.sh"), words[0], str(self.state), *map(str, words[1:])],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=limit_s, check=False)
        if done.returncode != 0:
            raise StackError(f"stack.sh {' '.join(map(str, words))}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def init(self, manifests=()):
        """Configuration, database and schema; the manifests' files become the operator's agents."""
        self.command("init", *(f"{name}={value}" for name, value in self.settings.items()))
        for manifest in manifests:
            shutil.copy(TOP / manifest, self.state / "agents")

    def up(self):
        self.url = self.command("up", self.server, 0).split()[-1]
        return self.url

    def down(self):
        self.command("down")

    def start(self, *names):
        self.command("start", *names)

    def stop(self, *names):
        self.command("stop", *names)

    def signal(self, name, signal):
        """By its name ("KILL", "STOP"); KILL waits for the end."""
        self.command("signal", name, signal)

    def pid(self, name):
        return int(self.command("pid", name))

    def ctl(self, *words):
        return json.loads(self.command("ctl", *words, "--json"))

    def sql(self, statement):
        """Rows of text columns."""
        return [line.split("\t") for line in self.command("sql", f"USE agentiv; {statement}").splitlines()]

    def number(self, statement):
        return int(self.sql(statement)[0][0])

    def run_dir(self):
        """The folder of its sockets."""
        return Path(re.search(r"(?m)^run_dir *= *(.*)$", self.config.read_text())[1])

    def log(self, name):
        file = self.state / "log" / f"{name}.log"
        return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""

    def account(self, email, plan="enterprise"):
        """The key of a new account with every agent subscribed."""
        self.ctl("user", "create", "--email", email, "--name", "Test", "--plan", plan)
        self.ctl("subscription", "set", "--user", email, "--agent", "all", "--status", "active")
        return self.ctl("key", "create", "--user", email, "--name", "test",
                        "--scopes", "agents:read,agents:run")["key"]

    def client(self, key=None, timeout_s=70):
        return Client(self.url, key, timeout_s)
