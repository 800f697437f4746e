"""The rules of API.md for one instant: whether an expression has a slot there. Written without a look at the engine."""
import calendar
from datetime import timedelta

from triples import WEEKDAYS, changes, instant, offset

MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
YEARS = range(2024, 2062)


def number(word, names, first):
    return names.index(word) + first if word in names else int(word)


def values(field, low, high, names=(), first=0):
    """Of lists, ranges and steps."""
    found = set()
    for item in field.split(","):
        span, _, step = item.partition("/")
        a, _, b = span.partition("-")
        a, b = (low, high) if a == "*" else (number(a, names, first), number(b or a, names, first))
        found.update(range(a, b + 1, int(step or 1)))
    return found


def day_of_month(field, local):
    last = calendar.monthrange(local.year, local.month)[1]
    items = [str(last) if item == "L" else item for item in field.split(",")]
    return local.day in values(",".join(items), 1, 31)


def day_of_week(field, local):
    weekday = (local.weekday() + 1) % 7
    if field.endswith("L"):
        return int(field[0]) % 7 == weekday and local.day + 7 > calendar.monthrange(local.year, local.month)[1]
    if "#" in field:
        return int(field[0]) % 7 == weekday and (local.day + 6) // 7 == int(field[2])
    return weekday in {v % 7 for v in values(field, 0, 6, WEEKDAYS)}


def names(expression, local):
    """Whether a local time is one that the expression names."""
    minute, hour, day, month, weekday = expression.split()
    if local.second or local.minute not in values(minute, 0, 59) or local.hour not in values(hour, 0, 23) or \
            local.month not in values(month, 1, 12, MONTHS, 1):
        return False
    by_day, by_weekday = day_of_month(day, local), day_of_week(weekday, local)
    return (by_day or by_weekday) if "*" not in (day, weekday) else (by_day and by_weekday)


def follows_elapsed_time(expression):
    return any("*" in field for field in expression.split()[:2])


def nearest_change(zone, at):
    return min(changes(zone, YEARS), key=lambda c: abs(c.at - at), default=None)


def is_slot(expression, zone, written):
    at = instant(written)
    occurs = names(expression, (at + offset(zone, at)).replace(tzinfo=None))
    change = nearest_change(zone, at)
    if change is None or follows_elapsed_time(expression):
        return occurs
    longer = change.after - change.before
    if longer > timedelta(0):
        # what the change skips, by the offset before it
        skipped = change.at <= at < change.at + longer and names(expression, (at + change.before).replace(tzinfo=None))
        return occurs or skipped
    return occurs and not change.at <= at < change.at - longer
