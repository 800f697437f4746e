"""examples/requests: the commands of its page, the shell script and the program in C, against the platform and faults."""
import json
import re
import subprocess
import unittest

from callers import TOP, Account, Caller, PlatformCase, folder
from servers import Faulty, Scripted, after, failure, reset, success, truncated

REQUESTS = TOP / "examples/requests"


class ExamplesCase(PlatformCase):
    """The account has a mailbox, which email-triage reads."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own = Account(cls.platform)
        maildir = folder() / "Maildir"
        subprocess.run([TOP / "examples/mail/make-maildir", maildir], check=True, capture_output=True, timeout=60)
        cls.platform.ctl("connection", "add", "--user", cls.own.id, "--integration", "gmail", "--maildir", maildir, "--address",
                         "sam@example.com")
        cls.env = Caller(cls.platform.url, cls.own.key).env

    def run_with(self, command, env=None):
        done = subprocess.run(command, env=env or self.env, capture_output=True, text=True, timeout=90, check=False)
        return done.returncode, done.stdout, done.stderr

    def count(self):
        return int(self.platform.ctl("usage", "--user", self.own.id)["runs_per_month"]["used"])


class Page(ExamplesCase):
    def test_its_commands_work_as_they_stand_one_after_the_other(self):
        blocks = re.findall(r"```sh\n(.*?)```", (REQUESTS / "README.md").read_text(encoding="utf-8"), re.S)
        mark = "\n=====\n"
        script = f"printf '{mark!s}'\n".join(blocks).replace("\n=====\n", r"\n=====\n")
        status, out, err = self.run_with(["bash", "-euo", "pipefail", "-c", script])
        self.assertEqual((status, err), (0, ""), out)
        parts = out.split(mark)
        once, twice, accepted, events, result, polled, listed, cancelled, scheduled, webhook = parts
        self.assertEqual(json.loads(once)["data"]["status"], "success")
        first, second = (json.loads(line)["data"] for line in twice.splitlines())
        self.assertEqual(first["execution_id"], second["execution_id"])
        self.assertEqual(accepted, "")
        self.assertIn("\nevent: end\n", events)
        self.assertEqual(json.loads(result)["data"]["status"], "success")
        self.assertIn('"status":"success"', polled)
        self.assertGreaterEqual(len(json.loads(listed)["data"]), 3)
        self.assertEqual(json.loads(cancelled)["data"]["error"]["code"], "CANCELLED")
        schedule, times = scheduled.replace("}{", "}\n{").splitlines()
        self.assertTrue(json.loads(schedule)["data"]["enabled"])
        self.assertEqual(len(json.loads(times)["data"]), 3)
        self.assertTrue(json.loads(webhook)["data"]["secret"].startswith("whsec_"))


class Program:
    """What holds of the shell script and of the program in C alike. command: how it is called."""

    def through(self, *faults):
        with Faulty(self.platform.url, *faults) as server:
            before = self.count()
            status, out, err = self.run_with([*self.command, "probe", '{"payload": 7}'], Caller(server.url, self.own.key).env)
            self.assertEqual((status, err), (0, ""))
            self.assertRegex(out, r'"payload": ?7')
            self.assertEqual(self.count(), before + 1)
            return len(server.requests)

    def test_a_run_is_waited_for_and_its_result_printed(self):
        status, out, err = self.run_with([*self.command, "email-triage", '{"max_emails": 20}'])
        self.assertEqual((status, err), (0, ""))
        self.assertRegex(out, r"Triaged 20 emails")

    def test_nothing_runs_twice_whatever_is_lost(self):
        for name, fault in (("reset", after(reset)), ("truncated", after(truncated)), ("500", after(failure("INTERNAL", 500))),
                            ("429", failure("RATE_LIMITED", 429))):
            with self.subTest(name):
                self.assertEqual(self.through(fault, None), 2)

    def test_a_run_that_is_not_done_is_waited_for(self):
        accepted = success({"execution_id": "exec_1", "status": "running"}, 202)
        self.assertEqual(self.through(after(accepted), None), 2)

    def test_a_run_that_fails_is_not_run_again(self):
        before = self.count()
        status, out, err = self.run_with([*self.command, "probe", '{"fail": "final"}'])
        self.assertEqual(status, 1)
        self.assertIn("EXECUTION_FAILED", out + err)
        self.assertEqual(self.count(), before + 1)

    def test_what_is_refused_is_told(self):
        status, out, err = self.run_with([*self.command, "nobody"])
        self.assertEqual(status, 1)
        self.assertIn("NOT_FOUND", out + err)


class Shell(Program, ExamplesCase):
    command = [str(REQUESTS / "run.sh")]

    def test_the_key_is_on_no_command_line(self):
        def look(handler, request):
            seen.append(subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, timeout=30, check=True).stdout)
            success({"status": "success"})(handler, request)
        seen = []
        with Scripted(look) as server:
            self.assertEqual(self.run_with([*self.command, "probe"], Caller(server.url, self.own.key).env)[0], 0)
        self.assertIn("run.sh probe", seen[0])
        self.assertNotIn(self.own.key, seen[0])


class InC(Program, ExamplesCase):
    COMPILE = ["cc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror"]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.command = [str(folder() / "run")]
        subprocess.run([*cls.COMPILE, "-o", *cls.command, REQUESTS / "run.c", "-lcurl", "-ljson-c"], check=True, timeout=60)

    def test_without_a_server_it_says_what_it_needs(self):
        status, _, err = self.run_with([*self.command, "probe"], Caller(None).env)
        self.assertEqual(status, 2)
        self.assertIn("AGENTIV_BASE_URL", err)

    def test_it_frees_what_it_takes(self):
        checked = folder() / "checked"
        subprocess.run([*self.COMPILE, "-fsanitize=address,undefined", "-o", checked, REQUESTS / "run.c", "-lcurl", "-ljson-c"],
                       check=True, timeout=60)
        status, _, err = self.run_with([checked, "probe"], {**self.env, "ASAN_OPTIONS": "detect_leaks=1"})
        self.assertEqual((status, err), (0, ""))


if __name__ == "__main__":
    unittest.main()
