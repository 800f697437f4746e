"""Server-sent events (WHATWG HTML, 9.2.6) out of pieces of bytes that may end anywhere."""
from __future__ import annotations

from typing import Iterator, List, NamedTuple, Optional

from .errors import ResponseError

EVENT_MAX = 16 << 20      # bytes of one event


class Event(NamedTuple):
    event: str
    data: str
    id: str                # the last that was told, of this event or one before it


class EventParser:
    """feed() gives the events that a piece completes. What is not complete at the end was no event."""

    def __init__(self) -> None:
        self.last_id = ""
        self._held = bytearray()
        self._seen = 0             # of these bytes, so many hold no end of a line
        self._first = True
        self._after_cr = False     # a line has ended with CR: an LF behind it ends no other
        self._event = ""
        self._data: List[str] = []
        self._size = 0

    def feed(self, piece: bytes) -> Iterator[Event]:
        self._held += piece
        for line in self._lines():
            event = self._line(line)
            if event:
                yield event
        if len(self._held) + self._size > EVENT_MAX:
            raise ResponseError("An event is too large")

    def _lines(self) -> Iterator[str]:
        while True:
            if self._after_cr and self._held:
                if self._held[:1] == b"\n":
                    del self._held[:1]
                self._after_cr = False
            ends = [at for at in (self._held.find(b"\n", self._seen), self._held.find(b"\r", self._seen)) if at >= 0]
            if not ends:
                self._seen = len(self._held)
                return
            at = min(ends)
            line = bytes(self._held[:at])
            self._after_cr = self._held[at:at + 1] == b"\r"
            del self._held[:at + 1]
            self._seen = 0
            if self._first and line.startswith(b"\xef\xbb\xbf"):
                line = line[3:]
            self._first = False
            yield line.decode("utf-8", "replace")

    def _line(self, line: str) -> Optional[Event]:
        if not line:
            return self._dispatch()
        name, _, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if name == "data":
            self._data.append(value)
            self._size += len(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self.last_id = value
        return None

    def _dispatch(self) -> Optional[Event]:
        event = Event(self._event or "message", "\n".join(self._data), self.last_id) if self._data else None
        self._event, self._data, self._size = "", [], 0
        return event
