"""HTTP/1.1 (RFC 9112) as a client speaks it: a request's bytes, and a response read from pieces of whatever size."""
from __future__ import annotations

import re
from typing import Any, Awaitable, Callable, Dict, List, Mapping, NamedTuple, Optional

from .errors import AgentivConnectionError, ResponseError

LINE_MAX = 64 << 10       # bytes of one line of a head
LINES_MAX = 200           # lines of a head
PIECE = 64 << 10          # bytes that a body gives at once

_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-9]\d\d)(?: .*)?")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?")


def request_bytes(method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """Raises ValueError for what no line can hold: nobody smuggles a header in by a key or an id."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    for line in lines:
        if not line.isascii() or not line.isprintable():
            # not the line itself: it may hold a key
            raise ValueError(f"The header {line.partition(':')[0]!r} holds characters that are not printable ASCII")
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


class Head(NamedTuple):
    status: int
    headers: Dict[str, List[str]]    # by names in small letters
    keeps: bool                      # whether the connection outlives the response, as far as the head says

    def get(self, name: str) -> Optional[str]:
        values = self.headers.get(name)
        return ", ".join(values) if values else None

    def tokens(self, name: str) -> List[str]:
        return [token.strip().lower() for token in (self.get(name) or "").split(",")]


class Incoming:
    """What a connection brings, in order. read gives its next bytes, none at the end."""

    def __init__(self, read: Callable[[], Awaitable[bytes]]) -> None:
        self._read = read
        self._held = bytearray()
        self.begun = False       # something has come

    @property
    def rest(self) -> bool:
        """Whether more has come than was taken."""
        return bool(self._held)

    async def _more(self) -> bool:
        piece = await self._read()
        self._held += piece
        self.begun = self.begun or bool(piece)
        return bool(piece)

    async def line(self) -> bytes:
        seen = 0
        while True:
            at = self._held.find(b"\n", seen)
            if at >= 0:
                line = bytes(self._held[:at])
                del self._held[:at + 1]
                return line[:-1] if line.endswith(b"\r") else line
            seen = len(self._held)
            if seen > LINE_MAX:
                raise ResponseError("The answer is not HTTP: a line of its head is too long")
            if not await self._more():
                raise AgentivConnectionError("The server ended the connection before its answer was whole")

    async def some(self, most: int) -> bytes:
        """At least one byte; none at the end."""
        if not self._held and not await self._more():
            return b""
        piece = bytes(self._held[:most])
        del self._held[:most]
        return piece


async def read_head(incoming: Incoming) -> Head:
    """The response's; what comes before it (1xx) is passed over."""
    while True:
        head = await _one_head(incoming)
        if head.status >= 200:
            return head


async def _one_head(incoming: Incoming) -> Head:
    match = _STATUS.fullmatch(await incoming.line())
    if not match:
        raise ResponseError("The answer is not HTTP/1.1")
    headers: Dict[str, List[str]] = {}
    for _ in range(LINES_MAX):
        line = await incoming.line()
        if not line:
            break
        name, colon, value = line.partition(b":")
        if not colon or not _NAME.fullmatch(name):
            raise ResponseError("The answer is not HTTP: a line of its head is no header")
        headers.setdefault(name.decode("ascii").lower(), []).append(value.strip(b" \t").decode("latin-1"))
    else:
        raise ResponseError("The answer's head has too many lines")
    head = Head(int(match[2]), headers, True)
    tokens = head.tokens("connection")
    return head._replace(keeps="close" not in tokens and (match[1] == b"1" or "keep-alive" in tokens))


class Body:
    """The content behind a head."""

    def __init__(self, head: Head, incoming: Incoming) -> None:
        self._incoming = incoming
        self._keeps = head.keeps
        self.ended = False
        self._left: Optional[int] = None      # bytes that are to come, of the body or of the chunk; None: until the end
        coding, length = head.tokens("transfer-encoding"), set(head.tokens("content-length"))
        self._chunked = coding == ["chunked"]
        if head.status in (204, 304):
            self.ended = True
        elif self._chunked:
            self._left = 0
        elif coding != [""]:
            raise ResponseError("The answer has a transfer coding that was not asked for", status=head.status)
        elif length != {""}:
            self._left = self._length(length, head.status)
            self.ended = self._left == 0
        else:
            self._keeps = False

    @property
    def keeps(self) -> bool:
        """Whether at its end the connection is ready for the next request. What a server says beyond its answer would be
        taken for that of the next."""
        return self._keeps and not self._incoming.rest

    @staticmethod
    def _length(given: Any, status: int) -> int:
        text = given.pop()
        if given or not re.fullmatch(r"[0-9]{1,15}", text):
            raise ResponseError("The answer's Content-Length is no length", status=status)
        return int(text)

    async def piece(self) -> bytes:
        """The next bytes, none at the end."""
        if self._chunked and self._left == 0 and not self.ended:
            await self._next_chunk()
        if self.ended:
            return b""
        got = await self._incoming.some(PIECE if self._left is None else min(self._left, PIECE))
        if self._left is None:
            self.ended = not got
            return got
        if not got:
            raise AgentivConnectionError("The server ended the connection before its answer was whole")
        self._left -= len(got)
        if self._chunked and self._left == 0:
            if await self._incoming.line():
                raise ResponseError("The answer's chunks are not of the length that they tell")
        elif self._left == 0:
            self.ended = True
        return got

    async def _next_chunk(self) -> None:
        match = _SIZE.fullmatch(await self._incoming.line())
        if not match:
            raise ResponseError("The answer's chunks are not of the length that they tell")
        self._left = int(match[1], 16)
        if self._left == 0:
            for _ in range(LINES_MAX):
                if not await self._incoming.line():
                    self.ended = True
                    return
            raise ResponseError("The answer's trailer has too many lines")
