"""A request as a method of the client describes it, before it is HTTP."""
from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Generic, Mapping, Optional, Sequence, Type, TypeVar, Union
from urllib.parse import quote, urlencode

T = TypeVar("T")
NOTHING: Type[None] = type(None)    # the shape of an answer that says no more than that it is done
Time = Union[str, datetime]     # where the API takes a time


@dataclass(frozen=True)
class Request(Generic[T]):
    method: str
    path: str
    shape: Type[T]                 # of what comes
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Optional[Mapping[str, Any]] = None
    key: Optional[str] = None      # Idempotency-Key
    repeatable: bool = True        # may be sent again though the server may have done it
    headers: Mapping[str, str] = field(default_factory=dict)
    enveloped: bool = True         # {"success", "data"}

    @property
    def target(self) -> str:
        given = {name: _text(value) for name, value in self.query.items() if value is not None}
        return f"{self.path}?{urlencode(given, quote_via=quote)}" if given else self.path

    def content(self) -> Optional[bytes]:
        """Members that are None are left out: to the API both are the same."""
        if self.body is None:
            return None
        given = {name: _member(value) for name, value in self.body.items() if value is not None}
        return json.dumps(given, allow_nan=False, separators=(",", ":")).encode()


def path(template: str, *parts: str) -> str:
    """The template with each {} replaced. Refuses what would lead to another path."""
    for part in parts:
        if not isinstance(part, str):
            raise TypeError(f"{part!r} must be a string: a slug or an id")
        if part in ("", ".", ".."):
            raise ValueError(f"{part!r} is no slug or id")
    return template.format(*(quote(part, safe="") for part in parts))


def check_key(key: Optional[str]) -> Optional[str]:
    if key is not None and not re.fullmatch(r"[ -~]{1,255}", key):
        raise ValueError("An idempotency key has 1 to 255 printable ASCII characters")
    return key


def names(values: Optional[Sequence[str]]) -> Optional[Sequence[str]]:
    """A list of names; one alone would be taken for a list of its letters."""
    if isinstance(values, str):
        raise TypeError("A list of names is needed, not one")
    return None if values is None else list(values)


def _member(value: Any) -> Any:
    return _text(value) if isinstance(value, datetime) else value


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("A datetime must have a time zone")
        return value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(value)
