"""Rotation of the pepper and the sealing key while everything runs, is frozen, or is killed."""
import base64
import hashlib
import hmac
import itertools
import json
import os
import random
import shutil
import string
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from pathlib import Path
from unittest import mock

from doors import Cgi, Web
from faults import FaultTest
from stack import StackError, wait_until

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "limits"))

from platforms import Responder, program      # noqa: E402

USER = "fault@example.com"
SCOPES = "agents:read,agents:run"
MAIL = (b"From: Ann <ann@example.org>\r\nTo: me@example.com\r\nSubject: Lunch\r\nMessage-ID: <1@example.org>\r\n"
        b"\r\nAt one?\r\n")


class SecretsTest(FaultTest):
    def file(self, kind):
        return self.stack.state / "secrets" / kind

    def ids(self, kind):
        """Of the file, the newest last."""
        return [line.partition(":")[0] for line in self.file(kind).read_text().splitlines()]

    def rotate(self, *words):
        return self.stack.ctl("secrets", "rotate", *words)

    def refusal(self, *words):
        """The message of a call that is refused."""
        with self.assertRaises(StackError) as failed:
            self.rotate(*words)
        text = str(failed.exception)
        self.assertIn('"error"', text)
        return json.loads(text[text.index("{"):])["error"]["message"]

    def secrets(self, kind):
        """What secrets status tells of each id of a kind."""
        return {s["id"]: s for s in self.stack.ctl("secrets", "status")["secrets"] if s["kind"] == kind}

    def active(self, kind):
        return next(id for id, s in self.secrets(kind).items() if s["state"] == "active")

    def new_key(self, name="more"):
        return self.stack.ctl("key", "create", "--user", USER, "--name", name, "--scopes", SCOPES)

    def status_of(self, key, door=None):
        door = door or Web(self.stack.url)
        try:
            return door.request("GET", "/api/agents", key).status
        finally:
            door.close()

    def responder(self, name, run_dir=None, **environment):
        with mock.patch.dict(os.environ, environment):
            responder = Responder(self.stack, name, run_dir)
        self.addCleanup(responder.stop)
        return responder

    def freeze(self, name):
        self.stack.signal(name, "STOP")
        self.addCleanup(self.thaw, name)

    def start_rotation(self, *words):
        process = subprocess.Popen([program("agentivctl"), "-c", self.stack.state / "agentiv.conf", "secrets", "rotate",
                                    *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait, 30)
        self.addCleanup(process.kill)
        return process


class Load:
    """Clients that ask, over and over, each through a door and with a key of its own: what the account may do, a
    synchronous run that reads its connected mailbox, and an asynchronous one with a webhook."""

    def __init__(self, doors_and_keys, hook):
        self.hook = hook
        self.answers, self.errors, self.ids = [], [], []
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.work, args=pair) for pair in doors_and_keys]
        for thread in self.threads:
            thread.start()

    def work(self, door, key):
        try:
            while not self.stopping.is_set():
                self.note("GET agents", door.request("GET", "/api/agents", key), 200)
                self.note("triage", door.request("POST", "/api/agents/email-triage/run", key,
                                                 {"input_payload": {}, "async": False}), 200)
                answer = door.request("POST", "/api/agents/probe/run", key,
                                      {"input_payload": {}, "async": True, "webhook_url": self.hook})
                self.note("probe", answer, 202)
                self.ids.append(answer.body["data"]["execution_id"])
        except Exception as e:       # pylint: disable=broad-except
            self.errors.append(repr(e))
        finally:
            door.close()

    def note(self, what, answer, expected):
        if answer.status != expected:
            self.errors.append(f"{what}: {answer.status} {answer.text[:300]}")
        self.answers.append(answer.status)

    def more(self, count=40):
        """Waits until so many more are answered."""
        until = len(self.answers) + count
        wait_until(lambda: len(self.answers) >= until or self.errors, 60, f"{count} more requests are answered")

    def end(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()


class UnderLoad(SecretsTest):
    def connect_mailbox(self):
        folder = self.stack.state / "Maildir"
        for name in ("cur", "new", "tmp"):
            (folder / name).mkdir(parents=True)
        (folder / "new" / "1.mail").write_bytes(MAIL)
        self.stack.ctl("connection", "add", "--user", USER, "--integration", "gmail", "--maildir", folder)

    def start_load(self):
        second = self.responder("second")
        doors = itertools.cycle((lambda: Web(self.stack.url), second.door,
                                 lambda: Cgi(program("agentiv.fcgi"), self.stack.state / "agentiv.conf")))
        load = Load([(next(doors)(), key) for key in [self.key, *(self.new_key()["key"] for _ in range(4))]],
                    self.receiver.url())
        self.addCleanup(load.end)
        load.more()
        return load

    def check_signatures(self, ids):
        secret = self.stack.ctl("webhook-secret", "show", "--user", USER)["secret"]
        wait_until(lambda: set(ids) <= set(self.webhooks()), 60, "every webhook has come", 0.1)
        for request in self.receiver.requests():
            signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.body
            raw = base64.b64decode(secret.removeprefix("whsec_"))
            expected = "v1," + base64.b64encode(hmac.new(raw, signed, hashlib.sha256).digest()).decode()
            self.assertIn(expected, request.headers["webhook-signature"].split())

    def test_both_are_rotated_twice_and_the_old_ones_retired_with_no_failed_request(self):
        self.connect_mailbox()
        load = self.start_load()
        first = {kind: self.active(kind) for kind in ("pepper", "seal")}
        for _ in range(2):
            before = {kind: self.active(kind) for kind in ("pepper", "seal")}
            done = {r["kind"]: r for r in self.rotate()}
            for kind in ("pepper", "seal"):
                self.assertEqual((done[kind]["previous"], done[kind]["active"]), (before[kind], True))
                self.assertEqual(self.active(kind), done[kind]["id"])
            load.more()
            wait_until(lambda: self.secrets("seal")[before["seal"]]["values"] == 0, 30,
                       "what is sealed is sealed anew", 0.1)
            wait_until(lambda: self.secrets("pepper")[before["pepper"]]["keys"] == 0, 30,
                       "keys in use are hashed anew", 0.1)
        for kind, id in first.items():
            self.rotate("--retire", id)
            self.assertNotIn(id, self.ids(kind))
        load.more(200)
        load.end()
        self.assertEqual(load.errors, [])
        self.check_signatures(load.ids)
        self.assertEqual(self.stack.number("SELECT COUNT(*) FROM execution_results WHERE status = 3"), 0)


class Retired(SecretsTest):
    def given_a_rotation(self):
        """The ids before it."""
        before = {kind: self.active(kind) for kind in ("pepper", "seal")}
        self.rotate()
        return before

    def test_a_pepper_is_kept_while_a_key_that_was_not_used_depends_on_it(self):
        idle = self.new_key("idle")
        old = self.given_a_rotation()["pepper"]
        wait_until(lambda: self.status_of(self.key) == 200 and self.secrets("pepper")[old]["live_keys"] == 1, 20,
                   "the other key is hashed anew", 0.2)
        self.assertRegex(self.refusal("--retire", old), "^1 live API key depends")
        self.assertEqual(self.status_of(idle["key"]), 200)
        self.assertEqual(self.secrets("pepper")[old]["live_keys"], 0)
        self.rotate("--retire", old)
        self.assertNotIn(old, self.ids("pepper"))
        self.assertEqual((self.status_of(idle["key"]), self.status_of(self.key)), (200, 200))

    def test_force_revokes_the_keys_that_are_left_and_lists_them(self):
        idle = self.new_key("idle")
        old = self.given_a_rotation()["pepper"]
        wait_until(lambda: self.status_of(self.key) == 200 and self.secrets("pepper")[old]["live_keys"] == 1, 20,
                   "the other key is hashed anew", 0.2)
        done = self.rotate("--retire", old, "--force")
        self.assertEqual(done["retired"], old)
        self.assertEqual([(k["id"], k["name"], k["shown"]) for k in done["revoked"]],
                         [(idle["id"], "idle", idle["key"][:13])])
        self.assertTrue(done["revoked"][0]["user_id"].startswith("usr_"))
        self.assertEqual((self.status_of(idle["key"]), self.status_of(self.key)), (401, 200))
        listed = {k["id"]: k["revoked_at"] for k in self.stack.ctl("key", "list", "--user", USER)}
        self.assertTrue(listed[idle["id"]])
        revoked = [e for e in self.stack.ctl("audit") if e["action"] == "key.revoke"]
        self.assertEqual([e["object"] for e in revoked], [idle["id"]])

    def test_the_active_keys_are_kept(self):
        self.given_a_rotation()
        for kind in ("pepper", "seal"):
            self.assertIn("is the active", self.refusal("--retire", self.active(kind), "--force"))
        self.assertEqual(self.status_of(self.key), 200)

    def test_a_sealing_key_whose_values_do_not_open_is_kept_even_by_force(self):
        old = self.given_a_rotation()["seal"]
        wait_until(lambda: self.secrets("seal")[old]["values"] == 0, 30, "what is sealed is sealed anew", 0.1)
        sealed = f"76 31 {len(old):02x} {old.encode().hex()} {'00' * 40}".replace(" ", "")
        self.stack.sql(f"UPDATE accounts SET webhook_secret = X'{sealed}'")
        self.assertRegex(self.refusal("--retire", old, "--force"), "^1 value is sealed under .* cannot be opened")
        self.assertIn(old, self.ids("seal"))

    def test_what_no_worker_has_sealed_anew_is_so_before_its_key_goes(self):
        self.stack.stop("worker")
        old = self.given_a_rotation()["seal"]
        self.assertEqual(self.secrets("seal")[old]["values"], 1)
        self.rotate("--retire", old)
        self.assertNotIn(old, self.ids("seal"))
        self.stack.ctl("webhook-secret", "show", "--user", USER)

    def test_what_was_restored_from_an_old_copy_is_sealed_anew_before_its_key_goes(self):
        copy, = self.stack.sql(f"SELECT HEX(webhook_secret) FROM accounts WHERE email = '{USER}'")[0]
        old = self.given_a_rotation()["seal"]
        wait_until(lambda: self.secrets("seal")[old]["values"] == 0, 30, "what is sealed is sealed anew", 0.1)
        self.stack.sql(f"UPDATE accounts SET webhook_secret = X'{copy}'")
        self.rotate("--retire", old)
        self.stack.ctl("webhook-secret", "show", "--user", USER)

    def test_tick_seals_anew_where_no_worker_runs(self):
        self.stack.stop("worker")
        old = self.given_a_rotation()["seal"]
        self.stack.ctl("tick", "--seconds", 2)
        self.assertEqual(self.secrets("seal")[old]["values"], 0)


class Held(SecretsTest):
    def test_a_frozen_process_holds_it_up_and_is_named(self):
        before = self.active("pepper"), self.active("seal")
        self.freeze("worker")
        message = self.refusal("--wait", 1)
        self.assertIn(f"agentiv-worker {self.stack.pid('worker')} on ", message)
        # the pepper is nothing that a worker reads
        self.assertNotEqual(self.active("pepper"), before[0])
        self.assertEqual(self.active("seal"), before[1])
        made = self.ids("seal")[-1]
        self.assertEqual(self.secrets("seal")[made]["state"], "made")
        self.stack.ctl("user", "create", "--email", "b@example.com", "--name", "B", "--plan", "pro")
        self.assertEqual(self.secrets("seal")[made]["values"], 0)
        self.stack.signal("worker", "CONT")
        self.assertEqual([(r["id"], r["made"]) for r in self.rotate("--kind", "seal")], [(made, False)])

    def test_a_call_that_goes_on_with_one_makes_no_other_of_the_kind_that_is_done(self):
        self.freeze("worker")
        self.refusal("--wait", 1)
        peppers, seals = self.ids("pepper"), self.ids("seal")
        self.refusal("--wait", 1)
        self.stack.signal("worker", "CONT")
        self.assertEqual([(r["kind"], r["id"], r["made"]) for r in self.rotate()], [("seal", seals[-1], False)])
        self.assertEqual((self.ids("pepper"), self.ids("seal")), (peppers, seals))
        # what was under way is done: the next begins both
        self.assertEqual([(r["kind"], r["made"]) for r in self.rotate()], [("pepper", True), ("seal", True)])

    def test_a_killed_process_holds_nothing_up(self):
        self.stack.signal("worker", "KILL")
        self.assertEqual([r["active"] for r in self.rotate("--wait", 5)], [True, True])

    def test_a_process_that_stops_is_known_to_have_gone(self):
        def programs():
            return sorted(p["program"] for p in self.stack.ctl("secrets", "status")["processes"])
        self.assertEqual(programs(), ["agentiv-webhookd", "agentiv-worker", "agentiv.fcgi"])
        self.stack.stop("worker", "sender", "responder")
        self.assertEqual(self.stack.number("SELECT COUNT(*) FROM processes"), 0)

    def test_another_host_is_waited_for_until_the_file_is_copied_there(self):
        # sockets have short paths
        elsewhere = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="agentiv-")))
        copy = elsewhere / "pepper"
        shutil.copy(self.file("pepper"), copy)
        other = self.responder("other", elsewhere, AGENTIV_SECRETS_PEPPER_FILE=str(copy))
        message = self.refusal("--kind", "pepper", "--wait", 1)
        self.assertIn(f"agentiv.fcgi {other.process.pid} on ", message)
        self.assertIn(str(self.file("pepper")), message)
        shutil.copy(self.file("pepper"), elsewhere / "new")
        (elsewhere / "new").rename(copy)
        # nobody rings there: it looks by itself when it meets what it does not know
        self.assertEqual(self.status_of(unknown_key(), other.door()), 401)
        done, = self.rotate("--kind", "pepper", "--wait", 20)
        self.assertFalse(done["made"])
        self.assertEqual(self.status_of(self.key), 200)
        wait_until(lambda: self.secrets("pepper")[done["previous"]]["keys"] == 0, 20, "the key is hashed anew", 0.1)
        self.assertEqual(self.status_of(self.key, other.door()), 200)

    def test_the_doctor_tells_of_a_rotation_that_waits(self):
        self.freeze("worker")
        self.refusal("--kind", "seal", "--wait", 1)
        found = [c for c in self.stack.ctl("doctor")["checks"] if c["check"] == "key rotation"]
        self.assertEqual([c["status"] for c in found], ["warning"])
        self.assertIn(self.ids("seal")[-1], found[0]["message"])


def unknown_key():
    alphabet = string.digits + string.ascii_lowercase + string.ascii_uppercase
    text = "agv_live_" + "".join(random.choices(alphabet, k=30))
    check, digits = zlib.crc32(text.encode()), ""
    for _ in range(6):
        check, digit = divmod(check, 62)
        digits = alphabet[digit] + digits
    return text + digits


class Killed(SecretsTest):
    def test_a_killed_rotation_goes_on_where_it_stood(self):
        self.freeze("worker")
        process = self.start_rotation("--kind", "seal", "--wait", "60")
        wait_until(lambda: [s for s in self.secrets("seal").values() if s["state"] == "made" and s["in_file"]], 20,
                   "a key is made")
        process.kill()
        process.wait(10)
        made = self.ids("seal")[-1]
        self.stack.signal("worker", "CONT")
        done, = self.rotate("--kind", "seal")
        self.assertEqual((done["id"], done["made"]), (made, False))
        self.assertEqual(len(self.ids("seal")), 2)

    def test_a_key_that_was_made_before_the_database_knew_of_it_is_used(self):
        with self.file("seal").open("a") as file:
            file.write("byhand:" + base64.b64encode(os.urandom(32)).decode() + "\n")
        done, = self.rotate("--kind", "seal")
        self.assertEqual((done["id"], done["made"]), ("byhand", False))

    def test_rotations_that_are_killed_at_any_moment_lose_no_key_and_make_one(self):
        old = self.file("seal").read_text()
        self.freeze("worker")
        for _ in range(25):
            process = self.start_rotation("--kind", "seal", "--wait", "60")
            # the moment is what this test is about
            time.sleep(random.random() * 0.04)
            process.kill()
            process.wait(10)
            self.assertTrue(self.file("seal").read_text().startswith(old))
        self.stack.signal("worker", "CONT")
        done, = self.rotate("--kind", "seal")
        self.assertEqual(self.ids("seal"), [done["previous"], done["id"]])
        self.assertEqual([p.name for p in self.file("seal").parent.glob("seal*")], ["seal"])
        self.stack.ctl("webhook-secret", "show", "--user", USER)
