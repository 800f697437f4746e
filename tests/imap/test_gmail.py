"""Gmail by IMAP, as its documentation has it (X-GM-EXT-1): labels of its own, and an archive that is All Mail."""
import re
import unittest
from imaplib import Time2Internaldate
from time import time

from between import Fake
from mailcase import MailCase, mail

ALL_MAIL = "[Gmail]/Alle Nachrichten"


class Gmail(Fake):
    """An inbox with one mail."""

    def __init__(self, raw, labels='"\\\\Important" Travel'):
        self.raw, self.labels, self.inbox = raw, labels, True
        super().__init__(
            (r"CAPABILITY", b"* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN UIDPLUS MOVE SPECIAL-USE NAMESPACE X-GM-EXT-1\r\n"
                            b"TAG OK done\r\n"),
            (r"LIST", b'* LIST (\\HasNoChildren) "/" "INBOX"\r\n* LIST (\\HasChildren \\Noselect) "/" "[Gmail]"\r\n'
                      b'* LIST (\\HasNoChildren \\All) "/" "[Gmail]/Alle Nachrichten"\r\n'
                      b'* LIST (\\HasNoChildren \\Sent) "/" "[Gmail]/Gesendet"\r\nTAG OK done\r\n'),
            (r"SELECT", b"* FLAGS (\\Seen \\Flagged)\r\n* OK [PERMANENTFLAGS (\\Seen \\Flagged)] ok\r\n"
                        b"* OK [UIDVALIDITY 3] ok\r\n* 1 EXISTS\r\nTAG OK [READ-WRITE] done\r\n"),
            (r"EXAMINE", b"* OK [UIDVALIDITY 4] ok\r\n* 0 EXISTS\r\nTAG OK [READ-ONLY] done\r\n"),
            (r"UID SEARCH", b"* SEARCH 5\r\nTAG OK done\r\n"),
            (r"UID FETCH .*RFC822.SIZE|FETCH .*RFC822.SIZE", self.facts),
            (r"UID FETCH .*BODY.PEEK", self.body),
            (r"UID FETCH", self.flags),
            (r"UID MOVE", b"* OK [COPYUID 4 5 50] ok\r\n* 1 EXPUNGE\r\nTAG OK done\r\n"))

    def say(self, connection, tag, items):
        connection.sendall(b"* 1 FETCH (UID 5 " + items + b")\r\n" + tag.encode() + b" OK done\r\n")

    def facts(self, connection, tag):
        self.say(connection, tag, f"FLAGS () INTERNALDATE {Time2Internaldate(time())} RFC822.SIZE {len(self.raw)}".encode())

    def body(self, connection, tag):
        self.say(connection, tag, b"BODY[]<0> {%d}\r\n%s" % (len(self.raw), self.raw))

    def flags(self, connection, tag):
        self.say(connection, tag, f"FLAGS () X-GM-LABELS ({self.labels})".encode())


class OnGmail(MailCase):
    def fake(self, *arguments):
        fake = Gmail(*arguments)
        self.addCleanup(fake.close)
        words = self.words(url=fake.url())
        self.platform.ctl(*words)
        return fake

    def sent(self, fake, pattern):
        return [command for command in fake.commands if re.match(pattern, command)]

    def test_archiving_moves_to_all_mail(self):
        fake = self.fake(mail("Offer", "shop@example.net"))
        effect, = self.effects(self.succeeded("Archive mails from shop@example.net"), "archive")
        self.assertEqual((effect["status"], effect["remote_id"]), ("done", f"{ALL_MAIL};UIDVALIDITY=4;UID=50"))
        self.assertEqual(self.sent(fake, "UID MOVE"), [f'UID MOVE 5 "{ALL_MAIL}"'])

    def test_a_label_is_one_of_its_own(self):
        fake = self.fake(mail("Bill", "bank@example.net"))
        effect, = self.effects(self.succeeded("Label mails from bank@example.net as Zürich plans"), "label")
        self.assertEqual(effect["status"], "done")
        self.assertEqual(self.sent(fake, "UID STORE"), ['UID STORE 5 +X-GM-LABELS ("Agentiv/Z&APw-rich plans")'])

    def test_a_label_that_is_there_is_not_given_again(self):
        fake = self.fake(mail("Bill", "bank@example.net"), '"\\\\Important" "Agentiv/Travel plans"')
        effect, = self.effects(self.succeeded("Label mails from bank@example.net as Travel plans"), "label")
        self.assertEqual((effect["status"], self.sent(fake, "UID STORE")), ("already_done", []))

    def test_texts_are_not_searched_for_by_whole_words(self):
        fake = self.fake(mail("Invoices", "bank@example.net"))
        output = self.succeeded(query="subject:invoic is:unread")["output"]
        self.assertEqual([m["subject"] for m in output["triaged"]], ["Invoices"])
        search, = self.sent(fake, "UID SEARCH")
        self.assertIn("UNSEEN", search)
        self.assertNotIn("SUBJECT", search)


class Strange(MailCase):
    """Servers that go wrong while mails are read."""

    def test_a_run_on_a_server_that_sends_more_than_was_asked_for_ends_with_the_reason(self):
        class Flood(Gmail):
            def body(self, connection, tag):
                connection.sendall(b"* 1 FETCH (UID 5 BODY[]<0> {1048577}\r\n" + b"x" * 1048577 + b")\r\n")
        fake = Flood(mail("Flood"))
        self.addCleanup(fake.close)
        self.platform.ctl(*self.words(url=fake.url()))
        execution = self.triage()
        self.assertEqual(execution["status"], "failed", execution)
        self.assertIn("more than was asked for", execution["error"]["message"])

    def test_mails_that_were_not_asked_for_are_left_out(self):
        class Unasked(Gmail):
            def body(self, connection, tag):
                for uid in range(6, 4000):
                    connection.sendall(b"* 1 FETCH (UID %d BODY[]<0> {7}\r\nunasked)\r\n" % uid)
                super().body(connection, tag)
        fake = Unasked(mail("Asked for"))
        self.addCleanup(fake.close)
        self.platform.ctl(*self.words(url=fake.url()))
        self.assertEqual([m["subject"] for m in self.succeeded()["output"]["triaged"]], ["Asked for"])


if __name__ == "__main__":
    unittest.main()
