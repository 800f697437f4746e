"""A receiver of webhooks in a process of its own, which can be killed and started again. It answers 200, and what it answers
so stands in its log first, a line each.

Run as a program: receiver_process.py PORT LOG"""
import asyncio
import os
import subprocess
import sys
import zlib
from pathlib import Path
from typing import NamedTuple

from stack import free_port
from stack import wait_until

LINE = 96              # bytes, so that the log's size tells how many there are
DELAY_S = 0.005        # before an answer: some are on their way at any moment


class Line(NamedTuple):
    path: str
    event: str         # webhook-id
    delivery: str      # X-Agentiv-Delivery
    body: str          # a checksum of it


class ReceiverProcess:
    def __init__(self, folder):
        self.port, self.log = free_port(), Path(folder) / "receiver.log"
        self.log.touch()
        self.process = None

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def start(self):
        self.process = subprocess.Popen([sys.executable, "-B", __file__, str(self.port), self.log],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        if self.process.stdout.readline() != b"ready\n":
            raise AssertionError(f"the receiver ended: {self.process.wait()}")

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def count(self):
        return self.log.stat().st_size // LINE

    def wait_for(self, count, seconds=30):
        wait_until(lambda: self.count() >= count, seconds, f"{count} webhooks have come", pause_s=0.002)

    def lines(self):
        return [Line(*line.split()) for line in self.log.read_text().splitlines()]


# ---- the program ----

class Connection(asyncio.Protocol):
    """As much of HTTP as the sender uses: one request at a time, its length known."""

    def __init__(self, log):
        self.log, self.buffer = log, b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.buffer += data
        head, end, rest = self.buffer.partition(b"\r\n\r\n")
        if not end:
            return
        request, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        length = int(headers["content-length"])
        if len(rest) >= length:
            self.buffer = rest[length:]
            self.take(request.split()[1], headers, rest[:length])

    def take(self, path, headers, body):
        line = f"{path} {headers['webhook-id']} {headers['x-agentiv-delivery']} {zlib.crc32(body):08x}"
        # one write at the end of the file: whatever kills this process, the line is there or it is not
        os.write(self.log, f"{line:<{LINE - 1}}\n".encode())
        asyncio.get_running_loop().call_later(DELAY_S, self.transport.write, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


async def serve(port, log):
    server = await asyncio.get_running_loop().create_server(lambda: Connection(log), "127.0.0.1", port, backlog=1024)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND)))
