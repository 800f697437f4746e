"""The dashboard's session: logging in and out, its password, and who may use it."""
import http.client
import http.cookies
import json
import os
import tempfile
import unittest
from pathlib import Path

from client import Account, ApiCase, Platform, together, wait_until

PASSWORD = "correct horse battery"


def set_password(account, password=PASSWORD):
    file = account.on.state / f"password-{account.id}"
    file.write_text(password + "\n")
    os.chmod(file, 0o600)
    return account.on.ctl("user", "password", "--user", account.id, "--password-file", file)


class SessionCase(ApiCase):
    def log_in(self, account, password=PASSWORD, **headers):
        return self.call("POST", "/api/session", {"email": account.email, "password": password}, key=None, headers=headers)

    def cookie(self, answer):
        """The cookie that the answer sets: what a browser sends back, and its attributes."""
        jar = http.cookies.SimpleCookie(answer.headers["Set-Cookie"])
        return f"agentiv_session={jar['agentiv_session'].value}", jar["agentiv_session"]

    def logged_in(self, account, password=PASSWORD):
        answer = self.log_in(account, password)
        self.assertEqual(answer.status, 200, answer.text)
        return self.cookie(answer)[0]

    def as_session(self, method, path, cookie, body=None, **headers):
        return self.call(method, path, body, key=None, headers={"Cookie": cookie, **headers})


class LoggingIn(SessionCase):
    def test_who_logs_in_is_told_who_it_is_and_given_a_cookie(self):
        account = Account(self.platform, plan="starter")
        set_password(account)
        answer = self.log_in(account)
        self.assertEqual(answer.status, 200, answer.text)
        me = answer.data
        self.assertEqual([me[name] for name in ("id", "email", "plan")], [account.id, account.email, "starter"])
        self.assertEqual(me["features"], {"api": False, "webhooks": False, "mcp": False, "white_label": False})
        self.assertEqual(me["auth"]["kind"], "session")
        self.assertRegex(me["auth"]["id"], "^ses_")
        cookie, attributes = self.cookie(answer)
        self.assertRegex(cookie, r"^agentiv_session=[0-9A-Za-z]{43}$")
        self.assertTrue(attributes["httponly"])
        self.assertEqual(attributes["samesite"], "Lax")
        self.assertFalse(attributes["secure"], "this server is spoken to without TLS")
        self.assertEqual(self.as_session("GET", "/api/me", cookie).data, me)

    def test_an_account_without_a_password_cannot_log_in(self):
        account = Account(self.platform)
        for password in (PASSWORD, "x", "$scrypt$"):
            self.refused(self.log_in(account, password), "UNAUTHORIZED")

    def test_a_wrong_password_and_an_unknown_address_are_told_alike(self):
        account = Account(self.platform)
        set_password(account)
        wrong = self.log_in(account, "wrong horse battery")
        unknown = self.call("POST", "/api/session", {"email": "nobody@example.com", "password": PASSWORD}, key=None)
        self.refused(wrong, "UNAUTHORIZED")
        self.assertEqual(wrong.error, unknown.error)
        self.assertNotIn("Set-Cookie", wrong.headers)

    def test_who_sends_nothing_is_told_of_both_ways(self):
        for path in ("/api/agents", "/api/keys"):
            answer = self.call("GET", path, key=None)
            self.refused(answer, "UNAUTHORIZED")
            self.assertIn("Authorization: Bearer", answer.error["message"])
            self.assertIn("POST /api/session", answer.error["message"])

    def test_bodies_that_are_no_login_are_invalid(self):
        for body, field in (({}, "email"), ({"email": "a@example.com"}, "password"), ({"email": 1, "password": "x"}, "email"),
                            ({"email": "a@example.com", "password": ""}, "password"), ({"email": "x" * 300, "password": "x"}, "email"),
                            ({"email": "a", "password": "x" * 2000}, "password"), ({"email": "a", "password": "b", "c": 1}, "c"),
                            ([], None), (b"{", None), (b"", None)):
            with self.subTest(body=body):
                answer = self.call("POST", "/api/session", body, key=None)
                self.refused(answer, "INVALID_INPUT")
                self.assertEqual(answer.error.get("field"), field)

    def test_a_body_that_is_too_large_for_a_login_is_not_read_as_one(self):
        body = {"email": "a@example.com", "password": "x" * 9000}
        self.refused(self.call("POST", "/api/session", body, key=None), "PAYLOAD_TOO_LARGE")

    def test_the_case_of_the_address_does_not_matter_and_all_else_does(self):
        account = Account(self.platform)
        set_password(account)
        for email, status in ((account.email.upper(), 200), (account.email + " ", 401), (account.email.replace("a", "\u00e4"), 401)):
            with self.subTest(email=email):
                answer = self.call("POST", "/api/session", {"email": email, "password": PASSWORD}, key=None)
                self.assertEqual(answer.status, status, answer.text)


class Failures(SessionCase):
    def log_in_from(self, address, account):
        """The status of a login that comes from another address of this host."""
        conn = http.client.HTTPConnection(self.platform.url.split("//")[1], source_address=(address, 0), timeout=30)
        self.addCleanup(conn.close)
        conn.request("POST", "/api/session", json.dumps({"email": account.email, "password": PASSWORD}),
                     {"Content-Type": "application/json"})
        return conn.getresponse().status

    def setUp(self):
        super().setUp()
        self.platform.sql("DELETE FROM login_failures")
        self.addCleanup(self.platform.sql, "DELETE FROM login_failures")

    def test_one_client_cannot_lock_an_account_for_others(self):
        account = Account(self.platform)
        set_password(account)
        for _ in range(110):
            self.assertIn(self.log_in(account, "wrong horse battery").status, (401, 429))
        self.assertEqual(self.log_in_from("127.0.0.2", account), 200)

    def test_who_has_a_session_is_not_locked_out_by_the_failures_of_others(self):
        account, other = Account(self.platform), Account(self.platform)
        for each in (account, other):
            set_password(each)
        self.assertEqual(self.log_in_from("127.0.0.2", account), 200)
        for each in (account, other):
            self.assertEqual(self.log_in(each, "wrong horse battery").status, 401)
        self.platform.sql("UPDATE login_failures SET failures = 200 WHERE subject IN (%s)" % ", ".join(
            f"UNHEX(SHA2(CONCAT('account', CHAR(10), 'email:{each.email}', CHAR(10)), 256))" for each in (account, other)))
        self.assertEqual(self.log_in_from("127.0.0.2", account), 200)
        self.assertEqual(self.log_in_from("127.0.0.2", other), 429)

    def test_a_login_that_found_no_room_has_not_failed(self):
        account = Account(self.platform)
        set_password(account)
        # fewer than may fail at once; each plain CGI has room of its own
        statuses = {answer.status for answer in together(8, lambda i: self.log_in(account))}
        self.assertIn(200, statuses)
        self.assertLessEqual(statuses, {200, 503})
        self.assertEqual(self.platform.number("SELECT COALESCE(SUM(failures), 0) FROM login_failures"), 0)

    def test_logins_do_not_use_up_the_tries_of_a_new_password(self):
        account = Account(self.platform)
        set_password(account)
        cookie = self.logged_in(account)
        row = self.platform.number(f"SELECT id FROM accounts WHERE email = '{account.email}'")
        for email in (f"id:{row}", f"account:{row}", str(row)):
            self.refused(self.call("POST", "/api/session", {"email": email, "password": PASSWORD}, key=None), "UNAUTHORIZED")
        self.as_session("POST", "/api/me/password", cookie,
                        {"current_password": "wrong horse battery", "new_password": "another horse battery"})
        rows = self.platform.number("SELECT COUNT(*) FROM login_failures WHERE failures = 1")
        self.assertEqual(rows, 8, "of four names one for this address and one from anywhere")

    def test_the_eleventh_failure_of_an_address_with_an_account_is_not_tried(self):
        account = Account(self.platform)
        set_password(account)
        for _ in range(10):
            self.refused(self.log_in(account, "wrong horse battery"), "UNAUTHORIZED")
        answer = self.log_in(account)
        self.refused(answer, "RATE_LIMITED")
        self.assertTrue(0 < int(answer.headers["Retry-After"]) <= 900)
        self.assertEqual(answer.error["limit"], "failed_logins")
        self.platform.sql("DELETE FROM login_failures")
        self.assertEqual(self.log_in(account).status, 200)

    def test_many_at_once_are_not_more_than_ten(self):
        account = Account(self.platform)
        set_password(account)
        answers = together(16, lambda i: self.log_in(account, f"wrong horse {i}"))
        tried = [a for a in answers if a.status == 401]
        self.assertLessEqual(len(tried), 10)
        self.assertTrue(all(a.status in (401, 429, 503) for a in answers), [a.status for a in answers])

    def test_a_login_that_succeeds_counts_for_none(self):
        account = Account(self.platform)
        set_password(account)
        for _ in range(3):
            for _ in range(5):
                self.refused(self.log_in(account, "wrong horse battery"), "UNAUTHORIZED")
            self.assertEqual(self.log_in(account).status, 200)


class UsingIt(SessionCase):
    def given(self, plan="starter", **limits):
        account = Account(self.platform, plan=plan, **limits)
        set_password(account)
        return account, self.logged_in(account)

    def test_a_starter_s_session_reaches_what_its_key_may_not(self):
        account, cookie = self.given()
        self.refused(self.get("/api/agents", key=account.key), "FORBIDDEN")
        self.assertEqual(self.as_session("GET", "/api/agents", cookie).status, 200)
        answer = self.as_session("POST", "/api/agents/probe/run", cookie, {"input_payload": {}})
        self.assertEqual(answer.status, 200, answer.text)
        run = self.as_session("GET", f"/api/executions/{answer.data['execution_id']}", cookie)
        self.assertEqual(run.data["trigger_type"], "manual")

    def test_a_session_counts_requests_like_a_key(self):
        account, cookie = self.given(requests_per_minute=100)
        before = int(self.as_session("GET", "/api/agents", cookie).headers["X-RateLimit-Remaining"])
        after = self.as_session("GET", "/api/agents", cookie).headers
        self.assertEqual(after["X-RateLimit-Limit"], "100")
        self.assertIn(int(after["X-RateLimit-Remaining"]), (before - 1, 99))

    def test_a_session_s_plan_has_its_features_only(self):
        account, cookie = self.given()
        answer = self.as_session("POST", "/api/agents/probe/run", cookie,
                                 {"input_payload": {}, "async": True, "webhook_url": "http://127.0.0.1:9999/"})
        self.refused(answer, "FORBIDDEN")

    def test_a_key_counts_before_the_cookie(self):
        account, cookie = self.given("pro")
        answer = self.call("GET", "/api/me", key=account.key, headers={"Cookie": cookie})
        self.assertEqual(answer.data["auth"]["kind"], "api_key")
        self.refused(self.call("GET", "/api/me", key=None, headers={"Cookie": cookie, "Authorization": "Bearer nonsense"}),
                     "UNAUTHORIZED")

    def test_a_cookie_among_others_is_found_and_a_wrong_one_is_none(self):
        account, cookie = self.given()
        self.assertEqual(self.as_session("GET", "/api/me", f"a=b; {cookie}; c=d").status, 200)
        for wrong in ("agentiv_session=", "agentiv_session=short", cookie + "x", cookie[:-1], "agentiv_session=" + "A" * 43,
                      cookie.replace("agentiv_session", "Agentiv_Session"), ";;;", "=", "agentiv_session"):
            with self.subTest(wrong=wrong):
                self.refused(self.as_session("GET", "/api/me", wrong), "UNAUTHORIZED")

    def test_pages_of_other_sites_cannot_use_it(self):
        account, cookie = self.given()
        body = {"input_payload": {}, "async": True}
        host = self.platform.url.split("//")[1].split("/")[0]
        for headers, status in (({"Origin": "https://evil.example"}, 403), ({"Origin": "null"}, 403),
                                ({"Sec-Fetch-Site": "cross-site"}, 403), ({"Sec-Fetch-Site": "same-site"}, 403),
                                ({"Origin": f"http://{host}.evil.example"}, 403),
                                ({"Origin": f"http://{host}"}, 202), ({"Sec-Fetch-Site": "same-origin"}, 202), ({}, 202)):
            with self.subTest(headers=headers):
                answer = self.as_session("POST", "/api/agents/probe/run", cookie, body, **headers)
                self.assertEqual(answer.status, status, answer.text)
                self.assertEqual(self.as_session("GET", "/api/agents", cookie, **headers).status, 200)

    def test_pages_of_other_sites_cannot_log_in_or_out(self):
        account, cookie = self.given()
        self.refused(self.log_in(account, Origin="https://evil.example"), "FORBIDDEN")
        self.refused(self.as_session("DELETE", "/api/session", cookie, Origin="https://evil.example"), "FORBIDDEN")
        self.assertEqual(self.as_session("GET", "/api/me", cookie).status, 200)

    def test_a_key_is_used_by_any_page(self):
        account, cookie = self.given("pro")
        answer = self.call("POST", "/api/agents/probe/run", {"input_payload": {}, "async": True}, key=account.key,
                           headers={"Origin": "https://app.example"})
        self.assertEqual(answer.status, 202)


class Ending(SessionCase):
    def test_who_logs_out_is_out(self):
        account = Account(self.platform)
        set_password(account)
        cookie, other = self.logged_in(account), self.logged_in(account)
        answer = self.as_session("DELETE", "/api/session", cookie)
        self.assertEqual((answer.status, answer.body), (200, {"success": True, "data": None}))
        self.assertIn("Max-Age=0", answer.headers["Set-Cookie"])
        self.refused(self.as_session("GET", "/api/me", cookie), "UNAUTHORIZED")
        self.refused(self.as_session("DELETE", "/api/session", cookie), "UNAUTHORIZED")
        self.assertEqual(self.as_session("GET", "/api/me", other).status, 200)

    def test_a_key_has_no_session_to_end(self):
        self.refused(self.call("DELETE", "/api/session"), "FORBIDDEN")

    def test_a_new_password_ends_the_other_sessions(self):
        account = Account(self.platform)
        set_password(account)
        cookie, other = self.logged_in(account), self.logged_in(account)
        body = {"current_password": PASSWORD, "new_password": "another horse battery"}
        answer = self.as_session("POST", "/api/me/password", cookie, body)
        self.assertEqual(answer.status, 200, answer.text)
        renewed = self.cookie(answer)[0]
        self.assertEqual(self.as_session("GET", "/api/me", renewed).status, 200)
        wait_until(lambda: self.as_session("GET", "/api/me", other).status == 401, 10, "the other session is over")
        wait_until(lambda: self.as_session("GET", "/api/me", cookie).status == 401, 10, "whoever has the old token is out")
        self.assertEqual(self.as_session("GET", "/api/me", renewed).status, 200)
        self.refused(self.log_in(account), "UNAUTHORIZED")
        self.assertEqual(self.log_in(account, "another horse battery").status, 200)

    def test_a_new_password_needs_the_current_one_and_some_length(self):
        account = Account(self.platform)
        set_password(account)
        cookie = self.logged_in(account)
        for current, new, field in (("wrong horse", "another horse battery", "current_password"),
                                    (PASSWORD, "short", "new_password"), (PASSWORD, "x" * 300, "new_password")):
            answer = self.as_session("POST", "/api/me/password", cookie, {"current_password": current, "new_password": new})
            self.refused(answer, "INVALID_INPUT")
            self.assertEqual(answer.error["field"], field)
        self.refused(self.call("POST", "/api/me/password", {"current_password": PASSWORD, "new_password": PASSWORD}),
                     "FORBIDDEN")

    def test_the_operator_s_new_password_ends_them_all(self):
        account = Account(self.platform)
        set_password(account)
        cookie = self.logged_in(account)
        set_password(account, "another horse battery")
        wait_until(lambda: self.as_session("GET", "/api/me", cookie).status == 401, 10, "the session is over")

    def test_a_session_is_over_after_a_week_without_use_and_a_month_with(self):
        account = Account(self.platform)
        set_password(account)
        for column, ago_days in (("last_seen", 8), ("expires_at", 0)):
            cookie = self.logged_in(account)
            self.platform.sql(f"UPDATE sessions s JOIN accounts a ON a.id = s.account_id SET s.{column} ="
                              f" (UNIX_TIMESTAMP() - {ago_days * 86400}) * 1000 WHERE a.email = '{account.email}'")
            wait_until(lambda: self.as_session("GET", "/api/me", cookie).status == 401, 10, column)


class BehindTls(SessionCase):
    """A proxy in front ends TLS; or the web server itself says HTTPS=on."""

    @classmethod
    def setUpClass(cls):
        cls.platform = Platform(Path(os.environ.get("AGENTIV_TEST_TMP") or tempfile.mkdtemp(prefix="agentiv-api-")) / "tls",
                                {"http.behind_tls": "yes"})
        cls.addClassCleanup(cls.platform.down)
        cls.platform.init()
        cls.platform.up()

    def test_the_cookie_is_sent_by_tls_only(self):
        account = Account(self.platform)
        set_password(account)
        self.assertTrue(self.cookie(self.log_in(account))[1]["secure"])


class Me(SessionCase):
    def test_a_key_is_told_what_it_is(self):
        account = Account(self.platform, plan="pro", scopes="agents:read,webhooks:write")
        me = self.get("/api/me", key=account.key).data
        self.assertEqual(me["auth"]["kind"], "api_key")
        self.assertEqual(me["auth"]["scopes"], ["agents:read", "webhooks:write"])
        self.assertEqual(me["features"], {"api": True, "webhooks": True, "mcp": True, "white_label": False})

    def test_nobody_is_nobody(self):
        self.refused(self.get("/api/me", key=None), "UNAUTHORIZED")


if __name__ == "__main__":
    unittest.main()
