"""Hostile requests about schedules: see hostile.py."""
import json
from urllib.parse import quote

from hostile import ID, INVALID, MISSING, NOT_JSON, UNKNOWN, Case

PATH = "/api/schedules/probe"
GOOD = {"cron_expr": "0 6 * * *", "timezone": "Asia/Kolkata"}

EXPRESSIONS = [
    "", " ", "*", "* *", "* * * *", "* * * * * *", "* * * * * * *", "@", "@reboot", "@every 5m", "@dailyx", "60 * * * *", "-1 * * * *",
    "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 0 *", "* * * 13 *", "* * * * 8", "*/0 * * * *", "*/61 * * * *", "*/-1 * * * *",
    "*/ * * * *", "/5 * * * *", "1- * * * *", "-5 * * * *", "5-1 * * * *", "1-2-3 * * * *", "1,, * * * *", ",1 * * * *", "1, * * * *",
    "1.5 * * * *", "1e1 * * * *", "0x1 * * * *", "+1 * * * *", "99999999999999999999 * * * *", "1-99999999999999999999 * * * *",
    "? * * * *", "* * ? * *", "* * W * *", "* * 15W * *", "* * LW * *", "* * L-3 * *", "* L * * *", "L * * * *", "* * * L *",
    "* * * * L5", "* * * * 8L", "* * * * 2#0", "* * * * 2#6", "* * * * 2#", "* * * * #2", "* * * FOO *", "* * * * FOO", "* * * JANUARY *",
    "* * * * MONDAY", "JAN * * * *", "* MON * * *", "0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "0 0 31 FEB *", "* * * * *;", "* * * * *\n* * * * *",
    "* * * * * /bin/sh", "$(id) * * * *", "' OR 1=1 --", "{} * * * *", "[1] * * * *", "%s%s%n * * * *", "\u0661 * * * *", "＊ ＊ ＊ ＊ ＊",
    "*\u00a0* * * *", "* * * * *\u0001", "🦁", "*" * 300, "1," * 200 + "1 * * * *", "* " * 5000, "x" * 100000]
ZONES = ["", " ", "x", "Mars/Olympus", "asia/kolkata", "ASIA/KOLKATA", "Asia", "Asia/", "/Asia/Kolkata", "Asia//Kolkata", "Asia/Kolkata ",
         " Asia/Kolkata", "Asia/Kolkata\n", "../Asia/Kolkata", "Asia/../../../../etc/passwd", "/etc/passwd", "./UTC", "~root", "localtime",
         "posixrules", "right/UTC", "tzdata.zi", "zone.tab", "leapseconds", "UTC+5", "+05:30", "GMT+25", "EST5EDT,M3.2.0,M11.1.0", ":UTC", "Z",
         "UTC;", "$(id)", "%s", "🦁", "Ａsia/Kolkata", "Asia/Kolkata\u0001", "x" * 65, "x/" * 200, "x" * 100000]
WRONG = {  # values of a wrong kind, or out of bounds
    "cron_expr": [0, 1, True, [], {}, ["* * * * *"], None, *EXPRESSIONS],
    "timezone": [0, 1, True, [], {}, ["UTC"], None, *ZONES],
    "enabled": [0, 1, "true", "", [], {}, 1.5],
    "input_payload": [0, 1, True, "x", [], [{}], 1.5, "{}", {"steps": -1}, {"unknown": 1}],
    "catch_up": [0, True, [], {}, "", "LATEST", "all", "latest ", "x" * 5000],
    "overlap": [0, True, [], {}, "", "Queue", "cancel", "cancel-previous", "x" * 5000],
    "starts_at": [0, True, [], {}, "", "now", "2025-01-15", "2025-02-30T00:00:00Z", "1736920800", "x" * 5000],
    "ends_at": [0, True, [], {}, "", "never", "2025-13-01T00:00:00Z", "2020-01-01T00:00:00Z", "2025-01-15T06:00:00+99:00"],
    "pause_after_failures": [0, -1, 1.5, "1", True, [], {}, 1001, 9223372036854775807],
}
QUERIES = {
    "preview": {"count": ["", "0", "-1", "1001", "1e1", "x", "+1", "%00", "99999999999999999999"],
                "from": ["", "now", "2025", "2025-01-15", "2025-13-01T00:00:00Z", "1736920800", "%00", "x" * 3000],
                "cron_expr": ["", "*", "@daily"], "timezone": ["", "x", "UTC"], "limit": ["1"]},
    "history": {"limit": ["", "0", "-1", "101", "x", "1e1", "%00"], "outcome": ["", "FIRED", "missed", "fired,skipped", "0", "%ff"],
                "cursor": ["", "x", "0" * 15, "0" * 17, "g" * 16, "F" * 16, "-" * 16, "0" * 32, "%00" * 16], "count": ["1"]},
}


def set_case(name, body, path=PATH, code=INVALID):
    return Case(name, code, path=path, body=body if isinstance(body, bytes) else json.dumps(body).encode())


def corpus():
    for n, body in enumerate([*NOT_JSON, b"null", b"1", b'"x"', b"[]", b"{}", json.dumps(GOOD).encode()[:-1]]):
        yield set_case(f"schedule {n}", body)
    for field, values in WRONG.items():
        for value in values:
            yield set_case(f"schedule {field}: {str(value)[:30]!r}", {**GOOD, field: value})
    for field in [*UNKNOWN, "id", "agent_slug", "next_run_at", "total_runs"]:
        if field != "input_payload":
            yield set_case(f"schedule unknown {field[:20]!r}", {**GOOD, field: 1})
    for slug in ("nothing", "PROBE", "pro%2fbe", "%F0%9F%A6%81", "..%2fprobe", "probe%20", "probe'", "x" * 500, ID):
        yield set_case(f"schedule of {slug[:20]!r}", GOOD, f"/api/schedules/{slug}", MISSING)
        for method, suffix in (("GET", ""), ("DELETE", ""), ("POST", "/run"), ("GET", "/preview"), ("GET", "/history")):
            yield Case(f"{method} of {slug[:20]!r}{suffix}", MISSING, method=method, path=f"/api/schedules/{slug}{suffix}")
    yield Case("a body for a run by hand", INVALID, path=PATH + "/run", body=b'{"input_payload":{}}')
    for path, queries in QUERIES.items():
        for name, values in queries.items():
            for value in values:
                yield Case(f"{path} {name}={value[:30]}", INVALID, method="GET", path=f"{PATH}/{path}?{name}={value}")
    for expression in EXPRESSIONS:
        if len(expression) < 1000:
            yield Case(f"preview {expression[:30]!r}", INVALID, method="GET",
                       path=f"{PATH}/preview?timezone=UTC&cron_expr={quote(expression)}")
