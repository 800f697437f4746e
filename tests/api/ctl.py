"""agentivctl for tests: calls of it, and a case with what its answers must have.

Runs against a migrated database: the one of AGENTIV_CONFIG, with the program AGENTIVCTL; where they are not given, a
private one is started with the programs in STACK_BIN, once for all of these tests. No worker runs on it.
"""
import atexit
import configparser
import functools
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import NamedTuple

TOP = Path(__file__).resolve().parents[2]
SCOPES = "agents:read,agents:run,schedules:write,connections:read,webhooks:write"

numbers = itertools.count(int.from_bytes(os.urandom(4), "big") << 16)


class Installation(NamedTuple):
    program: str
    config: str
    temporary: Path          # everybody may enter it


@functools.cache
def installation():
    temporary = Path(tempfile.mkdtemp(prefix="ctl-", dir=os.environ.get("AGENTIV_TEST_TMP")))
    temporary.chmod(0o755)
    atexit.register(shutil.rmtree, temporary, ignore_errors=True)
    program, config = os.environ.get("AGENTIVCTL"), os.environ.get("AGENTIV_CONFIG")
    if not program or not config:
        state, stack = temporary / "state", TOP / "deploy/lib/stack.sh"
        atexit.register(subprocess.run, [stack, "down", state], check=True, timeout=60)
        subprocess.run([stack, "init", state], check=True, timeout=120)
        program, config = os.path.join(os.environ["STACK_BIN"], "agentivctl"), str(state / "agentiv.conf")
    return Installation(program, config, temporary)


def new_folder():
    return Path(tempfile.mkdtemp(dir=installation().temporary))


def call(*words, env=None, conf=True, cwd=None):
    """Exit status, stdout and stderr."""
    environment = {**os.environ, "AGENTIV_CONFIG": installation().config if conf else "", **(env or {})}
    done = subprocess.run([installation().program, *map(str, words)], env=environment, cwd=cwd, capture_output=True,
                          text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def some_email():
    return f"user{next(numbers)}@example.org"


def query(sql, config=None):
    """One value of the database, as text: that of these tests, or another configuration's."""
    ini = configparser.ConfigParser(interpolation=None)
    ini.read(config or installation().config)
    db = ini["database"]
    words = ["mariadb", "--no-defaults", "-N", "-B", "-S", db["hosts"].removeprefix("socket:"),
             "-u", db.get("user", "agentiv"), db.get("name", "agentiv"), "-e", sql]
    environment = dict(os.environ)
    if db.get("password_file"):
        environment["MYSQL_PWD"] = Path(db["password_file"]).read_text().strip()
    return subprocess.run(words, env=environment, check=True, capture_output=True, text=True, timeout=30).stdout.strip()


class Ctl(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.program, cls.config, cls.temporary = installation()

    def done(self, *words, **how):
        """The JSON of a command that must succeed."""
        status, out, err = call(*words, "--json", **how)
        self.assertEqual((status, err), (0, ""), (words, out))
        return json.loads(out)

    def refused(self, status, code, *words, **how):
        """The message of a command that must fail in this way, with nothing on stdout."""
        got, out, err = call(*words, "--json", **how)
        self.assertEqual((got, out), (status, ""), (words, err))
        error = json.loads(err)
        self.assertEqual(list(error), ["error"])
        self.assertEqual(error["error"]["code"], code)
        self.assertTrue(error["error"]["message"])
        return error["error"]["message"]

    def user(self, plan="pro"):
        return self.done("user", "create", "--email", some_email(), "--name", "Test", "--plan", plan)

    def key(self, user, **how):
        return self.done("key", "create", "--user", user["id"], "--name", "k", "--scopes", SCOPES, **how)
