"""A name server as small as one can be (RFC 1035): addresses of names, as a test says them.

    server.names["several.test"] = ["93.184.216.34", "2606:2800:220:1::34"]
    server.names["turns.test"] = Turns(["93.184.216.34"], ["10.0.0.7"])      # another answer at each question
    server.names["alias.test"] = "several.test"

Nothing that it says may be kept (TTL 0). A name that it does not know does not exist."""
import ipaddress
import socket
import struct
import threading

A, CNAME, AAAA = 1, 5, 28
TYPES = {4: A, 6: AAAA}
IN, TRUNCATED, RESPONSE, NO_SUCH_NAME = 1, 0x0200, 0x8580, 3
UDP_MAX = 512


class Turns:
    """The addresses that a name has when it is asked for a first time, a second, …; the last ones stay. A question for
    IPv4 addresses and one for IPv6 count apart: a resolver asks both at once."""

    def __init__(self, *answers):
        self.answers, self.asked = answers, {A: 0, AAAA: 0}

    def next(self, kind):
        self.asked[kind] += 1
        return self.answers[min(self.asked[kind], len(self.answers)) - 1]


def encode(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


def decode(message, at):
    labels = []
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode("latin-1"))
        at += 1 + message[at]
    return ".".join(labels).lower(), at + 1


def record(owner, kind, data):
    return encode(owner) + struct.pack("!HHIH", kind, IN, 0, len(data)) + data


class NameServer:
    def __init__(self, address):
        self.names, self.questions = {}, []
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind((address, 53))
        self._tcp = socket.socket()
        self._tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._tcp.bind((address, 53))
        self._tcp.listen(64)
        for serve in (self._serve_udp, self._serve_tcp):
            threading.Thread(target=serve, daemon=True).start()

    def _serve_udp(self):
        while True:
            question, asker = self._udp.recvfrom(UDP_MAX)
            answer = self.answer(question)
            if len(answer) > UDP_MAX:
                answer = self.too_long(question)
            self._udp.sendto(answer, asker)

    def _serve_tcp(self):
        while True:
            connection, _ = self._tcp.accept()
            threading.Thread(target=self._serve_one, args=(connection,), daemon=True).start()

    def _serve_one(self, connection):
        with connection, connection.makefile("rwb") as stream:
            while len(length := stream.read(2)) == 2:
                answer = self.answer(stream.read(*struct.unpack("!H", length)))
                stream.write(struct.pack("!H", len(answer)) + answer)
                stream.flush()

    def too_long(self, question):
        """To be asked again over TCP."""
        _, end = decode(question, 12)
        return question[:2] + struct.pack("!HHHHH", RESPONSE | TRUNCATED, 1, 0, 0, 0) + question[12:end + 4]

    def answer(self, question):
        name, end = decode(question, 12)
        kind, = struct.unpack("!H", question[end:end + 2])
        self.questions.append((name, kind))
        records, known = self.records(name, kind)
        head = question[:2] + struct.pack("!HHHHH", RESPONSE | (0 if known else NO_SUCH_NAME), 1, len(records), 0, 0)
        return head + question[12:end + 4] + b"".join(records)

    def records(self, name, kind):
        found = self.names.get(name)
        if found is None:
            return [], False
        if isinstance(found, str):
            records, known = self.records(found, kind)
            return [record(name, CNAME, encode(found)), *records], known
        if isinstance(found, Turns):
            found = found.next(kind) if kind in (A, AAAA) else []
        addresses = [ipaddress.ip_address(text) for text in found]
        return [record(name, kind, a.packed) for a in addresses if TYPES[a.version] == kind], True
