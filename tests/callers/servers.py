"""A server whose answers a test writes, and one that stands before the real one and does wrong as it is told."""
import http.client
import json
import socket
import ssl
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import urlsplit


class Request(NamedTuple):
    method: str
    path: str
    headers: dict            # names in lower case
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


def success(data, status=200):
    return Say(status, {"success": True, "data": data})


def failure(code, status, message="No", **more):
    return Say(status, {"success": False, "error": {"code": code, "message": message, **more}})


class Say:
    """One answer. body: bytes as they are, all else as JSON."""

    def __init__(self, status, body, headers=None, kind="application/json"):
        self.status, self.headers = status, {"Content-Type": kind, **(headers or {})}
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()

    def __call__(self, handler, request):
        handler.send_response(self.status)
        for name, value in {**self.headers, "Content-Length": len(self.body)}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(self.body)


class Stream:
    """Server-sent events, (event, data) each; then the connection ends, unless it is to stay open."""

    def __init__(self, *events, stays=False):
        self.events, self.stays = events, stays

    def __call__(self, handler, request):
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        handler.close_connection = True
        for number, (event, data) in enumerate(self.events, 1):
            data = data if isinstance(data, str) else json.dumps(data)
            handler.wfile.write(f"id: {number}\nevent: {event}\ndata: {data}\n\n".encode())
            handler.wfile.flush()
        if self.stays:
            silence(handler, request)


def reset(handler, request):
    """The connection ends by RST, without an answer."""
    handler.close_connection = True
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def silence(handler, request):
    """Nothing, until the client goes; then the server is told."""
    handler.close_connection = True
    while True:
        try:
            if not handler.connection.recv(1):
                break
        except socket.timeout:
            if handler.server.owner.stopping.is_set():
                return
        except OSError:
            break
    handler.server.owner.note_left(request)


def truncated(handler, request):
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"success": true, "data": {"exec')
    handler.close_connection = True


class Scripted:
    """with Scripted(answer, answer, …) as server: the last one for ever. An answer is called with handler and request.
    tls: files of a certificate and its key."""

    def __init__(self, *answers, tls=None):
        self.answers = list(answers)
        self.requests, self.left, self.changed, self.stopping = [], [], threading.Condition(), threading.Event()
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.owner = self
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.server.server_address[1]}"
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exc):
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def next_answer(self, request):
        with self.changed:
            self.requests.append(request)
            self.changed.notify_all()
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def note_left(self, request):
        with self.changed:
            self.left.append(request)
            self.changed.notify_all()

    def wait_for(self, condition, seconds=15):
        with self.changed:
            assert self.changed.wait_for(condition, seconds), f"within {seconds} s; requests: {self.requests}"


class Faulty(Scripted):
    """Before a platform: a fault for each request, None for none; the last one for ever. after(fault): the request
    reaches the platform, and its answer is lost."""

    def __init__(self, url, *faults):
        super().__init__(*(fault or forward for fault in faults))
        self.behind = urlsplit(url)


def forward(handler, request):
    status, headers, body = exchange(handler.server.owner.behind, request)
    handler.send_response(status)
    for name in ("Content-Type", "Retry-After", "Idempotent-Replayed"):
        if name in headers:
            handler.send_header(name, headers[name])
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def after(fault):
    def do(handler, request):
        exchange(handler.server.owner.behind, request)
        fault(handler, request)
    return do


def exchange(behind, request):
    connection = http.client.HTTPConnection(behind.hostname, behind.port, timeout=60)
    headers = {name: value for name, value in request.headers.items() if name not in ("host", "connection")}
    try:
        connection.request(request.method, behind.path + request.path, request.body or None, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request, client_address):
        pass                        # clients and faults end connections as they like


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 0.2

    def parse_request(self):
        self.connection.settimeout(30)
        return super().parse_request()

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request = Request(self.command, self.path, {n.lower(): v for n, v in self.headers.items()}, body)
        self.connection.settimeout(0.2)
        self.server.owner.next_answer(request)(self, request)
        self.connection.settimeout(30)

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, *args):
        pass
