"""Connections of the client for asyncio: its streams. A task that is cancelled closes the one it uses."""
from __future__ import annotations

import asyncio
import socket
import ssl
from typing import Any, Awaitable, Coroutine, Optional, TypeVar

from ._io import IO, TIMES_OUT, Connection, failed, open_tunnel
from ._route import Proxy, Route
from .errors import AgentivTimeoutError

T = TypeVar("T")
PIECE = 64 << 10


class AsyncioConnection(Connection):
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.loop = asyncio.get_running_loop()

    async def read(self, timeout: float) -> bytes:
        return await self._within(self.reader.read(PIECE), timeout, "Reading the answer")

    async def write(self, data: bytes, timeout: float) -> None:
        self.writer.write(data)
        await self._within(self.writer.drain(), timeout, "Sending the request")

    async def _within(self, awaitable: Awaitable[T], timeout: float, doing: str) -> T:
        """When time is over the connection is closed, which ends whatever waits for it. Tasks are not cancelled for it:
        asyncio.wait_for may lose a cancellation by the caller, before Python 3.12."""
        late = False

        def end() -> None:
            nonlocal late
            late = True
            self.close()
        timer = self.loop.call_later(timeout, end)
        try:
            result = await awaitable
            if not late:
                return result
        except OSError as error:
            if not late:
                raise failed(error, doing) from error
        finally:
            timer.cancel()
        raise AgentivTimeoutError(TIMES_OUT)

    def stale(self) -> bool:
        if self.loop is not asyncio.get_running_loop() or self.writer.is_closing():
            return True
        more = self.reader.read(1)      # bytes that nobody asked for are no better than the end
        try:
            more.send(None)
        except (StopIteration, OSError):
            return True
        more.close()
        return False

    def close(self) -> None:
        if not self.loop.is_closed():
            self.writer.transport.abort()


class _Plain(Connection):
    """A socket to a proxy, until its tunnel stands. The time for that is the connection's."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock

    async def read(self, timeout: float) -> bytes:
        return await asyncio.get_running_loop().sock_recv(self.sock, PIECE)

    async def write(self, data: bytes, timeout: float) -> None:
        await asyncio.get_running_loop().sock_sendall(self.sock, data)


async def _connected(proxy: Proxy) -> socket.socket:
    loop = asyncio.get_running_loop()
    refused: Optional[OSError] = None
    for family, kind, protocol, _, address in await loop.getaddrinfo(proxy.host, proxy.port, type=socket.SOCK_STREAM):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setblocking(False)
            await loop.sock_connect(sock, address)
            return sock
        except OSError as error:
            sock.close()
            refused = error
        except BaseException:
            sock.close()
            raise
    raise refused or OSError("the name has no address")


def _leave(task: asyncio.Future[AsyncioConnection]) -> None:
    """Nobody waits for it any more; a connection that it has made, or still makes, is closed."""
    def close(task: asyncio.Future[AsyncioConnection]) -> None:
        if not task.cancelled() and task.exception() is None:
            task.result().close()
    task.cancel()
    task.add_done_callback(close)


class AsyncioIO(IO):
    asynchronous = True

    def __init__(self, context: Optional[ssl.SSLContext]) -> None:
        self.context = context

    def run(self, coroutine: Coroutine[Any, Any, T]) -> Coroutine[Any, Any, T]:
        return coroutine

    async def connect(self, route: Route, timeout: float) -> AsyncioConnection:
        there = route.proxy or route
        task = asyncio.ensure_future(self._open(route, timeout))
        try:
            await asyncio.wait({task}, timeout=timeout)
            if task.done():
                return task.result()
        except OSError as error:
            raise failed(error, f"Connecting to {there.host}:{there.port}") from error
        except asyncio.CancelledError:
            _leave(task)
            raise
        _leave(task)
        raise AgentivTimeoutError("The server could not be connected to in time")

    async def _open(self, route: Route, timeout: float) -> AsyncioConnection:
        if route.proxy and route.tunnel:
            return await self._open_tunnel(route, route.proxy, timeout)
        there = route.proxy or route
        name = route.host if self.context else None
        return AsyncioConnection(*await asyncio.open_connection(there.host, there.port, ssl=self.context,
                                                                server_hostname=name, happy_eyeballs_delay=0.25))

    async def _open_tunnel(self, route: Route, proxy: Proxy, timeout: float) -> AsyncioConnection:
        sock = await _connected(proxy)
        try:
            await open_tunnel(_Plain(sock), route, timeout)
            return AsyncioConnection(*await asyncio.open_connection(sock=sock, ssl=self.context,
                                                                    server_hostname=route.host))
        except BaseException:
            sock.close()
            raise

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
