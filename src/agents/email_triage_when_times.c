/* Times of day: on the clock, in words, as a part of the day, and by how far off they are. */
#include "agents/email_triage_when_priv.h"

#include <ctype.h>
#include <string.h>

#define COUNT(list) (sizeof list / sizeof *list)

static const char *const business[] = {"eod", "cob", "end of day", "end of the day", "end of business",
                                       "end of the business day", "close of business", "feierabend",
                                       "close of play"},
                  *const ats[] = {"at", "um", "around", "gegen", "om", "alle", "o", "à", "las", "kl"},
                  *const noons[] = {"noon", "midday", "mittags", "midi", "mezzogiorno", "mediodía"};

/* Parts of a day, until when they last. */
static const struct { const char *words; int64_t time; } parts[] = {
	{"morning", 12 * HOUR_MS}, {"first thing", 10 * HOUR_MS}, {"lunchtime", 13 * HOUR_MS}, {"afternoon", 18 * HOUR_MS},
	{"evening", DAY_END}, {"night", DAY_END}, {"früh", 12 * HOUR_MS}, {"vormittag", 12 * HOUR_MS},
	{"mittag", 13 * HOUR_MS}, {"nachmittag", 18 * HOUR_MS}, {"abend", DAY_END}, {"matin", 12 * HOUR_MS},
	{"midi", 13 * HOUR_MS}, {"après-midi", 18 * HOUR_MS}, {"soir", DAY_END}, {"por la mañana", 12 * HOUR_MS},
	{"por la tarde", 20 * HOUR_MS}, {"por la noche", DAY_END}, {"mattina", 12 * HOUR_MS},
	{"pomeriggio", 18 * HOUR_MS}, {"sera", DAY_END}, {"ochtend", 12 * HOUR_MS}, {"middag", 18 * HOUR_MS},
	{"avond", DAY_END}, {"rano", 12 * HOUR_MS}, {"po południu", 18 * HOUR_MS}, {"wieczorem", DAY_END},
	{"subah", 12 * HOUR_MS}, {"shaam", DAY_END}, {"in the morning", 12 * HOUR_MS}, {"in the afternoon", 18 * HOUR_MS},
};

/* Words that a day or a time may begin with besides those of the tables. */
static const char *const begins_time[] = {"midnight", "is", "on", "the", "half", "halb", "quarter"};

/* Hours in words, as they stand behind "at" and "half past". */
static const char *const hours[][12] = {
	{"one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"},
	{"eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwölf"},
};

void when_times_begin(struct when_begins *b)
{
	size_t i;

	for (i = 0; i < COUNT(business); i++)
		when_may_begin(b, business[i]);
	for (i = 0; i < COUNT(ats); i++)
		when_may_begin(b, ats[i]);
	for (i = 0; i < COUNT(noons); i++)
		when_may_begin(b, noons[i]);
	for (i = 0; i < COUNT(begins_time); i++)
		when_may_begin(b, begins_time[i]);
	for (i = 0; i < COUNT(hours) * 12; i++)
		when_may_begin(b, hours[i / 12][i % 12]);
	for (i = 0; i < COUNT(parts); i++)
		when_may_begin(b, parts[i].words);
}

/* What may follow an hour that is only a number. */
static const char *const after_hours[] = {"in", "sharp", "and", "but", "or", "und", "et", "y", "e", "en", "i", "if", "so",
                                          "because", "weil", "denn", "car", "porque", "perché", "want", "bo"};

static const char *const behind[] = {"pm", "p.m", "am", "a.m", "uhr", "o'clock", "uur", "heures", "baje"};

static const struct { const char *first, *second; int minutes; } halves[] = {
	{"half", "past", 30}, {"half", NULL, 30}, {"quarter", "past", 15}, {"quarter", "to", -15}, {"halb", NULL, -30},
};

static const struct { const char *word; int64_t ms; } units[] = {
	{"hour", HOUR_MS}, {"hours", HOUR_MS}, {"hrs", HOUR_MS}, {"minutes", 60000}, {"minute", 60000}, {"min", 60000},
	{"day", DAY_MS}, {"days", DAY_MS}, {"week", 7 * DAY_MS}, {"weeks", 7 * DAY_MS}, {"stunde", HOUR_MS},
	{"stunden", HOUR_MS}, {"minuten", 60000}, {"tag", DAY_MS}, {"tagen", DAY_MS}, {"tage", DAY_MS},
	{"घंटे", HOUR_MS}, {"दिन", DAY_MS}, {"heure", HOUR_MS}, {"heures", HOUR_MS}, {"hora", HOUR_MS},
	{"horas", HOUR_MS}, {"minutos", 60000}, {"ora", HOUR_MS}, {"ore", HOUR_MS}, {"minuti", 60000}, {"uur", HOUR_MS},
};
static const struct { const char *word; int n; } tens[] = {
	{"fifteen", 15}, {"twenty", 20}, {"thirty", 30}, {"forty", 40}, {"forty-five", 45}, {"sixty", 60}, {"ninety", 90},
	{"zwanzig", 20}, {"dreißig", 30},
};
static const char *const ones[] = {"a", "an", "one", "einer", "eine", "une", "una", "un", "un'ora", "een"};

void when_times_know(void)
{
	static const char *const others[] = {"next", "nächsten", "past", "to"};
	size_t i;

	when_know_all(others, COUNT(others));
	when_know_all(behind, COUNT(behind));
	when_know_all(after_hours, COUNT(after_hours));
	when_know_all(ones, COUNT(ones));
	when_zones_know();
	for (i = 0; i < COUNT(units); i++)
		when_know(units[i].word);
	for (i = 0; i < COUNT(tens); i++)
		when_know(tens[i].word);
}

static bool is_any(const struct word *w, const char *const *list, size_t n)
{
	size_t i;

	for (i = 0; i < n && w->known; i++)
		if (when_is(w, list[i]))
			return true;
	return false;
}

static void set_zone(struct moment *m, int minutes)
{
	m->zoned = true;
	m->offset = minutes * INT64_C(60000);
}

static bool take_business(struct reader *r, struct moment *m)
{
	unsigned i;

	for (i = 0; i < COUNT(business) && when_peek(r, 0)->known; i++)
		if (when_take_words(r, business[i])) {
			m->time = WHEN_BUSINESS;
			return true;
		}
	return false;
}

bool when_take_part(struct reader *r, struct moment *m)
{
	size_t i;

	for (i = 0; i < COUNT(parts) && when_peek(r, 0)->known; i++)
		if (when_take_words(r, parts[i].words)) {
			if (m->time < 0) {
				m->time = parts[i].time;
				m->part = true;
			}
			return true;
		}
	return false;
}

static int hour_in_words(const struct word *w)
{
	size_t i, k;

	for (i = 0; i < COUNT(hours) && w->known; i++)
		for (k = 0; k < 12; k++)
			if (when_is(w, hours[i][k]))
				return (int)k + 1;
	return -1;
}

/* The hour of somebody's day that is written without its half: nobody is asked for something at 3 at night. */
static int of_day(int hour, const struct moment *m)
{
	bool evening = m->part && m->time == DAY_END;

	return hour < 7 || (evening && hour < 12) ? hour + 12 : hour;
}

/* Is a number that looks like a time one, by what stands behind it, at that place? A price, a rate, a version is not. */
static bool ends_as_time(const struct reader *r, const struct word *w, size_t end, unsigned behind_it)
{
	const struct word *next = when_peek(r, behind_it);
	int minutes;

	if (end < w->n && !(w->n == end + 1 && strchr(".:", w->p[end])))
		return false;
	return next->n == 0 || when_is_day(next) || is_any(next, after_hours, COUNT(after_hours)) ||
	       when_sees_zone(r, behind_it, &minutes);
}

/* An hour that nothing but its place shows to be one ("at 11 tomorrow", "by two this afternoon"). */
static bool take_bare_hour(struct reader *r, struct moment *m, bool led)
{
	const struct word *w = when_peek(r, led), *next = when_peek(r, led + 1u);
	size_t end = 0;
	int hour = hour_in_words(w), minutes;
	bool zoned;

	if (hour < 0)
		hour = when_number(w, &end);
	if (hour < 1 || hour > 24 || end > 2)
		return false;
	zoned = when_sees_zone(r, led + 1u, &minutes);
	if (!led && r->hour_next == HOUR_WITH_DAY && !when_is_day(next) && !zoned)
		return false;
	if (!ends_as_time(r, w, end > 0 ? end : w->n, led + 1u))
		return false;
	m->time = of_day(hour, m) * HOUR_MS;
	m->part = false;
	r->at += led + 1u;
	return true;
}

/* "half past two", "quarter to nine", "halb drei" */
static bool take_half(struct reader *r, struct moment *m, bool led)
{
	unsigned i, used;
	size_t end;

	for (i = 0; i < COUNT(halves); i++) {
		const struct word *w;
		int hour;

		if (!when_is(when_peek(r, led), halves[i].first))
			continue;
		used = led + 1u;
		if (halves[i].second && !when_is(when_peek(r, used++), halves[i].second))
			continue;
		w = when_peek(r, used);
		hour = hour_in_words(w);
		if (hour < 0)
			hour = when_number(w, &end);
		if (hour < 1 || hour > 12)
			continue;
		m->time = of_day(hour, m) * HOUR_MS + halves[i].minutes * INT64_C(60000);
		m->part = false;
		r->at += used + 1;
		return true;
	}
	return false;
}

/* 5pm, 5 pm, 5:30 p.m., 17:00, 17 Uhr, 17h; "at 5.30", but "5.30" alone may be anything */
static bool take_clock(struct reader *r, struct moment *m, bool led)
{
	const struct word *w = when_peek(r, led), *next = when_peek(r, led + 1u);
	int hour, minute = 0;
	bool sure = false, dotted = false, pm, am;
	size_t end, more = 0;

	hour = when_number(w, &end);
	if (hour < 0 || hour > 24 || end > 2)
		return false;
	if (end + 2 < w->n && (w->p[end] == ':' || w->p[end] == '.' || w->p[end] == 'h') &&
	    isdigit((unsigned char)w->p[end + 1])) {
		struct word rest = {w->p + end + 1, w->n - end - 1, true};

		minute = when_number(&rest, &more);
		dotted = w->p[end] == '.';
		sure = !dotted && more == 2;
		end += 1 + more;
		dotted = dotted && more == 2 && led && ends_as_time(r, w, end, led + 1u);
	}
	pm = when_rest_is(w, end, "pm") || when_rest_is(w, end, "p.m") ||
	     (end == w->n && (when_is(next, "pm") || when_is(next, "p.m")));
	am = when_rest_is(w, end, "am") || when_rest_is(w, end, "a.m") ||
	     (end == w->n && (when_is(next, "am") || when_is(next, "a.m")));
	sure = sure || dotted || pm || am || when_rest_is(w, end, "h") || when_rest_is(w, end, "o'clock") ||
	       (end == w->n && is_any(next, behind, COUNT(behind)));
	if (!sure || minute > 59 || ((pm || am) && hour > 12))
		return false;
	if (pm && hour < 12)
		hour += 12;
	if (am && hour == 12)
		hour = 0;
	if (dotted && !pm && !am && *w->p != '0')
		hour = of_day(hour, m);
	m->time = hour * HOUR_MS + minute * INT64_C(60000);
	m->part = false;
	if (when_rest_is(w, end, "z") || when_rest_is(w, end, "utc") || when_rest_is(w, end, "gmt"))
		set_zone(m, 0);
	r->at += led + 1u;
	if (end == w->n && is_any(next, behind, COUNT(behind)))
		r->at++;
	return true;
}

static bool take_time(struct reader *r, struct moment *m)
{
	bool at = is_any(when_peek(r, 0), ats, COUNT(ats));
	const struct word *w = when_peek(r, at);

	if (take_business(r, m))
		return true;
	if (is_any(w, noons, COUNT(noons)) || when_is(w, "midnight")) {
		m->time = when_is(w, "midnight") ? DAY_END : 12 * HOUR_MS;
		m->part = false;
		r->at += at + 1u;
		return true;
	}
	if (take_clock(r, m, at) || take_half(r, m, at))
		return true;
	return (at || r->hour_next != HOUR_SURE) && take_bare_hour(r, m, at);
}

bool when_take_time(struct reader *r, struct moment *m)
{
	int minutes;

	if (!take_time(r, m))
		return false;
	if (when_sees_zone(r, 0, &minutes)) {
		set_zone(m, minutes);
		r->at++;
	}
	return true;
}

bool when_take_span(struct reader *r, struct moment *m)
{
	unsigned at = when_next_is(r, "the") ? 1 : 0, i;
	size_t end;
	int n;

	at += when_is(when_peek(r, at), "next") || when_is(when_peek(r, at), "nächsten");
	n = is_any(when_peek(r, at), ones, COUNT(ones)) ? 1 : hour_in_words(when_peek(r, at));
	for (i = 0; n < 0 && i < COUNT(tens); i++)
		if (when_is(when_peek(r, at), tens[i].word))
			n = tens[i].n;
	if (n < 0)
		n = when_number(when_peek(r, at), &end);
	if (n < 1 || n > 400)
		return false;
	for (i = 0; i < COUNT(units); i++)
		if (when_is(when_peek(r, at + 1), units[i].word)) {
			m->instant = r->now + n * units[i].ms;
			r->at += at + 2;
			return true;
		}
	return false;
}
