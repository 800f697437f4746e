"""The account's own parts: client.me, usage, connections, notifications, keys, session; and client.health."""
from __future__ import annotations

from typing import List, Optional, Sequence

from ._core import session_token_of
from ._http1 import Head
from ._objects import shape
from ._operation import IO_T, Resource, operation
from ._request import NOTHING, Request, Time, names, path
from .errors import ResponseError, UnauthorizedError
from .types import ApiKey, ApiKeyWithSecret, Connection, Health, Me, Notifications, Session, SessionToken, Usage


class MeResource(Resource[IO_T]):
    @operation
    async def get(self) -> Me:
        """The account behind the key or session."""
        return await self._core.call(Request("GET", "/api/me", Me))

    @operation
    async def set_password(self, *, current_password: str, new_password: str) -> SessionToken:
        """Of a session's account: its sessions end, and a new one is begun. It is not tried again where the answer was
        lost: the password may be the new one by then."""
        body = {"current_password": current_password, "new_password": new_password}
        request = Request("POST", "/api/me/password", NOTHING, body=body, repeatable=False)
        head, _ = await self._core.exchange(request)
        return SessionToken(session_token=_token(head))


class UsageResource(Resource[IO_T]):
    @operation
    async def get(self) -> Usage:
        """Plan, limits, and what of them is used."""
        return await self._core.call(Request("GET", "/api/usage", Usage))


class Connections(Resource[IO_T]):
    @operation
    async def list(self) -> List[Connection]:
        """Each integration that the account has, or that an agent could use."""
        return await self._core.call(Request("GET", "/api/connections", List[Connection]))


class NotificationsResource(Resource[IO_T]):
    @operation
    async def get(self) -> Notifications:
        """Of each kind of mail, whether it is sent."""
        return await self._core.call(Request("GET", "/api/me/notifications", Notifications))

    @operation
    async def update(self, *, run_success: Optional[bool] = None, run_failed: Optional[bool] = None,
                     endpoint_disabled: Optional[bool] = None, integration_disconnected: Optional[bool] = None,
                     trial_ending: Optional[bool] = None, quota_80: Optional[bool] = None,
                     quota_100: Optional[bool] = None, schedule_paused: Optional[bool] = None) -> Notifications:
        """Changes what is given."""
        body = {"run_success": run_success, "run_failed": run_failed, "endpoint_disabled": endpoint_disabled,
                "integration_disconnected": integration_disconnected, "trial_ending": trial_ending,
                "quota_80": quota_80, "quota_100": quota_100, "schedule_paused": schedule_paused}
        return await self._core.call(Request("PATCH", "/api/me/notifications", Notifications, body=body))


class Keys(Resource[IO_T]):
    """For sessions only."""

    @operation
    async def list(self) -> List[ApiKey]:
        """The account's keys in the order they were made, revoked ones too."""
        return await self._core.call(Request("GET", "/api/keys", List[ApiKey]))

    @operation
    async def create(self, *, name: str, scopes: Sequence[str], expires_at: Optional[Time] = None,
                     allowed_networks: Optional[Sequence[str]] = None, tokens_per_month: Optional[int] = None,
                     idempotency_key: Optional[str] = None) -> ApiKeyWithSecret:
        """Makes a key, which is shown this once."""
        body = {"name": name, "scopes": names(scopes), "expires_at": expires_at, "tokens_per_month": tokens_per_month,
                "allowed_networks": names(allowed_networks)}
        return await self._core.call(Request("POST", "/api/keys", ApiKeyWithSecret, body=body, key=idempotency_key))

    @operation
    async def rotate(self, key_id: str, *, overlap_seconds: Optional[int] = None,
                     idempotency_key: Optional[str] = None) -> ApiKeyWithSecret:
        """A key that replaces another, which works beside it for so long."""
        return await self._core.call(Request("POST", path("/api/keys/{}/rotate", key_id), ApiKeyWithSecret,
                                             body={"overlap_seconds": overlap_seconds}, key=idempotency_key))

    @operation
    async def revoke(self, key_id: str) -> None:
        """A key is refused everywhere within 5 seconds."""
        await self._core.call(Request("DELETE", path("/api/keys/{}", key_id), NOTHING))


class SessionResource(Resource[IO_T]):
    @operation
    async def create(self, *, email: str, password: str) -> Session:
        """Logs in. Agentiv(session_token=…) is a client of the session."""
        request = Request("POST", "/api/session", Session, body={"email": email, "password": password})
        head, document = await self._core.exchange(request)
        session: Session = shape(Session, document["data"])
        session["session_token"] = _token(head)
        return session

    @operation
    async def delete(self) -> None:
        """Logs out."""
        try:
            await self._core.call(Request("DELETE", "/api/session", NOTHING))
        except UnauthorizedError as error:
            if not error.after_loss:
                raise


class HealthResource(Resource[IO_T]):
    @operation
    async def live(self) -> Health:
        """Whether the server is there."""
        return await self._core.call(Request("GET", "/health/live", Health))

    @operation
    async def ready(self) -> Health:
        """Whether it can work; UnavailableError when not."""
        return await self._core.call(Request("GET", "/health/ready", Health))


def _token(head: Head) -> str:
    token = session_token_of(head)
    if token is None:
        raise ResponseError("The server sent no session", status=head.status)
    return token
