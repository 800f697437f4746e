"""Prism between a test's client and a platform, so that every answer is judged by the platform's own OpenAPI document.

Where AGENTIV_PRISM names a file, client.py asks `judge()` for the way of each request. Two processes stand beside a
platform: `prism proxy --errors`, through which the request goes, and which puts an error in the place of an answer that
the document does not have; and `prism mock --errors`, which is shown each request that the platform has accepted, and
refuses those that the document does not allow. When the tests are over the file has the counts.

What goes around Prism is one of AROUND, each with its reason; a test that must says which."""
import atexit
import functools
import http.client
import json
import os
import re
import socket
import subprocess
import threading
from collections import Counter
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

from stack import wait_until

PROGRAM = "@stoplight/prism-cli/dist/index.js"
START_S = 60
AROUND = {
    "undescribed": "the document has no such path or method: Prism answers those itself (HEAD and OPTIONS are answered on every"
                   " path, and are not described)",
    "spelling": "a proxy parses paths and queries and writes them anew: an odd spelling would not arrive as it is",
    "body": "Prism parses JSON and writes it anew: what is no JSON, or more than its values, would not arrive as it is; and it"
            " forwards no body with GET",
    "headers": "headers that are the connection's own, or that no library sends",
    "connection": "the client goes while its answer is made: Prism reads it to the end",
    "server": "the web server may answer by itself, as when the responder is being stopped: the document does not describe that",
    "numbers": "Prism is written in JavaScript, where integers beyond 2^53 are others",
}
OWN_HEADERS = {"connection", "content-length", "expect", "host", "keep-alive", "prefer", "te", "trailer", "transfer-encoding",
               "upgrade"}
PLAIN_PATH = re.compile(r"/[A-Za-z0-9._~/-]*")
MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(; *[\w-]+=[\w-]+)*")
LARGEST = 2 ** 53 - 1


class Violation(AssertionError):
    """The platform and its document do not agree."""


# ---- what a proxy carries as it is ----

def same_target(target):
    path, _, query = target.partition("?")
    if not PLAIN_PATH.fullmatch(path) or "//" in path or "/." in path or path.endswith("/") or "#" in target:
        return False
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        return False
    names = [name for name, _ in pairs]
    written = {urlencode(pairs), "&".join(f"{name}={value}" for name, value in pairs)}
    return ("?" not in target or query in written) and len(set(names)) == len(names)


def plain_number(text):
    number = float(text)
    if abs(number) > LARGEST or (number.is_integer() and not re.fullmatch(r"-?[1-9][0-9]*|0", text)):
        raise ValueError("another number in JavaScript")
    return int(text) if number.is_integer() else number


def no_constant(text):
    raise ValueError(f"{text} is no JSON")


def unique(pairs):
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a member stands there twice")
    return dict(pairs)


def same_body(method, body, content_type):
    if not body:
        return True
    if method in ("GET", "HEAD"):
        return False
    try:
        text = body.decode()
        if not content_type.lower().startswith("application/json"):
            return True
        value = json.loads(text, object_pairs_hook=unique, parse_int=plain_number, parse_float=plain_number,
                           parse_constant=no_constant)
    except (ValueError, RecursionError):
        return False
    short = (",", ":")
    same = text in (json.dumps(value), json.dumps(value, separators=short),
                    json.dumps(value, separators=short, ensure_ascii=False))
    return same and isinstance(value, (dict, list))


def same_headers(headers):
    return MEDIA_TYPE.fullmatch(headers.get("Content-Type", "a/b")) and all(
        name.lower() not in OWN_HEADERS and re.fullmatch(r"[ -~]+", str(value)) for name, value in headers.items())


def spelled_as_prism_likes(headers):
    """Prism takes no other spelling of the scheme than Bearer; RFC 9110 (11.1) does."""
    return {name: re.sub("(?i)^bearer ", "Bearer ", value) for name, value in headers.items()}


# ---- processes ----

def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


class Process:
    """One prism on a port of its own."""

    def __init__(self, log, *words):
        self.port = free_port()
        program = Path(os.environ["AGENTIV_NPM"], PROGRAM)
        with open(log, "w", encoding="utf-8") as output:
            self.child = subprocess.Popen(["node", program, words[0], *words[1:], "--host", "127.0.0.1", "--port", str(self.port),
                                           "--errors", "--cors", "false", "--verboseLevel", "error"],
                                          stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        atexit.register(self.end)
        wait_until(lambda: self.child.poll() is not None or listens(self.port), START_S, "Prism listens")
        if self.child.poll() is not None:
            raise RuntimeError(f"Prism did not start:\n{Path(log).read_text(encoding='utf-8')}")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def end(self):
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(10)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait(10)


def ask(url, method, target, body, headers, timeout_s):
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=timeout_s)
    try:
        connection.request(method, address.path + target, body, headers)
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def without_security(document):
    """For the proxy, which would answer a request without credentials itself: the platform is to do that."""
    for item in document["paths"].values():
        for operation in item.values():
            operation["security"] = []
    return document


class Judged:
    """A platform with the two processes beside it."""

    def __init__(self, url, folder, number):
        status, _, text = ask(url, "GET", "/api/openapi.json", None, {}, START_S)
        if status != 200:
            raise RuntimeError(f"{url} gives no document: {status} {text[:300]}")
        document = json.loads(text)
        self.operations = [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), {name.upper() for name in item})
                           for path, item in document["paths"].items()]
        whole, open_ = Path(folder, f"openapi-{number}.json"), Path(folder, f"openapi-{number}-open.json")
        whole.write_bytes(text)
        open_.write_text(json.dumps(without_security(document)), encoding="utf-8")
        self.proxy = Process(open_.with_suffix(".log"), "proxy", open_, url, "--validate-request", "false")
        self.mock = Process(whole.with_suffix(".log"), "mock", whole)

    def describes(self, method, path):
        return any(method in methods and pattern.fullmatch(path) for pattern, methods in self.operations)


class Judge:
    def __init__(self, report):
        self.report = Path(report)
        self.lock = threading.Lock()
        self.platforms = {}
        self.counts = Counter()
        atexit.register(self.write)

    def platform(self, url):
        with self.lock:
            if url not in self.platforms:
                self.platforms[url] = Judged(url, self.report.parent, len(self.platforms))
            return self.platforms[url]

    def count(self, what):
        with self.lock:
            self.counts[what] += 1

    def around(self, platform, method, target, body, headers):
        """The kind of AROUND, or None."""
        if not same_target(target):
            return "spelling"
        if not platform.describes(method, target.partition("?")[0]):
            return "undescribed"
        if not same_headers(headers):
            return "headers"
        return None if same_body(method, body, headers.get("Content-Type", "application/json")) else "body"

    def way(self, url, method, target, body, headers, around=None):
        """The URL to send the request to: Prism's, or url itself. around: why a test says that it must be."""
        platform = self.platform(url)
        assert around is None or around in AROUND, around
        kind = around or self.around(platform, method, target, body, headers)
        self.count(kind or "through")
        return url if kind else platform.proxy.url

    def look(self, url, method, target, body, headers, answer):
        """What came back through Prism. Raises Violation."""
        request = f"{method} {target}\n{body}\nanswered {answer.status} {answer.text[:2000]}"
        if answer.headers.get_content_type() == "application/problem+json" or "sl-violations" in answer.headers:
            raise Violation(f"the document has no such answer: {request}\n{answer.headers.get('sl-violations')}")
        if answer.status >= 300:
            return
        self.count("accepted")
        status, _, text = ask(self.platform(url).mock.url, method, target, body, spelled_as_prism_likes(headers), START_S)
        if status != answer.status and status >= 400:
            raise Violation(f"the document does not allow this request: {request}\n{text.decode()}")

    def write(self):
        self.report.write_text(json.dumps(self.counts), encoding="utf-8")


@functools.cache
def judge():
    """None: requests go their usual way."""
    report = os.environ.get("AGENTIV_PRISM")
    return Judge(report) if report else None
