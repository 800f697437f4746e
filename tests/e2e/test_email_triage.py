"""The main job: the document's own request, on a Maildir, through web server, database, worker and sender."""
import json
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from live import TOP, LiveCase
from receiver import Receiver, seed_signature

# the request of the API's document
INPUT = {"max_emails": 20, "rules": ["Flag anything from @techcorp.com as urgent"]}
CATEGORIES = {"urgent", "needs_reply", "fyi", "newsletter", "promotion", "notification", "spam", "suspicious"}


def subjects(folder):
    """Names of the mails in a Maildir's cur and new, without their flags."""
    return sorted(f.name.split(":")[0] for part in ("cur", "new") if (folder / part).is_dir()
                  for f in (folder / part).iterdir())


class EmailTriage(LiveCase):
    def setUp(self):
        super().setUp()
        base = os.environ.get("AGENTIV_TEST_TMP")
        folder = tempfile.TemporaryDirectory(dir=base, prefix="mail-")
        self.addCleanup(folder.cleanup)
        os.chmod(folder.name, 0o755)
        self.maildir = Path(folder.name) / "Maildir"
        subprocess.run([TOP / "examples/mail/make-maildir", self.maildir], check=True, stdout=subprocess.DEVNULL)
        self.all_mails = subjects(self.maildir)
        self.platform.ctl("connection", "add", "--user", self.email, "--integration", "gmail",
                          "--maildir", self.maildir)

    def triage(self, **more):
        """Runs it and waits; the execution as the API has it."""
        return self.ended(self.accepted(self.client.run("email-triage", dict(INPUT, **more))), 30)

    def check(self, output):
        """What holds of every output: its counters count its own list."""
        triaged, stats = output["triaged"], output["inbox_stats"]
        self.assertEqual(stats["total"], len(triaged))
        self.assertEqual(stats["urgent"], sum(mail["urgent"] for mail in triaged))
        self.assertEqual(stats["archived"], sum(mail["action"] in ("archive", "archive_and_label") for mail in triaged))
        self.assertEqual({mail["category"] for mail in triaged} - CATEGORIES, set())
        self.assertEqual(sum(stats["by_category"].values()), stats["total"])
        return triaged, stats

    def test_the_documents_request_triages_the_mailbox_and_tells_the_webhook(self):
        with Receiver() as receiver:
            answer = self.client.run("email-triage", INPUT, receiver.url("/webhooks/agentiv"))
            self.assertEqual(answer.status, 202, answer.body)
            data = answer.body["data"]
            self.assertEqual(list(data), ["execution_id", "agent_slug", "status", "estimated_duration_ms",
                                          "created_at"])
            self.assertEqual((data["agent_slug"], data["status"]), ("email-triage", "queued"))
            execution = self.ended(data["execution_id"], 30)
            request, = receiver.wait_for(1)
        self.assertEqual(execution["status"], "success", execution["error"])
        triaged, stats = self.check(execution["output"])
        self.assertEqual(execution["summary"], f"Triaged {stats['total']} emails | {stats['urgent']} urgent"
                                               f" | {stats['archived']} archived")
        self.assertEqual(stats["total"], 20)
        self.assertEqual(execution["output"]["rules_unparsed"], [])
        self.assertEqual(request.headers["x-agentiv-signature"], seed_signature(self.secret, request.body))
        body = json.loads(request.body)
        self.assertEqual(body["output"], execution["output"])
        self.assertEqual(body["summary"], execution["summary"])
        # the rule's mail
        techcorp = [mail for mail in triaged if "techcorp.com" in json.dumps(mail["from"])]
        self.assertTrue(techcorp)
        for mail in techcorp:
            self.assertTrue(mail["urgent"])
            self.assertEqual(mail["matched_rule"], 0)

    def test_archived_mails_are_in_the_archive_and_no_mail_is_lost(self):
        execution = self.triage()
        _, stats = self.check(execution["output"])
        self.assertGreater(stats["archived"], 0)
        archive = self.maildir / ".Archive"
        self.assertEqual(len(subjects(archive)), stats["archived"])
        self.assertEqual(len(subjects(self.maildir)), 20 - stats["archived"])
        self.assertEqual(sorted(subjects(self.maildir) + subjects(archive)), self.all_mails)
        self.assertFalse(execution["summary"].endswith("(dry run)"))

    def test_a_second_run_finds_what_the_first_left(self):
        first = self.triage()["output"]["inbox_stats"]
        second = self.triage()["output"]["inbox_stats"]
        self.assertEqual(second["total"], 20 - first["archived"])
        self.assertEqual(second["archived"], 0)

    def test_what_was_moved_back_teaches_the_next_run_and_can_be_forgotten(self):
        ctl, user = self.platform.ctl, ("--user", self.email)
        ctl("memory", "reset", *user, "--agent", "email-triage")
        first = self.triage()["output"]
        moved = next(e for e in first["effects"] if e["kind"] == "archive" and "newsletter" in e["target"])
        name = Path(moved["remote_id"]).name
        (self.maildir / moved["remote_id"]).rename(self.maildir / "cur" / name)
        second = self.triage()["output"]
        mail = next(m for m in second["triaged"] if m["id"] == moved["target"])
        self.assertEqual(mail["action"], "none")
        self.assertIn("kept in the inbox: you moved it back", mail["reasons"])
        learned = {(m["kind"], m["subject"]): (m["done"], m["undone"]) for m in ctl("memory", "list", *user)}
        sender = re.search(r"<(.*)>", mail["from"])[1]
        self.assertEqual(learned["sender", sender], (1, 1))
        self.assertEqual(ctl("memory", "reset", *user, "--agent", "email-triage", "--sender", sender.upper()),
                         {"forgotten": 1})
        self.assertNotIn(sender, [m["subject"] for m in ctl("memory", "list", *user, "--agent", "email-triage")])
        ctl("memory", "reset", *user, "--agent", "email-triage")
        self.assertEqual(ctl("memory", "list", *user), [])

    def test_a_dry_run_changes_nothing(self):
        execution = self.triage(dry_run=True)
        self.check(execution["output"])
        self.assertTrue(execution["summary"].endswith(" (dry run)"))
        self.assertEqual(subjects(self.maildir), self.all_mails)
        self.assertFalse((self.maildir / ".Archive").exists())

    def test_the_synchronous_answer_is_the_documents(self):
        answer = self.client.run("email-triage", dict(INPUT, max_emails=18), wait=True)
        self.assertEqual(answer.status, 200, answer.body)
        data = answer.body["data"]
        self.assertEqual(list(data), ["execution_id", "status", "summary", "output", "tokens_used", "duration_ms"])
        self.assertEqual(data["status"], "success")
        self.assertRegex(data["summary"], re.compile(r"^Triaged 18 emails \| \d+ urgent \| \d+ archived$"))
        self.check(data["output"])

    def test_what_the_schema_cannot_express_is_refused_before_it_is_a_run(self):
        for member, value in (("timezone", "Mars/X"), ("timezone", "../../etc/passwd"), ("query", "foo:bar"),
                              ("query", "newer_than:x"), ("query", "after:2026-13-45"), ("vip_senders", ["Ann"])):
            with self.subTest(member=member, value=value):
                answer = self.client.run("email-triage", dict(INPUT, **{member: value}))
                self.assertEqual((answer.status, answer.body["error"]["code"]), (400, "INVALID_INPUT"), answer.body)
                self.assertEqual(answer.body["error"]["field"].split("[")[0], "input_payload." + member)

    def test_a_vip_may_be_written_with_a_name(self):
        answer = self.client.run("email-triage", dict(INPUT, vip_senders=["Ann <ann@example.org>"]))
        self.assertEqual(answer.status, 202, answer.body)

    def test_its_steps_tell_what_was_done(self):
        execution = self.triage()
        answer = self.client.get(f"/api/executions/{execution['id']}/steps")
        self.assertEqual(answer.status, 200, answer.body)
        self.assertTrue(any(step["kind"] == "integration" for step in answer.body["data"]), answer.body)

    def test_an_account_without_a_mailbox_is_told_to_connect_one(self):
        email = "nobody-" + self.email
        ctl = self.platform.ctl
        ctl("user", "create", "--email", email, "--name", "Nobody", "--plan", "enterprise")
        ctl("subscription", "set", "--user", email, "--agent", "all", "--status", "active")
        self.client.key = ctl("key", "create", "--user", email, "--name", "k", "--scopes", "agents:run")["key"]
        answer = self.client.run("email-triage", INPUT)
        self.assertEqual(answer.status, 400, answer.body)
        self.assertEqual(answer.body["error"]["code"], "INTEGRATION_NOT_CONNECTED")
        self.assertEqual(answer.body["error"]["integrationSlug"], "gmail")


if __name__ == "__main__":
    unittest.main()
