"""What `quickstart status` prints of rows that it is given."""
import subprocess
import sys
import unittest
from pathlib import Path

SHOW = Path(__file__).resolve().parents[2] / "deploy/lib/show_status.py"


class ShowStatus(unittest.TestCase):
    def test_its_hint_starts_what_is_missing_in_whatever_folder_it_was_asked_about(self):
        done = subprocess.run([sys.executable, SHOW, "http://localhost"], input="worker - down 0\n", text=True,
                              capture_output=True, check=True, timeout=60)
        self.assertIn("not all is well: the same call without status starts what is missing\n", done.stdout)


if __name__ == "__main__":
    unittest.main()
