"""Clients of others list and call tools with a key: the official packages of both generations, and the inspector."""
import json

from place import HERE, PlaceCase, modules, node

CLIENTS = {"v1": "2025-11-25", "v2-legacy": "2025-11-25", "v2-auto": "2026-07-28", "v2-modern": "2026-07-28"}


class Packages(PlaceCase):
    def client(self, which, tool, arguments, key=None):
        _, text = node(HERE / "client.js", which, self.url, key or self.key, tool, json.dumps(arguments))
        return self.said(text)

    def test_each_lists_and_calls_tools_by_the_revision_that_it_prefers(self):
        for which, version in CLIENTS.items():
            with self.subTest(which):
                said = self.client(which, "probe", {"payload": {"a": 1}, "steps": 3, "sleep_ms": 200})
                self.assertNotIn("error", said)
                self.assertEqual(said["version"], version)
                self.assertIn("email-triage", said["tools"])
                self.assertEqual(said["result"]["structuredContent"]["payload"], {"a": 1})
                self.assertEqual(said["progress"], [1, 2, 3])

    def test_each_hands_an_error_on_to_its_model(self):
        for which in CLIENTS:
            with self.subTest(which):
                said = self.client(which, "email-triage", {"max_emails": 3})
                self.assertTrue(said["result"]["isError"])
                self.assertIn("Ask the user to connect it", said["result"]["content"][0]["text"])

    def test_each_is_told_of_a_key_that_is_not_valid(self):
        for which in CLIENTS:
            with self.subTest(which):
                said = self.client(which, "probe", {}, key="agv_live_wrong")
                self.assertRegex(said["error"], "(?i)401|unauthorized")


class Inspector(PlaceCase):
    def inspector(self, era, *words):
        status, text = node(modules() / ".bin/mcp-inspector", "--cli", self.url, "--transport", "http", "--header",
                            f"Authorization: Bearer {self.key}", "--protocol-era", era, "--format", "json", *words)
        self.assertEqual(status, 0, text)
        return self.said(text)["result"]

    def test_it_lists_tools_and_finds_their_schemas_portable(self):
        for era in ("legacy", "modern"):
            with self.subTest(era):
                tools = self.inspector(era, "--method", "tools/list", "--strict")["tools"]
                self.assertIn("email-triage", [t["name"] for t in tools])

    def test_it_calls_a_tool(self):
        for era in ("legacy", "modern"):
            with self.subTest(era):
                result = self.inspector(era, "--method", "tools/call", "--tool-name", "probe", "--tool-arg", 'payload="hi"')
                self.assertEqual(result["structuredContent"]["payload"], "hi")
