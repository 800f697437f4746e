"""When a schedule is to fire and what is to become of its slots, worked out by the words of docs/schedules.md and by Python's
own time zones (zoneinfo), minute by minute: nothing here knows how the program does it."""
from datetime import datetime, timedelta, timezone
from typing import NamedTuple
from zoneinfo import ZoneInfo

MINUTE_MS = 60_000
GRACE_MS = MINUTE_MS            # a slot is on time up to this late
CATCH_UP_MS = 60 * MINUTE_MS    # the latest is caught up, up to this late
ONE_BY_ONE = 1440               # slots before the latest that get a row each; older ones share one
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Slot(NamedTuple):
    at: int          # ms
    moved: bool      # a clock change skipped its local time


class Row(NamedTuple):
    """Of the ledger."""
    at: int
    outcome: str
    reason: str
    moved: bool
    slots: int
    recorded_at: int


def ms(when):
    return (when - EPOCH) // timedelta(milliseconds=1)


def local(at, zone):
    return (EPOCH + timedelta(milliseconds=at)).astimezone(zone)


def numbers(field, low, high):
    """What a field of lists, ranges and steps names."""
    found = set()
    for part in field.split(","):
        part, _, step = part.partition("/")
        first, _, last = (f"{low}-{high}" if part == "*" else part).partition("-")
        found.update(range(int(first), int(last or first) + 1, int(step or 1)))
    return found


class Cron:
    """Minute, hour and weekday; the other fields are stars."""

    def __init__(self, text):
        minute, hour, day, month, weekday = text.split()
        assert (day, month) == ("*", "*")
        self.minutes, self.hours = numbers(minute, 0, 59), numbers(hour, 0, 23)
        self.weekdays = {n % 7 for n in numbers(weekday, 0, 6)}
        self.elapsed = minute.startswith("*") or hour.startswith("*")

    def names(self, when):
        return (when.minute in self.minutes and when.hour in self.hours and when.isoweekday() % 7 in self.weekdays)


def by_elapsed_time(cron, zone, after, until):
    """Each instant whose local time matches."""
    for at in range(after // MINUTE_MS * MINUTE_MS + MINUTE_MS, until + 1, MINUTE_MS):
        if cron.names(local(at, zone)):
            yield Slot(at, False)


def by_local_time(cron, zone, after, until):
    """Each local time that is named, once: the first of two, and by the offset before the change where there is none;
    which is what fold=0 means (PEP 495)."""
    when = local(after, zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None) - timedelta(days=1)
    end = local(until, zone).replace(tzinfo=None) + timedelta(days=1)
    found = {}
    while when <= end:
        if cron.names(when):
            at = ms(when.replace(tzinfo=zone).astimezone(timezone.utc))
            if after < at <= until:
                moved = local(at, zone).replace(tzinfo=None) != when
                found[at] = moved and found.get(at, True)
        when += timedelta(minutes=1)
    return [Slot(at, moved) for at, moved in sorted(found.items())]


def slots(cron, zone, after, until):
    """Of the expression, behind one instant and up to another."""
    cron, zone = Cron(cron), ZoneInfo(zone)
    return list((by_elapsed_time if cron.elapsed else by_local_time)(cron, zone, after, until))


def changes(zone, year):
    """The instants of the year at which the zone's offset changes."""
    zone = ZoneInfo(zone)
    at, end = ms(datetime(year, 1, 1, tzinfo=timezone.utc)), ms(datetime(year + 1, 1, 1, tzinfo=timezone.utc))
    while at < end:
        if local(at, zone).utcoffset() != local(at + 30 * MINUTE_MS, zone).utcoffset():
            yield next(t for t in range(at, at + 31 * MINUTE_MS, MINUTE_MS)
                       if local(t, zone).utcoffset() != local(t - MINUTE_MS, zone).utcoffset())
        at += 30 * MINUTE_MS


def rows(due, now, catch_up):
    """What the ledger says of slots that are met at an instant, all together: only the latest can fire, and with
    "latest" it does so for those of the last hour."""
    late = now - due[-1].at
    fires = late <= (CATCH_UP_MS if catch_up == "latest" else GRACE_MS)
    beyond, each = due[:-ONE_BY_ONE - 1], due[-ONE_BY_ONE - 1:]
    if beyond:
        yield Row(beyond[0].at, "skipped", "missed", False, len(beyond), now)
    for slot in each[:-1] if fires else each:
        merged = fires and catch_up == "latest" and now - slot.at <= CATCH_UP_MS
        yield Row(slot.at, "skipped", "merged" if merged else "missed", slot.moved, 1, now)
    if fires:
        caught_up = catch_up == "latest" and (len(due) > 1 or late > GRACE_MS)
        yield Row(due[-1].at, "caught_up" if caught_up else "fired", "", due[-1].moved, 1, now)
