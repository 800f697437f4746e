"""How a run ends when the mail server, the network or the mailbox does not do what one hopes for."""
import unittest

from between import Proxy
from mailcase import MailCase, mail, server, without

ARCHIVE = "Archive mails from shop@example.net"


class Endings(MailCase):
    """The server speaks without TLS, so that what stands between can read along; it is in a network that the operator
    named."""

    capability = ""
    moving = "UID MOVE"

    def setUp(self):
        super().setUp()
        self.server = server(f"{type(self).__name__}", tls=False, capability=self.capability)
        self.box = self.new_box()

    def words(self, **how):
        words = super().words(**how)
        at = words.index("--ca-file")
        return words[:at] + words[at + 2:]

    def between(self, **how):
        """The mailbox, connected through a proxy."""
        proxy = Proxy(self.server.plain_port, **how)
        self.addCleanup(proxy.close)
        self.connect("--unchecked", url=f"imap://127.0.0.1:{proxy.port}")
        return proxy

    def fill(self, *others):
        self.box.append(mail("First"))
        self.box.append(mail("Offer", "shop@example.net", message_id="<offer@example.net>"))
        for subject in ("Last", *others):
            self.box.append(mail(subject))

    def once(self, pattern, action):
        """For Proxy: does it before the first such command."""
        done = []

        def before(_, line):
            if pattern in line and not done:
                done.append(line)
                return action()
            return True
        return before

    def remove(self, subject, folder="INBOX"):
        client = self.box()
        client.select(folder)
        uids = client.uid("SEARCH", "SUBJECT", subject)[1][0].decode().split()
        client.uid("STORE", ",".join(uids), "+FLAGS.SILENT", "(\\Deleted)")
        client.expunge()
        client.logout()

    def failed(self, *rules, **more):
        execution = self.triage(*rules, **more)
        self.assertEqual(execution["status"], "failed", execution)
        return execution["error"]

    # ---- dropped ----

    def test_a_connection_that_is_cut_while_mails_are_read_is_tried_again(self):
        self.fill()
        proxy = self.between(limit=lambda number: 2000 if number <= 2 else None)
        self.succeeded(ARCHIVE)
        self.assertEqual(proxy.connections, 3)
        self.assertEqual(set(self.box.mails("Archive")), {"Offer"})

    def test_a_connection_that_is_cut_before_a_move_loses_no_mail(self):
        self.fill()
        self.between(before=self.once(self.moving, lambda: False))
        effect, = self.effects(self.succeeded(ARCHIVE), "archive")
        self.assertEqual(effect["status"], "done")
        self.assertEqual((set(self.box.mails()), set(self.box.mails("Archive"))), ({"First", "Last"}, {"Offer"}))

    def test_a_move_whose_answer_is_lost_is_found_done(self):
        self.fill()

        def move_and_cut():
            client = self.box()
            client.select("INBOX")
            client.create("Archive")
            uid = client.uid("SEARCH", "SUBJECT", "Offer")[1][0].decode()
            client.uid("COPY", uid, "Archive")
            client.uid("STORE", uid, "+FLAGS.SILENT", "(\\Deleted)")
            client.expunge()
            client.logout()
            return False
        self.between(before=self.once(self.moving, move_and_cut))
        effect, = self.effects(self.succeeded(ARCHIVE), "archive")
        self.assertIn(effect["status"], ("done", "already_done"))
        self.assertTrue(effect["remote_id"].startswith("Archive;UIDVALIDITY="), effect)
        self.assertEqual(set(self.box.mails("Archive")), {"Offer"})

    def test_a_server_that_is_always_cut_off_fails_the_run_with_the_reason(self):
        self.fill()
        self.between(limit=lambda number: 1200)
        error = self.failed(ARCHIVE)
        self.assertEqual(error["code"], "EXECUTION_FAILED")
        self.assertIn("mail server", error["message"])

    # ---- changed meanwhile ----

    def test_a_mail_that_vanished_before_it_was_read_is_passed_over(self):
        self.fill()
        self.between(before=self.once("BODY.PEEK[]", lambda: self.remove("Offer")))
        output = self.succeeded(ARCHIVE)["output"]
        self.assertEqual({m["subject"] for m in output["triaged"]}, {"First", "Last"})

    def test_a_mail_that_vanished_before_it_was_archived_is_told(self):
        self.fill()
        self.between(before=self.once(self.moving, lambda: self.remove("Offer")))
        effect, = self.effects(self.succeeded(ARCHIVE), "archive")
        self.assertEqual((effect["status"], effect["reason"]), ("skipped", "the mail is not in the inbox any more"))

    def test_new_ids_of_all_mails_are_noticed(self):
        """An id of before is another mail's now."""
        self.fill()

        def new_ids():
            self.remove("First")
            for file in self.box.home.glob("dovecot*"):
                file.unlink()
            # of a server's own making they would be the same within a second
            self.box.write("dovecot-uidlist", "3 V77 N1 G6a1b2c3d4e5f60718293a4b5c6d7e8f9\n")
            return False
        self.between(before=self.once(self.moving, new_ids))
        effect, = self.effects(self.succeeded(ARCHIVE), "archive")
        self.assertIn(effect["status"], ("done", "already_done"))
        self.assertEqual((set(self.box.mails()), set(self.box.mails("Archive"))), ({"Last"}, {"Offer"}))

    # ---- not allowed ----

    def test_a_wrong_password_is_told_and_not_tried_again(self):
        self.fill()
        proxy = self.between()
        self.platform.ctl(*self.words(url=f"imap://127.0.0.1:{proxy.port}", password=self.password_file("xyzzy-plugh")),
                          "--unchecked")
        error = self.failed()
        self.assertEqual(error["code"], "INTEGRATION_NOT_CONNECTED")
        self.assertIn("refused the login", error["message"])
        self.assertNotIn("xyzzy", error["message"])
        self.assertEqual(proxy.connections, 1)

    def test_a_server_that_is_away_fails_the_run_with_the_reason(self):
        proxy = self.between()
        proxy.close()
        error = self.failed()
        self.assertEqual(error["code"], "EXECUTION_FAILED")
        self.assertIn("The mail server cannot be reached", error["message"])


class WithoutMove(Endings):
    """COPY, \\Deleted, and EXPUNGE of the one mail."""

    capability = without("MOVE")
    moving = "UID COPY"

    def test_a_mail_is_copied_and_then_removed(self):
        self.fill()
        self.box.append(mail("Being deleted"), flags="\\Deleted")
        self.connect()
        effect, = self.effects(self.succeeded(ARCHIVE), "archive")
        self.assertEqual(effect["status"], "done")
        self.assertTrue(effect["remote_id"].startswith("Archive;UIDVALIDITY="), effect)
        self.assertEqual(set(self.box.mails("Archive")), {"Offer"})
        self.assertEqual(set(self.box.mails()), {"First", "Last", "Being deleted"})

    def test_a_copy_that_was_made_before_is_not_made_again(self):
        self.fill()
        self.between(before=self.once("+FLAGS.SILENT (\\Deleted)", lambda: False))
        self.succeeded(ARCHIVE)
        client = self.box()
        client.select("Archive", readonly=True)
        found = client.search(None, "ALL")[1][0].split()
        client.logout()
        self.assertEqual(len(found), 1)
        self.assertEqual(set(self.box.mails()), {"First", "Last"})

    def test_a_mail_is_not_taken_for_the_copy_of_another_with_its_message_id(self):
        self.box.append(mail("Offer", "shop@example.net", message_id="<same@example.net>"))
        client = self.box()
        client.create("Archive")
        client.logout()
        self.box.append(mail("Another", "shop@example.net", message_id="<same@example.net>"), folder="Archive")
        self.connect()
        self.succeeded(ARCHIVE)
        self.assertEqual(set(self.box.mails("Archive")), {"Another", "Offer"})

    def test_a_full_mailbox_fails_that_effect_alone(self):
        self.box = self.new_box(quota="*:messages=3")
        self.box.append(mail("Offer", "shop@example.net"))
        self.box.append(mail("Plan", "boss@example.net"))
        self.box.append(mail("Last"))
        self.connect()
        execution = self.succeeded(ARCHIVE, "Star mails from boss@example.net")
        effect, = self.effects(execution, "archive")
        self.assertEqual(effect["status"], "failed")
        self.assertIn("the mailbox is full", effect["reason"])
        self.assertIn("EFFECT_FAILED", [w["code"] for w in execution["output"]["warnings"]])
        self.assertEqual([e["status"] for e in self.effects(execution, "star")], ["done"])
        self.assertEqual(set(self.box.mails()), {"Offer", "Plan", "Last"})


class WithoutUidplus(Endings):
    """EXPUNGE takes all mails that are marked as deleted."""

    capability = without("MOVE", "UIDPLUS")
    moving = "UID COPY"

    def test_a_mail_is_copied_and_then_removed(self):
        self.fill()
        self.connect()
        effect, = self.effects(self.succeeded(ARCHIVE), "archive")
        self.assertEqual(effect["status"], "done")
        self.assertEqual((set(self.box.mails()), set(self.box.mails("Archive"))), ({"First", "Last"}, {"Offer"}))

    def test_mails_that_others_marked_as_deleted_are_not_removed_with_it(self):
        self.fill()
        self.box.append(mail("Being deleted"), flags="\\Deleted")
        self.connect()
        effect, = self.effects(self.succeeded(ARCHIVE), "archive")
        self.assertEqual(effect["status"], "failed")
        self.assertIn("marked as deleted", effect["reason"])
        self.assertEqual(set(self.box.mails()), {"First", "Offer", "Last", "Being deleted"})
        self.assertEqual(self.box.mails("Archive"), {})

    def test_what_was_left_half_moved_hinders_nobody(self):
        """A worker that ended between STORE and EXPUNGE: the archive has the mail, and it is marked in the inbox."""
        self.fill()
        self.between(before=self.once("EXPUNGE", lambda: False))
        left = self.box.server.look(self.box.name, self.box.password)
        left.select("INBOX")
        left.create("Archive")
        uid = left.uid("SEARCH", "SUBJECT", "First")[1][0].decode()
        left.uid("COPY", uid, "Archive")
        left.uid("STORE", uid, "+FLAGS.SILENT", "(\\Deleted)")
        left.logout()
        effect, = self.effects(self.succeeded(ARCHIVE), "archive")
        self.assertEqual(effect["status"], "done")
        self.assertEqual((set(self.box.mails()), set(self.box.mails("Archive"))), ({"Last"}, {"First", "Offer"}))

    def test_one_that_is_marked_meanwhile_is_not_removed_either(self):
        self.fill()

        def delete_last():
            client = self.box()
            client.select("INBOX")
            client.uid("STORE", client.uid("SEARCH", "SUBJECT", "Last")[1][0].decode(), "+FLAGS.SILENT", "(\\Deleted)")
            client.logout()
        self.between(before=self.once("+FLAGS.SILENT (\\Deleted)", delete_last))
        effect, = self.effects(self.succeeded(ARCHIVE), "archive")
        self.assertEqual(effect["status"], "failed")
        self.assertEqual(self.box.mails(), {"First": set(), "Offer": set(), "Last": {"\\Deleted"}})


if __name__ == "__main__":
    unittest.main()
