"""agentivctl from outside: what it prints, what it refuses, how it ends.

Runs against a migrated database: the one of AGENTIV_CONFIG, with the program AGENTIVCTL; where they are not given, a
private one is started with the programs in STACK_BIN.
"""
import base64
import binascii
import configparser
import itertools
import json
import os
import pty
import re
import shutil
import stat
import subprocess
import tempfile
import time
import unittest
from datetime import datetime, timedelta, timezone
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
COMMANDS = ["config show-defaults", "secrets init", "migrate", "doctor", "user create", "user list", "plan set",
            "subscription set", "key create", "key list", "key revoke", "connection add", "connection list",
            "webhook-secret show", "execution show", "tick"]
SCOPES = "agents:read,agents:run,schedules:write,connections:read,webhooks:write"
BASE62 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

numbers = itertools.count(int.from_bytes(os.urandom(4), "big") << 16)
program = config = state = temporary = None


def setUpModule():
    global program, config, state, temporary
    temporary = Path(tempfile.mkdtemp(prefix="ctl-", dir=os.environ.get("AGENTIV_TEST_TMP")))
    temporary.chmod(0o755)
    program, config = os.environ.get("AGENTIVCTL"), os.environ.get("AGENTIV_CONFIG")
    if not program or not config:
        state = temporary / "state"
        subprocess.run([TOP / "deploy/lib/stack.sh", "init", state], check=True, timeout=120)
        program, config = os.path.join(os.environ["STACK_BIN"], "agentivctl"), str(state / "agentiv.conf")


def tearDownModule():
    if state:
        subprocess.run([TOP / "deploy/lib/stack.sh", "down", state], check=True, timeout=60)
    shutil.rmtree(temporary, ignore_errors=True)


def call(*words, env=None, conf=True, cwd=None):
    """Exit status, stdout and stderr."""
    environment = {**os.environ, "AGENTIV_CONFIG": config if conf else "", **(env or {})}
    done = subprocess.run([program, *map(str, words)], env=environment, cwd=cwd, capture_output=True, text=True,
                          timeout=60)
    return done.returncode, done.stdout, done.stderr


def some_email():
    return f"user{next(numbers)}@example.org"


def query(sql):
    """One value of the database, as text."""
    ini = configparser.ConfigParser(interpolation=None)
    ini.read(config)
    db = ini["database"]
    words = ["mariadb", "--no-defaults", "-N", "-B", "-S", db["hosts"].removeprefix("socket:"),
             "-u", db.get("user", "agentiv"), db.get("name", "agentiv"), "-e", sql]
    environment = dict(os.environ)
    if db.get("password_file"):
        environment["MYSQL_PWD"] = Path(db["password_file"]).read_text().strip()
    return subprocess.run(words, env=environment, check=True, capture_output=True, text=True, timeout=30).stdout.strip()


class Ctl(unittest.TestCase):
    maxDiff = None

    def done(self, *words, **how):
        """The JSON of a command that must succeed."""
        status, out, err = call(*words, "--json", **how)
        self.assertEqual((status, err), (0, ""), (words, out))
        return json.loads(out)

    def refused(self, status, code, *words, **how):
        """The message of a command that must fail in this way, with nothing on stdout."""
        got, out, err = call(*words, "--json", **how)
        self.assertEqual((got, out), (status, ""), (words, err))
        error = json.loads(err)
        self.assertEqual(list(error), ["error"])
        self.assertEqual(error["error"]["code"], code)
        self.assertTrue(error["error"]["message"])
        return error["error"]["message"]

    def user(self, plan="pro"):
        return self.done("user", "create", "--email", some_email(), "--name", "Test", "--plan", plan)

    def key(self, user, **how):
        return self.done("key", "create", "--user", user["id"], "--name", "k", "--scopes", SCOPES, **how)


class CommandLine(Ctl):
    def test_help_lists_every_command_and_exits_0(self):
        status, out, _ = call("--help", conf=False)
        self.assertEqual(status, 0)
        for command in COMMANDS:
            self.assertRegex(out, rf"(?m)^  {command} ")

    def test_every_command_has_help_of_its_own(self):
        for command in COMMANDS:
            status, out, err = call(*command.split(), "--help", conf=False)
            self.assertEqual((status, err), (0, ""))
            self.assertIn(f"Usage: agentivctl {command}", out)

    def test_a_group_has_help(self):
        status, out, _ = call("key", "--help", conf=False)
        self.assertEqual(status, 0)
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

    def test_usage_is_explained_with_the_help_to_call(self):
        status, out, err = call("key", "create")
        self.assertEqual((status, out), (2, ""))
        self.assertEqual(err, "agentivctl: key create needs --user USER\nTry: agentivctl key create --help\n")

    def test_the_configuration_may_be_named_before_and_after_the_command(self):
        for words in (["-c", config, "user", "list"], ["user", "list", "-c", config],
                      ["user", "-c", config, "list"], ["user", "list", f"--config={config}"]):
            status, _, err = call(*words, conf=False)
            self.assertEqual((status, err), (0, ""))

    def test_values_may_stand_behind_an_equals_sign(self):
        user = self.user()
        self.assertEqual(self.done("key", "list", f"--user={user['id']}"), [])

    def test_a_missing_configuration_exits_3(self):
        message = self.refused(3, "INVALID_INPUT", "user", "list", "-c", "/nonexistent/agentiv.conf")
        self.assertIn("/nonexistent/agentiv.conf", message)

    def test_a_wrong_configuration_exits_3_and_names_its_line(self):
        bad = temporary / "bad.conf"
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
        sample = temporary / "sample.conf"
        sample.write_text(re.sub(r"(?m)^#(\w+ =)", r"\1", out))
        self.assertIn("\nhosts =", sample.read_text())
        _, out, _ = call("doctor", "--json", "-c", sample)
        self.assertEqual(json.loads(out)["checks"][0]["status"], "ok", out)

    def test_a_result_that_cannot_be_written_is_a_failure(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([program, "--help"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("No space left", done.stderr)


class Users(Ctl):
    def test_a_new_user_is_printed_as_the_bare_object(self):
        email = some_email()
        user = self.done("user", "create", "--email", email, "--name", "Zoë", "--plan", "pro")
        self.assertRegex(user["id"], r"^usr_[0-9A-HJKMNP-TV-Z]{26}$")
        self.assertEqual((user["email"], user["name"], user["plan"]), (email, "Zoë", "pro"))
        self.assertEqual((user["requests_per_minute"], user["runs_per_day"], user["runs_per_month"],
                          user["concurrent"]), (120, 1000, 1000, 5))
        self.assertIn(user, self.done("user", "list"))

    def test_an_address_is_taken_once(self):
        user = self.user()
        message = self.refused(1, "CONFLICT", "user", "create", "--email", user["email"], "--name", "x", "--plan",
                               "pro")
        self.assertIn(user["email"], message)

    def test_what_is_no_address_is_refused(self):
        for email in ("x", "@example.org", "x@", "x@@example.org", "x y@example.org", "x@exa mple.org",
                      "x@-example.org", "x@example..org", "x@example.org.", 'x"@example.org', "x\n@example.org",
                      "é@example.org", "x" * 65 + "@example.org", "x@" + "e" * 250 + ".org"):
            self.refused(1, "INVALID_INPUT", "user", "create", "--email", email, "--name", "x", "--plan", "pro")

    def test_names_hold_no_control_characters(self):
        for name in ("a\nb", "a\x1b[2Jb", "x" * 201):
            self.refused(1, "INVALID_INPUT", "user", "create", "--email", some_email(), "--name", name, "--plan",
                         "pro")

    def test_an_unknown_plan_is_refused(self):
        self.refused(1, "INVALID_INPUT", "user", "create", "--email", some_email(), "--name", "x", "--plan", "gold")
        self.refused(1, "INVALID_INPUT", "plan", "set", "--user", self.user()["id"], "--plan", "gold")

    def test_a_user_is_named_by_id_or_address(self):
        user = self.user()
        for name in (user["id"], user["email"]):
            self.assertEqual(self.done("key", "list", "--user", name), [])
        self.refused(1, "NOT_FOUND", "key", "list", "--user", some_email())

    def test_limits_of_the_plan_are_overridden_one_by_one(self):
        user = self.user("enterprise")
        self.assertIsNone(user["runs_per_day"])
        user = self.done("plan", "set", "--user", user["id"], "--plan", "pro", "--runs-per-day", "7",
                         "--concurrent", "unlimited")
        self.assertEqual((user["plan"], user["runs_per_day"], user["concurrent"], user["runs_per_month"]),
                         ("pro", 7, None, 1000))
        user = self.done("plan", "set", "--user", user["id"], "--plan", "starter", "--requests-per-minute", "0")
        self.assertEqual((user["requests_per_minute"], user["runs_per_day"], user["concurrent"],
                          user["runs_per_month"]), (0, 7, None, 50))

    def test_a_limit_given_as_plan_is_the_plan_s_again(self):
        user = self.user("pro")
        limits = ("requests_per_minute", "runs_per_day", "runs_per_month", "concurrent")
        options = ["--" + name.replace("_", "-") for name in limits]
        own = self.done("plan", "set", "--user", user["id"], "--plan", "pro",
                        *(word for option in options for word in (option, "7")))
        self.assertEqual([own[name] for name in limits], [7] * 4)
        for done, option in enumerate(options, 1):
            own = self.done("plan", "set", "--user", user["id"], "--plan", "pro", option, "plan")
            self.assertEqual([own[name] for name in limits],
                             [user[name] for name in limits[:done]] + [7] * (4 - done))
        own = self.done("plan", "set", "--user", user["id"], "--plan", "starter")
        self.assertEqual((own["runs_per_month"], own["concurrent"]), (50, 1))

    def test_an_account_without_a_slot_is_refused(self):
        user = self.user()
        message = self.refused(2, "INVALID_INPUT", "plan", "set", "--user", user["id"], "--plan", "pro",
                               "--concurrent", "0")
        self.assertIn("from 1 on", message)
        self.assertIn(user, self.done("user", "list"))

    def test_subscriptions_are_set_for_one_agent_and_for_all(self):
        user = self.user()
        self.assertEqual(
            self.done("subscription", "set", "--user", user["id"], "--agent", "all", "--status", "active"),
            {"user_id": user["id"], "agent": "all", "status": "active", "trial_ends_at": None})
        self.assertEqual(
            self.done("subscription", "set", "--user", user["email"], "--agent", "email-triage", "--status",
                      "trialing", "--trial-ends", "2031-02-03T04:05:06+01:00"),
            {"user_id": user["id"], "agent": "email-triage", "status": "trialing",
             "trial_ends_at": "2031-02-03T03:05:06Z"})

    def test_an_agent_that_is_not_there_has_no_subscription(self):
        self.refused(1, "NOT_FOUND", "subscription", "set", "--user", self.user()["id"], "--agent", "email-triag",
                     "--status", "active")

    def test_a_trial_needs_an_end(self):
        self.refused(2, "INVALID_INPUT", "subscription", "set", "--user", self.user()["id"], "--agent", "all",
                     "--status", "trialing")

    def test_a_trial_ends_in_the_future(self):
        user = self.user()
        for text in ("2020-01-01", "2020-01-01T00:00:00Z", "0d"):
            message = self.refused(2, "INVALID_INPUT", "subscription", "set", "--user", user["id"], "--agent", "all",
                                   "--status", "trialing", "--trial-ends", text)
            self.assertIn(f'"{text}" is over', message)

    def test_what_is_no_trial_has_no_end(self):
        user = self.user()
        for status in ("active", "past_due", "canceled", "none"):
            self.refused(2, "INVALID_INPUT", "subscription", "set", "--user", user["id"], "--agent", "all",
                         "--status", status, "--trial-ends", "3d")

    def test_the_webhook_secret_is_24_bytes_and_stays_the_same(self):
        user = self.user()
        secret = self.done("webhook-secret", "show", "--user", user["id"])
        self.assertEqual(list(secret), ["secret"])
        self.assertTrue(secret["secret"].startswith("whsec_"))
        self.assertEqual(len(base64.b64decode(secret["secret"][6:], validate=True)), 24)
        self.assertEqual(secret, self.done("webhook-secret", "show", "--user", user["email"]))
        self.assertNotEqual(secret, self.done("webhook-secret", "show", "--user", self.user()["id"]))

    def test_the_webhook_secret_is_sealed_in_the_database(self):
        user = self.user()
        secret = self.done("webhook-secret", "show", "--user", user["id"])["secret"]
        stored = bytes.fromhex(query(f"SELECT HEX(webhook_secret) FROM accounts WHERE email = '{user['email']}'"))
        self.assertEqual(stored[:2], b"v1")
        self.assertNotIn(secret[6:].encode(), stored)

    def test_a_secret_copied_to_another_account_does_not_open(self):
        mine, yours = self.user(), self.user()
        query(f"UPDATE accounts a JOIN accounts b ON b.email = '{yours['email']}'"
              f" SET a.webhook_secret = b.webhook_secret WHERE a.email = '{mine['email']}'")
        self.refused(1, "INTERNAL", "webhook-secret", "show", "--user", mine["id"])


class Keys(Ctl):
    def test_a_key_is_shown_once_and_well_formed(self):
        user = self.user()
        key = self.key(user)
        self.assertRegex(key["id"], r"^key_")
        self.assertRegex(key["key"], r"^agv_live_[0-9A-Za-z]{36}$")
        checksum = binascii.crc32(key["key"][:39].encode())
        for character in reversed(key["key"][39:]):
            self.assertEqual(character, BASE62[checksum % 62])
            checksum //= 62
        self.assertEqual(key["scopes"], SCOPES.split(","))
        self.assertEqual(key["shown"], key["key"][:13])
        listed = self.done("key", "list", "--user", user["id"])
        self.assertEqual([k["id"] for k in listed], [key["id"]])
        self.assertNotIn(key["key"], json.dumps(listed))

    def test_only_a_hash_of_the_key_is_stored(self):
        user = self.user()
        key = self.key(user)["key"]
        row = query("SELECT HEX(hash), pepper_id, shown FROM api_keys WHERE account_id ="
                    f" (SELECT id FROM accounts WHERE email = '{user['email']}')").split("\t")
        self.assertEqual(len(row[0]), 64)
        self.assertEqual(row[2], key[:13])
        self.assertNotIn(key.encode().hex().upper(), row[0])

    def test_scopes_that_do_not_exist_are_refused(self):
        user = self.user()
        for scopes in ("agents:write", "agents:read,", "agents:read,,agents:run", "AGENTS:READ"):
            self.refused(1, "INVALID_INPUT", "key", "create", "--user", user["id"], "--name", "k", "--scopes", scopes)

    def test_a_key_expires_at_a_time_a_date_or_after_a_span(self):
        user = self.user()
        for text, expected in (("2031-01-02T03:04:05Z", "2031-01-02T03:04:05Z"),
                               ("2031-01-02", "2031-01-02T00:00:00Z")):
            key = self.done("key", "create", "--user", user["id"], "--name", "k", "--scopes", "agents:read",
                            "--expires", text)
            self.assertEqual(key["expires_at"], expected)
        key = self.done("key", "create", "--user", user["id"], "--name", "k", "--scopes", "agents:read", "--expires",
                        "2h")
        expires = datetime.strptime(key["expires_at"], "%Y-%m-%dT%H:%M:%S%z")
        self.assertLess(abs(expires - datetime.now(timezone.utc) - timedelta(hours=2)), timedelta(seconds=60))
        for text in ("tomorrow", "2031-02-30", "30", "-2h", "2h3m", "99999d", "2031-01-02T03:04:05"):
            self.refused(2, "INVALID_INPUT", "key", "create", "--user", user["id"], "--name", "k", "--scopes",
                         "agents:read", "--expires", text)

    def test_a_key_that_would_be_expired_at_once_is_not_made(self):
        user = self.user()
        for text in ("2020-01-01", "2020-01-01T00:00:00Z", "0h"):
            message = self.refused(2, "INVALID_INPUT", "key", "create", "--user", user["id"], "--name", "k",
                                   "--scopes", "agents:read", "--expires", text)
            self.assertIn(f'"{text}" is over', message)
        self.assertEqual(self.done("key", "list", "--user", user["id"]), [])

    def test_a_revoked_key_stays_listed_as_such(self):
        user = self.user()
        key = self.key(user)
        self.assertIsNone(key["revoked_at"])
        revoked = self.done("key", "revoke", key["id"], "--user", user["id"])
        self.assertEqual(revoked["id"], key["id"])
        self.assertIsNotNone(revoked["revoked_at"])
        self.assertEqual(self.done("key", "revoke", "--user", user["id"], "--key", key["id"]), revoked)
        self.assertEqual(self.done("key", "list", "--user", user["id"]), [revoked])

    def test_another_users_key_is_not_found(self):
        key = self.key(self.user())
        self.refused(1, "NOT_FOUND", "key", "revoke", key["id"], "--user", self.user()["id"])
        self.refused(1, "INVALID_INPUT", "key", "revoke", "key_123", "--user", self.user()["id"])


class Connections(Ctl):
    def maildir(self, name="mail"):
        folder = Path(tempfile.mkdtemp(dir=temporary)) / name
        for part in ("cur", "new", "tmp"):
            (folder / part).mkdir(parents=True)
        folder.parent.chmod(0o755)
        return folder

    def add(self, user, *words):
        return self.done("connection", "add", "--user", user["id"], "--integration", "gmail", *words)

    def test_a_maildir_is_connected(self):
        user = self.user()
        connection = self.add(user, "--maildir", self.maildir())
        self.assertRegex(connection["id"], r"^con_")
        self.assertEqual((connection["integration"], connection["kind"], connection["status"]),
                         ("gmail", "maildir", "connected"))
        self.assertEqual(self.done("connection", "list", "--user", user["id"]), [connection])

    def test_another_connection_takes_the_place_of_the_first(self):
        user = self.user()
        self.add(user, "--maildir", self.maildir())
        box = temporary / "box"
        box.write_text("From a@example.org Thu Jan  2 03:04:05 2025\nSubject: x\n\nx\n")
        connection = self.add(user, "--mbox", box, "--address", "me@example.org")
        self.assertEqual(connection["kind"], "mbox")
        self.assertEqual(self.done("connection", "list", "--user", user["id"]), [connection])

    def test_a_relative_path_is_made_absolute_and_all_is_sealed(self):
        user = self.user()
        folder = self.maildir("rëlative")
        self.done("connection", "add", "--user", user["id"], "--integration", "gmail", "--maildir", folder.name,
                  cwd=folder.parent)
        stored = bytes.fromhex(query("SELECT HEX(settings) FROM connections WHERE account_id ="
                                     f" (SELECT id FROM accounts WHERE email = '{user['email']}')"))
        self.assertEqual(stored[:2], b"v1")
        self.assertNotIn(b"path", stored)

    def test_what_is_no_mailbox_is_refused_with_the_reason(self):
        user = self.user()
        for words in (["--maildir", temporary], ["--maildir", "/nonexistent"], ["--mbox", "/nonexistent"],
                      ["--mbox", temporary]):
            self.refused(1, "INVALID_INPUT", "connection", "add", "--user", user["id"], "--integration", "gmail",
                         *words)
        self.assertEqual(self.done("connection", "list", "--user", user["id"]), [])

    def test_a_file_that_does_not_begin_as_an_mbox_is_refused(self):
        user, file = self.user(), Path(tempfile.mkdtemp(dir=temporary)) / "notes"
        for text in ("Dear diary\n", "From", "from a@example.org\n", "\nFrom a@example.org\n", "From: a@example.org\n"):
            file.write_text(text)
            message = self.refused(1, "INVALID_INPUT", "connection", "add", "--user", user["id"], "--integration",
                                   "gmail", "--mbox", file)
            self.assertIn(f"{file} is no mbox", message)
        self.assertEqual(self.done("connection", "list", "--user", user["id"]), [])
        self.add(user, "--mbox", file, "--unchecked")

    def test_an_mbox_that_has_no_message_yet_is_connected(self):
        file = Path(tempfile.mkdtemp(dir=temporary)) / "box"
        file.touch()
        self.assertEqual(self.add(self.user(), "--mbox", file)["kind"], "mbox")

    def test_root_is_told_that_the_mailbox_was_checked_as_root(self):
        words = ["connection", "add", "--user", self.user()["id"], "--integration", "gmail", "--maildir",
                 self.maildir()]
        status, _, err = call(*words)
        self.assertEqual(status, 0)
        if os.geteuid() == 0:
            self.assertRegex(err, r"\Aagentivctl: warning: .* checked as root.*\n\Z")
        else:
            self.assertEqual(err, "")
        for more in ("--json", "--unchecked"):
            self.assertEqual(call(*words, more)[2], "")

    def test_a_mailbox_of_another_host_can_be_connected_unchecked(self):
        self.add(self.user(), "--maildir", "/nonexistent", "--unchecked")

    def test_one_mailbox_and_an_integration_that_exists_are_needed(self):
        user, folder = self.user(), self.maildir()
        for words in ([], ["--maildir", folder, "--mbox", folder]):
            self.refused(2, "INVALID_INPUT", "connection", "add", "--user", user["id"], "--integration", "gmail",
                         *words)
        self.refused(1, "INVALID_INPUT", "connection", "add", "--user", user["id"], "--integration", "gmial",
                     "--maildir", folder)


class Installation(Ctl):
    def test_migrating_again_applies_nothing(self):
        result = self.done("migrate")
        self.assertEqual(result["applied"], 0)
        self.assertTrue(all(m["complete"] and not m["changed"] for m in result["migrations"]), result)
        self.assertEqual(self.done("migrate", "--status"), result)

    def test_secrets_are_made_once_and_only_for_their_owner(self):
        folder = Path(tempfile.mkdtemp(dir=temporary))
        env = {"AGENTIV_SECRETS_PEPPER_FILE": str(folder / "pepper"), "AGENTIV_SECRETS_SEAL_FILE": str(folder / "seal")}
        made = self.done("secrets", "init", env=env)
        self.assertEqual((made["pepper_file"]["created"], made["seal_file"]["created"]), (True, True))
        before = {p.name: p.read_bytes() for p in folder.iterdir()}
        self.assertEqual({stat.S_IMODE(p.stat().st_mode) for p in folder.iterdir()}, {0o600})
        self.assertNotEqual(before["pepper"], before["seal"])
        made = self.done("secrets", "init", env=env)
        self.assertEqual((made["pepper_file"]["created"], made["seal_file"]["created"]), (False, False))
        self.assertEqual({p.name: p.read_bytes() for p in folder.iterdir()}, before)

    def test_a_damaged_secret_is_never_replaced(self):
        folder = Path(tempfile.mkdtemp(dir=temporary))
        (folder / "pepper").write_text("damaged\n")
        self.refused(3, "INVALID_INPUT", "secrets", "init",
                     env={"AGENTIV_SECRETS_PEPPER_FILE": str(folder / "pepper"),
                          "AGENTIV_SECRETS_SEAL_FILE": str(folder / "seal")})
        self.assertEqual((folder / "pepper").read_text(), "damaged\n")

    def check(self, name, expected_status, **env):
        status, out, err = call("doctor", "--json", env=env)
        self.assertEqual(err, "")
        self.assertEqual(status, expected_status, out)
        return [c for c in json.loads(out)["checks"] if c["check"] == name]

    def test_the_doctor_finds_a_sound_installation_sound(self):
        status, out, _ = call("doctor", "--json")
        report = json.loads(out)
        self.assertEqual((status, report["ok"]), (0, True), out)
        states = {c["check"]: c["status"] for c in report["checks"]}
        for name in ("configuration", "pepper", "seal", "database", "clock", "schema", "agents", "outbound rules",
                     "run directory"):
            self.assertEqual(states[name], "ok", out)

    def test_the_doctor_says_what_to_do_about_a_secret_that_all_may_read(self):
        loose = Path(tempfile.mkdtemp(dir=temporary)) / "seal"
        call("secrets", "init", env={"AGENTIV_SECRETS_SEAL_FILE": str(loose)})
        loose.chmod(0o644)
        found = [c for c in self.check("seal", 1, AGENTIV_SECRETS_SEAL_FILE=str(loose)) if c["status"] == "failed"]
        self.assertEqual(found[0]["advice"], f"chmod 600 {loose}")

    def test_the_doctor_reports_each_fault_where_it_is(self):
        for name, status, env in (
                ("pepper", 1, {"AGENTIV_SECRETS_PEPPER_FILE": "/nonexistent/pepper"}),
                ("run directory", 1, {"AGENTIV_PATHS_RUN_DIR": "/nonexistent"}),
                ("run directory", 1, {"AGENTIV_PATHS_RUN_DIR": "/" + "x" * 120}),
                ("agents", 1, {"AGENTIV_PATHS_AGENTS_DIR": "/nonexistent"}),
                ("outbound rules", 1, {"AGENTIV_WEBHOOKS_ALLOW_NETWORKS": "nowhere"}),
                ("listen socket", 1, {"AGENTIV_HTTP_LISTEN": str(temporary)}),
                ("database", 4, {"AGENTIV_DATABASE_HOSTS": "socket:/nonexistent"}),
                ("configuration", 3, {"AGENTIV_WORKER_THREADS": "x"})):
            found = self.check(name, status, **env)
            self.assertTrue([c for c in found if c["status"] == "failed" and c["advice"]], (name, found))

    def test_the_doctor_tells_a_dead_worker_from_none(self):
        import socket
        folder = Path(tempfile.mkdtemp(dir=temporary, prefix="r"))
        self.assertEqual(self.check("worker", 0, AGENTIV_PATHS_RUN_DIR=str(folder))[0]["status"], "warning")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bell:
            bell.bind(str(folder / "agentiv-worker.1.0.sock"))
            self.assertEqual(self.check("worker", 0, AGENTIV_PATHS_RUN_DIR=str(folder))[0]["status"], "ok")
        self.assertEqual(self.check("worker", 1, AGENTIV_PATHS_RUN_DIR=str(folder))[0]["status"], "failed")

    def test_an_execution_that_is_not_there_is_not_found(self):
        self.refused(1, "NOT_FOUND", "execution", "show", "exec_01ARZ3NDEKTSV4RRFFQ69G5FAV")
        self.refused(1, "INVALID_INPUT", "execution", "show", "exec_1")

    def test_a_tick_with_nothing_to_do_says_so(self):
        result = self.done("tick", "--seconds", "5")
        self.assertEqual({result[k] for k in ("ran", "succeeded", "failed", "delivered")}, {0}, result)


class Runs(Ctl):
    """A run that only tick can take up: no worker runs here."""

    def setUp(self):
        self.agents = Path(tempfile.mkdtemp(dir=temporary))
        self.agents.chmod(0o755)
        shutil.copy(TOP / "examples/agents/probe.json", self.agents)
        self.env = {"AGENTIV_PATHS_AGENTS_DIR": str(self.agents)}

    def queue(self, user, payload):
        """Queues a run of the probe, as an accepted request does; returns its id."""
        number = (time.time_ns() // 1000000) << 80 | int.from_bytes(os.urandom(10), "big")
        account = f"(SELECT id FROM accounts WHERE email = '{user['email']}')"
        query("SET autocommit = 0;"
              f"UPDATE account_quota SET active = active + 1 WHERE account_id = {account};"
              "INSERT INTO executions (id, account_id, agent, trigger_type, queued_at, input)"
              f" VALUES (x'{number:032x}', {account}, 'probe', 0, {number >> 80}, '{json.dumps(payload)}');"
              "INSERT INTO queue_ready (lane, execution_id, account_id, attempt)"
              f" VALUES (1, x'{number:032x}', {account}, 0); COMMIT")
        digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
        return "exec_" + "".join(digits[number >> 5 * i & 31] for i in reversed(range(26)))

    def test_a_tick_runs_what_is_queued_and_the_run_can_be_shown(self):
        user = self.user()
        run = self.queue(user, {"payload": "hello", "steps": 2})
        shown = self.done("execution", "show", run)
        self.assertEqual((shown["id"], shown["user_id"], shown["status"], shown["output"]),
                         (run, user["id"], "queued", None))
        result = self.done("tick", "--seconds", "20", env=self.env)
        self.assertEqual((result["ran"], result["succeeded"], result["failed"]), (1, 1, 0))
        shown = self.done("execution", "show", run)
        self.assertEqual((shown["status"], shown["agent_slug"], shown["trigger_type"], shown["attempt"]),
                         ("success", "probe", "api", 1))
        self.assertEqual(shown["output"]["payload"], "hello")
        self.assertEqual([s["step"] for s in shown["steps"]], [1, 2])
        status, out, _ = call("execution", "show", run)
        self.assertEqual(status, 0)
        self.assertIn('"payload": "hello"', out)

    def test_a_run_that_fails_is_shown_with_its_error(self):
        run = self.queue(self.user(), {"fail": "final"})
        result = self.done("tick", "--seconds", "20", env=self.env)
        self.assertEqual((result["ran"], result["failed"]), (1, 1))
        shown = self.done("execution", "show", "--id", run)
        self.assertEqual(shown["status"], "failed")
        self.assertEqual(shown["error"]["code"], "EXECUTION_FAILED")

    def test_a_tick_ends_after_the_runs_it_was_given(self):
        user = self.user()
        for _ in range(5):
            self.queue(user, {})
        result = self.done("tick", "--runs", "2", "--threads", "1", env=self.env)
        self.assertEqual(result["ran"], 2)
        self.assertEqual(self.done("tick", env=self.env)["ran"], 3)


class ForPeople(Ctl):
    def on_terminal(self, *words, **env):
        """What is written to a terminal."""
        here, there = pty.openpty()
        environment = {**os.environ, "AGENTIV_CONFIG": config, "TERM": "xterm", **env}
        environment.pop("NO_COLOR", None) if "NO_COLOR" not in env else None
        done = subprocess.run([program, *words], env=environment, stdout=there, timeout=60)
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


if __name__ == "__main__":
    unittest.main()
