"""agentivctl secrets rotate and secrets status, on an installation of their own where nothing runs. While everything
runs: tests/fault/test_secrets.py."""
import base64
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from stack import Stack

KINDS = ("pepper", "seal")


def temporary_folder():
    return tempfile.TemporaryDirectory(prefix="ctl-", dir=os.environ.get("AGENTIV_TEST_TMP"))


class Secrets(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        folder = Path(cls.enterClassContext(temporary_folder()))
        folder.chmod(0o755)
        cls.stack = Stack(folder / "state")
        cls.addClassCleanup(cls.stack.down)
        cls.stack.init()

    def setUp(self):
        """Files of its own, of which the database knows nothing yet, and a user."""
        self.folder = Path(self.enterContext(temporary_folder()))
        self.environment = {f"AGENTIV_SECRETS_{kind.upper()}_FILE": str(self.file(kind)) for kind in KINDS}
        self.stack.sql("; ".join(f"DELETE FROM {table}" for table in (
            "processes", "secret_states", "reseals", "audit_log", "api_keys", "account_quota", "accounts")))
        self.done("secrets", "init")
        self.done("user", "create", "--email", "a@example.com", "--name", "A", "--plan", "pro")

    def call(self, *words, **environment):
        """Exit status, stdout and stderr."""
        done = subprocess.run([Path(os.environ["STACK_BIN"], "agentivctl"), "-c", self.stack.state / "agentiv.conf",
                               *words], env={**os.environ, **self.environment, **environment}, capture_output=True,
                              text=True, timeout=60, check=False)
        return done.returncode, done.stdout, done.stderr

    def done(self, *words, **environment):
        status, out, err = self.call(*words, "--json", **environment)
        self.assertEqual((status, err), (0, ""), out)
        return json.loads(out)

    def refused(self, status, code, *words, **environment):
        got, out, err = self.call(*words, "--json", **environment)
        self.assertEqual((got, out), (status, ""), err)
        error = json.loads(err)["error"]
        self.assertEqual(error["code"], code, error)
        return error["message"]

    def file(self, kind):
        return self.folder / kind

    def ids(self, kind):
        return [line.partition(":")[0] for line in self.file(kind).read_text().splitlines()]

    def states(self, kind):
        return {s["id"]: s["state"] for s in self.done("secrets", "status")["secrets"] if s["kind"] == kind}

    def make_key(self):
        return self.done("key", "create", "--user", "a@example.com", "--name", "k", "--scopes", "agents:read")

    def test_status_tells_what_depends_on_each_key(self):
        self.make_key()
        report = self.done("secrets", "status")
        self.assertEqual(report, {"secrets": [
            {"kind": "pepper", "id": self.ids("pepper")[0], "state": "active", "in_file": True, "keys": 1,
             "live_keys": 1, "read_by": 0, "needed_by": 0},
            {"kind": "seal", "id": self.ids("seal")[0], "state": "active", "in_file": True, "values": 1,
             "read_by": 0, "needed_by": 0}], "processes": []})

    def test_status_counts_keys_that_are_over_apart(self):
        key = self.make_key()
        self.make_key()
        self.done("key", "revoke", key["id"], "--user", "a@example.com")
        pepper = self.done("secrets", "status")["secrets"][0]
        self.assertEqual((pepper["keys"], pepper["live_keys"]), (2, 1))

    def test_a_rotation_makes_both_and_uses_them(self):
        before = {kind: self.ids(kind)[0] for kind in KINDS}
        done = self.done("secrets", "rotate")
        self.assertEqual(done, [{"kind": kind, "id": self.ids(kind)[1], "previous": before[kind], "made": True,
                                 "active": True} for kind in KINDS])
        self.make_key()
        self.done("user", "create", "--email", "b@example.com", "--name", "B", "--plan", "pro")
        used = {s["id"]: s.get("keys", s.get("values")) for s in self.done("secrets", "status")["secrets"]}
        self.assertEqual([used[self.ids(kind)[1]] for kind in KINDS], [1, 1])

    def test_one_kind_leaves_the_other_as_it_is(self):
        before = self.file("seal").read_text()
        self.assertEqual([r["kind"] for r in self.done("secrets", "rotate", "--kind", "pepper")], ["pepper"])
        self.assertEqual(self.file("seal").read_text(), before)

    def test_a_rotation_is_told_of_in_the_audit_log(self):
        done, = self.done("secrets", "rotate", "--kind", "pepper")
        entry = self.done("audit", "--limit", "1")[0]
        self.assertEqual((entry["action"], entry["object"], entry["detail"]),
                         ("secret.activate", done["id"], {"kind": "pepper", "previous": done["previous"]}))

    def test_people_are_told_what_to_do_next(self):
        status, out, _ = self.call("secrets", "rotate")
        self.assertEqual(status, 0)
        self.assertRegex(out, r"^pepper  \w+ is active, in the place of \w+\n"
                              r"seal    \w+ is active, in the place of \w+\nKeep a copy of the files")
        status, out, _ = self.call("secrets", "status")
        self.assertEqual(status, 0)
        self.assertRegex(out, r"(?m)^seal +\w+ +active +yes +0 sealed values +0 of 0$")

    def test_a_retired_key_leaves_its_file_and_is_known_as_retired(self):
        old = self.done("secrets", "rotate", "--kind", "pepper")[0]["previous"]
        self.assertEqual(self.done("secrets", "rotate", "--retire", old),
                         {"kind": "pepper", "retired": old, "revoked": []})
        self.assertNotIn(old, self.ids("pepper"))
        self.assertEqual(self.states("pepper")[old], "retired")

    def test_a_retired_key_that_comes_back_is_not_used_again(self):
        line = self.file("pepper").read_text()
        old = self.done("secrets", "rotate", "--kind", "pepper")[0]["previous"]
        self.done("secrets", "rotate", "--retire", old)
        with self.file("pepper").open("a") as file:
            file.write(line)
        done, = self.done("secrets", "rotate", "--kind", "pepper")
        self.assertNotEqual(done["id"], old)

    def test_a_key_that_is_not_there_cannot_be_retired(self):
        self.assertIn("There is no key k0", self.refused(1, "INVALID_INPUT", "secrets", "rotate", "--retire", "k0"))

    def test_keys_that_were_revoked_are_told_of_though_the_file_cannot_be_written(self):
        key = self.make_key()
        old = self.done("secrets", "rotate", "--kind", "pepper")[0]["previous"]
        beside = self.file("pepper").with_name("pepper.new")
        beside.mkdir()
        self.addCleanup(beside.rmdir)
        message = self.refused(1, "INVALID_INPUT", "secrets", "rotate", "--retire", old, "--force")
        self.assertIn("1 API key was revoked already: agentivctl audit --action key.revoke", message)
        told = self.done("audit", "--action", "key.revoke", "--limit", "1")
        self.assertEqual([e["object"] for e in told], [key["id"]])

    def test_force_alone_is_misuse(self):
        self.refused(2, "INVALID_INPUT", "secrets", "rotate", "--force")

    def test_a_full_file_gets_no_ninth_key(self):
        for _ in range(7):
            self.done("secrets", "rotate", "--kind", "seal")
        before = self.file("seal").read_text()
        self.assertIn("--retire", self.refused(1, "CONFLICT", "secrets", "rotate", "--kind", "seal"))
        self.assertEqual(self.file("seal").read_text(), before)

    def test_a_damaged_file_is_a_matter_of_configuration_and_stays(self):
        self.file("pepper").write_text("damaged\n")
        self.refused(3, "INVALID_INPUT", "secrets", "rotate")
        self.assertEqual(self.file("pepper").read_text(), "damaged\n")

    def other_file(self):
        """A pepper of its own, as on a host where nothing was copied to."""
        path = self.folder / "other"
        path.write_text("other:" + base64.b64encode(bytes(32)).decode() + "\n")
        self.make_key()
        return {"AGENTIV_SECRETS_PEPPER_FILE": str(path)}

    def test_a_host_without_the_active_key_rotates_and_writes_nothing(self):
        other = self.other_file()
        self.assertIn("copy the file", self.refused(1, "CONFLICT", "secrets", "rotate", "--kind", "pepper", **other))
        message = self.refused(1, "INTERNAL", "key", "create", "--user", "a@example.com", "--name", "k", "--scopes",
                               "agents:read", **other)
        self.assertIn(self.ids("pepper")[0], message)

    def given_a_process_elsewhere(self, seen_s=0):
        """One of another host that has read neither key, seen so many seconds ago."""
        self.stack.sql("INSERT INTO processes (id, program, host, pid, doorbell, started_at, seen_at, peppers, seals)"
                       " VALUES (REPEAT('x', 16), 'agentiv-worker', 'box/1f', 7, 'x', 1,"
                       f" (UNIX_TIMESTAMP() - {seen_s}) * 1000, 'k0', 'k0')")

    def test_a_process_of_another_host_is_waited_for_by_name(self):
        self.given_a_process_elsewhere()
        self.assertIn("agentiv-worker 7 on box/1f", self.refused(1, "CONFLICT", "secrets", "rotate", "--wait", "1"))
        self.assertEqual([self.states(kind)[self.ids(kind)[1]] for kind in KINDS], ["made", "made"])

    def test_a_terminal_is_told_whom_it_waits_for(self):
        self.given_a_process_elsewhere()
        ours, theirs = os.openpty()
        self.addCleanup(os.close, ours)
        done = subprocess.run([Path(os.environ["STACK_BIN"], "agentivctl"), "-c", self.stack.state / "agentiv.conf",
                               "secrets", "rotate", "--kind", "seal", "--wait", "1"],
                              env={**os.environ, **self.environment}, stdout=subprocess.DEVNULL, stderr=theirs,
                              timeout=60, check=False)
        os.close(theirs)
        self.assertEqual(done.returncode, 1)
        shown = os.read(ours, 65536).decode()
        self.assertIn(f"seal {self.ids('seal')[1]}: waiting for agentiv-worker 7 on box/1f", shown)

    def test_a_process_that_was_not_seen_for_long_is_not_waited_for(self):
        self.given_a_process_elsewhere(seen_s=100)
        self.assertEqual([r["active"] for r in self.done("secrets", "rotate", "--wait", "1")], [True, True])

    def test_what_is_written_while_a_first_rotation_waits_is_so_under_the_old_key(self):
        self.given_a_process_elsewhere()
        self.refused(1, "CONFLICT", "secrets", "rotate", "--wait", "1")
        # the first key that is made here
        self.make_key()
        keys = {s["id"]: s.get("keys") for s in self.done("secrets", "status")["secrets"]}
        self.assertEqual([keys[id] for id in self.ids("pepper")], [1, 0])

    def test_the_doctor_fails_a_host_without_the_active_key(self):
        status, out, _ = self.call("doctor", "--json", **self.other_file())
        found = [c for c in json.loads(out)["checks"] if c["check"] == "key rotation"]
        self.assertEqual((status, [c["status"] for c in found]), (1, ["failed"]))
        self.assertIn("copy the file", found[0]["advice"])

    def test_a_rotation_that_another_host_began_is_waited_for_or_given_up(self):
        self.make_key()
        self.stack.sql("INSERT INTO secret_states (kind, id, state, active, changed_at, host)"
                       " VALUES (0, 'elsewhere', 0, NULL, 1, 'box/1f')")
        message = self.refused(1, "CONFLICT", "secrets", "rotate", "--kind", "pepper")
        self.assertIn("box/1f", message)
        self.done("secrets", "rotate", "--retire", "elsewhere")
        self.assertTrue(self.done("secrets", "rotate", "--kind", "pepper")[0]["made"])
