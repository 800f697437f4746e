"""What an account is told of by mail: preferences, by the API and by agentivctl, and the link by which a mail's reader wants no
more. What is told, and when, is tests/store's; what mails look like and how they are sent is tests/e2e's."""
import os
import subprocess
import unittest
from pathlib import Path

from client import CGI, Account, ApiCase, exchange
from test_sessions import SessionCase, set_password

KINDS = ["run_success", "run_failed", "endpoint_disabled", "integration_disconnected", "trial_ending", "quota_80", "quota_100",
         "schedule_paused"]
RUNS = {"run_success", "run_failed"}
PATH = "/api/me/notifications"
ONE_CLICK = b"List-Unsubscribe=One-Click"
# as plain CGI the responder writes to the web server's log
PROGRAMS = ("web" if CGI else "responder", "worker", "scheduler", "sender")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def all_but(kinds):
    return {kind: kind not in kinds for kind in KINDS}


class Preferences(SessionCase):
    def setUp(self):
        self.account = Account(self.platform)

    def patch(self, **members):
        return self.call("PATCH", PATH, members)

    def told(self):
        answer = self.get(PATH)
        self.assertEqual(answer.status, 200, answer.text)
        return answer.data

    def entries(self):
        return self.platform.ctl("audit", "--user", self.account.id, "--action", "notifications.")

    def test_a_plan_with_webhooks_tells_all_but_the_ends_of_runs(self):
        self.assertEqual(list(self.told()), KINDS)
        self.assertEqual(self.told(), all_but(RUNS))

    def test_a_plan_without_tells_all_and_a_session_may_change_it(self):
        self.account = Account(self.platform, plan="starter")
        set_password(self.account)
        cookie = self.logged_in(self.account)
        self.assertEqual(self.as_session("GET", PATH, cookie).data, all_but(set()))
        answer = self.as_session("PATCH", PATH, cookie, {"run_success": False})
        self.assertEqual((answer.status, answer.data), (200, all_but({"run_success"})))
        self.assertEqual(self.as_session("GET", PATH, cookie).data, all_but({"run_success"}))

    def test_what_is_given_is_changed_and_the_rest_stays(self):
        self.assertEqual(self.patch(run_failed=True, quota_80=False).data, all_but({"run_success", "quota_80"}))
        self.assertEqual(self.patch(trial_ending=False).data, all_but({"run_success", "quota_80", "trial_ending"}))
        self.assertEqual(self.told(), all_but({"run_success", "quota_80", "trial_ending"}))
        self.assertEqual(self.patch().data, self.told())

    def test_null_is_what_the_plan_has(self):
        self.patch(run_failed=True, quota_80=False)
        self.assertEqual(self.patch(run_failed=None, quota_80=None).data, all_but(RUNS))

    def test_what_was_decided_survives_another_plan_and_the_rest_follows_it(self):
        self.patch(run_failed=True, quota_80=False)
        self.account.limit(plan="starter")
        self.account.limit(plan="pro")
        self.assertEqual(self.told(), all_but({"run_success", "quota_80"}))

    def test_what_is_no_kind_and_no_truth_is_refused_with_its_name(self):
        self.refused(self.patch(mail=True), "INVALID_INPUT", "mail")
        self.refused(self.patch(quota_80="no"), "INVALID_INPUT", "quota_80")
        self.refused(self.call("PATCH", PATH, [1]), "INVALID_INPUT")
        self.assertEqual(self.told(), all_but(RUNS))

    def test_a_change_is_in_the_audit_log_and_none_is_not(self):
        self.patch(quota_80=False, run_failed=True)
        self.patch(quota_80=False)
        entries = self.entries()
        self.assertEqual([(e["action"], e["actor"]["kind"]) for e in entries], [("notifications.update", "key")])
        self.assertEqual(entries[0]["detail"], {"on": ["run_failed"], "off": ["quota_80"]})

    def test_the_operator_s_command_shows_and_sets_the_same(self):
        self.assertEqual(self.platform.ctl("notifications", "show", "--user", self.account.id), self.told())
        words = ("--user", self.account.email, "--run-failed", "yes", "--quota-100", "no")
        done = self.platform.ctl("notifications", "set", *words)
        self.assertEqual(done, all_but({"run_success", "quota_100"}))
        self.assertEqual(self.told(), done)
        self.platform.ctl("notifications", "set", "--user", self.account.id, "--run-failed", "plan")
        self.assertEqual(self.told(), all_but(RUNS | {"quota_100"}))
        self.assertEqual({e["actor"]["kind"] for e in self.entries()}, {"operator"})


class Link(ApiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program = Path(os.environ.get("AGENTIV_OBJECTS", ""), "unsubscribe_link")

    def setUp(self):
        self.account = Account(self.platform)
        self.call("PATCH", PATH, dict.fromkeys(KINDS, True))

    def token(self, *kinds):
        env = {**os.environ, "AGENTIV_CONFIG": str(self.platform.config)}
        return subprocess.run([self.program, self.account.id, *kinds], env=env, stdout=subprocess.PIPE, text=True, timeout=30,
                              check=True).stdout.strip()

    def told(self):
        return self.get(PATH).data

    def open(self, token, method="GET", body=None, **headers):
        return self.call(method, f"/api/unsubscribe/{token}", body, key=None, headers=headers)

    def click(self, token, body=ONE_CLICK, **headers):
        return self.open(token, "POST", body, **(headers or FORM))

    def is_page(self, answer, status, text):
        self.assertEqual(answer.status, status, answer.text)
        self.assertEqual(answer.headers["Content-Type"], "text/html; charset=utf-8")
        self.assertIn(text, answer.text)

    def test_a_click_in_a_mail_program_turns_its_kinds_off(self):
        self.is_page(self.click(self.token("run_success", "run_failed")), 200, "You are unsubscribed")
        self.assertEqual(self.told(), all_but(RUNS))

    def test_whatever_the_body_says_or_none_it_does_the_same(self):
        parts = b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
        for kind, body, type_of in (("run_success", parts, "multipart/form-data; boundary=x"),
                                    ("run_failed", b"", FORM["Content-Type"]),
                                    ("quota_80", None, None), ("quota_100", b"{}", "application/json")):
            with self.subTest(type_of):
                answer = self.open(self.token(kind), "POST", body, **({"Content-Type": type_of} if type_of else {"X": "1"}))
                self.assertEqual(answer.status, 200, answer.text)
                self.assertFalse(self.told()[kind])

    def test_a_browser_s_button_and_a_web_mailer_may_both_click(self):
        for kind, site in (("run_success", "same-origin"), ("run_failed", "cross-site")):
            answer = self.click(self.token(kind), **FORM, **{"Sec-Fetch-Site": site, "Origin": "https://mail.example"})
            self.assertEqual(answer.status, 200, answer.text)

    def test_looking_at_the_page_changes_nothing(self):
        token = self.token("quota_80")
        self.is_page(self.open(token), 200, '<form method="post"><button type="submit">Unsubscribe</button></form>')
        head = self.open(token, "HEAD")
        self.assertEqual((head.status, head.headers["Content-Type"]), (200, "text/html; charset=utf-8"))
        self.assertEqual(self.told(), all_but(set()))

    def test_both_pages_name_what_the_link_is_for(self):
        token = self.token("endpoint_disabled", "quota_100")
        kinds = "no more mails about webhook endpoints that were disabled, all of the month's runs being used."
        self.is_page(self.open(token), 200, f"Press the button to be sent {kinds}")
        self.is_page(self.click(token), 200, f"You will be sent {kinds}")

    def test_the_page_takes_nothing_from_elsewhere_and_tells_nobody_where_it_is(self):
        answer = self.open(self.token("quota_80"))
        self.assertIn("default-src 'none'", answer.headers["Content-Security-Policy"])
        self.assertEqual(answer.headers["Referrer-Policy"], "same-origin")
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.assertNotIn(self.account.email, answer.text)
        self.assertNotIn("Set-Cookie", answer.headers)

    def test_done_twice_it_is_done_and_in_the_audit_log_once(self):
        token = self.token("quota_80", "quota_100")
        for _ in range(2):
            self.is_page(self.click(token), 200, "You are unsubscribed")
        entries = self.platform.ctl("audit", "--user", self.account.id, "--action", "notifications.unsubscribe")
        self.assertEqual([e["detail"] for e in entries], [{"off": ["quota_80", "quota_100"]}])

    def test_a_wrong_token_is_a_plain_page_and_changes_nothing(self):
        good = self.token("quota_80")
        other = good[:-8] + ("A" if good[-8] != "A" else "B") + good[-7:]
        for token in ("wrong-token", "A" * 400, good[:-1], good + "A", good.swapcase(), other, "..%2f" + good):
            for method in ("GET", "POST"):
                with self.subTest(method, token=token):
                    answer = exchange(self.platform.url, method, f"/api/unsubscribe/{token}")
                    self.assertEqual(answer.status, 404, answer.text)
                    self.assertNotIn(token, answer.text)
        self.is_page(self.click(other), 404, "This link is not valid")
        self.assertEqual(self.told(), all_but(set()))

    def test_other_methods_are_refused_as_everywhere(self):
        answer = self.open(self.token("quota_80"), "DELETE")
        self.refused(answer, "METHOD_NOT_ALLOWED")
        self.assertEqual(answer.headers["Allow"], "GET, HEAD, POST, OPTIONS")

    if "AGENTIV_BASE_URL" not in os.environ:      # else it is not known where the logs are
        def test_a_token_is_in_no_log_of_the_programs(self):
            token = self.token("quota_80")
            for method, path in (("GET", token), ("POST", token), ("PUT", token), ("GET", token + "/x"), ("POST", token + "?x=1"),
                                 ("GET", token[:-1]), ("GET", token + "%zz")):
                exchange(self.platform.url, method, f"/api/unsubscribe/{path}")
            answer = self.open("x")      # its line stands behind theirs
            logs = "".join(self.platform.log(name) for name in PROGRAMS)
            self.assertIn(answer.headers["X-Request-Id"], logs)
            self.assertNotIn(token[:16], logs)


if __name__ == "__main__":
    unittest.main()
