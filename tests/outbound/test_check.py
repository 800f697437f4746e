"""`agentivctl outbound check` in a world where every address is at hand: what it says of URLs in all their spellings and of
names, and that to find out nobody but the name server is spoken to."""
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

from nameserver import Turns                                       # noqa: E402
from scene import DEAF_PORT, PORTS, RECEIVER, RECEIVER_V6, scene   # noqa: E402
from stack import wait_until                                       # noqa: E402

AGENTIVCTL = Path(os.environ["STACK_BIN"]) / "agentivctl"

# one or two of each network that is forbidden (IANA's special-purpose registries, multicast), by kind
FORBIDDEN = {
    "an unspecified": ["0.0.0.0", "0.1.2.3", "::"],
    "a loopback": ["127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1"],
    "a private": ["10.0.0.7", "10.255.255.254", "172.16.0.1", "172.31.255.254", "192.168.1.1", "::ffff:10.0.0.7", "fc00::1",
                  "fd12:3456::1"],
    "a shared": ["100.64.0.1", "100.127.255.254", "::ffff:100.64.0.1"],
    "a link-local": ["169.254.169.254", "::ffff:169.254.169.254", "fe80::1"],
    "a documentation": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
    "a benchmarking": ["198.18.0.1", "198.19.255.254"],
    "a multicast": ["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"],
    "a broadcast": ["255.255.255.255"],
    "a 6to4": ["2002:a00:7::1", "2002:5db8:d822::1"],
    "a Teredo": ["2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2"],
    "a reserved": ["192.0.0.1", "192.0.0.170", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.175.48.1", "240.0.0.1",
                   "254.255.255.254", "::10.0.0.7", "::ffff:0:10.0.0.7", "64:ff9b:1::a00:7", "100::1", "100:0:0:1::1",
                   "2001:1::1", "2001:2::1", "2001:3::1", "2001:4:112::1", "2001:10::1", "2001:20::1", "2001:30::1",
                   "2620:4f:8000::1", "4000::1", "5f00::1", "fec0::1"],
}
# 64:ff9b::/96 is told by the address behind the translator
TRANSLATED = {"64:ff9b::7f00:1": "a loopback", "64:ff9b::a00:7": "a private", "64:ff9b::a9fe:a9fe": "a link-local",
              "64:ff9b::6440:1": "a shared", "64:ff9b::c000:1": "a reserved", "64:ff9b::e000:1": "a multicast"}

SPELLINGS = [
    # numbers that are 127.0.0.1
    "127.1", "127.0.1", "2130706433", "0x7f000001", "0X7F.1", "0x7f.0.0x0.1", "017700000001", "0177.0.0.1", "0177.0.0.0x1",
    "00000177.1", "127.0.0.1.", "127.1.", "2130706433.", "%31%32%37.0.0.1", "127%2e0%2e0%2e1", "%30x7f.1",
    "１２７.0.0.1", "①②⑦.0.0.1", "127。0。0。1", "127．0．0．1", "127｡0｡0｡1", "𝟙𝟚𝟟.0.0.1",
    # numbers that are none
    "256.1.1.1", "4294967296", "0x100000000", "1.2.3.4.5", "0x7f.1.", "127.0.0.1..", "127.0.0.0x", "08.8.8.8.8",
    # IPv6
    "[::1]", "[0:0:0:0:0:0:0:1]", "[0000::0001]", "[::ffff:127.0.0.1]", "[::FFFF:7F00:1]", "[0:0:0:0:0:ffff:7f00:1]",
    "[::127.0.0.1]", "[64:ff9b::127.0.0.1]", "[0064:FF9B::7f00:0001]", "[fe80::1%25lo]", "[fe80::1%lo]", "[::1%25lo]",
    "[2606:2800:220:1::34%25lo]", "[::1", "::1", "[127.0.0.1]", "[::1]]", "[]", "[v1.x]", "%5b::1%5d",
    "[::1].", "[::1].public.test", "[::1%00]", "[::ffff:127.0.0.1%25lo]", "[::ffff:0x7f.1]", "[::1%5d",
    # localhost by name
    "localhost", "LOCALHOST", "localhost.", "a.localhost", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "loc%61lhost",
    "ＬＯＣＡＬＨＯＳＴ", "local\u00adhost", "local\u200bhost", "localhost。", "0", "0x0", "000.000", "0.0.0.0.",
    # tricks with what surrounds a host
    f"{RECEIVER}@127.0.0.1", f"127.0.0.1@{RECEIVER}", f"user:password@{RECEIVER}", f"@{RECEIVER}", f":@{RECEIVER}",
    f"{RECEIVER}%40127.0.0.1", f"{RECEIVER}%2f@127.0.0.1", f"{RECEIVER}\\@127.0.0.1", f"{RECEIVER}\\.127.0.0.1",
    f"{RECEIVER}%00.test", f"{RECEIVER}\t", f"\t{RECEIVER}", f"{RECEIVER} ", f"{RECEIVER}\r\nHost:x", f"{RECEIVER}%0d%0a",
    f"{RECEIVER}%20", f"{RECEIVER}%23", f"{RECEIVER}%3f", f"{RECEIVER}:80@127.0.0.1:80", f"{RECEIVER}:80:80", "", ".", "..",
    ".public.test", "public..test", "public.test..", "public .test", "public$.test", "*.test",
    # ports
    *(f"{RECEIVER}:{port}" for port in (0, 1, 22, 25, 79, 81, 143, 442, 444, 993, 1023, 65536, 99999999, -80, "+80", "0x50", "http")),
]
BEGINNINGS = [f"{scheme}{RECEIVER}/" for scheme in (
    "", "//", "ftp://", "gopher://", "file://", "dict://", "ldap://", "imap://", "ws://", "httpss://", "http:", "http:/", "http:///",
    "http:////", "http:\\\\", " http://", "http ://", "\thttp://", "unix:", "data:", "javascript:", "view-source:http://")]

LITERALS = [f"http://{RECEIVER}/", f"https://{RECEIVER}/", f"HTTP://{RECEIVER}", f"http://{RECEIVER}:8080/a?b=c#d",
            f"http://{RECEIVER}:443/", f"https://{RECEIVER}:80/", f"http://{RECEIVER}:1024/", f"http://{RECEIVER}:65535/",
            f"http://{RECEIVER}:/", f"http://{RECEIVER}/@127.0.0.1", f"http://{RECEIVER}?@127.0.0.1", f"http://{RECEIVER}#@127.0.0.1",
            "http://1572395042/", "http://0x5db8d822/", "http://0135.0270.0330.042/", "http://93.12114978/",
            f"http://[{RECEIVER_V6}]/", f"http://[{RECEIVER_V6.upper()}]:8080/", f"http://[::ffff:{RECEIVER}]/",
            f"http://[64:ff9b::{RECEIVER}]/"]


def bracketed(address):
    return f"[{address}]" if ":" in address else address


def check(url, *more, **env):
    """(exit status, what --json says or None, standard error)"""
    done = subprocess.run([AGENTIVCTL, "outbound", "check", *more, "--json", url], stdin=subprocess.DEVNULL,
                          capture_output=True, env=dict(os.environ, **env), timeout=30, check=False)
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr.decode()


class CheckCase(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.scene = scene()

    def setUp(self):
        self.scene.forget()

    def tearDown(self):
        self.assertEqual(self.scene.strangers(), [])
        self.assertEqual(self.scene.listeners.accepted, [], "a check connects to nobody")

    def each(self, urls, expected, *more, **env):
        """The verdicts, by URL: all of them have the exit status that is expected."""
        with ThreadPoolExecutor(4) as pool:
            found = dict(zip(urls, pool.map(lambda url: check(url, *more, **env), urls)))
        self.assertEqual({url: status for url, (status, _, _) in found.items() if status != expected}, {})
        for url, (_, said, errors) in found.items():
            with self.subTest(url=url):
                self.assertEqual(errors, "")
                self.assertEqual((said["allowed"], said["reason"] is None), (expected == 0, expected == 0))
        return {url: said for url, (_, said, _) in found.items()}

    def name(self, *addresses):
        """A new name for them."""
        name = f"n{len(self.scene.names)}.test"
        self.scene.names[name] = list(addresses)
        return name


class UrlTest(CheckCase):
    def test_public_addresses_are_allowed_however_they_are_written(self):
        self.each(LITERALS, 0, "--strict")

    def test_every_special_address_is_refused_and_named(self):
        urls = {f"http://{bracketed(a)}/": kind for kind, some in FORBIDDEN.items() for a in some}
        urls.update({f"https://[{a}]:8080/": kind for a, kind in TRANSLATED.items()})
        for url, said in self.each(urls, 1, "--strict").items():
            with self.subTest(url=url):
                self.assertRegex(said["reason"], f"is {urls[url]} address")

    def test_odd_spellings_are_refused(self):
        self.each([f"http://{host}/" for host in SPELLINGS] + BEGINNINGS, 1, "--strict")

    def test_bytes_that_are_no_text_are_refused(self):
        status, said, _ = check(b"http://\xff.test/", "--strict")
        self.assertEqual((status, said["url"], said["allowed"]), (1, None, False))


class NameTest(CheckCase):
    def test_a_name_of_public_addresses_is_allowed_and_they_are_told(self):
        url = f"https://{self.name(RECEIVER, RECEIVER_V6)}/hook"
        addresses = self.each([url], 0, "--strict")[url]["addresses"]
        self.assertEqual({a["address"]: a["allowed"] for a in addresses}, {RECEIVER: True, RECEIVER_V6: True})

    def test_a_name_of_any_special_address_is_refused(self):
        urls = {f"http://{self.name(a)}:8080/": kind for kind, some in FORBIDDEN.items() for a in some}
        urls.update({f"http://{self.name(a)}/": kind for a, kind in TRANSLATED.items()})
        for url, said in self.each(urls, 1, "--strict").items():
            with self.subTest(url=url):
                self.assertRegex(said["reason"], f"is {urls[url]} address")

    def test_one_special_address_among_several_is_enough(self):
        some = [[RECEIVER, "10.0.0.7"], ["10.0.0.7", RECEIVER], [RECEIVER_V6, "127.0.0.1"], [RECEIVER, "::1"],
                [RECEIVER, RECEIVER_V6, "169.254.169.254"], [RECEIVER, "::ffff:10.0.0.7"], [RECEIVER, "64:ff9b::a00:7"]]
        for said in self.each([f"http://{self.name(*a)}/" for a in some], 1, "--strict").values():
            self.assertEqual([a["allowed"] for a in said["addresses"]].count(False), 1, said)

    def test_also_behind_more_addresses_than_are_told(self):
        many = [f"93.184.216.{i}" for i in range(1, 90)]
        allowed, refused = self.name(*many), self.name(*many, "10.0.0.7")
        self.each([f"http://{allowed}/"], 0, "--strict")
        said = self.each([f"http://{refused}/"], 1, "--strict")
        self.assertIn("10.0.0.7 is a private address", said[f"http://{refused}/"]["reason"])

    def test_another_name_for_a_special_address_is_no_way_round(self):
        self.scene.names["alias.test"] = self.name("10.0.0.7")
        self.each(["http://alias.test/", "http://alias.test./", "http://ALIAS.test/", "http://in-the-hosts-file.test/"], 1, "--strict")

    def test_a_name_is_judged_by_the_answer_of_the_moment(self):
        self.scene.names["turns.test"] = Turns([RECEIVER], ["10.0.0.7"])
        self.each(["http://turns.test/"], 0, "--strict")
        self.each(["http://turns.test/"], 1, "--strict")

    def test_a_name_without_addresses_is_refused(self):
        self.scene.names["nothing.test"] = []
        for url, said in self.each(["http://nothing.test/", "http://unknown.test/"], 1, "--strict").items():
            self.assertIn("cannot be resolved", said["reason"], url)

    def test_a_name_of_another_script_is_looked_up_in_its_ascii_form(self):
        self.scene.names["xn--bcher-kva.test"] = [RECEIVER]
        self.each(["http://bücher.test/"], 0, "--strict")


class ConfigurationTest(CheckCase):
    def test_the_operators_networks_are_allowed_but_not_strictly(self):
        url = f"http://{self.name('10.0.0.7')}/"
        with tempfile.TemporaryDirectory(dir=os.environ.get("AGENTIV_TEST_TMP")) as folder:
            file = Path(folder) / "agentiv.conf"
            file.write_text("[outbound]\nallow_networks = 10.0.0.0/8\n", encoding="ascii")
            env = {"AGENTIV_CONFIG": str(file)}
            self.each([url, "http://10.0.0.7:8080/"], 0, **env)
            self.each([url, "http://10.0.0.7:8080/"], 1, "--strict", **env)
            self.each(["http://127.0.0.1/", "http://[64:ff9b::10.0.0.7]/", "http://10.0.0.7:22/"], 1, **env)

    def test_localhost_is_allowed_where_one_of_its_addresses_is(self):
        for networks, expected in (("127.0.0.0/8", [True, False]), ("::1/128", [False, True])):
            for said in self.each(["http://localhost/", "http://a.LocalHost.:8080/"], 0, AGENTIV_OUTBOUND_ALLOW_NETWORKS=networks,
                                  AGENTIV_CONFIG="/dev/null").values():
                self.assertEqual([(a["address"], a["allowed"]) for a in said["addresses"]], list(zip(("127.0.0.1", "::1"), expected)))

    def test_without_a_url_it_is_a_usage_error(self):
        done = subprocess.run([AGENTIVCTL, "outbound", "check", "--strict"], capture_output=True, timeout=30, check=False)
        self.assertEqual((done.returncode, done.stdout), (2, b""))


class SceneTest(unittest.TestCase):
    """That nothing is heard means something only where everything is."""

    # the kernel itself connects to none of these
    UNREACHABLE = {"255.255.255.255", "224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1", "fe80::1"}

    def test_every_forbidden_address_is_listened_on_and_heard(self):
        world = scene()
        for address in [a for some in FORBIDDEN.values() for a in some if a not in self.UNREACHABLE] + list(TRANSLATED):
            with self.subTest(address=address):
                world.forget()
                for port in PORTS:
                    with socket.create_connection((address, port), timeout=5) as connection:
                        # closed by a reset, after which no packet follows
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                wait_until(lambda: len(world.listeners.closed) == len(PORTS), 5, "the listeners have closed theirs")
                self.assertTrue(world.strangers())
        for address in self.UNREACHABLE:
            with self.subTest(address=address), self.assertRaises(OSError):
                socket.create_connection((address, PORTS[0]), timeout=5)
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection((RECEIVER, DEAF_PORT), timeout=5)
        world.forget()


if __name__ == "__main__":
    unittest.main()
