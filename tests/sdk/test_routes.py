"""Each SDK has a method for each route of the API: it is called, and what it asks for is looked at.

A new route needs a line in CALLS, or in NOT_FOR_CALLERS with the reason."""
import json
import os
import subprocess
import sys
import unittest
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import faulty
from sdkcase import TOP, call

sys.path.insert(0, str(TOP / "sdk/python"))
import agentiv                                  # noqa: E402
from agentiv._operation import Method           # noqa: E402

CALLS = {
    "GET /api/agents": ("agents.list",),
    "GET /api/agents/{}": ("agents.get", "x"),
    "POST /api/agents/{}/run": ("agents.run", "x", {"input": {}, "async": True}),
    "GET /api/executions": ("executions.list",),
    "GET /api/executions/{}": ("executions.get", "x"),
    "GET /api/executions/{}/steps": ("executions.steps", "x"),
    "GET /api/executions/{}/events": ("executions.events", "x"),
    "POST /api/executions/{}/cancel": ("executions.cancel", "x"),
    "GET /api/schedules": ("schedules.list",),
    "GET /api/schedules/{}": ("schedules.get", "x"),
    "POST /api/schedules/{}": ("schedules.set", "x", {"cron_expr": "@daily", "timezone": "UTC"}),
    "DELETE /api/schedules/{}": ("schedules.delete", "x"),
    "POST /api/schedules/{}/run": ("schedules.run", "x"),
    "GET /api/schedules/{}/preview": ("schedules.preview", "x", {"count": 3}),
    "GET /api/schedules/{}/history": ("schedules.history", "x"),
    "GET /api/webhooks": ("webhooks.list",),
    "POST /api/webhooks": ("webhooks.create", {"url": "https://example.com/"}),
    "GET /api/webhooks/{}": ("webhooks.get", "x"),
    "PATCH /api/webhooks/{}": ("webhooks.update", "x", {"enabled": True}),
    "DELETE /api/webhooks/{}": ("webhooks.delete", "x"),
    "POST /api/webhooks/{}/rotate-secret": ("webhooks.rotate_secret", "x"),
    "POST /api/webhooks/{}/test": ("webhooks.test", "x"),
    "GET /api/webhooks/{}/deliveries": ("webhooks.deliveries", "x"),
    "POST /api/webhooks/{}/replay": ("webhooks.replay", "x", {"since": "2026-01-01T00:00:00Z"}),
    "GET /api/webhook-deliveries/{}": ("webhook_deliveries.get", "x"),
    "POST /api/webhook-deliveries/{}/replay": ("webhook_deliveries.replay", "x"),
    "GET /api/webhook-events": ("webhook_events.list",),
    "POST /api/webhook-events/{}/replay": ("webhook_events.replay", "x"),
    "GET /api/connections": ("connections.list",),
    "GET /api/usage": ("usage.get",),
    "GET /api/me": ("me.get",),
    "POST /api/me/password": ("me.set_password", {"current_password": "a", "new_password": "b"}),
    "GET /api/me/notifications": ("notifications.get",),
    "PATCH /api/me/notifications": ("notifications.update", {"run_failed": True}),
    "GET /api/keys": ("keys.list",),
    "POST /api/keys": ("keys.create", {"name": "x", "scopes": ["agents:read"]}),
    "POST /api/keys/{}/rotate": ("keys.rotate", "x"),
    "DELETE /api/keys/{}": ("keys.revoke", "x"),
    "POST /api/session": ("session.create", {"email": "a@example.com", "password": "b"}),
    "DELETE /api/session": ("session.delete",),
    "GET /api/openapi.json": ("openapi",),
    "GET /health/live": ("health.live",),
    "GET /health/ready": ("health.ready",),
}
NOT_FOR_CALLERS = {
    "/metrics": "for the operator's monitoring",
    "/api/unsubscribe/{}": "for who reads a mail",
    "/mcp": "spoken to by clients of the Model Context Protocol",
    "/.well-known/": "for those as well",
}
# methods that ask for what another one does
BESIDE = {"executions.wait"}


def routes():
    folder = Path(os.environ["STACK_BIN"])
    program = next(p for p in (folder / "agentiv.fcgi", folder / "../libexec/agentiv.fcgi") if p.exists())
    environment = {k: v for k, v in os.environ.items() if k != "GATEWAY_INTERFACE"}
    told = json.loads(subprocess.run([program, "--routes"], env=environment, stdout=subprocess.PIPE, timeout=30,
                                     check=True).stdout)
    return {f"{r['method']} {r['path']}" for r in told if not r["path"].startswith(tuple(NOT_FOR_CALLERS))}


def refuse(x):
    return x.tell(403, {"success": False, "error": {"code": "FORBIDDEN", "message": "All of it"}})


def asked_for(sdk, route):
    """What the SDK's method for the route asks a server that refuses everything."""
    method, *args = CALLS[route]
    listed = method.endswith((".deliveries", ".steps", ".history", ".events")) or method in ("executions.list", "webhooks.list")
    with faulty.Faulty("http://127.0.0.1:1", refuse, 99) as server:
        told = call(sdk, method, args, listed, api_key="k", base_url=server.url)
    if told.get("error", {}).get("code") != "FORBIDDEN":
        raise AssertionError(f"{sdk}: {method} was not refused: {told}")
    return [f"{r.method} {r.target.partition('?')[0]}" for r in server.requests]


def python_methods():
    found = set()
    client = agentiv.Agentiv("k")
    for name, resource in [("", client), *((n + ".", r) for n, r in vars(client).items() if not n.startswith("_"))]:
        found |= {name + n for n in dir(type(resource)) if isinstance(vars(type(resource)).get(n), Method)}
    return found | {"openapi"}


class Routes(unittest.TestCase):
    def test_every_route_for_callers_has_a_call_and_every_call_a_route(self):
        self.assertEqual(set(CALLS), routes())

    def test_every_sdk_asks_for_the_route_of_each_call(self):
        wrong = defaultdict(list)
        with ThreadPoolExecutor(4) as pool:
            asked = {(sdk, route): pool.submit(asked_for, sdk, route)
                     for sdk in ("node, require", "python") for route in CALLS}
        for (sdk, route), future in asked.items():
            if future.result() != [route.replace("{}", "x")]:
                wrong[sdk].append((route, future.result()))
        self.assertEqual(wrong, {})

    def test_every_method_of_the_python_sdk_is_among_the_calls(self):
        self.assertEqual(python_methods() - BESIDE, {method for method, *_ in CALLS.values()})



if __name__ == "__main__":
    unittest.main()
