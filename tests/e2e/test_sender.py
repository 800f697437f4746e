"""agentiv-webhookd on a real database, against a receiver that behaves in every way that one may."""
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

from deliveries import DELIVERED, FAILED, PENDING, Deliveries, id_text, now_ms   # noqa: E402
from receiver import Answer, Receiver, seed_signature, standard_signature       # noqa: E402
from stack import Stack, wait_until                                             # noqa: E402

TMP = Path(os.environ["AGENTIV_TEST_TMP"])
SETTINGS = {"outbound.allow_networks": "127.0.0.0/8,::1/128", "webhooks.poll_ms": 50, "webhooks.idle_poll_ms": 50,
            "webhooks.timeout_s": 1, "webhooks.lease_s": 6, "webhooks.schedule_s": "0,1", "webhooks.inflight": 32}


class SenderCase(unittest.TestCase):
    """Each class has a database and an account, each test a sender and a receiver."""
    settings = SETTINGS

    @classmethod
    def setUpClass(cls):
        cls.stack = Stack(TMP / cls.__name__, cls.settings)
        cls.addClassCleanup(cls.stack.down)
        cls.stack.init()
        cls.deliveries = Deliveries(cls.stack)

    def setUp(self):
        self.deliveries.empty()
        self.receiver = Receiver()
        self.receiver.__enter__()
        self.addCleanup(self.receiver.stop)
        self.stack.start("sender")
        self.addCleanup(self.stack.stop, "sender")

    def over(self, delivery, seconds=15):
        """The state in which it ended."""
        return wait_until(lambda: self.deliveries.is_over(delivery), seconds, "the delivery is over")

    def deliver(self, *answers, seconds=15, **run):
        """One delivery to a receiver that gives these answers. Returns (id, state)."""
        self.receiver.script("/hook", *answers)
        delivery = self.deliveries.ended_run(self.receiver.url(), **run)
        return delivery, self.over(delivery, seconds)

    def attempts(self, delivery):
        return [(int(number), int(status), error) for number, status, error in self.stack.sql(
            "SELECT attempt, COALESCE(status, 0), COALESCE(error, '') FROM delivery_attempts"
            f" WHERE delivery_id = x'{delivery.hex()}' ORDER BY attempt")]


class SenderTest(SenderCase):
    # ---- what is sent ----

    def test_a_success_has_the_body_of_the_document(self):
        delivery, _ = self.deliver(Answer(200), output='{"triaged": [], "n": 1}')
        request, = self.receiver.requests()
        body = json.loads(request.body)
        self.assertEqual(list(body), ["event", "execution_id", "agent_slug", "user_id", "status", "summary", "output",
                                      "tokens_used", "duration_ms", "timestamp"])
        self.assertEqual(body["event"], "agent.execution.success")
        self.assertEqual(body["execution_id"], id_text("exec", delivery))
        self.assertEqual(body["user_id"], self.deliveries.user_id)
        self.assertEqual((body["agent_slug"], body["status"], body["summary"]),
                         ("email-triage", "success", "Did 3 things"))
        self.assertEqual((body["output"], body["tokens_used"], body["duration_ms"]),
                         ({"triaged": [], "n": 1}, 12, 70))
        self.assertRegex(body["timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")

    def test_a_failure_has_no_output_and_says_why(self):
        self.deliver(Answer(200), failed=True)
        body = json.loads(self.receiver.requests()[0].body)
        self.assertEqual(body["event"], "agent.execution.failed")
        self.assertEqual(body["status"], "failed")
        self.assertIsNone(body["output"])
        self.assertEqual(body["error"], {"code": "TIMEOUT", "message": "It took too long"})

    def test_both_signatures_are_right(self):
        before = int(time.time())
        delivery, _ = self.deliver(Answer(200))
        request, = self.receiver.requests()
        secret, headers = self.deliveries.secret, request.headers
        self.assertEqual(headers["x-agentiv-signature"], seed_signature(secret, request.body))
        self.assertEqual(headers["webhook-signature"], standard_signature(secret, request))
        self.assertEqual(headers["x-agentiv-event"], "agent.execution.success")
        self.assertEqual(headers["x-agentiv-delivery"], id_text("dlv", delivery))
        self.assertEqual(headers["webhook-id"], id_text("evt", delivery))
        self.assertEqual(headers["content-type"], "application/json")
        self.assertTrue(before <= int(headers["webhook-timestamp"]) <= time.time())

    def test_an_event_with_a_payload_is_sent_as_it_stands(self):
        payload = '{"event":"schedule.fired","a":"ü",  "b":1}'.encode()
        delivery, event = self.deliveries.event(self.receiver.url(), "schedule.fired", payload)
        self.assertEqual(self.over(delivery).state, DELIVERED)
        request, = self.receiver.requests()
        self.assertEqual(request.body, payload)
        self.assertEqual(request.headers["x-agentiv-event"], "schedule.fired")
        self.assertEqual(request.headers["x-agentiv-delivery"], id_text("dlv", delivery))
        self.assertEqual(request.headers["webhook-id"], id_text("evt", event))

    def test_large_outputs_arrive_whole(self):
        output = {"text": "0123456789abcdef" * 200000}
        runs = self.deliveries.ended_runs(
            [self.receiver.url()] * 3,
            output_sql="""CONCAT('{"text": "', REPEAT('0123456789abcdef', 200000), '"}')""")
        for run in runs:
            self.assertEqual(self.over(run).state, DELIVERED)
        for request in self.receiver.requests():
            self.assertEqual(json.loads(request.body)["output"], output)
            self.assertEqual(request.headers["x-agentiv-signature"],
                             seed_signature(self.deliveries.secret, request.body))

    # ---- what becomes of it ----

    def test_any_2xx_is_success(self):
        for status in (200, 201, 202, 204, 299):
            with self.subTest(status=status):
                delivery, state = self.deliver(Answer(status))
                self.assertEqual(state, (DELIVERED, 1, status, ""))
                self.assertIsNone(self.deliveries.due_in_ms(delivery))

    def test_after_the_last_attempt_it_has_failed(self):
        delivery, state = self.deliver(Answer(500))
        self.assertEqual((state.state, state.attempts, state.status), (FAILED, 3, 500))
        self.assertIsNone(self.deliveries.due_in_ms(delivery))
        self.assertEqual(len(self.receiver.requests()), 3)

    def test_the_log_has_what_failed_and_nothing_that_is_secret(self):
        delivery, _ = self.deliver(Answer(500, b"its secret"))
        lines = [line for line in self.stack.log("sender").splitlines() if id_text("dlv", delivery) in line]
        self.assertEqual(len(lines), 3)
        self.assertIn('level=info prog=agentiv-webhookd msg="a delivery is to be tried again"', lines[0])
        self.assertIn('level=warn prog=agentiv-webhookd msg="a delivery has failed"', lines[2])
        self.assertIn("attempt=3 status=500", lines[2])
        self.assertNotRegex("".join(lines), "its secret|/hook")

    def test_410_ends_it_at_once(self):
        _, state = self.deliver(Answer(410))
        self.assertEqual((state.state, state.attempts, state.status), (FAILED, 1, 410))

    def test_a_redirect_is_not_followed(self):
        _, state = self.deliver(Answer(302, headers={"Location": self.receiver.url("/other")}))
        self.assertEqual((state.state, state.status), (FAILED, 302))
        self.assertIn("redirects are not followed", state.error)
        self.assertEqual(self.receiver.requests("/other"), [])

    def test_retry_after_is_honoured(self):
        self.receiver.script("/hook", Answer(429, headers={"Retry-After": "30"}))
        delivery = self.deliveries.ended_run(self.receiver.url())
        wait_until(lambda: self.deliveries.state(delivery), 10, "the first attempt")
        attempted_at = self.stack.number(f"SELECT last_at FROM deliveries WHERE id = x'{delivery.hex()}'")
        due_at = self.stack.number(f"SELECT due_at FROM outbox WHERE delivery_id = x'{delivery.hex()}'")
        self.assertTrue(attempted_at + 30000 <= due_at <= now_ms() + 30000)

    def test_no_answer_within_the_time_is_a_failure(self):
        delivery, state = self.deliver(Answer(kind="hang"), Answer(200))
        self.assertEqual(state.state, DELIVERED)
        self.assertEqual(self.attempts(delivery), [(1, 0, "No answer within 1 s")])

    def test_an_answer_without_its_body_counts(self):
        _, state = self.deliver(Answer(200, kind="half"))
        self.assertEqual((state.state, state.attempts), (DELIVERED, 1))

    def test_a_connection_that_ends_is_a_failure(self):
        _, state = self.deliver(Answer(kind="close"), Answer(200))
        self.assertEqual((state.state, state.attempts), (DELIVERED, 2))

    def test_what_a_receiver_says_is_kept_as_one_clean_line(self):
        delivery, _ = self.deliver(Answer(500, b"line\none\x00\x1b[31m \xff" + b"x" * 5000), Answer(200))
        (_, _, error), = self.attempts(delivery)
        self.assertTrue(error.startswith("The receiver answered 500: line one"))
        self.assertLessEqual(len(error), 300)
        self.assertTrue(error.isprintable())

    def test_nobody_at_the_port_is_a_failure_that_is_tried_again(self):
        receiver = Receiver()
        delivery = self.deliveries.ended_run(receiver.url())
        receiver._server.server_close()
        self.assertEqual(self.over(delivery).attempts, 3)

    def test_a_url_that_the_rules_forbid_fails_for_good(self):
        for url, why in (("http://10.0.0.1/hook", "10.0.0.1 is a private address"),
                         ("http://[fe80::1]/hook", "fe80::1 is a link-local address"),
                         ("ftp://127.0.0.1/hook", "must begin with https:// or http://"),
                         ("http://127.0.0.1:25/hook", "must use port")):
            with self.subTest(url=url):
                state = self.over(self.deliveries.ended_run(url))
                self.assertEqual((state.state, state.attempts, state.status), (FAILED, 1, 0))
                self.assertIn(why, state.error)

    def test_a_delivery_without_a_url_fails_for_good(self):
        state = self.over(self.deliveries.ended_run(None))
        self.assertEqual((state.state, state.attempts), (FAILED, 1))

    def test_without_a_mail_server_a_mail_is_given_up_and_not_waited_for(self):
        state = self.over(self.deliveries.mail('{"agent_slug": "probe"}'))
        self.assertEqual((state.state, state.error), (FAILED, "Mail is not configured"))
        self.assertEqual(self.stack.number("SELECT COUNT(*) FROM account_quota WHERE mail_delivery IS NOT NULL"), 0)

    def test_a_mail_that_has_nothing_to_tell_any_more_is_done(self):
        state = self.over(self.deliveries.mail())
        self.assertEqual((state.state, state.error), (DELIVERED, ""))

    def test_a_mail_that_cannot_be_read_is_put_off_and_never_given_up(self):
        """As long as it is not taken, the account's next mails wait for it."""
        self.stack.sql("RENAME TABLE notifications TO notifications_away")
        try:
            mail = self.deliveries.mail()
            wait_until(lambda: self.stack.number("SELECT COUNT(*) FROM outbox o JOIN deliveries d ON d.id = o.delivery_id"
                                                 " WHERE o.token IS NULL AND o.due_at > d.created_at"), 10, "it is put off")
        finally:
            self.stack.sql("RENAME TABLE notifications_away TO notifications")
        self.assertEqual(self.over(mail), (DELIVERED, 1, 0, ""))

    # ---- many at once ----

    def test_hundreds_are_each_delivered_once(self):
        runs = self.deliveries.ended_runs([self.receiver.url(f"/{i % 7}") for i in range(700)])
        self.receiver.wait_for(700)
        wait_until(lambda: self.deliveries.count(DELIVERED) == 700, 15, "all are recorded")
        ids = sorted(json.loads(r.body)["execution_id"] for r in self.receiver.requests())
        self.assertEqual(ids, sorted(id_text("exec", run) for run in runs))
        self.assertEqual(self.stack.number("SELECT COUNT(*) FROM outbox"), 0)

    # ---- processes that end ----

    def test_killed_between_answer_and_record_it_is_sent_again(self):
        killed = threading.Event()

        def kill(request):
            if not killed.is_set():
                self.stack.signal("sender", "KILL")
                killed.set()

        with Receiver(on_request=kill) as receiver:
            delivery = self.deliveries.ended_run(receiver.url())
            self.assertTrue(killed.wait(10))
            self.stack.start("sender")
            self.assertEqual(self.over(delivery, 20), (DELIVERED, 1, 200, ""))
            first, second = receiver.requests()
            self.assertEqual(first.body, second.body)

    def test_told_to_stop_it_finishes_what_is_under_way(self):
        self.receiver.script("/hook", Answer(delay=0.5))
        delivery = self.deliveries.ended_run(self.receiver.url())
        self.receiver.wait_for(1)
        self.stack.stop("sender")
        self.assertEqual(self.deliveries.state(delivery), (DELIVERED, 1, 200, ""))
        self.assertIn("delivered=1 ", self.stack.log("sender").splitlines()[-1])

    def test_told_to_stop_it_gives_back_what_it_has_not_sent(self):
        self.receiver.script("/hook", Answer(delay=0.8))
        self.deliveries.ended_runs([self.receiver.url()] * 30)
        self.receiver.wait_for(1)
        self.stack.stop("sender")
        sent = len(self.receiver.requests())
        self.assertLess(sent, 30)
        self.assertEqual(self.deliveries.count(DELIVERED), sent)
        self.assertEqual(self.stack.number("SELECT COUNT(*) FROM outbox WHERE token IS NULL"), 30 - sent)

    def test_stopped_past_its_lease_it_changes_nothing(self):
        self.receiver.script("/hook", Answer(delay=0.3), Answer(200))
        delivery = self.deliveries.ended_run(self.receiver.url())
        self.receiver.wait_for(1)
        self.stack.signal("sender", "STOP")
        other = subprocess.Popen([Path(os.environ["STACK_BIN"]) / "agentiv-webhookd", "-c",
                                  self.stack.state / "agentiv.conf"], stderr=subprocess.DEVNULL)
        try:
            self.assertEqual(self.over(delivery, 20).state, DELIVERED)
            at = self.stack.sql(f"SELECT last_at, attempts FROM deliveries WHERE id = x'{delivery.hex()}'")
            self.stack.signal("sender", "CONT")
            self.stack.stop("sender")
            self.assertEqual(
                self.stack.sql(f"SELECT last_at, attempts FROM deliveries WHERE id = x'{delivery.hex()}'"), at)
        finally:
            other.send_signal(signal.SIGTERM)
            self.assertEqual(other.wait(20), 0)

    # ---- without the daemon ----

    def test_a_tick_delivers_what_is_due(self):
        self.stack.stop("sender")
        self.receiver.script("/bad", Answer(500))
        self.deliveries.ended_runs([self.receiver.url()] * 100 + [self.receiver.url("/bad")])
        done = self.stack.ctl("tick")
        self.assertEqual(done["delivered"], 100)
        self.assertGreaterEqual(done["delivery_retries"], 1)
        self.assertEqual(self.deliveries.count(DELIVERED), 100)

    def test_a_tick_goes_on_behind_events_that_nobody_wants(self):
        self.stack.stop("sender")
        self.deliveries.unwanted_events(200)
        self.deliveries.ended_run(self.receiver.url())
        self.assertEqual(self.stack.ctl("tick")["delivered"], 1)


def next_second(request):
    """Returns when the clock is past the second in which the request was signed."""
    signed = int(request.headers["webhook-timestamp"])
    wait_until(lambda: time.time() >= signed + 1, 5, "the clock has gone on by a second")


class PatientTest(SenderCase):
    """An attempt may take longer than a test waits for anything: what comes has not waited for one to end."""
    settings = dict(SETTINGS, **{"webhooks.timeout_s": 120, "webhooks.lease_s": 300})

    def check_none_has_failed(self):
        self.assertEqual(self.deliveries.count(PENDING) + self.deliveries.count(FAILED), 0)

    def test_a_dead_receiver_delays_nobody_else(self):
        with Receiver() as dead:
            dead.script("/hook", Answer(kind="hang"))
            self.deliveries.ended_runs([dead.url()] * 500)
            dead.wait_for(1)
            other = Deliveries(self.stack, "other@example.com")
            other.ended_runs([self.receiver.url()] * 50)
            self.receiver.wait_for(50)
            # and so for others of the same account
            self.deliveries.ended_runs([self.receiver.url("/same")] * 20)
            self.receiver.wait_for(20, "/same")
            self.check_none_has_failed()

    def test_one_accounts_many_dead_receivers_leave_room_for_others(self):
        # the kernel accepts for them, and nobody answers
        dead = [socket.create_server(("127.0.0.1", 0), backlog=128) for _ in range(60)]
        for server in dead:
            self.addCleanup(server.close)
        self.deliveries.ended_runs([f"http://127.0.0.1:{s.getsockname()[1]}/" for s in dead] * 5)
        other = Deliveries(self.stack, "neighbour@example.com")
        other.ended_runs([self.receiver.url()] * 50)
        self.receiver.wait_for(50)
        self.check_none_has_failed()

    def test_a_sender_of_one_slot_goes_on_with_a_receiver_that_was_slow(self):
        self.stack.stop("sender")
        self.receiver.script("/hook", Answer(delay=1.2), Answer())
        self.deliveries.ended_runs([self.receiver.url()] * 2)
        sender = subprocess.Popen([Path(os.environ["STACK_BIN"]) / "agentiv-webhookd", "-c", self.stack.state / "agentiv.conf"],
                                  env={**os.environ, "AGENTIV_WEBHOOKS_INFLIGHT": "1"}, stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: self.deliveries.count(DELIVERED) == 2, 15, "both are delivered")
        finally:
            sender.send_signal(signal.SIGTERM)
            self.assertEqual(sender.wait(20), 0)

    def test_a_retry_sends_the_same_bytes_with_a_new_signature(self):
        """The receiver answers when the clock has gone on by a second, as timestamps are of whole seconds."""
        with Receiver(on_request=next_second) as receiver:
            receiver.script("/hook", Answer(500, b"try later"), Answer(503), Answer(200))
            delivery = self.deliveries.ended_run(receiver.url())
            self.assertEqual(self.over(delivery), (DELIVERED, 3, 200, ""))
            requests = receiver.requests()
        self.assertEqual(len(requests), 3)
        self.assertEqual(len({r.body for r in requests}), 1)
        self.assertEqual(len({(r.headers["webhook-id"], r.headers["x-agentiv-delivery"]) for r in requests}), 1)
        for request in requests:
            self.assertEqual(request.headers["webhook-signature"],
                             standard_signature(self.deliveries.secret, request))
        first, second, third = (int(r.headers["webhook-timestamp"]) for r in requests)
        self.assertTrue(first < second < third, (first, second, third))
        self.assertEqual(self.attempts(delivery), [(1, 500, "The receiver answered 500: try later"),
                                                   (2, 503, "The receiver answered 503")])

    def test_a_body_without_end_counts_and_is_not_read(self):
        _, state = self.deliver(Answer(200, kind="endless"))
        self.assertEqual((state.state, state.attempts), (DELIVERED, 1))


class DatabaseTest(SenderCase):
    """A lease that outlasts what happens to the database."""
    settings = dict(SETTINGS, **{"webhooks.lease_s": 120})

    def test_a_database_that_went_away_is_waited_for(self):
        gone = threading.Event()

        def stop_database(request):
            if not gone.is_set():
                self.stack.stop("db")
                gone.set()

        with Receiver(on_request=stop_database) as receiver:
            receiver.script("/hook", Answer(200))
            delivery = self.deliveries.ended_run(receiver.url())
            self.assertTrue(gone.wait(20))
            wait_until(lambda: "wait to be recorded" in self.stack.log("sender"), 20, "the record was tried")
            self.stack.start("db")
            self.assertEqual(self.over(delivery, 20), (DELIVERED, 1, 200, ""))
            self.assertEqual(len(receiver.requests()), 1)
        later = self.deliveries.ended_run(self.receiver.url())
        self.assertEqual(self.over(later).state, DELIVERED)


class SecretTest(SenderCase):
    """A secret that cannot be opened."""

    def test_it_is_an_error_that_says_so_and_no_crash(self):
        broken = Deliveries(self.stack, "broken@example.com")
        broken.new_secret_needed()
        state = self.over(broken.ended_run(self.receiver.url()), 20)
        self.assertEqual(state, (FAILED, 3, 0, "The account's webhook secret cannot be used"))
        self.assertEqual(self.receiver.requests(), [])


class RulesTest(SenderCase):
    """Without the operator's leave, loopback is out of bounds, by number or by name."""
    settings = dict(SETTINGS, **{"outbound.allow_networks": ""})

    def test_loopback_is_refused_and_never_connected_to(self):
        for host in ("127.0.0.1", "localhost", "2130706433", "[::1]"):
            with self.subTest(host=host):
                state = self.over(self.deliveries.ended_run(self.receiver.url(host=host)))
                self.assertEqual((state.state, state.attempts, state.status), (FAILED, 1, 0))
                self.assertIn("only public addresses are allowed", state.error)
        self.assertEqual(self.receiver.connections, 0)
