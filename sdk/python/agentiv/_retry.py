"""Which failures are tried again, and when."""
from __future__ import annotations

import email.utils
import ssl
from typing import Any, Optional

from ._io import IO
from .errors import AgentivConnectionError, AgentivError, ResponseError

RETRIED_STATUS = frozenset({429, 502, 503, 504})
FIRST_S, LONGEST_S = 0.5, 8.0     # exponential backoff, each less up to a half by chance
TOLD_MAX_S = 1e9                  # NaN and what is no float are no time either
RETRY_AFTER_MAX_S = 60.0          # who is told to come back later than that is told so by the error


def is_passing(error: AgentivError) -> bool:
    """Whether the same request may fare better in a while. An EXECUTION_FAILED is a result, however it ended."""
    if isinstance(error, AgentivConnectionError):
        return not isinstance(error.__cause__, ssl.SSLCertVerificationError)
    if error.code == "EXECUTION_FAILED":
        return False
    if error.code == "INTERNAL" or error.status in RETRIED_STATUS:
        return True
    return isinstance(error, ResponseError) and (error.status is None or error.status < 300 or error.status >= 500)


def may_be_done(error: AgentivError) -> bool:
    """Whether the server may have done what was asked for, though its answer was lost."""
    lost = isinstance(error, (AgentivConnectionError, ResponseError)) or error.status in (502, 504)
    return lost and error.sent


def backoff(io: IO, failures: int) -> float:
    longest: float = min(FIRST_S * 2 ** (failures - 1), LONGEST_S)
    return longest * (1 - io.random() / 2)


def pause(io: IO, error: AgentivError, failures: int) -> Optional[float]:
    """Seconds until the next try; None when the server wants more patience than a call has."""
    asked = error.retry_after or 0.0
    return None if asked > RETRY_AFTER_MAX_S else max(asked, backoff(io, failures))


def retry_after(io: IO, value: Optional[str], told: Any) -> Optional[float]:
    """Seconds of a Retry-After header, which tells them, or a date (RFC 9110, 10.2.3); where there is none, what the
    error itself has told. None of any other."""
    if not value:
        return float(told) if type(told) in (int, float) and 0 <= told <= TOLD_MAX_S else None
    if value.isdecimal() and value.isascii():
        return float(value)
    try:
        return max(email.utils.parsedate_to_datetime(value).timestamp() - io.time(), 0.0)
    except (TypeError, ValueError, OverflowError):
        return None
