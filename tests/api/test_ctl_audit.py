"""agentivctl audit: what the operator changes is told, with who did it and from where, and never a secret."""
import getpass
import os
import json
import socket
import unittest

from ctl import SCOPES, Ctl, call, new_folder, query, some_email


class Audit(Ctl):
    def entries(self, user, *more, **how):
        return self.done("audit", "--user", user["id"], *more, **how)

    def actions(self, user):
        return [entry["action"] for entry in self.entries(user)]

    def test_an_entry_tells_who_did_what_from_where(self):
        user = self.user()
        [entry] = self.entries(user)
        self.assertRegex(entry.pop("id"), r"^aud_[0-7][0-9A-HJKMNP-TV-Z]{25}$")
        self.assertRegex(entry.pop("at"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(entry.pop("address"), socket.gethostname()[:64])
        self.assertEqual(entry, {
            "user_id": user["id"], "actor": {"kind": "operator", "id": None, "name": getpass.getuser()},
            "action": "user.create", "object": user["id"], "detail": {"email": user["email"], "plan": "pro"}})

    def test_who_comes_over_ssh_is_known_by_the_address(self):
        user = self.user()
        self.done("plan", "set", "--user", user["id"], "--plan", "starter", env={"SSH_CLIENT": "2001:db8::7 50000 22"})
        self.assertEqual(self.entries(user)[0]["address"], "2001:db8::7")

    def test_who_comes_through_sudo_is_told_beside_root(self):
        user = self.user()
        self.done("plan", "set", "--user", user["id"], "--plan", "starter", env={"SUDO_USER": "ann"})
        name = "root by ann" if os.geteuid() == 0 else getpass.getuser()
        self.assertEqual(self.entries(user)[0]["actor"]["name"], name)

    def test_every_change_is_told_the_newest_first(self):
        user = self.user()
        key = self.key(user)
        self.done("key", "revoke", key["id"], "--user", user["id"])
        self.done("plan", "set", "--user", user["id"], "--plan", "enterprise", "--runs-per-day", "7", "--concurrent", "plan")
        self.done("subscription", "set", "--user", user["id"], "--agent", "all", "--status", "active")
        self.done("connection", "add", "--user", user["id"], "--integration", "gmail", "--mbox", "/tmp/none", "--unchecked")
        self.done("connection", "remove", "--user", user["id"], "--integration", "gmail")
        entries = self.entries(user)
        self.assertEqual([e["action"] for e in entries],
                         ["connection.remove", "connection.add", "subscription.set", "plan.set", "key.revoke", "key.create",
                          "user.create"])
        told = {e["action"]: (e["object"], e["detail"]) for e in entries}
        self.assertEqual(told["plan.set"],
                         (user["id"], {"plan": "enterprise", "was": "pro", "runs_per_day": 7, "concurrent": "plan"}))
        self.assertEqual(told["subscription.set"], ("all", {"status": "active"}))
        self.assertEqual(told["connection.add"], ("gmail", {"kind": "mbox", "place": "/tmp/none"}))
        self.assertEqual(told["key.create"][0], key["id"])
        self.assertEqual(told["key.revoke"], (key["id"], None))

    def test_what_is_refused_or_changes_nothing_is_not_told(self):
        user = self.user()
        key = self.key(user)
        self.done("key", "revoke", key["id"], "--user", user["id"])
        before = self.entries(user)
        self.done("key", "revoke", key["id"], "--user", user["id"])
        self.refused(1, "NOT_FOUND", "connection", "remove", "--user", user["id"], "--integration", "gmail")
        self.refused(1, "INVALID_INPUT", "plan", "set", "--user", user["id"], "--plan", "gold")
        self.assertEqual(self.entries(user), before)

    def test_a_change_that_cannot_be_told_is_not_made(self):
        user, email = self.user(), some_email()
        key = self.key(user)
        self.done("connection", "add", "--user", user["id"], "--integration", "gmail", "--mbox", "/tmp/none", "--unchecked")
        of_user = ("--user", user["id"])
        changes = (("user", "create", "--email", email, "--name", "x", "--plan", "pro"),
                   ("plan", "set", *of_user, "--plan", "starter"),
                   ("subscription", "set", *of_user, "--agent", "all", "--status", "active"),
                   ("key", "create", *of_user, "--name", "k", "--scopes", "agents:read"),
                   ("key", "rotate", key["id"], *of_user), ("key", "revoke", key["id"], *of_user),
                   ("budget", "set", *of_user, "--tokens-per-month", "7"),
                   ("connection", "add", *of_user, "--integration", "gmail", "--mbox", "/tmp/other", "--unchecked"),
                   ("connection", "remove", *of_user, "--integration", "gmail"))

        def seen():
            return [self.done(*words) for words in (("user", "list"), ("key", "list", *of_user), ("budget", "list", *of_user),
                                                    ("connection", "list", *of_user))] + [
                query("SELECT COUNT(*) FROM subscriptions s JOIN accounts a ON a.id = s.account_id"
                      f" WHERE a.email = '{user['email']}'")]

        before = seen()
        query("RENAME TABLE audit_log TO audit_log_away")
        try:
            for words in changes:
                with self.subTest(words[:2]):
                    self.refused(1, "INTERNAL", *words)
        finally:
            query("RENAME TABLE audit_log_away TO audit_log")
        self.assertEqual(seen(), before)

    def test_entries_are_chosen_by_action_time_and_number(self):
        user = self.user()
        self.key(user)
        self.assertEqual([e["action"] for e in self.entries(user, "--action", "user")], ["user.create"])
        self.assertEqual(self.entries(user, "--action", "plan"), [])
        self.assertEqual([e["action"] for e in self.entries(user, "--limit", 1)], ["key.create"])
        self.assertEqual(len(self.entries(user, "--since", "1h")), 2)
        self.refused(2, "INVALID_INPUT", "audit", "--since", "2099-01-01")
        self.refused(1, "NOT_FOUND", "audit", "--user", "nobody@example.org")

    def test_without_a_user_all_are_shown(self):
        first, second = self.user(), self.user()
        users = [e["user_id"] for e in self.done("audit", "--action", "user.create", "--limit", 20)]
        self.assertLess(users.index(second["id"]), users.index(first["id"]))

    def test_for_people_it_is_a_table(self):
        user = self.user()
        status, out, _ = call("audit", "--user", user["id"])
        self.assertEqual(status, 0)
        self.assertRegex(out.splitlines()[0], r"^AT +USER +BY +FROM +ACTION +OBJECT +DETAIL$")
        self.assertIn(f"operator {getpass.getuser()}", out)

    def test_no_secret_is_told(self):
        user = self.user()
        key = self.done("key", "create", "--user", user["id"], "--name", "k", "--scopes", SCOPES)["key"]
        password = new_folder() / "password"
        password.write_text("open sesame\n")
        self.done("connection", "add", "--user", user["id"], "--integration", "gmail", "--imap", "imaps://mail.example.org",
                  "--username", "ann", "--password-file", password, "--unchecked")
        text = json.dumps(self.entries(user))
        self.assertIn("ann@mail.example.org/INBOX", text)
        self.assertNotIn("sesame", text)
        self.assertNotIn(key, text)


if __name__ == "__main__":
    unittest.main()
