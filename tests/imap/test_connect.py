"""agentivctl connection add --imap: what is asked, looked at, kept and told."""
import json
import os
import subprocess
import unittest

from between import Fake
from mailcase import PASSWORD, MailCase, mail, server
from stack import wait_until


class Connect(MailCase):
    def ctl(self, *words, stdin=None, **environment):
        """(status, object, standard error) of agentivctl."""
        words = [str(word) for word in words]
        given = {"input": stdin} if stdin else {"stdin": subprocess.DEVNULL}
        done = subprocess.run([os.environ["STACK_BIN"] + "/agentivctl", "-c", self.platform.state / "agentiv.conf", *words],
                              capture_output=True, text=True, timeout=60, check=False,
                              env=dict(os.environ, **environment), **given)
        return done.returncode, done.stdout, done.stderr

    def refusal(self, *more, status=1, **how):
        """Code and message."""
        given, _, said = self.ctl(*self.words(**how), *more, "--json")
        self.assertEqual(given, status, said)
        error = json.loads(said)["error"]
        return error["code"], error["message"]

    def test_it_logs_in_and_tells_how_many_mails_there_are(self):
        for n in range(3):
            self.box.append(mail(f"Mail {n}"))
        connection = self.connect()
        self.assertEqual((connection["kind"], connection["status"], connection["mails"]), ("imap", "connected", 3))

    def test_people_are_told_in_words(self):
        self.box.append(mail("One"))
        status, said, _ = self.ctl(*self.words())
        self.assertEqual(status, 0)
        self.assertIn("The folder holds 1 mail.", said)

    def test_all_is_sealed(self):
        self.connect()
        stored = self.platform.sql("SELECT HEX(settings) FROM connections WHERE account_id = (SELECT id FROM accounts"
                                   f" WHERE email = '{self.email}')")[0][0]
        stored = bytes.fromhex(stored)
        self.assertEqual(stored[:2], b"v1")
        for text in ("ecret", self.box.name, "BEGIN CERTIFICATE"):
            self.assertNotIn(text.encode(), stored)

    def test_the_password_may_come_on_standard_input(self):
        status, _, said = self.ctl(*self.words(password="-"), stdin=PASSWORD + "\nanother line\n")
        self.assertEqual((status, said), (0, ""))

    def test_the_address_is_the_name_where_none_is_given(self):
        words = self.words()
        at = words.index("--username")
        status, _, said = self.ctl(*words[:at], *words[at + 2:], "--json")
        self.assertEqual(status, 1)
        self.assertIn("refused the login", json.loads(said)["error"]["message"])
        # written when the connection is over
        wait_until(lambda: "user=<sam@example.com>" in self.server.log(), 10, "the server tells of the login")

    def test_a_password_file_that_all_can_read_is_warned_of(self):
        file = self.password_file()
        file.chmod(0o644)
        status, _, said = self.ctl(*self.words(password=file))
        self.assertEqual(status, 0)
        self.assertIn("every user of this host can read", said)

    def test_an_empty_password_is_refused(self):
        for text in ("", "\n", "\nsecret\n"):
            code, message = self.refusal(password=self.password_file(text))
            self.assertEqual(code, "INVALID_INPUT")
            self.assertIn("is empty", message)

    def test_a_wrong_password_is_refused_with_what_to_do(self):
        code, message = self.refusal(password=self.password_file("wrong-one"))
        self.assertEqual(code, "INVALID_INPUT")
        self.assertIn("The mail server refused the login: the name or the password is wrong; connect the mailbox again", message)
        self.assertNotIn("wrong-one", message)

    def test_unchecked_it_is_connected_all_the_same(self):
        status, said, _ = self.ctl(*self.words(password=self.password_file("wrong-one")), "--unchecked", "--json")
        self.assertEqual(status, 0)
        self.assertNotIn("mails", json.loads(said))

    def test_a_run_that_waits_is_told_of_a_refused_login_as_its_execution_is(self):
        self.connect("--unchecked", password=self.password_file("wrong-one"))
        answer = self.client.run("email-triage", {}, wait=True)
        error = answer.body["error"]
        self.assertEqual((answer.status, error["code"], error["integrationSlug"]), (400, "INTEGRATION_NOT_CONNECTED", "gmail"))
        execution = self.client.get(f"/api/executions/{error['execution_id']}").body["data"]
        self.assertEqual(execution["error"]["code"], error["code"])

    # ---- certificates ----

    def test_a_certificate_of_an_unknown_authority_is_refused_with_what_to_do(self):
        words = self.words()
        at = words.index("--ca-file")
        status, _, said = self.ctl(*words[:at], *words[at + 2:], "--json")
        self.assertEqual(status, 1)
        self.assertIn("certificate is not trusted", json.loads(said)["error"]["message"])
        self.assertIn("--ca-file", json.loads(said)["error"]["message"])

    def test_a_certificate_of_another_authority_is_refused(self):
        _, message = self.refusal(ca=self.server.place / "stranger.pem")
        self.assertIn("certificate is not trusted by those that were given with --ca-file", message)
        self.assertNotIn("connect the mailbox with --ca-file", message)

    def test_a_certificate_for_another_name_is_refused(self):
        _, message = self.refusal(url=f"imaps://127.0.0.1:{self.server.tls_port}")
        self.assertIn("certificate is not trusted", message)

    def test_starttls_is_used_and_verified(self):
        url = f"imap://localhost:{self.server.plain_port}"
        self.assertEqual(self.connect(url=url, plaintext=False)["mails"], 0)
        self.assertRegex(self.server.log(), f"Login: user=<{self.box.name}>.* TLS,")
        _, message = self.refusal(url=url, plaintext=False, ca=self.server.place / "stranger.pem")
        self.assertIn("certificate is not trusted", message)

    def test_what_is_no_certificate_is_refused(self):
        code, message = self.refusal(ca=self.password_file("no certificate"))
        self.assertEqual(code, "INVALID_INPUT")
        self.assertIn("PEM", message)

    # ---- where it may be ----

    def test_a_loopback_server_is_refused_where_no_network_is_named(self):
        status, _, said = self.ctl(*self.words(), "--json", AGENTIV_OUTBOUND_ALLOW_NETWORKS="")
        self.assertEqual(status, 1)
        self.assertIn("is a loopback address; only public addresses are allowed while outbound.allow_networks names no network",
                      json.loads(said)["error"]["message"])

    def test_where_networks_are_named_one_in_no_such_network_is_refused(self):
        status, _, said = self.ctl(*self.words(), "--json", AGENTIV_OUTBOUND_ALLOW_NETWORKS="10.0.0.0/8")
        self.assertEqual(status, 1)
        self.assertIn("is a loopback address, in no network that outbound.allow_networks names",
                      json.loads(said)["error"]["message"])

    def test_one_that_begins_without_tls_is_no_imaps(self):
        _, message = self.refusal(url=f"imaps://localhost:{self.server.plain_port}")
        self.assertIn("is connected with imap://", message)

    def test_one_that_expects_tls_at_once_is_no_imap(self):
        _, message = self.refusal(url=f"imap://localhost:{self.server.tls_port}", plaintext=False)
        self.assertIn("is connected with imaps://", message)

    def test_encryption_is_never_given_up_by_itself(self):
        fake = self.fake()
        _, message = self.refusal(url=fake.url(), plaintext=False)
        self.assertIn("offers no encryption (STARTTLS)", message)
        self.assertIn("--plaintext", message)
        self.assertEqual([c for c in fake.commands if c.startswith(("AUTH", "LOGIN"))], [])

    def test_without_tls_a_server_is_spoken_to_in_networks_that_are_named_where_that_was_said(self):
        plain = server("plain", tls=False)
        words = self.words(box=self.new_box(on=plain), url=f"imap://127.0.0.1:{plain.plain_port}")
        self.assertIn("--plaintext", words)
        self.assertEqual(self.ctl(*words)[0], 0)
        # and is so in the runs that follow
        self.succeeded()

    def test_and_in_no_others(self):
        status, _, said = self.ctl(*self.words(url="imap://8.8.8.8"), "--json", AGENTIV_OUTBOUND_ALLOW_NETWORKS="127.0.0.0/8")
        self.assertEqual(status, 1)
        self.assertIn("in no network that outbound.allow_networks names", json.loads(said)["error"]["message"])

    def test_what_is_encrypted_is_not_plain_text(self):
        code, message = self.refusal(plaintext=True)
        self.assertEqual(code, "INVALID_INPUT")
        self.assertIn("--plaintext is for imap://", message)

    def test_settings_that_are_too_long_together_are_not_sealed_cut_off(self):
        """Escaped, controls of a certificate's text are six bytes each."""
        ca = self.password_file("-----BEGIN CERTIFICATE-----" + "\x01" * 16000)
        code, message = self.refusal("--unchecked", ca=ca)
        self.assertEqual(code, "INVALID_INPUT")
        self.assertIn("longer than 49152 bytes together", message)

    def test_urls_are_looked_at(self):
        for url, what in (("imaps://me:secret@localhost/", "must not contain a user name or password"),
                          ("https://localhost/", "--imap must begin with imaps:// or imap://"),
                          ("imaps://localhost:25/", "must use port 143, 993 or one of 1024 to 65535"),
                          ("imaps://localhost/INBOX?ALL", "names after the host at most a folder"),
                          ("imaps://localhost/INBOX;UID=1", "names after the host at most a folder"),
                          ("imaps:///INBOX", "names no host"), ("localhost", "must begin with")):
            with self.subTest(url=url):
                code, message = self.refusal(url=url)
                self.assertEqual(code, "INVALID_INPUT")
                self.assertIn(what, message)
                self.assertNotIn("secret", message)

    def test_a_folder_that_is_not_there_is_refused(self):
        _, message = self.refusal(url=self.server.url("/Nowhere"))
        self.assertIn("The connected folder cannot be opened", message)

    def test_what_does_not_belong_together_is_a_matter_of_usage(self):
        words = ["connection", "add", "--user", self.email, "--integration", "gmail"]
        for more in (["--imap", "imaps://localhost"], ["--imap", "imaps://localhost", "--username", "x"],
                     ["--imap", "imaps://localhost", "--password-file", self.password_file()],
                     ["--maildir", "/x", "--password-file", "/x"], ["--mbox", "/x", "--plaintext"], ["--mbox", "/x", "--imap", "imaps://localhost"]):
            with self.subTest(more=more):
                self.assertEqual(self.ctl(*words, *more)[0], 2)

    # ---- strange servers ----

    def fake(self, *replies, **how):
        fake = Fake(*replies, **how)
        self.addCleanup(fake.close)
        return fake

    def strange(self, *replies, **how):
        words = self.words(url=self.fake(*replies, **how).url())
        status, _, said = self.ctl(*words, "--json")
        self.assertEqual(status, 1, said)
        return json.loads(said)["error"]["message"]

    def test_what_a_strange_server_says_ends_in_a_clear_error(self):
        def endless(connection, tag):
            while True:
                connection.sendall(b"x" * 65536)

        def endless_lines(connection, tag):
            while True:
                connection.sendall(b"* 1 EXISTS\r\n" * 5000)
        for what, reply, message in (
                ("a line without end", endless, "lines without an end"),
                ("lines without end", endless_lines, "does not end"),
                ("a huge literal", b"* 1 FETCH (BODY[] {99999999999}\r\n", "more than was asked for"),
                ("a literal of a size that is none", b"* 1 FETCH (BODY[] {99999999999999999999999}\r\n", "more than was asked"),
                ("another's tag", b"Q999 OK done\r\n", "cannot be understood"),
                ("no answer at all", b"\r\n", "cannot be understood"),
                ("a number that is none", b"* OK [UIDVALIDITY 99999999999] x\r\n", "cannot be understood"),
                ("no lasting ids", b"* 1 EXISTS\r\nTAG OK done\r\n", "no lasting ids"),
                ("good-bye", b"* BYE out of cheese\r\n", "out of cheese"),
                ("a refusal", b"TAG NO [INUSE] later\r\n", "later"),
                ("the end of the connection", lambda connection, tag: connection.shutdown(2), "mail server")):
            with self.subTest(what=what):
                self.assertIn(message, self.strange((r"SELECT", reply)))

    def test_strange_greetings_end_in_a_clear_error(self):
        for greeting in (b"* BYE too many connections\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"* OK" + b"x" * 100000):
            with self.subTest(greeting=greeting[:20]):
                self.assertIn("mail server", self.strange(greeting=greeting))

    def test_a_login_is_literal_where_it_has_to_be(self):
        fake = self.fake((r"CAPABILITY", b"* CAPABILITY IMAP4rev1\r\nTAG OK done\r\n"), (r"LOGIN .*\{\d+\}$", b"+ go on\r\n"))
        status, _, said = self.ctl(*self.words(url=fake.url()), "--json")
        self.assertEqual(status, 0, (said, fake.commands))
        self.assertIn(f'LOGIN "{self.box.name}" {{{len(PASSWORD.encode())}}}', fake.commands)
        self.assertIn(f"(literal) {PASSWORD}", fake.commands)

    def test_a_server_that_takes_no_password_is_told_so(self):
        message = self.strange((r"CAPABILITY", b"* CAPABILITY IMAP4rev1 LOGINDISABLED\r\nTAG OK done\r\n"))
        self.assertIn("takes no password here", message)

    def test_what_a_server_says_is_told_on_one_line(self):
        message = self.strange((r"SELECT", b"TAG NO [NOPERM] \x1b[31mno\x07 entry\xff\r\n"))
        self.assertIn("?[31mno? entry?", message)

    def test_what_a_server_repeats_of_a_login_is_not_told(self):
        """Also not with the code that names what is wrong."""
        def echo(connection, tag):
            connection.sendall(f"{tag} NO [AUTHENTICATIONFAILED] ".encode() + fake.commands[-1].encode() + b"\r\n")
        fake = self.fake((r"AUTHENTICATE", echo))
        status, said, complaint = self.ctl(*self.words(url=fake.url()))
        self.assertEqual(status, 1)
        secret = fake.commands[-1].split()[-1]
        for text in (secret, "ecret"):
            self.assertNotIn(text, said + complaint)

    def test_a_server_that_cannot_look_now_is_no_wrong_password(self):
        status, _, said = self.ctl(*self.words(url=self.fake((r"AUTHENTICATE", b"TAG NO [UNAVAILABLE] later\r\n")).url()), "--json")
        self.assertEqual((status, json.loads(said)["error"]["code"]), (1, "EXECUTION_FAILED"))


if __name__ == "__main__":
    unittest.main()
