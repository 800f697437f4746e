"""API keys over the API: made, listed, rotated and revoked in a session; where they may be used; repeats."""
import unittest
from datetime import datetime, timedelta, timezone

from client import SCOPES, Account, together, wait_until
from test_sessions import SessionCase, set_password

MEMBERS = ["id", "name", "shown", "scopes", "created_at", "expires_at", "revoked_at", "last_used_at", "allowed_networks",
           "tokens_per_month", "replaced_by"]


def time_of(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z")


def ahead(**span):
    return (datetime.now(timezone.utc) + timedelta(**span)).strftime("%Y-%m-%dT%H:%M:%SZ")


class KeyCase(SessionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        set_password(cls.account)

    def setUp(self):
        self.session = self.logged_in(self.account)

    def ask(self, method, path="/api/keys", body=None, session=None, **headers):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.as_session(method, path, session or self.session, body, **names)

    def make(self, name="k", session=None, scopes=("agents:read",), **more):
        answer = self.ask("POST", body={"name": name, "scopes": list(scopes), **more}, session=session)
        self.assertEqual(answer.status, 201, answer.text)
        return answer.data

    def rotate(self, key, session=None, **body):
        return self.ask("POST", f"/api/keys/{key['id']}/rotate", body or None, session=session)

    def listed(self, key=None, session=None):
        keys = {k["id"]: k for k in self.ask("GET", session=session).data}
        return keys[key["id"]] if key else keys

    def other(self):
        """Another account, and a session of it."""
        account = Account(self.platform)
        set_password(account)
        return account, self.logged_in(account)

    def status(self, key):
        return self.get("/api/agents", key=key["key"]).status

    def key_budgets(self):
        return {b["subject"]: b["limit"] for b in self.get("/api/usage").data["budgets"] if b["kind"] == "key"}

    def audit(self, account=None):
        return self.platform.ctl("audit", "--user", (account or self.account).id, "--action", "key")


class Making(KeyCase):
    def test_a_key_is_shown_in_the_answer_that_makes_it_and_never_again(self):
        key = self.make("CI", scopes=["agents:run", "agents:read"])
        self.assertEqual(list(key), ["id", "key"] + MEMBERS[1:])
        self.assertRegex(key["key"], r"^agv_live_[0-9A-Za-z]{36}$")
        self.assertEqual((key["name"], key["scopes"], key["shown"]), ("CI", ["agents:read", "agents:run"], key["key"][:13]))
        self.assertEqual([key[n] for n in ("expires_at", "revoked_at", "last_used_at", "replaced_by")], [None] * 4)
        self.assertEqual(key["allowed_networks"], [])
        self.assertEqual(self.status(key), 200)
        answer = self.ask("GET")
        self.assertEqual(list(self.listed(key)), MEMBERS)
        self.assertNotIn(key["key"], answer.text)

    def test_a_key_has_the_scopes_it_was_given_only(self):
        key = self.make(scopes=["agents:read"])
        answer = self.run_probe(key=key["key"])
        self.refused(answer, "FORBIDDEN")
        self.assertIn("agents:run", answer.error["message"])

    def test_what_is_no_key_is_refused_with_the_member_at_fault(self):
        good = {"name": "k", "scopes": ["agents:read"]}
        for change, field in (
                ({"name": None}, "name"), ({"name": ""}, "name"), ({"name": "  "}, "name"), ({"name": "a\nb"}, "name"), ({"name": "x" * 201}, "name"),
                ({"name": 7}, "name"), ({"scopes": None}, "scopes"), ({"scopes": []}, "scopes"),
                ({"scopes": "agents:read"}, "scopes"), ({"scopes": ["agents:write"]}, "scopes"),
                ({"scopes": ["agents:read,agents:run"]}, "scopes"), ({"scopes": [" agents:read"]}, "scopes"),
                ({"scopes": ["agents:read", 7]}, "scopes[1]"),
                ({"expires_at": "tomorrow"}, "expires_at"), ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
                ({"expires_at": 1800000000}, "expires_at"), ({"allowed_networks": "10.0.0.0/8"}, "allowed_networks"),
                ({"allowed_networks": ["10.0.0.0/33"]}, "allowed_networks"),
                ({"allowed_networks": ["example.com"]}, "allowed_networks"),
                ({"allowed_networks": [None]}, "allowed_networks[0]"),
                ({"allowed_networks": [f"10.0.0.{n}" for n in range(33)]}, "allowed_networks"),
                ({"tokens_per_month": -1}, "tokens_per_month"), ({"tokens_per_month": "1"}, "tokens_per_month"),
                ({"key": "agv_live_mine"}, "key")):
            with self.subTest(change):
                self.refused(self.ask("POST", body={**good, **change}), "INVALID_INPUT", field)
        for body in (b"", b"[]", b"null", b"{", b'{"name": "k", "name": "k"}'):
            with self.subTest(body):
                self.refused(self.ask("POST", body=body), "INVALID_INPUT")

    def test_a_key_expires_when_it_was_said(self):
        key = self.make(expires_at=ahead(seconds=3))
        self.assertEqual(self.status(key), 200)
        wait_until(lambda: self.status(key) == 401, 10, "the key has expired")

    def test_networks_are_kept_in_one_form(self):
        key = self.make(allowed_networks=["10.1.2.3/8", "2001:DB8::/32", "::1/128", "192.0.2.7/32"])
        expected = ["10.0.0.0/8", "2001:db8::/32", "::1", "192.0.2.7"]
        self.assertEqual(key["allowed_networks"], expected)
        self.assertEqual(self.listed(key)["allowed_networks"], expected)

    def test_a_key_has_a_budget_of_tokens_which_its_successor_shares(self):
        key = self.make(tokens_per_month=5000)
        self.assertEqual((key["tokens_per_month"], self.listed(key)["tokens_per_month"]), (5000, 5000))
        new = self.rotate(key).data
        self.assertEqual((new["tokens_per_month"], self.listed(new)["tokens_per_month"]), (5000, 5000))
        self.assertEqual(self.key_budgets(), {new["id"]: 5000})
        self.assertEqual(self.listed(key)["tokens_per_month"], 5000)
        for one in (new, key):
            self.assertEqual(self.ask("DELETE", f"/api/keys/{one['id']}").status, 200)
            self.assertEqual(self.key_budgets(), {new["id"]: 5000} if one is new else {}, "of those that are valid")
        self.assertIsNone(self.make(tokens_per_month=None)["tokens_per_month"])
        self.assertEqual(self.make(tokens_per_month=0)["tokens_per_month"], 0)

    def test_a_hundred_keys_can_be_valid_at_once(self):
        _, session = self.other()
        keys = [self.make(str(n), session=session) for n in range(99)]      # one it has already
        full = {"name": "k", "scopes": ["agents:read"]}
        self.refused(self.ask("POST", body=full, session=session), "CONFLICT")
        self.refused(self.rotate(keys[0], session=session), "CONFLICT")
        self.assertEqual(self.rotate(keys[0], session=session, overlap_seconds=0).status, 201)
        self.ask("DELETE", f"/api/keys/{keys[1]['id']}", session=session)
        self.assertEqual(self.ask("POST", body=full, session=session).status, 201)

    def test_who_made_a_key_is_in_the_audit_log(self):
        key = self.make("told", allowed_networks=["10.0.0.0/8"])
        entry = self.audit()[0]
        self.assertEqual((entry["action"], entry["object"], entry["actor"]["kind"]), ("key.create", key["id"], "session"))
        self.assertRegex(entry["actor"]["id"], "^ses_")
        self.assertIn(entry["address"], ("127.0.0.1", "::1"))
        self.assertEqual(entry["detail"], {"name": "told", "scopes": "agents:read", "expires_at": None,
                                           "allowed_networks": ["10.0.0.0/8"]})


class WhoMay(KeyCase):
    def test_an_api_key_cannot_manage_keys(self):
        key = self.make(scopes=SCOPES.split(","))
        for method, path, body in (("GET", "/api/keys", None), ("POST", "/api/keys", {"name": "k", "scopes": ["agents:read"]}),
                                   ("DELETE", f"/api/keys/{key['id']}", None), ("POST", f"/api/keys/{key['id']}/rotate", None)):
            answer = self.call(method, path, body, key=key["key"])
            self.refused(answer, "FORBIDDEN")
            self.assertIn("session", answer.error["message"])

    def test_another_account_s_keys_are_not_there(self):
        _, session = self.other()
        mine = self.make()
        self.assertNotIn(mine["id"], self.listed(session=session))
        for unknown in (mine["id"], "key_01ARZ3NDEKTSV4RRFFQ69G5FAV", "key_1", self.account.id):
            self.refused(self.ask("DELETE", f"/api/keys/{unknown}", session=session), "NOT_FOUND")
            self.refused(self.ask("POST", f"/api/keys/{unknown}/rotate", session=session), "NOT_FOUND")
        self.assertEqual(self.status(mine), 200)

    def test_a_key_is_used_from_its_networks_only(self):
        inside = self.make(allowed_networks=["203.0.113.0/24", "127.0.0.0/8", "::1"])
        outside = self.make(allowed_networks=["203.0.113.0/24", "2001:db8::/32"])
        self.assertEqual(self.status(inside), 200)
        answer = self.get("/api/agents", key=outside["key"])
        self.refused(answer, "FORBIDDEN")
        self.assertRegex(answer.error["message"], r"may not be used from (127\.0\.0\.1|::1)$")


class Revoking(KeyCase):
    def test_a_revoked_key_is_refused_and_revoking_again_changes_nothing(self):
        key = self.make()
        self.assertEqual(self.status(key), 200)
        first = self.ask("DELETE", f"/api/keys/{key['id']}")
        self.assertEqual((first.status, first.data), (200, None))
        wait_until(lambda: self.status(key) == 401, 5, "the key is refused")
        revoked = self.listed(key)
        self.assertIsNotNone(revoked["revoked_at"])
        told = self.audit()
        self.assertEqual(self.ask("DELETE", f"/api/keys/{key['id']}").status, 200)
        self.assertEqual(self.listed(key), revoked)
        self.assertEqual(self.audit(), told)
        self.assertEqual((told[0]["action"], told[0]["object"]), ("key.revoke", key["id"]))

    def test_the_use_of_a_key_is_told(self):
        key = self.make()
        self.status(key)
        age = datetime.now(timezone.utc) - time_of(self.listed(key)["last_used_at"])
        self.assertLess(abs(age), timedelta(seconds=60))


class Rotating(KeyCase):
    def test_both_keys_work_until_the_overlap_is_over(self):
        old = self.make("CI", scopes=["agents:read", "agents:run"], allowed_networks=["127.0.0.0/8", "::1"])
        answer = self.rotate(old)
        self.assertEqual(answer.status, 201, answer.text)
        new = answer.data
        self.assertEqual([new[n] for n in ("name", "scopes", "allowed_networks", "expires_at")],
                         ["CI", old["scopes"], old["allowed_networks"], None])
        self.assertNotEqual(new["key"], old["key"])
        self.assertEqual((self.status(old), self.status(new)), (200, 200))
        seen = self.listed(old)
        self.assertEqual(seen["replaced_by"], new["id"])
        self.assertEqual(time_of(seen["expires_at"]) - time_of(new["created_at"]), timedelta(days=1))
        entry = self.audit()[0]
        self.assertEqual((entry["action"], entry["object"]), ("key.rotate", old["id"]))
        self.assertEqual(entry["detail"], {"replaced_by": new["id"], "overlap_seconds": 86400})

    def test_without_an_overlap_the_old_key_is_refused_from_then_on(self):
        old = self.make()
        self.assertEqual(self.status(old), 200)
        new = self.rotate(old, overlap_seconds=0).data
        wait_until(lambda: self.status(old) == 401, 5, "the old key is refused")
        self.assertEqual(self.status(new), 200)

    def test_the_old_key_expires_no_later_than_it_would_have_and_the_new_one_lives_as_long(self):
        old = self.make(expires_at=ahead(hours=1))
        new = self.rotate(old, overlap_seconds=86400).data
        self.assertEqual(self.listed(old)["expires_at"], old["expires_at"])
        lived = [time_of(k["expires_at"]) - time_of(k["created_at"]) for k in (old, new)]
        self.assertLessEqual(abs(lived[0] - lived[1]), timedelta(seconds=1))

    def test_a_key_that_is_replaced_or_revoked_is_not_rotated(self):
        old = self.make()
        self.rotate(old)
        self.refused(self.rotate(old), "CONFLICT")
        self.ask("DELETE", f"/api/keys/{old['id']}")
        self.refused(self.rotate(old), "CONFLICT")

    def test_an_overlap_is_up_to_thirty_days(self):
        old = self.make()
        for body in ({"overlap_seconds": -1}, {"overlap_seconds": 2592001}, {"overlap_seconds": "1d"}, {"overlap_seconds": 1.5}):
            self.refused(self.rotate(old, **body), "INVALID_INPUT", "overlap_seconds")
        self.refused(self.rotate(old, overlap=7), "INVALID_INPUT", "overlap")
        self.assertEqual(self.rotate(old, overlap_seconds=2592000).status, 201)


class Repeating(KeyCase):
    BODY = {"name": "once", "scopes": ["agents:read"]}

    def test_a_repeat_is_given_the_first_answer(self):
        before = len(self.listed())
        first = self.ask("POST", body=self.BODY, Idempotency_Key="one")
        self.assertNotIn("Idempotent-Replayed", first.headers)
        again = self.ask("POST", body=self.BODY, Idempotency_Key="one")
        self.assertEqual((again.status, again.text, again.headers["Idempotent-Replayed"]), (201, first.text, "true"))
        self.assertEqual(len(self.listed()), before + 1)
        self.assertEqual(self.status(first.data), 200)

    def test_a_repeat_of_a_rotation_rotates_nothing(self):
        path = f"/api/keys/{self.make()['id']}/rotate"
        first = self.ask("POST", path, {"overlap_seconds": 60}, Idempotency_Key="two")
        again = self.ask("POST", path, {"overlap_seconds": 60}, Idempotency_Key="two")
        self.assertEqual((again.status, again.text, again.headers["Idempotent-Replayed"]), (201, first.text, "true"))

    def test_the_same_key_with_another_body_is_a_conflict(self):
        self.ask("POST", body=self.BODY, Idempotency_Key="three")
        self.refused(self.ask("POST", body={**self.BODY, "name": "other"}, Idempotency_Key="three"), "CONFLICT")

    def test_another_path_or_account_has_keys_of_its_own(self):
        _, session = self.other()
        made = [self.ask("POST", body=self.BODY, Idempotency_Key="four"),
                self.ask("POST", body=self.BODY, session=session, Idempotency_Key="four"),
                self.ask("POST", f"/api/keys/{self.make()['id']}/rotate", {}, Idempotency_Key="four"),
                self.ask("POST", f"/api/keys/{self.make()['id']}/rotate", {}, Idempotency_Key="four")]
        self.assertEqual([a.status for a in made], [201] * 4)
        self.assertEqual([a for a in made if "Idempotent-Replayed" in a.headers], [])
        self.assertEqual(len({a.data["key"] for a in made}), 4)

    def test_of_repeats_at_once_one_makes_it(self):
        for number in range(3):
            answers = together(8, lambda i: self.ask("POST", body=self.BODY, Idempotency_Key=f"five {number}"))
            self.assertEqual({a.status for a in answers}, {201}, answers)
            self.assertEqual(len({a.text for a in answers}), 1)
            self.assertEqual(len([a for a in answers if "Idempotent-Replayed" not in a.headers]), 1)

    def test_what_was_refused_is_not_kept(self):
        _, session = self.other()
        keys = [self.make(str(n), session=session) for n in range(99)]
        ask = {"body": self.BODY, "session": session, "Idempotency_Key": "six"}
        self.refused(self.ask("POST", **ask), "CONFLICT")
        self.ask("DELETE", f"/api/keys/{keys[0]['id']}", session=session)
        made = self.ask("POST", **ask)
        self.assertEqual(made.status, 201, made.text)
        self.assertNotIn("Idempotent-Replayed", made.headers)

    def test_a_header_that_is_no_key_is_refused(self):
        for text in ("x" * 256, "a\tb", "é".encode().decode("latin-1")):
            self.refused(self.ask("POST", body=self.BODY, Idempotency_Key=text), "INVALID_INPUT", "Idempotency-Key")

    def test_the_kept_answer_is_sealed(self):
        made = self.ask("POST", body=self.BODY, Idempotency_Key="seven").data
        kept = [row[0].lower() for row in self.platform.sql("SELECT HEX(answer) FROM kept_answers")]
        self.assertTrue(kept)
        for answer in kept:
            self.assertTrue(answer.startswith(b"v1".hex()))
            self.assertNotIn(made["shown"].encode().hex(), answer)


if __name__ == "__main__":
    unittest.main()
