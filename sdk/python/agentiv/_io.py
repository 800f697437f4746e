"""What the core asks of the world: connections, time, chance. Two modules do it, _blocking and _asyncio; tests bring
others.

The core is written once, as coroutines. Those of _blocking never wait for an event loop: each ends at the first step,
which runs it as any other function. So the same code serves both clients."""
from __future__ import annotations

import random
import time
from typing import Any, Coroutine, Optional

from ._http1 import Incoming, read_head, request_bytes
from ._route import Route
from .errors import AgentivConnectionError

TIMES_OUT = "The server did not answer in time"


class Connection:
    """One to a server. Every failure is an AgentivConnectionError, of time an AgentivTimeoutError."""
    idle_since = 0.0

    async def read(self, timeout: float) -> bytes:
        """The next bytes; none when the server has closed it."""
        raise NotImplementedError

    async def write(self, data: bytes, timeout: float) -> None:
        raise NotImplementedError

    def stale(self) -> bool:
        """Whether one that rests cannot be used again: closed by the server, or of another event loop."""
        raise NotImplementedError

    def close(self) -> None:
        """At once, whatever is under way."""
        raise NotImplementedError


class IO:
    asynchronous: bool

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """What a method of the client returns: the coroutine, or its result."""
        raise NotImplementedError

    async def connect(self, route: Route, timeout: float) -> Connection:
        raise NotImplementedError

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError

    # ---- which is the same to both; tests replace it ----

    def monotonic(self) -> float:
        return time.monotonic()

    def time(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def random(self) -> float:
        """0 to 1."""
        return random.random()


async def open_tunnel(connection: Connection, route: Route, timeout: float) -> None:
    """Through a proxy to a server that speaks TLS (RFC 9110, 9.3.6)."""
    target = f"[{route.host}]:{route.port}" if ":" in route.host else f"{route.host}:{route.port}"
    headers = {"Host": target}
    if route.proxy and route.proxy.authorization:
        headers["Proxy-Authorization"] = route.proxy.authorization
    await connection.write(request_bytes("CONNECT", target, headers), timeout)
    head = await read_head(Incoming(lambda: connection.read(timeout)))
    if not 200 <= head.status < 300:
        raise AgentivConnectionError(f"The proxy refused the connection with status {head.status}")


def failed(error: Optional[BaseException], doing: str) -> AgentivConnectionError:
    """Of an error of the operating system's, or of TLS."""
    return AgentivConnectionError(f"{doing} failed: {error}")
