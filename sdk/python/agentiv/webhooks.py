"""client.webhooks, client.webhook_deliveries, client.webhook_events: where events go, what went, what there is."""
from __future__ import annotations

from typing import List, Mapping, Optional, Sequence, Union

from ._operation import IO_T, Resource, listing, operation
from ._paging import Pages
from ._request import NOTHING, Request, Time, names, path
from .types import (DeliveryStatus, ReplayResult, WebhookDelivery, WebhookDeliveryDetail, WebhookEndpoint,
                    WebhookEndpointWithSecret, WebhookEvent, WebhookEventType)
from .verification import TOLERANCE_S, verify_webhook


class Webhooks(Resource[IO_T]):
    @listing
    def list(self, *, limit: Optional[int] = None, cursor: Optional[str] = None) -> Pages[WebhookEndpoint]:
        """The account's endpoints, in the order they were made."""
        return Pages(self._core, "/api/webhooks", List[WebhookEndpoint], {"limit": limit, "cursor": cursor})

    @operation
    async def create(self, *, url: str, events: Optional[Sequence[str]] = None, description: Optional[str] = None,
                     enabled: Optional[bool] = None,
                     idempotency_key: Optional[str] = None) -> WebhookEndpointWithSecret:
        """Registers an endpoint, for all events unless some are named. Its secret is shown this once."""
        body = {"url": url, "events": names(events), "description": description, "enabled": enabled}
        return await self._core.call(Request("POST", "/api/webhooks", WebhookEndpointWithSecret, body=body,
                                             key=idempotency_key))

    @operation
    async def get(self, webhook_id: str) -> WebhookEndpoint:
        """One endpoint."""
        return await self._core.call(Request("GET", path("/api/webhooks/{}", webhook_id), WebhookEndpoint))

    @operation
    async def update(self, webhook_id: str, *, url: Optional[str] = None, events: Optional[Sequence[str]] = None,
                     description: Optional[str] = None, enabled: Optional[bool] = None) -> WebhookEndpoint:
        """Changes what is given."""
        body = {"url": url, "events": names(events), "description": description, "enabled": enabled}
        return await self._core.call(Request("PATCH", path("/api/webhooks/{}", webhook_id), WebhookEndpoint, body=body))

    @operation
    async def delete(self, webhook_id: str) -> None:
        """Deletes an endpoint; what is still to be sent there ends as failed."""
        await self._core.delete(Request("DELETE", path("/api/webhooks/{}", webhook_id), NOTHING))

    @operation
    async def rotate_secret(self, webhook_id: str, *,
                            idempotency_key: Optional[str] = None) -> WebhookEndpointWithSecret:
        """A new secret, shown this once; the one before signs beside it for 24 hours."""
        return await self._core.call(Request("POST", path("/api/webhooks/{}/rotate-secret", webhook_id),
                                             WebhookEndpointWithSecret, body={}, key=idempotency_key))

    @operation
    async def test(self, webhook_id: str, *, idempotency_key: Optional[str] = None) -> WebhookDelivery:
        """Sends a webhook.test."""
        return await self._core.call(Request("POST", path("/api/webhooks/{}/test", webhook_id), WebhookDelivery,
                                             body={}, key=idempotency_key))

    @listing
    def deliveries(self, webhook_id: str, *, status: Optional[DeliveryStatus] = None, event: Optional[str] = None,
                   created_after: Optional[Time] = None, created_before: Optional[Time] = None,
                   limit: Optional[int] = None, cursor: Optional[str] = None) -> Pages[WebhookDelivery]:
        """An endpoint's log, newest first."""
        return Pages(self._core, path("/api/webhooks/{}/deliveries", webhook_id), List[WebhookDelivery], {
            "status": status, "event": event, "created_after": created_after, "created_before": created_before,
            "limit": limit, "cursor": cursor})

    @operation
    async def replay(self, webhook_id: str, *, since: Time, idempotency_key: Optional[str] = None) -> ReplayResult:
        """Sends again what was made since then and failed."""
        return await self._core.call(Request("POST", path("/api/webhooks/{}/replay", webhook_id), ReplayResult,
                                             body={"since": since}, key=idempotency_key))

    @staticmethod
    def verify(raw_body: Union[bytes, bytearray, memoryview, str], headers: Mapping[str, object],
               secret: Union[str, Sequence[str]], tolerance: float = TOLERANCE_S) -> WebhookEvent:
        """agentiv.verify_webhook: the event that a receiver was sent, or WebhookVerificationError."""
        return verify_webhook(raw_body, headers, secret, tolerance)


class WebhookDeliveries(Resource[IO_T]):
    @operation
    async def get(self, delivery_id: str) -> WebhookDeliveryDetail:
        """A delivery with its attempts, and how request and answers begin."""
        return await self._core.call(Request("GET", path("/api/webhook-deliveries/{}", delivery_id),
                                             WebhookDeliveryDetail))

    @operation
    async def replay(self, delivery_id: str, *, idempotency_key: Optional[str] = None) -> WebhookDelivery:
        """Sends one again that has ended."""
        return await self._core.call(Request("POST", path("/api/webhook-deliveries/{}/replay", delivery_id),
                                             WebhookDelivery, body={}, key=idempotency_key))


class WebhookEvents(Resource[IO_T]):
    @operation
    async def list(self) -> List[WebhookEventType]:
        """The catalogue: each event with an example of its body."""
        return await self._core.call(Request("GET", "/api/webhook-events", List[WebhookEventType]))

    @operation
    async def replay(self, event_id: str, *, idempotency_key: Optional[str] = None) -> ReplayResult:
        """Sends an event again, to every endpoint that wants it now."""
        return await self._core.call(Request("POST", path("/api/webhook-events/{}/replay", event_id), ReplayResult,
                                             body={}, key=idempotency_key))
