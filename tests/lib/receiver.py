"""A receiver of webhooks on 127.0.0.1 that answers as it is told and remembers what it got.

    with Receiver() as receiver:
        receiver.script("/hook", Answer(500), Answer(200))     # in this order, the last one for ever
        ... receiver.url("/hook") ...
        first, second = receiver.wait_for(2)

Run as a program it prints what it gets: receiver.py [PORT]."""
import base64
import hashlib
import hmac
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Mapping, NamedTuple


class Answer(NamedTuple):
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = {}
    delay: float = 0.0      # seconds before it
    kind: str = "answer"    # or: hang (never), endless (a body without end), half (headers only), close


class Request(NamedTuple):
    at: float               # time.monotonic()
    path: str
    headers: Mapping[str, str]   # names in lower case
    body: bytes


class Receiver:
    def __init__(self, port=0, on_request=None):
        self._lock = threading.Condition()
        self._scripts, self._requests = {}, []
        self._stopping = threading.Event()
        self._on_request = on_request
        self.open_now = self.most_open = self.connections = 0
        self._server = Server(("127.0.0.1", port), Handler)
        self._server.receiver = self
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exc):
        self.stop()

    def stop(self):
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, path="/hook", host="127.0.0.1"):
        return f"http://{host}:{self.port}{path}"

    def script(self, path, *answers):
        with self._lock:
            self._scripts[path] = list(answers)

    def requests(self, path=None):
        with self._lock:
            return [r for r in self._requests if path in (None, r.path)]

    def wait_for(self, count, path=None, timeout=15):
        """The requests to the path, when there are at least so many; AssertionError after the timeout."""
        until = time.monotonic() + timeout
        with self._lock:
            while True:
                found = [r for r in self._requests if path in (None, r.path)]
                left = until - time.monotonic()
                if len(found) >= count:
                    return found
                if left <= 0:
                    raise AssertionError(f"{len(found)} of {count} webhooks came to {path or 'any path'}")
                self._lock.wait(left)

    def _answer_to(self, request):
        with self._lock:
            script = self._scripts.get(request.path) or [Answer()]
            answer = script.pop(0) if len(script) > 1 else script[0]
            self._requests.append(request)
            self._lock.notify_all()
        if self._on_request:
            self._on_request(request)
        return answer

    def _count(self, change):
        with self._lock:
            self.open_now += change
            self.connections += change > 0
            self.most_open = max(self.most_open, self.open_now)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle(self):
        self.server.receiver._count(+1)
        try:
            super().handle()
        finally:
            self.server.receiver._count(-1)

    def do_POST(self):
        receiver = self.server.receiver
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = receiver._answer_to(Request(time.monotonic(), self.path, headers, body))
        if receiver._stopping.wait(answer.delay):
            self.close_connection = True
            return
        getattr(self, f"say_{answer.kind}")(answer)

    def say_answer(self, answer):
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def say_half(self, answer):
        self.send_response(answer.status)
        self.send_header("Content-Length", "10")
        self.end_headers()
        self.wait_for_the_end()

    def say_endless(self, answer):
        self.send_response(answer.status)
        self.end_headers()
        self.close_connection = True
        while not self.server.receiver._stopping.is_set():
            self.wfile.write(b"and so on " * 100)

    def say_hang(self, answer):
        self.wait_for_the_end()

    def say_close(self, answer):
        self.close_connection = True

    def wait_for_the_end(self):
        self.close_connection = True
        self.connection.settimeout(0.1)
        while not self.server.receiver._stopping.is_set():
            try:
                if not self.connection.recv(1):
                    return
            except socket.timeout:
                pass
            except OSError:
                return

    def log_message(self, *args):
        pass


def seed_signature(secret, body):
    """X-Agentiv-Signature: the whole secret, whsec_ included, over the raw body."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def standard_signature(secret, request):
    """webhook-signature of Standard Webhooks: the decoded key over id.timestamp.body."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    text = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.body
    return "v1," + base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()


def main():
    def show(request):
        print(request.path)
        for name, value in request.headers.items():
            print(f"  {name}: {value}")
        print(request.body.decode(errors="replace"), flush=True)

    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    with Receiver(port, show) as receiver:
        print(f"listening at {receiver.url()}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
