"""Two processes of a program on one host: what one cannot take, or will not be there for, it has the other look for."""
import os
import socket
import subprocess
import sys
import unittest
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/lib"))

from deliveries import Deliveries                 # noqa: E402
from receiver import Answer, Receiver             # noqa: E402
from stack import Stack, wait_until               # noqa: E402

TMP = Path(os.environ["AGENTIV_TEST_TMP"])
SETTINGS = {"outbound.allow_networks": "127.0.0.0/8,::1/128", "webhooks.inflight": 8}
LOOK = b"l"


class Neighbour:
    """The doorbell of another process of the program."""

    def __init__(self, stack, program):
        run_dir = subprocess.run(["bash", "-c", '. "$1/deploy/lib/stack.sh"; stack_run_dir "$2"', "-", TOP, stack.state],
                                 check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        self.path = Path(run_dir) / f"{program}.1.ffffffff.sock"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.path.chmod(0o777)
        self.socket.setblocking(False)

    def close(self):
        self.socket.close()
        self.path.unlink(missing_ok=True)

    def heard(self):
        """What it was told since it was last asked."""
        messages = []
        try:
            while True:
                messages.append(self.socket.recv(64))
        except BlockingIOError:
            return messages


class NeighbourTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack(TMP / cls.__name__, SETTINGS)
        cls.addClassCleanup(cls.stack.down)
        cls.stack.init()
        cls.deliveries = Deliveries(cls.stack)

    def setUp(self):
        self.deliveries.empty()

    def beside(self, name, program):
        """A process of the program is started beside the test's own."""
        neighbour = Neighbour(self.stack, program)
        self.addCleanup(neighbour.close)
        self.stack.start(name)
        self.addCleanup(self.stack.stop, name)
        return neighbour

    def test_a_worker_that_ends_has_the_other_look(self):
        other = self.beside("worker", "agentiv-worker")
        other.heard()
        self.stack.stop("worker")
        self.assertIn(LOOK, other.heard())

    def test_a_sender_that_ends_has_the_other_look(self):
        other = self.beside("sender", "agentiv-webhookd")
        other.heard()
        self.stack.stop("sender")
        self.assertIn(LOOK, other.heard())

    def test_a_tick_that_delivered_has_the_sender_look(self):
        other = Neighbour(self.stack, "agentiv-webhookd")
        self.addCleanup(other.close)
        self.stack.ctl("tick")
        self.assertEqual(other.heard(), [])
        with Receiver() as receiver:
            self.deliveries.ended_run(receiver.url())
            self.assertEqual(self.stack.ctl("tick")["delivered"], 1)
        self.assertEqual(other.heard(), [LOOK])

    def test_a_sender_with_its_hands_full_has_the_other_look(self):
        other = self.beside("sender", "agentiv-webhookd")
        with Receiver() as slow:
            slow.script("/hook", Answer(kind="hang"))
            self.deliveries.ended_runs([slow.url()] * 40)
            wait_until(lambda: LOOK in other.heard(), 15, "the other is told to look")


if __name__ == "__main__":
    unittest.main()
