"""What is secret stays so: in no log, nowhere in the database, not even in its files, and not to be read from a process."""
import base64
import os
import socket
import subprocess
import threading
import unittest
from pathlib import Path

from live import SETTINGS, Stack, wait_until
from receiver import Receiver

PASSWORD, WRONG_PASSWORD, MAIL_PASSWORD = "horse-Battery-7193-staple", "wrong-Guess-5561-horse", "mail-Password-8842-box"
TOKEN = "metrics-Token-3377-operator"


class MailServer:
    """Refuses every login, and says in its refusal what it was sent."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.heard = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            with client, client.makefile("rwb", 0) as f:
                f.write(b"* OK ready\r\n")
                for line in f:
                    self.heard.append(line)
                    tag, _, command = line.strip().partition(b" ")
                    if command.upper() == b"CAPABILITY":
                        f.write(b"* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\n" + tag + b" OK done\r\n")
                    else:
                        f.write(tag + b" NO [AUTHENTICATIONFAILED] not " + line.strip() + b"\r\n")

    def close(self):
        self.socket.close()


class Secrets(unittest.TestCase):
    """A platform on which everything secret is used."""

    @classmethod
    def setUpClass(cls):
        cls.stack = Stack(Path(os.environ["AGENTIV_TEST_TMP"], "secrets"), {
            **SETTINGS, "log.level": "debug", "http.sync_wait_s": 5})
        cls.addClassCleanup(cls.stack.down)
        cls.token_file = cls.stack.state / "operator-token"
        cls.stack.settings["http.metrics_token_file"] = cls.token_file
        cls.stack.state.mkdir()
        cls.file(cls.token_file, TOKEN)
        cls.stack.init(["examples/agents/probe.json"])
        cls.stack.up()

    @staticmethod
    def file(path, text):
        path.touch(0o600)
        path.write_text(text + "\n")
        return path

    def request(self, method, path, body=None, **headers):
        client = self.stack.client()
        try:
            return client.request(method, path, body, **headers)
        finally:
            client.close()

    # ---- using them ----

    def use_all(self):
        """Uses everything secret; the secrets by what they are."""
        stack, secrets = self.stack, {"password": PASSWORD, "wrong password": WRONG_PASSWORD,
                                      "mail password": MAIL_PASSWORD, "metrics token": TOKEN}
        secrets["key"] = stack.account("secret@example.com")
        secrets["revoked key"] = self.revoked_key()
        secrets["webhook secret"] = stack.ctl("webhook-secret", "show", "--user", "secret@example.com")["secret"]
        self.run_with_webhook(secrets["key"])
        self.request("GET", "/metrics", Authorization=f"Bearer {TOKEN}", X_Forwarded_For="192.0.2.1")
        self.request("GET", "/api/agents", Authorization=f"Bearer {secrets['key'][:-1]}")
        self.fail_at_mail(secrets["key"])
        secrets.update(self.use_session())
        secrets["database password"] = (stack.state / "secrets/database").read_text().strip()
        return secrets

    def revoked_key(self):
        made = self.stack.ctl("key", "create", "--user", "secret@example.com", "--name", "n", "--scopes", "agents:read")
        self.stack.ctl("key", "revoke", made["id"], "--user", "secret@example.com")
        self.assertEqual(self.request("GET", "/api/agents", Authorization=f"Bearer {made['key']}").status, 401)
        return made["key"]

    def run_with_webhook(self, key):
        client = self.stack.client(key)
        with Receiver() as receiver:
            answer = client.run("probe", {"steps": 1}, receiver.url(), Idempotency_Key="once")
            self.assertEqual(answer.status, 202, answer.body)
            receiver.wait_for(1)
        client.close()

    def fail_at_mail(self, key):
        server = MailServer()
        self.addCleanup(server.close)
        self.stack.ctl("connection", "add", "--user", "secret@example.com", "--integration", "gmail", "--imap",
                       f"imap://127.0.0.1:{server.port}", "--plaintext", "--username", "secret", "--unchecked",
                       "--password-file", self.file(self.stack.state / "mail-password", MAIL_PASSWORD))
        client = self.stack.client(key)
        answer = client.run("email-triage", {}, wait=True)
        self.assertEqual(answer.status, 400, answer.body)
        client.close()
        given = base64.b64encode(f"\0secret\0{MAIL_PASSWORD}".encode())
        self.assertTrue([line for line in server.heard if given in line or MAIL_PASSWORD.encode() in line], server.heard)

    def use_session(self):
        """Its token, and the key that was made in it."""
        self.stack.ctl("user", "password", "--user", "secret@example.com", "--password-file",
                       self.file(self.stack.state / "password", PASSWORD))
        login = {"email": "secret@example.com"}
        self.assertEqual(self.request("POST", "/api/session", {**login, "password": WRONG_PASSWORD}).status, 401)
        answer = self.request("POST", "/api/session", {**login, "password": PASSWORD})
        self.assertEqual(answer.status, 200, answer.body)
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
        made = self.request("POST", "/api/keys", {"name": "session's", "scopes": ["agents:read"]}, Cookie=cookie,
                            Idempotency_Key="made-once")
        self.assertEqual(made.status, 201, made.body)
        self.assertEqual(self.request("DELETE", "/api/session", Cookie=cookie).status, 200)
        return {"session": cookie.partition("=")[2], "session's key": made.body["data"]["key"]}

    # ---- looking for them ----

    def ring(self, name):
        """The keys of a file of secrets: bytes by what they are."""
        lines = (self.stack.state / "secrets" / name).read_text().split()
        return {f"{name} {line.partition(':')[0]}": base64.b64decode(line.partition(":")[2]) for line in lines}

    def forms(self, secret):
        """A secret as it might be written."""
        raw = secret if isinstance(secret, bytes) else secret.encode()
        found = {raw, raw.hex().encode(), raw.hex().upper().encode(), base64.b64encode(raw), base64.urlsafe_b64encode(raw),
                 base64.b64encode(b"\0secret\0" + raw), base64.b64encode(b"\0secret\0" + raw).hex().encode()}
        if raw.startswith(b"whsec_"):
            found |= {raw[6:], base64.b64decode(raw[6:]), base64.b64decode(raw[6:]).hex().encode()}
        return found

    def dump(self):
        """Every row of every table, as text and with bytes as hexadecimal digits."""
        tables = [row[0] for row in self.stack.sql("SHOW TABLES")]
        socket_path = self.stack.run_dir() / "db.sock"
        select = "".join(f"SELECT '{t}'; SELECT * FROM {t};" for t in tables)
        return {f"dump {option}": subprocess.run(
            ["mariadb", "--no-defaults", "--batch", option, f"--socket={socket_path}", "agentiv", "-e", select],
            stdout=subprocess.PIPE, check=True, timeout=60).stdout for option in ("--raw", "--binary-as-hex")}

    def everything(self):
        """What was written, by where: logs, the database's tables, and once it is down its files."""
        places = self.dump()
        self.stack.down()
        for folder in ("log", "db"):
            for file in (self.stack.state / folder).rglob("*"):
                if file.is_file():
                    places[str(file.relative_to(self.stack.state))] = file.read_bytes()
        return places

    def test_no_log_and_no_row_and_no_file_of_the_database_holds_a_secret(self):
        secrets = self.use_all()
        secrets.update(self.ring("pepper"))
        secrets.update(self.ring("seal"))
        places = self.everything()
        # what is looked at is what there is
        for place in ("dump --raw", "log/responder.log", "log/worker.log", "log/sender.log"):
            self.assertIn(place, places)
        self.assertIn(b"secret@example.com", places["dump --raw"])
        self.assertIn(secrets["key"][:13].encode(), places["dump --raw"])
        self.assertTrue([p for p, text in places.items() if p.startswith("db/") and b"secret@example.com" in text])
        found = [f"{what} in {where}" for what, secret in secrets.items() for form in self.forms(secret)
                 for where, text in places.items() if form in text]
        # the database keeps its own user's password as a hash, which is none of these
        self.assertEqual(found, [])


# LeakSanitizer reads the process that it looks at: with it none is hidden (AGENTIV_DUMPABLE)
if "ASAN_OPTIONS" not in os.environ:
    class Processes(unittest.TestCase):
        """Whom the kernel lets look into a process: here one of its own user, without a privilege over others."""

        UNPRIVILEGED = (["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.getuid() == 0 else [])

        @classmethod
        def setUpClass(cls):
            cls.stack = Stack(Path(os.environ["AGENTIV_TEST_TMP"], "hidden"), SETTINGS)
            cls.addClassCleanup(cls.stack.down)
            cls.stack.init(["examples/agents/probe.json"])
            cls.stack.up()
            cls.stack.stop("worker")

        def start(self, *words, **env):
            program = subprocess.Popen([*self.UNPRIVILEGED, *map(str, words)], env={**os.environ, **env}, stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

            def end():
                program.terminate()
                program.wait(30)
            self.addCleanup(end)
            wait_until(lambda: b"setpriv" not in Path(f"/proc/{program.pid}/cmdline").read_bytes(), 10, "it runs")
            return program.pid

        def readable(self, pid):
            """Which of a process's memory map, environment and so on can be read."""
            return [file for file in ("environ", "maps", "auxv")
                    if subprocess.run([*self.UNPRIVILEGED, "cat", f"/proc/{pid}/{file}"], stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL, check=False).returncode == 0]

        def program(self, name):
            folder = Path(os.environ["STACK_BIN"])
            return next(p for p in (folder / name, folder / "../libexec" / name) if p.exists())

        def check_hidden(self, pid):
            wait_until(lambda: not self.readable(pid), 10, "it hides its memory")
            limits = Path(f"/proc/{pid}/limits").read_text()
            self.assertRegex(limits, r"(?m)^Max core file size +0 +0 ")

        def test_another_program_can_be_read(self):
            pid = self.start("sleep", "60")
            wait_until(lambda: len(self.readable(pid)) == 3, 10, "all of it can be read")

        def test_worker_sender_and_responder_cannot(self):
            for name in ("agentiv-worker", "agentiv-webhookd", "agentiv.fcgi"):
                with self.subTest(name):
                    self.check_hidden(self.start(self.program(name), "-c", self.stack.config,
                                                 AGENTIV_HTTP_LISTEN=str(self.stack.run_dir() / "hidden.sock")))

        def test_the_operator_s_command_cannot(self):
            key = self.stack.account("hidden@example.com")
            client = self.stack.client(key)
            self.addCleanup(client.close)
            client.run("probe", {"sleep_ms": 20000})
            self.check_hidden(self.start(self.program("agentivctl"), "-c", self.stack.config, "tick"))


if __name__ == "__main__":
    unittest.main()
