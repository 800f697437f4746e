"""Which expressions the engine, cron-parser and croner take: the forms on which the two others differ, or both differ from
API.md, each with the reason, which docs/schedules.md tells in the same words."""
from typing import NamedTuple

TAKEN, REFUSED = "taken", "refused"


class Row(NamedTuple):
    expression: str
    ours: str
    parser: str
    croner: str
    why: str


FIELDS = "five fields, neither more nor fewer"
QUESTION = "`?` is refused, `*` says the same"
NEAREST = "`W` is refused"
NEVER = "what can never match is refused"
STEP = "a step is at most the number of the field's values: a larger one would not do what it says"
TO_THE_END = "`a/n` is from a to the end by n"
SUNDAY = "a range may end in SUN, which is 7 there"
LISTS = "lists may hold every form, and a value twice"
NICKNAMES = "nicknames in any case, `@midnight` among them"
BLANKS = "blanks and tabs between fields and around them"
SAME = "as both have it"

ROWS = (
    Row("0 0 * * *", TAKEN, TAKEN, TAKEN, SAME),
    Row("* * * *", REFUSED, TAKEN, REFUSED, FIELDS),
    Row("0 0 0 1 1 *", REFUSED, TAKEN, REFUSED, FIELDS),
    Row("0 0 ? * 1", REFUSED, TAKEN, TAKEN, QUESTION),
    Row("0 0 1W * *", REFUSED, REFUSED, TAKEN, NEAREST),
    Row("0 0 LW * *", REFUSED, REFUSED, TAKEN, NEAREST),
    Row("0 0 L-3 * *", REFUSED, REFUSED, REFUSED, SAME),
    Row("0 0 30 2 *", REFUSED, REFUSED, REFUSED, NEVER),
    Row("0 0 31 4,6 *", REFUSED, REFUSED, REFUSED, NEVER),
    Row("*/60 * * * *", TAKEN, TAKEN, TAKEN, SAME),
    Row("*/61 * * * *", REFUSED, TAKEN, REFUSED, STEP),
    Row("0 */25 * * *", REFUSED, TAKEN, REFUSED, STEP),
    Row("*/0 * * * *", REFUSED, REFUSED, REFUSED, SAME),
    Row("5/15 * * * *", TAKEN, TAKEN, REFUSED, TO_THE_END),
    Row("0 0 * * 5/2", TAKEN, TAKEN, REFUSED, TO_THE_END),
    Row("0 0 * * SAT-SUN", TAKEN, REFUSED, TAKEN, SUNDAY),
    Row("0 0 * * 6-7", TAKEN, TAKEN, TAKEN, SAME),
    Row("0 0 * * FRI-MON", REFUSED, REFUSED, REFUSED, SAME),
    Row("0 22-4 * * *", REFUSED, REFUSED, REFUSED, SAME),
    Row("0 0 * * 1,2#3", TAKEN, REFUSED, TAKEN, LISTS),
    Row("0 0 * * 1#1,1#3", TAKEN, REFUSED, TAKEN, LISTS),
    Row("5,5 * * * *", TAKEN, REFUSED, TAKEN, LISTS),
    Row("0 0 *,5 * 1", TAKEN, REFUSED, TAKEN, LISTS),
    Row("0 0 1,L * *", TAKEN, TAKEN, TAKEN, SAME),
    Row("0 0 * * 5L", TAKEN, TAKEN, TAKEN, SAME),
    Row("0 0 * * FRIL", TAKEN, TAKEN, TAKEN, SAME),
    Row("0 0 * * 2#3", TAKEN, TAKEN, TAKEN, SAME),
    Row("0 0 * * 2#6", REFUSED, REFUSED, REFUSED, SAME),
    Row("0 0 * * L", REFUSED, REFUSED, REFUSED, SAME),
    Row("0 0 * * 7", TAKEN, TAKEN, TAKEN, SAME),
    Row("0 0 13 * 5", TAKEN, TAKEN, TAKEN, SAME),
    Row("0 0 1-31 * 5", TAKEN, TAKEN, TAKEN, SAME),
    Row("0 0 */2 * 1", TAKEN, TAKEN, TAKEN, SAME),
    Row("0 0 13 * 0-6", TAKEN, TAKEN, TAKEN, SAME),
    Row("0 0 L * 5L", TAKEN, TAKEN, TAKEN, SAME),
    Row("0 0 29 2 1", TAKEN, TAKEN, TAKEN, SAME),
    Row("0 0 * jan-MAR *", TAKEN, TAKEN, TAKEN, SAME),
    Row("0 0 * * MONDAY", REFUSED, REFUSED, REFUSED, SAME),
    Row("005 * * * *", TAKEN, TAKEN, TAKEN, SAME),
    Row("1-5/10 * * * *", TAKEN, TAKEN, TAKEN, SAME),
    Row("1,,2 * * * *", REFUSED, REFUSED, REFUSED, SAME),
    Row("@hourly", TAKEN, TAKEN, TAKEN, SAME),
    Row("@weekly", TAKEN, TAKEN, TAKEN, SAME),
    Row("@annually", TAKEN, TAKEN, TAKEN, SAME),
    Row("@midnight", TAKEN, REFUSED, TAKEN, NICKNAMES),
    Row("@DAILY", TAKEN, REFUSED, TAKEN, NICKNAMES),
    Row("@reboot", REFUSED, REFUSED, REFUSED, SAME),
    Row("  0  0 * * *  ", TAKEN, TAKEN, TAKEN, SAME),
)
