#!/usr/bin/env python3
"""A receiver of Agentiv's webhooks for Python 3.8 or later, with the standard library only.

    AGENTIV_WEBHOOK_SECRET=whsec_… PORT=3000 python3 receiver.py"""
import base64
import hashlib
import hmac
import json
import os
import queue
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = os.environ.get("AGENTIV_WEBHOOK_SECRET", "")
BODY_MAX = 8 << 20      # bytes; the output of a run may have 4 MiB
TOLERANCE_S = 5 * 60    # how far the clocks of the sender and of this machine may be apart
SEEN_MAX = 10000
NEEDED = "X-Agentiv-Signature", "webhook-id", "webhook-timestamp", "webhook-signature"


def same(given, right):
    """Whether they are the same, in a time that does not tell where they differ."""
    return hmac.compare_digest(given.encode(), right.encode())


def verify_agentiv(headers, raw_body):
    """X-Agentiv-Signature is keyed by the whole secret, over the body as it came: parsed and written again, it is another.

    For 24 hours after a rotation, X-Agentiv-Signature-Previous is that of the secret before, so that a receiver
    which still has that one accepts as well. It is good until then to put the new one into AGENTIV_WEBHOOK_SECRET."""
    right = "sha256=" + hmac.new(SECRET.encode(), raw_body, hashlib.sha256).hexdigest()
    given = headers["X-Agentiv-Signature"], headers.get("X-Agentiv-Signature-Previous", "")
    return any(same(one, right) for one in given)


def verify_standard(headers, raw_body):
    """Standard Webhooks, which the packages standardwebhooks and svix do for you: keyed by the decoded rest of the secret,
    over id and time too, so that nobody can send again what was overheard. After a rotation it lists two signatures."""
    key = base64.b64decode(SECRET[len("whsec_"):])
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + raw_body
    right = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(same(one, right) for one in headers["webhook-signature"].split(" "))


def is_recent(timestamp):
    return timestamp.isdecimal() and abs(time.time() - int(timestamp)) <= TOLERANCE_S


def refusal(headers, raw_body):
    """Why it is refused, as status and reason; None when it is good. One of the two signatures would do, the second
    better."""
    for name in NEEDED:
        if not headers.get(name):
            return 400, f"The header {name} is missing"
    if not is_recent(headers["webhook-timestamp"]):
        return 400, "The timestamp is too far from now"
    if not verify_agentiv(headers, raw_body) or not verify_standard(headers, raw_body):
        return 401, "The signature is wrong"
    return None


# An event comes at least once, and each time with the same webhook-id. Here the ids are forgotten when the process
# ends. To lose and repeat nothing, INSERT id and body into a table whose key is the id, before the answer (a duplicate
# key is a repeat), and let a worker go on from there: what was answered with 2xx is not sent again.
seen = {}
seen_lock = threading.Lock()


def is_new(event_id):
    with seen_lock:
        if event_id in seen:
            return False
        seen[event_id] = True
        if len(seen) > SEEN_MAX:
            del seen[next(iter(seen))]
        return True


def work(event_id, event):
    """What your application does with an event."""
    print(event_id, event["event"], event.get("execution_id") or "", flush=True)


events = queue.SimpleQueue()


def work_on_all():
    while True:
        event_id, raw_body = events.get()
        try:
            work(event_id, json.loads(raw_body))
        except Exception as e:    # pylint: disable=broad-except
            print(f"{event_id} failed: {e!r}", file=sys.stderr)


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 15

    def answer(self, status, text=""):
        self.send_response(status)
        if text:
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_POST(self):
        # the sender always tells how long the body is
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > BODY_MAX:
            self.close_connection = True
            return self.answer(413, "The body is too large")
        raw_body = self.rfile.read(int(length))
        refused = refusal(self.headers, raw_body)
        if refused:
            return self.answer(*refused)
        self.answer(204)    # at once: what takes longer than 15 s is sent again
        if is_new(self.headers["webhook-id"]):
            events.put((self.headers["webhook-id"], raw_body))

    def log_message(self, *args):
        pass


if __name__ == "__main__":
    if not SECRET.startswith("whsec_"):
        sys.exit("AGENTIV_WEBHOOK_SECRET must be the secret of the endpoint, whsec_ included")
    threading.Thread(target=work_on_all, daemon=True).start()
    ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "3000"))), Receiver).serve_forever()
