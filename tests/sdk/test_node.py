"""The Node SDK: its own tests on several releases of Node, its package, and its types in each way to resolve them."""
import json
import re
import shutil
import tarfile
import tempfile
import unittest
from pathlib import Path

from node_package import SDK, TOP, compile_types, install, modules, nodes, pack, run, typed

HERE = Path(__file__).resolve().parent


class Units(unittest.TestCase):
    """sdk/node/test, with scripted servers."""

    def check(self, name):
        files = sorted([*SDK.glob("test/*.test.js"), *SDK.glob("test/*.test.mjs")])
        told = run(nodes()[name], "--test", "--test-reporter=tap", *files, cwd=SDK)
        self.assertGreater(int(re.search(r"^# pass (\d+)$", told, re.M)[1]), 300)

    def test_they_pass_on_the_oldest_node(self):
        self.check("18")

    def test_they_pass_on_the_systems_node(self):
        self.check("system")

    def test_they_pass_on_a_new_node(self):
        self.check("24")


class InFolder(unittest.TestCase):
    def setUp(self):
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        self.folder = Path(made.name)


class Package(InFolder):
    about = json.loads((SDK / "package.json").read_text(encoding="utf-8"))

    def test_its_version_is_the_projects(self):
        project = re.search(r"AC_INIT\(\[agentiv\], \[([^]]+)\]", (TOP / "configure.ac").read_text(encoding="utf-8"))
        self.assertEqual(self.about["version"], project[1])

    def test_it_needs_nothing_and_runs_nothing_when_it_is_installed(self):
        self.assertEqual({name for name in self.about if name.lower().endswith("dependencies")}, set())
        self.assertEqual(set(self.about["scripts"]), {"test"})

    def test_it_holds_what_its_users_need_and_nothing_else(self):
        with tarfile.open(pack(self.folder)) as tarball:
            names = {name.removeprefix("package/") for name in tarball.getnames()}
        beside = {"package.json", "README.md", "LICENSE", "index.js", "index.mjs", "index.d.ts", "index.d.mts"}
        self.assertEqual(names, beside | {f"lib/{file.name}" for file in SDK.glob("lib/*")})

    def test_its_license_is_the_projects(self):
        self.assertEqual((SDK / "LICENSE").read_bytes(), (TOP / "LICENSE").read_bytes())

    def test_it_installs_without_network_and_is_one_class_for_require_and_import(self):
        project = install(self.folder)
        program = project / "both.mjs"
        program.write_text("import { createRequire } from 'node:module';\n"
                           "import Agentiv, { NotFoundError, webhooks } from 'agentiv-sdk';\n"
                           "const required = createRequire(import.meta.url)('agentiv-sdk');\n"
                           "console.log(required === Agentiv, required.NotFoundError === NotFoundError,"
                           " webhooks.verify === new Agentiv({ apiKey: 'x' }).webhooks.verify);\n", encoding="utf-8")
        for name, node in nodes().items():
            with self.subTest(node=name):
                self.assertEqual(run(node, program, cwd=project), "true true true\n")

    def test_others_sign_what_it_accepts(self):
        """The packages standardwebhooks and svix."""
        project = install(self.folder)
        shutil.copy(HERE / "signed.js", project)
        told = run(nodes()["system"], "signed.js", cwd=project, NODE_PATH=str(modules()))
        self.assertEqual(json.loads(told), {"standardwebhooks": True, "svix": True})


class Types(InFolder):
    """uses.ts has right uses, and wrong ones that the compiler must refuse."""

    def setUp(self):
        super().setUp()
        self.project = typed(install(self.folder))
        for name in ("uses.ts", "uses.mts", "uses.cts"):
            shutil.copy(HERE / "uses.ts", self.project / name)
        shutil.copy(HERE / "required.cts", self.project)

    def test_they_are_right_for_node(self):
        compile_types(self.project, ["uses.ts", "uses.mts", "uses.cts", "required.cts"], "node16", "node16")

    def test_they_are_right_for_the_latest_node(self):
        compile_types(self.project, ["uses.ts", "uses.mts", "uses.cts", "required.cts"], "nodenext", "nodenext")

    def test_they_are_right_for_bundlers(self):
        compile_types(self.project, ["uses.ts", "uses.mts"], "esnext", "bundler")

    def test_they_are_right_for_compilers_that_know_no_exports(self):
        compile_types(self.project, ["uses.ts", "required.cts"], "commonjs", "node10")

    def test_they_are_right_without_interoperation_of_modules(self):
        compile_types(self.project, ["uses.ts", "required.cts"], "commonjs", "node10", "--esModuleInterop", "false")

    def test_the_examples_of_the_readme_have_right_types(self):
        readme = (SDK / "README.md").read_text(encoding="utf-8")
        for number, code in enumerate(re.findall(r"```js\n(.*?)```", readme, re.S)):
            (self.project / f"example{number}.mts").write_text(self.module(code), encoding="utf-8")
        files = sorted(file.name for file in self.project.glob("example*.mts"))
        self.assertGreater(len(files), 10)
        compile_types(self.project, files, "node16", "node16")

    def module(self, code):
        """An example as a module of TypeScript."""
        own = "" if "const client =" in code else "const client = new Agentiv();"
        code = re.sub(r"const (\w+|\{[^}]+\}) = require\('agentiv-sdk'\);", self.imported, code)
        code = re.sub(r"require\(('node:\w+')\)", r"await import(\1)", code)
        return ("import Agentiv from 'agentiv-sdk';\n"
                "declare global { namespace NodeJS { interface ProcessEnv { AGENTIV_WEBHOOK_SECRET: string } } }\n"
                f"export async function example() {{\n{own}\n{code}\n}}\n")

    @staticmethod
    def imported(require):
        """The class is imported already; its members are taken of it."""
        return "" if require[1] == "Agentiv" else f"const {require[1]} = Agentiv;"


if __name__ == "__main__":
    unittest.main()
