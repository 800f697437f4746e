"""The examples of the documents, each document's as one program: they do what they say, in both languages."""
import re
import sys
import unittest

from sdkcase import TOP, MailCase

import sdks                    # tests/lib, which sdkcase has put on the path

DOCUMENTS = ("docs/sdk.md", "sdk/python/README.md", "README.md")
TRIAGED = r"Triaged \d+ emails \| \d+ urgent \| \d+ archived"


def examples(document, language):
    text = (TOP / document).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


class Documents(MailCase):
    def test_python_in_documents_runs_as_it_stands(self):
        found = {document: examples(document, "python") for document in DOCUMENTS}
        for document, blocks in found.items():
            if blocks:
                with self.subTest(document=document):
                    program = self.folder / "program.py"
                    program.write_text("\n".join(blocks), encoding="utf-8")
                    self.assertRegex(sdks.run(sys.executable, program, PYTHONPATH=str(TOP / "sdk/python"), **self.env), TRIAGED)
        self.assertEqual([document for document, blocks in found.items() if blocks],
                         ["docs/sdk.md", "sdk/python/README.md", "README.md"])

    def test_node_in_documents_runs_as_it_stands(self):
        folder = sdks.folder_with_node_sdk(TOP, self.folder / "project")
        for document in DOCUMENTS:
            blocks = examples(document, "js")
            if blocks:
                with self.subTest(document=document):
                    program = folder / "program.js"
                    program.write_text("(async () => {\n" + "\n".join(blocks) + "\n})();\n", encoding="utf-8")
                    self.assertRegex(sdks.run("node", program, **self.env), TRIAGED)
        self.assertTrue(examples("docs/sdk.md", "js"))


if __name__ == "__main__":
    unittest.main()
