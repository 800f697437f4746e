"""kill -9 between the effects of a run: nothing is done twice, nothing is lost, and all of it is reported."""
import email.utils
import os
import subprocess
import tempfile
import time
from pathlib import Path

from faults import FaultTest
from stack import wait_until

MAILS = 100


class BetweenTheEffectsOfARun(FaultTest):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory(dir=os.environ.get("AGENTIV_TEST_TMP"), prefix="mail-")
        self.addCleanup(folder.cleanup)
        os.chmod(folder.name, 0o755)
        self.maildir = Path(folder.name) / "Maildir"
        for part in ("cur", "new", "tmp"):
            (self.maildir / part).mkdir(parents=True)
        for n in range(MAILS):
            (self.maildir / "new" / f"{int(time.time())}.m{n:03}.host").write_text(
                f"From: news{n}@example.net\nTo: fault@example.com\nSubject: Newsletter {n}\n"
                f"Date: {email.utils.formatdate()}\nMessage-ID: <{n}@example.net>\nList-Id: <list{n}.example.net>\n"
                "List-Unsubscribe: <mailto:off@example.net>\n\nRead more in this week's issue.\n")
        self.stack.ctl("connection", "add", "--user", "fault@example.com", "--integration", "gmail",
                       "--maildir", self.maildir)

    def archived(self):
        folder = self.maildir / ".Archive/cur"
        return len(list(folder.iterdir())) if folder.is_dir() else 0

    def test_a_run_whose_worker_is_killed_twice_reports_all_that_it_did(self):
        self.stack.stop("worker")
        client = self.client()
        answer = client.run("email-triage", {"max_emails": MAILS})
        self.assertEqual(answer.status, 202, answer.body)
        for n in (20, 60):
            # started here: stack.sh waits until it is ready, and by then it could be done
            with subprocess.Popen([Path(os.environ["STACK_BIN"], "agentiv-worker"), "-c", self.stack.state / "agentiv.conf"],
                                  stderr=subprocess.DEVNULL) as worker:
                wait_until(lambda n=n: self.archived() >= n, 60, f"{n} mails are archived", pause_s=0.001)
                worker.kill()
            self.assertLess(self.archived(), MAILS, "it was killed too late to prove anything")
        self.stack.start("worker")
        self.wait_until_all_ended(1)
        data = client.get(f"/api/executions/{answer.body['data']['execution_id']}").body["data"]
        self.assertEqual((data["status"], data["summary"]),
                         ("success", f"Triaged {MAILS} emails | 0 urgent | {MAILS} archived"))
        self.assertEqual({e["status"] for e in data["output"]["effects"]} - {"done", "already_done"}, set())
        self.assertEqual(len({e["target"] for e in data["output"]["effects"]}), MAILS)
        self.assertEqual(self.archived(), MAILS)
        self.assertEqual(len(list((self.maildir / "new").iterdir())), 0)
        # each counted once, and no plan is left
        self.assertEqual(self.stack.number("SELECT SUM(done) FROM agent_memory WHERE kind = 'sender'"), MAILS)
        self.assertEqual(self.stack.number("SELECT COUNT(*) FROM effects WHERE state = 2"), MAILS)
        self.assertEqual(self.stack.number("SELECT COUNT(*) FROM execution_plans"), 0)
