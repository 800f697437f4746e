"""Whether what a receiver was sent comes from Agentiv (docs/api.md, "What a receiver gets")."""
from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import time
from typing import List, Mapping, Sequence, Union

from ._objects import Object
from .errors import WebhookVerificationError
from .types import WebhookEvent

TOLERANCE_S = 300.0
PREFIX = "whsec_"


def verify_webhook(raw_body: Union[bytes, bytearray, memoryview, str], headers: Mapping[str, object],
                   secret: Union[str, Sequence[str]], tolerance: float = TOLERANCE_S) -> WebhookEvent:
    """The event of a request: its body as it came, its headers in any case.

    secret: the endpoint's, whsec_ included, or several of them, one of which must be right. tolerance: by how many
    seconds the request's time may differ from now. Where the headers of Standard Webhooks are there, their signature
    must be right, which binds the time; without them that of X-Agentiv-Signature, which knows none. For a day after a
    rotation requests are signed by both secrets, and either will do.

    Raises WebhookVerificationError; TypeError or ValueError for what can never be right."""
    body, secrets = _bytes(raw_body), _secrets(secret)
    given = {str(name).lower(): _text(value) for name, value in headers.items()}
    if all(given.get(name) for name in ("webhook-id", "webhook-timestamp", "webhook-signature")):
        _verify_standard(body, given, secrets, tolerance)
    elif "x-agentiv-signature" in given:
        _verify_agentiv(body, given, secrets)
    else:
        raise WebhookVerificationError("The request has no signature")
    return _event(body)


def _bytes(raw_body: object) -> bytes:
    if isinstance(raw_body, str):
        return raw_body.encode("utf-8", "surrogateescape")
    if isinstance(raw_body, (bytes, bytearray, memoryview)):
        return bytes(raw_body)
    raise TypeError("The body must be given as it came, as bytes: once it is parsed its signature cannot be checked")


def _secrets(secret: Union[str, Sequence[str]]) -> List[str]:
    secrets = [secret] if isinstance(secret, str) else list(secret or ())
    if not all(isinstance(one, str) for one in secrets):
        raise TypeError("The secret must be a string, or several of them")
    if not secrets or not all(one.startswith(PREFIX) and _key(one) for one in secrets):
        raise ValueError("The secret must be that of the endpoint, whsec_ included")
    return secrets


def _key(secret: str) -> bytes:
    """Of Standard Webhooks: what stands behind whsec_, decoded."""
    try:
        return base64.b64decode(secret[len(PREFIX):], validate=True)
    except (binascii.Error, ValueError):
        return b""


def _text(value: object) -> str:
    """A header's; some frameworks give bytes, or a list of all of its name."""
    if isinstance(value, (list, tuple)):
        return " ".join(_text(each) for each in value)
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _verify_standard(body: bytes, given: Mapping[str, str], secrets: List[str], tolerance: float) -> None:
    timestamp = given["webhook-timestamp"]
    signed = f"{given['webhook-id']}.{timestamp}.".encode("utf-8") + body
    macs = (hmac.new(_key(secret), signed, hashlib.sha256).digest() for secret in secrets)
    _one_is_right(given["webhook-signature"].split(), ["v1," + base64.b64encode(mac).decode() for mac in macs])
    if not re.fullmatch(r"[0-9]{1,12}", timestamp) or abs(time.time() - int(timestamp)) > tolerance:
        raise WebhookVerificationError("The request's time is too far from now: it may be a repetition")


def _verify_agentiv(body: bytes, given: Mapping[str, str], secrets: List[str]) -> None:
    macs = (hmac.new(secret.encode(), body, hashlib.sha256).hexdigest() for secret in secrets)
    names = ("x-agentiv-signature", "x-agentiv-signature-previous")
    _one_is_right([given[name] for name in names if name in given], ["sha256=" + mac for mac in macs])


def _one_is_right(signatures: List[str], right: List[str]) -> None:
    """Compares all, each in a time that does not tell where they differ."""
    same = [hmac.compare_digest(one.encode(), other.encode()) for one in signatures for other in right]
    if True not in same:
        raise WebhookVerificationError("The signature is wrong")


def _event(body: bytes) -> WebhookEvent:
    try:
        event = json.loads(body.decode("utf-8"), object_pairs_hook=Object)
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, Object):
        raise WebhookVerificationError("The request is signed, but holds no event")
    return WebhookEvent(event)
