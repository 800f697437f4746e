"""What each method asks for."""
from datetime import datetime, timedelta, timezone

import agentiv

from .support import ACCEPTED, Case, both, answer, ok

AT = datetime(2026, 1, 15, 12, tzinfo=timezone(timedelta(hours=5, minutes=30)))
LIST, OBJECT, NOTHING = ok([], next_cursor=None, has_more=False), ok({"id": "x"}), ok(None)
COOKIE = ok({"id": "usr_1"}, "Set-Cookie: agentiv_session=tok; Path=/; HttpOnly")

# method, arguments, named arguments, what is answered; then what was asked for, and its body
METHODS = [
    ("agents.list", (), {}, LIST, "GET /api/agents", None),
    ("agents.get", ("a b",), {}, OBJECT, "GET /api/agents/a%20b", None),
    ("executions.get", ("e",), {}, OBJECT, "GET /api/executions/e", None),
    ("executions.list", (), {"created_after": AT, "trigger_type": "api"}, LIST,
     "GET /api/executions?trigger_type=api&created_after=2026-01-15T06%3A30%3A00Z", None),
    ("executions.steps", ("e",), {"after": 3, "limit": 5}, LIST, "GET /api/executions/e/steps?after=3&limit=5", None),
    ("executions.cancel", ("e",), {}, OBJECT, "POST /api/executions/e/cancel", None),
    ("schedules.list", (), {}, LIST, "GET /api/schedules", None),
    ("schedules.get", ("s",), {}, OBJECT, "GET /api/schedules/s", None),
    ("schedules.set", ("s",), {"cron_expr": "@daily", "timezone": "UTC", "enabled": False, "ends_at": AT}, OBJECT,
     "POST /api/schedules/s", {"cron_expr": "@daily", "timezone": "UTC", "enabled": False,
                               "ends_at": "2026-01-15T06:30:00Z"}),
    ("schedules.delete", ("s",), {}, NOTHING, "DELETE /api/schedules/s", None),
    ("schedules.run", ("s",), {}, ok(ACCEPTED, status=202), "POST /api/schedules/s/run", None),
    ("schedules.preview", ("s",), {"count": 3, "from_": "2026-01-15T06:00:00Z", "cron_expr": "0 6 * * *",
                                   "timezone": "Asia/Kolkata"}, ok(["2026-01-16T00:30:00Z"]),
     "GET /api/schedules/s/preview?count=3&from=2026-01-15T06%3A00%3A00Z&cron_expr=0%206%20%2A%20%2A%20%2A"
     "&timezone=Asia%2FKolkata", None),
    ("schedules.history", ("s",), {"outcome": "skipped"}, LIST, "GET /api/schedules/s/history?outcome=skipped", None),
    ("webhooks.list", (), {}, LIST, "GET /api/webhooks", None),
    ("webhooks.create", (), {"url": "https://e.com", "events": ("schedule.fired",)}, OBJECT, "POST /api/webhooks",
     {"url": "https://e.com", "events": ["schedule.fired"]}),
    ("webhooks.get", ("w",), {}, OBJECT, "GET /api/webhooks/w", None),
    ("webhooks.update", ("w",), {"enabled": True}, OBJECT, "PATCH /api/webhooks/w", {"enabled": True}),
    ("webhooks.delete", ("w",), {}, NOTHING, "DELETE /api/webhooks/w", None),
    ("webhooks.rotate_secret", ("w",), {}, OBJECT, "POST /api/webhooks/w/rotate-secret", {}),
    ("webhooks.test", ("w",), {}, OBJECT, "POST /api/webhooks/w/test", {}),
    ("webhooks.deliveries", ("w",), {"status": "failed"}, LIST, "GET /api/webhooks/w/deliveries?status=failed", None),
    ("webhooks.replay", ("w",), {"since": AT}, OBJECT, "POST /api/webhooks/w/replay",
     {"since": "2026-01-15T06:30:00Z"}),
    ("webhook_deliveries.get", ("d",), {}, OBJECT, "GET /api/webhook-deliveries/d", None),
    ("webhook_deliveries.replay", ("d",), {}, OBJECT, "POST /api/webhook-deliveries/d/replay", {}),
    ("webhook_events.list", (), {}, LIST, "GET /api/webhook-events", None),
    ("webhook_events.replay", ("v",), {}, OBJECT, "POST /api/webhook-events/v/replay", {}),
    ("connections.list", (), {}, LIST, "GET /api/connections", None),
    ("usage.get", (), {}, OBJECT, "GET /api/usage", None),
    ("me.get", (), {}, OBJECT, "GET /api/me", None),
    ("me.set_password", (), {"current_password": "a", "new_password": "b"}, COOKIE, "POST /api/me/password",
     {"current_password": "a", "new_password": "b"}),
    ("notifications.get", (), {}, OBJECT, "GET /api/me/notifications", None),
    ("notifications.update", (), {"quota_80": False}, OBJECT, "PATCH /api/me/notifications", {"quota_80": False}),
    ("keys.list", (), {}, LIST, "GET /api/keys", None),
    ("keys.create", (), {"name": "CI", "scopes": ["agents:read"], "expires_at": AT}, OBJECT, "POST /api/keys",
     {"name": "CI", "scopes": ["agents:read"], "expires_at": "2026-01-15T06:30:00Z"}),
    ("keys.rotate", ("k",), {"overlap_seconds": 0}, OBJECT, "POST /api/keys/k/rotate", {"overlap_seconds": 0}),
    ("keys.revoke", ("k",), {}, NOTHING, "DELETE /api/keys/k", None),
    ("session.create", (), {"email": "a@e.com", "password": "p"}, COOKIE, "POST /api/session",
     {"email": "a@e.com", "password": "p"}),
    ("session.delete", (), {}, NOTHING, "DELETE /api/session", None),
    ("health.live", (), {}, OBJECT, "GET /health/live", None),
    ("health.ready", (), {}, OBJECT, "GET /health/ready", None),
    ("openapi", (), {}, answer(200, {"openapi": "3.1.0"}), "GET /api/openapi.json", None),
]


class Methods(Case):
    @both
    def test_each_method_asks_for_its_path_with_its_members(self, make):
        for call, args, named, given, asked, body in METHODS:
            with self.subTest(call=call), make([given]) as t:
                t.call(call, *args, **named)
                self.assertEqual(t.asked(), [asked])
                self.assertEqual(t.requests[0].json if t.requests[0].body else None, body)

    @both
    def test_unknown_options_are_type_errors(self, make):
        with make([]) as t:
            for call, args in (("agents.run", ("probe",)), ("executions.list", ()), ("webhooks.create", ())):
                with self.subTest(call=call), self.assertRaises(TypeError):
                    t.call(call, *args, urgent=True)
            self.assertEqual(t.requests, [])

    @both
    def test_ids_that_would_lead_to_another_path_are_refused(self, make):
        with make([]) as t:
            for bad in ("", ".", ".."):
                for call in ("executions.get", "agents.run", "executions.events", "webhooks.delete"):
                    with self.subTest(bad=bad, call=call), self.assertRaises(ValueError):
                        t.call(call, bad)
            with self.assertRaises(TypeError):
                t.call("executions.get", None)
            self.assertEqual(t.requests, [])

    @both
    def test_what_would_be_sent_wrongly_is_refused(self, make):
        with make([]) as t:
            for error, call, args, named in (
                    (ValueError, "executions.list", (), {"created_after": datetime(2026, 1, 15)}),
                    (TypeError, "webhooks.create", (), {"url": "https://e.com", "events": "schedule.fired"}),
                    (ValueError, "agents.run", ("probe",), {"idempotency_key": "a\r\nX: y"}),
                    (ValueError, "agents.run", ("probe",), {"input": {"n": float("nan")}})):
                with self.subTest(call=call), self.assertRaises(error):
                    t.call(call, *args, **named)
            self.assertEqual(t.requests, [])

    @both
    def test_a_session_is_begun_by_a_client_without_a_key_and_borne_by_another(self, make):
        with make([COOKIE], api_key="") as t:
            session = t.call("session.create", email="a@e.com", password="p")
            self.assertEqual((session.id, session.session_token), ("usr_1", "tok"))
            self.assertNotIn("Authorization", t.requests[0].headers)
        with make([ok([])], api_key=None, session_token="tok") as t:
            t.call("keys.list")
            self.assertEqual(t.requests[0].headers["Cookie"], "agentiv_session=tok")
            self.assertNotIn("Authorization", t.requests[0].headers)

    @both
    def test_a_login_that_sets_no_cookie_is_no_login(self, make):
        with make([ok({"id": "usr_1"})]) as t:
            self.fails(agentiv.ResponseError, t, "session.create", email="a@e.com", password="p")

    @both
    def test_every_request_says_who_asks_and_by_what(self, make):
        with make([ok([])]) as t:
            t.call("agents.list")
            headers = t.requests[0].headers
            self.assertEqual(headers["Authorization"], "Bearer agv_live_k")
            self.assertEqual(headers["User-Agent"], f"agentiv-sdk-python/{agentiv.__version__}")
