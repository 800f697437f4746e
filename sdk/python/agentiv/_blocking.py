"""Connections of the client that blocks: sockets with time limits."""
from __future__ import annotations

import socket
import ssl
import time
from typing import Any, Coroutine, Optional, TypeVar

from ._io import IO, TIMES_OUT, Connection, failed, open_tunnel
from ._route import Route
from .errors import AgentivTimeoutError

T = TypeVar("T")
PIECE = 64 << 10
LONGEST_S = 86400.0      # as a socket's limit; no number is too large for the caller's


class BlockingConnection(Connection):
    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock

    async def read(self, timeout: float) -> bytes:
        self.sock.settimeout(min(timeout, LONGEST_S))
        try:
            return self.sock.recv(PIECE)
        except socket.timeout:
            raise AgentivTimeoutError(TIMES_OUT) from None
        except OSError as error:
            raise failed(error, "Reading the answer") from error

    async def write(self, data: bytes, timeout: float) -> None:
        self.sock.settimeout(min(timeout, LONGEST_S))
        try:
            self.sock.sendall(data)
        except socket.timeout:
            raise AgentivTimeoutError(TIMES_OUT) from None
        except OSError as error:
            raise failed(error, "Sending the request") from error

    def stale(self) -> bool:
        self.sock.setblocking(False)
        try:
            self.sock.recv(1)      # bytes that nobody asked for are no better than the end
            return True
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        except OSError:
            return True

    def close(self) -> None:
        self.sock.close()


class BlockingIO(IO):
    asynchronous = False

    def __init__(self, context: Optional[ssl.SSLContext]) -> None:
        self.context = context

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        try:
            coroutine.send(None)
        except StopIteration as stop:
            result: T = stop.value
            return result
        coroutine.close()
        raise RuntimeError("a call that blocks has waited for an event loop")

    async def connect(self, route: Route, timeout: float) -> BlockingConnection:
        there, timeout = route.proxy or route, min(timeout, LONGEST_S)
        end = time.monotonic() + timeout
        connection = None
        try:
            sock = socket.create_connection((there.host, there.port), timeout)
            connection = BlockingConnection(sock)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if route.tunnel:
                await open_tunnel(connection, route, timeout)
            if self.context:
                sock.settimeout(max(end - time.monotonic(), 0.001))
                connection.sock = self.context.wrap_socket(sock, server_hostname=route.host)
            return connection
        except BaseException as error:
            if connection:
                connection.close()
            if isinstance(error, socket.timeout):
                raise AgentivTimeoutError("The server could not be connected to in time") from None
            if isinstance(error, OSError):
                raise failed(error, f"Connecting to {there.host}:{there.port}") from error
            raise

    async def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
