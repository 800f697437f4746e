"""agentivctl mcp: what goes between a client's lines and a server's /mcp, on a server whose answers are written here."""
import base64
import json
import signal
import threading
import unittest

from callers import Caller, CallerCase
from servers import Say, Scripted, Stream, reset, silence, truncated

VERSION = "2026-07-28"


def modern(method, number=1, **params):
    meta = {"io.modelcontextprotocol/protocolVersion": VERSION, "io.modelcontextprotocol/clientCapabilities": {}}
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": {"_meta": meta, **params}}


def legacy(method, number=1, **params):
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def result_of(number, **result):
    return {"jsonrpc": "2.0", "id": number, "result": result}


ACCEPTED = Say(202, b"")


class Bridge:
    """The program with its standard input and output. Lines are JSON."""

    def __init__(self, caller, *words):
        self.child = caller.start("mcp", *words)

    def send(self, message):
        self.send_line(message if isinstance(message, str) else json.dumps(message, ensure_ascii=False))

    def send_line(self, line):
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()

    def receive(self):
        line = self.child.stdout.readline()
        assert line.endswith("\n"), (line, self.child.poll())
        return json.loads(line)

    def ask(self, message):
        self.send(message)
        return self.receive()

    def end(self):
        """What comes after the end of its input: the rest of its output, and its log."""
        out, err = self.child.communicate(timeout=30)
        return out, err


class McpCase(CallerCase):
    def bridge(self, server, *words):
        b = Bridge(Caller(server.url), *words)
        self.addCleanup(self.end, b.child)
        return b

    def serve(self, *answers):
        server = Scripted(*answers)
        server.__enter__()
        self.addCleanup(server.__exit__)
        return server

    def asked(self, answer, message, *words):
        """The server, and what came back."""
        server = self.serve(answer)
        return server, self.bridge(server, *words).ask(message)


class Requests(McpCase):
    def test_a_message_is_given_on_as_it_is_and_its_answer_too(self):
        message = modern("tools/list", 7)
        server, answer = self.asked(Say(200, result_of(7, tools=[])), message)
        self.assertEqual(answer, result_of(7, tools=[]))
        self.assertEqual((server.requests[0].method, server.requests[0].path), ("POST", "/mcp"))
        self.assertEqual(server.requests[0].body, json.dumps(message).encode())

    def test_headers_say_what_the_message_says(self):
        server, _ = self.asked(Say(200, result_of(1)), modern("tools/call", name="email-triage"))
        headers = server.requests[0].headers
        self.assertEqual({n: headers[n] for n in ("mcp-protocol-version", "mcp-method", "mcp-name", "authorization",
                                                  "content-type", "accept")},
                         {"mcp-protocol-version": VERSION, "mcp-method": "tools/call", "mcp-name": "email-triage",
                          "authorization": "Bearer agv_live_test", "content-type": "application/json",
                          "accept": "application/json, text/event-stream"})

    def test_a_name_that_is_no_plain_ascii_is_encoded(self):
        for name in ("größe", " padded ", "a\r\nX: y", "=?base64?eA==?=", ""):
            with self.subTest(name):
                server, _ = self.asked(Say(200, result_of(1)), modern("tools/call", name=name))
                encoded = base64.b64encode(name.encode()).decode()
                self.assertEqual(server.requests[0].headers["mcp-name"], f"=?base64?{encoded}?=")

    def test_a_resource_is_named_by_its_uri(self):
        server, _ = self.asked(Say(200, result_of(1)), modern("resources/read", uri="file:///a b"))
        self.assertEqual(server.requests[0].headers["mcp-name"], "file:///a b")

    def test_a_task_is_named_by_its_id(self):
        for method in ("tasks/get", "tasks/update", "tasks/cancel"):
            with self.subTest(method):
                server, _ = self.asked(Say(200, result_of(1)), modern(method, taskId="exec_1"))
                self.assertEqual(server.requests[0].headers["mcp-name"], "exec_1")

    def test_a_session_names_the_version_that_it_agreed_on(self):
        server = self.serve(Say(200, result_of(1, protocolVersion="2025-06-18")), ACCEPTED, Say(200, result_of(2)))
        b = self.bridge(server)
        b.ask(legacy("initialize", protocolVersion="2025-11-25"))
        b.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        server.wait_for(lambda: len(server.requests) == 2)
        b.ask(legacy("tools/list", 2))
        self.assertEqual([r.headers.get("mcp-protocol-version") for r in server.requests], [None, "2025-06-18", "2025-06-18"])
        self.assertNotIn("mcp-method", server.requests[2].headers)

    def test_ids_may_be_texts_and_numbers(self):
        for number in ("a", 0, -1, 1.5, "ü"):
            with self.subTest(number):
                self.assertEqual(self.asked(Say(200, result_of(number)), modern("ping", number))[1], result_of(number))

    def test_an_answer_of_many_lines_becomes_one(self):
        text = json.dumps(result_of(1, text="a\nb"), indent=2).encode()
        self.assertEqual(self.asked(Say(200, text), modern("tools/list"))[1], result_of(1, text="a\nb"))

    def test_a_stream_is_a_line_for_each_message(self):
        progress = {"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": 1, "progress": 1}}
        server = self.serve(Stream(("message", progress), ("message", result_of(1))))
        b = self.bridge(server)
        self.assertEqual(b.ask(modern("tools/call", name="a")), progress)
        self.assertEqual(b.receive(), result_of(1))

    def test_a_notification_gets_no_answer(self):
        server = self.serve(ACCEPTED, Say(200, result_of(1)))
        b = self.bridge(server)
        b.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        server.wait_for(lambda: server.requests)
        self.assertEqual(b.ask(legacy("ping")), result_of(1))

    def test_many_are_under_way_at_once(self):
        gate = threading.Barrier(20)

        def together(handler, request):
            gate.wait(20)
            Say(200, result_of(request.json["id"]))(handler, request)
        b = self.bridge(self.serve(together))
        for number in range(20):
            b.send(modern("tools/call", number, name="a"))
        self.assertEqual(sorted(b.receive()["id"] for _ in range(20)), list(range(20)))


class Twice(McpCase):
    """What is lost on a kept connection curl sends again by itself."""

    def test_a_call_that_is_sent_again_bears_the_key_of_the_first_time(self):
        server = self.serve(Say(200, result_of(1)), reset, Say(200, result_of(2)))
        b = self.bridge(server)
        b.ask(modern("tools/list"))
        b.ask(modern("tools/call", 2, name="probe"))
        first, again = [r.headers.get("idempotency-key") for r in server.requests[1:]]
        self.assertRegex(first, r"^agentivctl-\w{24}$")
        self.assertEqual(first, again)

    def test_each_call_has_a_key_of_its_own(self):
        server = self.serve(Say(200, result_of(1)))
        b = self.bridge(server)
        for _ in range(2):
            b.ask(modern("tools/call", 1, name="probe"))
        self.assertNotEqual(*[r.headers["idempotency-key"] for r in server.requests])

    def test_of_a_call_that_was_sent_nobody_is_told_that_it_was_not(self):
        server = self.serve(Say(200, result_of(1)), silence)
        b = self.bridge(server, "--timeout", "1")
        b.ask(modern("tools/list"))
        answer = b.ask(modern("tools/call", 2, name="probe"))
        self.assertIn("A run may go on", answer["error"]["message"])


class Cancelled(McpCase):
    def test_a_cancelled_request_is_ended_and_not_answered(self):
        server = self.serve(silence)
        b = self.bridge(server)
        b.send(modern("tools/call", "x", name="a"))
        server.wait_for(lambda: server.requests)
        b.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "x"}})
        server.wait_for(lambda: server.left)
        out, _ = b.end()
        self.assertEqual((out, len(server.requests)), ("", 1))

    def test_a_session_is_told_of_it_too(self):
        server = self.serve(Say(200, result_of(1, protocolVersion="2025-11-25")), silence, ACCEPTED)
        b = self.bridge(server)
        b.ask(legacy("initialize"))
        b.send(legacy("tools/call", 2, name="a"))
        server.wait_for(lambda: len(server.requests) == 2)
        b.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 2}})
        server.wait_for(lambda: len(server.requests) == 3 and server.left)
        self.assertEqual(server.requests[2].json["params"], {"requestId": 2})

    def test_another_request_goes_on(self):
        def by_id(handler, request):
            (silence if request.json["id"] == 1 else late)(handler, request)

        def late(handler, request):
            server.wait_for(lambda: server.left)
            Say(200, result_of(2))(handler, request)
        server = self.serve(by_id)
        b = self.bridge(server)
        b.send(modern("tools/call", 1, name="a"))
        b.send(modern("tools/call", 2, name="a"))
        server.wait_for(lambda: len(server.requests) == 2)
        b.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}})
        self.assertEqual(b.receive(), result_of(2))


class Faults(McpCase):
    def error(self, answer, *words, code=-32000):
        got = self.asked(answer, modern("tools/call", "x", name="a"), *words)[1]
        self.assertEqual((got["jsonrpc"], got["id"], got["error"]["code"]), ("2.0", "x", code), got)
        return got["error"]

    def test_an_error_that_could_not_name_the_request_is_given_its_id(self):
        error = {"code": -32001, "message": "Bad key", "data": {"code": "UNAUTHORIZED"}}
        got = self.asked(Say(401, {"jsonrpc": "2.0", "id": None, "error": error}), modern("tools/list", "x"))[1]
        self.assertEqual(got, {"jsonrpc": "2.0", "id": "x", "error": error})

    def test_an_error_of_the_server_is_given_on(self):
        error = {"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "No such method"}}
        self.assertEqual(self.asked(Say(404, error), modern("nope"))[1], error)

    def test_an_error_of_the_api_becomes_the_answer(self):
        error = self.error(Say(503, {"success": False, "error": {"code": "UNAVAILABLE", "message": "Away"}}))
        self.assertEqual((error["message"], error["data"]), ("Away", {"code": "UNAVAILABLE", "message": "Away"}))

    def test_what_is_not_delivered_is_told_with_what_to_do(self):
        for name, answer, said in (
                ("lost", reset, "The connection to the server was lost before the answer"),
                ("truncated", truncated, "The connection to the server was lost before the answer"),
                ("a stream without an answer", Stream(("message", {"jsonrpc": "2.0", "method": "x"})), None),
                ("a page", Say(404, b"<html>", kind="text/html"), "is no MCP server (HTTP 404). Check AGENTIV_BASE_URL"),
                ("no JSON", Say(200, b"{"), "is no MCP server (HTTP 200)"),
                ("another's answer", Say(200, result_of("y")), "is no MCP server (HTTP 200)"),
                ("a refused key", Say(401, b""), "Check AGENTIV_API_KEY"),
                ("busy", Say(429, b"", {"Retry-After": "7"}), "Call again in 7 s"),
                ("redirect", Say(302, b"", {"Location": "http://127.0.0.1:1/mcp"}), "redirects to http://127.0.0.1:1/mcp")):
            with self.subTest(name):
                if said:
                    self.assertIn(said, self.error(answer)["message"])
                else:
                    b = self.bridge(self.serve(answer))
                    b.ask(modern("tools/list", "x"))
                    self.assertIn("its stream ended", b.receive()["error"]["message"])

    def test_a_server_that_says_nothing_is_given_up(self):
        self.assertIn("said nothing for 1 s", self.error(silence, "--timeout", 1)["message"])

    def test_a_server_that_is_not_there_is_told(self):
        b = Bridge(Caller("http://127.0.0.1:1"))
        self.addCleanup(self.end, b.child)
        self.assertIn("cannot be reached", b.ask(modern("tools/list"))["error"]["message"])

    def test_what_is_no_message_is_answered_so(self):
        b = self.bridge(self.serve(Say(200, result_of(1))))
        for line, code, number in (("{", -32700, None), ("nonsense", -32700, None), ('{"id": 1, "id": 2}', -32700, None),
                                   ("[]", -32600, None), ("1", -32600, None), ('{"jsonrpc": "2.0", "id": 5}', -32600, 5),
                                   ('{"id": null, "method": "x"}', -32600, None)):
            with self.subTest(line):
                b.send_line(line)
                got = b.receive()
                self.assertEqual((got["error"]["code"], got["id"]), (code, number), got)
        self.assertEqual(b.ask(modern("tools/list")), result_of(1))

    def test_a_line_that_is_too_long_is_refused_and_the_next_one_taken(self):
        b = self.bridge(self.serve(Say(200, result_of(1))))
        b.send_line("x" * (5 << 20))
        got = b.receive()
        self.assertEqual((got["id"], got["error"]["code"]), (None, -32700))
        self.assertEqual(b.ask(modern("tools/list")), result_of(1))

    def test_empty_lines_are_passed_over(self):
        b = self.bridge(self.serve(Say(200, result_of(1))))
        b.send_line("")
        b.send_line("  \r")
        self.assertEqual(b.ask(modern("tools/list")), result_of(1))

    def test_what_the_server_says_wrongly_in_a_stream_is_logged_and_not_given_on(self):
        server = self.serve(Stream(("message", "nonsense"), ("message", result_of("other")), ("message", result_of(1))))
        b = self.bridge(server)
        self.assertEqual(b.ask(modern("tools/list")), result_of(1))
        self.assertEqual(b.end()[1].count("is no message of JSON-RPC"), 2)


class Ends(McpCase):
    def test_what_is_under_way_at_the_end_of_the_input_is_still_answered(self):
        def late(handler, request):
            closed.wait(20)
            Say(200, result_of(1))(handler, request)
        closed = threading.Event()
        server = self.serve(late)
        b = self.bridge(server)
        b.send(modern("tools/list"))
        b.child.stdin.close()
        server.wait_for(lambda: server.requests)
        closed.set()
        self.assertEqual(b.receive(), result_of(1))
        self.assertEqual(b.child.wait(20), 0)

    def test_a_last_line_without_an_end_is_a_line(self):
        b = self.bridge(self.serve(Say(200, result_of(1))))
        b.child.stdin.write(json.dumps(modern("tools/list")))
        b.child.stdin.close()
        self.assertEqual(b.receive(), result_of(1))

    def test_it_ends_with_its_input(self):
        b = self.bridge(self.serve(ACCEPTED))
        self.assertEqual(b.end(), ("", ""))
        self.assertEqual(b.child.returncode, 0)

    def test_sigterm_ends_it_and_what_is_under_way(self):
        server = self.serve(silence)
        b = self.bridge(server)
        b.send(modern("tools/call", name="a"))
        server.wait_for(lambda: server.requests)
        b.child.send_signal(signal.SIGTERM)
        self.assertEqual(b.child.wait(20), 0)
        server.wait_for(lambda: server.left)
        self.assertEqual(b.child.stdout.read(), "")

    def test_a_client_that_reads_no_more_ends_it(self):
        b = self.bridge(self.serve(Say(200, result_of(1))))
        b.child.stdout.close()
        b.send(modern("tools/list"))
        self.assertEqual(b.child.wait(20), 0)

    def test_without_a_url_it_does_not_begin(self):
        status, out, err = Caller(None).call("mcp")
        self.assertEqual((status, out), (3, ""))
        self.assertIn("AGENTIV_BASE_URL", err)


if __name__ == "__main__":
    unittest.main()
