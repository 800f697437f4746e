"""agentivctl mcp between the official client packages and the platform's own /mcp."""
import json
import os
import subprocess
import unittest

from callers import HERE, Account, Caller, PlatformCase, program, wait_until


class OfficialClients(PlatformCase):
    def setUp(self):
        modules = os.environ.get("AGENTIV_NPM")
        self.assertTrue(modules, "AGENTIV_NPM must name the node_modules with the packages of tests/packages.npm")
        self.own = Account(self.platform)
        self.caller = Caller(self.platform.url, self.own.key, NODE_PATH=modules)

    def seen_by(self, package, era):
        done = subprocess.run(["node", HERE / "mcp_client.js", package, era, program()], env=self.caller.env,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=90, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stderr)
        return json.loads(done.stdout)

    def check(self, package, era):
        seen = self.seen_by(package, era)
        self.assertIn("probe", seen["tools"])
        self.assertEqual(seen["payload"]["payload"], {"a": "ü"})
        self.assertTrue(seen["failed"])
        self.assertEqual([one["payload"]["n"] for one in seen["many"]], list(range(10)))
        self.assertGreater(seen["steps"], 0)       # several steps may come as one
        self.assertNotEqual(seen["cancelled"], "it ended")
        ended = wait_until(lambda: self.last_run()["error"], 20, "the cancelled run has ended")
        self.assertEqual(ended["code"], "CANCELLED")

    def last_run(self):
        return self.done(self.caller, "executions", "list", "--limit", 1)[0]

    def test_the_client_of_the_revision_with_sessions(self):
        self.check("@modelcontextprotocol/sdk", "legacy")

    def test_the_newer_client_with_a_session(self):
        self.check("@modelcontextprotocol/client", "legacy")

    def test_the_newer_client_without_sessions(self):
        self.check("@modelcontextprotocol/client", "2026-07-28")


if __name__ == "__main__":
    unittest.main()
