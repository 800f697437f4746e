"""agentivctl for callers, on servers that do wrong: what is asked again, what is told, and that nothing runs twice."""
import time
import unittest

from callers import Caller, CallerCase, PlatformCase, folder
from certificates import certificate
from servers import Faulty, Say, Scripted, Stream, after, failure, reset, silence, success, truncated

KEY = "agv_live_test"
UNAVAILABLE = failure("UNAVAILABLE", 503)
RESULT = {"execution_id": "exec_1", "status": "success", "summary": "Done", "output": {}, "tokens_used": 0, "duration_ms": 1}


class NothingTwice(PlatformCase):
    """The platform behind a server that loses what is said."""

    def count(self):
        return int(self.platform.ctl("usage", "--user", self.account.id)["runs_per_month"]["used"])

    def run_through(self, *faults, words=(), timeout=30):
        with Faulty(self.platform.url, *faults) as server:
            before = self.count()
            result = self.done(Caller(server.url, self.account.key), "run", "probe", "--timeout", timeout, *words)
            self.assertEqual(result["status"], "success")
            self.assertEqual(self.count(), before + 1)
            keys = {r.headers["idempotency-key"] for r in server.requests if r.method == "POST"}
            self.assertEqual(len(keys), 1)
            return server.requests

    def test_an_answer_that_was_lost_is_asked_for_again(self):
        for name, fault in (("reset", after(reset)), ("truncated", after(truncated)),
                            ("503", after(failure("UNAVAILABLE", 503))), ("internal", after(failure("INTERNAL", 500))),
                            ("429", after(failure("RATE_LIMITED", 429)))):
            with self.subTest(name):
                self.assertEqual(len(self.run_through(fault, None)), 2)

    def test_an_answer_that_does_not_come_is_asked_for_again(self):
        self.assertEqual(len(self.run_through(after(silence), None, timeout=1)), 2)

    def test_a_request_that_never_arrived_is_sent_again(self):
        self.assertEqual(len(self.run_through(reset, None)), 2)

    def test_a_followed_run_whose_stream_is_lost_is_followed_on(self):
        def cut(handler, request):
            handler.send_response(200)
            handler.send_header("Content-Type", "text/event-stream")
            handler.end_headers()
            handler.wfile.write(b'id: 1\nevent: step\ndata: {"step": 1, "kind": "log", "name": "first"}\n\nid: 2\nevent: st')
            reset(handler, request)

        requests = self.run_through(None, cut, reset, None, words=["--input", "steps=2", "--follow"])
        streams = [r for r in requests if r.path.endswith("/events")]
        self.assertEqual([r.headers.get("last-event-id") for r in streams], [None, "1", "1"])


class LongQuiet(CallerCase):
    """Streams of a run that is due in days: the server ends each when it has lasted long enough."""

    def test_streams_that_worked_are_no_failures_however_many_end(self):
        def quiet(handler, request):
            handler.send_response(200)
            handler.send_header("Content-Type", "text/event-stream")
            handler.send_header("Connection", "close")
            handler.end_headers()
            handler.close_connection = True
            handler.wfile.write(b": steps\n\n: still here\n\n")

        ended = {"id": "exec_1", "status": "success", "summary": "At last", "error": None}
        with Scripted(*[quiet] * 10, Stream(("end", ended)), success(ended)) as server:
            self.done(Caller(server.url), "executions", "follow", "exec_1")
            self.assertEqual(len(server.requests), 12)


class Again(CallerCase):
    def ask(self, *answers, words=("agents", "list"), status=0, code=None):
        """The requests that were made."""
        with Scripted(*answers) as server:
            caller = Caller(server.url)
            if status == 0:
                self.done(caller, *words)
            else:
                self.error = self.refused(status, code, caller, *words)
            return server.requests

    def test_it_is_asked_twice_again_at_most(self):
        self.assertEqual(len(self.ask(UNAVAILABLE, UNAVAILABLE, success([]))), 3)
        self.assertEqual(len(self.ask(UNAVAILABLE, status=4, code="UNAVAILABLE")), 3)

    def test_the_servers_word_on_when_is_heeded(self):
        began = time.monotonic()
        self.ask(Say(429, {"success": False, "error": {"code": "RATE_LIMITED", "message": "No"}}, {"Retry-After": "2"}),
                 success([]))
        self.assertGreaterEqual(time.monotonic() - began, 2)

    def test_who_is_told_to_come_much_later_is_told_so_at_once(self):
        late = Say(429, {"success": False, "error": {"code": "RATE_LIMITED", "message": "No more runs today", "retry_after": 9000}},
                   {"Retry-After": "9000"})
        self.assertEqual(len(self.ask(late, status=1, code="RATE_LIMITED")), 1)
        self.assertEqual((self.error["message"], self.error["retry_after"]), ("No more runs today", 9000))

    def test_who_follows_a_run_and_is_told_to_come_much_later_is_told_so_too(self):
        late = Say(429, {"success": False, "error": {"code": "RATE_LIMITED", "message": "Too many"}}, {"Retry-After": "9000"})
        self.assertEqual(len(self.ask(late, words=["executions", "follow", "exec_1"], status=1, code="RATE_LIMITED")), 1)

    def test_a_run_that_failed_is_not_run_again(self):
        failed = failure("EXECUTION_FAILED", 500, execution_id="exec_1")
        self.assertEqual(len(self.ask(failed, words=["run", "probe"], status=1, code="EXECUTION_FAILED")), 1)

    def test_what_is_refused_is_not_asked_again(self):
        for code, status in (("UNAUTHORIZED", 401), ("FORBIDDEN", 403), ("NOT_FOUND", 404), ("INVALID_INPUT", 400),
                             ("CONFLICT", 409), ("INTEGRATION_NOT_CONNECTED", 400), ("PAYLOAD_TOO_LARGE", 413)):
            with self.subTest(code):
                self.assertEqual(len(self.ask(failure(code, status), words=["run", "probe"], status=1, code=code)), 1)

    def test_a_cancel_whose_answer_was_lost_shows_the_run_that_has_ended(self):
        ended = {"id": "exec_1", "status": "failed", "error": {"code": "CANCELLED", "message": "Cancelled"}}
        requests = self.ask(reset, failure("CONFLICT", 409), success(ended), words=["executions", "cancel", "exec_1"])
        self.assertEqual([r.method for r in requests], ["POST", "POST", "GET"])

    def test_a_cancel_of_a_run_that_had_ended_is_refused(self):
        self.ask(failure("CONFLICT", 409), words=["executions", "cancel", "exec_1"], status=1, code="CONFLICT")

    def test_a_schedule_whose_deletion_was_not_answered_is_deleted(self):
        self.assertEqual(len(self.ask(reset, failure("NOT_FOUND", 404), words=["schedules", "delete", "probe"])), 2)

    def test_a_schedule_that_was_not_there_cannot_be_deleted(self):
        self.ask(failure("NOT_FOUND", 404), words=["schedules", "delete", "probe"], status=1, code="NOT_FOUND")

    def test_a_run_whose_acceptance_is_not_known_can_be_asked_for_again_by_its_key(self):
        requests = self.ask(reset, words=["run", "probe"], status=4, code="UNAVAILABLE")
        self.assertEqual(len(requests), 3)
        key = requests[0].headers["idempotency-key"]
        self.assertTrue(self.error["message"].endswith(
            f". The run may have been accepted: repeat the command with --idempotency-key {key}"), self.error)

    def test_a_run_that_is_not_done_is_waited_for_with_the_same_request(self):
        accepted = success({"execution_id": "exec_1", "status": "running"}, 202)
        requests = self.ask(accepted, success(RESULT), words=["run", "probe", "--input", "a=1"])
        self.assertEqual(requests[0].body, requests[1].body)
        self.assertEqual(requests[0].headers["idempotency-key"], requests[1].headers["idempotency-key"])


class StrangeAnswers(CallerCase):
    def told(self, answer, status, code, words=("agents", "list")):
        with Scripted(answer) as server:
            return self.refused(status, code, Caller(server.url), *words)["message"].replace(server.url, "URL")

    def test_a_redirect_is_not_followed_and_where_it_leads_is_told(self):
        with Scripted(success([])) as other:
            message = self.told(Say(301, b"", {"Location": other.url + "/api/agents"}, "text/html"), 3, "INVALID_INPUT")
            self.assertIn(f"URL redirects to {other.url}/api/agents", message)
            self.assertEqual(other.requests, [])

    def test_what_is_not_the_api_is_told(self):
        for name, answer in (("a page", Say(200, b"<html>", kind="text/html")), ("another API", Say(200, {"ok": 1})),
                             ("no JSON", Say(200, b'{"success": true, "data": ')), ("a list", Say(200, [])),
                             ("two values", Say(200, b'{"success":true,"data":1} {}')),
                             ("an error of another", Say(404, {"error": "not found"})),
                             ("success without data", Say(200, {"success": True}))):
            with self.subTest(name):
                self.assertIn("What answers at URL is not the API", self.told(answer, 3, "INTERNAL"))

    def test_a_web_servers_own_page_of_a_limit_is_a_limit(self):
        self.assertEqual(self.told(Say(429, b"<html>", {"Retry-After": "90"}, "text/html"), 1, "RATE_LIMITED"),
                         "The server at URL takes no more requests for the moment (HTTP 429)")

    def test_a_fault_of_another_program_is_none_of_the_configuration(self):
        self.assertIn("What answers at URL is not the API", self.told(Say(500, b"<html>", kind="text/html"), 1, "INTERNAL"))

    def test_a_web_servers_own_page_of_an_outage_is_an_outage(self):
        self.assertEqual(self.told(Say(502, b"<html>", kind="text/html"), 4, "UNAVAILABLE"),
                         "The server at URL is away for the moment (HTTP 502)")

    def test_an_answer_without_end_is_given_up(self):
        def endless(handler, request):
            handler.send_response(200)
            handler.send_header("Content-Type", "application/json")
            handler.end_headers()
            handler.close_connection = True
            try:
                while True:
                    handler.wfile.write(b" " * 65536)
            except OSError:
                pass
        self.assertEqual(self.told(endless, 1, "INTERNAL"), "The answer of URL is larger than 32 MiB")

    def test_no_control_character_of_an_error_reaches_the_terminal(self):
        with Scripted(failure("NOT_FOUND", 404, "no \x1b[2J\x9b2J\n\x7fagent")) as server:
            _, _, err = Caller(server.url).call("agents", "list")
        self.assertEqual(err, "agentivctl: no ?[2J?2J??agent\n")

    def test_no_control_character_of_a_list_a_step_or_an_id_reaches_the_terminal(self):
        nasty = "\x1b[2J\x9b\x07"
        steps = Stream(("step", {"step": nasty, "kind": nasty, "name": nasty}), ("end", {}))
        agents = success([{"slug": nasty, "name": nasty, "required_integrations": [nasty]}])
        accepted = success({"execution_id": nasty, "status": nasty}, 202)
        for answers, words in (([agents], ["agents", "list"]), ([accepted], ["run", "probe", "--async"]),
                               ([steps, success({"id": nasty, "output": nasty})], ["executions", "follow", "exec_1"])):
            with self.subTest(words), Scripted(*answers) as server:
                status, out, _ = Caller(server.url).call(*words)
                self.assertEqual(status, 0)
                self.assertIn("?", out)
                self.assertNotRegex(out, "[\x00-\x09\x0b-\x1f\x7f-\x9f]")

    def test_values_of_other_kinds_than_expected_are_shown_as_they_are(self):
        for data in (None, 1, "text", [], [1, None, "x", [], {}], {}, {"slug": {}, "input_schema": []}):
            for words in (["agents", "list"], ["agents", "show", "a"], ["executions", "list"], ["executions", "show", "a"],
                          ["executions", "steps", "a"], ["schedules", "list"], ["schedules", "show", "a"],
                          ["schedules", "preview", "a"], ["schedules", "history", "a"], ["usage"], ["run", "a"]):
                with self.subTest(data=data, words=words), Scripted(success(data)) as server:
                    self.assertIn(Caller(server.url).call(*words)[0], (0, 1))


class Lists(CallerCase):
    def page(self, names, cursor):
        return Say(200, {"success": True, "data": [{"id": n} for n in names], "next_cursor": cursor,
                         "has_more": cursor is not None})

    def test_pages_are_read_until_there_are_as_many_as_were_asked_for(self):
        with Scripted(self.page(range(100), "c1"), self.page(range(100, 200), "c&2"), self.page(range(200, 300), "c3")) as server:
            rows = self.done(Caller(server.url), "executions", "list", "--limit", 250)
            self.assertEqual([r["id"] for r in rows], list(range(250)))
            self.assertEqual([r.path for r in server.requests],
                             ["/api/executions?limit=100", "/api/executions?limit=100&cursor=c1",
                              "/api/executions?limit=50&cursor=c%262"])

    def test_an_agent_called_as_a_list_of_another_form_is_listed_like_others(self):
        with Scripted(self.page([1], "c1"), self.page([2], None)) as server:
            self.done(Caller(server.url), "schedules", "history", "steps")
            self.assertEqual(server.requests[1].path, "/api/schedules/steps/history?limit=19&cursor=c1")

    def test_the_last_page_ends_a_list(self):
        with Scripted(self.page(range(100), "c1"), self.page([100], None)) as server:
            self.assertEqual(len(self.done(Caller(server.url), "executions", "list", "--limit", 1000)), 101)

    def test_a_page_of_nothing_ends_a_list_whatever_it_says(self):
        with Scripted(self.page([], "again")) as server:
            self.assertEqual(self.done(Caller(server.url), "executions", "list"), [])
            self.assertEqual(len(server.requests), 1)

    def test_filters_are_told_to_the_server(self):
        with Scripted(self.page([], None)) as server:
            self.done(Caller(server.url), "executions", "list", "--status", "failed", "--agent", "a b&c", "--trigger", "mcp",
                      "--schedule", "sch_1", "--since", "2026-01-02", "--until", "2026-01-03T04:05:06Z", "--limit", 5)
            self.assertEqual(server.requests[0].path, "/api/executions?status=failed&agent_slug=a%20b%26c&trigger_type=mcp"
                             "&schedule_id=sch_1&created_after=2026-01-02T00%3A00%3A00Z&created_before=2026-01-03T04%3A05%3A06Z"
                             "&limit=5")


class WhatIsSent(CallerCase):
    def sent(self, *words):
        with Scripted(success({"execution_id": "exec_1"}, 202)) as server:
            self.done(Caller(server.url), *words)
            return server.requests[0]

    def test_a_run_has_all_that_was_asked_for(self):
        request = self.sent("run", "email-triage", "--input", "max_emails=20", "--webhook-url", "https://example.com/h",
                            "--delay", "90s", "--max-tokens", 500, "--idempotency-key", "mine")
        self.assertEqual((request.method, request.path), ("POST", "/api/agents/email-triage/run"))
        self.assertEqual(request.json, {"input_payload": {"max_emails": 20}, "async": True, "webhook_url": "https://example.com/h",
                                        "delay_seconds": 90, "max_tokens": 500})
        self.assertEqual(request.headers["idempotency-key"], "mine")
        self.assertEqual(request.headers["authorization"], f"Bearer {KEY}")
        self.assertEqual(request.headers["content-type"], "application/json")
        self.assertRegex(request.headers["user-agent"], r"^agentivctl/")

    def test_a_time_to_start_at_is_sent_as_one(self):
        self.assertEqual(self.sent("run", "a", "--run-at", "2099-01-02T03:04:05Z").json["run_at"], "2099-01-02T03:04:05Z")

    def test_a_schedule_has_all_that_was_asked_for(self):
        request = self.sent("schedules", "set", "probe", "--cron", "0 6 * * *", "--timezone", "Asia/Kolkata", "--input", "a=1",
                            "--catch-up", "none", "--overlap", "skip", "--ends-at", "2099-01-01", "--pause-after-failures", 3,
                            "--disabled")
        self.assertEqual(request.path, "/api/schedules/probe")
        self.assertEqual(request.json, {"cron_expr": "0 6 * * *", "timezone": "Asia/Kolkata", "enabled": False,
                                        "input_payload": {"a": 1}, "catch_up": "none", "overlap": "skip",
                                        "ends_at": "2099-01-01T00:00:00Z", "pause_after_failures": 3})
        self.assertRegex(request.headers["idempotency-key"], r"^agentivctl-\w{24}$")

    def test_a_path_in_the_url_stays(self):
        with Scripted(success([])) as server:
            self.done(Caller(server.url + "/agentiv/"), "agents", "list")
            self.assertEqual(server.requests[0].path, "/agentiv/api/agents")


class Certificates(CallerCase):
    @classmethod
    def setUpClass(cls):
        cls.place = folder()
        certificate(cls.place, "authority")
        certificate(cls.place, "server", "authority", "IP:127.0.0.1")
        certificate(cls.place, "other", "authority", "DNS:other.example.com")
        cls.authority = cls.place / "authority.pem"

    def serve(self, name):
        server = Scripted(success([]), tls=(self.place / f"{name}.pem", self.place / f"{name}.key"))
        server.__enter__()
        self.addCleanup(server.__exit__)
        return server

    def test_a_server_that_the_authority_vouches_for_is_asked(self):
        self.done(Caller(self.serve("server").url), "agents", "list", "--ca-file", self.authority)

    def test_the_systems_authorities_do_not_vouch_for_it(self):
        server = self.serve("server")
        error = self.refused(4, "UNAVAILABLE", Caller(server.url), "agents", "list")
        self.assertIn("certificate", error["message"])
        self.assertEqual(server.requests, [])

    def test_a_certificate_of_another_host_is_refused(self):
        server = self.serve("other")
        self.refused(4, "UNAVAILABLE", Caller(server.url), "agents", "list", "--ca-file", self.authority)
        self.assertEqual(server.requests, [])


if __name__ == "__main__":
    unittest.main()
