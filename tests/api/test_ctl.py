"""agentivctl from outside: its command line, how it ends, and what it shows to people."""
import json
import os
import pty
import re
import subprocess
import unittest
from pathlib import Path

from ctl import TOP, Ctl, call, new_folder, query, some_email

COMMANDS = ["config show-defaults", "secrets init", "migrate", "doctor", "user create", "user list", "plan list", "plan set",
            "subscription set", "key create", "key list", "key revoke", "connection add", "connection list", "connection remove",
            "mail test", "notifications show", "notifications set", "webhook-secret show", "webhook-secret rotate", "webhook list",
            "webhook deliveries", "webhook test", "webhook replay", "outbound check", "execution show", "schedule list", "schedule set", "schedule pause", "schedule resume", "schedule delete",
            "schedule run", "schedule history", "schedule preview", "audit", "tick"]
CALLERS = ["run", "agents list", "agents show", "executions list", "executions show", "executions steps", "executions follow",
           "executions cancel", "schedules list", "schedules show", "schedules set", "schedules delete", "schedules run",
           "schedules preview", "schedules history", "usage", "mcp", "completion"]


class CommandLine(Ctl):
    def test_help_lists_every_command_and_exits_0(self):
        status, out, _ = call("--help", conf=False)
        self.assertEqual(status, 0)
        operators, _, callers = out.partition("\nFor callers, on a server named by AGENTIV_BASE_URL")
        self.assertIn("\nFor operators, on the database:\n", operators)
        for command in COMMANDS:
            self.assertRegex(operators, rf"(?m)^  {command} ")
        for command in CALLERS:
            self.assertRegex(callers, rf"(?m)^  {command} ")

    def test_every_command_has_help_of_its_own(self):
        for command in COMMANDS + CALLERS:
            status, out, err = call(*command.split(), "--help", conf=False)
            self.assertEqual((status, err), (0, ""))
            self.assertIn(f"Usage: agentivctl {command}", out)

    def test_help_is_no_wider_than_a_terminal(self):
        for words in ("", "key", "schedule", "schedules", *COMMANDS, *CALLERS):
            with self.subTest(words):
                lines = call(*words.split(), "--help", conf=False)[1].splitlines()
                self.assertLess(max(map(len, lines)), 80)

    def test_what_options_say_is_aligned(self):
        for command in COMMANDS + CALLERS:
            with self.subTest(command):
                for line in call(*command.split(), "--help", conf=False)[1].splitlines():
                    if line.startswith("      --"):
                        self.assertRegex(line, r"^.{29} \S|^ {6}--\S+ \S+$")

    def test_a_group_has_help(self):
        status, out, _ = call("key", "--help", conf=False)
        self.assertEqual(status, 0)
        self.assertIn("key COMMAND [OPTION]", out)
        self.assertIn("key revoke", out)
        self.assertNotIn("user create", out)

    def test_what_is_no_command_is_a_matter_of_usage(self):
        for words in ([], ["frob"], ["key"], ["key", "frob"], ["--frob"], ["user", "list", "--frob"],
                      ["user", "list", "frob"], ["execution", "show"], ["user", "create", "--email", "a@example.org"],
                      ["user", "create", "--email"], ["-c"], ["tick", "--runs", "0"], ["tick", "--runs", "x"],
                      ["plan", "set", "--user", "u", "--plan", "pro", "--concurrent", "-1"],
                      ["key", "create", "--user", "u", "--name", "", "--scopes", "agents:read"],
                      ["key", "list", "--user", "a", "--user", "b"]):
            self.refused(2, "INVALID_INPUT", *words)

    def test_an_argument_that_is_empty_is_named_as_help_names_it(self):
        self.assertEqual(self.refused(2, "INVALID_INPUT", "outbound", "check", ""), "URL must not be empty")
        self.assertEqual(self.refused(2, "INVALID_INPUT", "mail", "test", "--to", ""), "--to must not be empty")

    def test_a_count_past_what_a_tick_can_do_is_a_matter_of_usage(self):
        for option, most in (("--threads", 1024), ("--runs", 1000000), ("--deliveries", 1000000), ("--seconds", 86400)):
            message = self.refused(2, "INVALID_INPUT", "tick", option, most + 1)
            self.assertEqual(message, f'{option} is a number from 1 to {most}, not "{most + 1}"')

    def test_usage_is_explained_with_the_help_to_call(self):
        status, out, err = call("key", "create")
        self.assertEqual((status, out), (2, ""))
        self.assertEqual(err, "agentivctl: key create needs --user USER\nTry: agentivctl key create --help\n")

    def test_the_configuration_may_be_named_before_and_after_the_command(self):
        for words in (["-c", self.config, "user", "list"], ["user", "list", "-c", self.config],
                      ["user", "-c", self.config, "list"], ["user", "list", f"--config={self.config}"]):
            status, _, err = call(*words, conf=False)
            self.assertEqual((status, err), (0, ""))

    def test_values_may_stand_behind_an_equals_sign(self):
        user = self.user()
        self.assertEqual(self.done("key", "list", f"--user={user['id']}"), [])

    def test_a_missing_configuration_exits_3(self):
        message = self.refused(3, "INVALID_INPUT", "user", "list", "-c", "/nonexistent/agentiv.conf")
        self.assertIn("/nonexistent/agentiv.conf", message)

    def test_a_wrong_configuration_exits_3_and_names_its_line(self):
        bad = self.temporary / "bad.conf"
        bad.write_text("[worker]\nthreads = many\n")
        message = self.refused(3, "INVALID_INPUT", "user", "list", "-c", bad)
        self.assertIn("bad.conf:2", message)

    def test_missing_secrets_exit_3(self):
        self.refused(3, "INVALID_INPUT", "key", "create", "--user", "u", "--name", "n", "--scopes", "agents:read",
                     env={"AGENTIV_SECRETS_PEPPER_FILE": "/nonexistent/pepper"})

    def test_a_database_that_is_away_exits_4(self):
        for words in (["user", "list"], ["migrate"], ["tick"]):
            message = self.refused(4, "UNAVAILABLE", *words,
                                   env={"AGENTIV_DATABASE_HOSTS": "socket:/nonexistent/sock"})
            self.assertIn("/nonexistent/sock", message)

    def test_the_sample_configuration_is_one_that_loads(self):
        status, out, _ = call("config", "show-defaults", conf=False)
        self.assertEqual(status, 0)
        sample = self.temporary / "sample.conf"
        sample.write_text(re.sub(r"(?m)^#(\w+ =)", r"\1", out))
        self.assertIn("\nhosts =", sample.read_text())
        _, out, _ = call("doctor", "--json", "-c", sample)
        self.assertEqual(json.loads(out)["checks"][0]["status"], "ok", out)

    def test_a_result_that_cannot_be_written_is_a_failure(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([self.program, "--help"], stdout=full, stderr=subprocess.PIPE, text=True,
                                  timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("No space left", done.stderr)


class ForPeople(Ctl):
    def on_terminal(self, *words, **env):
        """What is written to a terminal."""
        here, there = pty.openpty()
        environment = {**os.environ, "AGENTIV_CONFIG": self.config, "TERM": "xterm", **env}
        environment.pop("NO_COLOR", None) if "NO_COLOR" not in env else None
        done = subprocess.run([self.program, *words], env=environment, stdout=there, timeout=60)
        self.assertEqual(done.returncode, 0)
        os.close(there)
        text = b""
        try:
            while chunk := os.read(here, 65536):
                text += chunk
        except OSError:
            pass
        os.close(here)
        return text.decode()

    def test_tables_are_aligned_whatever_the_names(self):
        user = self.user()
        for name in ("Zoë Łuk", "plain", "日本"):
            self.done("key", "create", "--user", user["id"], "--name", name, "--scopes", "agents:read")
        _, out, _ = call("key", "list", "--user", user["id"])
        lines = out.splitlines()
        self.assertEqual({line.index("agv_live_") for line in lines[1:]}, {lines[0].index("KEY")})

    def test_colours_are_for_terminals_only(self):
        user = self.user()
        self.key(user)
        words = ["key", "list", "--user", user["id"]]
        self.assertIn("\x1b[", self.on_terminal(*words))
        self.assertNotIn("\x1b[", self.on_terminal(*words, NO_COLOR="1"))
        self.assertNotIn("\x1b[", self.on_terminal(*words, TERM="dumb"))
        self.assertNotIn("\x1b[", call(*words)[1])

    def test_nothing_stored_can_drive_the_terminal(self):
        user = self.user()
        query(f"UPDATE accounts SET name = '\\\\x1b[2J' WHERE email = '{user['email']}'".replace("\\\\x1b", "\x1b"))
        self.assertNotIn("\x1b[2J", self.on_terminal("user", "list"))

    def test_a_new_key_is_printed_with_the_warning_that_it_is_shown_once(self):
        user = self.user()
        status, out, _ = call("key", "create", "--user", user["id"], "--name", "k", "--scopes", "agents:read")
        self.assertEqual(status, 0)
        self.assertRegex(out, r"agv_live_\w{36}\n")
        self.assertIn("shown this once", out)


class FirstUser(Ctl):
    """The section of docs/hosting.md, with a Maildir and a password file that are there, and a server that is not asked."""

    def blocks(self):
        text = (TOP / "docs/hosting.md").read_text(encoding="utf-8")
        section = text.partition("\n## First user\n")[2].partition("\n## ")[0]
        return re.findall(r"```sh\n(.*?)```", section, re.S)

    def test_its_commands_work_as_they_stand(self):
        folder, address = new_folder(), some_email()
        for part in ("cur", "new", "tmp"):
            (folder / "Maildir" / part).mkdir(parents=True)
        (folder / "ann.password").write_text("secret\n")
        (folder / "ann.password").chmod(0o600)
        path = f"{Path(self.program).parent}:{os.environ['PATH']}"
        maildir, server, _ = self.blocks()
        for block in (maildir, server.rstrip() + " --unchecked"):
            block = block.replace("ann@example.com", address).replace("/home/ann", str(folder))
            done = subprocess.run(["bash", "-euc", block], cwd=folder, capture_output=True, text=True, timeout=60,
                                  env=dict(os.environ, PATH=path, AGENTIV_CONFIG=self.config))
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("active", query("SELECT IF(status = 1, 'active', status) FROM subscriptions WHERE agent = '*' AND account_id ="
                                      f" (SELECT id FROM accounts WHERE email = '{address}')"))
        self.assertEqual([k["scopes"] for k in self.done("key", "list", "--user", address)], [["agents:read", "agents:run"]])
        self.assertEqual([c["place"] for c in self.done("connection", "list", "--user", address)],
                         [f"{address}@imap.example.com/INBOX"])


if __name__ == "__main__":
    unittest.main()
