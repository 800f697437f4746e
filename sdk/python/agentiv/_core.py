"""What both clients share: a request is sent, its answer read and judged, and that again where it may help."""
from __future__ import annotations

import json
import logging
import re
import uuid
from dataclasses import dataclass, replace
from typing import Any, Awaitable, Callable, Dict, Mapping, Optional, Tuple, TypeVar

from ._http1 import Body, Head, Incoming, read_head, request_bytes
from ._io import IO, Connection
from ._objects import Object, fits, shape
from ._pool import Pool
from ._request import Request, check_key
from ._retry import is_passing, may_be_done, pause, retry_after
from ._route import Route
from ._version import __version__
from .errors import (BY_CODE, AgentivConnectionError, AgentivError, AgentivTimeoutError, NotFoundError,
                     ResponseError)

T = TypeVar("T")
BODY_MAX = 256 << 20      # bytes of an answer
COOKIE = "agentiv_session"
NOT_OF_THE_API = "The server answered {} with what is not of the API: is base_url right?"
# what proxies say by pages of their own means the same
CODE_OF_PROXY = {413: "PAYLOAD_TOO_LARGE", 429: "RATE_LIMITED", 502: "UNAVAILABLE", 503: "UNAVAILABLE",
                 504: "UNAVAILABLE"}
log = logging.getLogger("agentiv")


@dataclass(frozen=True)
class Options:
    """Seconds. timeout: of a call, its retries and pauses included; wait_timeout: of a run that is waited for."""
    timeout: float = 300.0
    connect_timeout: float = 10.0
    read_timeout: float = 75.0
    wait_timeout: float = 600.0
    max_retries: int = 2

    def __post_init__(self) -> None:
        for name in ("timeout", "connect_timeout", "read_timeout", "wait_timeout"):
            seconds = getattr(self, name)
            if not isinstance(seconds, (int, float)) or not seconds > 0:
                raise ValueError(f"{name} must be a number of seconds above 0")
        if not isinstance(self.max_retries, int) or self.max_retries < 0:
            raise ValueError("max_retries must be 0 or more")


def credentials_of(api_key: Optional[str], session_token: Optional[str]) -> Dict[str, str]:
    """The headers that say who asks. Raises ValueError, which never shows them."""
    for name, value in (("api_key", api_key), ("session_token", session_token)):
        if value is not None and not isinstance(value, str):
            raise TypeError(f"{name} must be a string")
        if value and not re.fullmatch(r"[!-~]+", value):
            raise ValueError(f"{name} holds characters that cannot be sent, such as blanks or a line's end")
    if session_token:
        return {"Cookie": f"{COOKIE}={session_token}"}
    return {"Authorization": f"Bearer {api_key}"} if api_key else {}


def session_token_of(head: Head) -> Optional[str]:
    """What the answer of a login sets as cookie."""
    for cookie in head.headers.get("set-cookie", ()):
        name, _, value = cookie.partition(";")[0].partition("=")
        if name.strip() == COOKIE and value.strip():
            return value.strip()
    return None


class Deadline:
    def __init__(self, io: IO, seconds: float) -> None:
        self._io, self.end = io, io.monotonic() + seconds

    def left(self) -> float:
        return self.end - self._io.monotonic()

    def at_most(self, seconds: float) -> float:
        left = self.left()
        if left <= 0:
            raise AgentivTimeoutError("The call has taken longer than its timeout")
        return min(left, seconds)


class Answer:
    """A response whose head has come. At its end the connection is kept; before it, or at a failure, it is closed."""

    def __init__(self, pool: Pool, connection: Connection, head: Head, body: Body, after_loss: bool) -> None:
        self.head, self.after_loss, self._pool, self._body = head, after_loss, pool, body
        self._connection: Optional[Connection] = connection

    async def piece(self) -> bytes:
        """The next bytes of the body, none at its end."""
        try:
            piece = await self._body.piece()
        except BaseException as error:
            self.close()
            if isinstance(error, AgentivError):
                error.sent = True
            raise
        if self._body.ended:
            self._release(self._body.keeps)
        return piece

    async def content(self) -> bytes:
        content = bytearray()
        while len(content) <= BODY_MAX:
            piece = await self.piece()
            if not piece:
                return bytes(content)
            content += piece
        self.close()
        raise ResponseError("The answer is too large", status=self.head.status)

    def close(self) -> None:
        self._release(False)

    def _release(self, keep: bool) -> None:
        connection, self._connection = self._connection, None
        if connection and keep:
            self._pool.give(connection)
        elif connection:
            connection.close()


class Core:
    def __init__(self, io: IO, route: Route, credentials: Mapping[str, str], options: Options, pool: Pool) -> None:
        self.io, self.route, self.credentials, self.options, self.pool = io, route, credentials, options, pool

    def wait_deadline(self, seconds: Optional[float]) -> Deadline:
        """Of a run that is waited for."""
        return Deadline(self.io, self.options.wait_timeout if seconds is None else seconds)

    # ---- calls ----

    async def call(self, request: Request[T], timeout: Optional[float] = None) -> T:
        """What the API answers: its data, in the request's shape."""
        _, document = await self.exchange(request, timeout)
        data: T = shape(request.shape, document["data"] if request.enveloped else document)
        return data

    async def exchange(self, request: Request[Any], timeout: Optional[float] = None) -> Tuple[Head, Object]:
        """The whole answer: of a list, next_cursor and has_more stand beside its data."""
        request = self.with_key(request)

        async def once(deadline: Deadline) -> Tuple[Head, Object]:
            answer = await self.send(request, deadline)
            try:
                return answer.head, self.judge(request, answer.head, await answer.content())
            except AgentivError as error:
                error.after_loss = answer.after_loss
                raise
        longest = self.options.timeout
        return await self.repeatedly(request, once, longest if timeout is None else min(timeout, longest))

    async def delete(self, request: Request[None]) -> None:
        """An object that is gone after a try whose answer was lost was deleted by that."""
        try:
            await self.call(request)
        except NotFoundError as error:
            if not error.after_loss:
                raise

    @staticmethod
    def with_key(request: Request[T]) -> Request[T]:
        """Every POST has an idempotency key, the same at each try: what was done is not done again."""
        if request.method != "POST":
            return request
        return replace(request, key=check_key(request.key) or str(uuid.uuid4()))

    async def repeatedly(self, request: Request[Any], once: Callable[[Deadline], Awaitable[T]], timeout: float) -> T:
        deadline, failures, lost = Deadline(self.io, timeout), 0, False
        while True:
            try:
                return await once(deadline)
            except AgentivError as error:
                failures += 1
                error.idempotency_key = request.key
                error.after_loss = lost = lost or error.after_loss
                lost = lost or may_be_done(error)
                wait = self._wait(request, error, failures)
                if wait is None or wait >= deadline.left():
                    raise
                log.debug("%s %s: %s; again in %.2f s", request.method, request.path, error, wait)
            await self.io.sleep(wait)

    def _wait(self, request: Request[Any], error: AgentivError, failures: int) -> Optional[float]:
        done = may_be_done(error) and not request.repeatable
        if failures > self.options.max_retries or done or not is_passing(error):
            return None
        return pause(self.io, error, failures)

    # ---- one exchange ----

    async def send(self, request: Request[Any], deadline: Deadline,
                   patience: Optional[Callable[[], float]] = None) -> Answer:
        """The request is sent, and the answer's head read. A kept connection that the server has closed meanwhile is
        no failure: another one takes its place. patience: how long each piece of the answer may be waited for."""
        data = self._bytes(request)
        patience = patience or (lambda: deadline.at_most(self.options.read_timeout))
        lost = False
        while True:
            kept = self.pool.take() if request.repeatable else None
            connection = kept or await self.io.connect(self.route, deadline.at_most(self.options.connect_timeout))
            incoming = Incoming(_reader(connection, patience))
            try:
                head = await self._ask(connection, incoming, data, deadline)
                body = Body(head, incoming)
            except BaseException as error:
                connection.close()
                if kept and not incoming.begun and _was_closed(error):
                    lost = True
                    continue
                if isinstance(error, AgentivError):
                    error.sent = True
                raise
            return Answer(self.pool, connection, head, body, lost)

    async def _ask(self, connection: Connection, incoming: Incoming, data: bytes, deadline: Deadline) -> Head:
        """A server that refuses a request before all of it has come has answered all the same."""
        unsent: Optional[AgentivConnectionError] = None
        try:
            await connection.write(data, deadline.at_most(self.options.read_timeout))
        except AgentivTimeoutError:
            raise
        except AgentivConnectionError as error:
            unsent = error
        try:
            return await read_head(incoming)
        except AgentivConnectionError as error:
            raise unsent or error

    def _bytes(self, request: Request[Any]) -> bytes:
        headers = {"Host": self.route.authority, "User-Agent": f"agentiv-sdk-python/{__version__}",
                   "Accept": "application/json", **self.credentials, **request.headers}
        content = request.content()
        if content is not None:
            headers["Content-Type"] = "application/json"
        if content is not None or request.method == "POST":
            headers["Content-Length"] = str(len(content or b""))
        if request.key:
            headers["Idempotency-Key"] = request.key
        if self.route.proxy and self.route.proxy.authorization and not self.route.tunnel:
            headers["Proxy-Authorization"] = self.route.proxy.authorization
        return request_bytes(request.method, self.route.target(request.target), headers, content or b"")

    # ---- answers ----

    def judge(self, request: Request[Any], head: Head, content: bytes) -> Object:
        """The answer's document, or the error that it is."""
        document = _parse(content)
        if not 200 <= head.status < 300:
            error = self._error(head, document)
        elif isinstance(document, Object) and (not request.enveloped or _is_success(document, request.shape)):
            return document
        else:
            error = ResponseError(NOT_OF_THE_API.format(head.status), status=head.status)
        error.request_id = head.get("x-request-id")
        error.sent = True
        raise error

    def _error(self, head: Head, document: Any) -> AgentivError:
        told = document.get("error") if isinstance(document, Object) else None
        told = told if isinstance(told, Object) else Object()
        after = retry_after(self.io, head.get("retry-after"), told.get("retry_after"))
        code, message = told.get("code"), told.get("message")
        if not isinstance(code, str) or not isinstance(message, str):
            code, message = CODE_OF_PROXY.get(head.status), f"The server answered {head.status}"
        if code is None:
            about = NOT_OF_THE_API.format(head.status)
            if 300 <= head.status < 400:
                about = f"The server redirects to {head.get('location')}, which is not followed: is base_url right?"
            return ResponseError(about, status=head.status, retry_after=after)
        return BY_CODE.get(code, AgentivError)(
            message, code=code, status=head.status, field=told.get("field"), retry_after=after,
            integration_slug=told.get("integrationSlug"), execution_id=told.get("execution_id"), body=told)


def _reader(connection: Connection, patience: Callable[[], float]) -> Callable[[], Awaitable[bytes]]:
    async def read() -> bytes:
        return await connection.read(patience())
    return read


def _was_closed(error: BaseException) -> bool:
    return isinstance(error, AgentivConnectionError) and not isinstance(error, AgentivTimeoutError)


def _is_success(document: Object, expected: Any) -> bool:
    return document.get("success") is True and "data" in document and fits(expected, document["data"])


def _parse(content: bytes) -> Any:
    try:
        return json.loads(content.decode("utf-8"), object_pairs_hook=Object)
    except (ValueError, RecursionError):
        return None
