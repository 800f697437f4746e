"""deploy/quickstart as a new user meets it: in a fresh clone, on a free port, called again, looked at, ended."""
import json
import os
import pwd
import re
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import sdks      # noqa: E402

TOP = Path(__file__).resolve().parents[2]
TMP = Path(os.environ["AGENTIV_TEST_TMP"])
KEYS = {"AGENTIV_BASE_URL", "AGENTIV_API_KEY", "AGENTIV_WEBHOOK_SECRET", "AGENTIV_CONFIG", "AGENTIVCTL"}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def clone(folder):
    """A fresh clone; of a source archive, which is no repository, a copy."""
    if (TOP / ".git").exists():
        subprocess.run(["git", "-c", "safe.directory=*", "clone", "-q", TOP, folder], check=True)
    else:
        shutil.copytree(TOP, folder)
    return folder


class Stack:
    """One checkout and state folder, as one user."""

    def __init__(self, top, user=None):
        self.top, self.user, self.port = top, user, free_port()
        self.state = top / ".agentiv"

    def quickstart(self, *words, limit_s=600):
        command = [self.top / "deploy/quickstart", *words]
        if self.user:
            command = ["setpriv", f"--reuid={self.user.pw_uid}", f"--regid={self.user.pw_gid}", "--clear-groups",
                       "env", f"HOME={self.top}", *command]
        env = {k: v for k, v in os.environ.items() if not k.startswith(("AGENTIV_", "STACK_", "ASAN_"))}
        return subprocess.run([str(w) for w in command], cwd="/", env=env, timeout=limit_s, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def up(self, *words):
        return self.quickstart("--port", self.port, *words)

    def env(self):
        lines = (self.state / "env").read_text(encoding="utf-8").splitlines()
        return {name: shlex.split(value)[0] for name, _, value in (line.partition("=") for line in lines if "=" in line)}

    def get(self, path):
        env = self.env()
        request = urllib.request.Request(env["AGENTIV_BASE_URL"] + path,
                                         headers={"Authorization": "Bearer " + env["AGENTIV_API_KEY"]})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def status(self):
        done = self.quickstart("status", "--json")
        return done.returncode, json.loads(done.stdout)

    def pids(self):
        return {p["name"]: p["pid"] for p in self.status()[1]["processes"]}

    def pid(self, name):
        return self.pids()[name]


def still_running(pid):
    """A zombie has ended; when it vanishes is its parent's matter."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(what, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.05)
    return False


def listeners(port):
    """The addresses, as the kernel writes them, at which somebody listens on the port."""
    found = []
    for file in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(file).read_text().splitlines()[1:]:
            address, number = line.split()[1].split(":")
            if line.split()[3] == "0A" and int(number, 16) == port:
                found.append(address)
    return found


class QuickstartTest(unittest.TestCase):
    """Given a fresh clone that only its owner can read, and two calls of the quickstart in it."""

    @classmethod
    def setUpClass(cls):
        outer = TMP / "only-mine"
        outer.mkdir(mode=0o700)
        cls.stack = Stack(clone(outer / "agentiv"))
        cls.addClassCleanup(cls.stack.quickstart, "reset")
        cls.first = cls.stack.up()
        cls.again = cls.stack.up()

    def test_first_call_triages_the_sample_mailbox(self):
        self.assertEqual((self.first.returncode, self.first.stderr), (0, ""), self.first.stdout)
        self.assertRegex(self.first.stdout, r"Triaged \d+ emails \| \d+ urgent \| \d+ archived")

    def test_first_call_says_what_to_try_next_and_how_to_end_it(self):
        self.assertIn("$AGENTIV_BASE_URL/api/agents", self.first.stdout)
        self.assertIn("quickstart down", self.first.stdout)

    def test_output_to_a_file_has_no_colours(self):
        self.assertNotIn("\033", self.first.stdout)

    def test_env_has_the_five_names_and_is_for_its_owner_only(self):
        self.assertEqual(set(self.stack.env()), KEYS)
        self.assertEqual(stat.S_IMODE((self.stack.state / "env").stat().st_mode), 0o600)

    def test_programs_have_what_a_shell_has_read_from_env(self):
        shown = subprocess.run(["sh", "-c", '. "$0" && env', self.stack.state / "env"], env={"PATH": os.environ["PATH"]},
                               check=True, stdout=subprocess.PIPE, text=True).stdout
        self.assertLessEqual(set(self.stack.env().items()), {tuple(line.split("=", 1)) for line in shown.splitlines()})

    def test_key_in_env_works(self):
        agents = self.stack.get("/api/agents")["data"]
        self.assertIn("email-triage", [a["slug"] for a in agents])

    def test_first_programs_of_both_sdks_work_with_env(self):
        # installed from the checkout; the programs are those of the first page, byte for byte
        with tempfile.TemporaryDirectory(dir=TMP) as folder:
            folder = Path(folder)
            env = {name: value for name, value in self.stack.env().items() if name in ("AGENTIV_BASE_URL", "AGENTIV_API_KEY")}
            python = sdks.python_with_sdk(self.stack.top, folder / "venv")
            project = sdks.folder_with_node_sdk(self.stack.top, folder / "project")
            for printed in (sdks.run_python_seed(python, folder, **env), sdks.run_node_seed(project, **env)):
                self.assertRegex(printed, r"^Triaged \d+ emails \| \d+ urgent \| \d+ archived\n$")

    def test_printed_commands_work_as_they_stand(self):
        block = self.first.stdout.partition("What to try next\n")[2].partition("\n\n")[0]
        done = subprocess.run(["bash", "-euc", block], cwd=self.stack.top, text=True, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(done.stdout.count('"success":true'), 7, done.stdout)
        self.assertIn('"outcome":"manual"', done.stdout)

    def test_rules_webhooks_own_mailboxes_and_memory_are_among_what_to_try(self):
        for words in ('"rules": [', "connection add --user", "memory list --user", "examples/receivers/README.md"):
            self.assertIn(words, self.first.stdout.partition("What to try next\n")[2])

    def test_a_schedule_is_set_once_and_its_next_run_is_told(self):
        schedule = self.stack.get("/api/schedules/email-triage")["data"]
        self.assertTrue(schedule["enabled"] and schedule["input_payload"]["dry_run"])
        for call in (self.first, self.again):
            self.assertIn(f"email-triage at {schedule['cron_expr']} {schedule['timezone']}, next {schedule['next_run_at']}",
                          call.stdout)
        self.assertEqual(schedule["updated_at"], schedule["created_at"])

    def test_second_call_builds_and_starts_nothing_and_keeps_key_and_runs(self):
        key, runs = self.stack.env()["AGENTIV_API_KEY"], len(self.stack.get("/api/executions?limit=100")["data"])
        pids = self.stack.pids()
        second = self.stack.up()
        self.assertEqual((second.returncode, second.stderr), (0, ""), second.stdout)
        self.assertIn("building", self.first.stdout)
        self.assertNotIn("building", second.stdout)
        self.assertEqual(self.stack.pids(), pids)
        self.assertEqual(self.stack.env()["AGENTIV_API_KEY"], key)
        self.assertEqual(len(self.stack.get("/api/executions?limit=100")["data"]), runs + 1)

    def test_second_call_sorts_the_sample_mailbox_as_the_first_did(self):
        summary = r"Triaged \d+ emails \| \d+ urgent \| \d+ archived"
        self.assertEqual(re.findall(summary, self.again.stdout), re.findall(summary, self.first.stdout))

    def test_status_tells_of_six_processes_that_are_well(self):
        code, status = self.stack.status()
        self.assertEqual([p["name"] for p in status["processes"]], ["db", "responder", "worker", "scheduler", "sender", "web"])
        self.assertEqual({p["health"] for p in status["processes"]}, {"ok"})
        self.assertTrue(all(p["memory_kib"] > 100 for p in status["processes"]))
        self.assertEqual((code, status["ok"]), (0, True))

    def test_status_without_json_is_a_table(self):
        self.assertRegex(self.stack.quickstart("status").stdout, r"worker +agentiv-worker +pid \d+ +ok +[\d.]+ MiB")

    def test_nothing_runs_as_root(self):
        owners = {p["name"]: Path(f"/proc/{p['pid']}").stat().st_uid for p in self.stack.status()[1]["processes"]}
        self.assertNotIn(0, owners.values(), owners)

    def test_only_loopback_is_listened_at(self):
        self.assertEqual(listeners(self.stack.port), ["0100007F"])

    def test_busy_port_is_one_line(self):
        other = TMP / "other"
        before = set(Path("/var/lib").glob("agentiv-quickstart-*"))
        done = self.stack.quickstart("--port", self.stack.port, "--state", other)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, f"quickstart: port {self.stack.port} is in use by another program: "
                                      "choose another with --port N\n")
        self.assertEqual(done.stdout, "")
        self.assertFalse(other.exists())
        self.assertEqual(set(Path("/var/lib").glob("agentiv-quickstart-*")), before)

    def test_foreign_folder_is_not_taken_for_state(self):
        done = self.stack.quickstart("--port", free_port(), "--state", self.stack.top / "docs")
        self.assertEqual(done.returncode, 1)
        self.assertIn("has other files in it", done.stderr)

    def test_killed_worker_is_seen_and_started_again(self):
        self.addCleanup(self.stack.up)
        os.kill(self.stack.pid("worker"), signal.SIGKILL)
        self.assertTrue(wait_until(lambda: self.stack.pid("worker") is None))
        self.assertEqual(self.stack.status()[0], 1)
        self.assertEqual(self.stack.up().returncode, 0)
        self.assertEqual(self.stack.status()[0], 0)

    def test_probe_is_there_when_asked_for(self):
        self.assertEqual(self.stack.up("--with-probe").returncode, 0)
        self.assertIn("probe", [a["slug"] for a in self.stack.get("/api/agents")["data"]])

    def test_own_mailbox_stays_connected_and_unchanged(self):
        place = Path(self.stack.env()["AGENTIV_CONFIG"]).parent
        own = place / "own-mail"
        shutil.copytree(place / "mail", own, ignore=lambda folder, names: [n for n in names if n.startswith(".A")])
        owner = place.stat()
        subprocess.run(["chown", "-R", f"{owner.st_uid}:{owner.st_gid}", own], check=True)
        words = ["connection", "add", "--user", "quickstart@example.com", "--integration", "gmail", "--maildir"]
        command = [self.stack.env()["AGENTIVCTL"], "-c", self.stack.env()["AGENTIV_CONFIG"]]
        subprocess.run([*command, *words, own], check=True, stdout=subprocess.DEVNULL)
        self.addCleanup(subprocess.run, [*command, *words, place / "mail"], check=True, stdout=subprocess.DEVNULL)
        before = sorted(own.rglob("*"))
        again = self.stack.up()
        self.assertEqual((again.returncode, again.stderr), (0, ""), again.stdout)
        self.assertIn("(dry run)", again.stdout)
        self.assertEqual(sorted(own.rglob("*")), before)

    def ctl(self, *words):
        env = self.stack.env()
        subprocess.run([env["AGENTIVCTL"], "-c", env["AGENTIV_CONFIG"], *words], check=True, stdout=subprocess.DEVNULL)

    def test_plan_that_is_printed_is_the_account_s(self):
        plan = ["plan", "set", "--user", "quickstart@example.com", "--plan"]
        self.addCleanup(self.ctl, *plan, "pro")
        self.assertIn("plan pro,", self.first.stdout)
        self.ctl(*plan, "enterprise")
        self.assertIn("plan enterprise,", self.stack.up().stdout)

    def test_run_that_the_account_may_not_start_names_what_lets_it(self):
        user = ["--user", "quickstart@example.com"]
        # the tests before it may have used up what starter has for this minute
        starter = ["--plan", "starter", "--requests-per-minute", "unlimited"]
        for mend, stopped in (("subscription set", ["--agent", "all", "--status", "canceled"]), ("plan set", starter)):
            with self.subTest(stopped=stopped):
                self.ctl(*mend.split(), *user, *stopped)
                refused = self.stack.up()
                self.assertEqual(refused.returncode, 1)
                command = refused.stderr.splitlines()[-1].partition("this lets it: ")[2]
                self.assertIn(mend, command)
                subprocess.run(shlex.split(command), check=True, stdout=subprocess.DEVNULL)
                self.assertEqual(self.stack.up().returncode, 0)

    def test_down_ends_all_and_up_brings_the_data_back(self):
        runs = [e["id"] for e in self.stack.get("/api/executions?limit=100")["data"]]
        pids = [p["pid"] for p in self.stack.status()[1]["processes"]]
        self.addCleanup(self.stack.up)
        self.assertEqual(self.stack.quickstart("down").returncode, 0)
        self.assertEqual([p for p in pids if still_running(p)], [])
        self.assertEqual(listeners(self.stack.port), [])
        self.assertIn("it is down", self.stack.quickstart("status").stdout)
        self.assertEqual(self.stack.up().returncode, 0)
        self.assertLessEqual(set(runs), {e["id"] for e in self.stack.get("/api/executions?limit=100")["data"]})

    def test_checkout_stays_clean(self):
        if (TOP / ".git").exists():
            changes = subprocess.run(["git", "-C", self.stack.top, "status", "--porcelain"], check=True,
                                     stdout=subprocess.PIPE, text=True).stdout
            self.assertEqual(changes, "")


class OtherServersTest(unittest.TestCase):
    """Given a clone of an ordinary user (when root runs the tests: nobody), behind the other web servers."""

    @classmethod
    def setUpClass(cls):
        user = pwd.getpwnam("nobody") if os.getuid() == 0 else None
        top = clone(TMP / "ordinary")
        if user:
            subprocess.run(["chown", "-R", f"{user.pw_uid}:{user.pw_gid}", top], check=True)
        cls.stack = Stack(top, user)
        cls.addClassCleanup(cls.stack.quickstart, "reset")

    def test_lighttpd_then_apache(self):
        for server in ("lighttpd", "apache"):
            with self.subTest(server=server):
                done = self.stack.up("--server", server)
                self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
                self.assertRegex(done.stdout, rf"{server} on http://127\.0\.0\.1:{self.stack.port}")
                self.assertIn("Triaged", done.stdout)
                with self.assertRaises(urllib.error.HTTPError) as refused:
                    urllib.request.urlopen(self.stack.env()["AGENTIV_BASE_URL"] + "/" + "x" * 70000, timeout=20)
                self.assertEqual(refused.exception.headers["Content-Type"], "application/json")
                refused.exception.close()

    def test_z_reset_leaves_nothing(self):
        self.assertEqual(self.stack.quickstart("reset").returncode, 0)
        self.assertFalse(self.stack.state.exists())
        self.assertEqual(listeners(self.stack.port), [])


class HelpTest(unittest.TestCase):
    def test_help_names_every_command_and_option(self):
        text = Stack(TOP).quickstart("--help").stdout
        for word in ("status", "down", "reset", "--state", "--port", "--server", "--with-probe", "--json"):
            self.assertTrue(re.search(rf"(^|\s){word}\b", text), word)

    def test_unknown_word_is_one_line_and_status_2(self):
        done = Stack(TOP).quickstart("--nonsense")
        self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1))

    def test_two_commands_are_one_line_and_status_2(self):
        done = Stack(TOP).quickstart("up", "down")
        self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (2, "", 1))


class PrintedTest(unittest.TestCase):
    def test_a_reader_that_has_gone_is_no_traceback(self):
        gone, end = os.pipe()
        os.close(gone)
        run = {"success": True, "data": {"status": "success", "summary": "Read 1", "duration_ms": 1, "output": {"triaged": [
            {"from": "a@example.com", "subject": "Hello", "category": "work", "urgent": False, "action": "label"}]}}}
        with open(end, "wb") as out, tempfile.NamedTemporaryFile("w", suffix=".json") as answer:
            json.dump(run, answer)
            answer.flush()
            for script, argument in (("show_status.py", "http://localhost"), ("show_run.py", answer.name)):
                with self.subTest(script):
                    done = subprocess.run([sys.executable, TOP / "deploy/lib" / script, argument], text=True,
                                          input="db 1 ok 1\n", stdout=out, stderr=subprocess.PIPE)
                    self.assertEqual((done.returncode, done.stderr), (-signal.SIGPIPE, ""))

    def shown(self, columns, reason):
        run = {"success": True, "data": {"status": "success", "summary": "Read 1", "duration_ms": 1, "output": {"triaged": [
            {"from": "Ann Lee <ann@example.com>", "subject": "The report of the last quarter", "category": "needs_reply",
             "urgent": True, "action": "archive_and_label", "reasons": [reason]}]}}}
        with tempfile.NamedTemporaryFile("w", suffix=".json") as answer:
            json.dump(run, answer)
            answer.flush()
            done = subprocess.run([sys.executable, TOP / "deploy/lib/show_run.py", answer.name], text=True, check=True,
                                  capture_output=True, env=dict(os.environ, COLUMNS=str(columns)))
        return done.stdout.splitlines()

    def test_a_reason_stands_beside_its_mail_where_there_is_room(self):
        lines = self.shown(200, "asks you: Can you send me the numbers of the last quarter by Friday?")
        self.assertRegex(lines[1], r"The report .* asks you: .* by Friday\?\Z")

    def test_a_reason_is_told_whole_in_a_narrow_terminal(self):
        reason = "asks you: Can you send me the numbers of the last quarter by Friday, before the board meets?"
        for columns in (120, 100, 80, 60):
            with self.subTest(columns=columns):
                lines = self.shown(columns, reason)
                self.assertLessEqual(max(len(line) for line in lines), columns)
                self.assertIn(reason, " ".join(" ".join(lines).split()))

    def test_a_folder_whose_parent_is_missing_is_one_line(self):
        done = subprocess.run([TOP / "deploy/quickstart", "--state", "/nonexistent/x"], text=True, capture_output=True)
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (1, "", "quickstart: the folder of /nonexistent/x does not exist\n"))


if __name__ == "__main__":
    unittest.main()
