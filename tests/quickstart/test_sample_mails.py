"""The sample mailbox of the quickstart."""
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

MAKE = Path(__file__).resolve().parents[2] / "examples/mail/make-maildir"


class SampleMails(unittest.TestCase):
    def test_two_mailboxes_made_within_a_second_have_no_mail_in_common(self):
        with tempfile.TemporaryDirectory() as place:
            folders = [Path(place) / str(n) for n in range(2)]
            makings = [subprocess.Popen([MAKE, folder], stdout=subprocess.DEVNULL) for folder in folders]
            self.assertEqual([making.wait(60) for making in makings], [0, 0])
            first, second = ({name for mail in (folder / "new").iterdir()
                              for name in re.findall(rb"(?mi)^Message-ID: *(<.*>)", mail.read_bytes())}
                             for folder in folders)
        self.assertTrue(first and second)
        self.assertEqual(first & second, set())


if __name__ == "__main__":
    unittest.main()
