"""The sender itself, and mailboxes, in a world where every address is at hand: whatever URL is due, and whatever its name leads
to by then, nobody is spoken to who may not be."""
import json
import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

from deliveries import DELIVERED, FAILED, PENDING, Deliveries, State        # noqa: E402
from nameserver import A, AAAA, Turns                                       # noqa: E402
from scene import DEAF_PORT, RECEIVER, RECEIVER_V6, scene                   # noqa: E402
from stack import Stack, StackError, wait_until                             # noqa: E402
from test_check import FORBIDDEN, SPELLINGS, TRANSLATED, bracketed, check   # noqa: E402

SETTINGS = {"webhooks.poll_ms": 50, "webhooks.idle_poll_ms": 50, "webhooks.timeout_s": 5, "webhooks.lease_s": 20,
            "webhooks.schedule_s": "3600"}
SPECIAL = [a for some in FORBIDDEN.values() for a in some] + list(TRANSLATED)

# whoever heeds these of the sender's environment or home asks somebody else, or says who it is
ELSEWHERE = {name: "http://10.0.0.7:8080" for name in ("http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY")}


def sql(ids):
    return ",".join(f"x'{i.hex()}'" for i in ids)


class Sending(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.scene = scene()
        home = Path(os.environ["AGENTIV_TEST_TMP"]) / "home"
        home.mkdir()
        (home / ".netrc").write_text("default login somebody password secret\n", encoding="ascii")
        cls.stack = Stack(Path(os.environ["AGENTIV_TEST_TMP"]) / "sender", SETTINGS)
        cls.addClassCleanup(cls.stack.down)
        cls.stack.init()
        cls.deliveries = Deliveries(cls.stack)
        before = dict(os.environ)
        os.environ.update(ELSEWHERE, HOME=str(home))
        cls.stack.start("sender")
        os.environ.clear()
        os.environ.update(before)

    def setUp(self):
        self.deliveries.empty()
        self.scene.forget()

    def tearDown(self):
        self.assertEqual(self.scene.strangers(), [])

    def name(self, *addresses):
        name = f"s{len(self.scene.names)}.test"
        self.scene.names[name] = list(addresses)
        return name

    def states(self, ids):
        rows = self.stack.sql("SELECT HEX(id), state, attempts, COALESCE(last_status, 0), COALESCE(last_error, '')"
                              f" FROM deliveries WHERE attempts > 0 AND id IN ({sql(ids)})")
        return {bytes.fromhex(row[0]): State(*map(int, row[1:4]), row[4]) for row in rows}

    def send(self, *urls):
        """What became of the first attempt of each, in this order."""
        ids = self.deliveries.ended_runs(list(urls))
        found = wait_until(lambda: (lambda s: len(s) == len(ids) and s)(self.states(ids)), 15, "all were tried")
        return [found[i] for i in ids]

    def refused(self, urls):
        for url, state in zip(urls, self.send(*urls)):
            with self.subTest(url=url):
                self.assertEqual(state[:3], (FAILED, 1, 0), state)
                yield url, state.error

    def all_refused(self, urls):
        return list(self.refused(urls))

    # ---- whom it reaches ----

    def test_a_public_address_is_delivered_to_by_number_and_by_name(self):
        urls = [f"http://{RECEIVER}/4", f"http://[{RECEIVER_V6}]:8080/6", f"http://{self.name(RECEIVER)}/by-name",
                f"http://{self.name(RECEIVER_V6)}/by-name-6", "http://1572395042:8080/number", f"http://[::ffff:{RECEIVER}]/mapped"]
        self.assertEqual({s[:3] for s in self.send(*urls)}, {(DELIVERED, 1, 200)})
        self.assertEqual(sorted(path for path, _ in self.scene.listeners.requests),
                         ["/4", "/6", "/by-name", "/by-name-6", "/mapped", "/number"])

    def test_a_special_address_is_never_spoken_to(self):
        self.all_refused([f"http://{bracketed(a)}/" for a in SPECIAL])

    def test_nor_is_one_that_a_name_leads_to(self):
        urls = [f"http://{self.name(a)}:8080/" for a in SPECIAL] + [f"https://{self.name('10.0.0.7')}/"]
        for url, why in self.all_refused(urls):
            # the kind of it and no more: what names inside are resolved to is not its users'
            self.assertRegex(why, "^The host leads to an? [A-Za-z0-9-]+ address; only public", url)
        self.assertEqual(self.scene.listeners.accepted, [])

    def test_nor_is_one_in_an_odd_spelling(self):
        urls = [f"http://{host}/" for host in SPELLINGS if "\t" not in host and "\r" not in host]
        self.all_refused(urls)
        self.assertEqual(self.scene.listeners.accepted, [])

    def test_of_a_names_addresses_only_those_that_are_allowed_are_connected_to(self):
        some = [[RECEIVER, "10.0.0.7"], ["10.0.0.7", RECEIVER], ["127.0.0.1", "::1", RECEIVER_V6], ["fd00::1", RECEIVER],
                ["::ffff:10.0.0.7", "64:ff9b::a00:7", RECEIVER]]
        states = self.send(*(f"http://{self.name(*a)}/" for a in some))
        self.assertEqual({s[:3] for s in states}, {(DELIVERED, 1, 200)})

    def test_also_when_those_do_not_answer(self):
        states = self.send(*(f"http://{self.name(*a)}:{DEAF_PORT}/" for a in ([RECEIVER, "10.0.0.7"], [RECEIVER_V6, "127.0.0.1"])))
        self.assertEqual({s[:3] for s in states}, {(PENDING, 1, 0)})

    def test_another_name_or_the_hosts_file_is_no_way_round(self):
        self.scene.names["other.test"] = self.name("169.254.169.254")
        self.all_refused(["http://other.test/", "http://in-the-hosts-file.test/", "http://localhost:8080/", "http://a.localhost/"])

    def api(self, method, path, body, key):
        """The status and the body, of the responder as plain CGI: no network takes part."""
        text = json.dumps(body)
        request = {"GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": RECEIVER, "REQUEST_METHOD": method,
                   "REQUEST_URI": path, "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(text)),
                   "HTTP_AUTHORIZATION": f"Bearer {key}", "AGENTIV_CONFIG": str(self.stack.config)}
        done = subprocess.run([Path(os.environ["STACK_BIN"]) / "agentiv.fcgi"], input=text.encode(), capture_output=True,
                              env={**os.environ, **request}, timeout=30, check=True)
        head, _, answer = done.stdout.partition(b"\r\n\r\n")
        return int(re.search(rb"(?m)^Status: (\d+)", head)[1]), json.loads(answer)

    def test_an_endpoint_is_bound_by_the_same_rules(self):
        user = self.deliveries.email
        key = self.stack.ctl("key", "create", "--user", user, "--name", "endpoints", "--scopes", "webhooks:write")["key"]
        status, answer = self.api("POST", "/api/webhooks", {"url": "http://0x0a000007/", "events": ["agent.execution.success"]}, key)
        self.assertEqual((status, answer["error"].get("field")), (400, "url"), answer)
        ends = {}
        for addresses, end in ((["10.0.0.7"], FAILED), (["10.0.0.7", RECEIVER], DELIVERED), (["64:ff9b::a00:7"], FAILED)):
            status, answer = self.api("POST", "/api/webhooks", {"url": f"http://{self.name(*addresses)}/",
                                                                "events": ["agent.execution.success"]}, key)
            self.assertEqual(status, 201, answer)
            self.stack.ctl("webhook", "test", answer["data"]["id"], "--user", user)
            ends[answer["data"]["id"]] = end
        over = "SELECT COUNT(*) FROM deliveries WHERE state <> 0"
        wait_until(lambda: self.stack.number(over) == len(ends), 15, "all were tried")
        for endpoint, end in ends.items():
            delivery, = self.stack.ctl("webhook", "deliveries", endpoint, "--user", user)
            self.assertEqual((delivery["status"], delivery["attempts"]), ("delivered" if end == DELIVERED else "failed", 1))

    # ---- what changes in between ----

    def test_a_name_that_was_public_when_it_was_checked_is_judged_again(self):
        for kind in (A, AAAA):
            name = f"turns-{kind}.test"
            public, private = ([RECEIVER], ["10.0.0.7"]) if kind == A else ([RECEIVER_V6], ["fd00::7"])
            self.scene.names[name] = Turns(public, private)
            self.assertEqual(check(f"http://{name}/", "--strict")[0], 0)
            self.all_refused([f"http://{name}/"])
        self.assertEqual(self.scene.listeners.accepted, [])

    def test_a_name_that_turns_while_a_connection_is_kept_reaches_nobody_else(self):
        self.scene.names["kept.test"] = Turns([RECEIVER], ["10.0.0.7"])
        for _ in range(3):
            self.assertEqual(self.send("http://kept.test/")[0].state, DELIVERED)
        self.assertEqual(self.scene.listeners.accepted, [RECEIVER])

    def test_nor_when_the_receiver_closes_it(self):
        self.scene.names["closed.test"] = Turns([RECEIVER], ["10.0.0.7"])
        self.scene.listeners.answers["/"] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        for _ in range(3):
            self.send("http://closed.test/")
        self.assertEqual(set(self.scene.listeners.accepted), {RECEIVER})

    # ---- what a receiver says ----

    def test_no_redirect_is_followed(self):
        ways = [(status, to) for status in (301, 302, 303, 307, 308) for to in
                ("http://10.0.0.7/", "http://127.0.0.1:8080/", f"http://{RECEIVER}/elsewhere", "//10.0.0.7/", "file:///etc/passwd")]
        for i, (status, to) in enumerate(ways):
            self.scene.listeners.answers[f"/{i}"] = (f"HTTP/1.1 {status} Moved\r\nLocation: {to}\r\nRefresh: 0; url={to}\r\n"
                                                     "Content-Length: 0\r\n\r\n").encode()
        # each from a receiver of its own: one that does not take what it is sent is not asked again at once
        states = self.send(*(f"http://{self.name(RECEIVER)}/{i}" for i in range(len(ways))))
        self.assertEqual([s[:3] for s in states], [(PENDING, 1, status) for status, _ in ways])
        self.assertEqual(sorted(path for path, _ in self.scene.listeners.requests), sorted(f"/{i}" for i in range(len(ways))))

    def test_neither_other_servers_nor_cookies_nor_logins_are_taken_up(self):
        self.scene.names["loud.test"] = [RECEIVER]
        self.scene.listeners.answers["/"] = (b"HTTP/1.1 200 OK\r\nAlt-Svc: http/1.1=\"10.0.0.7:8080\"; ma=3600\r\nSet-Cookie: a=b\r\n"
                                       b"Strict-Transport-Security: max-age=3600\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        for _ in range(2):
            self.assertEqual(self.send("http://loud.test/")[0].state, DELIVERED)
        self.scene.listeners.answers["/login"] = b"HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n"
        self.assertEqual(self.send("http://loud.test/login")[0].status, 401)
        self.assertEqual(len(self.scene.listeners.requests), 3)
        for _, head in self.scene.listeners.requests:
            self.assertFalse({"cookie", "authorization", "proxy-connection"} & set(head), head)

    # ---- mailboxes ----

    def test_a_mail_server_is_reached_by_the_same_rules(self):
        password = Path(os.environ["AGENTIV_TEST_TMP"]) / "password"
        password.write_text("secret\n", encoding="ascii")

        def connect(url):
            with self.assertRaises(StackError) as refusal:
                self.stack.command("ctl", "connection", "add", "--user", self.deliveries.email, "--integration", "gmail", "--imap",
                                   url, "--username", "me@example.com", "--password-file", password)
            return str(refusal.exception)

        for host in ("10.0.0.7", "0x7f.1", "[::1]", self.name("192.168.1.1"), self.name("fe80::1"), self.name("::ffff:10.0.0.7"),
                     self.name("64:ff9b::a00:7"), "localhost"):
            for scheme in ("imap", "imaps"):
                with self.subTest(scheme=scheme, host=host):
                    self.assertRegex(connect(f"{scheme}://{host}/"), "only public addresses are allowed")
        self.assertEqual(self.scene.listeners.accepted, [])
        # and would have been, were it allowed
        connect(f"imap://{self.name(RECEIVER, '10.0.0.7')}/")
        self.assertEqual(self.scene.listeners.accepted, [RECEIVER])


if __name__ == "__main__":
    unittest.main()
