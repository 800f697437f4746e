"""Mails to users through a real mail server: from what happens to what stands in the mailbox."""
import http.client
import re
import unittest
import uuid
from html.parser import HTMLParser
from urllib.parse import urlsplit

from mailcase import MAIL_EVENT, MailCase, wait_until


class Words(HTMLParser):
    """The text of a page, and where its links lead to."""

    def __init__(self, page):
        super().__init__()
        self.text, self.links = "", []
        self.feed(page)

    def handle_data(self, data):
        self.text += data + " "

    def handle_starttag(self, tag, attrs):
        if tag == "a":
            self.links.append(dict(attrs)["href"])


def assert_sound(case, mail):
    for part in mail.walk():
        case.assertEqual(part.defects, [])
        for name, value in part.items():
            case.assertEqual(value.defects, (), name)


class TheMail(MailCase):
    """One that a Starter account gets of its run, looked at from all sides."""

    mail = execution_id = None

    def setUp(self):
        cls = type(self)
        if cls.mail is None:
            super().setUp()
            cls.execution_id, cls.mail = self.run_probe(), self.only_mail()
            cls.server, cls.address = self.server, self.address

    def test_it_tells_of_the_run(self):
        assert_sound(self, self.mail)
        self.assertRegex(self.mail["subject"], "^Probe finished")
        self.assertEqual([a.addr_spec for a in self.mail["from"].addresses], ["agentiv@example.com"])
        self.assertEqual([a.addr_spec for a in self.mail["to"].addresses], [self.address])
        self.assertEqual(self.mail["auto-submitted"], "auto-generated")
        self.assertIn(self.execution_id, self.mail.get_body(("plain",)).get_content())

    def test_its_text_and_its_html_say_the_same(self):
        self.assertEqual(self.mail.get_content_type(), "multipart/alternative")
        self.assertEqual([part.get_content_type() for part in self.mail.iter_parts()], ["text/plain", "text/html"])
        text, page = (part.get_content() for part in self.mail.iter_parts())
        words = Words(page)
        for said in ("Hello Ada Byron,", self.mail["subject"], self.execution_id, "Times are in UTC."):
            self.assertIn(said, text)
            self.assertIn(said, words.text)
        self.assertIn(self.mail["list-unsubscribe"].strip("<>"), words.links)

    def test_it_went_out_encrypted_behind_the_login(self):
        line, = [line for line in self.server.log().splitlines()
                 if self.mail["message-id"].strip("<>") in line and "<=" in line]
        self.assertRegex(line, r" P=esmtpsa X=TLS1\.[23]:\S+ .*A=plain:agentiv ")

    def test_its_message_id_is_the_deliverys(self):
        self.assertRegex(self.mail["message-id"], r"^<dlv_[0-9A-Z]{26}@example\.com>$")


class Mails(MailCase):
    def test_a_failed_run_is_told_with_its_error(self):
        self.run_probe(fail="final")
        mail = self.only_mail()
        self.assertRegex(mail["subject"], "^Probe failed: ")
        self.assertRegex(mail.get_body(("plain",)).get_content(), r"(?m)^Code +EXECUTION_FAILED")

    def test_a_name_of_quotes_and_emoji_arrives_as_it_is(self):
        name = 'Jürgen "J," <x@example.net> 🦁'
        self.account(name)
        self.run_probe()
        mail = self.only_mail()
        assert_sound(self, mail)
        to, = mail["to"].addresses
        self.assertEqual((to.display_name, to.addr_spec), (name, self.address))
        self.assertIn(f"Hello {name},", Words(mail.get_body(("html",)).get_content()).text)

    def test_many_runs_are_a_digest_and_no_flood(self):
        self.run_probe()
        self.only_mail()
        for n in range(7):
            self.run_probe(**({"fail": "final"} if n == 3 else {}))
        (due_in, noted), = self.platform.sql(
            "SELECT MIN(o.due_at) / 1000 - UNIX_TIMESTAMP(), COUNT(*) FROM notifications n JOIN outbox o ON o.delivery_id = n.delivery_id"
            f" JOIN accounts a ON a.id = n.account_id WHERE a.email = '{self.address}'")
        self.assertEqual(len(self.rows()), 2)
        self.assertEqual(int(noted), 7)
        self.assertGreater(float(due_in), 600)
        # a quarter of an hour goes by
        self.platform.sql("UPDATE outbox o JOIN deliveries d ON d.id = o.delivery_id JOIN accounts a ON a.id = d.account_id"
                          f" SET o.due_at = o.due_at - 900000 WHERE a.email = '{self.address}'")
        digest, = [mail for mail in self.server.arrived(self.address, 2) if "runs" in mail["subject"]]
        assert_sound(self, digest)
        self.assertEqual(digest["subject"], "Agentiv: 1 run failed, 6 runs finished")
        text = digest.get_body(("plain",)).get_content()
        self.assertEqual(len(re.findall(r"(?m)^  \d+ \w{3} \d\d:\d\d  Probe", text)), 7)
        self.assertLess(text.index("Runs that failed"), text.index("Runs that finished"))
        self.assertEqual(len(self.server.mails(self.address)), 2)

    def ask(self, method, url, body=None, **headers):
        where = urlsplit(url)
        connection = http.client.HTTPConnection(where.hostname, where.port, timeout=20)
        try:
            connection.request(method, where.path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def told(self):
        answer = self.client.request("GET", "/api/me/notifications", Cookie=self.cookie)
        return answer.body["data"]["run_success"]

    def test_one_click_ends_mails_of_this_kind(self):
        self.run_probe()
        mail = self.only_mail()
        self.assertEqual(mail["list-unsubscribe-post"], "List-Unsubscribe=One-Click")
        url = mail["list-unsubscribe"].strip("<>")
        # what looks at links changes nothing
        self.assertEqual(self.ask("GET", url)[0], 200)
        self.assertTrue(self.told())
        status, _ = self.ask("POST", url, "List-Unsubscribe=One-Click", **{"Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual(status, 200)
        self.assertFalse(self.told())
        self.run_probe()
        self.assertEqual(len(self.rows()), 1)

    def test_a_mailbox_that_is_not_there_is_given_up(self):
        self.account(mailbox=False)
        self.run_probe()
        state, attempts, status, error = self.row(lambda state, *_: state == "2", "it has failed")
        self.assertEqual((attempts, status), (1, 550))
        self.assertEqual(error, "The mail server refuses the recipient: 550 5.1.1 There is no such mailbox")


class Trouble(MailCase):
    """What keeps a mail from going out now keeps it until it can."""

    def test_one_that_is_put_off_comes_later_once(self):
        off = self.switched("greylist")
        self.run_probe()
        state, _, status, error = self.tried()
        self.assertEqual((state, status), ("0", 450))
        self.assertIn("Greylisted, come again", error)
        off()
        self.only_mail()

    def test_a_refused_login_is_told_and_tells_no_password(self):
        file = self.server.place / "password"
        right = file.read_text()
        self.addCleanup(file.write_text, right)
        file.write_text("another one")
        before = len(self.platform.log("sender"))
        self.run_probe()
        state, attempts, status, error = self.tried()
        self.assertEqual((state, status), ("0", 535))
        lines = [line for line in self.platform.log("sender")[before:].splitlines() if "status=535" in line]
        self.assertIn(len(lines), (attempts, attempts + 1))
        self.assertIn("The mail server refuses the login: 535 Incorrect authentication data", lines[0])
        self.assertNotIn(right, self.platform.log("sender"))
        self.assertNotIn(right, error)
        file.write_text(right)
        self.only_mail()

    def test_nothing_is_said_to_a_server_that_shows_another_certificate(self):
        off = self.switched("stranger")
        self.run_probe()
        state, _, status, error = self.tried()
        self.assertEqual((state, status), ("0", 0))
        self.assertIn("certificate", error)
        self.assertNotIn(f"<{self.address}>", self.server.log())
        off()
        self.only_mail()

    def test_nothing_is_said_in_clear_where_starttls_is_missing(self):
        off = self.switched("no-tls")
        before = len(self.server.log())
        self.run_probe()
        state, _, status, error = self.tried()
        self.assertEqual((state, status, error), ("0", 0, "The mail server offers no STARTTLS, and [mail] tls is required"))
        heard = ",".join(re.findall(r" C=(\S+)", self.server.log()[before:])).split(",")
        self.assertEqual(set(heard) - {"QUIT"}, {"EHLO"})
        off()
        self.only_mail()

    def test_a_server_that_was_away_gets_it_once(self):
        self.server.stop()
        try:
            self.run_probe()
            state, _, status, error = self.tried(2)
        finally:
            self.server.start()
        self.assertEqual((state, status), ("0", 0))
        self.assertRegex(error, "Failed to connect|Connection refused|Couldn't connect")
        self.only_mail()


class Crowd(MailCase):
    """More mails at once than the mail server is given at a time."""

    MAILS = 44

    def make_due(self):
        """A notification for each of so many accounts, and its mail, as they stand in the tables; their addresses."""
        crowd = f"crowd-{uuid.uuid4().hex[:6]}"
        addresses = [f"{crowd}-{n}@example.com" for n in range(self.MAILS)]
        for address in addresses:
            self.server.add(address)
        accounts = ",".join(f"(UNHEX('{uuid.uuid4().hex}'), '{address}', 'Crowd', 'starter', '', 0)" for address in addresses)
        ours, now = f"WHERE a.email LIKE '{crowd}-%'", "ROUND(UNIX_TIMESTAMP(NOW(3)) * 1000)"
        for statement in (
                f"INSERT INTO accounts (public_id, email, name, plan, webhook_secret, created_at) VALUES {accounts}",
                f"INSERT INTO account_quota (account_id, mail_delivery) SELECT id, public_id FROM accounts a {ours}",
                "INSERT INTO deliveries (id, account_id, event, state, attempts, created_at)"
                f" SELECT public_id, id, {MAIL_EVENT}, 0, 0, {now} FROM accounts a {ours}",
                "INSERT INTO notifications (id, account_id, delivery_id, kind, at, payload)"
                f" SELECT public_id, id, public_id, 0, {now}, '{{\"agent_slug\":\"probe\"}}' FROM accounts a {ours}",
                f"INSERT INTO outbox (due_at, delivery_id) SELECT {now}, public_id FROM accounts a {ours}"):
            self.platform.sql(statement)
        return crowd, addresses

    def test_a_crowd_of_mails_comes_each_once_and_waits_in_no_slot(self):
        crowd, addresses = self.make_due()
        wait_until(lambda: self.platform.number(
            "SELECT COUNT(*) FROM deliveries d JOIN accounts a ON a.id = d.account_id"
            f" WHERE d.state = 1 AND a.email LIKE '{crowd}-%'") == self.MAILS, 60, "all were delivered", pause_s=0.2)
        counts = wait_until(lambda: (n := [len(self.server.raw(a)) for a in addresses]) and min(n) and n, 20, "all have come")
        self.assertEqual(set(counts), {1})
        self.platform.stop("sender")
        stopped = re.findall(r'msg="?stopped"? .* postponed=(\d+)', self.platform.log("sender"))[-1]
        self.platform.start("sender")
        self.assertGreater(int(stopped), 0)


class Operator(MailCase):
    def test_a_test_mail_says_what_the_server_answers(self):
        answer = self.platform.ctl("mail", "test", "--to", self.address)
        self.assertEqual((answer["accepted"], answer["encrypted"], answer["smtp_status"]), (True, True, 250))
        self.assertRegex(answer["answer"], "^OK id=")
        mail, = self.server.arrived(self.address)
        self.assertEqual(mail["subject"], "Mails of Agentiv arrive")

    def test_without_a_daemon_tick_sends_mails(self):
        self.platform.stop("sender")
        try:
            self.run_probe()
            self.assertEqual(self.server.mails(self.address), [])
            self.platform.ctl("tick")
            self.only_mail()
        finally:
            self.platform.start("sender")

    def mail_check(self):
        check, = [c for c in self.platform.ctl("doctor")["checks"] if c["check"] == "mail"]
        return check

    def test_the_doctor_asks_the_server(self):
        check = self.mail_check()
        self.assertEqual(check["status"], "ok", check)
        self.assertRegex(check["message"], "answers, encrypted, and takes the login$")


if __name__ == "__main__":
    unittest.main()
