"""client.executions: runs, listed, looked at, followed, waited for, cancelled."""
from __future__ import annotations

from typing import List, Optional

from ._events import Steps, wait_for_end
from ._operation import IO_T, Resource, listing, operation, streaming
from ._paging import Pages
from ._request import Request, Time, path
from .agents import checked
from .errors import ConflictError
from .types import Execution, ExecutionStatus, ExecutionSummary, Step, TriggerType


class Executions(Resource[IO_T]):
    @listing
    def list(self, *, status: Optional[ExecutionStatus] = None, agent_slug: Optional[str] = None,
             trigger_type: Optional[TriggerType] = None, schedule_id: Optional[str] = None,
             created_after: Optional[Time] = None, created_before: Optional[Time] = None, limit: Optional[int] = None,
             cursor: Optional[str] = None) -> Pages[ExecutionSummary]:
        """The account's runs, newest first. limit: of a page, 1 to 100."""
        return Pages(self._core, "/api/executions", List[ExecutionSummary], {
            "status": status, "agent_slug": agent_slug, "trigger_type": trigger_type, "schedule_id": schedule_id,
            "created_after": created_after, "created_before": created_before, "limit": limit, "cursor": cursor})

    @operation
    async def get(self, execution_id: str) -> Execution:
        """A run as it is now, with its output when it has one."""
        return await self._core.call(Request("GET", path("/api/executions/{}", execution_id), Execution))

    @listing
    def steps(self, execution_id: str, *, after: Optional[int] = None, limit: Optional[int] = None) -> Pages[Step]:
        """What a run has done until now, behind the step with the number after."""
        return Pages(self._core, path("/api/executions/{}/steps", execution_id), List[Step],
                     {"after": after, "limit": limit}, lambda page: {"after": page[-1].step if page else ""})

    @streaming
    def events(self, execution_id: str, *, after: Optional[int] = None) -> Steps:
        """The steps of a run as they happen, behind the one with the number after, and its end. A connection that is
        lost is taken up again, without losing or repeating a step."""
        path("{}", execution_id)
        return Steps(self._core, execution_id, after)

    @operation
    async def wait(self, execution_id: str, *, wait_timeout: Optional[float] = None) -> Execution:
        """The run when it has succeeded; raises ExecutionFailedError when it has failed, AgentivTimeoutError when
        it goes on for longer."""
        return checked(await wait_for_end(self._core, execution_id, self._core.wait_deadline(wait_timeout)))

    @operation
    async def cancel(self, execution_id: str) -> Execution:
        """A queued run ends at once, a running one at its next step. Raises ConflictError when it is over."""
        there = path("/api/executions/{}", execution_id)
        try:
            return await self._core.call(Request("POST", there + "/cancel", Execution))
        except ConflictError as error:
            if not error.after_loss:
                raise
            # the try whose answer was lost may have done it
            execution = await self._core.call(Request("GET", there, Execution))
            if execution.error is None or execution.error.code != "CANCELLED":
                raise
            return execution
