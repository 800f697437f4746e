"""The first programs that a user is shown, as they stand, over an installed SDK and a mailbox with mails."""
import tempfile
import unittest
import uuid
from pathlib import Path

import sdkcase
from sdkcase import TOP, platform

import sdks                    # tests/lib, which sdkcase has put on the path
from stack import open_folder

SUMMARY = r"^Triaged \d+ emails \| \d+ urgent \| \d+ archived\n$"


class Seed(unittest.TestCase):
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

    def test_the_python_program_prints_what_was_triaged(self):
        python = sdks.python_with_sdk(TOP, self.folder / "venv")
        self.assertRegex(sdks.run_python_seed(python, self.folder, **self.env), SUMMARY)

    def test_the_node_program_prints_what_was_triaged(self):
        folder = sdks.folder_with_node_sdk(TOP, self.folder / "project")
        self.assertRegex(sdks.run_node_seed(folder, **self.env), SUMMARY)


if __name__ == "__main__":
    unittest.main()
