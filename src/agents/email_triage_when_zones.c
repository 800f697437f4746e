/* Zones that a time may name behind it: "5 pm EST", "15:00 UTC", "17:00 UTC+5:30". */
#include "agents/email_triage_when_priv.h"

#include <string.h>

#define COUNT(list) (sizeof list / sizeof *list)

/* By their offsets in minutes. word: it is also a word of some language ("est", "ist",
 * "cet", "z"). */
static const struct { const char *name; int minutes; bool word; } zones[] = {
	{"utc", 0, false}, {"gmt", 0, false}, {"z", 0, true}, {"est", -300, true}, {"edt", -240, false},
	{"cst", -360, false}, {"cdt", -300, false}, {"mst", -420, false}, {"mdt", -360, false}, {"pst", -480, false},
	{"pdt", -420, false}, {"cet", 60, true}, {"cest", 120, false}, {"bst", 60, false}, {"ist", 330, true},
};

void when_zones_know(void)
{
	size_t i;

	for (i = 0; i < COUNT(zones); i++)
		when_know(zones[i].name);
}

/* "+2", "-03:30" behind "utc" */
static bool offset_behind(const struct word *w, size_t at, int *minutes)
{
	struct word rest;
	size_t end, more;
	int full, mins = 0;

	if (at + 1 >= w->n || (w->p[at] != '+' && w->p[at] != '-'))
		return false;
	rest = (struct word){w->p + at + 1, w->n - at - 1, true};
	full = when_number(&rest, &end);
	if (full < 0 || full > 14 || end > 2)
		return false;
	if (end + 1 < rest.n && rest.p[end] == ':') {
		rest = (struct word){rest.p + end + 1, rest.n - end - 1, true};
		mins = when_number(&rest, &more);
		if (mins < 0 || mins > 59)
			return false;
	}
	*minutes = (w->p[at] == '-' ? -1 : 1) * (full * 60 + mins);
	return true;
}

/* Does a sentence's part end behind the word, or go on as only an English one does? */
static bool ends_a_part(const struct word *w, const struct word *next)
{
	return w->p[w->n - 1] == '.' || w->p[w->n] != ' ' || when_is(next, "on") || when_is(next, "today") ||
	       when_is(next, "tomorrow");
}

static bool ends_in_half(const struct word *w)
{
	return when_rest_is(w, w->n >= 2 ? w->n - 2 : 0, "am") || when_rest_is(w, w->n >= 2 ? w->n - 2 : 0, "pm") ||
	       (w->n >= 3 && (strncmp(w->p, "p.m", 3) == 0 || strncmp(w->p, "a.m", 3) == 0));
}

bool when_sees_zone(const struct reader *r, unsigned ahead, int *minutes)
{
	const struct word *w = when_peek(r, ahead);
	size_t i;

	if (w->n > 3 && (strncmp(w->p, "utc", 3) == 0 || strncmp(w->p, "gmt", 3) == 0) && offset_behind(w, 3, minutes))
		return true;
	for (i = 0; i < COUNT(zones) && w->known; i++)
		if (when_is(w, zones[i].name)) {
			*minutes = zones[i].minutes;
			return !zones[i].word || ends_a_part(w, when_peek(r, ahead + 1)) ||
			       (r->at + ahead > 0 && ends_in_half(&r->words[r->at + ahead - 1]));
		}
	return false;
}
