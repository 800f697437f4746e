"""Many endpoints, of which some are bad in every way that receivers are bad in, and events for all of them.

A crowd's receivers run as two programs, so that the bad ones cannot hold up the good ones:
    crowd.py good PORT | crowd.py bad PORT [CERTIFICATE KEY TLS-PORT]
Good ones note how long ago the event of a delivery was made, which its id tells; GET /taken gives that and forgets it."""
import asyncio
import glob
import json
import os
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

from certificates import certificate
from stack import Client, free_port, wait_until

BAD = ("500", "hang", "reset", "redirect", "trickle", "huge", "tls")
PER_ACCOUNT = 50
HUGE = 1 << 30
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SCHEDULE_FIRED = 2               # enum event_type


def id_ms(text):
    """When an id was made."""
    value = 0
    for letter in text[text.index("_") + 1:]:
        value = value * 32 + LETTERS.index(letter)
    return value >> 80


# ---- receivers ----

class Peer(asyncio.Protocol):
    """One connection: takes whole requests."""

    def __init__(self, server):
        self.server, self.data, self.transport = server, b"", None

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.data += data
        while True:
            head, end, rest = self.data.partition(b"\r\n\r\n")
            if not end:
                return
            lines = head.decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
            length = int(headers.get("content-length", 0))
            if len(rest) < length:
                return
            self.data = rest[length:]
            method, path, _ = lines[0].split(" ", 2)
            self.server.take(self.transport, method, path, headers)


class Good:
    def __init__(self):
        self.ages, self.others = [], 0

    def take(self, transport, method, path, headers):
        body = b""
        if method == "POST" and path.startswith("/good/"):
            self.ages.append(time.time() * 1000 - id_ms(headers["webhook-id"]))
        elif method == "GET" and path == "/taken":
            body = json.dumps({"ages": self.ages, "others": self.others}).encode()
            self.ages = []
        else:
            self.others += 1     # a redirect that was followed
        transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


class Bad:
    """What it does is the first part of the path."""

    def __init__(self, elsewhere):
        self.elsewhere, self.tasks = elsewhere, set()

    def take(self, transport, _method, path, _headers):
        kind = path.split("/")[1]
        if kind == "500":
            transport.write(b"HTTP/1.1 500 Broken\r\nContent-Length: 6\r\n\r\nbroken")
        elif kind == "redirect":
            transport.write(f"HTTP/1.1 302 Found\r\nLocation: {self.elsewhere}\r\nContent-Length: 0\r\n\r\n".encode())
        elif kind == "reset":
            transport.abort()
        elif kind in ("trickle", "huge"):
            task = asyncio.get_running_loop().create_task(getattr(self, kind)(transport))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def trickle(self, transport):
        for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n":
            if transport.is_closing():
                return
            transport.write(bytes([byte]))
            await asyncio.sleep(1)

    async def huge(self, transport):
        transport.write(f"HTTP/1.1 200 OK\r\nContent-Length: {HUGE}\r\n\r\n".encode())
        for _ in range(HUGE >> 16):
            while transport.get_write_buffer_size() > 1 << 18 and not transport.is_closing():
                await asyncio.sleep(0.01)
            if transport.is_closing():
                return
            transport.write(bytes(1 << 16))


async def serve(kind, port, certificate=None, key=None, tls_port=None):
    loop = asyncio.get_running_loop()
    server = Good() if kind == "good" else Bad(f"http://127.0.0.1:{port}/elsewhere")
    await loop.create_server(lambda: Peer(server), "127.0.0.1", int(port), backlog=1024)
    if tls_port:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        await loop.create_server(lambda: Peer(server), "127.0.0.1", int(tls_port), ssl=context, backlog=1024)
    print("ready", flush=True)
    await asyncio.Event().wait()


# ---- the crowd ----

class Crowd:
    """with Crowd(stack, folder) as crowd: crowd.add(good=25, bad=25); crowd.press(seconds=10, per_second=20)"""

    def __init__(self, stack, folder):
        self.stack, self.folder = stack, Path(folder)
        self.programs, self.accounts, self.client = [], [], None
        self.good_port, self.bad_port, self.tls_port = free_port(), free_port(), free_port()

    def __enter__(self):
        certificate(self.folder, "crowd")
        self.start("good", self.good_port)
        self.start("bad", self.bad_port, self.folder / "crowd.pem", self.folder / "crowd.key", self.tls_port)
        self.client = subprocess.Popen([str(Path(__file__).parents[2] / "deploy/lib/stack.sh"), "sql-client",
                                        str(self.stack.state)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *exc):
        if self.client:
            self.client.communicate(timeout=10)
        for program in self.programs:
            program.kill()
            program.wait(10)
            program.stdout.close()

    def start(self, *words):
        program = subprocess.Popen([sys.executable, __file__, *map(str, words)], stdout=subprocess.PIPE, text=True)
        self.programs.append(program)
        assert program.stdout.readline() == "ready\n"

    def url(self, kind, number):
        if kind == "tls":
            return f"https://127.0.0.1:{self.tls_port}/tls/{number}"
        return f"http://127.0.0.1:{self.good_port if kind == 'good' else self.bad_port}/{kind}/{number}"

    def account(self, number):
        email = f"crowd{number}-{self.good_port}@example.com"
        if number == len(self.accounts):
            ctl = self.stack.ctl
            ctl("user", "create", "--email", email, "--name", "Crowd", "--plan", "enterprise")
            key = ctl("key", "create", "--user", email, "--name", "crowd", "--scopes", "webhooks:write")["key"]
            self.accounts.append((self.stack.number(f"SELECT id FROM accounts WHERE email = '{email}'"), key))
        return self.accounts[number]

    def add(self, kinds):
        """An endpoint of each kind, half an account's worth of them to each account. Returns them, secrets included."""
        half, made = PER_ACCOUNT // 2, []
        for at in range(0, len(kinds), half):
            client = Client(self.stack.url, self.account(at // half)[1])
            for number, kind in enumerate(kinds[at:at + half], at):
                answer = client.request("POST", "/api/webhooks", {"url": self.url(kind, number), "events": ["schedule.fired"]})
                assert answer.status == 201, answer
                made.append(answer.body["data"])
            client.close()
        return made

    def taken(self):
        client = Client(f"http://127.0.0.1:{self.good_port}")
        answer = client.get("/taken").body
        client.close()
        return answer

    def event(self, number):
        """An event of one account, for all its endpoints, and the doorbell that its maker would ring."""
        account, _ = self.accounts[number % len(self.accounts)]
        now = int(time.time() * 1000)
        raw = (now.to_bytes(6, "big") + os.urandom(10)).hex()
        payload = json.dumps({"event": "schedule.fired", "number": number, "filling": "x" * 400}).encode().hex()
        self.number(
            f"BEGIN; INSERT INTO events (id, account_id, event, at, payload) VALUES (x'{raw}', {account}, {SCHEDULE_FIRED}, {now},"
            f" x'{payload}'); INSERT INTO outbox (due_at, delivery_id, fanout) VALUES ({now}, x'{raw}', 1); COMMIT; SELECT 0")

    def number(self, statement):
        """What a statement answers; without a process for it, as whoever measures asks often."""
        self.client.stdin.write(statement + ";\n")
        self.client.stdin.flush()
        return int(self.client.stdout.readline())

    def ring(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            for path in glob.glob(f"{self.stack.run_dir()}/agentiv-webhookd.*.sock"):
                s.sendto(b"w", path)

    def press(self, seconds, per_second, each=lambda: None):
        """Makes events at an even pace, and calls each once a second; returns the ages at which good receivers took them."""
        self.taken()
        began, count = time.monotonic(), round(seconds * per_second)
        for number in range(count):
            time.sleep(max(0.0, began + number / per_second - time.monotonic()))
            self.event(number)
            self.ring()
            if number % per_second == 0:
                each()
        ages, expected = [], count * self.good_per_account

        def all_came():
            ages.extend(self.taken()["ages"])
            return len(ages) >= expected
        wait_until(all_came, 30, f"{expected} deliveries to good receivers", 0.2)
        return sorted(ages)

    @property
    def good_per_account(self):
        return PER_ACCOUNT // 2


def percentile(ordered, part):
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
