"""The Node SDK beside the API that the responder describes: its routes, their queries and bodies, and every type."""
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import node_api
from node_package import compile_types, install, typed

# schemas that the package has no type for: ids and times are strings; what agents of an installation take and give is not
# known to it; /mcp is not for it; the rest stands in its methods
WITHOUT_TYPE = {"ErrorResponse", "Live", "Ready", "NoMembers", "OpenApi", "ReplayRequest", "ScheduleTime", "AgentSlug",
                "ProtectedResource", "RpcMessage", "RpcResponse", "RpcError"}
OF_AGENTS = ("Input", "Output", "RunRequest", "RunResult")
# types that the API has no schema for
WITHOUT_SCHEMA = {"ExecutionEvent", "Limit", "SessionToken", "UsageFigures", "WebhookPayload"}
NOT_FOR_CALLERS = {
    "/metrics": "for the operator's monitoring",
    "/mcp": "for clients of the Model Context Protocol",
    "/.well-known/": "for those, too",
    "/api/unsubscribe/{}": "for who reads a mail",
}


def responder(word):
    folder = Path(os.environ["STACK_BIN"])
    program = next(p for p in (folder / "agentiv.fcgi", folder / "../libexec/agentiv.fcgi") if p.exists())
    environment = {k: v for k, v in os.environ.items() if k != "GATEWAY_INTERFACE"}
    return json.loads(subprocess.run([program, word], env=environment, stdout=subprocess.PIPE, timeout=30, check=True).stdout)


class Routes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.api = {(r["method"], r["path"]): r for r in responder("--routes") if not r["path"].startswith(tuple(NOT_FOR_CALLERS))}
        cls.sdk = {(r["method"], node_api.anonymous(r["path"])): r for name, r in node_api.routes() if name != "executions.wait"}

    def test_every_route_has_a_method_and_every_method_a_route(self):
        self.assertEqual(set(self.sdk), set(self.api))

    def test_every_query_of_a_route_is_an_option(self):
        self.assertEqual({key: set(route.get("query", [])) for key, route in self.sdk.items()},
                         {key: set(route["query"]) for key, route in self.api.items()})


class Described(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.document = responder("--openapi")

    def schema(self, media):
        ref = media["application/json"]["schema"].get("$ref")
        return self.document["components"]["schemas"][ref.rpartition("/")[2]] if ref else media["application/json"]["schema"]

    def test_every_member_of_a_body_is_an_option(self):
        paths = {node_api.anonymous(path): item for path, item in reversed(self.document["paths"].items())}
        for name, route in node_api.routes():
            with self.subTest(method=name):
                operation = paths[node_api.anonymous(route["path"])][route["method"].lower()]
                given = self.schema(operation["requestBody"]["content"]) if "requestBody" in operation else {}
                self.assertEqual(set(route.get("body", [])), set(given.get("properties", {})))

    def test_every_schema_has_a_type_and_every_type_a_schema(self):
        agents = tuple(n for n in self.document["components"]["schemas"] if n.endswith(OF_AGENTS) and n not in ("RunRequest", "RunResult"))
        schemas = {name for name in self.document["components"]["schemas"]
                   if name not in WITHOUT_TYPE and name not in agents and not name.endswith("Id")}
        self.assertEqual(node_api.sdk_types() - WITHOUT_SCHEMA, schemas)

    def test_types_and_schemas_are_assignable_to_each_other(self):
        with tempfile.TemporaryDirectory() as folder:
            project = typed(install(Path(folder)))
            node_api.write(project, self.document)
            compile_types(project, ["same.ts"], "node16", "node16")


if __name__ == "__main__":
    unittest.main()
