"""Deliveries over TLS, to receivers with HTTP/2 and without."""
import json
import subprocess
import threading
import unittest
from pathlib import Path

from test_sender import SETTINGS, TMP, SenderCase

from certificates import certificate
from deliveries import DELIVERED
from stack import wait_until

HERE = Path(__file__).resolve().parent


class TlsReceiver:
    def __init__(self, key, certificate, version):
        self.requests = []
        self.process = subprocess.Popen(["node", HERE / "tls_receiver.js", key, certificate, version],
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def read(self):
        for line in self.process.stdout:
            self.requests.append(json.loads(line))

    def url(self, path):
        return f"https://127.0.0.1:{self.port}{path}"

    def close(self):
        self.process.kill()
        self.process.wait(10)
        self.thread.join(10)
        self.process.stdout.close()


class OverTls(SenderCase):
    # nothing that is waited for here takes as long as what hangs may
    settings = {**SETTINGS, "outbound.ca_file": str(TMP / "authority.pem"), "webhooks.timeout_s": 30, "webhooks.lease_s": 60}

    @classmethod
    def setUpClass(cls):
        certificate(TMP, "authority")
        certificate(TMP, "receiver", issuer="authority", host="IP:127.0.0.1")
        certificate(TMP, "unknown")
        certificate(TMP, "stranger", issuer="unknown", host="IP:127.0.0.1")
        (TMP / "authority.pem").chmod(0o644)
        super().setUpClass()

    def receiver_with(self, version, name="receiver"):
        receiver = TlsReceiver(TMP / f"{name}.key", TMP / f"{name}.pem", version)
        self.addCleanup(receiver.close)
        return receiver

    def deliver_all(self, urls):
        """What became of each."""
        return [self.over(delivery).state for delivery in self.deliveries.ended_runs(urls)]

    def test_a_receiver_with_http2_gets_all_over_one_connection(self):
        receiver = self.receiver_with("h2")
        self.assertEqual(self.deliver_all([receiver.url("/hook")] * 40), [DELIVERED] * 40)
        self.assertEqual({r["version"] for r in receiver.requests}, {"2.0"})
        self.assertEqual({r["connection"] for r in receiver.requests}, {1})

    def test_who_comes_while_the_first_connection_is_being_made_waits_for_it(self):
        receiver = self.receiver_with("h2")
        # written otherwise each is a receiver of its own to the sender, which tries all of them at once
        schemes = ["https"[:n] + "https"[n:].upper() for n in range(6)]
        self.assertEqual(self.deliver_all([receiver.url("/hook").replace("https", scheme) for scheme in schemes]), [DELIVERED] * 6)
        self.assertEqual({r["connection"] for r in receiver.requests}, {1})

    def test_a_receiver_without_http2_is_delivered_to_as_well(self):
        receiver = self.receiver_with("http1")
        self.assertEqual(self.deliver_all([receiver.url("/hook")] * 40), [DELIVERED] * 40)
        self.assertEqual({r["version"] for r in receiver.requests}, {"1.1"})

    def test_a_stream_that_hangs_holds_up_no_other(self):
        receiver = self.receiver_with("h2")
        # a receiver that is known to be quick gets many at once
        self.deliver_all([receiver.url("/hook")] * 40)
        hangs = self.deliveries.ended_run(receiver.url("/hang"))
        wait_until(lambda: any(r["path"] == "/hang" for r in receiver.requests), 15, "one hangs")
        self.assertEqual(self.deliver_all([receiver.url("/hook")] * 40), [DELIVERED] * 40)
        self.assertIsNone(self.deliveries.state(hangs))
        self.assertEqual({r["connection"] for r in receiver.requests}, {1})

    def test_a_certificate_of_another_name_is_refused(self):
        receiver = self.receiver_with("h2")
        delivery = self.deliveries.ended_run(receiver.url("/hook").replace("127.0.0.1", "localhost"))
        self.assertNotEqual(self.over(delivery).state, DELIVERED)
        self.assertEqual(receiver.requests, [])

    def test_a_certificate_of_an_unknown_authority_is_refused(self):
        receiver = self.receiver_with("h2", "stranger")
        delivery = self.deliveries.ended_run(receiver.url("/hook"))
        self.assertNotEqual(self.over(delivery).state, DELIVERED)
        self.assertEqual(receiver.requests, [])


if __name__ == "__main__":
    unittest.main()
