"""Speaking the Model Context Protocol to /mcp, in both of its generations, without a client library."""
import itertools
import json

from client import Account, Answer, ApiCase, exchange

MODERN, LEGACY = "2026-07-28", "2025-11-25"
META = "io.modelcontextprotocol/"
TASKS = META + "tasks"
NAMED_BY = {"tools/call": "name", "tasks/get": "taskId", "tasks/cancel": "taskId", "tasks/update": "taskId"}
ids = itertools.count(1)


def rpc(case, body, key=..., headers=None, **more):
    """A message; what the API refuses comes back as it does of other paths: its error stands in the message's data."""
    key = case.account.key if key is ... else key
    headers = {"Accept": "application/json, text/event-stream", **(headers or {})}
    if key is not None:
        headers.setdefault("Authorization", f"Bearer {key}")
    answer = exchange(case.platform.url, "POST", "/mcp", body, headers, **more)
    data = answer.body and answer.body.get("error", {}).get("data")
    if isinstance(data, dict) and "code" in data:
        answer = Answer(answer.status, answer.headers, answer.text, {"success": False, "error": data})
        case.check_answer(answer)
    return answer


def events(answer):
    """The messages of an event stream."""
    return [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]


class McpCase(ApiCase):
    """self.modern and self.legacy send a request; they return the answer. self.result is its result."""

    def rpc(self, body, **options):
        return rpc(self, body, **options)

    def legacy(self, method, params=None, headers=None, meta=None, **options):
        params = {**(params or {}), "_meta": meta} if meta else params
        body = {"jsonrpc": "2.0", "id": next(ids), "method": method, **({"params": params} if params is not None else {})}
        return self.rpc(body, headers={"MCP-Protocol-Version": LEGACY, **(headers or {})}, **options)

    def modern(self, method, params=None, meta=None, capabilities=None, headers=None, **options):
        params = dict(params or {})
        params["_meta"] = {META + "protocolVersion": MODERN, META + "clientCapabilities": capabilities or {}, **(meta or {})}
        named = {"Mcp-Name": params[NAMED_BY[method]]} if method in NAMED_BY and NAMED_BY[method] in params else {}
        body = {"jsonrpc": "2.0", "id": next(ids), "method": method, "params": params}
        return self.rpc(body, headers={"MCP-Protocol-Version": MODERN, "Mcp-Method": method, **named, **(headers or {})},
                        **options)

    def tool(self, name, arguments=None, how=None, **options):
        """What a tool answers, by the modern revision if not told otherwise."""
        return self.result((how or self.modern)("tools/call", {"name": name, "arguments": arguments or {}}, **options))

    def task(self, name, arguments=None, **options):
        """The same by a client that takes tasks."""
        return self.tool(name, arguments, capabilities={"extensions": {TASKS: {}}}, **options)

    def task_now(self, task_id, **options):
        return self.result(self.modern("tasks/get", {"taskId": task_id}, capabilities={"extensions": {TASKS: {}}}, **options))

    def result(self, answer):
        self.assertEqual(answer.status, 200, answer.text)
        body = answer.body or events(answer)[-1]
        self.assertIn("result", body, answer.text)
        return body["result"]

    def fails(self, answer, code, status=400):
        """The answer is this error of JSON-RPC; its message."""
        self.assertEqual(answer.status, status, answer.text)
        self.assertEqual(answer.body["error"]["code"], code, answer.text)
        return answer.body["error"]["message"]

    def text(self, result):
        return " ".join(block["text"] for block in result["content"] if block["type"] == "text")


__all__ = ["Account", "LEGACY", "META", "MODERN", "McpCase", "TASKS", "events", "rpc"]
