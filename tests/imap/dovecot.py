"""A Dovecot of one's own: an ordinary process on free loopback ports, with its own certificate, users in a file and their
mail below one folder. Works as root and as anybody else."""
import grp
import imaplib
import os
import pwd
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

from certificates import certificate          # noqa: E402
from stack import free_port, wait_until       # noqa: E402

CONFIGURATION = """\
base_dir = {place}/run
state_dir = {place}/state
log_path = {place}/dovecot.log
auth_verbose = yes
auth_failure_delay = 0
mail_max_userip_connections = 1000
protocols = imap
listen = 127.0.0.1
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
ssl = {ssl}
ssl_cert = <{place}/server.pem
ssl_key = <{place}/server.key
disable_plaintext_auth = {secured}
auth_mechanisms = {mechanisms}
first_valid_uid = 1
mail_location = maildir:~/Maildir
mail_plugins = quota
{more}
service imap-login {{
  chroot =
  process_min_avail = 1
  inet_listener imap {{
    port = {plain_port}
  }}
  inet_listener imaps {{
    port = {tls_listener}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {place}/users/%u
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {place}/users/%u
}}
protocol imap {{
  rawlog_dir = {place}/rawlog/%u
  mail_plugins = quota imap_quota
  {capability}
}}
plugin {{
  quota = maildir:User quota
  quota_rule = *:storage=100M
}}
namespace inbox {{
  inbox = yes
  separator = {separator}
  prefix = {prefix}
  {folders}
}}
"""

FOLDERS = """
  mailbox Archive {
    special_use = \\Archive
    auto = no
  }
  mailbox Sent {
    special_use = \\Sent
    auto = subscribe
  }
"""


class Dovecot:
    """capability: what it says it can ("" all it can); separator and prefix: of its folders' names; tls False: there is
    none, so that a proxy can read along."""

    def __init__(self, place, capability="", folders=FOLDERS, separator="/", prefix="", tls=True, mechanisms="plain login", more=""):
        self.place = Path(place)
        self.place.mkdir(parents=True)
        self.tls = tls
        self.plain_port, self.tls_port = free_port(), free_port()
        certificate(self.place, "authority")
        certificate(self.place, "server", issuer="authority")
        certificate(self.place, "stranger")
        # started by root it refuses to do its work as root: then with the package's users, and nobody's mail
        root = os.getuid() == 0
        me = pwd.getpwuid(os.getuid())
        internal, login = ("dovecot", "dovenull") if root else (me.pw_name, me.pw_name)
        self.owner = pwd.getpwnam("nobody") if root else me
        (self.place / "users").mkdir()
        (self.place / "dovecot.conf").write_text(CONFIGURATION.format(
            place=self.place, internal=internal, login=login, group=grp.getgrgid(pwd.getpwnam(internal).pw_gid).gr_name,
            plain_port=self.plain_port,
            tls_listener=self.tls_port if tls else 0, ssl="yes" if tls else "no", capability=f"imap_capability = {capability}" if capability else "", folders=folders,
            separator=separator, prefix=prefix, secured="yes" if tls else "no", mechanisms=mechanisms, more=more))
        self.process = None
        self.start()

    def start(self):
        with open(self.place / "output", "wb") as output:
            self.process = subprocess.Popen(["dovecot", "-F", "-c", str(self.place / "dovecot.conf")], stdin=subprocess.DEVNULL,
                                            stdout=output, stderr=output, start_new_session=True)
        try:
            wait_until(self.answers, 20, "dovecot answers")
        except AssertionError:
            self.stop()
            raise AssertionError((self.place / "output").read_text() + self.log()) from None

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError("dovecot ended: " + (self.place / "output").read_text() + self.log())
        try:
            with socket.create_connection(("127.0.0.1", self.plain_port), 1) as s:
                s.settimeout(5)
                return s.recv(20).startswith(b"* OK")
        except OSError:
            return False

    def stop(self):
        """Its helpers end with it."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)

    def log(self):
        file = self.place / "dovecot.log"
        return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""

    def logins(self, name):
        return self.log().count(f"Login: user=<{name}>")

    def commands(self, name):
        """How many the last connection of a user sent after its login, as dovecot's raw log has it."""
        logs = sorted((self.place / "rawlog" / name).glob("*.in"), key=lambda f: f.stat().st_mtime)
        return len([line for line in logs[-1].read_text(errors="replace").splitlines() if re.search(r"\bQ\d+ ", line)])

    def authority(self):
        return self.place / "authority.pem"

    def add(self, name, password, quota=""):
        """A mailbox of its own; quota like "*:messages=3"."""
        home = self.place / "mail" / name
        home.mkdir(parents=True)
        raw = self.place / "rawlog" / name
        raw.mkdir(parents=True)
        os.chown(raw, self.owner.pw_uid, self.owner.pw_gid)
        os.chown(home, self.owner.pw_uid, self.owner.pw_gid)
        extra = f"userdb_quota_rule={quota}" if quota else ""
        # a file for each: one that grows within a second is not read again
        (self.place / "users" / name).write_text(
            f"{name}:{{PLAIN}}{password}:{self.owner.pw_uid}:{self.owner.pw_gid}::{home}::{extra}\n", encoding="utf-8")
        return home / "Maildir"

    def url(self, folder=""):
        return f"imaps://localhost:{self.tls_port}{folder}" if self.tls else f"imap://localhost:{self.plain_port}{folder}"

    def look(self, name, password):
        """A connection of the test's own."""
        if self.tls:
            context = ssl.create_default_context(cafile=str(self.authority()))
            client = imaplib.IMAP4_SSL("localhost", self.tls_port, ssl_context=context, timeout=20)
        else:
            client = imaplib.IMAP4("127.0.0.1", self.plain_port, timeout=20)
        client.authenticate("PLAIN", lambda _: f"\0{name}\0{password}".encode())
        return client


class Mailbox:
    """One user's mail as the test sees it: through the server, with a connection of its own for each look."""

    def __init__(self, server, name, password, quota=""):
        self.server, self.name, self.password = server, name, password
        self.home = server.add(name, password, quota)

    def __call__(self):
        return self.server.look(self.name, self.password)

    def write(self, name, text):
        """A file of the server's own."""
        (self.home / name).write_text(text, encoding="utf-8")
        os.chown(self.home / name, self.server.owner.pw_uid, self.server.owner.pw_gid)

    def append(self, raw, folder="INBOX", flags=None, date=None):
        client = self()
        try:
            status, data = client.append(folder, flags, date or imaplib.Time2Internaldate(time.time()), raw)
            assert status == "OK", data
        finally:
            client.logout()

    def mails(self, folder="INBOX"):
        """{subject: set of flags}; empty where there is no such folder."""
        client, found = self(), {}
        try:
            if client.select(folder, readonly=True)[0] != "OK":
                return {}
            _, data = client.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
            for item in data:
                if isinstance(item, tuple):
                    flags = set(imaplib.ParseFlags(item[0]))
                    subject = item[1].decode().partition(":")[2].strip()
                    found[subject] = {flag.decode() for flag in flags} - {"\\Recent"}
            return found
        finally:
            client.logout()
