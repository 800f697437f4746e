"""Connections: kept, found closed, ended by time or by the caller, through proxies, with TLS."""
import asyncio
import gc
import math
import os
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest
import warnings
from pathlib import Path
from unittest import mock

import agentiv
from agentiv import _core, _pool

from .support import (PATIENCE_S, RESULT, STREAM, Blocking, Case, Server, answer, both, event, events, http, ok, raw, reset,
                      silence, then_silence, twice)

LIVE = ok({"status": "live"})
COOKIE = ok(None, "Set-Cookie: agentiv_session=tok; Path=/")


class Kept(Case):
    @both
    def test_a_connection_serves_one_request_after_the_other(self, make):
        with make([LIVE] * 3) as t:
            for _ in range(3):
                t.call("health.live")
            self.assertEqual([r.connection for r in t.requests], [1, 1, 1])

    @both
    def test_one_that_the_server_ends_is_not_kept(self, make):
        closing = answer(200, {"success": True, "data": {"status": "live"}}, keep=False)
        with make([closing, LIVE]) as t:
            t.call("health.live")
            self.assertIsNone(t.client._core.pool.take())
            t.call("health.live")
            self.assertEqual([r.connection for r in t.requests], [1, 2])

    @both
    def test_what_must_not_be_repeated_goes_over_a_new_one(self, make):
        with make([LIVE, COOKIE]) as t:
            t.call("health.live")
            t.call("me.set_password", current_password="a", new_password="b")
            self.assertEqual([r.connection for r in t.requests], [1, 2])

    @both
    def test_one_that_was_closed_meanwhile_is_no_failure(self, make):
        def answer_then_close(sock):
            LIVE(sock)      # which says that it is kept
            return False
        with make([answer_then_close, LIVE], max_retries=0) as t:
            t.call("health.live")
            t.server.threads[-1].join(PATIENCE_S)
            t.call("health.live")
            self.assertEqual([r.connection for r in t.requests], [1, 2])

    @both
    def test_one_that_breaks_when_it_is_used_again_is_no_failure_and_nothing_is_done_twice(self, make):
        with make([LIVE, reset, ok(RESULT)], max_retries=0) as t:
            t.call("health.live")
            t.call("agents.run", "probe")
            self.assertEqual([r.connection for r in t.requests], [1, 1, 2])
            self.assertEqual(len({r.headers.get("Idempotency-Key") for r in t.requests[1:]}), 1)

    @both
    def test_one_on_which_more_came_than_was_asked_for_is_not_used_again(self, make):
        with make([twice(LIVE), LIVE]) as t:
            t.call("health.live")
            t.call("health.live")
            self.assertEqual([r.connection for r in t.requests], [1, 2])

    @both
    def test_one_that_the_server_gave_up_with_a_word_is_not_used_again(self, make):
        rested = threading.Event()

        def give_up(sock):
            LIVE(sock)
            rested.wait(PATIENCE_S)
            http(408, "late")(sock)
            return False
        with make([give_up, LIVE], max_retries=0) as t:
            t.call("health.live")
            rested.set()
            t.server.threads[-1].join(PATIENCE_S)
            t.hear()
            t.call("health.live")
            self.assertEqual([r.connection for r in t.requests], [1, 2])

    @both
    def test_one_that_has_rested_for_long_is_not_used_again(self, make):
        with make([LIVE] * 2) as t:
            t.call("health.live")
            t.now += _pool.IDLE_S + 1
            t.call("health.live")
            self.assertEqual([r.connection for r in t.requests], [1, 2])

    @both
    def test_a_child_process_has_connections_of_its_own(self, make):
        with make([LIVE] * 2) as t, warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)      # of the one that is the parent's
            t.call("health.live")
            with mock.patch("os.getpid", return_value=os.getpid() + 1):
                t.call("health.live")
            gc.collect()
            self.assertEqual([r.connection for r in t.requests], [1, 2])

    def test_threads_share_a_client(self):
        with Server([LIVE] * 80) as server, agentiv.Agentiv("k", base_url=server.url, proxy="") as client:
            failed = []

            def work():
                try:
                    for _ in range(10):
                        client.health.live()
                except agentiv.AgentivError as error:
                    failed.append(error)
            threads = [threading.Thread(target=work) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(PATIENCE_S)
            self.assertEqual((failed, len(server.requests)), ([], 80))
            self.assertLessEqual(len(server.connections), 8)

    def test_a_client_for_asyncio_outlives_its_event_loop(self):
        with Server([LIVE] * 2) as server, warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)      # of the connection that the first loop left open
            client = agentiv.AsyncAgentiv("k", base_url=server.url, proxy="")

            async def once():
                return await client.health.live()
            self.assertEqual([asyncio.run(once()).status for _ in range(2)], ["live", "live"])
            del client
            gc.collect()

    @both
    def test_a_refusal_before_all_of_the_request_was_sent_is_heard(self, make):
        refusal = b"HTTP/1.1 413 X\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        with make([then_silence(refusal)]) as t, mock.patch.object(Server, "read", lambda *_: "no more than the head"):
            self.fails(agentiv.PayloadTooLargeError, t, "agents.run", "probe", input={"a": "x" * 4_000_000})

    def test_a_refusal_that_came_before_the_connection_broke_is_heard(self):
        refusal = b"HTTP/1.1 413 X\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        with Blocking([raw(refusal)], max_retries=0) as t, mock.patch.object(Server, "read", lambda *_: "the head"):
            self.fails(agentiv.PayloadTooLargeError, t, "agents.run", "probe", input={"a": "x" * 40_000_000})


class Times(Case):
    """In real time, which is short."""

    def tried(self, make, answers, **options):
        t = make(answers, max_retries=0, **options)
        del t.client._core.io.monotonic
        return t

    @both
    def test_a_server_that_does_not_answer_is_left(self, make):
        with self.tried(make, [silence], read_timeout=0.1) as t:
            self.fails(agentiv.AgentivTimeoutError, t, "health.live")

    @both
    def test_without_bounds_it_waits_as_long_as_it_takes(self, make):
        forever = {name: math.inf for name in ("timeout", "connect_timeout", "read_timeout", "wait_timeout")}
        with make([LIVE, ok(RESULT)], **forever) as t:
            self.assertEqual(t.call("health.live").status, "live")
            self.assertEqual(t.call("agents.run", "probe").status, "success")

    @both
    def test_the_timeout_of_the_call_bounds_each_part_of_it(self, make):
        with self.tried(make, [silence], timeout=0.1) as t:
            self.fails(agentiv.AgentivTimeoutError, t, "health.live")

    @both
    def test_an_answer_that_stops_is_left(self, make):
        with self.tried(make, [then_silence(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")], read_timeout=0.1) as t:
            self.fails(agentiv.AgentivTimeoutError, t, "health.live")

    @both
    def test_an_answer_that_trickles_ends_with_the_timeout(self, make):
        gone = threading.Event()

        def trickle(sock):
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n")
            while not gone.wait(0.01):
                sock.sendall(b" ")
            return False
        with self.tried(make, [trickle], timeout=0.2) as t:
            self.fails(agentiv.AgentivTimeoutError, t, "health.live")
            gone.set()

    @both
    def test_a_server_that_is_not_there_is_a_connection_error(self, make):
        with make([]) as t:
            t.server.close()
            error = self.fails(agentiv.AgentivConnectionError, t, "health.live")
            self.assertFalse(error.sent)

    def test_a_task_that_is_cancelled_closes_its_connection(self):
        heard, gone = threading.Event(), threading.Event()

        def until_closed(sock):
            heard.set()
            silence(sock)
            gone.set()
            return False

        async def cancel(client):
            task = asyncio.ensure_future(client.agents.run("probe"))
            await asyncio.get_running_loop().run_in_executor(None, heard.wait, PATIENCE_S)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
        with Server([until_closed]) as server:
            asyncio.run(cancel(agentiv.AsyncAgentiv("k", base_url=server.url, proxy="")))
            self.assertTrue(gone.wait(PATIENCE_S))

    def test_a_stream_that_is_left_closes_its_connection(self):
        gone = threading.Event()

        def steps(sock):
            sock.sendall(STREAM + event("step", 1, step=1))
            silence(sock)
            gone.set()
            return False
        with Server([steps]) as server, agentiv.Agentiv("k", base_url=server.url, proxy="") as client:
            with client.executions.events("exec_1") as stream:
                self.assertEqual(next(stream).data.step, 1)
            self.assertTrue(gone.wait(PATIENCE_S))
            self.assertEqual(list(stream), [])


class Certificates:
    """A certificate for 127.0.0.1 that only `trusting` trusts."""

    def __init__(self, folder):
        key, certificate = Path(folder, "key.pem"), Path(folder, "certificate.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
                        "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.load_cert_chain(certificate, key)
        self.trusting = ssl.create_default_context(cafile=certificate)

    def wrap(self, sock):
        return self.server.wrap_socket(sock, server_side=True)


def tunnel(target):
    """What a proxy answers CONNECT with: 200, and whatever it passes on."""
    def give(sock):
        there = socket.create_connection(target)
        sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")

        def pass_on(one, other):
            try:
                for piece in iter(lambda: one.recv(65536), b""):
                    other.sendall(piece)
            except OSError:
                pass
            for each in (one, other):
                try:
                    each.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        back = threading.Thread(target=pass_on, args=(there, sock), daemon=True)
        back.start()
        pass_on(sock, there)
        back.join(PATIENCE_S)
        there.close()
        return False
    return give


class Tls(Case):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.certificates = Certificates(folder.name)

    def server(self, *answers):
        return Server(answers, self.certificates.wrap)

    def tried(self, make, server, **options):
        return make([], server=server, base_url=f"https://127.0.0.1:{server.port}", **options)

    @both
    def test_a_certificate_that_nobody_vouches_for_is_refused_at_once(self, make):
        with self.tried(make, self.server(LIVE)) as t:
            error = self.fails(agentiv.AgentivConnectionError, t, "health.live")
            self.assertIn("certificate verify failed", str(error))
            self.assertEqual((len(t.server.connections), t.pauses), (1, []))

    @both
    def test_one_that_is_trusted_is_spoken_to_and_kept(self, make):
        with self.tried(make, self.server(LIVE, LIVE), ssl_context=self.certificates.trusting) as t:
            t.call("health.live")
            t.call("health.live")
            self.assertEqual([r.connection for r in t.requests], [1, 1])

    @both
    def test_tls_goes_through_a_proxy_in_a_tunnel(self, make):
        server = self.server(LIVE)
        with Server([tunnel(("127.0.0.1", server.port))]) as proxy:
            with self.tried(make, server, ssl_context=self.certificates.trusting,
                            proxy=f"http://me:p%40ss@127.0.0.1:{proxy.port}") as t:
                self.assertEqual(t.call("health.live").status, "live")
            asked = proxy.requests[0]
            self.assertEqual((asked.method, asked.target), ("CONNECT", f"127.0.0.1:{server.port}"))
            self.assertEqual(asked.headers["Proxy-Authorization"], "Basic bWU6cEBzcw==")
            self.assertNotIn("Authorization", asked.headers)

    @both
    def test_a_proxy_that_refuses_is_a_connection_error(self, make):
        with Server([raw(b"HTTP/1.1 407 X\r\nContent-Length: 0\r\n\r\n")] * 3) as proxy:
            with self.tried(make, self.server(), proxy=proxy.url) as t:
                self.assertIn("407", str(self.fails(agentiv.AgentivConnectionError, t, "health.live")))

    @both
    def test_without_tls_a_proxy_is_asked_for_the_whole_url(self, make):
        server = Server([LIVE])
        with mock.patch.dict(os.environ, {"http_proxy": server.url}, clear=True):
            t = make([], server=server, base_url="http://agentiv.example/base/", proxy=None)
        with t:
            t.call("health.live")
            self.assertEqual(t.asked(), ["GET http://agentiv.example/base/health/live"])
            self.assertEqual(t.requests[0].headers["Host"], "agentiv.example")

    def test_no_proxy_is_heeded(self):
        with mock.patch.dict(os.environ, {"http_proxy": "http://127.0.0.1:9", "no_proxy": "127.0.0.1"}, clear=True):
            self.assertIsNone(agentiv.Agentiv("k", base_url="http://127.0.0.1:8080")._core.route.proxy)
            self.assertIsNotNone(agentiv.Agentiv("k", base_url="http://127.0.0.2:8080")._core.route.proxy)


class Large(Case):
    @both
    def test_an_answer_that_is_too_large_is_not_read_to_its_end(self, make):
        with make([ok({"status": "x" * 200_000})], max_retries=0) as t, mock.patch.object(_core, "BODY_MAX", 100_000):
            self.assertIn("too large", str(self.fails(agentiv.ResponseError, t, "health.live")))

    @both
    def test_a_stream_of_many_events_is_read_whole(self, make):
        steps = [event("step", n, step=n, detail="ü" * 300) for n in range(1, 2001)]
        with make([events(*steps, event("end", 2000, id="exec_1"))]) as t:
            self.assertEqual(len(t.call("executions.events", "exec_1")), 2001)


if __name__ == "__main__":
    unittest.main()
