"""A receiver of webhooks for the tests: an HTTP server on 127.0.0.1 that remembers what came, and can be slow or
refuse."""
import json
import socketserver
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler
from typing import NamedTuple


class Delivery(NamedTuple):
    path: str
    headers: dict
    raw: bytes
    body: dict


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 512

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):       # a sender that was killed
            super().handle_error(request, client_address)


class Receiver:
    """answer(delivery) returns the status to send; None closes the connection without one."""

    def __init__(self, answer=lambda delivery: 200):
        self.answer = answer
        self.deliveries = []
        self.arrived = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                delivery = Delivery(self.path, dict(self.headers), raw, json.loads(raw))
                with receiver.arrived:
                    receiver.deliveries.append(delivery)
                    receiver.arrived.notify_all()
                status = receiver.answer(delivery)
                if status is None:
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def by_execution(self):
        """Bodies by execution id, in order of arrival."""
        found = {}
        with self.arrived:
            for delivery in self.deliveries:
                found.setdefault(delivery.body["execution_id"], []).append(delivery.body)
        return found

    def wait_for(self, count, seconds):
        """Until that many deliveries have come; false past the time."""
        end = time.monotonic() + seconds
        with self.arrived:
            while len(self.deliveries) < count:
                if not self.arrived.wait(end - time.monotonic()):
                    return False
        return True
