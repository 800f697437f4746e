"""What the tests of IMAP mailboxes share: mail servers that live as long as the process, and an account of each test's own
that has a mailbox on one of them."""
import atexit
import functools
import subprocess
import sys
import uuid
from email.utils import formatdate
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

import live                                      # noqa: E402
from dovecot import Dovecot, Mailbox             # noqa: E402
from stack import open_folder                    # noqa: E402

PASSWORD = "pässwort-\"7\\$ecret"
ALL = ("IMAP4rev1 SASL-IR LITERAL+ ID ENABLE IDLE NAMESPACE UIDPLUS LIST-EXTENDED ESEARCH SPECIAL-USE MOVE")


@functools.cache
def server(name="usual", **options):
    dovecot = Dovecot(open_folder("imap") / name, **options)
    atexit.register(dovecot.stop)
    return dovecot


def alone():
    """A platform that has no worker, started."""
    platform = live.Stack(open_folder("imap") / "alone", dict(live.SETTINGS, **{"http.run_inline": "yes"}))
    platform.init()
    platform.up()
    platform.stop("worker")
    return platform


def without(*capabilities):
    return " ".join(word for word in ALL.split() if word not in capabilities)


def mail(subject, sender="ann@example.org", to="sam@example.com", body="Hello.", message_id=None, headers=""):
    message_id = message_id or f"<{uuid.uuid4().hex}@example.org>"
    text = (f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: {formatdate()}\r\nMessage-ID: {message_id}\r\n"
            f"{headers}\r\n{body}\r\n")
    return text.encode()


@functools.cache
def samples():
    """The project's twenty sample mails."""
    place = open_folder("imap") / "samples"
    subprocess.run([live.TOP / "examples/mail/make-maildir", place], check=True, stdout=subprocess.DEVNULL)
    found = [f.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
             for part in ("cur", "new") for f in sorted((place / part).iterdir())]
    assert len(found) == 20
    return found


class MailCase(live.LiveCase):
    """self.box is a mailbox on self.server, which is connected by self.connect()."""

    def setUp(self):
        super().setUp()
        self.server = server()
        self.new_account()
        self.box = self.new_box()

    def new_account(self):
        ctl = self.platform.ctl
        self.email = f"imap-{uuid.uuid4().hex[:12]}@example.com"
        ctl("user", "create", "--email", self.email, "--name", "Mail", "--plan", "enterprise")
        ctl("subscription", "set", "--user", self.email, "--agent", "all", "--status", "active")
        self.client.key = ctl("key", "create", "--user", self.email, "--name", "test",
                              "--scopes", "agents:read,agents:run")["key"]

    def new_box(self, on=None, quota=""):
        return Mailbox(on or self.server, f"user-{uuid.uuid4().hex[:8]}", PASSWORD, quota)

    def password_file(self, text=PASSWORD + "\n"):
        file = open_folder("imap") / f"password-{uuid.uuid4().hex[:8]}"
        file.write_text(text, encoding="utf-8")
        file.chmod(0o600)
        self.addCleanup(file.unlink)
        return file

    def words(self, url=None, password=None, ca=None, box=None, plaintext=None):
        """Of `connection add` for a mailbox. plaintext None: where its URL does not begin with encryption."""
        box = box or self.box
        url = url or box.server.url()
        if plaintext is None:
            plaintext = url.startswith("imap://")
        return ["connection", "add", "--user", self.email, "--integration", "gmail", "--imap", url, *(["--plaintext"] if plaintext else []),
                "--username", box.name, "--password-file", password or self.password_file(),
                "--ca-file", ca or box.server.authority(), "--address", "sam@example.com"]

    def connect(self, *more, **how):
        return self.platform.ctl(*self.words(**how), *more)

    def triage(self, *rules, seconds=60, **more):
        """The execution, ended."""
        payload = dict({"max_emails": 50, "rules": list(rules)}, **more)
        return self.ended(self.accepted(self.client.run("email-triage", payload)), seconds)

    def succeeded(self, *rules, **more):
        execution = self.triage(*rules, **more)
        self.assertEqual(execution["status"], "success", execution["error"])
        return execution

    def effects(self, execution, kind=None):
        return [e for e in execution["output"]["effects"] if kind in (None, e["kind"])]

    def steps(self, execution):
        answer = self.client.get(f"/api/executions/{execution['id']}/steps")
        self.assertEqual(answer.status, 200, answer.body)
        return answer.body["data"]
