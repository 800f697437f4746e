"""Runs that are waited for: at once, by their events, by asking again and again."""
import agentiv

from .support import (ACCEPTED, EXECUTION, RESULT, Case, both, event, events, http, ok, raw, refusal, reset)

LET_GO = ok(ACCEPTED, status=202)
STEP = event("step", 1, step=1, name="one")
END = event("end", 1, id="exec_1", status="success")
ENDED = ok(EXECUTION)
RUNNING = ok({**EXECUTION, "status": "running", "output": None})
FAILED = {**EXECUTION, "status": "failed", "error": {"code": "TIMEOUT", "message": "It took too long"}}
RUN, GET, WATCH = "POST /api/agents/probe/run", "GET /api/executions/exec_1", "GET /api/executions/exec_1/events"


class Runs(Case):
    @both
    def test_input_and_options_are_sent_as_the_api_names_them(self, make):
        with make([ok(RESULT)]) as t:
            t.call("agents.run", "probe", input={"n": 1}, webhook_url="https://example.com/", max_tokens=9)
            self.assertEqual(t.requests[0].json, {"input_payload": {"n": 1}, "async": False, "max_tokens": 9,
                                                  "webhook_url": "https://example.com/"})

    @both
    def test_async_returns_what_was_accepted_at_once(self, make):
        with make([LET_GO]) as t:
            accepted = t.call("agents.run", "probe", async_=True, delay_seconds=60)
            self.assertEqual((accepted.execution_id, accepted.status), ("exec_1", "queued"))
            self.assertEqual(t.requests[0].json, {"input_payload": {}, "async": True, "delay_seconds": 60})

    @both
    def test_a_run_that_the_server_let_go_on_is_waited_for_by_its_events(self, make):
        with make([LET_GO, events(STEP, END), ENDED]) as t:
            result = t.call("agents.run", "probe")
            self.assertEqual((result, t.asked(), t.pauses), (RESULT, [RUN, WATCH, GET], []))

    @both
    def test_without_events_the_run_is_asked_for_again_and_again(self, make):
        with make([LET_GO, http(200, "<html>"), RUNNING, http(200, "<html>"), RUNNING, http(404, "x"), ENDED]) as t:
            self.assertEqual(t.call("agents.run", "probe").output, {"n": 1})
            self.assertEqual(t.asked(), [RUN, WATCH, GET, WATCH, GET, WATCH, GET])
            self.assertEqual(t.pauses, [0.5, 1.0])

    @both
    def test_events_that_break_are_taken_up_again(self, make):
        with make([LET_GO, events(STEP), RUNNING, raw(b"HTTP/1.1 2"), RUNNING, events(STEP, END), ENDED]) as t:
            self.assertEqual(t.call("agents.run", "probe").summary, "Done")
            self.assertEqual(t.pauses, [0.5, 1.0])

    @both
    def test_a_run_that_fails_while_it_is_waited_for_raises_as_one_that_failed_at_once(self, make):
        with make([LET_GO, events(END), ok(FAILED)]) as t:
            error = self.fails(agentiv.ExecutionFailedError, t, "agents.run", "probe")
            self.assertEqual((error.code, error.reason, error.execution_id, error.message),
                             ("EXECUTION_FAILED", "TIMEOUT", "exec_1", "It took too long"))

    @both
    def test_an_integration_that_is_lost_meanwhile_keeps_its_code(self, make):
        failed = {**FAILED, "error": {"code": "INTEGRATION_NOT_CONNECTED", "message": "Gmail"}}
        with make([LET_GO, events(END), ok(failed)]) as t:
            self.fails(agentiv.IntegrationNotConnectedError, t, "agents.run", "probe")

    @both
    def test_after_wait_timeout_the_error_names_the_run_that_goes_on(self, make):
        with make([LET_GO, *[http(200, "<html>"), RUNNING] * 20], wait_timeout=5) as t:
            error = self.fails(agentiv.AgentivTimeoutError, t, "agents.run", "probe")
            self.assertEqual(error.execution_id, "exec_1")
            self.assertEqual(error.idempotency_key, t.requests[0].headers["Idempotency-Key"])
            self.assertLessEqual(sum(t.pauses), 5)

    @both
    def test_an_error_while_waiting_names_the_run(self, make):
        with make([LET_GO, events(END), reset, reset, reset]) as t:
            self.assertEqual(self.fails(agentiv.AgentivConnectionError, t, "agents.run", "probe").execution_id, "exec_1")

    @both
    def test_a_key_that_may_run_and_not_read_waits_by_repeating_the_run(self, make):
        refused = refusal(403, "FORBIDDEN")
        with make([LET_GO, refused, LET_GO, refused, ok(RESULT)]) as t:
            self.assertEqual(t.call("agents.run", "probe").summary, "Done")
            self.assertEqual(t.asked(), [RUN, WATCH, RUN, WATCH, RUN])
            self.assertEqual(len({r.headers["Idempotency-Key"] for r in t.requests if r.method == "POST"}), 1)

    @both
    def test_a_run_that_is_lost_sight_of_is_named_by_the_error(self, make):
        with make([LET_GO, refusal(403, "FORBIDDEN"), reset], max_retries=0) as t:
            self.assertEqual(self.fails(agentiv.AgentivConnectionError, t, "agents.run", "probe").execution_id, "exec_1")

    @both
    def test_wait_returns_the_execution_or_raises_its_failure(self, make):
        with make([events(END), ENDED, events(END), ok(FAILED)]) as t:
            self.assertEqual(t.call("executions.wait", "exec_1").output, {"n": 1})
            self.assertEqual(self.fails(agentiv.ExecutionFailedError, t, "executions.wait", "exec_1").reason, "TIMEOUT")

    @both
    def test_waiting_for_a_run_that_is_not_there_says_so(self, make):
        with make([refusal(404, "NOT_FOUND"), refusal(404, "NOT_FOUND")]) as t:
            self.fails(agentiv.NotFoundError, t, "executions.wait", "exec_1")


class Events(Case):
    @both
    def test_steps_come_with_their_numbers_and_then_the_end(self, make):
        with make([events(STEP, END)]) as t:
            step, end = t.call("executions.events", "exec_1")
            self.assertEqual((step.event, step.id, step.data.name), ("step", "1", "one"))
            self.assertEqual((end.event, end.data.status), ("end", "success"))
            self.assertEqual(t.requests[0].headers["Accept"], "text/event-stream")

    @both
    def test_a_stream_that_is_cut_goes_on_behind_the_last_step(self, make):
        second = event("step", 2, step=2, name="two")
        with make([events(STEP), reset, events(second, END)]) as t:
            self.assertEqual([e.id for e in t.call("executions.events", "exec_1")], ["1", "2", "1"])
            self.assertEqual([r.headers.get("Last-Event-ID") for r in t.requests], [None, "1", "1"])

    @both
    def test_a_stream_may_be_cut_often_while_it_gets_on(self, make):
        cut = [events(event("step", n, step=n)) for n in range(1, 8)]
        with make([*cut, events(END)]) as t:
            self.assertEqual(len(t.call("executions.events", "exec_1")), 8)

    @both
    def test_a_step_that_is_cut_off_is_asked_for_again(self, make):
        with make([events(STEP[:-3]), events(STEP, END)]) as t:
            self.assertEqual([e.event for e in t.call("executions.events", "exec_1")], ["step", "end"])
            self.assertNotIn("Last-Event-ID", t.requests[1].headers)

    @both
    def test_after_is_the_step_behind_which_it_begins(self, make):
        with make([events(END)]) as t:
            t.call("executions.events", "exec_1", after=7)
            self.assertEqual(t.requests[0].headers["Last-Event-ID"], "7")

    @both
    def test_a_stream_that_never_gets_on_fails(self, make):
        with make([events()] * 9) as t:
            self.fails(agentiv.AgentivConnectionError, t, "executions.events", "exec_1")
            self.assertEqual((len(t.requests), len(t.pauses)), (3, 2))

    @both
    def test_what_the_api_refuses_is_raised_at_once(self, make):
        with make([refusal(404, "NOT_FOUND")]) as t:
            self.fails(agentiv.NotFoundError, t, "executions.events", "exec_1")

    @both
    def test_a_damaged_event_is_asked_for_again(self, make):
        with make([events(b"id: 1\nevent: step\ndata: {\"st\n\n"), events(STEP, END)]) as t:
            self.assertEqual(len(t.call("executions.events", "exec_1")), 2)

    @both
    def test_a_stream_in_chunks_is_read(self, make):
        chunks = b"".join(b"%x\r\n%s\r\n" % (1, bytes([one])) for one in STEP + END) + b"0\r\n\r\n"
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        with make([raw(head + chunks, True), ok([])]) as t:
            self.assertEqual(len(t.call("executions.events", "exec_1")), 2)
