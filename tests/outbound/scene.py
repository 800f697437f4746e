"""A world of its own for outbound requests: a network namespace in which every address there is, public or not, is a machine
that listens, and in which every packet is seen.

All of IPv4 and IPv6 is routed to the loopback interface and is local there, so that whoever connects anywhere is accepted by
the listeners below, and has sent packets that the ear has heard. Only the addresses of PUBLIC are to be spoken to."""
import ctypes
import ipaddress
import os
import socket
import struct
import subprocess
import tempfile
import threading
from pathlib import Path

from nameserver import NameServer

RECEIVER, RECEIVER_V6, NAMES = "93.184.216.34", "2606:2800:220:1::34", "9.9.9.9"
SELF_V6 = "2606:2800:220:1::1"          # what IPv6 connections come from
PUBLIC = frozenset({RECEIVER, RECEIVER_V6, NAMES, SELF_V6})
HTTP_PORTS = (80, 443, 8080)
PORTS = (*HTTP_PORTS, 143, 993)         # each is listened on at every address
DEAF_PORT = 9999                        # and on this one nobody listens

CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
ETH_P_ALL, SOL_PACKET, PACKET_STATISTICS = 3, 263, 6


def _call(name, *words):
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*words) != 0:
        error = ctypes.get_errno()
        raise AssertionError(f"{name}: {os.strerror(error)}; these tests need root, who may make network namespaces")


def _put_over(file, text):
    """In this mount namespace the file has another content."""
    with tempfile.NamedTemporaryFile("w", delete=False) as other:
        other.write(text)
    os.chmod(other.name, 0o644)
    _call("mount", other.name.encode(), file.encode(), None, ctypes.c_ulong(MS_BIND), None)
    os.unlink(other.name)


def _ip(*words):
    subprocess.run(["ip", *words], check=True)


class Ear:
    """Hears every packet of the namespace, from now on."""

    def __init__(self):
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)     # SO_RCVBUFFORCE
        self._socket.setblocking(False)

    def addresses(self):
        """Every address that packets went to or came from since the last call."""
        heard = set()
        while True:
            try:
                packet = self._socket.recv(64)
            except BlockingIOError:
                break
            if packet[0] >> 4 == 4:
                pair = packet[12:16], packet[16:20]
            else:
                pair = packet[8:24], packet[24:40]
            heard.update(str(ipaddress.ip_address(raw)) for raw in pair)
        seen, lost = struct.unpack("II", self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
        assert lost == 0, f"{lost} of {seen} packets were not heard"
        return heard


class Listeners:
    """On every address: answer as they are told whoever connects, and remember to which address that was."""

    def __init__(self):
        self.accepted, self.requests = [], []
        self.closed = []            # ports
        self.answers = {}           # by path
        for port in PORTS:
            for family, everywhere in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
                threading.Thread(target=self._serve, args=(self._listen(family, everywhere, port),), daemon=True).start()

    @staticmethod
    def _listen(family, address, port):
        s = socket.socket(family)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        s.bind((address, port))
        s.listen(256)
        return s

    def _serve(self, listener):
        while True:
            connection, _ = listener.accept()
            self.accepted.append(connection.getsockname()[0])
            threading.Thread(target=self._serve_until_closed, args=(connection,), daemon=True).start()

    def _serve_until_closed(self, connection):
        port = connection.getsockname()[1]
        self._serve_one(connection, port)
        self.closed.append(port)

    def _serve_one(self, connection, port):
        with connection, connection.makefile("rb") as stream:
            # at the others' nothing is to be had
            while port in HTTP_PORTS:
                head = {}
                try:
                    first = stream.readline()
                    while (line := stream.readline().strip()):
                        name, _, value = line.decode("latin-1").partition(":")
                        head[name.lower()] = value.strip()
                    stream.read(int(head.get("content-length", 0)))
                    if not first:
                        return
                    path = first.split()[1].decode("latin-1")
                    self.requests.append((path, head))
                    connection.sendall(self.answers.get(path, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
                except (OSError, ValueError, IndexError):
                    return      # no HTTP, or gone


class Scene:
    def __init__(self):
        _call("unshare", CLONE_NEWNET | CLONE_NEWNS)
        _call("mount", b"none", b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None)
        Path("/proc/sys/net/ipv6/conf/all/disable_ipv6").write_text("0", encoding="ascii")
        _ip("link", "set", "lo", "up")
        _ip("route", "add", "local", "0.0.0.0/0", "dev", "lo")
        _ip("-6", "address", "add", f"{SELF_V6}/128", "dev", "lo", "nodad")
        _ip("-6", "route", "add", "local", "::/0", "dev", "lo", "src", SELF_V6)
        _put_over("/etc/resolv.conf", f"nameserver {NAMES}\noptions timeout:2\n")
        _put_over("/etc/nsswitch.conf", "hosts: files dns\npasswd: files\ngroup: files\n")
        _put_over("/etc/hosts", "127.0.0.1 localhost\n10.0.0.9 in-the-hosts-file.test\n")
        if os.path.isdir("/run/nscd"):      # whose daemon would be asked first, in the world outside
            _call("mount", b"none", b"/run/nscd", b"tmpfs", ctypes.c_ulong(0), None)
        self.ear, self.listeners, self.server = Ear(), Listeners(), NameServer(NAMES)
        self.names = self.server.names

    def strangers(self):
        """Those that were spoken to, or heard from, and are not of PUBLIC: since the last call."""
        return sorted(self.ear.addresses() - PUBLIC) + sorted(set(self.listeners.accepted) - PUBLIC)

    def forget(self):
        self.ear.addresses()
        self.listeners.accepted.clear()
        self.listeners.closed.clear()
        self.listeners.requests.clear()
        self.listeners.answers.clear()
        self.server.questions.clear()


_scene = None


def scene():
    """The one of this process, which does not come back from it."""
    global _scene               # pylint: disable=global-statement
    _scene = _scene or Scene()
    return _scene
