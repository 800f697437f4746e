"""email-triage on a mail server, from the request to what is in the folders afterwards."""
import unittest

from mailcase import MailCase, alone, mail, samples

ARCHIVE = "Archive mails from shop@example.net"
LABEL = "Label mails from bank@example.net as Bank Letters"
STAR = "Star mails from boss@example.net"


class Triage(MailCase):
    def fill(self):
        self.box.append(mail("Offer", "shop@example.net"))
        self.box.append(mail("Statement", "bank@example.net"))
        self.box.append(mail("Plan", "boss@example.net"), flags="\\Answered")
        self.box.append(mail("Lunch"), flags="\\Seen")
        self.connect()

    def test_a_mail_is_archived_where_the_server_keeps_the_archive(self):
        self.fill()
        effect, = self.effects(self.succeeded(ARCHIVE), "archive")
        self.assertEqual(effect["status"], "done")
        self.assertEqual(set(self.box.mails("Archive")), {"Offer"})
        self.assertEqual(set(self.box.mails()), {"Statement", "Plan", "Lunch"})

    def test_its_place_in_the_archive_is_told_for_undoing(self):
        self.fill()
        effect, = self.effects(self.succeeded(ARCHIVE), "archive")
        client = self.box()
        client.select("Archive", readonly=True)
        validity = client.response("UIDVALIDITY")[1][0].decode()
        uid = client.uid("SEARCH", "ALL")[1][0].decode()
        client.logout()
        self.assertEqual(effect["remote_id"], f"Archive;UIDVALIDITY={validity};UID={uid}")
        self.assertIn(effect["remote_id"], effect["undo"])

    def test_a_label_is_a_keyword(self):
        self.fill()
        effect, = self.effects(self.succeeded(LABEL), "label")
        self.assertEqual((effect["status"], effect["label"]), ("done", "Agentiv/Bank Letters"))
        self.assertEqual(self.box.mails()["Statement"], {"Agentiv/Bank_Letters"})

    def test_a_star_is_the_servers_flag(self):
        self.fill()
        effect, = self.effects(self.succeeded(STAR), "star")
        self.assertEqual(effect["status"], "done")
        self.assertEqual(self.box.mails()["Plan"], {"\\Answered", "\\Flagged"})

    def test_what_is_there_already_is_told_so(self):
        self.fill()
        self.box.append(mail("Old", "boss@example.net"), flags="\\Flagged")
        statuses = {e["target"]: e["status"] for e in self.effects(self.succeeded(STAR), "star")}
        self.assertEqual(sorted(statuses.values()), ["already_done", "done"])

    def test_reading_leaves_every_flag_as_it_was(self):
        self.fill()
        before = self.box.mails()
        self.succeeded(dry_run=True)
        self.assertEqual(self.box.mails(), before)

    def test_a_run_takes_one_connection(self):
        self.fill()
        before = self.server.logins(self.box.name)
        self.succeeded(ARCHIVE, LABEL, STAR)
        self.assertEqual(self.server.logins(self.box.name) - before, 1)

    def test_small_mails_are_fetched_together(self):
        for n in range(20):
            self.box.append(mail(f"Mail {n}"))
        self.connect()
        self.succeeded(dry_run=True)
        # select, search, what is found, all mails at once, three for the sent ones, good-bye
        self.assertLessEqual(self.server.commands(self.box.name), 8)

    def test_the_samples_are_sorted_as_on_a_maildir(self):
        for raw in samples():
            self.box.append(raw)
        self.connect()
        output = self.succeeded()["output"]
        self.assertEqual(output["inbox_stats"]["total"], 20)
        archived = output["inbox_stats"]["archived"]
        self.assertGreater(archived, 0)
        self.assertEqual(len(self.box.mails("Archive")), archived)
        self.assertEqual(len(self.box.mails()), 20 - archived)

    def test_a_search_finds_what_it_asks_for(self):
        self.fill()
        for query, found in (("is:unread", {"Offer", "Statement", "Plan"}), ("from:shop@example.net", {"Offer"}),
                             ("subject:lunch", {"Lunch"}), ("newer_than:2d", {"Offer", "Statement", "Plan", "Lunch"}),
                             ("older_than:2d", set()), ("to:sam@example.com from:boss", {"Plan"})):
            with self.subTest(query=query):
                output = self.succeeded(query=query, dry_run=True)["output"]
                self.assertEqual({m["subject"] for m in output["triaged"]}, found)

    def test_old_mails_that_came_today_are_found_by_their_date(self):
        self.box.append(mail("Imported").replace(b"Date: ", b"Date: Mon, 2 Mar 2020 10:00:00 +0000\r\nX-Date: ", 1))
        self.box.append(mail("Today"))
        self.connect()
        output = self.succeeded(query="before:2020-03-03", dry_run=True)["output"]
        self.assertEqual([m["subject"] for m in output["triaged"]], ["Imported"])

    def test_of_a_large_mail_only_the_headers_are_read(self):
        self.box.append(mail("Large", body="x" * 76 + "\r\n" * (1 << 20)))
        self.box.append(mail("Small"))
        self.connect()
        output = self.succeeded(dry_run=True)["output"]
        self.assertEqual({m["subject"] for m in output["triaged"]}, {"Large", "Small"})
        self.assertIn("MAIL_CUT", [w["code"] for w in output["warnings"]])

    def test_whom_the_owner_wrote_to_is_known_from_the_sent_mails(self):
        self.box.append(mail("Yesterday", "sam@example.com", to="Shop <shop@example.net>"), folder="Sent")
        self.box.append(mail("News", "shop@example.net", headers="List-Unsubscribe: <mailto:u@example.net>\r\n"))
        self.connect()
        execution = self.succeeded()
        self.assertEqual(set(self.box.mails()), {"News"}, execution["output"])

    def test_a_mail_that_its_owner_moved_back_stays(self):
        self.fill()
        self.succeeded(ARCHIVE)
        client = self.box()
        client.select("Archive")
        client.uid("MOVE", "1:*", "INBOX")
        client.logout()
        self.succeeded()
        self.assertIn("Offer", self.box.mails())

    def test_another_folder_can_be_connected(self):
        client = self.box()
        client.create('"Rechnungen &APw-ber 5 Euro"')
        client.logout()
        self.box.append(mail("Bill", "shop@example.net"), folder='"Rechnungen &APw-ber 5 Euro"')
        self.box.append(mail("Elsewhere", "shop@example.net"))
        self.connect(url=self.server.url("/Rechnungen%20%C3%BCber%205%20Euro"))
        self.succeeded(ARCHIVE)
        self.assertEqual(set(self.box.mails("Archive")), {"Bill"})
        self.assertEqual(set(self.box.mails()), {"Elsewhere"})

    def test_the_password_is_told_nobody(self):
        self.fill()
        execution = self.succeeded(ARCHIVE)
        told = [str(execution), str(self.steps(execution)), *(self.platform.log(n) for n in ("worker", "fcgi"))]
        for text in told:
            self.assertNotIn("7\\$ecret", text)
            self.assertNotIn("ssword-", text)


class WithoutWorker(MailCase):
    """A host that has no worker."""

    @classmethod
    def setUpClass(cls):
        cls.platform, cls.key = alone(), None
        cls.addClassCleanup(cls.platform.down)

    def setUp(self):
        super().setUp()
        self.box.append(mail("Offer", "shop@example.net"))
        self.connect()

    def test_cron_sorts_what_is_queued(self):
        execution_id = self.accepted(self.client.run("email-triage", {"rules": [ARCHIVE]}))
        self.platform.ctl("tick")
        self.assertEqual(self.execution(execution_id)["status"], "success")
        self.assertEqual(set(self.box.mails("Archive")), {"Offer"})

    def test_the_responder_does_synchronous_runs_itself(self):
        answer = self.client.run("email-triage", {"rules": [ARCHIVE]}, wait=True)
        self.assertEqual((answer.status, answer.body["data"]["status"]), (200, "success"), answer.body)
        self.assertEqual(set(self.box.mails("Archive")), {"Offer"})


if __name__ == "__main__":
    unittest.main()
