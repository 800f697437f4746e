"""What the tests of callers share: a running platform, an account on it, and calls of agentivctl as that account."""
import functools
import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.path[:0] = [str(HERE.parent / "lib"), str(HERE.parent / "api")]

from client import SCOPES, Account, Platform            # noqa: E402,F401
from running import running_or                           # noqa: E402
from stack import open_folder, wait_until                # noqa: E402,F401

# proxies of the environment are not for these tests' servers
CLEAN = {name: value for name, value in os.environ.items()
         if not name.startswith("AGENTIV_") and not name.lower().endswith("_proxy")}


@functools.cache
def platform():
    return running_or(Platform)


@functools.cache
def account():
    """The one that all tests share which count nothing of it."""
    return Account(platform())


def program():
    return os.environ.get("AGENTIVCTL") or str(Path(os.environ["STACK_BIN"]) / "agentivctl")


def folder():
    return Path(tempfile.mkdtemp(dir=open_folder("callers")))


class Caller:
    """agentivctl with a URL and a key in its environment."""

    def __init__(self, url, key="agv_live_test", **env):
        self.env = {**CLEAN, **env}
        self.env.update({name: value for name, value in (("AGENTIV_BASE_URL", url), ("AGENTIV_API_KEY", key)) if value})

    def call(self, *words, stdin="", timeout_s=60, cwd=None):
        """Exit status, stdout and stderr."""
        done = subprocess.run([program(), *map(str, words)], env=self.env, input=stdin, capture_output=True, text=True,
                              timeout=timeout_s, cwd=cwd, check=False)
        return done.returncode, done.stdout, done.stderr

    def start(self, *words, **more):
        return subprocess.Popen([program(), *map(str, words)], env=self.env, text=True, stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)


class CallerCase(unittest.TestCase):
    maxDiff = None

    def done(self, caller, *words, **how):
        """The JSON of a command that must succeed."""
        status, out, err = caller.call(*words, "--json", **how)
        self.assertEqual((status, err), (0, ""), (words, out))
        return json.loads(out)

    def refused(self, status, code, caller, *words, **how):
        """The error of a command that must fail in this way, with nothing on stdout."""
        got, out, err = caller.call(*words, "--json", **how)
        self.assertEqual((got, out), (status, ""), (words, err))
        error = json.loads(err)["error"]
        self.assertEqual(error["code"], code, error)
        return error

    def end(self, child):
        """Ends what was started, at the latest with the test."""
        if child.poll() is None:
            child.send_signal(signal.SIGKILL)
        child.wait()
        for pipe in (child.stdin, child.stdout, child.stderr):
            try:
                pipe.close()
            except OSError:
                pass                # what was still to be written


class PlatformCase(CallerCase):
    @classmethod
    def setUpClass(cls):
        cls.platform, cls.account = platform(), account()
        cls.caller = Caller(cls.platform.url, cls.account.key)
