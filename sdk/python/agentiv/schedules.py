"""client.schedules: one of each agent."""
from __future__ import annotations

from typing import Any, List, Mapping, Optional

from ._operation import IO_T, Resource, listing, operation
from ._paging import Pages
from ._request import NOTHING, Request, Time, path
from .types import CatchUp, Overlap, RunAccepted, Schedule, ScheduleSlot, SlotOutcome


class Schedules(Resource[IO_T]):
    @operation
    async def list(self) -> List[Schedule]:
        """The account's schedules, by agent."""
        return await self._core.call(Request("GET", "/api/schedules", List[Schedule]))

    @operation
    async def get(self, slug: str) -> Schedule:
        """The schedule of an agent."""
        return await self._core.call(Request("GET", path("/api/schedules/{}", slug), Schedule))

    @operation
    async def set(self, slug: str, *, cron_expr: str, timezone: str, enabled: Optional[bool] = None,
                  input_payload: Optional[Mapping[str, Any]] = None, catch_up: Optional[CatchUp] = None,
                  overlap: Optional[Overlap] = None, starts_at: Optional[Time] = None, ends_at: Optional[Time] = None,
                  pause_after_failures: Optional[int] = None, idempotency_key: Optional[str] = None) -> Schedule:
        """Makes an agent's schedule, or puts another in its place: what is left away is a default again."""
        body = {"cron_expr": cron_expr, "timezone": timezone, "enabled": enabled, "input_payload": input_payload,
                "catch_up": catch_up, "overlap": overlap, "starts_at": starts_at, "ends_at": ends_at,
                "pause_after_failures": pause_after_failures}
        return await self._core.call(Request("POST", path("/api/schedules/{}", slug), Schedule, body=body,
                                             key=idempotency_key))

    @operation
    async def delete(self, slug: str) -> None:
        """Deletes it, with the runs that wait for their turn."""
        await self._core.delete(Request("DELETE", path("/api/schedules/{}", slug), NOTHING))

    @operation
    async def run(self, slug: str, *, idempotency_key: Optional[str] = None) -> RunAccepted:
        """Runs it now, with its input; returns at once."""
        return await self._core.call(Request("POST", path("/api/schedules/{}/run", slug), RunAccepted,
                                             key=idempotency_key))

    @operation
    async def preview(self, slug: str, *, count: Optional[int] = None, from_: Optional[Time] = None,
                      cron_expr: Optional[str] = None, timezone: Optional[str] = None) -> List[str]:
        """The next times behind from_, or behind now; with cron_expr and timezone of a schedule that is not saved."""
        return await self._core.call(Request("GET", path("/api/schedules/{}/preview", slug), List[str], {
            "count": count, "from": from_, "cron_expr": cron_expr, "timezone": timezone}))

    @listing
    def history(self, slug: str, *, outcome: Optional[SlotOutcome] = None, limit: Optional[int] = None,
                cursor: Optional[str] = None) -> Pages[ScheduleSlot]:
        """What became of its times, newest first."""
        return Pages(self._core, path("/api/schedules/{}/history", slug), List[ScheduleSlot],
                     {"outcome": outcome, "limit": limit, "cursor": cursor})
