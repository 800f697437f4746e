"""The first programs that a user is shown, as they stand, over an installed SDK and a mailbox with mails."""
import unittest

from sdkcase import TOP, MailCase

import sdks                    # tests/lib, which sdkcase has put on the path

SUMMARY = r"^Triaged \d+ emails \| \d+ urgent \| \d+ archived\n$"


class Seed(MailCase):
    def test_the_python_program_prints_what_was_triaged(self):
        python = sdks.python_with_sdk(TOP, self.folder / "venv")
        self.assertRegex(sdks.run_python_seed(python, self.folder, **self.env), SUMMARY)

    def test_the_node_program_prints_what_was_triaged(self):
        folder = sdks.folder_with_node_sdk(TOP, self.folder / "project")
        self.assertRegex(sdks.run_node_seed(folder, **self.env), SUMMARY)


if __name__ == "__main__":
    unittest.main()
