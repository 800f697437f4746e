"""Ways into a platform: its web server, a responder's own socket, and the responder as plain CGI.

Each has request(method, path, key, body, headers), which returns an Answer, and close(). One belongs to one thread."""
import http.client
import json
import os
import socket
import struct
import subprocess
from typing import NamedTuple
from urllib.parse import urlsplit

BEGIN, END, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6     # types of FastCGI records


class Answer(NamedTuple):
    status: int
    headers: dict          # by their names in lower case
    text: bytes

    @property
    def body(self):
        return json.loads(self.text)

    @property
    def reset(self):
        """The end of the database's minute that the request was counted in."""
        return int(self.headers["x-ratelimit-reset"])


def all_headers(key, body, headers):
    headers = dict(headers or {})
    if key:
        headers["Authorization"] = f"Bearer {key}"
    if body is not None:
        headers.setdefault("Content-Type", "application/json")
    return headers


def encoded(body):
    return body if body is None or isinstance(body, bytes) else json.dumps(body).encode()


class Web:
    """A kept connection to the web server."""

    def __init__(self, url, timeout_s=70):
        self.address = urlsplit(url)
        self.timeout_s = timeout_s
        self.connection = None

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def request(self, method, path, key=None, body=None, headers=None):
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=self.timeout_s)
        try:
            self.connection.request(method, self.address.path + path, encoded(body), all_headers(key, body, headers))
            response = self.connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, text)


def variables(method, path, key, body, headers):
    """Of the CGI (RFC 3875)."""
    made = {"GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1", "REQUEST_METHOD": method, "REQUEST_URI": path,
            "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost", "CONTENT_LENGTH": str(len(body or b""))}
    for name, value in all_headers(key, body, headers).items():
        name = name.upper().replace("-", "_")
        made[name if name == "CONTENT_TYPE" else f"HTTP_{name}"] = value
    return made


def raw(text):
    """Characters up to 255 are the bytes that they name, as in HTTP; others are UTF-8."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode()


def parsed(output):
    """A CGI's answer."""
    head, _, text = output.partition(b"\r\n\r\n")
    lines = [line.partition(": ") for line in head.decode().split("\r\n")]
    headers = {name.lower(): value for name, _, value in lines}
    return Answer(int(headers.pop("status", "200").split()[0]), headers, text)


class Direct:
    """A kept FastCGI connection to a responder's socket."""

    def __init__(self, path, timeout_s=70):
        self.path = str(path)
        self.timeout_s = timeout_s
        self.socket = None

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket = None

    def request(self, method, path, key=None, body=None, headers=None):
        """Raises OSError when the connection ends before the answer."""
        body = encoded(body)
        return self.send(variables(method, path, key, body, headers), body or b"")

    def send(self, params, body):
        try:
            if self.socket is None:
                self.socket = socket.socket(socket.AF_UNIX)
                self.socket.settimeout(self.timeout_s)
                self.socket.connect(self.path)
            self.socket.sendall(request_records(params, body))
            return parsed(self.read_output())
        except OSError:
            self.close()
            raise

    def read_exactly(self, n):
        got = b""
        while len(got) < n:
            piece = self.socket.recv(n - len(got))
            if not piece:
                raise ConnectionResetError("the responder ended the connection")
            got += piece
        return got

    def read_output(self):
        output = b""
        while True:
            _, kind, _, length, padding, _ = struct.unpack(">BBHHBB", self.read_exactly(8))
            content = self.read_exactly(length + padding)[:length]
            if kind == STDOUT:
                output += content
            elif kind == END:
                return output


def record(kind, content):
    return struct.pack(">BBHHBB", 1, kind, 1, len(content), 0, 0) + content


def request_records(params, body):
    def size(n):
        return bytes([n]) if n < 128 else struct.pack(">I", n | 1 << 31)
    pairs = b"".join(size(len(k)) + size(len(v)) + k + v
                     for k, v in ((raw(k), raw(v)) for k, v in params.items()))
    pieces = [body[i:i + 60000] for i in range(0, len(body), 60000)]
    return (record(BEGIN, struct.pack(">HB5x", 1, 1)) + record(PARAMS, pairs) + record(PARAMS, b"") +
            b"".join(record(STDIN, piece) for piece in pieces) + record(STDIN, b""))


class Cgi:
    """The responder as a process for each request."""

    def __init__(self, program, config):
        self.program, self.config = str(program), str(config)

    def close(self):
        pass

    def request(self, method, path, key=None, body=None, headers=None):
        body = encoded(body)
        return self.send(variables(method, path, key, body, headers), body or b"")

    def send(self, params, body):
        environment = {"PATH": os.environ["PATH"], "AGENTIV_CONFIG": self.config,
                       **{k: v for k, v in os.environ.items() if k.startswith(("AGENTIV_MANIFEST", "ASAN_", "UBSAN_"))}}
        environment = {**{k.encode(): os.fsencode(v) for k, v in environment.items()}, **{raw(k): raw(v) for k, v in params.items()}}
        done = subprocess.run([self.program], env=environment, input=body, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, timeout=70, check=True)
        return parsed(done.stdout)
