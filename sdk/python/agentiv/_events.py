"""The steps of a run as they happen, and waiting for its end by them."""
from __future__ import annotations

import json
from collections import deque
from typing import Any, AsyncIterator, Callable, Deque, Iterator, Optional

from ._core import Answer, Core, Deadline
from ._objects import Object, shape
from ._request import Request, path
from ._retry import backoff, is_passing, pause
from ._sse import Event, EventParser
from .errors import AgentivConnectionError, AgentivError, AgentivTimeoutError, ResponseError
from .types import EndEvent, Execution, ExecutionSummary, RunEvent, Step, StepEvent

SILENCE_S = 45.0       # the server says something every 15 s
SHORT_S = 30.0         # a connection that ends sooner, without the run's end, has failed
ENDED = ("success", "failed")


class Connected:
    """One connection to a run's events."""

    def __init__(self, answer: Answer, parser: EventParser) -> None:
        self._answer, self._parser = answer, parser
        self._events: Deque[Event] = deque()

    async def next(self) -> Optional[Event]:
        """None when the server ends it."""
        while not self._events:
            piece = await self._answer.piece()
            if not piece:
                return None
            self._events.extend(self._parser.feed(piece))
        return self._events.popleft()

    def close(self) -> None:
        self._answer.close()


async def connect(core: Core, execution_id: str, last_event_id: str, patience: Callable[[], float]) -> Connected:
    """Tries once. Raises what the API says, or a ResponseError where something else answers."""
    headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
    if last_event_id:
        headers["Last-Event-ID"] = last_event_id
    request = Request("GET", path("/api/executions/{}/events", execution_id), Object, headers=headers)
    answer = await core.send(request, Deadline(core.io, core.options.timeout), patience)
    kind = (answer.head.get("content-type") or "").partition(";")[0].strip().lower()
    if answer.head.status != 200 or kind != "text/event-stream":
        core.judge(request, answer.head, await answer.content())
        raise ResponseError("The answer holds no events", status=answer.head.status)
    parser = EventParser()
    parser.last_id = last_event_id
    return Connected(answer, parser)


class Steps:
    """The events of a run behind a step, over as many connections as it takes."""

    def __init__(self, core: Core, execution_id: str, after: Optional[int]) -> None:
        self.core, self.execution_id = core, execution_id
        self.last_id = "" if after is None else str(after)
        self._connected: Optional[Connected] = None
        self._failures, self._since = 0, 0.0
        self._closed = False

    async def next(self) -> Optional[RunEvent]:
        """None behind the end."""
        while not self._closed:
            try:
                event = await self._event()
                data = _data(event)
            except AgentivError as error:
                await self._fail(error)
                continue
            except BaseException:
                self.close()
                raise
            self._failures = 0
            if event.event == "step":
                self.last_id = event.id
                return StepEvent("step", event.id, shape(Step, data))
            if event.event == "end":
                self.close()
                return EndEvent("end", event.id, shape(ExecutionSummary, data))
        return None

    async def _event(self) -> Event:
        io = self.core.io
        if self._connected is None:
            self._connected = await connect(self.core, self.execution_id, self.last_id, lambda: SILENCE_S)
            self._since = io.monotonic()
        event = await self._connected.next()
        if event is None:
            # the server ends what lasts long: that is no failure
            self._failures = 0 if io.monotonic() - self._since >= SHORT_S else self._failures
            raise AgentivConnectionError("The server ended the events before the run's end")
        return event

    async def _fail(self, error: AgentivError) -> None:
        """Waits for the next try, or raises."""
        self._drop()
        self._failures += 1
        wait = pause(self.core.io, error, self._failures)
        if wait is None or not is_passing(error) or self._failures > max(self.core.options.max_retries, 1):
            self.close()
            raise error
        await self.core.io.sleep(wait)

    def _drop(self) -> None:
        if self._connected:
            self._connected.close()
        self._connected = None

    def close(self) -> None:
        self._drop()
        self._closed = True


def _data(event: Event) -> Any:
    if event.event not in ("step", "end"):
        return None
    try:
        data = json.loads(event.data, object_pairs_hook=Object)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, Object):
        raise ResponseError("An event of a run is not one of the API", status=200)
    return data


class EventStream:
    """Each step of a run as it happens, then its end. close() or `with` ends it before."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    def __iter__(self) -> Iterator[RunEvent]:
        return self

    def __next__(self) -> RunEvent:
        event: Optional[RunEvent] = self._steps.core.io.run(self._steps.next())
        if event is None:
            raise StopIteration
        return event

    def close(self) -> None:
        self._steps.close()

    def __enter__(self) -> EventStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncEventStream:
    """EventStream, for asyncio."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    def __aiter__(self) -> AsyncIterator[RunEvent]:
        return self

    async def __anext__(self) -> RunEvent:
        event = await self._steps.next()
        if event is None:
            raise StopAsyncIteration
        return event

    async def close(self) -> None:
        self._steps.close()

    async def __aenter__(self) -> AsyncEventStream:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._steps.close()


# ---- the end of a run ----

async def wait_for_end(core: Core, execution_id: str, deadline: Deadline) -> Execution:
    """The execution when it is over, however. Its events tell when that is; where they cannot be had it is asked for
    again and again."""
    failures = 0
    while True:
        try:
            heard = await _watch(core, execution_id, deadline)
            request = Request("GET", path("/api/executions/{}", execution_id), Execution)
            execution = await core.call(request, deadline.at_most(core.options.timeout))
        except AgentivConnectionError as error:
            error.execution_id = execution_id
            raise error if deadline.left() > 0 else _late(execution_id) from error
        if execution.status in ENDED:
            return execution
        failures = 1 if heard else failures + 1
        wait = backoff(core.io, failures)
        if wait >= deadline.left():
            raise _late(execution_id)
        await core.io.sleep(wait)


def _late(execution_id: str) -> AgentivTimeoutError:
    return AgentivTimeoutError(f"The run {execution_id} has not ended in time; it goes on", execution_id=execution_id)


async def _watch(core: Core, execution_id: str, deadline: Deadline) -> bool:
    """Until the run's end, or until its events cannot be had; whether any came."""
    connected, heard = None, False
    try:
        connected = await connect(core, execution_id, "", lambda: deadline.at_most(SILENCE_S))
        while True:
            event = await connected.next()
            if event is None or event.event == "end":
                return heard
            heard = True
    except AgentivError as error:
        if not is_passing(error) and not isinstance(error, ResponseError):
            raise
        deadline.at_most(SILENCE_S)
        return heard
    finally:
        if connected:
            connected.close()
