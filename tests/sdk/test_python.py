"""The Python package: its own tests, what is installed of it, and its types."""
import ast
import re
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zipfile
from pathlib import Path

from sdkcase import TOP

import sdks      # tests/lib

PACKAGE = TOP / "sdk/python"
sys.path[:0] = [str(PACKAGE), str(PACKAGE / "packaging")]

import backend      # noqa: E402


def load_tests(loader, tests, pattern):
    """The package's own tests among these."""
    tests.addTests(unittest.TestLoader().discover(str(PACKAGE / "tests"), top_level_dir=str(PACKAGE)))
    return tests


def sources():
    return sorted((PACKAGE / "agentiv").glob("*"))


class InFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)


class Package(InFolder):
    def test_its_version_is_the_platforms(self):
        self.assertIn(f"AC_INIT([agentiv], [{backend.version()}])", (TOP / "configure.ac").read_text(encoding="utf-8"))

    def test_all_of_it_is_python_3_9(self):
        for file in PACKAGE.rglob("*.py"):
            ast.parse(file.read_text(encoding="utf-8"), str(file), feature_version=(3, 9))

    def test_it_imports_nothing_but_the_standard_library(self):
        for file in (PACKAGE / "agentiv").glob("*.py"):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            names = {alias.name.partition(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import)
                     for alias in node.names}
            names |= {node.module.partition(".")[0] for node in ast.walk(tree)
                      if isinstance(node, ast.ImportFrom) and node.level == 0}
            # what type checkers alone read
            self.assertLessEqual(names - {"typing_extensions"}, sys.stdlib_module_names, file.name)

    def test_a_wheel_holds_the_package_its_types_and_its_licence(self):
        info = f"agentiv-{backend.version()}.dist-info"
        with zipfile.ZipFile(self.folder / backend.build_wheel(self.folder)) as wheel:
            self.assertEqual(set(wheel.namelist()), {f"agentiv/{p.name}" for p in sources() if p.is_file()} |
                             {f"{info}/{name}" for name in ("METADATA", "WHEEL", "RECORD", "licenses/LICENSE")})
            self.assertIn("agentiv/py.typed", wheel.namelist())
            self.assertEqual(len(wheel.read(f"{info}/RECORD").splitlines()), len(wheel.namelist()))
            self.assertRegex(wheel.read(f"{info}/METADATA").decode(), rf"(?s)\nVersion: {backend.version()}\n.*\n\n# agentiv")

    def test_a_wheel_is_the_same_bytes_each_time(self):
        first, second = self.folder / "1", self.folder / "2"
        for folder in (first, second):
            folder.mkdir()
            backend.build_wheel(folder)
        name = next(first.iterdir()).name
        self.assertEqual((first / name).read_bytes(), (second / name).read_bytes())

    def test_a_source_archive_builds_the_same_wheel(self):
        with tarfile.open(self.folder / backend.build_sdist(self.folder)) as archive:
            archive.extractall(self.folder)
        base = self.folder / f"agentiv-{backend.version()}"
        self.assertTrue((base / "PKG-INFO").is_file() and (base / "tests/support.py").is_file())
        (self.folder / "theirs").mkdir()
        sdks.run(sys.executable, "-c", f"import backend; backend.build_wheel({str(self.folder / 'theirs')!r})",
                 cwd=base / "packaging")
        name = backend.build_wheel(self.folder)
        self.assertEqual((self.folder / "theirs" / name).read_bytes(), (self.folder / name).read_bytes())

    def test_it_installs_without_network_also_to_be_edited(self):
        (self.folder / "one").mkdir()
        python = sdks.python_with_sdk(TOP, self.folder / "one/venv")
        tell = "import agentiv; print(agentiv.__version__, agentiv.__file__)"
        version, file = sdks.run(python, "-I", "-c", tell).split()
        self.assertEqual(version, backend.version())
        self.assertTrue(Path(file).is_relative_to(self.folder))
        sdks.run(self.folder / "one/venv/bin/pip", "install", "--no-index", "--quiet", "--disable-pip-version-check", "-e",
                 PACKAGE, cwd="/")
        self.assertEqual(Path(sdks.run(python, "-I", "-c", tell).split()[1]), PACKAGE / "agentiv/__init__.py")


class Types(InFolder):
    def mypy(self, *words):
        done = subprocess.run(["mypy", "--strict", "--cache-dir", self.folder / "cache", "--show-error-codes",
                               "--hide-error-context", "--no-error-summary", *words], cwd=PACKAGE, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, check=False)
        return done.stdout.splitlines()

    def test_the_package_is_typed_strictly(self):
        self.assertEqual(self.mypy("agentiv"), [])

    def test_a_program_is_understood_and_its_errors_are_found(self):
        sample = Path(__file__).with_name("typed_sample.py")
        expected = {(number, code) for number, line in enumerate(sample.read_text(encoding="utf-8").splitlines(), 1)
                    for code in re.findall(r"# error: (\S+)", line)}
        told = [line for line in self.mypy(sample) if ": error:" in line]
        found = {(int(line.split(":")[1]), re.search(r"\[([\w-]+)\]$", line)[1]) for line in told}
        self.assertEqual(found, expected, "\n".join(told))


if __name__ == "__main__":
    unittest.main()
