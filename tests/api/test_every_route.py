"""Every route, as the responder's own table has them: who may not ask, and whose objects are not there.

A new route is tried by itself. When it has a parameter, it is told here what the parameter stands for (MAKERS or SHARED);
when it needs a body to get as far as its object, which (BODIES)."""
import json
import os
import subprocess
import unittest
from pathlib import Path

from client import SCOPES, Account, ApiCase
from mcp import rpc
from test_sessions import SessionCase, set_password

# what the parameter at the end of a path stands for: how an account gets one of its own
MAKERS = {
    "/api/executions/{}": lambda case, account: case.start(key=account.key),
    "/api/keys/{}": lambda case, account: account.new_key()["id"],
    "/api/schedules/{}": lambda case, account: case.schedule("probe", account.key),
    "/api/webhooks/{}": lambda case, account: case.endpoint(account.key),
    "/api/webhook-deliveries/{}": lambda case, account: case.delivery(account.key)["id"],
    "/api/webhook-events/{}": lambda case, account: case.delivery(account.key)["event_id"],
}
# objects that are named by what all accounts share: one that nobody has
NOBODYS = {"/api/schedules/{}": "strict"}
# what makes the object that its parameter names
MAKING = {"POST /api/schedules/{}"}
# parameters that stand for what all accounts share
SHARED = {"/api/agents/{}": "probe"}
BODIES = {("POST", "/api/agents/{}/run"): {"input_payload": {}, "async": True},
          ("POST", "/api/schedules/{}"): {"cron_expr": "@daily", "timezone": "UTC"},
          ("POST", "/api/webhooks"): {"url": "https://example.com/hook"},
          ("POST", "/api/webhooks/{}/replay"): {"since": "2026-01-01T00:00:00Z"},
          ("POST", "/mcp"): {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}}
# what anybody may ask, and what every key may
OPEN = {"GET /health/live", "GET /health/ready", "GET /metrics", "POST /api/session", "GET /api/openapi.json",
        "GET /api/unsubscribe/{}", "POST /api/unsubscribe/{}",
        "GET /.well-known/oauth-protected-resource", "GET /.well-known/oauth-protected-resource/mcp"}
WITHOUT_SCOPE = {"/api/me"}
ANY_ID = "x"


def routes():
    folder = Path(os.environ["STACK_BIN"])
    program = next(p for p in (folder / "agentiv.fcgi", folder / "../libexec/agentiv.fcgi") if p.exists())
    environment = {k: v for k, v in os.environ.items() if k != "GATEWAY_INTERFACE"}
    done = subprocess.run([program, "--routes"], env=environment, stdout=subprocess.PIPE, timeout=30, check=True)
    return json.loads(done.stdout)


def parameter(route):
    """The path up to its parameter, or None."""
    return route["path"].partition("{}")[0] + "{}" if "{}" in route["path"] else None


def name(route):
    return f"{route['method']} {route['path']}"


class EveryRoute(SessionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.routes = routes()
        cls.closed = [r for r in cls.routes if r["access"] in ("account", "session")]

    def path(self, route, value=ANY_ID):
        return route["path"].replace("{}", SHARED.get(parameter(route), value))

    def ask(self, route, value=ANY_ID, **who):
        body = BODIES.get((route["method"], route["path"]), {} if route["has_body"] else None)
        if route["feature"] == "mcp":
            return rpc(self, body, **who)
        return self.call(route["method"], self.path(route, value), body, **who)

    def schedule(self, agent, key):
        self.call("POST", f"/api/schedules/{agent}", BODIES["POST", "/api/schedules/{}"], key=key)
        return agent

    def endpoint(self, key):
        return self.call("POST", "/api/webhooks", BODIES["POST", "/api/webhooks"], key=key).data["id"]

    def delivery(self, key):
        return self.call("POST", f"/api/webhooks/{self.endpoint(key)}/test", {}, key=key).data

    def asked_by(self, access):
        return [r for r in self.closed if r["access"] == access]

    def session(self, account):
        set_password(account)
        return {"key": None, "headers": {"Cookie": self.logged_in(account)}}

    def test_what_a_key_may_ask_names_its_scope_and_its_feature(self):
        for route in self.asked_by("account"):
            with self.subTest(name(route)):
                self.assertTrue(route["feature"])
                self.assertTrue(route["scope"] or route["path"] in WITHOUT_SCOPE)

    def test_what_is_open_is_known_to_be(self):
        self.assertLessEqual({name(r) for r in self.routes if r["access"] in ("open", "local", "link")}, OPEN)

    def test_without_a_key_nothing_is_answered(self):
        for route in self.closed:
            with self.subTest(name(route)):
                self.refused(self.ask(route, key=None), "UNAUTHORIZED")

    def keys_lacking(self, scopes):
        """By what they lack: "agents:read", or "agents:read,webhooks:write" where a route asks for either."""
        return {lacked: self.account.new_key(",".join(set(SCOPES.split(",")) - set(lacked.split(","))))["key"]
                for lacked in scopes}

    def test_a_key_that_lacks_the_scope_is_told_which(self):
        scoped = [r for r in self.asked_by("account") if r["scope"]]
        lacking = self.keys_lacking({r["scope"] for r in scoped})
        for route in scoped:
            with self.subTest(name(route)):
                answer = self.ask(route, key=lacking[route["scope"]])
                self.refused(answer, "FORBIDDEN")
                self.assertIn(route["scope"], answer.error["message"])

    def test_where_either_of_two_scopes_will_do_each_does(self):
        either = [r for r in self.asked_by("account") if r["scope"] and "," in r["scope"]]
        self.assertTrue(either)
        keys = {scope: self.account.new_key(scope)["key"] for r in either for scope in r["scope"].split(",")}
        for route in either:
            for scope in route["scope"].split(","):
                with self.subTest(name(route), scope=scope):
                    self.assertNotEqual(self.ask(route, key=keys[scope]).status, 403)

    def test_what_takes_a_session_takes_no_key(self):
        for route in self.asked_by("session"):
            with self.subTest(name(route)):
                self.refused(self.ask(route), "FORBIDDEN")

    def test_a_starter_s_key_opens_nothing(self):
        starter = Account(self.platform, plan="starter", requests_per_minute="unlimited")
        for route in self.closed:
            with self.subTest(name(route)):
                self.refused(self.ask(route, key=starter.key), "FORBIDDEN")

    def test_a_feature_that_was_taken_from_the_account_is_missed(self):
        for feature in {r["feature"] for r in self.asked_by("account")} - {None}:
            account = Account(self.platform, **{feature: "no"})
            for route in self.asked_by("account"):
                if route["feature"] == feature:
                    with self.subTest(name(route)):
                        answer = self.ask(route, key=account.key)
                        self.refused(answer, "FORBIDDEN")
                        self.assertIn("does not include", answer.error["message"])

    def test_what_each_parameter_stands_for_is_told_here(self):
        for route in self.routes:
            with self.subTest(name(route)):
                self.assertLessEqual(route["path"].count("{}"), 1)
                if parameter(route) and route["access"] != "link":
                    self.assertTrue(parameter(route) in MAKERS or parameter(route) in SHARED,
                                    f"{name(route)}: add what makes one to MAKERS, or to SHARED what all have")

    def each_with_an_object(self):
        """Routes whose parameter names an object of an account, with each way to ask."""
        asking = {"key": {"key": self.account.key}, "session": self.session(self.account)}
        return [(route, how, asking[how]) for route in self.closed if parameter(route) in MAKERS
                for how in (("key", "session") if route["access"] == "account" else ("session",))]

    def test_another_account_s_object_is_not_found_as_one_that_is_not_there(self):
        other, made = Account(self.platform), {}
        for route, how, who in self.each_with_an_object():
            if name(route) in MAKING:
                continue
            with self.subTest(name(route), how=how):
                kind = parameter(route)
                made[kind] = made.get(kind) or MAKERS[kind](self, other)
                theirs = self.ask(route, made[kind], **who)
                self.refused(theirs, "NOT_FOUND")
                # the id of nothing
                unknown = self.ask(route, NOBODYS.get(kind, made[kind][:-4] + "0000"), **who)
                self.refused(unknown, "NOT_FOUND")
                self.assertEqual(theirs.error, unknown.error, "the answer tells that there is one")
                self.refused(self.ask(route, ANY_ID, **who), "NOT_FOUND")

    def test_one_s_own_object_is_found(self):
        for route, how, who in self.each_with_an_object():
            with self.subTest(name(route), how=how):
                own = self.ask(route, MAKERS[parameter(route)](self, self.account), **who)
                self.assertNotEqual(own.status, 404, own.text)


if __name__ == "__main__":
    unittest.main()
