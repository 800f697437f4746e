"""The examples of the documents, each document's as one program: they do what they say, in both languages."""
import re
import sys
import tempfile
import unittest
import uuid
from pathlib import Path

import sdkcase
from sdkcase import TOP, platform

import sdks                    # tests/lib
from stack import open_folder

DOCUMENTS = ("docs/sdk.md", "sdk/python/README.md", "README.md")
TRIAGED = r"Triaged \d+ emails \| \d+ urgent \| \d+ archived"


def examples(document, language):
    text = (TOP / document).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


class Documents(unittest.TestCase):
    def setUp(self):
        account = sdkcase.Account()
        maildir = open_folder("sdk-mail") / uuid.uuid4().hex
        sdks.run(TOP / "examples/mail/make-maildir", maildir)
        platform().ctl("connection", "add", "--user", account.email, "--integration", "gmail", "--maildir", maildir)
        self.env = {"AGENTIV_API_KEY": account.key, "AGENTIV_BASE_URL": platform().url, "NO_PROXY": "127.0.0.1",
                    "no_proxy": "127.0.0.1"}
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

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
