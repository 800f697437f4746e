"""agentivctl: the schema, the secrets, and what the doctor finds."""
import json
import socket
import stat
import unittest
from pathlib import Path

from ctl import TOP, Ctl, call, new_folder, query

DEFAULT_CONFIG = Path("/etc/agentiv/agentiv.conf")
PROBE = json.loads((TOP / "examples/agents/probe.json").read_text())


class Installation(Ctl):
    def test_migrating_again_applies_nothing(self):
        result = self.done("migrate")
        self.assertEqual(result["applied"], 0)
        self.assertTrue(all(m["complete"] and not m["changed"] for m in result["migrations"]), result)
        self.assertEqual(self.done("migrate", "--status"), result)

    def test_secrets_are_made_once_and_only_for_their_owner(self):
        folder = new_folder()
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
        folder = new_folder()
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
        for name in ("configuration", "pepper", "seal", "database", "clock", "schema", "queue", "schedules", "duties", "agents", "outbound rules",
                     "run directory"):
            self.assertEqual(states[name], "ok", out)

    def test_the_doctor_says_what_to_do_about_a_secret_that_all_may_read(self):
        loose = new_folder() / "seal"
        call("secrets", "init", env={"AGENTIV_SECRETS_SEAL_FILE": str(loose)})
        loose.chmod(0o644)
        found = [c for c in self.check("seal", 1, AGENTIV_SECRETS_SEAL_FILE=str(loose)) if c["status"] == "failed"]
        self.assertEqual(found[0]["advice"], f"chmod 600 {loose}")

    def test_the_doctor_has_no_new_secret_made_where_one_is_lost(self):
        for kind in ("pepper", "seal"):
            gone = {f"AGENTIV_SECRETS_{kind.upper()}_FILE": f"/nonexistent/{kind}"}
            failed, = [c for c in self.check(kind, 1, **gone) if c["status"] == "failed"]
            self.assertTrue(failed["advice"].startswith("put it back from your copy"), failed)

    def test_the_doctor_reports_each_fault_where_it_is(self):
        for name, status, env in (
                ("pepper", 1, {"AGENTIV_SECRETS_PEPPER_FILE": "/nonexistent/pepper"}),
                ("run directory", 1, {"AGENTIV_PATHS_RUN_DIR": "/nonexistent"}),
                ("run directory", 1, {"AGENTIV_PATHS_RUN_DIR": "/" + "x" * 120}),
                ("agents", 1, {"AGENTIV_PATHS_AGENTS_DIR": "/nonexistent"}),
                ("outbound rules", 1, {"AGENTIV_WEBHOOKS_ALLOW_NETWORKS": "nowhere"}),
                ("outbound rules", 1, {"AGENTIV_OUTBOUND_CA_FILE": "/nonexistent/ca.pem"}),
                ("outbound rules", 1, {"AGENTIV_OUTBOUND_CA_FILE": "/dev/null"}),
                ("listen socket", 1, {"AGENTIV_HTTP_LISTEN": str(self.temporary)}),
                ("database", 4, {"AGENTIV_DATABASE_HOSTS": "socket:/nonexistent"}),
                ("configuration", 3, {"AGENTIV_WORKER_THREADS": "x"})):
            found = self.check(name, status, **env)
            self.assertTrue([c for c in found if c["status"] == "failed" and c["advice"]], (name, found))

    def test_a_mail_server_that_does_not_answer_has_encrypted_nothing(self):
        env = {"AGENTIV_MAIL_URL": "smtps://127.0.0.1:1", "AGENTIV_MAIL_FROM": "a@example.org",
               "AGENTIV_MAIL_PUBLIC_URL": "https://agentiv.example.org"}
        status, out, _ = call("mail", "test", "--to", "ann@example.org", "--json", env=env)
        tried = json.loads(out)
        self.assertEqual((status, tried["accepted"], tried["encrypted"]), (1, False, False), out)
        self.assertRegex(call("mail", "test", "--to", "ann@example.org", env=env)[1], r"(?m)^Mail +not accepted$")

    @unittest.skipIf(DEFAULT_CONFIG.exists(), "this host has a configuration")
    def test_the_doctor_warns_of_a_default_configuration_that_is_not_there(self):
        _, out, _ = call("doctor", "--json", conf=False)
        found = json.loads(out)["checks"][0]
        self.assertEqual((found["check"], found["status"]), ("configuration", "warning"))
        self.assertEqual(found["message"], f"{DEFAULT_CONFIG} is not there: defaults are used")

    def test_the_doctor_knows_a_missing_folder_of_agents_from_a_bad_manifest(self):
        folder, bad = self.agents({"slug": "X"})
        for env, advice in (({"AGENTIV_PATHS_AGENTS_DIR": str(folder / "none")}, "or unset paths.agents_dir"),
                            ({"AGENTIV_MANIFEST_DIR": str(folder / "none")}, "or set AGENTIV_MANIFEST_DIR"),
                            (bad, "or take it away")):
            self.assertIn(advice, self.check("agents", 1, **env)[0]["advice"])

    def agents(self, *manifests):
        """A folder of agents' manifests, and where the doctor is told of it."""
        folder = new_folder()
        for number, manifest in enumerate(manifests):
            (folder / f"{number}.json").write_text(json.dumps(manifest))
        return folder, {"AGENTIV_PATHS_AGENTS_DIR": str(folder)}

    def test_the_doctor_names_the_second_manifest_of_an_agent(self):
        folder, env = self.agents(PROBE, PROBE)
        found = self.check("agents", 1, **env)
        self.assertEqual([c["status"] for c in found], ["failed"])
        self.assertEqual(found[0]["message"], f'{folder}/1.json: the agent "probe" is there twice')

    def test_the_doctor_says_which_of_the_projects_agents_are_replaced(self):
        folder, env = self.agents(PROBE, {**PROBE, "slug": "email-triage"})
        found = self.check("agents", 0, **env)
        self.assertEqual([c["status"] for c in found], ["ok"])
        self.assertTrue(found[0]["message"].endswith(f" and {folder}, which replaces email-triage"), found)

    def queue(self):
        """What the doctor finds in the queue: its warnings, and what it says when there is none."""
        found = self.check("queue", 0)
        return [c["message"] for c in found if c["status"] == "warning"], [c["message"] for c in found if c["status"] == "ok"]

    def test_the_doctor_tells_of_runs_that_do_not_get_on(self):
        self.done("tick")       # other tests leave runs: no worker is here
        warnings, well = self.queue()
        self.assertEqual(warnings, [])
        self.assertRegex(well[0], r"^\d+ ready, \d+ running, \d+ held, \d+ later; \d+ webhooks? to send$")
        account = f"(SELECT id FROM accounts WHERE email = '{self.user()['email']}')"
        # a ULID's first 48 bits are its time: this one is ten minutes old
        old = "UNHEX(CONCAT(LPAD(HEX(UNIX_TIMESTAMP() * 1000 - 600000), 12, '0'), REPEAT('0', 20)))"
        past, tables = "UNIX_TIMESTAMP() * 1000 - 600000", ("queue_ready", "leases", "queue_later", "queue_held")
        self.addCleanup(query, "UPDATE account_quota SET active = 0, held = 0;" +
                        "".join(f"DELETE FROM {table};" for table in tables))
        for statement, said in (
                (f"INSERT INTO queue_held SELECT id, {old} FROM accounts WHERE id = {account};"
                 f" UPDATE account_quota SET active = 1, held = 1 WHERE account_id = {account}",
                 r"^1 account has held runs though nothing of theirs is active"),
                (f"INSERT INTO queue_ready VALUES (1, {old}, {account}, 0, NULL)",
                 r"^1 run ready and not taken up, the longest for 6\d\d s$"),
                (f"INSERT INTO leases VALUES ({old}, {account}, 1, 'x', 'x', {past}, {past}, 0, 1, 0, NULL);"
                 " DELETE FROM queue_ready", r"^1 run past the end of its lease, the longest for 6\d\d s$"),
                (f"INSERT INTO queue_later VALUES ({past}, {old}, {account}, 0, 1, 1, NULL); DELETE FROM leases",
                 r"^1 run due and not made ready, the longest for 6\d\d s$")):
            query(statement)
            warnings, well = self.queue()
            self.assertEqual((len(warnings), well), (1, []), warnings)
            self.assertRegex(warnings[0], said)

    def schedule(self, values):
        """One of nobody's: whether it is enabled, its next time, and when failures paused it."""
        self.addCleanup(query, "DELETE FROM schedules WHERE agent = 'nobody';")
        query("INSERT INTO schedules (id, account_id, agent, cron_expr, timezone, catch_up, overlap, created_at, updated_at,"
              " input, enabled, next_at, paused_at) VALUES (REPEAT('x', 16), 1, 'nobody', '@daily', 'UTC', 0, 0, 0, 0, '{}',"
              f" {values})")

    def test_the_doctor_tells_of_schedules_that_nobody_fires(self):
        well, = self.check("schedules", 0)
        self.assertRegex(well["message"], r"^\d+ enabled, \d+ due now; \d+ runs? waiting")
        self.schedule("1, UNIX_TIMESTAMP() * 1000 - 600000, NULL")
        late, = self.check("schedules", 0)
        self.assertEqual(late["status"], "warning")
        self.assertRegex(late["message"], r"^1 schedule is due and not fired, the first for 6\d\d s$")
        self.assertTrue(late["advice"].startswith("start agentiv-scheduler, or call agentivctl tick"))

    def test_the_doctor_tells_of_schedules_that_failures_have_paused(self):
        self.schedule("0, NULL, UNIX_TIMESTAMP() * 1000")
        paused, = self.check("schedules", 0)
        self.assertEqual((paused["status"], paused["message"]),
                         ("warning", "1 schedule is paused since so many runs in a row failed"))
        self.assertTrue(paused["advice"].startswith("agentivctl audit --action schedule.pause"))

    def test_the_doctor_tells_of_duties_that_nobody_does_and_of_one_that_fails(self):
        well, = self.check("duties", 0)
        self.assertRegex(well["message"], r"^\d+ done now and then, none late$")
        self.addCleanup(query, "DELETE FROM duties WHERE name = 'execution_steps'")
        query("REPLACE INTO duties (name, due_at, since, at_id, at_number, restart_at, failed_at, error) VALUES"
              " ('execution_steps', UNIX_TIMESTAMP() * 1000 + 60000, 1000, REPEAT('x', 16), 0, 0, 1, 'Gone')")
        late, failed = self.check("duties", 0)
        self.assertRegex(late["message"], r"^1 of \d+ to be done now and then is late; execution_steps for \d+ s$")
        self.assertTrue(late["advice"].startswith("start agentiv-scheduler, or call agentivctl tick"))
        self.assertEqual(failed["message"], "execution_steps failed: Gone")

    def test_the_doctor_tells_a_dead_worker_from_none(self):
        folder = new_folder()
        self.assertEqual(self.check("worker", 0, AGENTIV_PATHS_RUN_DIR=str(folder))[0]["status"], "warning")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bell:
            bell.bind(str(folder / "agentiv-worker.1.0.sock"))
            self.assertEqual(self.check("worker", 0, AGENTIV_PATHS_RUN_DIR=str(folder))[0]["status"], "ok")
        self.assertEqual(self.check("worker", 1, AGENTIV_PATHS_RUN_DIR=str(folder))[0]["status"], "failed")


if __name__ == "__main__":
    unittest.main()
