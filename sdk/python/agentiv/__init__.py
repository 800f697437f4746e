"""The API of Agentiv, for Python.

    from agentiv import Agentiv

    client = Agentiv()    # AGENTIV_API_KEY, AGENTIV_BASE_URL
    result = client.agents.run("email-triage", input={"max_emails": 20})
    print(result.summary)
"""
from ._events import AsyncEventStream, EventStream
from ._objects import Object
from ._paging import AsyncListing, Listing, Page
from ._version import __version__
from .client import Agentiv, AsyncAgentiv
from .errors import (AgentivConnectionError, AgentivError, AgentivTimeoutError, ConflictError, ExecutionFailedError,
                     ForbiddenError, IntegrationNotConnectedError, InternalError, InvalidInputError,
                     MethodNotAllowedError, NotFoundError, PayloadTooLargeError, RateLimitedError, ResponseError,
                     UnauthorizedError, UnavailableError, WebhookVerificationError)
from .verification import verify_webhook

__all__ = [
    "Agentiv", "AgentivConnectionError", "AgentivError", "AgentivTimeoutError", "AsyncAgentiv", "AsyncEventStream",
    "AsyncListing", "ConflictError", "EventStream", "ExecutionFailedError", "ForbiddenError",
    "IntegrationNotConnectedError", "InternalError", "InvalidInputError", "Listing", "MethodNotAllowedError",
    "NotFoundError", "Object", "Page", "PayloadTooLargeError", "RateLimitedError", "ResponseError",
    "UnauthorizedError", "UnavailableError", "WebhookVerificationError", "__version__", "verify_webhook",
]
