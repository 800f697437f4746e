"""One call of the Python SDK: driver.py sync|async.

In: a line of JSON, {"call": "agents.run", "args": [...], "client": {options}, "stream": bool}. An object at the end of
args are keyword arguments, async among them. Out: a line, {"ok": result}, of lists and streams an array of all that
came, or {"error": {"class", "code", "status", "request_id", "execution_id", "message"}}."""
import asyncio
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "sdk/python"))

import agentiv    # noqa: E402

# what a name in Python cannot be
NAMES = {"async": "async_", "from": "from_"}


def method_of(client, call):
    for name in call.split("."):
        client = getattr(client, name)
    return client


def arguments(args):
    if not args or not isinstance(args[-1], dict):
        return args, {}
    return args[:-1], {NAMES.get(name, name): value for name, value in args[-1].items()}


def plain(entry):
    """Events are tuples with names."""
    return entry._asdict() if hasattr(entry, "_asdict") else entry


def call_blocking(asked):
    args, named = arguments(asked.get("args", []))
    with agentiv.Agentiv(**asked["client"]) as client:
        result = method_of(client, asked["call"])(*args, **named)
        if isinstance(result, (agentiv.Listing, agentiv.EventStream)):
            return [plain(entry) for entry in result]
        return result


async def call_asyncio(asked):
    args, named = arguments(asked.get("args", []))
    async with agentiv.AsyncAgentiv(**asked["client"]) as client:
        result = method_of(client, asked["call"])(*args, **named)
        if isinstance(result, (agentiv.AsyncListing, agentiv.AsyncEventStream)):
            return [plain(entry) async for entry in result]
        return await result


def answer(mode, asked):
    try:
        return {"ok": call_blocking(asked) if mode == "sync" else asyncio.run(call_asyncio(asked))}
    except agentiv.AgentivError as error:
        told = {name: getattr(error, name) for name in ("code", "status", "request_id", "execution_id", "message")}
        return {"error": {"class": type(error).__name__, **told}}


print(json.dumps(answer(sys.argv[1], json.loads(sys.stdin.readline()))))
