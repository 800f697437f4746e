"""What a type checker must understand of a program that uses the package: each line with an error says which."""
from typing import List, Optional, Union

from agentiv import Agentiv, AsyncAgentiv
from agentiv.types import AgentDetail, ExecutionSummary, RunAccepted, RunResult

client = Agentiv()

result: RunResult = client.agents.run("probe", input={"n": 1}, max_tokens=9)
accepted: RunAccepted = client.agents.run("probe", async_=True, delay_seconds=60)
either: Union[RunAccepted, RunResult] = client.agents.run("probe", async_=bool(result.tokens_used))
summary: Optional[str] = result.summary
agent: AgentDetail = client.agents.get("probe")
executions: List[ExecutionSummary] = list(client.executions.list(status="failed"))
for event in client.executions.events("exec_1"):
    name: str = event.data.name if event.event == "step" else event.data.status
quick: Agentiv = client.with_options(timeout=1)

client.agents.run("probe", delay_seconds=60)             # error: call-overload
client.agents.run("probe", urgent=True)                  # error: call-overload
client.executions.list(status="lost")                    # error: arg-type
client.webhooks.create(events=["schedule.fired"])        # error: call-arg
client.agents.get(5)                                     # error: arg-type
print(result.sumary)                                     # error: attr-defined


async def main() -> None:
    other = AsyncAgentiv()
    awaited: RunResult = await other.agents.run("probe")
    accepted_there: RunAccepted = await other.agents.run("probe", async_=True)
    async for execution in other.executions.list():
        print(execution.id, awaited.output, accepted_there.status)
    async for event_there in other.executions.events("exec_1"):
        print(event_there.id)
    print(other.agents.run("probe").summary)             # error: attr-defined
    other.agents.get("probe")                            # error: unused-coroutine
    for page in other.executions.list().pages():         # error: attr-defined
        print(page)
