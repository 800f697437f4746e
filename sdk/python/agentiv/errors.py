"""What a call can fail with. Every class is an AgentivError; those of the API are named for its codes."""
from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Type


class AgentivError(Exception):
    """code and status are those of the API's answer, None where there was none. body is its error object, with
    members that have no attribute here, as limit and resets_at of a RATE_LIMITED."""
    sent = False          # the request may have reached the server
    after_loss = False    # an earlier try of the same call was sent, and its answer lost

    def __init__(self, message: str, *, code: Optional[str] = None, status: Optional[int] = None,
                 request_id: Optional[str] = None, field: Optional[str] = None,
                 integration_slug: Optional[str] = None, retry_after: Optional[float] = None,
                 execution_id: Optional[str] = None, reason: Optional[str] = None,
                 idempotency_key: Optional[str] = None, body: Optional[Mapping[str, Any]] = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status
        self.request_id = request_id
        self.field = field
        self.integration_slug = integration_slug
        self.retry_after = retry_after
        self.execution_id = execution_id
        self.reason = reason                      # of a run that was waited for: the code inside the execution
        self.idempotency_key = idempotency_key    # of the POST: sent again with it, it is not done twice
        self.body: Dict[str, Any] = dict(body or {})

    def __str__(self) -> str:
        """The message, and what support asks for."""
        return f"{self.message} (request {self.request_id})" if self.request_id else self.message


class UnauthorizedError(AgentivError):
    """No key or session, or one that is not valid (any more)."""


class ForbiddenError(AgentivError):
    """The plan, the scope, the subscription or the key's networks do not allow it."""


class NotFoundError(AgentivError):
    """No such object, or another account's."""


class MethodNotAllowedError(AgentivError):
    """The path does not take this method."""


class ConflictError(AgentivError):
    """The object's state does not allow it, or an idempotency key was used with another body."""


class PayloadTooLargeError(AgentivError):
    """The request's body is larger than the server takes."""


class RateLimitedError(AgentivError):
    """A limit was reached: body has limit, max and resets_at; retry_after are seconds."""


class InvalidInputError(AgentivError):
    """field names what is wrong."""


class IntegrationNotConnectedError(AgentivError):
    """integration_slug names what the user has to connect."""


class ExecutionFailedError(AgentivError):
    """The run failed: execution_id names it. It is never repeated by itself."""


class InternalError(AgentivError):
    """A fault of the server's; its log has it by request_id."""


class UnavailableError(AgentivError):
    """The database is away, or the server is being stopped."""


class ResponseError(AgentivError):
    """The answer is not one of the API: a page of a proxy, broken JSON, a redirect."""


class AgentivConnectionError(AgentivError):
    """There was no answer, or only a part of one. What was asked for may have been done."""


class AgentivTimeoutError(AgentivConnectionError):
    """A time limit of the client's was over. A run that it waited for goes on; execution_id names it, where known."""


class WebhookVerificationError(AgentivError):
    """What came is not a webhook of the holder of this secret, or is too old."""


BY_CODE: Dict[str, Type[AgentivError]] = {
    "UNAUTHORIZED": UnauthorizedError,
    "FORBIDDEN": ForbiddenError,
    "NOT_FOUND": NotFoundError,
    "METHOD_NOT_ALLOWED": MethodNotAllowedError,
    "CONFLICT": ConflictError,
    "PAYLOAD_TOO_LARGE": PayloadTooLargeError,
    "RATE_LIMITED": RateLimitedError,
    "INVALID_INPUT": InvalidInputError,
    "INTEGRATION_NOT_CONNECTED": IntegrationNotConnectedError,
    "EXECUTION_FAILED": ExecutionFailedError,
    "INTERNAL": InternalError,
    "UNAVAILABLE": UnavailableError,
}
