"""GET /api/connections: what an account is connected to, and what it could be."""
import os
import tempfile
import unittest

from client import TIME, Account, ApiCase
from ctl import query


class Connections(ApiCase):
    def connections(self, account):
        answer = self.get("/api/connections", key=account.key)
        self.assertEqual(answer.status, 200, answer.text)
        return answer, {c["integration"]: c for c in answer.data}

    def mailbox(self):
        file = tempfile.NamedTemporaryFile(dir=os.environ.get("AGENTIV_TEST_TMP"), suffix=".mbox")
        self.addCleanup(file.close)
        return file.name

    def connect(self, account, integration):
        place = self.mailbox()
        connected = self.platform.ctl("connection", "add", "--user", account.id, "--integration", integration, "--mbox",
                                      place, "--unchecked")
        return connected, place

    def test_what_agents_name_is_there_before_anything_is_connected(self):
        answer, found = self.connections(Account(self.platform))
        self.assertEqual(list(found), sorted(found))
        self.assertEqual(len(found), len(answer.data))
        self.assertEqual(found["gmail"], {
            "integration": "gmail", "name": "Gmail", "status": "not_connected", "id": None, "kind": None,
            "connected_at": None, "used_by": ["email-triage", "needs-gmail"],
            "required_by": ["email-triage", "needs-gmail"]})
        self.assertEqual(found["google-calendar"]["name"], "Google Calendar")
        self.assertEqual((found["google-calendar"]["used_by"], found["google-calendar"]["required_by"]),
                         (["needs-gmail"], []))

    def test_a_connected_mailbox_has_its_id_and_kind_and_tells_no_place(self):
        account = Account(self.platform)
        connected, place = self.connect(account, "gmail")
        answer, found = self.connections(account)
        gmail = found["gmail"]
        self.assertEqual((gmail["status"], gmail["id"], gmail["kind"]), ("connected", connected["id"], "mbox"))
        self.assertRegex(gmail["connected_at"], TIME)
        self.assertNotIn(place, answer.text)
        self.assertEqual(self.connections(self.account)[1]["gmail"]["status"], "not_connected")

    def changed(self, what, account):
        """The account's connection is changed in the database."""
        query(f"UPDATE connections JOIN accounts ON accounts.id = account_id SET {what} WHERE email = '{account.email}'",
              self.platform.config)

    def test_a_connection_that_no_agent_uses_any_more_is_still_told(self):
        account = Account(self.platform)
        self.connect(account, "gmail")
        self.changed("integration = 'some-shop'", account)
        shop = self.connections(account)[1]["some-shop"]
        self.assertEqual((shop["name"], shop["status"], shop["used_by"], shop["required_by"]),
                         ("Some Shop", "connected", [], []))

    def test_a_connection_that_was_lost_is_disconnected(self):
        account = Account(self.platform)
        connected, _ = self.connect(account, "gmail")
        self.changed("status = 1", account)
        gmail = self.connections(account)[1]["gmail"]
        self.assertEqual((gmail["status"], gmail["id"]), ("disconnected", connected["id"]))


if __name__ == "__main__":
    unittest.main()
