"""The SDKs as their users have them: installed from a checkout, without network; and the programs of the first page."""
import os
import subprocess
import sys
from pathlib import Path

SEED = Path(__file__).resolve().parents[1] / "sdk/seed"
LIMIT_S = 120


def run(*words, cwd=None, **env):
    """What a program prints; AssertionError with all of it when it fails."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AGENTIV_")}
    done = subprocess.run([str(word) for word in words], cwd=cwd, timeout=LIMIT_S, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False, env={**clean, "PYTHONDONTWRITEBYTECODE": "1", **env})
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))} failed with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def python_with_sdk(checkout, folder, python=sys.executable):
    """The interpreter of a fresh environment that has the package."""
    run(python, "-m", "venv", folder)
    run(folder / "bin/pip", "install", "--no-index", "--quiet", "--disable-pip-version-check", checkout / "sdk/python", cwd="/")
    return folder / "bin/python"


def folder_with_node_sdk(checkout, folder):
    """A project that has the package."""
    folder.mkdir(parents=True)
    run("npm", "install", "--offline", "--no-audit", "--no-fund", "--prefix", folder, checkout / "sdk/node", cwd=folder)
    return folder


def run_python_seed(python, folder, **env):
    """The snippet as it stands, behind the import that it leaves out."""
    program = folder / "quickstart.py"
    program.write_text("import os\n" + (SEED / "quickstart.py").read_text(encoding="utf-8"), encoding="utf-8")
    return run(python, program, cwd=folder, **env)


def run_node_seed(folder, **env):
    """The snippet as it stands, in a function, as `await` needs it beside `require`."""
    program = folder / "quickstart.js"
    text = (SEED / "quickstart.js").read_text(encoding="utf-8")
    program.write_text(f"(async () => {{\n{text}}})();\n", encoding="utf-8")
    return run("node", program, cwd=folder, **env)
