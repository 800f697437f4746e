"""HTTP and server-sent events, read from pieces of whatever size."""
import asyncio
import random
import unittest

from agentiv import AgentivConnectionError, AgentivError, ResponseError
from agentiv._http1 import LINE_MAX, Body, Incoming, read_head, request_bytes
from agentiv._sse import EVENT_MAX, EventParser

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\nx-a: 2\r\n\r\nhello"
CHUNKED = (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n"
           b"2;ext=1\r\nhe\r\n3\r\nllo\r\n0\r\nTrailer: x\r\n\r\n")
CLOSED = b"HTTP/1.0 200 OK\r\n\r\nhello"


def pieces(data, size):
    return [data[at:at + size] for at in range(0, len(data), size)]


async def read_all(parts):
    parts = list(parts)

    async def read():
        return parts.pop(0) if parts else b""
    incoming = Incoming(read)
    head = await read_head(incoming)
    body, content = Body(head, incoming), b""
    while True:
        piece = await body.piece()
        if not piece:
            return head, content, body.keeps
        content += piece


def response(parts):
    return asyncio.run(read_all(parts))


class Http(unittest.TestCase):
    def test_a_response_is_the_same_in_pieces_of_any_size(self):
        for data, keeps in ((PLAIN, True), (CHUNKED, True), (CLOSED, False)):
            for size in range(1, len(data) + 1):
                with self.subTest(data=data[:20], size=size):
                    head, content, kept = response(pieces(data, size))
                    self.assertEqual((head.status, content, kept), (200, b"hello", keeps))

    def test_headers_of_one_name_are_a_list_whatever_their_case(self):
        head, _, _ = response([PLAIN])
        self.assertEqual((head.headers["x-a"], head.get("x-a"), head.get("none")), (["1", "2"], "1, 2", None))

    def test_what_says_that_it_closes_is_not_kept(self):
        for version, line, keeps in ((b"1.1", b"Connection: close", False), (b"1.0", b"Connection: Keep-Alive", True),
                                     (b"1.1", b"A: b", True), (b"1.0", b"A: b", False)):
            data = b"HTTP/" + version + b" 200 OK\r\nContent-Length: 0\r\n" + line + b"\r\n\r\n"
            self.assertIs(response([data])[2], keeps, line)

    def test_204_has_no_body(self):
        self.assertEqual(response([b"HTTP/1.1 204 No Content\r\n\r\n"])[1:], (b"", True))

    def test_every_response_that_is_cut_off_is_an_error(self):
        for data in (PLAIN, CHUNKED):
            for end in range(len(data)):
                with self.subTest(data=data[:20], end=end), self.assertRaises(AgentivConnectionError):
                    response([data[:end]])

    def test_what_is_not_http_is_an_error(self):
        ok = b"HTTP/1.1 200 OK\r\n"
        for data in (b"SSH-2.0-x\r\n", b"HTTP/2 200\r\n", ok + b"no header\r\n\r\n", ok + b"a b: c\r\n\r\n",
                     ok + b" folded: x\r\n\r\n", ok + b"Content-Length: -1\r\n\r\n", ok + b"Content-Length: 1, 2\r\n\r\n",
                     ok + b"Transfer-Encoding: gzip, chunked\r\n\r\n", b"x" * (LINE_MAX + 2), ok + b"A: b\r\n" * 300,
                     ok + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", ok + b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n"):
            with self.subTest(data=data[:60]), self.assertRaises(ResponseError):
                response([data])

    def test_a_length_that_is_said_twice_alike_is_a_length(self):
        self.assertEqual(response([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab"])[1], b"ab")

    def test_no_bytes_whatever_do_worse_than_an_error(self):
        chance = random.Random(7)
        for _ in range(3000):
            data = bytearray(chance.choice((PLAIN, CHUNKED, CLOSED)))
            for _ in range(chance.randint(1, 4)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            try:
                response(pieces(bytes(data), chance.randint(1, 40)))
            except AgentivError:
                pass

    def test_no_header_smuggles_another_in(self):
        for target, value in (("/a b\r\n", "x"), ("/", "x\r\nY: z"), ("/", "x\0"), ("/", "ü")):
            with self.assertRaises(ValueError) as caught:
                request_bytes("GET", target, {"X": value})
            self.assertNotIn(value, str(caught.exception))


STREAM = ("\ufeffid: 1\r\n: hello\r\nevent: step\r\ndata: {\"n\":\r\ndata: \"ü€😀\"}\r\n\r\n"
          "data:x\n\nid: 2\rdata: y\r\revent: none\n\nretry: 5\nid\ndata\n\ndata: cut off")
EVENTS = [("step", "{\"n\":\n\"ü€😀\"}", "1"), ("message", "x", "1"), ("message", "y", "2"), ("message", "", "")]


class Events(unittest.TestCase):
    @staticmethod
    def parsed(parts):
        parser = EventParser()
        return [event for part in parts for event in parser.feed(part)]

    def test_events_are_the_same_in_pieces_of_any_size(self):
        data = STREAM.encode()
        for size in range(1, len(data) + 1):
            with self.subTest(size=size):
                self.assertEqual([tuple(e) for e in self.parsed(pieces(data, size))], EVENTS)

    def test_an_event_is_given_when_its_end_comes_and_not_later(self):
        parser = EventParser()
        self.assertEqual(list(parser.feed(b"data: a\r\n")), [])
        self.assertEqual([e.data for e in parser.feed(b"\r")], ["a"])
        self.assertEqual(list(parser.feed(b"\n")), [])

    def test_an_event_without_end_is_an_error(self):
        parser = EventParser()
        with self.assertRaises(ResponseError):
            for _ in range(EVENT_MAX // (1 << 20) + 1):
                list(parser.feed(b"data: " + b"x" * (1 << 20) + b"\n"))
        with self.assertRaises(ResponseError):
            list(EventParser().feed(b"x" * (EVENT_MAX + 1)))

    def test_no_bytes_whatever_do_worse_than_an_error(self):
        chance = random.Random(8)
        for _ in range(2000):
            data = bytearray(STREAM.encode())
            for _ in range(chance.randint(1, 6)):
                data[chance.randrange(len(data))] = chance.choice(b"\r\n:\0\xff data")
            self.assertEqual(self.parsed(pieces(bytes(data), chance.randint(1, 30))), self.parsed([bytes(data)]))
