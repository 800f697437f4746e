"""A server between an SDK and the real one, which harms the first requests that it is told to.

A fault is a function of an Exchange: it may pass the request on or not, answer it or not, and tells whether the client's
connection is kept. What is not harmed is passed on as it is."""
import contextlib
import http.client
import itertools
import json
import socket
import struct
import threading
from typing import NamedTuple
from urllib.parse import urlsplit

PATIENCE_S = 60
FRAMING = {"transfer-encoding", "content-length", "connection", "keep-alive", "date", "server"}


class Request(NamedTuple):
    method: str
    target: str
    headers: dict      # names in small letters
    body: bytes
    connection: int    # of the client, from 1


class Answer(NamedTuple):
    status: int
    headers: list
    body: bytes


class Exchange:
    def __init__(self, upstream, client, request):
        self.client, self.request = client, request
        self.server = http.client.HTTPConnection(upstream.hostname, upstream.port, timeout=PATIENCE_S)

    def passed_on(self):
        """A response of the server, not read yet."""
        headers = {name: value for name, value in self.request.headers.items() if name not in FRAMING}
        self.server.request(self.request.method, self.request.target, self.request.body or None, headers)
        return self.server.getresponse()

    def answer(self):
        """What the server says to it, which has done it then."""
        response = self.passed_on()
        body = response.read()
        return Answer(response.status, [(n, v) for n, v in response.getheaders() if n.lower() not in FRAMING], body)

    def head(self, answer, length=None):
        lines = [f"HTTP/1.1 {answer.status} Answer", *(f"{name}: {value}" for name, value in answer.headers)]
        if answer.status != 204:
            lines.append(f"Content-Length: {len(answer.body) if length is None else length}")
        return "\r\n".join([*lines, "", ""]).encode()

    def give(self, answer):
        self.client.sendall(self.head(answer) + answer.body)
        return True

    def tell(self, status, body, *headers, kind="application/json"):
        """An answer of the fault's own."""
        body = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        return self.give(Answer(status, [("Content-Type", kind), *headers], body))

    def reset(self):
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    def hold(self):
        """Until the client has gone."""
        try:
            while self.client.recv(65536):
                pass
        except ConnectionError:
            pass
        return False


# ---- faults ----

def reset_before(x):
    """The connection breaks before the server knows of the request."""
    return x.reset()


def reset_after(x):
    """The connection breaks when the server has done it, before it can say so."""
    x.answer()
    return x.reset()


def slow_head(x):
    x.answer()
    return x.hold()


def slow_body(x):
    answer = x.answer()
    x.client.sendall(x.head(answer) + answer.body[:-1])
    return x.hold()


def truncated(x):
    answer = x.answer()
    x.client.sendall(x.head(answer) + answer.body[:len(answer.body) // 2])
    return False


def wrong_json(x):
    answer = x.answer()
    return x.give(answer._replace(body=answer.body[:-1] + b",}"))


def other_json(x):
    x.answer()
    return x.tell(200, {"ok": True})


def page(x):
    """What a hotel's network says to everything."""
    x.answer()
    return x.tell(200, "<html>Welcome</html>", kind="text/html")


def closed_between(x):
    """The connection seems to be kept and is not there when it is used again."""
    x.give(x.answer())
    return False


def _refusal(status, code, *headers):
    return lambda x: x.tell(status, {"success": False, "error": {"code": code, "message": f"{code} by the fault"}}, *headers)


limited = _refusal(429, "RATE_LIMITED", ("Retry-After", "1"), ("X-Request-Id", "req_limited"))
limited_for_long = _refusal(429, "RATE_LIMITED", ("Retry-After", "3600"))
internal = _refusal(500, "INTERNAL")
unavailable = _refusal(503, "UNAVAILABLE", ("Retry-After", "0"))


def bad_gateway(x):
    """As a web server says it whose responder has gone meanwhile."""
    x.answer()
    return x.tell(502, "<html>Bad gateway</html>", kind="text/html")


def cut(x):
    """An event stream that breaks behind its first step."""
    response, seen = x.passed_on(), b""
    while seen.count(b"\n\n") < 2:
        seen += response.read1(65536)
    end = seen.index(b"\n\n", seen.index(b"\n\n") + 2) + 2
    x.client.sendall(_stream_head(response) + seen[:end])
    response.close()
    return False


def _stream_head(response):
    return f"HTTP/1.1 200 OK\r\nContent-Type: {response.headers['Content-Type']}\r\nConnection: close\r\n\r\n".encode()


def passing(x):
    """No fault."""
    response = x.passed_on()
    if response.headers.get("Content-Type", "").startswith("text/event-stream"):
        x.client.sendall(_stream_head(response))
        for piece in iter(lambda: response.read1(65536), b""):
            x.client.sendall(piece)
        return False
    headers = [(name, value) for name, value in response.getheaders() if name.lower() not in FRAMING]
    return x.give(Answer(response.status, headers, response.read()))


# ---- the server ----

class Faulty:
    """Harms the first `times` requests for which `which` holds by the fault; remembers all."""

    def __init__(self, upstream, fault=passing, times=0, which=lambda request: True):
        self.upstream, self.fault, self.left, self.which = urlsplit(upstream), fault, times, which
        self.requests, self.failed, self.sockets, self.threads = [], [], [], []
        self.numbers, self.lock = itertools.count(1), threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}{self.upstream.path}"
        self.start(self.accept)

    def start(self, function, *args):
        thread = threading.Thread(target=function, args=args, daemon=True)
        self.threads.append(thread)
        thread.start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            client.settimeout(PATIENCE_S)
            self.sockets.append(client)
            self.start(self.serve, client, next(self.numbers))

    def serve(self, client, number):
        try:
            with client.makefile("rb") as lines:
                while True:
                    request = self.read(lines, number)
                    if not request or not self.exchange(client, request):
                        return
        except (ConnectionError, TimeoutError):
            pass                # the client has gone
        except Exception as error:    # pylint: disable=broad-except
            self.failed.append(error)
        finally:
            client.close()

    def exchange(self, client, request):
        exchange = Exchange(self.upstream, client, request)
        with contextlib.closing(exchange.server):
            return self.chosen(request)(exchange)

    def chosen(self, request):
        with self.lock:
            self.requests.append(request)
            if self.left > 0 and self.which(request):
                self.left -= 1
                return self.fault
        return passing

    @staticmethod
    def read(lines, number):
        first = lines.readline().decode("ascii").split()
        if not first:
            return None
        headers = {}
        for line in iter(lines.readline, b"\r\n"):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        if headers.get("transfer-encoding") == "chunked":
            raise ValueError("a request in chunks")
        return Request(first[0], first[1], headers, lines.read(int(headers.get("content-length", 0))), number)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for client in self.sockets:
            try:
                client.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        for thread in self.threads:
            thread.join(PATIENCE_S)
        if self.failed:
            raise self.failed[0]
