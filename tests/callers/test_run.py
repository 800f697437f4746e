"""agentivctl run: an agent run over the API, on the real platform."""
import json
import os
import pty
import re
import signal
import subprocess
import unittest

from callers import Account, Caller, CallerCase, PlatformCase, folder, program, wait_until

EXECUTION = r"exec_[0-7][0-9A-HJKMNP-TV-Z]{25}"


class Running(PlatformCase):
    def probed(self, *words, **how):
        """What the probe was given as its payload."""
        return self.done(self.caller, "run", "probe", *words, **how)["output"]["payload"]

    def test_a_run_is_waited_for_and_its_result_printed_as_json(self):
        result = self.done(self.caller, "run", "probe", "--input", "payload=1")
        self.assertEqual(list(result), ["execution_id", "status", "summary", "output", "tokens_used", "duration_ms"])
        self.assertEqual((result["status"], result["output"]["payload"]), ("success", 1))

    def test_a_result_for_people_has_its_summary_and_its_output_indented(self):
        status, out, err = self.caller.call("run", "probe", "--input", "payload.a=1")
        self.assertEqual((status, err), (0, ""))
        self.assertRegex(out, rf"(?m)^Execution     {EXECUTION}$")
        self.assertRegex(out, r"(?m)^Summary       Probed \| attempt 1")
        self.assertIn('  "payload": {\n    "a": 1\n  }\n', out)

    def test_numbers_are_shown_to_people_as_the_server_writes_them(self):
        self.assertIn('  "payload": 0.85\n', self.caller.call("run", "probe", "--input", "payload=0.85")[1])

    def test_a_run_that_outlasts_the_servers_wait_is_waited_for_as_one_and_the_same(self):
        before = len(self.done(self.caller, "executions", "list", "--limit", 1000))
        result = self.done(self.caller, "run", "probe", "--input", "sleep_ms=3500")
        self.assertEqual(result["status"], "success")
        self.assertEqual(len(self.done(self.caller, "executions", "list", "--limit", 1000)), before + 1)

    def test_an_asynchronous_run_is_not_waited_for(self):
        accepted = self.done(self.caller, "run", "probe", "--input", "sleep_ms=600000", "--async")
        self.assertRegex(accepted["execution_id"], f"^{EXECUTION}$")
        self.assertIn(accepted["status"], ("queued", "running"))
        self.done(self.caller, "executions", "cancel", accepted["execution_id"])

    def test_a_delayed_run_is_not_waited_for(self):
        accepted = self.done(self.caller, "run", "probe", "--delay", "12h")
        execution = self.done(self.caller, "executions", "show", accepted["execution_id"])
        self.assertEqual(execution["status"], "queued")
        self.assertIsNotNone(execution["run_at"])
        self.done(self.caller, "executions", "cancel", accepted["execution_id"])

    def test_a_followed_run_prints_its_steps_and_then_its_result(self):
        status, out, err = self.caller.call("run", "probe", "--input", "steps=3", "--input", "payload=7", "--follow")
        self.assertEqual((status, err), (0, ""))
        steps, _, result = out.partition("\n\n")
        self.assertEqual([re.sub(r"  \d+ ms$", "", line) for line in steps.splitlines()],
                         [f"   {n}  log          step {n}" for n in (1, 2, 3)])
        self.assertRegex(result, rf"^Execution     {EXECUTION}\n")

    def test_a_followed_run_has_the_same_json_as_another(self):
        result = self.done(self.caller, "run", "probe", "--input", "payload=7", "--follow")
        self.assertEqual(list(result), ["execution_id", "status", "summary", "output", "tokens_used", "duration_ms"])

    def test_a_failed_run_exits_1_and_names_its_execution(self):
        for how in ([], ["--follow"]):
            with self.subTest(how):
                error = self.refused(1, "EXECUTION_FAILED", self.caller, "run", "probe", "--input", "fail=final", *how)
                self.assertRegex(error["execution_id"], f"^{EXECUTION}$")
                self.assertEqual(error["message"], "The probe failed in attempt 1, as it was told")

    def test_the_same_idempotency_key_is_the_same_run(self):
        words = ["run", "probe", "--input", "payload=1", "--idempotency-key", f"k-{os.urandom(6).hex()}"]
        first, second = self.done(self.caller, *words), self.done(self.caller, *words)
        self.assertEqual(first["execution_id"], second["execution_id"])

    def test_the_same_idempotency_key_with_another_input_is_refused(self):
        key = f"k-{os.urandom(6).hex()}"
        self.done(self.caller, "run", "probe", "--idempotency-key", key)
        self.refused(1, "CONFLICT", self.caller, "run", "probe", "--input", "payload=2", "--idempotency-key", key)

    def test_a_key_without_the_scope_to_read_is_enough_to_run_and_wait(self):
        key = self.account.new_key("agents:run")["key"]
        result = self.done(Caller(self.platform.url, key), "run", "probe", "--input", "sleep_ms=3500")
        self.assertEqual(result["status"], "success")

    def test_a_key_that_may_not_read_is_told_so_when_it_follows_and_the_run_is_named(self):
        key = self.account.new_key("agents:run")["key"]
        error = self.refused(1, "FORBIDDEN", Caller(self.platform.url, key), "run", "probe", "--follow")
        self.assertRegex(error["message"], rf"^The run {EXECUTION} goes on, .*agents:read$")

    # ---- input ----

    def test_values_are_json_where_they_are_json_and_texts_otherwise(self):
        for text, value in (("20", 20), ("2.5", 2.5), ("true", True), ("null", None), ('["a", "b"]', ["a", "b"]), ("{}", {}),
                            ('"20"', "20"), ("yes", "yes"), ("", ""), ("20 mails", "20 mails"), ("a=b", "a=b"), ("ü", "ü")):
            with self.subTest(text):
                self.assertEqual(self.probed("--input", f"payload={text}"), value)

    def test_names_with_dots_are_members_of_objects(self):
        self.assertEqual(self.probed("--input", "payload.a.b=1", "--input", "payload.c=x"), {"a": {"b": 1}, "c": "x"})

    def test_an_object_may_be_given_whole_in_a_file_and_on_standard_input(self):
        file = folder() / "input.json"
        file.write_text('{"payload": [1]}\n')
        for word, stdin in (('{"payload": [1]}', ""), (f"@{file}", ""), ("@-", '{"payload": [1]}')):
            with self.subTest(word):
                self.assertEqual(self.probed("--input", word, stdin=stdin), [1])

    def test_one_member_may_be_in_a_file(self):
        file = folder() / "rule.txt"
        file.write_text("Flag anything\nfrom my boss\n")
        self.assertEqual(self.probed("--input", f"payload=@{file}"), "Flag anything\nfrom my boss\n")

    def test_what_comes_later_counts(self):
        self.assertEqual(self.probed("--input", '{"payload": 1, "steps": 0}', "--input", "payload=2"), 2)
        self.assertEqual(self.probed("--input", "payload=2", "--input", '{"payload": 1, "steps": 0}'), 1)


class WrongInput(PlatformCase):
    def message(self, *words, status=2, **how):
        return self.refused(status, "INVALID_INPUT", self.caller, "run", "probe", *words, **how)["message"]

    def test_each_mistake_is_one_line_that_says_what_is_wrong(self):
        file = folder() / "list.json"
        file.write_text("[1]")
        for words, said in (
                (["--input", "payload"], "--input payload: is neither NAME=VALUE nor an object of JSON nor @FILE"),
                (["--input", "=1"], "--input =1: is neither NAME=VALUE nor an object of JSON nor @FILE"),
                (["--input", "a..b=1"], "--input a..b=1: is neither NAME=VALUE nor an object of JSON nor @FILE"),
                (["--input", f"@{file}"], f"--input @{file}: is no object"),
                (["--input", "payload=1", "--input", "payload.a=1"],
                 "--input payload.a=1: what stands before a dot is no object"),
                (["--delay", "1h", "--run-at", "2099-01-01"], "One of --delay and --run-at"),
                (["--async", "--follow"], "One of --async and --follow"),
                (["--max-tokens", "0"], '--max-tokens is a number from 1 to 1000000000, not "0"')):
            with self.subTest(words):
                self.assertEqual(self.message(*words), said)

    def test_what_is_no_json_is_told_with_its_place(self):
        self.assertIn("byte", self.message("--input", '{"payload": tru}'))

    def test_behind_two_dashes_there_are_no_options(self):
        self.assertEqual(self.refused(2, "INVALID_INPUT", self.caller, "run", "--", "probe", "--nothing")["message"],
                         'run takes no argument "--nothing"')

    def test_a_file_that_is_not_there_is_named(self):
        self.assertEqual(self.message("--input", "@/nonexistent.json", status=1),
                         "--input /nonexistent.json: No such file or directory")

    def test_what_the_agent_does_not_take_is_named_by_the_server(self):
        error = self.refused(1, "INVALID_INPUT", self.caller, "run", "probe", "--input", "sleep_ms=x")
        self.assertEqual(error["field"], "input_payload.sleep_ms")

    def test_a_slug_that_could_leave_its_place_in_the_path_is_a_mistake_of_usage(self):
        for slug in ("../usage", "a/b", "a?b", "a b", "ä"):
            with self.subTest(slug):
                self.refused(2, "INVALID_INPUT", self.caller, "run", slug)

    def test_an_agent_that_is_not_there_is_told_by_the_server(self):
        self.refused(1, "NOT_FOUND", self.caller, "run", "nobody")

    def test_people_are_told_in_one_line(self):
        status, out, err = self.caller.call("run", "nobody")
        self.assertEqual((status, out), (1, ""))
        self.assertRegex(err, r"^agentivctl: .*\n$")


class Configuration(CallerCase):
    def test_without_a_url_or_a_key_it_says_where_to_set_them(self):
        for caller, named in ((Caller(None), "AGENTIV_BASE_URL"), (Caller("http://127.0.0.1:1", None), "AGENTIV_API_KEY")):
            with self.subTest(named):
                error = self.refused(3, "INVALID_INPUT", caller, "agents", "list")
                self.assertIn(named, error["message"])

    def test_a_url_must_be_one(self):
        for url in ("agentiv.example.com", "ftp://agentiv.example.com", "http://user:secret@127.0.0.1", "http://127.0.0.1/?a=b"):
            with self.subTest(url):
                self.refused(3, "INVALID_INPUT", Caller(url), "agents", "list")

    def test_a_url_of_the_api_itself_is_told_to_be_too_long(self):
        for path in ("/api", "/api/", "/mcp"):
            with self.subTest(path):
                error = self.refused(3, "INVALID_INPUT", Caller("http://127.0.0.1:1" + path), "agents", "list")
                self.assertEqual(error["message"], "AGENTIV_BASE_URL is the server's URL, without /api or /mcp at its end, not"
                                                   " http://127.0.0.1:1" + path.rstrip("/"))

    def test_a_key_that_could_be_another_header_is_refused(self):
        error = self.refused(3, "INVALID_INPUT", Caller("http://127.0.0.1:1", "a\r\nX: y"), "agents", "list")
        self.assertEqual(error["message"], "What AGENTIV_API_KEY holds is no API key: one looks like agv_live_…")

    def test_a_file_of_certificates_must_be_one(self):
        self.refused(3, "INVALID_INPUT", Caller("https://127.0.0.1:1"), "agents", "list", "--ca-file", "/nonexistent")

    def test_a_server_that_is_away_exits_4(self):
        error = self.refused(4, "UNAVAILABLE", Caller("http://127.0.0.1:1"), "agents", "list")
        self.assertIn("The server at http://127.0.0.1:1 cannot be reached", error["message"])


class Keys(PlatformCase):
    def test_a_key_may_be_in_a_file_or_on_standard_input(self):
        file = folder() / "key"
        file.write_text(self.account.key + "\n")
        file.chmod(0o600)
        caller = Caller(self.platform.url, None)
        self.assertTrue(self.done(caller, "agents", "list", "--key-file", file))
        self.assertTrue(self.done(caller, "agents", "list", "--key-file", "-", stdin=self.account.key))

    def test_a_file_that_others_can_read_is_warned_of(self):
        file = folder() / "key"
        file.write_text(self.account.key + "\n")
        file.chmod(0o644)
        self.assertIn("every user of this host can read", Caller(self.platform.url, None).call("usage", "--key-file", file)[2])

    def test_a_wrong_key_is_refused_by_the_server(self):
        self.refused(1, "UNAUTHORIZED", Caller(self.platform.url, "agv_live_wrong"), "agents", "list")

    def test_neither_configuration_nor_database_is_opened(self):
        caller = Caller(self.platform.url, self.account.key, AGENTIV_CONFIG="/nonexistent/agentiv.conf")
        self.assertTrue(self.done(caller, "agents", "list"))

    def test_an_account_on_a_plan_without_api_is_refused(self):
        self.refused(1, "FORBIDDEN", Caller(self.platform.url, Account(self.platform, "starter").key), "run", "probe")


class Interrupted(PlatformCase):
    def interrupted(self, *words, after):
        child = self.caller.start(*words)
        self.addCleanup(self.end, child)
        after()
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=30)
        self.assertEqual(child.returncode, 130, err)
        return err

    def is_running(self):
        listed = [e for e in self.done(self.caller, "executions", "list", "--status", "running")
                  if e["agent_slug"] == "probe"]
        return listed and listed[0]["id"]

    def test_ctrl_c_ends_the_wait_and_says_how_to_find_the_run_again(self):
        found = []
        err = self.interrupted("run", "probe", "--input", "sleep_ms=600000",
                               after=lambda: found.append(wait_until(self.is_running, 20, "a run goes on")))
        self.assertRegex(err, r"^agentivctl: Interrupted\. A run that was accepted goes on: .*--idempotency-key agentivctl-\w+ ")
        self.assertEqual(self.done(self.caller, "executions", "show", found[0])["status"], "running")
        self.done(self.caller, "executions", "cancel", found[0])

    def test_ctrl_c_while_following_names_the_run(self):
        accepted = self.done(self.caller, "run", "probe", "--input", "sleep_ms=600000", "--input", "steps=5", "--async")
        execution_id = accepted["execution_id"]
        child = self.caller.start("executions", "follow", execution_id)
        self.addCleanup(self.end, child)
        self.assertRegex(child.stdout.readline(), r"^   1  log")
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=30)
        self.assertEqual(child.returncode, 130)
        self.assertIn(f"agentivctl executions cancel {execution_id} ends it", err)
        self.done(self.caller, "executions", "cancel", execution_id)


class OnATerminal(PlatformCase):
    def on_terminal(self, *words, **env):
        """What is written to a terminal by what must succeed."""
        here, there = pty.openpty()
        environment = Caller(self.platform.url, self.account.key, TERM="xterm", **env).env
        if "NO_COLOR" not in env:
            environment.pop("NO_COLOR", None)
        child = subprocess.Popen([program(), *words], env=environment, stdin=subprocess.DEVNULL, stdout=there, stderr=there)
        os.close(there)
        text = b""
        try:
            while chunk := os.read(here, 65536):
                text += chunk
        except OSError:
            pass
        os.close(here)
        self.assertEqual(child.wait(30), 0, text)
        return text.decode()

    def test_a_line_tells_that_it_waits_and_is_taken_away(self):
        text = self.on_terminal("run", "probe", "--input", "sleep_ms=1300")
        self.assertIn("\r\x1b[Krunning probe, 0 s", text)
        self.assertIn("\r\x1b[Krunning probe, 1 s\r\x1b[K", text)

    def test_colours_are_shown_unless_they_are_not_wanted(self):
        self.assertIn("\x1b[32msuccess\x1b[0m", self.on_terminal("run", "probe"))
        self.assertNotIn("\x1b[32m", self.on_terminal("run", "probe", NO_COLOR="1"))

    def test_nothing_that_a_server_says_drives_the_terminal(self):
        text = self.on_terminal("run", "probe", "--input", json.dumps({"payload": "\x1b[2J\x9b2J\x7f"}), "--json")
        self.assertIn('"\\u001b[2J\\u009b2J\\u007f"', text)
        text = self.on_terminal("run", "probe", "--input", json.dumps({"payload": "\x1b[2J\x9b2J\x7f"}))
        self.assertNotRegex(text, r"\x1b\[2J|[\x9b\x7f]")


if __name__ == "__main__":
    unittest.main()
