"""deploy/lib/stack.sh told what makes no sense: one line, and nothing touched."""
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

STACK = Path(__file__).resolve().parents[2] / "deploy/lib/stack.sh"


class WrongArguments(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def refused(self, *words, **env):
        """The one line of a call that must fail and leave no folder behind."""
        before = sorted(self.folder.rglob("*"))
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("STACK_", "AGENTIV_"))}
        done = subprocess.run([STACK, *words], cwd=self.folder, env={**clean, **env}, text=True, capture_output=True,
                              timeout=60)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual((done.stdout, done.stderr.count("\n")), ("", 1), done.stderr)
        self.assertEqual(sorted(self.folder.rglob("*")), before)
        return done.stderr

    def web_of_a_stack(self):
        """A process that a stack in this folder takes for its web server."""
        for name in ("etc", "run", "log"):
            (self.folder / name).mkdir()
        (self.folder / "etc/stack").write_text("STACK_BIN=/usr/bin\n")
        (self.folder / "etc/web").write_text("nginx 8080 fcgi\n")
        web = subprocess.Popen(["tail", "-f", self.folder / "etc/web"], stdout=subprocess.DEVNULL)
        self.addCleanup(web.wait)
        self.addCleanup(web.kill)
        (self.folder / "run/web.pid").write_text(f"{web.pid}\n")
        return web

    def test_programs_that_are_nowhere_are_missed_before_a_folder_is_made(self):
        self.assertIn("STACK_BIN", self.refused("init", "new"))
        self.assertIn("STACK_BIN", self.refused("init", "new", STACK_BIN="/nonexistent"))

    def test_only_init_makes_a_stack(self):
        for words in (["config", "new"], ["up", "new", "nginx", "0"], ["status", "new"], ["sql", "new", "SELECT 1"]):
            with self.subTest(words=words):
                self.assertIn("new is no stack", self.refused(*words))

    def test_arguments_that_are_missing_or_none_are_told(self):
        for words, said in ((["up", "new"], "more arguments"), (["start", "new"], "more arguments"),
                            (["init", "new", "http"], "SECTION.NAME=VALUE"), (["up", "new", "iis", "0"], "iis"),
                            (["up", "new", "nginx", "x"], "no port"), (["up", "new", "nginx", "0", "cgi"], "no CGI")):
            with self.subTest(words=words):
                self.assertIn(said, self.refused(*words))

    def test_a_web_server_that_is_not_known_stops_none(self):
        web = self.web_of_a_stack()
        self.assertIn("unknown web server 'iis'", self.refused("web", str(self.folder), "iis", "8080"))
        self.assertIsNone(web.poll())


if __name__ == "__main__":
    unittest.main()
