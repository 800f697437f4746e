"""Bad input of every kind gets its documented error, never a 5xx, and never stops the platform."""
import json
import os
import time
import unittest

from client import Account, ApiCase, exchange_raw, wait_until

ID = "exec_01HXYZ123ABC0000000000000A"
PATHS = {"/api/agents": "GET", "/api/agents/probe": "GET", "/api/agents/probe/run": "POST", "/api/executions": "GET",
         f"/api/executions/{ID}": "GET", f"/api/executions/{ID}/steps": "GET", f"/api/executions/{ID}/events": "GET",
         f"/api/executions/{ID}/cancel": "POST", "/api/schedules": "GET", "/api/schedules/probe/run": "POST",
         "/api/schedules/probe/preview": "GET", "/api/schedules/probe/history": "GET", "/health/live": "GET", "/health/ready": "GET", "/metrics": "GET"}
BODIES = {"/api/agents/probe/run": {"input_payload": {}}}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "BREW", "M-SEARCH", "get")


class Methods(ApiCase):
    def test_every_method_on_every_path(self):
        for path, own in PATHS.items():
            allow = f"{own}, HEAD, OPTIONS" if own == "GET" else f"{own}, OPTIONS"
            for method in METHODS:
                with self.subTest(method=method, path=path):
                    answer = self.call_odd(method, path)
                    if answer is None:
                        self.assertIn(method, ("BREW", "M-SEARCH", "get", "PROPFIND"))
                    elif method == "OPTIONS":
                        self.assertEqual((answer.status, answer.headers["Allow"]), (204, allow))
                    elif method == own or (method == "HEAD" and own == "GET"):
                        self.assertIn(answer.status, (200, 400, 404))
                    else:
                        self.assertEqual((answer.status, answer.headers["Allow"]), (405, allow))
                        if method != "HEAD":
                            self.refused(answer, "METHOD_NOT_ALLOWED")

    def test_unknown_paths_with_every_method(self):
        for path in ("/", "/api", "/api/", "/api/agents/", "/api/agents//run", "/api/agents/probe/run/", "/API/AGENTS",
                     "/api/schedules/", "/api/schedules/probe/runs", "/api/executions/x/y", "/api/%61gents/",
                     "/a/b/c/d/e/f/g/h/i/j", "/api/agents/%FF", "/api/agents%2Fprobe", "/" + "x" * 200):
            for method in ("GET", "POST", "DELETE", "OPTIONS"):
                with self.subTest(method=method, path=path[:40]):
                    self.refused(self.call(method, path), "NOT_FOUND")

    def test_paths_that_a_web_server_may_refuse(self):
        for path in ("/%2e%2e", "/../etc/passwd", "/api/agents/%00", "/api/./agents/x", "/api/agents/%", "/%zz", "//",
                     "/" + "x" * 6000):
            for method in ("GET", "POST"):
                with self.subTest(method=method, path=path):
                    answer = self.call_odd(method, path)
                    if answer is not None:
                        self.refused(answer, "NOT_FOUND")

    def test_an_encoded_path_is_its_decoded_one(self):
        self.assertEqual(self.get("/api/%61gents").status, 200)
        self.assertEqual(self.get("/api/agents/pro%62e").status, 200)

    def test_an_unknown_agent_is_not_found(self):
        for slug in ("nothing", "PROBE", "pro%2Fbe", "%F0%9F%A6%81", "probe%20", "..", "x" * 500):
            self.refused(self.get(f"/api/agents/{slug}"), "NOT_FOUND")
            self.refused(self.call("POST", f"/api/agents/{slug}/run", {"input_payload": {}}), "NOT_FOUND")


class Keys(ApiCase):
    def header(self, value):
        return self.call("GET", "/api/agents", key=None, headers={"Authorization": value} if value is not None else {})

    def test_missing_and_malformed_keys_are_unauthorized(self):
        key = self.account.key
        for value in (None, "", "Bearer", "Bearer ", f"Basic {key}", key, f"Bearer {key}x", f"Bearer {key[:-1]}",
                      f"Bearer {key[:20]}{'A' if key[20] != 'A' else 'B'}{key[21:]}", f"Bearer {key.upper()}",
                      "Bearer YOUR_API_KEY", "Bearer " + "x" * 45, f"Bearer {key} {key}", f"Token {key}",
                      "Bearer " + "x" * 4000, f"Bearer agv_live_{'é' * 18}".encode("latin-1").decode("latin-1")):
            with self.subTest(value=value and value[:30]):
                answer = self.header(value)
                self.refused(answer, "UNAUTHORIZED")
                self.assertEqual(answer.headers["WWW-Authenticate"], "Bearer")
                self.assertEqual(answer.headers["X-RateLimit-Limit"], "unlimited")

    def test_the_scheme_s_case_does_not_matter(self):
        self.assertEqual(self.header(f"bearer {self.account.key}").status, 200)
        self.assertEqual(self.header(f"BEARER  {self.account.key}").status, 200)

    def test_a_well_formed_key_of_nobody_is_unauthorized(self):
        other = Account(self.platform)
        made = other.new_key()
        self.platform.ctl("key", "revoke", made["id"], "--user", other.id)
        self.refused(self.get("/api/agents", key=made["key"]), "UNAUTHORIZED")

    def test_a_revoked_key_stops(self):
        account = Account(self.platform)
        made = account.new_key()
        self.assertEqual(self.get("/api/agents", key=made["key"]).status, 200)
        self.platform.ctl("key", "revoke", made["id"], "--user", account.id)
        answer = wait_until(lambda: (a := self.get("/api/agents", key=made["key"])).status == 401 and a, 20, "revoked", 0.2)
        self.refused(answer, "UNAUTHORIZED")
        self.assertEqual(self.get("/api/agents", key=account.key).status, 200)

    def test_an_expired_key_is_unauthorized(self):
        made = self.account.new_key("agents:read", "--expires",
                                    time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 5)))
        self.assertEqual(self.get("/api/agents", key=made["key"]).status, 200)
        answer = wait_until(lambda: (a := self.get("/api/agents", key=made["key"])).status == 401 and a, 20, "expired", 0.2)
        self.assertIn("expired", answer.error["message"])

    def test_a_starter_account_has_no_api(self):
        starter = Account(self.platform, plan="starter")
        for path, method in PATHS.items():
            if path.startswith("/api"):
                answer = self.call(method, path, key=starter.key)
                self.refused(answer, "FORBIDDEN")
                self.assertIn("starter", answer.error["message"])
                self.assertEqual(answer.headers["X-RateLimit-Limit"], "30")

    def test_a_missing_scope_is_named(self):
        read, run = (self.account.new_key(scope)["key"] for scope in ("agents:read", "agents:run"))
        none = self.account.new_key("connections:read")["key"]
        for path, method in PATHS.items():
            if not path.startswith("/api"):
                continue
            needed = "agents:run" if method == "POST" else "agents:read"
            for key, scope in ((read, "agents:read"), (run, "agents:run"), (none, "connections:read")):
                answer = self.call(method, path, BODIES.get(path), key=key)
                if scope == needed:
                    self.assertIn(answer.status, (200, 202, 404))
                else:
                    self.refused(answer, "FORBIDDEN")
                    self.assertIn(needed, answer.error["message"])

    def test_a_plan_changed_a_moment_ago_counts(self):
        account = Account(self.platform, plan="starter")
        self.refused(self.get("/api/agents", key=account.key), "FORBIDDEN")
        account.limit(plan="pro")
        self.assertEqual(self.get("/api/agents", key=account.key).status, 200)


class Bodies(ApiCase):
    def run_body(self, body, **options):
        return self.call("POST", "/api/agents/probe/run", body, **options)

    def test_what_is_not_json_is_invalid_input(self):
        for body in (b"", b" ", b"{", b"}", b"[", b"nul", b"{]", b'{"input_payload":{}', b'{"input_payload":{}}x',
                     b"{'input_payload':{}}", b'{"input_payload":{},}', b'{"input_payload":{"payload":NaN}}',
                     b'{"input_payload":{"payload":01}}', b'{"input_payload":{"payload":1.}}',
                     b'{"input_payload":{"payload":1e400}}', b'{"input_payload":{"payload":99999999999999999999}}',
                     b'{"input_payload":{"payload":"\xff"}}', b'{"input_payload":{"payload":"\xc0\x80"}}',
                     b'{"input_payload":{"payload":"\xed\xa0\x80"}}', b'{"input_payload":{"payload":"\\ud800"}}',
                     b'{"input_payload":{"payload":"\\u0000"}}', b'{"input_payload":{"payload":"\x01"}}',
                     b'{"input_payload":{"payload":"a\nb"}}', b'{"input_payload":{}}\x00', b"\xef\xbb\xbf{}",
                     b'{"input_payload":{"payload":1,"payload":2}}', b'{"input_payload":{},"input_payload":{}}',
                     b"\x00", b"\x80\x81", "{}".encode("utf-16"), b'{"input_payload":{"payload":"' + b"\x7f" * 10 + b'"'):
            with self.subTest(body=body[:60]):
                self.refused(self.run_body(body), "INVALID_INPUT")

    def test_what_nests_too_deeply_is_invalid_input(self):
        for depth in (33, 1000, 100000):
            for inner in (b"[" * depth + b"]" * depth, b'{"a":' * depth + b"1" + b"}" * depth):
                self.refused(self.run_body(b'{"input_payload":{"payload":' + inner + b"}}"), "INVALID_INPUT")
        deep = b"[" * 30 + b"]" * 30
        self.assertEqual(self.run_body(b'{"async":true,"input_payload":{"payload":' + deep + b"}}").status, 202)

    def test_a_body_of_the_wrong_type_is_invalid_input(self):
        for body in (b"null", b"1", b'"x"', b"[]", b"true", b"[{}]"):
            self.refused(self.run_body(body), "INVALID_INPUT")

    def test_wrong_types_are_named(self):
        for body, field in (({}, "input_payload"), ({"input_payload": None}, "input_payload"),
                            ({"input_payload": []}, "input_payload"), ({"input_payload": "x"}, "input_payload"),
                            ({"input_payload": 1}, "input_payload"), ({"input_payload": {}, "async": "yes"}, "async"),
                            ({"input_payload": {}, "async": 1}, "async"),
                            ({"input_payload": {}, "webhook_url": 1}, "webhook_url"),
                            ({"input_payload": {}, "webhook_url": {}}, "webhook_url"),
                            ({"input_payload": {}, "Async": True}, "Async"), ({"input_payload": {}, "input": {}}, "input"),
                            ({"input_payload": {}, "delay_seconds": 1}, "delay_seconds"),
                            ({"input_payload": {}, "🦁": 1}, "🦁")):
            with self.subTest(body=body):
                self.refused(self.run_body(body), "INVALID_INPUT", field)

    def test_the_message_names_the_member(self):
        for body, name in (({}, "input_payload"), ({"input_payload": {}, "webhook_url": "x" * 5000}, "webhook_url"),
                           ({"input_payload": {}, "whatever": 1}, "whatever")):
            self.assertIn(name, self.run_body(body).error["message"])

    def test_an_input_that_does_not_fit_the_agent_s_schema_is_named(self):
        for payload, field in (({"max_emails": 0}, "max_emails"), ({"max_emails": 501}, "max_emails"),
                               ({"max_emails": "20"}, "max_emails"), ({"max_emails": 1.5}, "max_emails"), ({}, None),
                               ({"max_emails": 1, "rules": ["x" * 21]}, "rules"),
                               ({"max_emails": 1, "rules": ["a"] * 4}, "rules"), ({"max_emails": 1, "mode": "x"}, "mode"),
                               ({"max_emails": 1, "extra": 1}, "extra")):
            with self.subTest(payload=payload):
                answer = self.run_probe({"payload": payload}, agent="strict")
                self.refused(answer, "INVALID_INPUT")
                self.assertTrue(answer.error["field"].startswith("input_payload.payload"), answer.text)
                if field:
                    self.assertIn(field, answer.error["field"])

    def test_a_body_past_a_mebibyte_is_too_large(self):
        def body(n):
            text = b'{"async":true,"input_payload":{"payload":"' + b"x" * n + b'"}}'
            return text
        room = (1 << 20) - len(body(0))
        self.assertEqual(self.run_body(body(room)).status, 202)
        self.refused(self.run_body(body(room + 1)), "PAYLOAD_TOO_LARGE")
        self.refused(self.run_body(body(3 << 20)), "PAYLOAD_TOO_LARGE")
        self.assertEqual(self.get("/api/agents").status, 200)

    def test_a_given_content_type_must_be_json(self):
        for kind in ("text/plain", "application/x-www-form-urlencoded", "application/jsonx", "multipart/form-data", "json",
                     "application/json-seq", ";", "application/"):
            answer = self.call("POST", "/api/agents/probe/run", b'{"input_payload":{}}', headers={"Content-Type": kind})
            self.refused(answer, "INVALID_INPUT")
        for kind in ("application/json", "Application/JSON", "application/json; charset=utf-8", "application/json;x"):
            answer = self.call("POST", "/api/agents/probe/run", b'{"input_payload":{},"async":true}',
                               headers={"Content-Type": kind})
            self.assertEqual(answer.status, 202, kind)

    def test_a_get_with_the_seed_s_content_type_is_answered(self):
        self.assertEqual(self.get("/api/agents", headers={"Content-Type": "application/json"}).status, 200)

    def test_a_path_without_a_body_takes_none(self):
        self.refused(self.call("POST", f"/api/executions/{ID}/cancel", {"reason": "x"}), "INVALID_INPUT")
        self.refused(self.call("POST", f"/api/executions/{ID}/cancel", {}), "NOT_FOUND")

    def test_bodies_of_refused_requests_are_read(self):
        body = b"x" * 900000
        self.refused(self.call("POST", "/nothing", body), "NOT_FOUND")
        self.refused(self.call("PUT", "/api/agents", body), "METHOD_NOT_ALLOWED")
        self.refused(self.call("POST", "/api/agents/probe/run", body, key=None), "UNAUTHORIZED")
        self.assertEqual(self.get("/api/agents").status, 200)


class OddRequests(ApiCase):
    """Bytes that no client library sends. The web server may refuse them itself."""

    def raw(self, head, body=b""):
        lines = [head, "Host: localhost", "Connection: close", f"Authorization: Bearer {self.account.key}"]
        got = exchange_raw(self.platform.url, "\r\n".join(lines).encode("latin-1") + b"\r\n" + body)
        while got.startswith(b"HTTP/1.1 100 "):
            got = got.partition(b"\r\n\r\n")[2]
        return int(got.split(b" ", 2)[1]) if got.startswith(b"HTTP/") else None

    def test_odd_request_lines_are_refused(self):
        for line in ("GET /api/agents?%zz HTTP/1.1", "GET /api/agents?a=%00 HTTP/1.1", "GET /api/agents?x HTTP/1.1",
                     "GET /api/agents?" + "a=1&" * 40 + " HTTP/1.1", "GET /api/agents?" + "x" * 9000 + " HTTP/1.1",
                     "GET /api/\xff\xfe HTTP/1.1", "GET http://localhost/nothing HTTP/1.1",
                     "\x00\x01\x02", "GET", "GET /%", "POST /api/agents/probe/run HTTP/1.0"):
            with self.subTest(line=line[:40]):
                status = self.raw(line, b"\r\n")
                self.assertTrue(status is None or 400 <= status < 500 or status == 505, status)

    def test_an_absolute_target_is_understood(self):
        self.assertIn(self.raw("GET http://localhost/api/agents HTTP/1.1", b"\r\n"), (200, 400))

    def test_odd_headers_do_no_harm(self):
        for headers in ("X-Long: " + "y" * 7000, "\r\n".join(f"X-{i}: {i}" for i in range(90)), "X-Empty:",
                        "Content-Length: 0", "Last-Event-ID: \x80", "Idempotency-Key: x", "X-Forwarded-For: 1, 2, 3",
                        "Expect: 100-continue", "Range: bytes=0-1", "Accept: text/html", "Accept-Encoding: gzip",
                        "If-None-Match: *", "Cookie: " + "c" * 4000, "Te: trailers", "X-Http-Method-Override: DELETE"):
            with self.subTest(headers=headers[:30]):
                status = self.raw("GET /api/agents HTTP/1.1\r\n" + headers, b"\r\n")
                self.assertIn(status, (200, 206, 400), headers[:40])

    def test_odd_lengths_do_no_harm(self):
        for headers, body in (("Content-Length: 5", b"{}"), ("Content-Length: -1", b"{}"), ("Content-Length: x", b"{}"),
                              ("Content-Length: 99999999999999999999", b"{}"), ("Transfer-Encoding: chunked", b"zz\r\n"),
                              ("Transfer-Encoding: chunked", b"2\r\n{}\r\n0\r\n\r\n"),
                              ("Transfer-Encoding: chunked\r\nContent-Length: 3", b"0\r\n\r\n"), ("Content-Length: ", b"")):
            with self.subTest(headers=headers):
                status = self.raw("POST /api/agents/probe/run HTTP/1.1\r\nContent-Type: application/json\r\n" + headers,
                                  b"\r\n" + body)
                self.assertTrue(status is None or 400 <= status < 500 or status == 501, status)
        self.assertEqual(self.get("/api/agents").status, 200)

    def test_a_chunked_body_is_a_body(self):
        body = json.dumps({"input_payload": {"payload": "chunked"}, "async": True}).encode()
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + 7]), body[i:i + 7]) for i in range(0, len(body), 7))
        status = self.raw("POST /api/agents/probe/run HTTP/1.1\r\nContent-Type: application/json\r\n"
                          "Transfer-Encoding: chunked", b"\r\n" + chunks + b"0\r\n\r\n")
        self.assertEqual(status, 202)


    def test_what_the_web_server_refuses_itself_has_the_form_of_the_api(self):
        run = "POST /api/agents/probe/run HTTP/1.1"
        for lines in (["GET"], ["GET /api/agents HTTP/1.1", "no header"], ["GET /" + "x" * 70000 + " HTTP/1.1"],
                      ["GET /api/agents HTTP/1.1", "X-Long: " + "y" * 70000], ["GET /api/agents HTTP/3.0"],
                      ["BREW /api/agents HTTP/1.1"], ["TRACE /api/agents HTTP/1.1"], ["GET /api/agents/%00 HTTP/1.1"],
                      [run], [run, "Content-Length: x"], [run, "Content-Length: 0", "Expect: miracles"],
                      [run, "Transfer-Encoding: gzip"]):
            with self.subTest(lines=[line[:40] for line in lines]):
                head = "\r\n".join([lines[0], "Host: localhost", "Connection: close", *lines[1:], "", ""])
                head, _, body = exchange_raw(self.platform.url, head.encode()).partition(b"\r\n\r\n")
                self.assertRegex(head, rb"^HTTP/1\.[01] [45]\d\d ")
                self.assertIn(b"\r\nContent-Type: application/json\r\n", head + b"\r\n")
                self.assertIn(b'{"success":false,"error":{"code":"', body)


# nginx answers some requests by itself
if os.environ.get("AGENTIV_TEST_SERVER", "nginx") == "nginx" and os.environ.get("AGENTIV_CGI") != "1":
    class NginxItself(ApiCase):
        def test_what_nginx_answers_itself_has_the_form_of_the_api(self):
            for line, status, code in (("TRACE /api/agents HTTP/1.1", b"405", b"METHOD_NOT_ALLOWED"),
                                       ("GET /api/agents HTTP/3.0", b"400", b"INVALID_INPUT"),
                                       ("GET /.agentiv/malformed HTTP/1.1", b"404", b"NOT_FOUND"),
                                       ("GET /.agentiv/unavailable HTTP/1.1", b"404", b"NOT_FOUND")):
                with self.subTest(line=line):
                    lines = (line, "Host: localhost", "Connection: close", "", "")
                    got = exchange_raw(self.platform.url, "\r\n".join(lines).encode())
                    self.assertEqual(got.split(b" ", 2)[1], status, got)
                    self.assertIn(b'"code":"' + code + b'"', got)
                    self.assertIn(b"X-RateLimit-Limit: unlimited", got)


class Queries(ApiCase):
    def test_unknown_parameters_are_refused_everywhere(self):
        for path, method in PATHS.items():
            with self.subTest(path=path):
                self.refused(self.call(method, path + "?whatever=1", BODIES.get(path)), "INVALID_INPUT", "whatever")

    def test_malformed_queries_are_invalid_input(self):
        for query in ("%", "%z", "a=%ff", "limit=%00", "=", "=1", "&".join(f"p{i}=1" for i in range(30)), "limit=5&limit=5"):
            self.refused(self.get(f"/api/executions?{query}"), "INVALID_INPUT")

    def test_the_message_names_the_parameter(self):
        for query in ("limit=0", "limit=x", "created_after=today", "status=done", "trigger_type=x", "schedule_id=x", "agent_slug=X",
                      "cursor=x", "limit=5&limit=5", "whatever=1"):
            with self.subTest(query=query):
                self.assertIn(query.partition("=")[0], self.get(f"/api/executions?{query}").error["message"])

    def test_an_empty_query_is_none(self):
        for query in ("?", "?&", "?&&&"):
            self.assertEqual(self.get(f"/api/agents{query}").status, 200)


if __name__ == "__main__":
    unittest.main()
