"""A proxy that adds a key to every request, for clients that cannot send one. Streams pass as they come."""
import http.client
import socketserver
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlsplit

HOP = {"connection", "content-length", "transfer-encoding", "authorization"}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def forward(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        upstream = http.client.HTTPConnection(self.server.upstream, timeout=60)
        upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in HOP:
                upstream.putheader(name, value)
        upstream.putheader("Authorization", f"Bearer {self.server.key}")
        upstream.putheader("Content-Length", str(len(body)))
        upstream.endheaders(body)
        answer = upstream.getresponse()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP:
                self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        self.pass_on(answer)
        upstream.close()

    def pass_on(self, answer):
        try:
            while piece := answer.read1(65536):
                self.wfile.write(piece)
                self.wfile.flush()
        except OSError:
            pass                      # the client has what it wants and went

    do_GET = do_POST = do_DELETE = forward

    def log_message(self, *_):
        pass


class KeyProxy(socketserver.ThreadingMixIn, HTTPServer):
    daemon_threads = True

    def __init__(self, url, key):
        super().__init__(("127.0.0.1", 0), Handler)
        self.upstream, self.key = urlsplit(url).netloc, key
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()
