"""What the tests of mails to users share: a mail server and a platform that sends to it, which live as long as the process,
and an account of each test's own with a mailbox."""
import atexit
import functools
import http.cookies
import sys
import unittest
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

from exim import PASSWORD, USER, Exim                   # noqa: E402
from stack import Client, Stack, free_port, open_folder, wait_until   # noqa: E402,F401

USERS_PASSWORD = "a user's own words"
MAIL_EVENT = 5          # enum event_type


@functools.cache
def server():
    exim = Exim(open_folder("mail") / "exim")
    atexit.register(exim.stop)
    return exim


@functools.cache
def platform():
    """Tries again each second, and looks at its outbox all the time."""
    password, port = open_folder("mail") / "password", free_port()
    password.write_text(PASSWORD + "\n")
    password.chmod(0o600)
    stack = Stack(open_folder("mail") / "stack", {
        "outbound.ca_file": server().place / "authority.pem", "mail.url": f"smtp://localhost:{server().port}",
        "mail.user": USER, "mail.password_file": password, "mail.from": "Agentiv <agentiv@example.com>",
        "mail.public_url": f"http://127.0.0.1:{port}", "webhooks.schedule_s": ",".join(["1"] * 30),
        "webhooks.poll_ms": 200, "webhooks.idle_poll_ms": 200})
    atexit.register(stack.down)
    stack.init(["examples/agents/probe.json"])
    stack.url = stack.command("up", stack.server, port).split()[-1]
    return stack


class MailCase(unittest.TestCase):
    """self.address is that of a new Starter account, which has a mailbox and is logged in."""

    def setUp(self):
        self.server, self.platform = server(), platform()
        self.account()

    def account(self, name="Ada Byron", mailbox=True):
        self.address = f"m-{uuid.uuid4().hex[:12]}@example.com"
        ctl = self.platform.ctl
        ctl("user", "create", "--email", self.address, "--name", name, "--plan", "starter")
        ctl("subscription", "set", "--user", self.address, "--agent", "all", "--status", "active")
        secret = open_folder("mail") / f"password-{self.address}"
        secret.write_text(USERS_PASSWORD)
        ctl("user", "password", "--user", self.address, "--password-file", secret)
        if mailbox:
            self.server.add(self.address)
        self.client = Client(self.platform.url)
        self.addCleanup(self.client.close)
        answer = self.client.request("POST", "/api/session", {"email": self.address, "password": USERS_PASSWORD})
        self.assertEqual(answer.status, 200, answer.body)
        cookie = http.cookies.SimpleCookie(answer.headers["Set-Cookie"])["agentiv_session"].value
        self.cookie = f"agentiv_session={cookie}"

    def run_probe(self, **payload):
        """The id of a run, ended."""
        answer = self.client.request("POST", "/api/agents/probe/run", {"input_payload": payload, "async": False},
                                     Cookie=self.cookie)
        self.assertIn(answer.status, (200, 500), answer.body)
        found = answer.body.get("data") or answer.body["error"]
        return found["execution_id"]

    def switched(self, name):
        """A switch of the mail server is on until the test says otherwise, or ends."""
        self.server.switch(name, True)

        def off():
            if (self.server.place / name).exists():
                self.server.switch(name, False)
        self.addCleanup(off)
        return off

    def rows(self, columns="d.state, d.attempts, COALESCE(d.last_status, 0), COALESCE(d.last_error, '')"):
        """Of this account's mails, the oldest first."""
        return self.platform.sql(f"SELECT {columns} FROM deliveries d JOIN accounts a ON a.id = d.account_id"
                                 f" WHERE d.event = {MAIL_EVENT} AND a.email = '{self.address}' ORDER BY d.id")

    def row(self, condition, what):
        """(state, attempts, status, error) of the account's only mail, when the condition holds of it."""
        def look():
            (state, attempts, status, error), = self.rows() or [(None, 0, 0, "")]
            found = (state, int(attempts), int(status), error)
            return found if condition(*found) else None
        return wait_until(look, 20, what)

    def tried(self, times=1):
        return self.row(lambda state, attempts, status, error: attempts >= times, f"it was tried {times} times")

    def only_mail(self):
        """The one that has come, when its delivery is over."""
        found = self.server.arrived(self.address)
        self.row(lambda state, *_: state == "1", "its delivery is over")
        self.assertEqual(len(self.server.mails(self.address)), 1)
        return found[0]
