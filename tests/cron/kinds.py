"""How cron-parser and croner differ from API.md's rules, and thereby from each other: THE table of kinds, each with what was
decided. docs/schedules.md tells the same to people.

A kind is told by facts of the difference at one instant: who differs; whether the expression has fixed times or follows elapsed
time; whether the clock change beside it skips or repeats local times; whether the instant is one too many; whether the
triple's own instant (from) is within what the change skipped or repeated."""
from datetime import timedelta
from typing import NamedTuple

from rule import follows_elapsed_time, nearest_change, values
from triples import instant

HOUR = timedelta(hours=1)


class Kind(NamedTuple):
    name: str                    # as docs/schedules.md has it
    who: tuple
    holds: object                # of Facts


class Facts(NamedTuple):
    fixed: bool
    several: bool                # more than one time of day
    all_hours: bool              # 0-23
    skips: bool                  # the clock change; else it repeats
    change_s: int                # how much, in seconds
    odd: bool                    # not by a whole hour at a full hour
    evening: bool                # what is skipped ends a day
    extra: bool                  # a slot too many; else one is missing
    after_change: bool           # the instant in question is at the change or after it
    from_within: bool            # from is at the change or after it, and before what it skipped or repeated is over


PARSER, CRONER = "cron-parser", "croner"

KINDS = (
    Kind("from-within-repeated", (PARSER, CRONER), lambda f: f.fixed and not f.skips and f.extra and f.from_within),
    Kind("from-within-skipped", (PARSER, CRONER), lambda f: f.fixed and f.skips and not f.extra and f.from_within),
    Kind("all-hours", (PARSER, CRONER), lambda f: f.fixed and f.all_hours and not f.skips and f.extra and f.after_change),
    Kind("odd-skipped-times", (PARSER, CRONER), lambda f: f.fixed and f.several and f.odd and f.skips and not f.extra),
    Kind("two-hours", (PARSER, CRONER), lambda f: f.fixed and abs(f.change_s) == 7200),
    Kind("end-of-day", (PARSER, CRONER), lambda f: f.fixed and f.skips and f.evening and not f.extra),
    Kind("one-skipped-time", (CRONER,), lambda f: f.fixed and not f.several and f.skips),
    Kind("several-skipped-times", (CRONER,), lambda f: f.fixed and f.several and f.skips and not f.extra),
    Kind("several-repeated-times", (CRONER,), lambda f: f.fixed and f.several and not f.skips and f.extra and f.after_change),
    Kind("odd-change", (PARSER,), lambda f: f.odd),
    Kind("repeated-midnight", (PARSER,), lambda f: not f.skips and f.extra == f.after_change),
    Kind("elapsed-skipped", (PARSER,), lambda f: not f.fixed and f.skips and f.extra and f.after_change),
    Kind("elapsed-repeated", (PARSER,), lambda f: not f.fixed and not f.skips and not f.extra and f.after_change),
)
LOOP_LIMIT = Kind("loop-limit", (PARSER,), lambda f: False)
KINDS += (LOOP_LIMIT,)


def facts(triple, at, extra):
    """None: no clock change is near."""
    at, change = instant(at), nearest_change(triple.zone, instant(at))
    if change is None:
        return None
    shift = change.after - change.before
    if not -abs(shift) - HOUR <= at - change.at <= abs(shift) + 2 * HOUR:
        return None
    minute, hour = triple.expression.split()[:2]
    local_before, local_after = change.at + change.before, change.at + change.after
    return Facts(not follows_elapsed_time(triple.expression), not (minute + hour).isdigit(),
                 len(values(hour, 0, 23)) == 24, shift > timedelta(0),
                 int(shift.total_seconds()), shift % HOUR != timedelta(0) or local_before.minute != 0,
                 local_after.hour == 0 and local_after.minute == 0, extra, at >= change.at,
                 change.at <= instant(triple.instant) < change.at + abs(shift))


def kind(who, triple, at, extra):
    """The first that fits; None: the difference is of no known kind."""
    f = facts(triple, at, extra)
    return next((k for k in KINDS if f and who in k.who and k.holds(f)), None)


def failure(who, triple, message):
    """The kind of an answer that is an error."""
    return LOOP_LIMIT if who in LOOP_LIMIT.who and "loop limit exceeded" in message else None
