"""The daemons, as whoever starts them sees them."""
import os
import subprocess
import threading
import unittest
from pathlib import Path

from ctl import Ctl, new_folder


class Daemons(Ctl):
    def first_line_with(self, word, program, env):
        """Of what the program logs, which ends with that."""
        words = [Path(self.program).parent / program, "-c", self.config]
        with subprocess.Popen(words, env={**os.environ, **env}, stderr=subprocess.PIPE, text=True) as daemon:
            patience = threading.Timer(30, daemon.kill)
            patience.start()
            line = next((line for line in daemon.stderr if word in line), "")
            patience.cancel()
            daemon.kill()
        return line

    def test_each_logs_with_what_it_started(self):
        for program, setting, expected in (("agentiv-worker", "AGENTIV_WORKER_THREADS", r"threads=3 agents=\d+"),
                                           ("agentiv-scheduler", "AGENTIV_WORKER_THREADS", r"agents=\d+"),
                                           ("agentiv-webhookd", "AGENTIV_WEBHOOKS_INFLIGHT", "inflight=3")):
            line = self.first_line_with("started", program,
                                        {setting: "3", "AGENTIV_PATHS_RUN_DIR": str(new_folder())})
            self.assertRegex(line, rf'level=info prog={program} msg="started" {expected}\n\Z')

    def test_certificates_that_are_not_there_are_a_matter_of_configuration(self):
        for words in (["agentiv-webhookd"], ["agentivctl", "tick"]):
            with self.subTest(words):
                done = subprocess.run([Path(self.program).parent / words[0], *words[1:], "-c", self.config], timeout=30,
                                      env={**os.environ, "AGENTIV_OUTBOUND_CA_FILE": "/nonexistent/ca.pem"},
                                      capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 3, done.stderr)
                self.assertIn("The file of outbound.ca_file cannot be read: /nonexistent/ca.pem", done.stderr)


if __name__ == "__main__":
    unittest.main()
