"""Hostile requests: what they are, and the error that the API's documentation promises for each.

More than a thousand, made by rules from what a request consists of: JSON, UTF-8, numbers, fields, headers, keys, paths,
queries, ids, methods and lengths. corpus(key) gives them all, in a fixed order."""
import json
import re
from typing import NamedTuple, Optional

RUN = "/api/agents/probe/run"
ID = "exec_01HXYZ123ABC0000000000000A"
INVALID, MISSING, UNAUTHORIZED, METHOD, LARGE = ("INVALID_INPUT", "NOT_FOUND", "UNAUTHORIZED", "METHOD_NOT_ALLOWED",
                                                 "PAYLOAD_TOO_LARGE")
BODY = b'{"input_payload":{"payload":{"a":[1,-2.5e3,true,false,null,"\\u00e9\\n"]}},"async":true}'


class Case(NamedTuple):
    name: str
    code: str
    method: str = "POST"
    path: str = RUN                        # bytes 128 to 255 stand for themselves
    body: Optional[bytes] = None
    headers: dict = {}
    key: Optional[str] = ...               # the account's, unless another is given
    length: Optional[str] = None           # CONTENT_LENGTH, where it does not tell the truth


def payload(value):
    """A run's body whose payload is this text."""
    return b'{"async":true,"input_payload":{"payload":' + value + b"}}"


# ---- JSON ----

NOT_JSON = [
    b"", b" ", b"\n", b"{", b"}", b"[", b"]", b"{]", b"[}", b"nul", b"nulll", b"tru", b"True", b"NULL", b"undefined", b"{,}",
    b"{:}", b'{"a"}', b'{"a":}', b'{"a":1,}', b'{"a":1 "b":2}', b'{"a" 1}', b"{'a':1}", b"{a:1}", b'{"a":\'x\'}', b'{"a":1}}',
    b'{"a":1}{"b":2}', b'{"a":1}\x00', b'\x00{"a":1}', b"/* x */{}", b"// x\n{}", b'{"a":1/* x */}', b"#\n{}", b"\xef\xbb\xbf{}",
    b"\xfe\xff\x00{\x00}", b"\xff\xfe{\x00}\x00", b"<xml/>", b"a=1&b=2", b"--x\r\n\r\n{}", b")]}',\n{}", b'"', b'"\\"', b"{\"a\":\"",
    b'{"\\":1}', b"\x80", b"\xff\xfe", b"\x1f\x8b\x08\x00", b"(function(){})()", b"{}" * 2, b"[]" * 3, b'{"a":1}\x0c', b'\x0b{"a":1}',
    b'\xc2\xa0{"a":1}', b'{"a":1}\xe2\x80\xa8', b'{"a"\xe3\x80\x80:1}',
]
NUMBERS = [b"+1", b"01", b"-01", b"00", b"1.", b".5", b"-.5", b"-", b"1e", b"1e+", b"1e-", b"1E", b"0x10", b"0b1", b"0o7", b"1_000",
           b"1,5", b"1..2", b"1.2.3", b"1e1.5", b"1ee5", b"--1", b"+-1", b"NaN", b"nan", b"-NaN", b"Infinity", b"-Infinity", b"inf",
           b"1e400", b"-1e400", b"1e99999999999", b"9223372036854775808", b"-9223372036854775809", b"18446744073709551616",
           b"1" * 400, b"0." + b"1" * 100 + b"e", b"1f", b"1d", b"1L", b"1n", b"\xd9\xa1", b"\xef\xbc\x91", b"\xc2\xbd"]
BAD_UTF8 = ([bytes([b]) for b in range(0x80, 0xc2)] + [bytes([b]) + b"\x80\x80\x80" for b in range(0xf5, 0x100)] +
            [b"\xc0\x80", b"\xc1\xbf", b"\xe0\x80\x80", b"\xe0\x9f\xbf", b"\xf0\x80\x80\x80", b"\xf0\x8f\xbf\xbf", b"\xf4\x90\x80\x80",
             b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xed\xa0\xbd\xed\xb8\x80", b"\xc2", b"\xe2\x82", b"\xf0\x9f\x98", b"\xc2\xc2",
             b"\xe2\x28\xa1", b"\xf0\x28\x8c\xbc", b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80", b"\xfe\xfe\xff\xff"])
BAD_ESCAPES = ([b"\\" + bytes([c]) for c in range(0x20, 0x7f) if bytes([c]) not in b'"\\/bfnrtu'] +
               [b"\\u", b"\\u1", b"\\u12", b"\\u123", b"\\u12g4", b"\\uDEFG", b"\\u 123", b"\\u+123", b"\\u-123", b"\\u0x12", b"\\U0001F600",
                b"\\u{1F600}", b"\\x41", b"\\u0000", b"a\\u0000b", b"\\ud800", b"\\udbff", b"\\udc00", b"\\udfff", b"\\ud800\\ud800",
                b"\\ud800x", b"\\ud83d\\n", b"\\udc00\\ud800", b"\\ud83d\\u0041", b"\\ud83d\\", b"\\ud83d\\u", b"\\ud83d\\ude0"])


def json_cases():
    for n, body in enumerate(NOT_JSON):
        yield Case(f"not JSON {n}", INVALID, body=body)
    for n in range(1, len(BODY)):
        yield Case(f"cut after {n} bytes", INVALID, body=BODY[:n])
    for text in NUMBERS:
        yield Case(f"number {text[:20]}", INVALID, body=payload(text))
        yield Case(f"number in an object {text[:20]}", INVALID, body=payload(b'{"a":' + text + b"}"))
    for bad in BAD_UTF8:
        yield Case(f"UTF-8 {bad.hex()}", INVALID, body=payload(b'"a' + bad + b'"'))
    for bad in (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xe2\x82"):
        yield Case(f"UTF-8 in a key {bad.hex()}", INVALID, body=payload(b'{"' + bad + b'":1}'))
    for escape in BAD_ESCAPES:
        yield Case(f"escape {escape}", INVALID, body=payload(b'"' + escape + b'"'))
    for c in range(0x20):
        yield Case(f"control character {c}", INVALID, body=payload(b'"a' + bytes([c]) + b'b"'))
    for c in (0x00, 0x01, 0x0b, 0x0c, 0x1f, 0x7f):
        yield Case(f"{c} for a blank", INVALID, body=b'{"async":true,' + bytes([c]) + b'"input_payload":{}}')
    for depth in (33, 64, 1000, 50000):
        for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
            yield Case(f"depth {depth} {opening}", INVALID, body=payload(opening * depth + b"1" + closing * depth))
            yield Case(f"depth {depth} {opening} never closed", INVALID, body=payload(opening * depth))
    for twice in (b'{"a":1,"a":1}', b'{"a":1,"\\u0061":2}', b'[{"a":{"b":1,"b":2}}]', b'{"":1,"":2}', b'{"\xc3\xa9":1,"\\u00e9":2}'):
        yield Case(f"a key twice {twice}", INVALID, body=payload(twice))
    for top in (b"null", b"1", b"-0.0", b'"x"', b"true", b"false", b"[]", b"[{}]", b'["input_payload"]', b"{}"):
        yield Case(f"a body that is {top}", INVALID, body=top)


# ---- fields ----

WRONG = {  # values of a wrong kind, or out of bounds; null is as good as absent
    "async": [0, 1, "true", "", [], {}, 1.5, [True]],
    "webhook_url": [0, 1, True, [], {}, ["https://example.com"], {"url": "https://example.com"}],
    "delay_seconds": [-1, 1.5, "1", True, [], {}, 2592001, 9223372036854775807, -9223372036854775808],
    "run_at": [0, 1, True, [], {}, "", "now", "tomorrow", "2025-01-15", "2025-13-01T00:00:00Z", "2025-02-30T00:00:00Z",
               "2025-01-15T25:00:00Z", "2025-01-15T06:60:00Z", "2025-01-15 06:00:00", "1736920800", "2020-01-01T00:00:00Z",
               "9999-12-31T23:59:59Z", "2125-01-15T06:00:00Z", "2025-01-15T06:00:00+99:00", "２０２５-01-15T06:00:00Z", "x" * 5000],
    "max_tokens": [0, -1, 1.5, "1", True, [], {}, 9223372036854775807],
    "input_payload": [0, 1, True, "x", [], [{}], 1.5, "{}"],
}
URLS = ["x", "http", "http:", "http:/", "http://", "https://", "//example.com", "/hook", "example.com", "http:example.com", "http://:80/",
        "http://?x", "http://#x", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "dict://example.com/",
        "ldap://example.com/", "javascript:alert(1)", "data:text/plain,x", "ws://example.com/", "jar:http://example.com!/",
        "http://user@example.com/", "http://user:password@example.com/", "http://:@example.com/", "http://example.com:0/",
        "http://example.com:22/", "http://example.com:25/", "http://example.com:65536/", "http://example.com:99999999999/",
        "http://example.com:-1/", "http://example.com:x/", "http://example.com:80:80/", "http://10.0.0.1/", "http://192.168.1.1/",
        "http://172.16.0.1/", "http://169.254.169.254/latest/meta-data/", "http://100.64.0.1/", "http://0.0.0.0/", "http://224.0.0.1/",
        "http://255.255.255.255/", "http://[::1]/", "http://[::]/", "http://[fe80::1]/", "http://[fc00::1]/", "http://[::ffff:10.0.0.1]/",
        "http://[64:ff9b::a00:1]/", "http://[2002:a00:1::]/", "http://[ff02::1]/", "http://[::1", "http://::1/", "http://[x]/",
        "http://0x0a000001/", "http://167772161/", "http://012.0.0.1/", "http://10.1/", "http://exa mple.com/", "http://example.com/ x",
        "http://example.com/\t", "http://example.com/\n", "http://example.com/\r\nX: y", "http://exam\u0001ple.com/", "http:\\\\example.com\\",
        " http://example.com/", "http://example.com/" + "x" * 3000, "http://" + "x" * 300 + ".com/", "HTTP//example.com", "h\u0442tp://example.com/"]
UNKNOWN = ["Async", "ASYNC", "input", "inputPayload", "input_payload ", " input_payload", "", "__proto__", "constructor", "a" * 300, "🦁",
           "input_payload\u200b", "ınput_payload", "key", "account_id", "user_id", "trigger_type", "lane", "webhook_secret", "$where", "'; --"]


def field_cases():
    for field, values in WRONG.items():
        for value in values:
            body = {"input_payload": {}, "async": True, field: value}
            yield Case(f"{field}: {str(value)[:30]}", INVALID, body=json.dumps(body).encode())
    for url in URLS:
        yield Case(f"webhook_url {url[:50]!r}", INVALID,
                   body=json.dumps({"input_payload": {}, "async": True, "webhook_url": url}).encode())
    for field in UNKNOWN:
        yield Case(f"unknown {field[:20]!r}", INVALID, body=json.dumps({"input_payload": {}, "async": True, field: 1}).encode())
    for field in ("steps", "sleep_ms"):
        for value in (-1, 1.5, "1", True, [], {}, 9223372036854775807):
            yield Case(f"input {field} {value}", INVALID, body=json.dumps({"input_payload": {field: value}, "async": True}).encode())
    for field in ("fail", "unknown", "Payload", "", "__proto__"):
        yield Case(f"input {field}", INVALID, body=json.dumps({"input_payload": {field: 7}, "async": True}).encode())


# ---- headers ----

TYPES = ["text/plain", "text/json", "application/x-www-form-urlencoded", "application/jsonx", "application/json-seq", "application/",
         "json", ";", "*/*", "application/json,text/plain", "multipart/form-data; boundary=x", "application/xml", "\x01", "application\\json",
         "application/json\x00x"[:16] + "y", "x" * 5000, "application /json", '"application/json"', "application/ld+json", "\xff"]


def header_cases():
    for kind in TYPES:
        yield Case(f"Content-Type {kind[:30]!r}", INVALID, body=b'{"input_payload":{}}', headers={"Content-Type": kind})
    for c in [*range(1, 0x20), 0x7f, *range(0x80, 0x100)]:
        yield Case(f"Idempotency-Key with {c}", INVALID, body=BODY, headers={"Idempotency-Key": f"k{chr(c)}k"})
    for key in ("", "x" * 256, "x" * 8000, "é" * 10):
        yield Case(f"Idempotency-Key {key[:10]!r} of {len(key)}", INVALID, body=BODY, headers={"Idempotency-Key": key})
    for length, sent in (("2097152", b"{}"), ("1048577", b"{}"), ("9223372036854775807", b"{}"),
                         ("99999999999999999999999", b"{}")):
        yield Case(f"Content-Length {length}", LARGE, body=sent, length=length)
    for length in ("-1", "x", "1x", "0x10", "+5", " 5", "5 ", "1e3"):
        yield Case(f"Content-Length {length!r}", INVALID, body=b"{}", length=length)
    yield Case("a body that ends early", INVALID, body=b'{"input_payload":', length="900")
    yield Case("a body of a mebibyte and a byte", LARGE, body=b'{"input_payload":{"payload":"' + b"x" * (1 << 20) + b'"}}')


def key_cases(key):
    values = ["", "Bearer", "Bearer ", "bearer", f"Basic {key}", f"Token {key}", key, f"Bearer{key}", f"Bearer\t{key}", f"Bearer {key} {key}",
              f"Bearer {key},{key}", f"Bearer {key.upper()}", f"Bearer {key.lower()}X", f'Bearer "{key}"', f"Bearer <{key}>", f"Bearer {key}\n",
              f"Bearer {key}\r\nX: y", f"Bearer {key}\x01", f"Bearer \xa0{key}", "Bearer null", "Bearer undefined", "Bearer YOUR_API_KEY",
              "Bearer agv_live_", "Bearer agv_test_" + key[9:], "Bearer AGV_LIVE_" + key[9:], "Bearer " + "x" * 45, "Bearer " + "0" * 45,
              "Bearer agv_live_" + "0" * 36, "Bearer agv_live_" + "é" * 18, "Bearer agv_live_" + "\xff" * 36, "Bearer " + "x" * 8000,
              "Bearer ' OR 1=1 --", "Bearer %s%s%s%n", "Bearer ../../etc/passwd", "Bearer {}", "Bearer []", "Digest username=x",
              "Negotiate YII=", "Bearer Bearer " + key, f"Bearer {key[::-1]}", f"Bearer {key.swapcase()}"]
    for i in range(len(key)):
        values.append(f"Bearer {key[:i]}{'a' if key[i] != 'a' else 'b'}{key[i + 1:]}")
        values.append(f"Bearer {key[:i]}")
        values.append(f"Bearer {key[:i]}-{key[i:]}")
    for value in values:
        yield Case(f"Authorization {value[:60]!r}", UNAUTHORIZED, method="GET", path="/api/agents", key=None,
                   headers={"Authorization": value})
    for cookie in ("", "=", ";", "agentiv_session", "agentiv_session=", "agentiv_session=x", "agentiv_session=" + "0" * 43,
                   "agentiv_session=" + "x" * 8000, "agentiv_session=" + "é" * 43, "agentiv_session=\x01", "agentiv_session=%00",
                   'agentiv_session="' + "0" * 43 + '"', "Agentiv_Session=" + "0" * 43, "a=b; agentiv_session=' OR 1=1; c=d",
                   "; ; ;agentiv_session=" + "z" * 42, "agentiv_session=" + "0" * 43 + "; agentiv_session=" + "1" * 43):
        yield Case(f"Cookie {cookie[:40]!r}", UNAUTHORIZED, method="GET", path="/api/agents", key=None, headers={"Cookie": cookie})


# ---- paths, queries, ids, methods ----

PATHS = ["", "x", "/", "//", "/api", "/api/", "/api//agents", "//api/agents", "/api/agents/", "/api/agents//run", "/api/agents/probe/run/",
         "/API/AGENTS", "/Api/agents", "/api/agents/..", "/api/agents/.", "/api/./agents", "/api/../api/agents", "/../etc/passwd", "/%2e%2e/",
         "/api/agents%2fprobe", "/api%2fagents", "/api/agents/%", "/api/agents/%2", "/api/agents/%zz", "/api/agents/%00", "/api/agents/pro%00be",
         "/api/agents/%C0%AF", "/api/agents/%ed%a0%80", "/api/agents/%u0041", "/api/agents/%25%30%30", "/api/agents/probe;x", "/api/agents/probe%3b",
         "/api/agents/probe%20", "/api/agents/ probe", "/api/agents/probe\t", "/api/agents/probe%0a", "/api/agents/%F0%9F%A6%81", "/api/agents/PROBE",
         "/api/agents/*", "/api/agents/{}", "/api/agents/%7B%7D", "/api/agents/probe/run/x", "/api/agents/probe/walk", "/api/schedule", "/metrics/x",
         "/health", "/health/", "/health/live/x", "/.env", "/.git/config", "/wp-login.php", "/cgi-bin/x", "/api/agents\\probe", "/api\\agents",
         "http://", "http:///", "https://x", "http://x/y", "*", "?", "#", "/api/agents/probe/run/run/run/run/run/run/run/run",
         "/" + "a/" * 100, "/" + "x" * 8000, "/" + "x" * 20000, "/" + "%41" * 3000, "/api/agents/" + "x" * 300, "/api/agents/'%20OR%201=1"]
QUERIES = {
    "limit": ["", "0", "-1", "101", "1e1", "0x10", "1.0", " 1", "1 ", "+1", "１", "99999999999999999999", "NaN", "true", "%00", "1%00", "%ff", "[]", "null"],
    "status": ["", "done", "QUEUED", "queued ", "queued,running", "0", "'", "%00", "%c3%28", "x" * 5000],
    "trigger_type": ["", "API", "cron", "0", "api,mcp", "%ff"],
    "schedule_id": ["", "x", "sch_", "exec_01HXYZ123ABC0000000000000A", "sch_01HXYZ123ABC000000000000", "sch_81HXYZ123ABC0000000000000A",
                    "sch_01HXYZ123ABC0000000000000Ax", "SCH_01HXYZ123ABC0000000000000A", "sch_01HXYZ123ABCU00000000000OA", "%00"],
    "created_after": ["", "now", "2025", "2025-01-15", "2025-01-15T06:00:00", "2025-13-01T00:00:00Z", "2025-02-30T00:00:00Z", "1736920800", "-1", "%00",
                      "2025-01-15T06:00:00Z'", "２０２５-01-15T06:00:00Z", "x" * 3000],
    "created_before": ["", "0", "2025-01-15T24:00:01Z", "2025-1-15T06:00:00Z", "Wed, 15 Jan 2025 06:00:00 GMT", "infinity"],
    "agent_slug": ["", "PROBE", "pro be", "probe'", "../probe", "%F0%9F%A6%81", "x" * 64, "probe%0a", "*", "%"],
    "cursor": ["", "x", "0", "g" * 32, "0" * 31, "0" * 33, "F" * 32, "%30" * 31, "-" * 32, "0" * 5000, "%00" * 32],
}
ODD_QUERIES = ["%", "%z", "%f", "a=%ff", "=", "=1", "&=&", "limit=1&limit=2", "limit=1&LIMIT=2", "whatever=1", "limit", "limit&limit", "a[]=1",
               "limit%5b%5d=1", "limit=1;x=2", "_=1", "callback=x", "%00=1", "limit=1&%ed%a0%80=1", "x" * 9000, "&".join(f"a{i}=1" for i in range(40)),
               "access_token=x", "%6cimit=0", "?limit=1", "limit=%2B1", "limit=1%26status=queued"]
IDS = ["x", "0", "-1", "null", "exec_", "exec_x", "01HXYZ123ABC0000000000000A", "EXEC_01HXYZ123ABC0000000000000A", "exec-01HXYZ123ABC0000000000000A",
       "exec_01HXYZ123ABC0000000000000", "exec_01HXYZ123ABC0000000000000AA", "exec_81HXYZ123ABC0000000000000A", "exec_01HXYZ123ABCU000000000000A",
       "exec_01HXYZ123ABC000000000000%00", "exec_%ff", "usr_01HXYZ123ABC0000000000000A", "sch_01HXYZ123ABC0000000000000A", ID, ID + "%20", "%20" + ID,
       ID + "%0a", "exec_" + "Z" * 26, "exec_" + "7" + "Z" * 25, "exec_" + "0" * 26, "exec_" + "é" * 13, "exec_" + "x" * 5000, "..", ".", "*", "%2e%2e"]
METHODS = ["get", "Get", "POSTX", "PO ST", "", "X" * 3000, "PROPFIND", "CONNECT", "TRACE", "PUT", "PATCH", "DELETE", "BREW", "\x01", "GÉT", "GET\x0b",
           "POST;", "LINK", "SEARCH", "QUERY", "M-SEARCH", "0", "%47ET", "GET GET"]


def path_cases():
    for path in PATHS:
        yield Case(f"GET {path[:40]!r}", MISSING, method="GET", path=path)
        # an agent's own path takes no POST, whether there is such an agent or not
        if not re.fullmatch("/api/agents/[^/]+", path):
            yield Case(f"POST {path[:40]!r}", MISSING, path=path)
    for c in range(0x80, 0x100):
        yield Case(f"path with {c}", MISSING, method="GET", path=f"/api/agents/{chr(c)}")
    for c in range(0x01, 0x21):
        yield Case(f"path with {c}", MISSING, method="GET", path=f"/api/agents/a{chr(c)}b")
    for name, values in QUERIES.items():
        for value in values:
            yield Case(f"{name}={value[:30]}", INVALID, method="GET", path=f"/api/executions?{name}={value}")
    for query in ODD_QUERIES:
        yield Case(f"query {query[:30]!r}", INVALID, method="GET", path=f"/api/executions?{query}")
    for name in ("after", "limit"):
        for value in ("", "-1", "x", "1.5", "9999999999", "%00", "1 "):
            yield Case(f"steps {name}={value}", INVALID, method="GET", path=f"/api/executions/{ID}/steps?{name}={value}")
    for id_ in IDS:
        for method, suffix in (("GET", ""), ("GET", "/steps"), ("GET", "/events"), ("POST", "/cancel")):
            yield Case(f"{method} {id_[:40]!r}{suffix}", MISSING, method=method, path=f"/api/executions/{id_}{suffix}")
    for method in METHODS:
        yield Case(f"method {method[:20]!r}", METHOD, method=method, path="/api/agents")
        yield Case(f"method {method[:20]!r} on nothing", MISSING, method=method, path="/api/nothing")


def login_cases():
    """Of bodies that are no login; what might be one is throttled and tested elsewhere."""
    for n, body in enumerate([*NOT_JSON, b"null", b"[]", b"{}", b'{"email":"a@example.com"}', b'{"password":"x"}', b'{"email":1,"password":"x"}',
                              b'{"email":"a@example.com","password":1}', b'{"email":[],"password":{}}', b'{"email":null,"password":null}',
                              b'{"email":"a@example.com","password":"x","remember":true}', b'{"email":"\\ud800","password":"x"}']):
        yield Case(f"login {n}", INVALID, path="/api/session", body=body, key=None)


def corpus(key):
    return [*json_cases(), *field_cases(), *header_cases(), *key_cases(key), *path_cases(), *login_cases()]
