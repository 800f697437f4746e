"""(expression, zone, instant) triples around every clock change of 2025 to 2030, the same at each call."""
import functools
import random
from datetime import datetime, timedelta, timezone
from typing import NamedTuple
from zoneinfo import ZoneInfo

ZONES = """Africa/Cairo Africa/Casablanca Africa/El_Aaiun America/Asuncion America/Havana America/New_York America/Nuuk
    America/Santiago America/Sao_Paulo America/St_Johns Antarctica/Troll Asia/Beirut Asia/Gaza Asia/Jerusalem Asia/Kathmandu
    Asia/Kolkata Asia/Tehran Atlantic/Azores Australia/Adelaide Australia/Lord_Howe Europe/Berlin Europe/Chisinau Europe/Dublin
    Europe/London Pacific/Apia Pacific/Chatham Pacific/Easter""".split()
YEARS = range(2025, 2031)
PER_CHANGE = 24
WEEKDAYS = "SUN MON TUE WED THU FRI SAT".split()
MINUTE = timedelta(minutes=1)


class Triple(NamedTuple):
    expression: str
    zone: str
    instant: str


class Change(NamedTuple):
    at: datetime
    before: timedelta            # the offsets
    after: timedelta


def text(instant):
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def instant(written):
    return datetime.strptime(written, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def offset(zone, at):
    return at.astimezone(ZoneInfo(zone)).utcoffset()


@functools.cache
def changes(zone, years):
    """By the system's database, to the minute."""
    found, at, end = [], datetime(years[0], 1, 1, tzinfo=timezone.utc), datetime(years[-1] + 1, 1, 1, tzinfo=timezone.utc)
    while at < end:
        low, high = at, at + timedelta(hours=6)
        if offset(zone, low) != offset(zone, high):
            while high - low > MINUTE:
                middle = low + (high - low) // (2 * MINUTE) * MINUTE
                low, high = (middle, high) if offset(zone, middle) == offset(zone, at) else (low, middle)
            found.append(Change(high, offset(zone, low), offset(zone, high)))
        at += timedelta(hours=6)
    return found


def minutes(some):
    a, b = sorted(some.sample(range(60), 2))
    return some.choice([str(some.choice([0, 0, 15, 30, 30, 45, a])), "0,30", f"{a},{b}", "*/15", "*/20", f"*/{some.randint(2, 59)}", "*",
                        "0-59/15", "10-20/5"])


def hours(some, near):
    a, *_, b = sorted((near + some.randint(-2, 2)) % 24 for _ in range(3))
    one = str((near + some.randint(-2, 2)) % 24)
    return some.choice([one, one, one, f"{a},{b}" if a < b else one, f"{a}-{b}", f"{a}-23/2", "*", "*/2", "*/3", f"*/{some.randint(2, 12)}"])


def days(some, local):
    """Day of month, month, day of week: mostly any, else such that the local day is one of them, or the next."""
    weekday = (local.weekday() + 1) % 7
    return some.choice(["* * *"] * 8 + [
        f"{local.day} * *", f"{local.day} {local.month} *", f"{local.day},L * *", "L * *", "*/2 * *", "* */3 *", f"* * {weekday}",
        f"* * {WEEKDAYS[weekday]}", f"* * {(weekday + 1) % 7}", f"* * {weekday}L", f"* {local.month} {weekday}#{(local.day + 6) // 7}",
        f"1-7 * {weekday}", "13 * FRI", "* * 1-5"])


def moments(zone):
    """(instant, local time there): the changes, or where there are none two times a year."""
    for change in changes(zone, YEARS):
        yield change.at, change.at + change.before
    if not changes(zone, YEARS):
        for year in YEARS:
            for month in (3, 10):
                at = datetime(year, month, 28, tzinfo=timezone.utc)
                yield at, at + offset(zone, at)


def make(zones):
    """Those of one zone hang on nothing but its own changes."""
    made = {}
    for zone in zones:
        some = random.Random(f"{zone} 2025")
        for at, local in moments(zone):
            for _ in range(PER_CHANGE):
                near = local + some.randint(-30, 90) * MINUTE
                expression = f"{minutes(some)} {hours(some, near.hour)} {days(some, near)}"
                start = at - some.choice([some.randint(0, 180), some.randint(0, 36 * 60), -some.randint(0, 90)]) * MINUTE
                made[Triple(expression, zone, text(start))] = True
    return list(made)
