"""The Model Context Protocol at /mcp: what is spoken there, by both of its generations, and who may."""
import json
import unittest

from client import CGI, exchange, exchange_raw, wait_until
from mcp import LEGACY, META, MODERN, TASKS, Account, McpCase, events, rpc


class Message(McpCase):
    """What is no request of JSON-RPC."""

    def test_what_is_no_json_is_a_parse_error(self):
        self.fails(self.rpc(b"{"), -32700)

    def test_a_batch_is_refused(self):
        self.fails(self.rpc([{"jsonrpc": "2.0", "id": 1, "method": "ping"}]), -32600)

    def test_another_version_of_json_rpc_is_refused(self):
        self.fails(self.rpc({"jsonrpc": "1.0", "id": 1, "method": "ping"}), -32600)

    def test_an_id_is_a_string_or_a_whole_number(self):
        for odd in (None, 1.5, {}, [], True, "x" * 300):
            with self.subTest(odd):
                self.fails(self.rpc({"jsonrpc": "2.0", "id": odd, "method": "ping"}), -32600)

    def test_an_answer_bears_the_id_of_its_request_as_it_was(self):
        for good in ("é\n\"", 7, -9007199254740993, ""):
            with self.subTest(good):
                self.assertEqual(self.rpc({"jsonrpc": "2.0", "id": good, "method": "ping"}).body["id"], good)

    def test_an_error_bears_the_id_too(self):
        self.assertEqual(self.rpc({"jsonrpc": "2.0", "id": "a", "method": "no/such"}).body["id"], "a")

    def test_params_are_an_object(self):
        self.fails(self.legacy("tools/list", [1]), -32602)

    def test_members_that_nobody_knows_hide_none(self):
        many = {f"m{i}": i for i in range(40)}
        body = {**many, "jsonrpc": "2.0", "id": 1, "method": "tools/call",
                "params": {**many, "name": "probe", "arguments": {"payload": 7}}}
        self.assertEqual(self.result(self.rpc(body))["structuredContent"]["payload"], 7)

    def test_a_notification_and_a_response_are_taken_and_left(self):
        for body in ({"jsonrpc": "2.0", "method": "notifications/initialized"}, {"jsonrpc": "2.0", "id": 1, "result": {}},
                     {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}):
            with self.subTest(body):
                answer = self.rpc(body)
                self.assertEqual((answer.status, answer.text), (202, ""))

    def test_a_body_of_another_type_is_refused(self):
        answer = self.rpc(b"a=b", headers={"Content-Type": "application/x-www-form-urlencoded"})
        self.refused(answer, "INVALID_INPUT")

    def test_get_and_delete_are_not_taken(self):
        for method in ("GET", "DELETE"):
            answer = self.call(method, "/mcp")
            self.refused(answer, "METHOD_NOT_ALLOWED")
            self.assertEqual(answer.headers["Allow"], "POST, OPTIONS")


class Who(McpCase):
    def test_who_has_no_key_is_told_where_to_read_of_it(self):
        answer = self.legacy("tools/list", key=None)
        self.refused(answer, "UNAUTHORIZED")
        challenge = answer.headers["WWW-Authenticate"]
        self.assertIn('scope="agents:read agents:run"', challenge)
        url = challenge.split('resource_metadata="')[1].rstrip('"')
        self.assertTrue(url.startswith(self.platform.url), url)
        path = url[len(self.platform.url):]
        metadata = exchange(self.platform.url, "GET", path).body
        self.assertEqual(metadata["resource"], self.platform.url + "/mcp")
        self.assertEqual(metadata["bearer_methods_supported"], ["header"])
        self.assertEqual(metadata["scopes_supported"], ["agents:read", "agents:run"])

    def test_a_key_without_the_scope_for_a_tool_is_told_which(self):
        reader = self.account.new_key("agents:read")["key"]
        answer = self.modern("tools/call", {"name": "probe", "arguments": {}}, key=reader)
        self.refused(answer, "FORBIDDEN")
        self.assertIn('error="insufficient_scope", scope="agents:run"', answer.headers["WWW-Authenticate"])

    def test_each_thing_takes_its_own_scope(self):
        runner, reader = (self.account.new_key(scope)["key"] for scope in ("agents:run", "agents:read"))
        run = self.start()
        takes = {"extensions": {TASKS: {}}}
        for answer, scope in (
                (self.modern("tools/call", {"name": "get_execution", "arguments": {"execution_id": run}}, key=runner), "agents:read"),
                (self.modern("tasks/cancel", {"taskId": run}, capabilities=takes, key=reader), "agents:run"),
                (self.modern("tasks/update", {"taskId": run}, capabilities=takes, key=reader), "agents:run"),
                (self.legacy("tasks/list", key=runner), "agents:read")):
            with self.subTest(scope):
                self.refused(answer, "FORBIDDEN")
                self.assertIn(scope, answer.error["message"])

    def test_a_plan_without_mcp_is_refused(self):
        account = Account(self.platform, mcp="no")
        self.refused(self.legacy("tools/list", key=account.key), "FORBIDDEN")

    def test_requests_over_the_limit_are_an_error_of_json_rpc(self):
        account = Account(self.platform, requests_per_minute=1)
        def refused():
            answer = rpc(self, {"jsonrpc": "2.0", "id": 5, "method": "ping"}, key=account.key)
            return answer if answer.status == 429 else None
        answer = wait_until(refused, 10, "the minute's requests are used", 0)
        self.assertEqual(json.loads(answer.text)["error"]["code"], -32000)
        self.refused(answer, "RATE_LIMITED")

    def test_a_page_of_another_site_may_not_call_even_with_a_key(self):
        for origin in ("https://evil.example.com", "null", "http://127.0.0.1:1", "http://localhost.evil.example.com"):
            with self.subTest(origin):
                self.refused(self.legacy("ping", headers={"Origin": origin}), "FORBIDDEN")

    def test_a_name_of_somebody_else_s_that_leads_here_does_not_help_a_page(self):
        self.refused(self.legacy("ping", headers={"Origin": "http://evil.example.com", "Host": "evil.example.com"}), "FORBIDDEN")

    def test_a_page_of_this_host_may_call(self):
        self.result(self.legacy("ping", headers={"Origin": self.platform.url}))

    def test_a_host_that_could_not_stand_in_a_url_is_not_repeated(self):
        answer = exchange_raw(self.platform.url, b'POST /mcp HTTP/1.1\r\nHost: a"b\r\nContent-Length: 2\r\n'
                                                 b'Content-Type: application/json\r\nConnection: close\r\n\r\n{}')
        self.assertNotIn(b'a"b', answer)


class Legacy(McpCase):
    """2025-11-25 and before."""

    def test_initialize_agrees_on_a_version(self):
        for asked, agreed in ((LEGACY, LEGACY), ("2025-06-18", "2025-06-18"), ("2025-03-26", "2025-03-26"),
                              ("2024-11-05", LEGACY), ("2099-01-01", LEGACY)):
            with self.subTest(asked):
                result = self.result(self.rpc({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
                    "protocolVersion": asked, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}}))
                self.assertEqual(result["protocolVersion"], agreed)
                self.assertEqual(result["serverInfo"]["name"], "agentiv")
                self.assertIn("tools", result["capabilities"])

    def test_no_session_is_made(self):
        answer = self.rpc({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": LEGACY}})
        self.assertNotIn("Mcp-Session-Id", answer.headers)

    def test_a_version_that_nobody_speaks_is_refused_with_those_that_are(self):
        answer = self.legacy("ping", headers={"MCP-Protocol-Version": "2020-01-01"})
        self.fails(answer, -32022)
        self.assertIn(LEGACY, answer.body["error"]["data"]["supported"])

    def test_ping_is_answered(self):
        self.assertEqual(self.result(self.legacy("ping")), {})

    def test_a_method_of_the_other_generation_is_not_there(self):
        for method in ("server/discover", "tasks/update", "no/such"):
            with self.subTest(method):
                self.fails(self.legacy(method), -32601, status=200)


class Modern(McpCase):
    """2026-07-28."""

    def test_discover_says_what_is_spoken(self):
        result = self.result(self.modern("server/discover"))
        self.assertEqual(result["supportedVersions"], [MODERN])
        self.assertEqual(result["capabilities"], {"tools": {}, "extensions": {TASKS: {}}})
        self.assertEqual(result["resultType"], "complete")
        self.assertEqual(result["_meta"][META + "serverInfo"]["name"], "agentiv")

    def test_what_a_request_must_say_of_itself(self):
        whole = {META + "protocolVersion": MODERN, META + "clientCapabilities": {}}
        for lacking in ("protocolVersion", "clientCapabilities"):
            meta = {k: v for k, v in whole.items() if k != META + lacking}
            answer = self.rpc({"jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": {"_meta": meta}},
                              headers={"MCP-Protocol-Version": MODERN, "Mcp-Method": "server/discover"})
            with self.subTest(lacking):
                self.fails(answer, -32602)

    def test_headers_say_what_the_body_does(self):
        for name, value in (("MCP-Protocol-Version", LEGACY), ("Mcp-Method", "tools/call"), ("Mcp-Method", "TOOLS/LIST"),
                            ("Mcp-Method", "=?base64?!?=")):
            with self.subTest(name, value=value):
                self.fails(self.modern("tools/list", headers={name: value}), -32020)

    def test_no_header_may_be_missing(self):
        whole = {"MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call", "Mcp-Name": "probe"}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
            "name": "probe", "_meta": {META + "protocolVersion": MODERN, META + "clientCapabilities": {}}}}
        for lacking in whole:
            with self.subTest(lacking):
                self.fails(self.rpc(body, headers={k: v for k, v in whole.items() if k != lacking}), -32020)

    def test_mcp_name_is_the_tool_s(self):
        for value in ("other", "", "PROBE"):
            with self.subTest(value):
                answer = self.modern("tools/call", {"name": "probe", "arguments": {}}, headers={"Mcp-Name": value})
                self.fails(answer, -32020)

    def test_a_header_may_be_encoded(self):
        answer = self.modern("tools/call", {"name": "probe", "arguments": {}},
                             headers={"Mcp-Name": "=?base64?cHJvYmU=?=", "Mcp-Method": "  tools/call "})
        self.assertFalse(self.result(answer).get("isError"))

    def test_a_version_that_nobody_speaks_is_refused_with_those_that_are(self):
        answer = self.modern("server/discover", meta={META + "protocolVersion": "v9"}, headers={"MCP-Protocol-Version": "v9"})
        self.fails(answer, -32022)
        self.assertEqual(answer.body["error"]["data"], {"supported": [MODERN], "requested": "v9"})

    def test_what_was_removed_is_not_found(self):
        for method in ("initialize", "ping", "tasks/result", "tasks/list", "logging/setLevel", "no/such"):
            with self.subTest(method):
                self.fails(self.modern(method), -32601, status=404)


class Tools(McpCase):
    def tools(self, how=None, **options):
        return {t["name"]: t for t in self.result((how or self.modern)("tools/list", **options))["tools"]}

    def test_an_agent_is_a_tool_with_its_manifest_s_schemas(self):
        agent = self.get("/api/agents/email-triage").data
        tool = self.tools()["email-triage"]
        self.assertEqual(tool["inputSchema"], agent["input_schema"])
        self.assertEqual(tool["outputSchema"], agent["output_schema"])
        self.assertEqual(tool["title"], agent["name"])
        self.assertIn(agent["description"], tool["description"])
        self.assertIn("gmail", tool["description"])

    def test_annotations_are_the_manifest_s(self):
        tools = self.tools()
        self.assertEqual(tools["email-triage"]["annotations"], {
            "title": "EmailTriage", "readOnlyHint": False, "destructiveHint": False, "idempotentHint": False,
            "openWorldHint": True})
        self.assertTrue(tools["probe"]["annotations"]["readOnlyHint"])
        self.assertTrue(tools["strict"]["annotations"]["destructiveHint"], "what a manifest does not say is feared")

    def test_the_list_is_the_account_s_and_the_key_s(self):
        account = Account(self.platform)
        self.platform.ctl("subscription", "set", "--user", account.email, "--agent", "strict", "--status", "canceled")
        key = {scope: account.new_key(scope)["key"] for scope in ("agents:read", "agents:run", "agents:read,agents:run")}
        self.assertEqual(list(self.tools(key=key["agents:read"])), ["get_execution"])
        self.assertEqual(list(self.tools(key=key["agents:run"])), ["email-triage", "needs-gmail", "probe"])
        self.assertEqual(list(self.tools(key=key["agents:read,agents:run"])),
                         ["email-triage", "needs-gmail", "probe", "get_execution"])

    def test_how_long_the_list_holds_is_told(self):
        result = self.result(self.modern("tools/list"))
        self.assertEqual(result["cacheScope"], "private")
        self.assertGreater(result["ttlMs"], 0)

    def test_a_cursor_leads_nowhere(self):
        self.fails(self.modern("tools/list", {"cursor": "x"}), -32602)

    def test_a_result_is_the_agent_s_as_text_and_as_data(self):
        result = self.tool("probe", {"payload": {"a": [1, 2.5, "é"]}})
        self.assertEqual(result["structuredContent"], {"attempt": 1, "payload": {"a": [1, 2.5, "é"]}})
        self.assertEqual(json.loads(result["content"][1]["text"]), result["structuredContent"])
        self.assertIn("Probed", result["content"][0]["text"])
        self.assertFalse(result.get("isError"))

    def test_a_run_by_a_tool_is_an_execution_like_others(self):
        result = self.tool("probe", {"payload": 1})
        execution = self.execution(result["_meta"]["agentiv/execution"]["id"])
        self.assertEqual((execution["trigger_type"], execution["status"]), ("mcp", "success"))

    def test_arguments_may_be_left_away(self):
        self.assertFalse(self.result(self.modern("tools/call", {"name": "probe"})).get("isError"))

    def test_arguments_are_an_object(self):
        self.fails(self.modern("tools/call", {"name": "probe", "arguments": [1]}), -32602)

    def test_a_tool_that_is_not_there_is_an_error_of_the_protocol(self):
        self.fails(self.modern("tools/call", {"name": "no-such", "arguments": {}}), -32602)

    def test_wrong_arguments_are_told_to_the_model(self):
        result = self.tool("strict", {"payload": {"max_emails": 1000}})
        self.assertTrue(result["isError"])
        self.assertIn("INVALID_INPUT", self.text(result))
        self.assertIn("max_emails", self.text(result))
        self.assertNotIn("input_payload", self.text(result))

    def test_what_is_not_connected_is_told_to_the_model(self):
        result = self.tool("needs-gmail")
        self.assertTrue(result["isError"])
        self.assertIn("Ask the user to connect it", self.text(result))
        self.assertEqual(result["_meta"]["agentiv/error"]["integrationSlug"], "gmail")

    def test_a_failed_run_is_told_with_its_id(self):
        result = self.tool("probe", {"fail": "final"})
        self.assertTrue(result["isError"])
        self.assertIn("The probe failed in attempt 1", self.text(result))
        self.assertEqual(result["_meta"]["agentiv/execution"]["status"], "failed")

    def test_a_quota_is_told_to_the_model(self):
        account = Account(self.platform, runs_per_day=1)
        self.assertFalse(self.tool("probe", key=account.key).get("isError"))
        result = self.tool("probe", key=account.key)
        self.assertTrue(result["isError"])
        self.assertIn("Call again in", self.text(result))
        self.assertEqual(result["_meta"]["agentiv/error"]["limit"], "runs_per_day")

    def test_a_subscription_that_is_missing_is_told_to_the_model(self):
        account = Account(self.platform)
        self.platform.ctl("subscription", "set", "--user", account.email, "--agent", "probe", "--status", "canceled")
        self.assertIn("FORBIDDEN", self.text(self.tool("probe", key=account.key)))

    def test_a_repeat_with_the_same_key_runs_once(self):
        once = {"Idempotency-Key": "mcp-1"}
        ids = {self.tool("probe", {"payload": 1}, headers=once)["_meta"]["agentiv/execution"]["id"] for _ in range(3)}
        self.assertEqual(len(ids), 1)

    def test_the_same_key_with_other_arguments_is_a_conflict(self):
        once = {"Idempotency-Key": "mcp-2"}
        self.tool("probe", {"payload": 1}, headers=once)
        self.assertIn("CONFLICT", self.text(self.tool("probe", {"payload": 2}, headers=once)))

    def test_an_output_larger_than_a_batch_reads_is_whole(self):
        for progress in ({}, {"progressToken": 1}):
            result = self.tool("probe", {"size": 200000}, meta=progress)
            self.assertEqual(len(json.dumps(result["structuredContent"], separators=(",", ":"))), 200000)


class Progress(McpCase):
    def test_steps_are_told_while_they_are_made(self):
        for how, token in ((self.modern, "é\"1"), (self.legacy, 17)):
            with self.subTest(token=token):
                params = {"name": "probe", "arguments": {"steps": 3, "sleep_ms": 300}}
                meta = {"progressToken": token}
                answer = how("tools/call", params, meta=meta) if how == self.modern else how("tools/call", {**params, "_meta": meta})
                self.assertEqual(answer.headers["Content-Type"], "text/event-stream")
                messages = events(answer)
                progress = [m["params"] for m in messages[:-1]]
                self.assertEqual([p["progress"] for p in progress], [1, 2, 3])
                self.assertEqual({json.dumps(p["progressToken"]) for p in progress}, {json.dumps(token)})
                self.assertIn("result", messages[-1])

    def test_who_takes_no_stream_gets_one_answer(self):
        answer = self.modern("tools/call", {"name": "probe", "arguments": {"steps": 2}}, meta={"progressToken": 1},
                             headers={"Accept": "application/json"})
        self.assertEqual(answer.headers["Content-Type"], "application/json")

    def test_a_token_is_a_string_or_a_whole_number(self):
        self.fails(self.modern("tools/call", {"name": "probe"}, meta={"progressToken": [1]}), -32602)

    def test_a_run_that_takes_longer_than_is_waited_for_is_answered_in_a_stream(self):
        answer = self.modern("tools/call", {"name": "probe", "arguments": {"sleep_ms": 4000, "payload": 3}})
        self.assertEqual(answer.headers["Content-Type"], "text/event-stream")
        self.assertEqual(self.result(answer)["structuredContent"]["payload"], 3)

    def test_who_takes_no_stream_is_told_where_it_goes_on(self):
        result = self.tool("probe", {"sleep_ms": 4000, "payload": 3}, headers={"Accept": "application/json"})
        self.assertTrue(result["isError"])
        execution = result["_meta"]["agentiv/execution"]["id"]
        self.assertIn(f"goes on as {execution}", self.text(result))
        found = self.tool("get_execution", {"execution_id": execution, "wait_seconds": 20})
        self.assertEqual(found["structuredContent"]["output"]["payload"], 3)


class Lookup(McpCase):
    """get_execution."""

    def test_a_run_that_goes_on_is_shown_as_it_stands(self):
        started = self.start({"sleep_ms": 60000})
        for wait in (0, 1):
            found = self.tool("get_execution", {"execution_id": started, "wait_seconds": wait})
            self.assertIn(found["structuredContent"]["status"], ("queued", "running"))
        self.call("POST", f"/api/executions/{started}/cancel")

    def test_a_run_of_somebody_else_is_not_there(self):
        started = self.start(key=Account(self.platform).key)
        for odd in (started, "exec_x", ""):
            self.assertIn("NOT_FOUND", self.text(self.tool("get_execution", {"execution_id": odd})))

    def test_wrong_arguments_are_told_to_the_model(self):
        for arguments in ({}, {"execution_id": 1}, {"execution_id": "x", "more": 1}, {"execution_id": "x", "wait_seconds": 99}):
            with self.subTest(arguments):
                self.assertIn("INVALID_INPUT", self.text(self.tool("get_execution", arguments)))


class Tasks(McpCase):
    def test_a_run_that_is_soon_over_is_answered_with_its_result(self):
        self.assertEqual(self.task("probe", {"payload": 5})["resultType"], "complete")

    def test_a_run_that_takes_longer_becomes_a_task(self):
        task = self.task("probe", {"sleep_ms": 3000, "payload": 5})
        self.assertEqual((task["resultType"], task["status"]), ("task", "working"))
        self.assertNotIn("result", task)
        self.assertEqual(self.task_now(task["taskId"])["status"], "working")
        done = self.ended_task(task["taskId"])
        self.assertEqual(done["status"], "completed")
        self.assertEqual(done["result"]["structuredContent"]["payload"], 5)

    def ended_task(self, task_id):
        def over():
            now = self.task_now(task_id)
            return now if now["status"] != "working" else None
        return wait_until(over, 20, f"{task_id} is over", 0.1)

    def test_a_tool_that_fails_has_completed_with_an_error(self):
        task = self.task("probe", {"sleep_ms": 2000, "fail": "final"})
        done = self.ended_task(task["taskId"])
        self.assertEqual((done["status"], done["result"]["isError"]), ("completed", True))

    def test_a_task_is_cancelled_and_again(self):
        task = self.task("probe", {"sleep_ms": 60000})
        takes = {"extensions": {TASKS: {}}}
        for _ in range(2):
            result = self.result(self.modern("tasks/cancel", {"taskId": task["taskId"]}, capabilities=takes))
            self.assertEqual(set(result), {"resultType", "_meta"})
            self.assertEqual(self.ended_task(task["taskId"])["status"], "cancelled")

    def test_a_task_needs_a_client_that_knows_tasks(self):
        answer = self.modern("tasks/get", {"taskId": self.start()})
        self.fails(answer, -32021)
        self.assertEqual(answer.body["error"]["data"], {"requiredCapabilities": {"extensions": {TASKS: {}}}})

    def test_a_task_of_somebody_else_is_not_there(self):
        other = self.start(key=Account(self.platform).key)
        for method in ("tasks/get", "tasks/cancel", "tasks/update"):
            for odd in (other, "x"):
                with self.subTest(method, id=odd):
                    self.fails(self.modern(method, {"taskId": odd}, capabilities={"extensions": {TASKS: {}}}), -32602)

    def test_over_the_slots_a_task_waits_and_a_call_is_refused(self):
        account = Account(self.platform, concurrent=1)
        first = self.task("probe", {"sleep_ms": 60000}, key=account.key)
        self.assertIn("RATE_LIMITED", self.text(self.tool("probe", key=account.key)))
        second = self.task("probe", {"payload": 2}, key=account.key)
        self.assertEqual(second["status"], "working")
        takes = {"extensions": {TASKS: {}}}
        self.modern("tasks/cancel", {"taskId": first["taskId"]}, capabilities=takes, key=account.key)
        wait_until(lambda: self.task_now(second["taskId"], key=account.key)["status"] == "completed", 20, "the second is over")

    # ---- 2025-11-25 ----

    def legacy_task(self, arguments):
        return self.tool("probe", how=lambda method, params: self.legacy(method, {**params, "arguments": arguments,
                                                                                   "task": {"ttl": 60000}}))["task"]

    def test_of_before_a_task_is_asked_for_and_its_result_waited_for(self):
        task = self.legacy_task({"sleep_ms": 500, "payload": 6})
        self.assertEqual(task["status"], "working")
        result = self.result(self.legacy("tasks/result", {"taskId": task["taskId"]}))
        self.assertEqual(result["structuredContent"]["payload"], 6)
        self.assertEqual(result["_meta"]["io.modelcontextprotocol/related-task"], {"taskId": task["taskId"]})
        self.assertEqual(self.result(self.legacy("tasks/get", {"taskId": task["taskId"]}))["status"], "completed")

    def test_of_before_tasks_are_listed(self):
        made = [self.legacy_task({})["taskId"] for _ in range(3)]
        otherwise = self.start()
        listed = [t["taskId"] for t in self.result(self.legacy("tasks/list"))["tasks"]]
        self.assertEqual(listed[:3], made[::-1])
        self.assertNotIn(otherwise, listed)
        self.fails(self.legacy("tasks/list", {"cursor": "x"}), -32602, status=200)

    def test_of_before_a_task_that_is_over_cannot_be_cancelled(self):
        task = self.legacy_task({"sleep_ms": 60000})
        self.assertEqual(self.result(self.legacy("tasks/cancel", {"taskId": task["taskId"]}))["status"], "cancelled")
        wait_until(lambda: self.result(self.legacy("tasks/get", {"taskId": task["taskId"]}))["status"] == "cancelled", 20, "over")
        self.fails(self.legacy("tasks/cancel", {"taskId": task["taskId"]}), -32602, status=200)


# a web server does not tell a plain CGI that its client has gone
if not CGI:
    class Closed(McpCase):
        """A client that closes its connection while its run goes on."""

        def leave(self, how, **options):
            """Calls a tool that takes long, and goes once the run is there; the run's id."""
            account = Account(self.platform)
            with self.assertRaises(TimeoutError):
                how("tools/call", {"name": "probe", "arguments": {"sleep_ms": 60000, "steps": 60}}, key=account.key, timeout_s=1,
                    around="connection", **options)
            runs = self.get("/api/executions", key=account.key).data
            self.assertEqual(len(runs), 1)
            return runs[0]["id"], account.key

        def test_the_modern_revision_cancels_by_it(self):
            for progress in ({}, {"progressToken": 1}):
                with self.subTest(progress):
                    run, key = self.leave(self.modern, meta=progress)
                    self.assertEqual(self.ended(run, key=key)["error"]["code"], "CANCELLED")

        def test_the_elder_ones_cancel_where_they_say_so(self):
            run, key = self.leave(self.legacy, headers={"Agentiv-On-Close": "cancel"})
            self.assertEqual(self.ended(run, key=key)["error"]["code"], "CANCELLED")

        def test_the_elder_ones_may_only_have_lost_it(self):
            kept, key = self.leave(self.legacy)
            cancelled, other = self.leave(self.modern)
            self.ended(cancelled, key=other)
            self.assertEqual(self.execution(kept, key=key)["status"], "running")
            self.call("POST", f"/api/executions/{kept}/cancel", key=key)


if __name__ == "__main__":
    unittest.main()
