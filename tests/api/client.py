"""What the API's tests share: one running platform, accounts on it, and requests whose answers are looked at in
what every answer must have.

With AGENTIV_BASE_URL, AGENTIV_CONFIG and AGENTIVCTL in the environment a platform that runs already is used (it must
have the agents of the folder agents/); otherwise one is started, over the web server that AGENTIV_TEST_SERVER names,
and with AGENTIV_CGI=1 as plain CGI.
"""
import calendar
import functools
import http.client
import itertools
import json
import os
import re
import shutil
import socket
import sys
import threading
import time
import unittest
from pathlib import Path
from typing import NamedTuple, Optional
from urllib.parse import urlsplit

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))

from prism import judge                  # noqa: E402
from running import running_or           # noqa: E402
from stack import Stack, wait_until      # noqa: E402,F401

CGI = os.environ.get("AGENTIV_CGI") == "1"
SCOPES = "agents:read,agents:run,schedules:write,connections:read,webhooks:write"
SYNC_WAIT_S = 3
SETTINGS = {"http.sync_wait_s": SYNC_WAIT_S, "worker.retry_base_ms": 50, "worker.threads": 64,
            "outbound.allow_networks": "127.0.0.0/8"}
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
EXECUTION = re.compile(r"^exec_[0-7][0-9A-HJKMNP-TV-Z]{25}$")
CODES = {"UNAUTHORIZED": 401, "FORBIDDEN": 403, "NOT_FOUND": 404, "RATE_LIMITED": 429, "INVALID_INPUT": 400,
         "INTEGRATION_NOT_CONNECTED": 400, "EXECUTION_FAILED": 500, "METHOD_NOT_ALLOWED": 405, "CONFLICT": 409,
         "PAYLOAD_TOO_LARGE": 413, "UNAVAILABLE": 503, "INTERNAL": 500}


class Platform(Stack):
    """A stack of deploy/lib/stack.sh with the agents that these tests use."""

    def __init__(self, state, settings=None):
        server = os.environ.get("AGENTIV_TEST_SERVER", "nginx")
        super().__init__(state, {**SETTINGS, **(settings or {})}, "lighttpd" if CGI and server == "nginx" else server)

    def init(self, manifests=()):
        super().init(manifests)
        for file in ["../../examples/agents/probe.json", *(f"agents/{f.name}" for f in (HERE / "agents").glob("*.json"))]:
            shutil.copy(HERE / file, self.state / "agents")

    def up(self):
        self.url = self.command("up", self.server, 0, *(["cgi"] if CGI else [])).split()[-1]
        if judge():
            judge().platform(self.url)      # Prism starts before a test looks at the time
        return self.url


@functools.cache
def platform():
    """The one that all tests use that change nothing in it but their own accounts."""
    return running_or(Platform)


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    text: str
    body: Optional[object]

    @property
    def data(self):
        return self.body["data"]

    @property
    def code(self):
        return self.body["error"]["code"]

    @property
    def error(self):
        return self.body["error"]


def exchange(url, method, path, body=None, headers=None, timeout_s=70, around=None):
    """One request on a connection of its own. body: bytes are sent as they are, anything else as JSON. around: why it
    cannot go through Prism (prism.py)."""
    headers = dict(headers or {})
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    if body is not None:
        headers.setdefault("Content-Type", "application/json")
    way = judge().way(url, method, path, body, headers, around) if judge() else url
    address = urlsplit(way)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=timeout_s)
    try:
        connection.request(method, address.path + path, body, headers)
        response = connection.getresponse()
        text = response.read().decode()
    finally:
        connection.close()
    parsed = None
    if response.headers.get("Content-Type", "") == "application/json" and text:
        parsed = json.loads(text)
    answer = Answer(response.status, response.headers, text, parsed)
    if way != url:
        judge().look(url, method, path, body, headers, answer)
    return answer


def exchange_raw(url, data, patience_s=1, timeout_s=30):
    """Sends bytes as they are and reads until the end. For requests that no library makes. A server that waits for
    more is told after patience_s that there is none."""
    address = urlsplit(url)
    got = b""
    with socket.create_connection((address.hostname, address.port), timeout=patience_s) as s:
        s.sendall(data)
        while True:
            try:
                piece = s.recv(65536)
            except socket.timeout:
                s.shutdown(socket.SHUT_WR)
                s.settimeout(timeout_s)
                continue
            except ConnectionResetError:
                break
            if not piece:
                break
            got += piece
    return got


def soon(seconds):
    """So many seconds from now, less the rest of one, as agentivctl takes a time."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def seconds_until(text):
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ")) - time.time()


def next_month():
    now = time.gmtime()
    return f"{now.tm_year + now.tm_mon // 12}-{now.tm_mon % 12 + 1:02}-01T00:00:00Z"


def next_day():
    return time.strftime("%Y-%m-%dT00:00:00Z", time.gmtime(time.time() + 86400))


class Account:
    """A user with a key. Limits: requests_per_minute and so on, as `agentivctl plan set` takes them."""
    _numbers = itertools.count(1)

    def __init__(self, on, plan="enterprise", scopes=SCOPES, subscription="active", **limits):
        self.on = on
        self.email = f"api-{os.getpid()}-{time.time_ns()}-{next(self._numbers)}@example.com"
        self.id = on.ctl("user", "create", "--email", self.email, "--name", "Test", "--plan", plan)["id"]
        self.plan = plan
        if limits:
            self.limit(**limits)
        if subscription:
            self.subscribe(subscription)
        self.key = self.new_key(scopes)["key"]

    def limit(self, plan=None, **limits):
        words = itertools.chain.from_iterable((f"--{name.replace('_', '-')}", str(n)) for name, n in limits.items())
        self.on.ctl("plan", "set", "--user", self.id, "--plan", plan or self.plan, *words)

    def subscribe(self, status, agent="all", *more):
        self.on.ctl("subscription", "set", "--user", self.id, "--agent", agent, "--status", status, *more)

    def budget(self, tokens, *more):
        self.on.ctl("budget", "set", "--user", self.id, "--tokens-per-month", tokens, *more)

    def new_key(self, scopes=SCOPES, *more):
        return self.on.ctl("key", "create", "--user", self.id, "--name", "test", "--scopes", scopes, *more)


class ApiCase(unittest.TestCase):
    """Each class has an Enterprise account: self.account."""

    @classmethod
    def setUpClass(cls):
        cls.platform = platform()
        cls.account = Account(cls.platform)

    # ---- requests ----

    def call(self, method, path, body=None, key=..., headers=None, **more):
        """As the account, unless another key is given, None for none."""
        key = self.account.key if key is ... else key
        headers = dict(headers or {})
        if key is not None:
            headers.setdefault("Authorization", f"Bearer {key}")
        answer = exchange(self.platform.url, method, path, body, headers, **more)
        self.check_answer(answer, method)
        return answer

    def call_odd(self, method, path):
        """A request that a web server may refuse by itself: then its answer has the API's form, but not its ids."""
        answer = exchange(self.platform.url, method, path, None, {"Authorization": f"Bearer {self.account.key}"},
                          around="server")
        if answer.headers.get("X-Request-Id", "").startswith("req_"):
            self.check_answer(answer, method)
            return answer
        self.assertTrue(400 <= answer.status < 500 or answer.status == 501, answer)
        return None

    def get(self, path, **more):
        return self.call("GET", path, **more)

    def run_probe(self, payload=None, wait=False, agent="probe", more=None, **options):
        body = {"input_payload": payload or {}, "async": not wait, **(more or {})}
        return self.call("POST", f"/api/agents/{agent}/run", body, **options)

    def start(self, payload=None, **options):
        """An asynchronous run's id."""
        answer = self.run_probe(payload, **options)
        self.assertEqual(answer.status, 202, answer.text)
        return answer.data["execution_id"]

    def execution(self, execution_id, **options):
        answer = self.get(f"/api/executions/{execution_id}", **options)
        self.assertEqual(answer.status, 200, answer.text)
        return answer.data

    def ended(self, execution_id, seconds=20, **options):
        """The execution when it is over."""
        def over():
            e = self.execution(execution_id, **options)
            return e if e["status"] in ("success", "failed") else None
        return wait_until(over, seconds, f"{execution_id} has ended", 0.05)

    # ---- what must hold of every answer ----

    def check_answer(self, answer, method="GET"):
        for name in ("X-Request-Id", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"):
            self.assertIn(name, answer.headers, answer)
        self.assertRegex(answer.headers["X-Request-Id"], r"^req_[0-9A-HJKMNP-TV-Z]{26}$")
        self.assertRegex(answer.headers["X-RateLimit-Limit"], r"^(\d+|unlimited)$")
        self.assertRegex(answer.headers["X-RateLimit-Remaining"], r"^(\d+|unlimited)$")
        self.assertLess(abs(int(answer.headers["X-RateLimit-Reset"]) - time.time()), 70)
        self.assertEqual(int(answer.headers["X-RateLimit-Reset"]) % 60, 0)
        if method == "HEAD" or answer.status == 204:
            self.assertEqual(answer.text, "")
        elif answer.body is not None:
            self.check_envelope(answer)

    def check_envelope(self, answer):
        if answer.status < 300:
            self.assertIs(answer.body["success"], True)
            self.assertIn("data", answer.body)
            return
        self.assertEqual(set(answer.body), {"success", "error"})
        self.assertIs(answer.body["success"], False)
        self.assertEqual(CODES.get(answer.code), answer.status, answer.text)
        self.assertTrue(answer.error["message"])
        self.assertLessEqual(set(answer.error), {"code", "message", "field", "integrationSlug", "retry_after",
                                                 "execution_id", "limit", "max", "resets_at"})
        if answer.status in (429, 503):
            self.assertGreaterEqual(int(answer.headers["Retry-After"]), 1)

    def over_limit(self, answer, limit, figure, resets_at):
        """The answer is 429 and says which limit was reached, its figure and when it counts from 0 again."""
        self.refused(answer, "RATE_LIMITED")
        self.assertEqual({name: answer.error[name] for name in ("limit", "max", "resets_at")},
                         {"limit": limit, "max": figure, "resets_at": resets_at})
        self.assertIn(str(figure), answer.error["message"])
        if resets_at:
            self.assertLess(abs(seconds_until(resets_at) - int(answer.headers["Retry-After"])), 3)

    def refused(self, answer, code, field=None):
        """The answer is this error."""
        self.assertEqual(answer.body and answer.body.get("error", {}).get("code"), code, answer.text)
        self.assertEqual(answer.status, CODES[code])
        if field is not None:
            self.assertEqual(answer.error.get("field"), field, answer.text)


def together(count, function):
    """Calls function(0 … count-1) at once, each in a thread; returns the results in order. Raises the first error."""
    results, errors = [None] * count, []
    gate = threading.Barrier(count)

    def one(i):
        try:
            gate.wait(30)
            results[i] = function(i)
        except BaseException as e:       # noqa: B902: it is raised again below
            errors.append(e)

    threads = [threading.Thread(target=one, args=(i,)) for i in range(count)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if errors:
        raise errors[0]
    return results
