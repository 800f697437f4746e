"""An Exim of one's own: an ordinary process on a free loopback port, with its own certificates, a login, and mailboxes
(Maildir) below one folder. Works as root and as anybody else. Files in its folder are its switches, looked at with each
connection."""
import mailbox
import os
import pwd
import signal
import socket
import subprocess
import sys
from email import message_from_bytes, policy
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

from certificates import certificate          # noqa: E402
from stack import free_port, wait_until       # noqa: E402

USER, PASSWORD = "agentiv", "pass-wort: 7\"ecret"

CONFIGURATION = """\
daemon_smtp_ports = {port} : {tls_port}
tls_on_connect_ports = {tls_port}
local_interfaces = 127.0.0.1
primary_hostname = mail.test
spool_directory = {place}/spool
log_file_path = {place}/log/%slog
keep_environment =
log_selector = +smtp_no_mail +smtp_protocol_error +tls_cipher
pid_file_path = {place}/exim.pid
exim_user = {user}
exim_group = {group}
deliver_drop_privilege = true
never_users =
domainlist ours = example.com : example.org
host_lookup =
rfc1413_query_timeout = 0s
smtp_accept_max = 50
smtp_accept_max_per_host = 0
accept_8bitmime = true
tls_certificate = ${{if exists{{{place}/stranger}}{{{place}/stranger.pem}}{{{place}/server.pem}}}}
tls_privatekey = ${{if exists{{{place}/stranger}}{{{place}/stranger.key}}{{{place}/server.key}}}}
tls_advertise_hosts = ${{if exists{{{place}/no-tls}}{{}}{{*}}}}
acl_smtp_mail = mail
acl_smtp_rcpt = recipient

begin acl

mail:
  accept authenticated = *
  deny message = 5.7.0 Log in first

recipient:
  deny condition = ${{lookup{{$local_part@$domain}}dsearch,filter=dir{{{place}/mail}}{{no}}{{yes}}}}
       message = 5.1.1 There is no such mailbox
  defer condition = ${{if exists{{{place}/greylist}}}}
       message = 450 4.2.0 Greylisted, come again
  accept domains = +ours
  deny message = 5.7.1 Relay not permitted

begin routers

box:
  driver = accept
  domains = +ours
  transport = maildir

begin transports

maildir:
  driver = appendfile
  directory = {place}/mail/${{lookup{{$local_part@$domain}}dsearch,filter=dir{{{place}/mail}}}}
  maildir_format
  create_directory
  directory_mode = 0755
  mode = 0644

begin retry

* * F,1h,1m

begin authenticators

plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_advertise_condition = ${{if def:tls_in_cipher}}
  server_condition = ${{if and{{{{eq{{$auth2}}{{{name}}}}}{{eq{{$auth3}}{{${{readfile{{{place}/password}}{{}}}}}}}}}}}}
  server_set_id = $auth2
"""


class Exim:
    def __init__(self, place):
        self.place = Path(place)
        self.place.mkdir(parents=True)
        self.port, self.tls_port = free_port(), free_port()
        # started by root it works as the package's user
        self.owner = pwd.getpwnam("Debian-exim" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name)
        certificate(self.place, "authority")
        certificate(self.place, "server", issuer="authority")
        certificate(self.place, "stranger")
        for name in ("spool", "log", "mail"):
            (self.place / name).mkdir()
        (self.place / "password").write_text(PASSWORD)
        (self.place / "exim.conf").write_text(CONFIGURATION.format(
            place=self.place, port=self.port, tls_port=self.tls_port, user=self.owner.pw_uid, group=self.owner.pw_gid, name=USER))
        for file in (self.place, *self.place.iterdir()):
            if file.name != "exim.conf":
                os.chown(file, self.owner.pw_uid, self.owner.pw_gid)
        self.process = None
        self.start()

    def start(self):
        with open(self.place / "output", "ab") as output:
            self.process = subprocess.Popen(["/usr/sbin/exim4", "-bdf", "-C", str(self.place / "exim.conf")],
                                            stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
        try:
            wait_until(self.answers, 20, "exim answers")
        except AssertionError:
            self.stop()
            raise AssertionError((self.place / "output").read_text() + self.log("main") + self.log("panic")) from None

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError("exim ended")
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as s:
                s.settimeout(5)
                greeted = s.recv(100).startswith(b"220 ")
                s.sendall(b"QUIT\r\n")
                return greeted and s.recv(100).startswith(b"221 ")
        except OSError:
            return False

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)

    def add(self, address):
        """A mailbox; mail for others is refused."""
        place = self.place / "mail" / address
        place.mkdir()
        os.chown(place, self.owner.pw_uid, self.owner.pw_gid)

    def switch(self, name, on):
        """stranger: a certificate that nobody has signed; no-tls: no STARTTLS; greylist: recipients are put off."""
        if on:
            (self.place / name).touch()
        else:
            (self.place / name).unlink()

    def log(self, name="main"):
        file = self.place / "log" / f"{name}log"
        return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""

    def raw(self, address):
        """The mails in a mailbox, as bytes, the oldest first."""
        place = self.place / "mail" / address
        if not (place / "new").is_dir():
            return []
        box = mailbox.Maildir(place, create=False)
        return [box.get_bytes(key) for key in sorted(box.keys())]

    def mails(self, address):
        return [message_from_bytes(raw, policy=policy.default) for raw in self.raw(address)]

    def arrived(self, address, count=1, seconds=20):
        """Mails of a mailbox, when so many have come."""
        return wait_until(lambda: (found := self.mails(address)) and len(found) >= count and found, seconds,
                          f"{count} mails for {address} have come")
