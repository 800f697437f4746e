"""The receivers of examples/receivers, each with deliveries of the real sender, and with such as nobody should accept."""
import base64
import hashlib
import hmac
import http.client
import json
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from live import TOP, Client, LiveCase, wait_until
from receiver import seed_signature
from stack import free_port

EXAMPLES = TOP / "examples/receivers"


def run(*words, **env):
    """Its output; fails with it."""
    done = subprocess.run(words, env={**os.environ, **env}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{words[0]}: {done.stdout}")
    return done.stdout


class Program:
    """A receiver that runs."""

    def __init__(self, command, folder, secret, port):
        self.said = folder / "said"
        env = dict(os.environ, AGENTIV_WEBHOOK_SECRET=secret, PORT=str(port), PWD=str(folder),
                   AGENTIV_SEEN=str(folder / "seen"))
        with self.said.open("wb") as said:
            self.process = subprocess.Popen(command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=said,
                                            stderr=subprocess.STDOUT)
        wait_until(lambda: self.accepts(port), 10, f"{command[0]} listens")

    def accepts(self, port):
        if self.process.poll() is not None:
            raise AssertionError(f"it has ended: {self.said.read_text()}")
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", port)) == 0

    def done(self, event_id):
        """What it has done for an event, a line each time."""
        return [line for line in self.said.read_text(errors="replace").splitlines() if event_id in line]

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


def new_secret():
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def standard_signature(secret, event_id, timestamp, body):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return "v1," + base64.b64encode(hmac.new(key, f"{event_id}.{timestamp}.".encode() + body,
                                             hashlib.sha256).digest()).decode()


def signed(secret, body, age_s=0):
    """The headers that the sender gives a body, signed so many seconds ago."""
    event_id, timestamp = f"evt_{secrets.token_hex(13).upper()}", str(int(time.time()) - age_s)
    return {"X-Agentiv-Signature": seed_signature(secret, body), "webhook-id": event_id, "webhook-timestamp": timestamp,
            "webhook-signature": standard_signature(secret, event_id, timestamp, body)}


def post(port, body, headers, method="POST"):
    """The status of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, "/webhooks/agentiv", body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


class Receivers:
    """What holds of each of them. Each class has an endpoint, and a receiver that runs."""

    # ---- of each language ----

    FILE = WORK = SLOWLY = ""    # its name, how its work begins, and what inserted there lets it take 20 s

    @classmethod
    def command(cls, source, folder, port):
        """What starts it in a folder of its own, where it is built if it has to be."""
        raise NotImplementedError

    # ---- deliveries ----

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = Path(tempfile.mkdtemp(prefix=f"{cls.__name__}-", dir=os.environ.get("AGENTIV_TEST_TMP")))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.port, cls.id, cls.endpoint_secret = cls.new_endpoint()
        cls.program = cls.start(cls.endpoint_secret, cls.port)
        cls.addClassCleanup(cls.program.stop)

    @classmethod
    def call(cls, path, body=None, method="POST"):
        client = Client(cls.platform.url, cls.key)
        try:
            answer = client.request(method, path, body)
        finally:
            client.close()
        assert answer.status in (200, 201, 202), (answer.status, answer.body)
        return answer.body["data"]

    @classmethod
    def new_endpoint(cls):
        port = free_port()
        made = cls.call("/api/webhooks", {"url": f"http://127.0.0.1:{port}/webhooks/agentiv"})
        return port, made["id"], made["secret"]

    @classmethod
    def start(cls, secret, port, change=("", "")):
        """It runs as it is, or with a change to its text."""
        folder = Path(tempfile.mkdtemp(dir=cls.folder))
        source = EXAMPLES / cls.FILE
        if change[0]:
            text = source.read_text()
            assert text.count(change[0]) == 1, f"{source} has changed: {change[0]}"
            source = folder / cls.FILE
            source.write_text(text.replace(*change))
        return Program(cls.command(source, folder, port), folder, secret, port)

    def delivered(self, delivery):
        """What is known of it at its end, which must be a good one."""
        def over():
            found = self.call(f"/api/webhook-deliveries/{delivery['id']}", method="GET")
            return found if found["status"] != "pending" else None
        found = wait_until(over, 15, "the delivery is over")
        self.assertEqual((found["status"], found["response_status"]), ("delivered", 204), found)
        return found

    def a_test_delivered(self, endpoint):
        """A test event that was delivered."""
        return self.delivered(self.call(f"/api/webhooks/{endpoint}/test"))

    def worked_on(self, program, event_id):
        return wait_until(lambda: program.done(event_id), 10, f"{event_id} is done")[0]

    # ---- what is accepted ----

    def test_a_runs_end_is_accepted_and_worked_on(self):
        execution = self.accepted(self.client.run("probe", {"payload": "Grüße 🦁"}))
        line = self.worked_on(self.program, "evt_" + execution.removeprefix("exec_"))
        self.assertIn("agent.execution.success", line)
        self.assertIn(execution, line)

    def test_a_body_of_megabytes_is_accepted(self):
        execution = self.accepted(self.client.run("probe", {"size": 4000000}))
        self.worked_on(self.program, "evt_" + execution.removeprefix("exec_"))

    def test_an_event_that_comes_again_is_answered_and_not_worked_on_again(self):
        first = self.a_test_delivered(self.id)
        again = self.delivered(self.call(f"/api/webhook-deliveries/{first['id']}/replay"))
        self.assertEqual((again["event_id"], again["replay_of"]), (first["event_id"], first["id"]))
        # what came behind it has been worked on, so it would have been as well
        self.worked_on(self.program, self.a_test_delivered(self.id)["event_id"])
        self.assertEqual(len(self.program.done(first["event_id"])), 1)

    def test_after_a_rotation_the_old_secret_accepts_and_the_new_one_too(self):
        port, endpoint, old = self.new_endpoint()
        new = self.call(f"/api/webhooks/{endpoint}/rotate-secret")["secret"]
        self.assertNotEqual(old, new)
        for secret in old, new:
            program = self.start(secret, port)
            try:
                self.worked_on(program, self.a_test_delivered(endpoint)["event_id"])
            finally:
                program.stop()

    def test_it_answers_before_it_works(self):
        port = free_port()
        program = self.start(self.endpoint_secret, port, (self.WORK, self.WORK + self.SLOWLY))
        self.addCleanup(program.stop)
        self.assertEqual(post(port, self.BODY, signed(self.endpoint_secret, self.BODY)), 204)

    # ---- what is refused ----

    BODY = b'{"event":"webhook.test","execution_id":null}'

    def check_refused(self, status, body, headers):
        self.assertEqual(post(self.port, body, headers), status)

    def test_what_is_signed_as_the_sender_does_is_accepted(self):
        """So what the others change is what they are refused for."""
        headers = signed(self.endpoint_secret, self.BODY)
        self.assertEqual(post(self.port, self.BODY, headers), 204)
        self.worked_on(self.program, headers["webhook-id"])

    def test_another_secret_is_refused(self):
        self.check_refused(401, self.BODY, signed(new_secret(), self.BODY))

    def test_what_is_refused_is_neither_worked_on_nor_remembered(self):
        headers = signed(self.endpoint_secret, self.BODY)
        self.check_refused(401, self.BODY, {**headers, "X-Agentiv-Signature": "sha256=" + "0" * 64})
        self.assertEqual(post(self.port, self.BODY, headers), 204)
        self.worked_on(self.program, headers["webhook-id"])
        self.worked_on(self.program, self.a_test_delivered(self.id)["event_id"])
        self.assertEqual(len(self.program.done(headers["webhook-id"])), 1)

    def test_each_signature_is_looked_at(self):
        wrong = signed(new_secret(), self.BODY)
        for name in "X-Agentiv-Signature", "webhook-signature":
            for value in (wrong[name], signed(self.endpoint_secret, self.BODY)[name][:-1], "sha256=", "v1,", "ü", "x" * 300):
                with self.subTest(name=name, value=value):
                    self.check_refused(401, self.BODY, {**signed(self.endpoint_secret, self.BODY),
                                                        name: value.encode()})

    def test_a_changed_body_is_refused(self):
        self.check_refused(401, self.BODY.replace(b"null", b"true"), signed(self.endpoint_secret, self.BODY))

    def test_each_signature_alone_notices_a_changed_body(self):
        changed = self.BODY.replace(b"null", b"true")
        for name in "X-Agentiv-Signature", "webhook-signature":
            with self.subTest(name=name):
                headers = signed(self.endpoint_secret, changed)
                old = {"X-Agentiv-Signature": seed_signature(self.endpoint_secret, self.BODY),
                       "webhook-signature": standard_signature(self.endpoint_secret, headers["webhook-id"],
                                                               headers["webhook-timestamp"], self.BODY)}
                self.check_refused(401, changed, {**headers, name: old[name]})

    def test_another_id_or_time_is_refused(self):
        for name, value in (("webhook-id", "evt_" + "7" * 26), ("webhook-timestamp", str(int(time.time()) - 7))):
            with self.subTest(name=name):
                self.check_refused(401, self.BODY, {**signed(self.endpoint_secret, self.BODY), name: value})

    def test_what_was_signed_long_ago_is_refused(self):
        for age_s in 310, -310:
            with self.subTest(age_s=age_s):
                self.check_refused(400, self.BODY, signed(self.endpoint_secret, self.BODY, age_s))

    def test_missing_headers_are_refused(self):
        for name in signed(self.endpoint_secret, self.BODY):
            with self.subTest(name=name):
                headers = signed(self.endpoint_secret, self.BODY)
                del headers[name]
                self.check_refused(400, self.BODY, headers)

    def test_a_timestamp_that_is_none_is_refused(self):
        for value in "now", "-5", "9" * 30, "²":
            with self.subTest(value=value):
                self.check_refused(400, self.BODY, {**signed(self.endpoint_secret, self.BODY),
                                                    "webhook-timestamp": value.encode("latin-1")})

    def test_a_body_that_is_too_large_is_refused_and_the_next_accepted(self):
        try:
            self.assertEqual(post(self.port, b"x" * ((8 << 20) + 1), {}), 413)
        except (BrokenPipeError, ConnectionResetError):
            pass    # the connection was closed before all of it was sent
        headers = signed(self.endpoint_secret, self.BODY)
        self.assertEqual(post(self.port, self.BODY, headers), 204)

    def test_only_post_is_answered(self):
        self.assertIn(post(self.port, None, {}, "GET"), (405, 501))


class Node(Receivers, LiveCase):
    FILE = "receiver.js"
    WORK = "function work(id, event) {\n"
    SLOWLY = "  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20000);\n"

    @classmethod
    def command(cls, source, folder, port):
        return [shutil.which("node") or "nodejs", source]


class Python(Receivers, LiveCase):
    FILE = "receiver.py"
    WORK = '    """What your application does with an event."""\n'
    SLOWLY = "    time.sleep(20)\n"

    @classmethod
    def command(cls, source, folder, port):
        return ["python3", "-B", source]


class Php(Receivers, LiveCase):
    FILE = "receiver.php"
    WORK = "function work(string $id, array $event): void\n{\n"
    SLOWLY = "    sleep(20);\n"

    @classmethod
    def command(cls, source, folder, port):
        return ["php", "-S", f"127.0.0.1:{port}", source]


class Go(Receivers, LiveCase):
    FILE = "receiver.go"
    WORK = "func work(id string, rawBody []byte) {\n"
    SLOWLY = "\ttime.Sleep(20 * time.Second)\n"

    @classmethod
    def command(cls, source, folder, port):
        # of the standard library alone, so there is nothing to download
        run("go", "build", "-o", folder / "receiver", source, GOCACHE=str(cls.folder / "cache"),
            GOPATH=str(cls.folder / "path"), GOPROXY="off", GOFLAGS="", GO111MODULE="on", GOTOOLCHAIN="local")
        return [folder / "receiver"]

    def test_it_is_formatted(self):
        self.assertEqual(run("gofmt", "-l", EXAMPLES / self.FILE), "")


class C(Receivers, LiveCase):
    FILE = "receiver.c"
    WORK = "static void work(const char *id, const char *event)\n{\n"
    SLOWLY = "\tnanosleep(&(struct timespec){.tv_sec = 20}, NULL);\n"

    @classmethod
    def command(cls, source, folder, port):
        run("gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", folder / "receiver", source, "-lfcgi", "-lcrypto")
        # which starts the program of the folder in which it was started itself
        return [shutil.which("lighttpd") or "/usr/sbin/lighttpd", "-D", "-f", EXAMPLES / "lighttpd.conf"]
