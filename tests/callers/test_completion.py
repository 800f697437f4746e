"""How bash and zsh complete agentivctl, by the scripts that it prints, in shells that load them."""
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
import unittest

from callers import Caller, CallerCase, PlatformCase, folder, program
from servers import Scripted, failure, success

COMPLETE = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_agentivctl
printf '%s\\n' "${COMPREPLY[@]}"
"""


def script(shell):
    file = folder() / ("_agentivctl" if shell == "zsh" else "agentivctl")
    done = subprocess.run([program(), "completion", shell], capture_output=True, text=True, timeout=30, check=True)
    file.write_text(done.stdout)
    return file


class Bash(PlatformCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.script = script("bash")

    def complete(self, *words, env=None, cwd=None):
        done = subprocess.run(["bash", "--norc", "-uc", COMPLETE, "bash", self.script, program(), *words], env=env or Caller(None).env,
                              cwd=cwd, capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_first_words(self):
        first = self.complete("")
        self.assertLessEqual({"run", "executions", "schedules", "key", "migrate", "mcp", "completion"}, set(first))
        self.assertEqual(len(first), len(set(first)))
        self.assertEqual(self.complete("exec"), ["execution", "executions"])

    def test_second_words(self):
        self.assertEqual(self.complete("executions", ""), ["list", "show", "steps", "follow", "cancel"])
        self.assertEqual(self.complete("key", "r"), ["rotate", "revoke"])

    def test_options(self):
        self.assertEqual(self.complete("run", "email-triage", "--max"), ["--max-tokens"])
        self.assertLessEqual({"--user", "--plan", "--json", "--help"}, set(self.complete("plan", "set", "-")))
        self.assertNotIn("--plan", self.complete("run", "email-triage", "-"))

    def test_choices_also_behind_an_equals_sign(self):
        self.assertEqual(self.complete("executions", "list", "--status", ""), ["queued", "running", "success", "failed"])
        self.assertEqual(self.complete("executions", "list", "--status", "=", "s"), ["success"])
        self.assertEqual(self.complete("executions", "list", "--status", "="), ["queued", "running", "success", "failed"])
        self.assertEqual(self.complete("plan", "set", "--api", ""), ["yes", "no", "plan"])

    def test_a_value_that_is_anything_is_not_guessed(self):
        self.assertEqual(self.complete("executions", "list", "--limit", ""), [])

    def test_files(self):
        there = folder()
        (there / "key.txt").touch()
        self.assertEqual(self.complete("run", "a", "--key-file", "k", cwd=there), ["key.txt"])
        self.assertEqual(self.complete("-c", "k", cwd=there), ["key.txt"])

    def test_words_behind_a_configuration(self):
        self.assertEqual(self.complete("-c", "x.conf", "executions", "s"), ["show", "steps"])

    def test_agents_are_asked_of_the_server(self):
        self.assertEqual(self.complete("run", "em", env=self.caller.env), ["email-triage"])
        self.assertEqual(self.complete("executions", "list", "--agent", "pro", env=self.caller.env), ["probe"])

    def test_what_a_server_calls_an_agent_is_no_command(self):
        mark = folder() / "mark"
        slugs = [f"$(touch${{IFS}}{mark})", f"`touch {mark}`", "em ail", "email-triage", "emäil"]
        with Scripted(success([{"slug": slug} for slug in slugs])) as server:
            self.assertEqual(self.complete("run", "", env=Caller(server.url).env), ["email-triage"])
        self.assertFalse(mark.exists())

    def test_without_a_server_nothing_is_said(self):
        self.assertEqual(self.complete("run", "em"), [])

    def test_the_script_is_without_fault(self):
        done = subprocess.run(["shellcheck", "-s", "bash", self.script], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, ""))


class Agents(CallerCase):
    def test_slugs_that_are_none_are_left_out(self):
        with Scripted(success([{"slug": "a\x1b\nb"}, {"slug": "c"}, {"slug": ""}, {"slug": None}, {}, None])) as server:
            self.assertEqual(Caller(server.url).call("completion", "agents"), (0, "c\n", ""))

    def test_a_server_that_is_away_is_passed_over_in_silence(self):
        self.assertEqual(Caller("http://127.0.0.1:1").call("completion", "agents"), (0, "", ""))

    def test_a_shell_does_not_wait_for_a_server_that_is_busy(self):
        with Scripted(failure("RATE_LIMITED", 429), success([{"slug": "a"}])) as server:
            self.assertEqual(Caller(server.url).call("completion", "agents"), (0, "", ""))
            self.assertEqual(len(server.requests), 1)

    def test_what_is_no_shell_is_a_mistake_of_usage(self):
        self.assertEqual(self.refused(2, "INVALID_INPUT", Caller(None), "completion", "fish")["message"],
                         'WHAT is one of bash, zsh, agents, not "fish"')


class Zsh:
    """An interactive one on a terminal, with the script in its fpath."""

    def __init__(self, fpath, env):
        here, there = pty.openpty()
        fcntl.ioctl(here, termios.TIOCSWINSZ, struct.pack("HHHH", 100, 300, 0, 0))
        self.terminal, self.written = here, ""
        path = f"{os.path.dirname(program())}:{env['PATH']}"
        self.child = subprocess.Popen(["zsh", "-f", "-i"], env={**env, "TERM": "dumb", "PATH": path, "PS1": "READY>"},
                                      stdin=there, stdout=there, stderr=there, start_new_session=True)
        os.close(there)
        self.until("READY>")
        self.type(f"fpath=({fpath} $fpath); autoload -Uz compinit; compinit -u -d {fpath}/dump;"
                  " zstyle ':completion:*' list-prompt ''; LISTMAX=0; echo LOAD''ED\n")
        self.until("LOADED\r\n")
        self.until("READY>")          # it is written when the line is edited: what is typed from now on is heard

    def type(self, text):
        os.write(self.terminal, text.encode())

    def until(self, mark, seconds=20):
        """What was written up to the mark."""
        end = time.monotonic() + seconds
        while mark not in self.written:
            if not select.select([self.terminal], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError(f"within {seconds} s: {mark!r} in {self.written!r}")
            self.written += os.read(self.terminal, 65536).decode(errors="replace")
        text, mark, self.written = self.written.partition(mark)
        return text + mark

    def close(self):
        self.child.kill()
        self.child.wait()
        os.close(self.terminal)


class ZshCompletes(PlatformCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.zsh = Zsh(script("zsh").parent, cls.caller.env)
        cls.addClassCleanup(cls.zsh.close)

    def listed(self, line):
        """What is shown for a line when a tab is typed and there are several."""
        self.zsh.type(f"{line}\t\t")
        # the line is taken back and a mark printed: what stands before it is the answer
        self.zsh.type("\x15echo DO''NE\n")
        text = self.zsh.until("DONE\r\n")
        self.zsh.until("READY>")
        return text

    def test_first_words_come_with_what_they_do(self):
        text = self.listed("agentivctl ")
        self.assertRegex(text, r"run +-- Run an agent and print its result")
        self.assertRegex(text, r"migrate +-- Make or update the database's schema")
        self.assertRegex(text, r"key +-- create, list, rotate, revoke")

    def test_second_words_come_with_what_they_do(self):
        self.assertRegex(self.listed("agentivctl executions "), r"cancel +-- Cancel a run")

    def test_options_come_with_what_they_mean(self):
        text = self.listed("agentivctl run email-triage --")
        self.assertRegex(text, r"--follow +-- print its steps as they happen")
        self.assertNotIn("--cron", text)

    def test_choices(self):
        self.assertRegex(self.listed("agentivctl executions list --status "), r"failed +queued +running +success")

    def test_agents_are_asked_of_the_server(self):
        self.assertRegex(self.listed("agentivctl run "), r"email-triage +needs-gmail +probe +strict")

    def test_one_that_is_unambiguous_is_written_out(self):
        self.assertIn("agentivctl schedules preview", re.sub(r"[\x07\x08]", "", self.listed("agentivctl schedules prev")))


if __name__ == "__main__":
    unittest.main()
