"""The OpenAPI document of the installed program, and the tools from npm that are given it."""
import functools
import json
import os
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
# no tool asks anybody: a request that leaves this host would end at a closed port
ENVIRONMENT = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1",
               "HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"}


@functools.cache
def text(agents=None):
    """agents: a folder with manifests that are there instead of the installed ones."""
    folder = Path(os.environ["STACK_BIN"])
    program = next(p for p in (folder / "agentiv.fcgi", folder / "../libexec/agentiv.fcgi") if p.exists())
    environment = {k: v for k, v in os.environ.items() if k != "GATEWAY_INTERFACE"}
    if agents:
        environment["AGENTIV_MANIFEST_DIR"] = str(agents)
    return subprocess.run([program, "--openapi"], env=environment, stdout=subprocess.PIPE, text=True, timeout=30,
                          check=True).stdout


def document(agents=None):
    """A copy of one's own."""
    return json.loads(text(agents))


def operations(of):
    """(METHOD path, operation) of each."""
    return [(f"{method.upper()} {path}", operation) for path, item in of["paths"].items() for method, operation in item.items()]


def resolved(of, thing):
    if "$ref" not in thing:
        return thing
    for part in thing["$ref"].removeprefix("#/").split("/"):
        of = of[part]
    return of


def folder():
    return Path(tempfile.mkdtemp(prefix="openapi-", dir=os.environ["AGENTIV_TEST_TMP"]))


def saved(of):
    file = folder() / "openapi.json"
    file.write_text(json.dumps(of), encoding="utf-8")
    return file


def node(program, *words, limit_s=120):
    """Runs a program of the npm packages; (status, standard output, standard error)."""
    done = subprocess.run(["node", Path(os.environ["AGENTIV_NPM"], program), *words], env={**os.environ, **ENVIRONMENT},
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=limit_s, check=False)
    return done.returncode, done.stdout, done.stderr


def redocly(of):
    """What Redocly finds, as (rule, place, message)."""
    _, out, err = node("@redocly/cli/bin/cli.js", "lint", "--config", str(HERE / "redocly.yaml"), "--format", "json",
                       "--max-problems", "1000", str(saved(of)))
    if not out.startswith("{"):
        raise AssertionError(f"Redocly gave no answer: {out}{err}")
    return [(p["ruleId"], p["location"][0].get("pointer"), p["message"]) for p in json.loads(out)["problems"]]


def spectral(of):
    """What Spectral finds, likewise."""
    _, out, err = node("@stoplight/spectral-cli/dist/index.js", "lint", "--ruleset", str(HERE / "spectral.yaml"), "--format",
                       "json", "--quiet", str(saved(of)))
    if not out.startswith("["):
        raise AssertionError(f"Spectral gave no answer: {out}{err}")
    return [(p["code"], ".".join(map(str, p["path"])), p["message"]) for p in json.loads(out)]
