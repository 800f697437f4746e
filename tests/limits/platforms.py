"""A platform with several ways in at once: what these tests share."""
import os
import signal
import socket
import subprocess
import sys
import threading
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

from doors import Cgi, Direct, Web      # noqa: E402
from stack import Stack, wait_until     # noqa: E402

SETTINGS = {"worker.lease_s": 3, "worker.threads": 16, "worker.retry_base_ms": 50, "worker.retry_max_ms": 200,
            "outbound.allow_networks": "127.0.0.0/8"}


def program(name):
    """An installed one."""
    folder = Path(os.environ["STACK_BIN"])
    return next(p for p in (folder / name, folder / "../libexec" / name) if p.exists())


class Responder:
    """One beside the stack's own, on a socket of its own; run_dir: of another host than the stack's."""

    def __init__(self, stack, name, run_dir=None):
        self.stack, self.name = stack, name
        self.run_dir = Path(run_dir or stack.run_dir())
        self.socket = self.run_dir / f"{name}.sock"
        self.process = None
        self.start()

    def start(self):
        environment = {**os.environ, "AGENTIV_HTTP_LISTEN": str(self.socket), "AGENTIV_PATHS_RUN_DIR": str(self.run_dir)}
        with open(self.stack.state / f"log/{self.name}.log", "ab") as log:
            self.process = subprocess.Popen([program("agentiv.fcgi"), "-c", self.stack.config], env=environment,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(self.answers, 20, f"{self.name} listens")

    def answers(self):
        with socket.socket(socket.AF_UNIX) as s:
            try:
                s.connect(str(self.socket))
            except OSError:
                return False
        return True

    def kill(self):
        self.process.kill()
        self.process.wait(20)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)

    def door(self):
        return Direct(self.socket)


class LimitsTest(unittest.TestCase):
    """Each test has a stack of its own, with a second responder on the same files."""

    settings = {}

    def setUp(self):
        self.stack = Stack(Path(os.environ["AGENTIV_TEST_TMP"], self.id().rpartition(".")[2][:40]),
                           {**SETTINGS, **self.settings}, "nginx")
        self.addCleanup(self.stack.down)
        self.stack.init(["examples/agents/probe.json"])
        self.stack.up()
        self.second = self.responder("second")

    def responder(self, name, run_dir=None):
        responder = Responder(self.stack, name, run_dir)
        self.addCleanup(responder.stop)
        return responder

    def web(self):
        return Web(self.stack.url)

    def cgi(self):
        return Cgi(program("agentiv.fcgi"), self.stack.config)

    def account(self, email, **limits):
        """The key of one with limits of its own."""
        key = self.stack.account(email)
        self.stack.ctl("plan", "set", "--user", email, "--plan", "enterprise",
                       *(word for name, n in limits.items() for word in (f"--{name.replace('_', '-')}", n)))
        return key


def in_threads(functions):
    """Calls all at once and returns their results in order. Raises the first error."""
    results, errors = [None] * len(functions), []

    def one(i):
        try:
            results[i] = functions[i]()
        except BaseException as e:       # noqa: B902: it is raised again below
            errors.append(e)
    threads = [threading.Thread(target=one, args=(i,)) for i in range(len(functions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results
