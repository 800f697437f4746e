"""What is tried again, when, and what never is."""
import email.utils

import agentiv

from .support import ACCEPTED, RESULT, Case, answer, both, http, ok, raw, refusal, reset

LIVE = ok({"status": "live"})
TRUNCATED = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"success\":")
HTML = http(200, "<html>Welcome to the hotel</html>")
FAILED = refusal(500, "EXECUTION_FAILED", execution_id="exec_9")


class Retries(Case):
    @both
    def test_what_fails_for_a_while_is_tried_again_with_the_same_key(self, make):
        for name, fault in {"reset": reset, "truncated": TRUNCATED, "page": HTML, "429": refusal(429, "RATE_LIMITED"),
                            "500": refusal(500, "INTERNAL"), "503": refusal(503, "UNAVAILABLE"),
                            "page of a proxy": http(502, "<html>Bad gateway</html>"),
                            "wrong JSON": answer(200, {"data": {}}), "no object": ok([])}.items():
            with self.subTest(fault=name), make([fault, fault, ok(RESULT)]) as t:
                self.assertEqual(t.call("agents.run", "probe", input={"n": 1}).summary, "Done")
                self.assertEqual(len(t.requests), 3)
                self.assertEqual(len({r.headers["Idempotency-Key"] for r in t.requests}), 1)
                self.assertEqual(len({r.body for r in t.requests}), 1)

    @both
    def test_two_retries_are_all_there_are(self, make):
        with make([refusal(503, "UNAVAILABLE")] * 9) as t:
            error = self.fails(agentiv.UnavailableError, t, "agents.list")
            self.assertEqual((len(t.requests), error.status, error.request_id), (3, 503, "req_1"))

    @both
    def test_max_retries_is_an_option_of_a_client_and_of_some_calls(self, make):
        with make([refusal(503, "UNAVAILABLE")] * 9, max_retries=0) as t:
            self.fails(agentiv.UnavailableError, t, "agents.list")
            self.assertEqual(len(t.requests), 1)
            t.client = t.client.with_options(max_retries=4)
            self.fails(agentiv.UnavailableError, t, "agents.list")
            self.assertEqual(len(t.requests), 6)

    @both
    def test_a_run_that_failed_is_never_run_again(self, make):
        with make([FAILED]) as t:
            error = self.fails(agentiv.ExecutionFailedError, t, "agents.run", "probe")
            self.assertEqual((len(t.requests), error.execution_id, error.code), (1, "exec_9", "EXECUTION_FAILED"))

    @both
    def test_what_the_caller_has_to_mend_is_not_tried_again(self, make):
        for status, code, error in ((400, "INVALID_INPUT", agentiv.InvalidInputError),
                                    (401, "UNAUTHORIZED", agentiv.UnauthorizedError),
                                    (403, "FORBIDDEN", agentiv.ForbiddenError),
                                    (404, "NOT_FOUND", agentiv.NotFoundError),
                                    (405, "METHOD_NOT_ALLOWED", agentiv.MethodNotAllowedError),
                                    (409, "CONFLICT", agentiv.ConflictError),
                                    (413, "PAYLOAD_TOO_LARGE", agentiv.PayloadTooLargeError),
                                    (400, "INTEGRATION_NOT_CONNECTED", agentiv.IntegrationNotConnectedError)):
            with self.subTest(code=code), make([refusal(status, code)]) as t:
                self.fails(error, t, "agents.run", "probe")
                self.assertEqual(len(t.requests), 1)

    @both
    def test_a_page_that_is_no_answer_of_the_api_is_told_with_its_status(self, make):
        for status, tries in ((404, 1), (403, 1), (200, 3)):
            with self.subTest(status=status), make([http(status, "<html>")] * tries) as t:
                error = self.fails(agentiv.ResponseError, t, "agents.list")
                self.assertEqual(error.status, status)
                self.assertIn("is base_url right?", str(error))

    @both
    def test_redirects_are_not_followed(self, make):
        with make([http(302, "", "Location: https://example.com/")]) as t:
            self.assertIn("https://example.com/", str(self.fails(agentiv.ResponseError, t, "agents.list")))

    @both
    def test_each_call_has_a_key_of_its_own_and_takes_the_callers(self, make):
        with make([ok(ACCEPTED)] * 3) as t:
            for named in ({}, {}, {"idempotency_key": "mine"}):
                t.call("agents.run", "probe", async_=True, **named)
            keys = [r.headers["Idempotency-Key"] for r in t.requests]
            self.assertEqual((len(set(keys)), keys[2]), (3, "mine"))

    @both
    def test_an_error_tells_the_key_by_which_the_call_can_be_repeated(self, make):
        with make([reset] * 3) as t:
            error = self.fails(agentiv.AgentivConnectionError, t, "agents.run", "probe")
            self.assertEqual(error.idempotency_key, t.requests[0].headers["Idempotency-Key"])

    @both
    def test_a_password_whose_change_may_have_been_done_is_not_changed_again(self, make):
        for lost, error in ((reset, agentiv.AgentivConnectionError), (http(504, "<html>"), agentiv.UnavailableError)):
            with make([lost]) as t:
                self.fails(error, t, "me.set_password", current_password="a", new_password="b")
                self.assertEqual(len(t.requests), 1)

    @both
    def test_what_was_deleted_by_a_try_whose_answer_was_lost_is_deleted(self, make):
        for lost in (reset, TRUNCATED, http(502, "<html>")):
            with make([lost, refusal(404, "NOT_FOUND")]) as t:
                self.assertIsNone(t.call("webhooks.delete", "whk_1"))
        with make([LIVE, reset, refusal(404, "NOT_FOUND")]) as t:
            t.call("health.live")      # over the same connection, which is thought to have been closed meanwhile
            self.assertIsNone(t.call("webhooks.delete", "whk_1"))
        with make([refusal(503, "UNAVAILABLE"), refusal(404, "NOT_FOUND")]) as t:
            self.fails(agentiv.NotFoundError, t, "webhooks.delete", "whk_1")
        with make([refusal(404, "NOT_FOUND")]) as t:
            self.fails(agentiv.NotFoundError, t, "webhooks.delete", "whk_1")

    @both
    def test_what_was_cancelled_by_a_try_whose_answer_was_lost_is_cancelled(self, make):
        cancelled = {"id": "exec_1", "status": "failed", "error": {"code": "CANCELLED", "message": "."}}
        with make([reset, refusal(409, "CONFLICT"), ok(cancelled)]) as t:
            self.assertEqual(t.call("executions.cancel", "exec_1").error.code, "CANCELLED")
        with make([reset, refusal(409, "CONFLICT"), ok({"id": "exec_1", "status": "success", "error": None})]) as t:
            self.fails(agentiv.ConflictError, t, "executions.cancel", "exec_1")
        with make([refusal(409, "CONFLICT")]) as t:
            self.fails(agentiv.ConflictError, t, "executions.cancel", "exec_1")


class Pauses(Case):
    @both
    def test_pauses_double_and_chance_takes_up_to_a_half(self, make):
        for chance, pauses in ((0.0, [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]), (1.0, [0.25, 0.5, 1.0, 2.0, 4.0, 4.0])):
            with self.subTest(chance=chance), make([reset] * 6 + [LIVE], chance=chance, max_retries=6) as t:
                t.call("health.live")
                self.assertEqual(t.pauses, pauses)

    @both
    def test_retry_after_is_waited_for_as_seconds_or_date(self, make):
        date = email.utils.formatdate(1_800_000_000 + 30, usegmt=True)
        for value, pause in (("7", 7.0), (date, 30.0), ("0", 0.5), ("soon", 0.5)):
            with self.subTest(value=value), make([refusal(429, "RATE_LIMITED", f"Retry-After: {value}"), LIVE]) as t:
                t.call("health.live")
                self.assertEqual(t.pauses, [pause])

    @both
    def test_a_time_to_come_back_that_is_none_is_as_none(self, make):
        for told in ("1e400", "-1", "NaN", "1" + "0" * 400, "true", '"soon"', "[]"):
            body = f'{{"success": false, "error": {{"code": "RATE_LIMITED", "message": "No", "retry_after": {told}}}}}'
            with self.subTest(told=told), make([http(429, body), LIVE]) as t:
                t.call("health.live")
                self.assertEqual(t.pauses, [0.5])

    @both
    def test_who_is_to_come_back_much_later_is_told_so_at_once(self, make):
        with make([refusal(429, "RATE_LIMITED", "Retry-After: 61", limit="runs_per_day", max=50)]) as t:
            error = self.fails(agentiv.RateLimitedError, t, "agents.run", "probe")
            self.assertEqual((error.retry_after, error.body["limit"], t.pauses), (61.0, "runs_per_day", []))

    @both
    def test_no_pause_is_longer_than_the_rest_of_the_timeout(self, make):
        with make([refusal(503, "UNAVAILABLE", "Retry-After: 40")] * 9, timeout=60) as t:
            self.fails(agentiv.UnavailableError, t, "agents.list")
            self.assertEqual(t.pauses, [40.0])
