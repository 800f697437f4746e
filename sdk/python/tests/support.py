"""A server of the test's own that answers by a script, and the two clients as one thing to call."""
import asyncio
import functools
import json
import socket
import struct
import threading
import unittest
from typing import NamedTuple

import agentiv

PATIENCE_S = 20      # until a test that hangs has failed


class Asked(NamedTuple):
    method: str
    target: str
    headers: dict
    body: bytes
    connection: int      # which one it came over, from 1

    @property
    def json(self):
        return json.loads(self.body)


# ---- answers: functions of a socket; true when the connection is to be kept ----

def raw(data, keep=False):
    def give(sock):
        sock.sendall(data)
        return keep
    return give


def http(status, body, *headers, keep=True):
    body = body if isinstance(body, bytes) else body.encode()
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers, *([] if keep else ["Connection: close"])]
    return raw("\r\n".join([*lines, "", ""]).encode() + body, keep)


def answer(status, document, *headers, **more):
    return http(status, json.dumps(document), "Content-Type: application/json", "X-Request-Id: req_1", *headers, **more)


def ok(data, *headers, status=200, **beside):
    return answer(status, {"success": True, "data": data, **beside}, *headers)


def refusal(status, code, *headers, **members):
    return answer(status, {"success": False, "error": {"code": code, "message": f"It is {code}", **members}}, *headers)


def twice(give):
    """What nobody asked for a second time, at once."""
    def do(sock):
        sent = bytearray()
        give(type("Held", (), {"sendall": staticmethod(sent.extend)}))
        sock.sendall(bytes(sent * 2))
        return True
    return do


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def silence(sock):
    """Until the client has gone."""
    while sock.recv(4096):
        pass
    return False


def then_silence(data):
    def give(sock):
        sock.sendall(data)
        return silence(sock)
    return give


STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: steps\n\n"


def event(name, number, /, **data):
    return f"id: {number}\nevent: {name}\ndata: {json.dumps(data)}\n\n".encode()


def events(*pieces):
    return raw(STREAM + b"".join(pieces))


EXECUTION = {"id": "exec_1", "agent_slug": "probe", "status": "success", "summary": "Done", "output": {"n": 1},
             "tokens_used": 3, "duration_ms": 5, "error": None}
RESULT = {"execution_id": "exec_1", "status": "success", "summary": "Done", "output": {"n": 1}, "tokens_used": 3,
          "duration_ms": 5}
ACCEPTED = {"execution_id": "exec_1", "agent_slug": "probe", "status": "queued", "estimated_duration_ms": 1,
            "created_at": "2026-01-15T06:00:00Z"}


class Server:
    """Gives one answer to each request, in order; what it has no answer for it resets."""

    def __init__(self, answers, wrap=lambda sock: sock):
        self.answers, self.wrap = list(answers), wrap
        self.requests = []
        self.connections = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.accept, daemon=True)]
        self.threads[0].start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            sock.settimeout(PATIENCE_S)
            self.connections.append(sock)
            thread = threading.Thread(target=self.serve, args=(sock, len(self.connections)), daemon=True)
            self.threads.append(thread)
            thread.start()

    def serve(self, sock, number):
        try:
            sock = self.wrap(sock)
            with sock.makefile("rb") as lines:
                while True:
                    asked = self.read(lines, number)
                    if asked is None:
                        break
                    with self.lock:
                        self.requests.append(asked)
                        give = self.answers.pop(0) if self.answers else reset
                    if not give(sock):
                        break
        except OSError:
            pass
        finally:
            sock.close()

    @staticmethod
    def read(lines, number):
        first = lines.readline().decode().split()
        if not first:
            return None
        headers = {}
        for line in iter(lines.readline, b"\r\n"):
            name, _, value = line.decode().strip().partition(": ")
            headers[name] = value
        return Asked(first[0], first[1], headers, lines.read(int(headers.get("Content-Length", 0))), number)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.listener.fileno() < 0:
            return
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for sock in self.connections:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        for thread in self.threads:
            thread.join(PATIENCE_S)


# ---- the clients ----

class Tried:
    """A client whose pauses take no time: its clock is a number that they move."""

    def __init__(self, answers, *, server=None, chance=0.0, **options):
        self.server = server or Server(answers)
        self.client = self.make(**{"api_key": "agv_live_k", "base_url": self.server.url, "proxy": "", **options})
        self.pauses = []
        self.now = 1000.0
        io = self.client._core.io
        io.sleep, io.monotonic, io.random = self.sleep, lambda: self.now, lambda: chance
        io.time = lambda: 1_800_000_000.0

    async def sleep(self, seconds):
        self.pauses.append(seconds)
        self.now += seconds

    @property
    def requests(self):
        return self.server.requests

    def asked(self):
        return [f"{r.method} {r.target}" for r in self.requests]

    def method(self, call):
        return functools.reduce(getattr, call.split("."), self.client)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
        self.server.close()


class Blocking(Tried):
    make = agentiv.Agentiv

    def call(self, call, *args, **named):
        result = self.method(call)(*args, **named)
        return list(result) if hasattr(result, "__iter__") and not isinstance(result, (dict, list)) else result

    def pages(self, call, *args, **named):
        return list(self.method(call)(*args, **named).pages())

    def hear(self):
        """What has come to the connections meanwhile is known."""

    def close(self):
        self.client.close()


class Asyncio(Tried):
    make = agentiv.AsyncAgentiv

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.loop = asyncio.new_event_loop()

    def call(self, call, *args, **named):
        result = self.method(call)(*args, **named)
        return self.loop.run_until_complete(self.all(result) if hasattr(result, "__aiter__") else result)

    def pages(self, call, *args, **named):
        return self.loop.run_until_complete(self.all(self.method(call)(*args, **named).pages()))

    def hear(self):
        for _ in range(3):      # the loop looks at its sockets each time
            self.loop.run_until_complete(asyncio.sleep(0))

    @staticmethod
    async def all(entries):
        return [entry async for entry in entries]

    def close(self):
        self.loop.run_until_complete(self.client.close())
        self.loop.close()


def both(test):
    """A test of either client: it is given what makes one, with the answers of its server."""
    @functools.wraps(test)
    def run(self):
        for make in (Blocking, Asyncio):
            with self.subTest(client=make.__name__):
                test(self, make)
    return run


class Case(unittest.TestCase):
    def fails(self, error, tried, call, *args, **named):
        """The error with which the call ends, which must be of exactly this class."""
        with self.assertRaises(error) as caught:
            tried.call(call, *args, **named)
        self.assertIs(type(caught.exception), error)
        return caught.exception
