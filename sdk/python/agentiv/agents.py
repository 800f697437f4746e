"""client.agents: what there is to run, and running it."""
from __future__ import annotations

from typing import Any, Coroutine, List, Literal, Mapping, Optional, Protocol, Union, overload

from ._asyncio import AsyncioIO
from ._blocking import BlockingIO
from ._core import Core, Deadline
from ._events import wait_for_end
from ._operation import IO_T, Method, Resource, operation
from ._request import Request, Time, path
from ._retry import backoff
from .errors import (AgentivConnectionError, AgentivError, ExecutionFailedError, ForbiddenError,
                     IntegrationNotConnectedError)
from .types import Agent, AgentDetail, Execution, RunAccepted, RunResult

def checked(execution: Execution) -> Execution:
    """One that has ended; raises as a run's own request does when it has failed."""
    if execution.status != "failed":
        return execution
    error = execution.error
    connect = error is not None and error.code == "INTEGRATION_NOT_CONNECTED"
    kind = IntegrationNotConnectedError if connect else ExecutionFailedError
    raise kind(error.message if error else "The run failed", body=error, execution_id=execution.id,
               reason=error.code if error else None,
               code="INTEGRATION_NOT_CONNECTED" if connect else "EXECUTION_FAILED")


async def finish(core: Core, request: Request[RunResult], deadline: Deadline) -> RunResult:
    """Runs and waits to the end, however long the server itself lets one wait at once."""
    failures, known = 0, None
    while True:
        try:
            result = await core.call(request, deadline.left())
        except AgentivError as error:
            error.execution_id = error.execution_id or known
            raise
        known = result.execution_id
        if result.status == "success":
            return result
        try:
            return result_of(await wait_for_end(core, result.execution_id, deadline))
        except ForbiddenError:
            # the key may run and not read: the same request under the same key waits for the same run
            failures += 1
            await core.io.sleep(backoff(core.io, failures))
        except AgentivConnectionError as error:
            error.idempotency_key = request.key
            raise


def result_of(execution: Execution) -> RunResult:
    """What the run's own request is answered when it ends in time."""
    members = ("status", "summary", "output", "tokens_used", "duration_ms")
    return RunResult(execution_id=execution.id, **{name: checked(execution).get(name) for name in members})


class RunCall(Protocol):
    @overload
    def __call__(self, slug: str, *, input: Optional[Mapping[str, Any]] = ..., async_: Literal[False] = ...,
                 webhook_url: Optional[str] = ..., max_tokens: Optional[int] = ...,
                 idempotency_key: Optional[str] = ..., wait_timeout: Optional[float] = ...) -> RunResult: ...

    @overload
    def __call__(self, slug: str, *, async_: Literal[True], input: Optional[Mapping[str, Any]] = ...,
                 webhook_url: Optional[str] = ..., delay_seconds: Optional[int] = ..., run_at: Optional[Time] = ...,
                 max_tokens: Optional[int] = ..., idempotency_key: Optional[str] = ...) -> RunAccepted: ...

    @overload
    def __call__(self, slug: str, *, async_: bool, input: Optional[Mapping[str, Any]] = ...,
                 webhook_url: Optional[str] = ..., delay_seconds: Optional[int] = ..., run_at: Optional[Time] = ...,
                 max_tokens: Optional[int] = ..., idempotency_key: Optional[str] = ...,
                 wait_timeout: Optional[float] = ...) -> Union[RunAccepted, RunResult]: ...


class AsyncRunCall(Protocol):
    @overload
    def __call__(self, slug: str, *, input: Optional[Mapping[str, Any]] = ..., async_: Literal[False] = ...,
                 webhook_url: Optional[str] = ..., max_tokens: Optional[int] = ...,
                 idempotency_key: Optional[str] = ...,
                 wait_timeout: Optional[float] = ...) -> Coroutine[Any, Any, RunResult]: ...

    @overload
    def __call__(self, slug: str, *, async_: Literal[True], input: Optional[Mapping[str, Any]] = ...,
                 webhook_url: Optional[str] = ..., delay_seconds: Optional[int] = ..., run_at: Optional[Time] = ...,
                 max_tokens: Optional[int] = ...,
                 idempotency_key: Optional[str] = ...) -> Coroutine[Any, Any, RunAccepted]: ...

    @overload
    def __call__(self, slug: str, *, async_: bool, input: Optional[Mapping[str, Any]] = ...,
                 webhook_url: Optional[str] = ..., delay_seconds: Optional[int] = ..., run_at: Optional[Time] = ...,
                 max_tokens: Optional[int] = ..., idempotency_key: Optional[str] = ...,
                 wait_timeout: Optional[float] = ...) -> Coroutine[Any, Any, Union[RunAccepted, RunResult]]: ...


class RunOperation(Method):
    """An operation whose result depends on async_."""

    @overload
    def __get__(self, instance: Resource[BlockingIO], owner: Any) -> RunCall: ...

    @overload
    def __get__(self, instance: Resource[AsyncioIO], owner: Any) -> AsyncRunCall: ...

    @overload
    def __get__(self, instance: None, owner: Any) -> RunOperation: ...

    def __get__(self, instance: Any, owner: Any) -> Any:
        return self.bound(instance)


class Agents(Resource[IO_T]):
    @RunOperation
    async def run(self, slug: str, *, input: Optional[Mapping[str, Any]] = None, async_: bool = False,
                  webhook_url: Optional[str] = None, delay_seconds: Optional[int] = None, run_at: Optional[Time] = None,
                  max_tokens: Optional[int] = None, idempotency_key: Optional[str] = None,
                  wait_timeout: Optional[float] = None) -> Union[RunAccepted, RunResult]:
        """Runs an agent and waits for its end, up to wait_timeout seconds; a run that fails raises
        ExecutionFailedError. async_=True: returns at once what was accepted; executions.wait waits for that."""
        core = self._core
        body = {"input_payload": {} if input is None else input, "async": async_, "webhook_url": webhook_url,
                "delay_seconds": delay_seconds, "run_at": run_at, "max_tokens": max_tokens}
        there = path("/api/agents/{}/run", slug)
        if async_:
            return await core.call(Request("POST", there, RunAccepted, body=body, key=idempotency_key))
        request = core.with_key(Request("POST", there, RunResult, body=body, key=idempotency_key))
        return await finish(core, request, core.wait_deadline(wait_timeout))

    @operation
    async def list(self) -> List[Agent]:
        """The agents of the installation, as the account sees them."""
        return await self._core.call(Request("GET", "/api/agents", List[Agent]))

    @operation
    async def get(self, slug: str) -> AgentDetail:
        """One agent, with the schemas of its input and output."""
        return await self._core.call(Request("GET", path("/api/agents/{}", slug), AgentDetail))
