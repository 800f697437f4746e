"""The clients: Agentiv, whose calls block, and AsyncAgentiv for asyncio."""
from __future__ import annotations

import os
import ssl
from dataclasses import replace
from typing import Any, Callable, Dict, Optional, TypeVar

from ._asyncio import AsyncioIO
from ._blocking import BlockingIO
from ._core import Core, Options, credentials_of
from ._io import IO
from ._objects import Object
from ._operation import IO_T, Resource, operation
from ._pool import Pool
from ._request import Request
from ._route import route_of
from .account import (Connections, HealthResource, Keys, MeResource, NotificationsResource, SessionResource,
                      UsageResource)
from .agents import Agents
from .executions import Executions
from .schedules import Schedules
from .webhooks import WebhookDeliveries, WebhookEvents, Webhooks

BASE_URL = "https://api.agentiv.cloud"
Self = TypeVar("Self", bound="Client[Any]")


class Client(Resource[IO_T]):
    """What both clients are. Thread-safe, respectively for all tasks of an event loop."""

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self.agents: Agents[IO_T] = Agents(core)
        self.executions: Executions[IO_T] = Executions(core)
        self.schedules: Schedules[IO_T] = Schedules(core)
        self.webhooks: Webhooks[IO_T] = Webhooks(core)
        self.webhook_deliveries: WebhookDeliveries[IO_T] = WebhookDeliveries(core)
        self.webhook_events: WebhookEvents[IO_T] = WebhookEvents(core)
        self.connections: Connections[IO_T] = Connections(core)
        self.usage: UsageResource[IO_T] = UsageResource(core)
        self.me: MeResource[IO_T] = MeResource(core)
        self.notifications: NotificationsResource[IO_T] = NotificationsResource(core)
        self.keys: Keys[IO_T] = Keys(core)
        self.session: SessionResource[IO_T] = SessionResource(core)
        self.health: HealthResource[IO_T] = HealthResource(core)

    @operation
    async def openapi(self) -> Object:
        """The OpenAPI document of the server."""
        return await self._core.call(Request("GET", "/api/openapi.json", Object, enveloped=False))

    def with_options(self: Self, *, timeout: Optional[float] = None, connect_timeout: Optional[float] = None,
                     read_timeout: Optional[float] = None, wait_timeout: Optional[float] = None,
                     max_retries: Optional[int] = None) -> Self:
        """The same client, over the same connections, with other options for some calls."""
        given = {"timeout": timeout, "connect_timeout": connect_timeout, "read_timeout": read_timeout,
                 "wait_timeout": wait_timeout, "max_retries": max_retries}
        core = self._core
        options = replace(core.options, **{name: value for name, value in given.items() if value is not None})
        other = object.__new__(type(self))
        Client.__init__(other, Core(core.io, core.route, core.credentials, options, core.pool))
        return other

    def __repr__(self) -> str:
        route = self._core.route
        return f"{type(self).__name__}({'https' if route.tls else 'http'}://{route.authority}{route.prefix})"


def _credentials(api_key: Optional[str], session_token: Optional[str]) -> Dict[str, str]:
    if api_key and session_token:
        raise ValueError("Give either api_key or session_token")
    if api_key is None and not session_token:
        api_key = os.environ.get("AGENTIV_API_KEY")
        if not api_key:
            raise ValueError('There is no API key: give api_key, or set AGENTIV_API_KEY; api_key="" for none')
    return credentials_of(api_key, session_token)


def _core(make: Callable[[Optional[ssl.SSLContext]], IO], api_key: Optional[str], session_token: Optional[str],
          base_url: Optional[str], proxy: Optional[str], context: Optional[ssl.SSLContext], options: Options) -> Core:
    credentials = _credentials(api_key, session_token)
    route = route_of(base_url or os.environ.get("AGENTIV_BASE_URL") or BASE_URL, proxy)
    io = make((context or ssl.create_default_context()) if route.tls else None)
    return Core(io, route, credentials, options, Pool(io))


class Agentiv(Client[BlockingIO]):
    """api_key: or AGENTIV_API_KEY. base_url: or AGENTIV_BASE_URL, without /api. Times are seconds: timeout of a call
    with all its retries, connect_timeout of a connection, read_timeout between two pieces of an answer, wait_timeout of
    a run that is waited for. session_token: of a session, instead of a key. proxy: instead of the environment's, ""
    for none. ssl_context: instead of one with the system's certificates."""

    def __init__(self, api_key: Optional[str] = None, *, base_url: Optional[str] = None,
                 session_token: Optional[str] = None, timeout: float = Options.timeout,
                 connect_timeout: float = Options.connect_timeout, read_timeout: float = Options.read_timeout,
                 wait_timeout: float = Options.wait_timeout, max_retries: int = Options.max_retries,
                 proxy: Optional[str] = None, ssl_context: Optional[ssl.SSLContext] = None) -> None:
        options = Options(timeout, connect_timeout, read_timeout, wait_timeout, max_retries)
        super().__init__(_core(BlockingIO, api_key, session_token, base_url, proxy, ssl_context, options))

    def close(self) -> None:
        """Closes the connections that are kept."""
        self._core.pool.close()

    def __enter__(self) -> Agentiv:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncAgentiv(Client[AsyncioIO]):
    """Agentiv for asyncio, with the same options. Calls are awaited, lists and events gone through by `async for`; a
    task that is cancelled closes the connection that it used."""

    def __init__(self, api_key: Optional[str] = None, *, base_url: Optional[str] = None,
                 session_token: Optional[str] = None, timeout: float = Options.timeout,
                 connect_timeout: float = Options.connect_timeout, read_timeout: float = Options.read_timeout,
                 wait_timeout: float = Options.wait_timeout, max_retries: int = Options.max_retries,
                 proxy: Optional[str] = None, ssl_context: Optional[ssl.SSLContext] = None) -> None:
        options = Options(timeout, connect_timeout, read_timeout, wait_timeout, max_retries)
        super().__init__(_core(AsyncioIO, api_key, session_token, base_url, proxy, ssl_context, options))

    async def close(self) -> None:
        """Closes the connections that are kept."""
        self._core.pool.close()
        await self._core.io.sleep(0)      # in which the loop lets go of them

    async def __aenter__(self) -> AsyncAgentiv:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
