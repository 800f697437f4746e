"""What `quickstart status` prints of rows that it is given."""
import subprocess
import sys
import unittest
from pathlib import Path

SHOW = Path(__file__).resolve().parents[2] / "deploy/lib/show_status.py"


class ShowStatus(unittest.TestCase):
    def hint(self, rows):
        """The last line that people read."""
        done = subprocess.run([sys.executable, SHOW, "http://localhost"], input=rows, text=True, capture_output=True,
                              check=True, timeout=60)
        return done.stdout.splitlines()[-1]

    def test_its_hint_starts_what_is_missing_in_whatever_folder_it_was_asked_about(self):
        self.assertIn("not all is well: the same call without status starts what is missing",
                      self.hint("db 7 ok 900\nworker - stopped 0\n"))

    def test_what_is_down_as_a_whole_is_not_called_unwell(self):
        self.assertEqual(self.hint("db - stopped 0\nworker - stopped 0\n"),
                         "  it is down: the same call without status starts it")


if __name__ == "__main__":
    unittest.main()
