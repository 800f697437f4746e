"""Whether what a receiver was sent comes from Agentiv (docs/api.md, "What a receiver gets")."""
from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from typing import Iterable, List, Mapping, Union

from ._objects import Object
from .errors import WebhookVerificationError
from .types import WebhookEvent

TOLERANCE_S = 300.0
PREFIX = "whsec_"


def verify_webhook(raw_body: Union[bytes, bytearray, memoryview, str], headers: Mapping[str, object], secret: str,
                   tolerance: float = TOLERANCE_S) -> WebhookEvent:
    """The event of a request, its body as it came and its headers in any case.

    secret: the endpoint's, whsec_ included. tolerance: how many seconds its timestamp may be from now. Where the headers
    of Standard Webhooks are there, their signature must be right, which binds id and time; without them that of
    X-Agentiv-Signature. Either counts right by the secret of now, or by the one before for a day after a rotation.
    Raises WebhookVerificationError."""
    if isinstance(raw_body, str):
        body = raw_body.encode("utf-8", "surrogateescape")
    elif isinstance(raw_body, (bytes, bytearray, memoryview)):
        body = bytes(raw_body)
    else:
        raise WebhookVerificationError("The body must be given as it came, as bytes: parsed and written again it is another")
    key = _key(secret)
    given = {str(name).lower(): _text(value) for name, value in headers.items()}
    if "webhook-signature" in given:
        _verify_standard(body, given, key, tolerance)
    elif "x-agentiv-signature" in given:
        _verify_agentiv(body, given, secret)
    else:
        raise WebhookVerificationError("The request has no signature")
    return _event(body)


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret[len(PREFIX):], validate=True) if secret.startswith(PREFIX) else b""
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise WebhookVerificationError("The secret must be that of the endpoint, whsec_ included")
    return key


def _text(value: object) -> str:
    """A header's; some frameworks give bytes, or a list of them."""
    if isinstance(value, (list, tuple)):
        return " ".join(_text(each) for each in value)
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _verify_standard(body: bytes, given: Mapping[str, str], key: bytes, tolerance: float) -> None:
    event_id, timestamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not event_id or not timestamp:
        raise WebhookVerificationError("The request has no webhook-id or no webhook-timestamp")
    if not (timestamp.isascii() and timestamp.isdecimal()) or abs(time.time() - int(timestamp)) > tolerance:
        raise WebhookVerificationError("The timestamp is too far from now")
    signed = f"{event_id}.{timestamp}.".encode("latin-1", "replace") + body
    right = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    _one_is_right(given["webhook-signature"].split(), right)


def _verify_agentiv(body: bytes, given: Mapping[str, str], secret: str) -> None:
    right = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    names = ("x-agentiv-signature", "x-agentiv-signature-previous")
    _one_is_right((given[name] for name in names if name in given), right)


def _one_is_right(signatures: Iterable[str], right: str) -> None:
    """Looks at all, each in a time that does not tell where it differs."""
    found: List[bool] = [hmac.compare_digest(one.encode(), right.encode()) for one in signatures]
    if not any(found):
        raise WebhookVerificationError("The signature is wrong")


def _event(body: bytes) -> WebhookEvent:
    try:
        event = json.loads(body.decode("utf-8"), object_pairs_hook=Object)
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, Object):
        raise WebhookVerificationError("The body is signed, but is no event")
    return WebhookEvent(event)
