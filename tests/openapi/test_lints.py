"""The document as the tools of others read it."""
import unittest
from pathlib import Path

from document import document, folder, node, redocly, saved, spectral

TESTS = Path(__file__).resolve().parents[1]


class Lints(unittest.TestCase):
    def test_redocly_has_nothing_to_say(self):
        self.assertEqual(redocly(document()), [])

    def test_spectral_has_nothing_to_say(self):
        self.assertEqual(spectral(document()), [])

    def test_agents_with_schemas_of_every_kind_change_nothing_in_that(self):
        of = document(TESTS / "mcp/agents")
        self.assertIn("/api/agents/json-schema-2020-12-tool/run", of["paths"])
        self.assertEqual(redocly(of), [])
        self.assertEqual(spectral(of), [])

    def test_a_planted_fault_is_found_by_both(self):
        faulty = document()
        del faulty["paths"]["/api/me"]["get"]["operationId"]
        self.assertTrue(redocly(faulty))
        self.assertTrue(spectral(faulty))


class TypeScript(unittest.TestCase):
    def test_it_makes_types_that_typescript_takes(self):
        types = folder() / "api.d.ts"
        status, out, err = node("openapi-typescript/bin/cli.js", str(saved(document())), "--output", str(types))
        self.assertEqual(status, 0, out + err)
        self.assertIn("ExecutionSummary:", types.read_text(encoding="utf-8"))
        status, out, err = node("typescript/bin/tsc", "--noEmit", "--strict", str(types))
        self.assertEqual(status, 0, out + err)


if __name__ == "__main__":
    unittest.main()
