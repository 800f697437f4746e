"""agentivctl: the mailboxes of users."""
import os
import unittest

from ctl import Ctl, call, new_folder, query


class Connections(Ctl):
    def maildir(self, name="mail"):
        folder = new_folder() / name
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
        box = self.temporary / "box"
        box.write_text("From a@example.org Thu Jan  2 03:04:05 2025\nSubject: x\n\nx\n")
        connection = self.add(user, "--mbox", box, "--address", "me@example.org")
        self.assertEqual(connection["kind"], "mbox")
        self.assertEqual(self.done("connection", "list", "--user", user["id"]), [connection])

    def test_a_connection_to_the_same_place_keeps_its_id(self):
        user, folder = self.user(), self.maildir()
        first = self.add(user, "--maildir", folder)
        self.assertEqual(self.add(user, "--maildir", folder, "--address", "me@example.org")["id"], first["id"])
        self.assertNotEqual(self.add(user, "--maildir", self.maildir("other"))["id"], first["id"])

    def test_however_a_path_is_spelled_it_is_the_same_place(self):
        user, folder = self.user(), self.maildir()
        link = folder.parent / "link"
        link.symlink_to(folder.parent)
        first = self.add(user, "--maildir", folder)["id"]
        for path in (f"{folder}/", f"{folder}/.", f"{folder}/../{folder.name}", f"{folder.parent}//{folder.name}",
                     link / folder.name, f"{link}/{folder.name}/../{folder.name}/"):
            with self.subTest(path=path):
                self.assertEqual(self.add(user, "--maildir", path)["id"], first)

    def test_a_path_that_is_not_here_is_the_same_place_however_it_is_spelled(self):
        user = self.user()
        first = self.add(user, "--maildir", "/nonexistent/mail", "--unchecked")["id"]
        for path in ("/nonexistent/mail/", "/nonexistent/./x/../mail", "//nonexistent//mail"):
            with self.subTest(path=path):
                self.assertEqual(self.add(user, "--maildir", path, "--unchecked")["id"], first)

    def server(self, user, url, name="ann"):
        password = new_folder() / "password"
        password.write_text("secret\n")
        password.chmod(0o600)
        return self.add(user, "--imap", url, "--username", name, "--password-file", password, "--unchecked")

    def test_however_a_url_is_spelled_it_is_the_same_place(self):
        user = self.user()
        first = self.server(user, "imaps://mail.example.org")["id"]
        for url in ("imaps://mail.example.org/", "imaps://mail.example.org:993", "imaps://mail.example.org/INBOX",
                    "IMAPS://Mail.Example.ORG:993/inbox/", "imaps://mail.example.org./%49NBOX"):
            with self.subTest(url=url):
                self.assertEqual(self.server(user, url)["id"], first)

    def test_an_address_is_the_same_place_however_it_is_spelled(self):
        user = self.user()
        first = self.server(user, "imaps://[2606:4700::1]")["id"]
        self.assertEqual(self.server(user, "imaps://[2606:4700:0:0:0:0:0:1]:993/")["id"], first)

    def test_another_server_folder_or_name_is_another_place(self):
        user = self.user()
        ids = [self.server(user, "imaps://mail.example.org")["id"]]
        for url, name in (("imaps://mail.example.com", "ann"), ("imaps://mail.example.org:1993", "ann"),
                          ("imaps://mail.example.org/Bills", "ann"), ("imaps://mail.example.org/bills", "ann"),
                          ("imaps://mail.example.org", "bob")):
            ids.append(self.server(user, url, name)["id"])
        self.assertEqual(len(set(ids)), len(ids))

    def test_a_place_that_was_connected_before_has_its_id_again(self):
        user, folder = self.user(), self.maildir()
        first = self.add(user, "--maildir", folder)["id"]
        self.assertNotEqual(self.server(user, "imaps://mail.example.org")["id"], first)
        self.assertEqual(self.add(user, "--maildir", folder)["id"], first)

    def test_the_same_place_of_another_user_has_another_id(self):
        folder = self.maildir()
        self.assertNotEqual(self.add(self.user(), "--maildir", folder)["id"], self.add(self.user(), "--maildir", folder)["id"])

    def test_places_are_shown_and_no_secret(self):
        user, folder = self.user(), self.maildir()
        self.assertEqual(self.add(user, "--maildir", folder)["place"], str(folder))
        for url, place in (("imaps://Mail.Example.org", "ann@mail.example.org/INBOX"),
                           ("imap://mail.example.org:143/Bills", "ann@mail.example.org/Bills"),
                           ("imaps://mail.example.org:1993/", "ann@mail.example.org:1993/INBOX")):
            with self.subTest(url=url):
                self.server(user, url)
                listed = self.done("connection", "list", "--user", user["id"])
                self.assertEqual([c["place"] for c in listed], [place])
                _, table, _ = call("connection", "list", "--user", user["id"])
                self.assertIn(place, table)
                self.assertNotIn("secret", table + str(listed))

    def test_a_place_that_was_sealed_with_another_key_is_unknown(self):
        user = self.user()
        self.add(user, "--maildir", self.maildir())
        other = new_folder() / "seal"
        other.write_text("other:" + "A" * 43 + "=\n")
        other.chmod(0o600)
        listed = self.done("connection", "list", "--user", user["id"], env={"AGENTIV_SECRETS_SEAL_FILE": str(other)})
        self.assertEqual([c["place"] for c in listed], [None])

    def test_a_connection_is_removed(self):
        user, folder = self.user(), self.maildir()
        connection = self.add(user, "--maildir", folder)
        removed = self.done("connection", "remove", "--user", user["id"], "--integration", "gmail")
        self.assertEqual(removed, dict(connection, status="disconnected"))
        self.assertEqual(self.done("connection", "list", "--user", user["id"]), [])
        self.assertTrue(folder.is_dir())
        self.assertEqual(self.add(user, "--maildir", folder)["id"], connection["id"])

    def test_what_is_not_connected_cannot_be_removed(self):
        user, other = self.user(), self.user()
        self.add(other, "--maildir", self.maildir())
        self.refused(1, "NOT_FOUND", "connection", "remove", "--user", user["id"], "--integration", "gmail")
        self.refused(1, "NOT_FOUND", "connection", "remove", "--user", "nobody@example.org", "--integration", "gmail")
        self.refused(2, "INVALID_INPUT", "connection", "remove", "--user", user["id"])
        self.assertEqual(len(self.done("connection", "list", "--user", other["id"])), 1)

    def test_a_path_that_cannot_be_opened_is_named(self):
        user = self.user()
        for option in ("--maildir", "--mbox"):
            message = self.refused(1, "INVALID_INPUT", "connection", "add", "--user", user["id"], "--integration", "gmail",
                                   option, "/nonexistent/mail")
            self.assertIn("/nonexistent/mail: ", message)
            self.assertIn("No such file or directory", message)

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
        for words in (["--maildir", self.temporary], ["--maildir", "/nonexistent"], ["--mbox", "/nonexistent"],
                      ["--mbox", self.temporary]):
            self.refused(1, "INVALID_INPUT", "connection", "add", "--user", user["id"], "--integration", "gmail",
                         *words)
        self.assertEqual(self.done("connection", "list", "--user", user["id"]), [])

    def test_a_file_that_does_not_begin_as_an_mbox_is_refused(self):
        user, file = self.user(), new_folder() / "notes"
        for text in ("Dear diary\n", "From", "from a@example.org\n", "\nFrom a@example.org\n", "From: a@example.org\n"):
            file.write_text(text)
            message = self.refused(1, "INVALID_INPUT", "connection", "add", "--user", user["id"], "--integration",
                                   "gmail", "--mbox", file)
            self.assertIn(f"{file} is no mbox", message)
        self.assertEqual(self.done("connection", "list", "--user", user["id"]), [])
        self.add(user, "--mbox", file, "--unchecked")

    def test_an_mbox_that_has_no_message_yet_is_connected(self):
        file = new_folder() / "box"
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


if __name__ == "__main__":
    unittest.main()
