"""The conformance suite of the protocol's authors, for both revisions: each scenario passes, or there is a reason."""
import json
import re
import tempfile
from pathlib import Path

import reasons
from key_proxy import KeyProxy
from place import PlaceCase, modules, node


class Conformance(PlaceCase):
    def setUp(self):
        self.proxy = KeyProxy(self.platform.url, self.key)
        self.addCleanup(self.proxy.close)

    def failed(self, package, *words):
        """Scenarios with a check that failed, and what it said; how many were run."""
        with tempfile.TemporaryDirectory() as folder:
            _, text = node(modules() / package / "dist/index.js", "server", "--url", self.proxy.url + "/mcp", *words, "-o", folder)
            files = sorted(Path(folder).glob("*/checks.json"))
            self.assertTrue(files, text)
            found = {self.name(file): self.failures(file) for file in files}
        return {name: said for name, said in found.items() if said}, len(found)

    def name(self, file):
        """Folders are server-SCENARIO-DATE."""
        return re.fullmatch(r"server-(.*)-\d{4}-\d\d-\d\dT[\d-]+Z", file.parent.name)[1]

    def failures(self, file):
        return [f"{c['id']}: {c.get('errorMessage')}" for c in json.loads(file.read_text()) if c["status"] == "FAILURE"]

    def check(self, failed, expected):
        for name in sorted(failed.keys() | expected.keys()):
            with self.subTest(name):
                self.assertTrue(name in expected, failed.get(name))
                self.assertTrue(name in failed, f"passes, though it is said: {expected.get(name)}")

    def test_2025_11_25(self):
        failed, count = self.failed("@modelcontextprotocol/conformance", "--spec-version", "2025-11-25")
        self.check(failed, reasons.LEGACY)
        self.assertGreaterEqual(count, 30)

    def test_2026_07_28(self):
        failed, count = self.failed("mcp-conformance-2026", "--requirements", "2026-07-28")
        self.check(failed, reasons.MODERN)
        self.assertGreaterEqual(count, 48)
