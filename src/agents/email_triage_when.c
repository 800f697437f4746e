/* Dates and times of deadlines. Words are read one after the other: a lead ("by"), then as much of a
 * day and a time of day as follows, in either order. */
#include "agents/email_triage_when.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define DAY_MS     INT64_C(86400000)
#define HOUR_MS    INT64_C(3600000)
#define WORDS_MAX  160
#define DAY_END    (DAY_MS - 1000)
#define BUSINESS   (17 * HOUR_MS)
#define FUTURE_MAX (400 * DAY_MS)

struct word { const char *p; size_t n; };

struct reader {
	struct word words[WORDS_MAX];
	unsigned count, at;
	int64_t today;               /* local midnight of the day the mail was written */
	int64_t now;                 /* local time it was written */
	bool month_first;
};

/* What was read: local times, -1 while unknown. */
struct moment { int64_t day, time, instant; };

static const struct { const char *word; int value; } weekdays[] = {   /* 0: Sunday */
	{"sunday", 0}, {"monday", 1}, {"tuesday", 2}, {"wednesday", 3}, {"thursday", 4}, {"friday", 5},
	{"saturday", 6}, {"sun", 0}, {"mon", 1}, {"tue", 2}, {"tues", 2}, {"wed", 3}, {"thu", 4},
	{"thurs", 4}, {"fri", 5}, {"sat", 6}, {"sonntag", 0}, {"montag", 1}, {"dienstag", 2}, {"mittwoch", 3},
	{"donnerstag", 4}, {"freitag", 5}, {"samstag", 6}, {"सोमवार", 1}, {"मंगलवार", 2}, {"बुधवार", 3},
	{"गुरुवार", 4}, {"शुक्रवार", 5}, {"शनिवार", 6}, {"रविवार", 0},
}, months[] = {
	{"january", 1}, {"february", 2}, {"march", 3}, {"april", 4}, {"may", 5}, {"june", 6}, {"july", 7},
	{"august", 8}, {"september", 9}, {"october", 10}, {"november", 11}, {"december", 12}, {"jan", 1},
	{"feb", 2}, {"mar", 3}, {"apr", 4}, {"jun", 6}, {"jul", 7}, {"aug", 8}, {"sep", 9}, {"sept", 9},
	{"oct", 10}, {"nov", 11}, {"dec", 12}, {"januar", 1}, {"februar", 2}, {"märz", 3}, {"mai", 5},
	{"juni", 6}, {"juli", 7}, {"oktober", 10}, {"dezember", 12},
}, day_words[] = {               /* days from today */
	{"today", 0}, {"tonight", 0}, {"tomorrow", 1}, {"heute", 0}, {"morgen", 1}, {"übermorgen", 2},
	{"आज", 0}, {"कल", 1}, {"hoy", 0}, {"mañana", 1}, {"aujourd'hui", 0}, {"demain", 1},
};

/* ---- Words ---- */

static void split(struct reader *r, const char *text)
{
	const char *p = text;

	r->count = r->at = 0;
	while (*p && r->count < WORDS_MAX) {
		size_t n;

		p += strspn(p, " ,;()\"!?");
		n = strcspn(p, " ,;()\"!?");
		if (n == 0)
			break;
		r->words[r->count].p = p;
		r->words[r->count++].n = n;
		p += n;
	}
}

/* "friday's", "friday." and "friday:" are friday. */
static bool word_is(const struct word *w, const char *text)
{
	size_t n = w->n, len;

	if (n == 0 || *w->p != *text)
		return false;
	len = strlen(text);
	while (n > len && strchr(".:'", w->p[n - 1]))
		n--;
	if (n == len + 2 && strncmp(w->p + len, "'s", 2) == 0)
		n = len;
	return n == len && strncmp(w->p, text, n) == 0;
}

static const struct word *peek(const struct reader *r, unsigned ahead)
{
	static const struct word none = {"", 0};

	return r->at + ahead < r->count ? &r->words[r->at + ahead] : &none;
}

static bool take(struct reader *r, const char *text)
{
	if (!word_is(peek(r, 0), text))
		return false;
	r->at++;
	return true;
}

/* Several words at once: "end of the day". */
static bool take_words(struct reader *r, const char *text)
{
	unsigned ahead = 0;
	const char *p = text;
	char word[24];

	while (*p) {
		size_t n = strcspn(p, " ");

		if (n >= sizeof word)
			return false;
		memcpy(word, p, n);
		word[n] = '\0';
		if (!word_is(peek(r, ahead++), word))
			return false;
		p += n;
		p += *p == ' ';
	}
	r->at += ahead;
	return true;
}

static int look_up(const struct word *w, const void *table, size_t n)
{
	const struct { const char *word; int value; } *all = table;
	size_t i;

	for (i = 0; i < n; i++)
		if (word_is(w, all[i].word))
			return all[i].value;
	return -1;
}

#define LOOK_UP(w, table) look_up(w, table, sizeof table / sizeof *table)

/* Digits at the word's start; -1 without. *end: how many. */
static int number(const struct word *w, size_t *end)
{
	int v = 0;

	for (*end = 0; *end < w->n && *end < 5 && isdigit((unsigned char)w->p[*end]); ++*end)
		v = v * 10 + (w->p[*end] - '0');
	return *end > 0 ? v : -1;
}

static bool rest_is(const struct word *w, size_t from, const char *text)
{
	struct word rest = {w->p + from, w->n - from};

	return word_is(&rest, text);
}

/* ---- Days ---- */

static bool valid_date(int y, int m, int d)
{
	int yy, mm, dd;

	if (m < 1 || m > 12 || d < 1 || d > 31)
		return false;
	clock_civil(clock_from_civil(y, m, d), &yy, &mm, &dd);
	return dd == d;
}

/* Without a year the nearest such day that is not long gone. */
static bool set_date(const struct reader *r, struct moment *m, int year, int month, int day)
{
	int y = year, mm, dd;

	if (year < 0)
		clock_civil(r->today, &y, &mm, &dd);
	else if (year < 100)
		y = 2000 + year;
	if (!valid_date(y, month, day))
		return false;
	m->day = clock_from_civil(y, month, day);
	if (year < 0 && m->day < r->today - 30 * DAY_MS && valid_date(y + 1, month, day))
		m->day = clock_from_civil(y + 1, month, day);
	return true;
}

static int weekday_of(int64_t day)
{
	return (int)((day / DAY_MS + 4) % 7);
}

static bool take_weekday(struct reader *r, struct moment *m)
{
	bool next = word_is(peek(r, 0), "next") || word_is(peek(r, 0), "nächsten");
	bool filler = next || word_is(peek(r, 0), "this") || word_is(peek(r, 0), "coming") ||
	              word_is(peek(r, 0), "the") || word_is(peek(r, 0), "on") || word_is(peek(r, 0), "kommenden");
	int day = LOOK_UP(peek(r, filler), weekdays), ahead;

	if (day < 0)
		return false;
	r->at += 1 + filler;
	ahead = (day - weekday_of(r->today) + 7) % 7;
	/* "next Friday", said on Monday, is not the coming one but the week's after */
	if (next && ahead + (weekday_of(r->today) + 6) % 7 < 7)
		ahead += 7;
	m->day = r->today + ahead * DAY_MS;
	return true;
}

/* 15 March 2025, 15th of March, March 15, 15. März */
static bool take_month_date(struct reader *r, struct moment *m)
{
	unsigned first = word_is(peek(r, 0), "the") || word_is(peek(r, 0), "on") || word_is(peek(r, 0), "zum");
	unsigned of;
	size_t end, used;
	int day = number(peek(r, first), &end), month, year;

	if (day > 0) {
		of = word_is(peek(r, first + 1), "of");
		month = LOOK_UP(peek(r, first + 1 + of), months);
		used = first + 2 + of;
	} else {
		month = LOOK_UP(peek(r, first), months);
		day = number(peek(r, first + 1), &end);
		used = first + 2;
		if (day > 0 && end < peek(r, first + 1)->n && peek(r, first + 1)->p[end] == ':')
			return false;
	}
	if (month < 1 || day < 1)
		return false;
	year = number(peek(r, (unsigned)used), &end);
	if (year >= 2000 && year < 2100 && end == 4)
		used++;
	else
		year = -1;
	if (!set_date(r, m, year, month, day))
		return false;
	r->at += (unsigned)used;
	return true;
}

/* 2025-03-15, 15.03.2025, 15.3., 3/15, 15/03/2025 */
static bool take_number_date(struct reader *r, struct moment *m)
{
	unsigned filler = word_is(peek(r, 0), "the") || word_is(peek(r, 0), "on") || word_is(peek(r, 0), "zum");
	const struct word *w = peek(r, filler);
	int v[3] = {-1, -1, -1}, n = 0;
	size_t at = 0, end;
	char mark = 0;

	while (n < 3 && at < w->n) {
		struct word rest = {w->p + at, w->n - at};

		v[n] = number(&rest, &end);
		if (v[n] < 0)
			break;
		n++;
		at += end;
		if (at < w->n && strchr("-./", w->p[at]) && (!mark || mark == w->p[at]))
			mark = w->p[at++];
		else
			break;
	}
	if (n < 2 || !mark || (at < w->n && isalnum((unsigned char)w->p[at])))
		return false;
	if (mark == '-' && (n != 3 || v[0] < 2000))
		return false;
	if (mark == '-' || v[0] >= 2000) {
		if (!set_date(r, m, v[0], v[1], v[2]))
			return false;
	} else {
		bool swap = mark == '/' && (v[1] > 12 || (r->month_first && v[0] <= 12));

		if (!set_date(r, m, n == 3 ? v[2] : -1, v[swap ? 0 : 1], v[swap ? 1 : 0]))
			return false;
	}
	r->at += 1 + filler;
	return true;
}

static bool take_day(struct reader *r, struct moment *m)
{
	int ahead = LOOK_UP(peek(r, 0), day_words);

	if (ahead >= 0) {
		if (word_is(peek(r, 0), "tonight"))
			m->time = DAY_END;
		r->at++;
		m->day = r->today + ahead * DAY_MS;
		return true;
	}
	if (take_words(r, "end of the week") || take_words(r, "end of this week") || take_words(r, "end of week") ||
	    take_words(r, "eow") || take_words(r, "ende der woche")) {
		m->day = r->today + (5 - weekday_of(r->today) + 7) % 7 * DAY_MS;
		return true;
	}
	if (take_words(r, "end of next week")) {
		m->day = r->today + ((5 - weekday_of(r->today) + 7) % 7 + 7) * DAY_MS;
		return true;
	}
	if (take_words(r, "end of the month") || take_words(r, "end of this month") || take_words(r, "end of month")) {
		m->day = clock_next_month(r->today) - DAY_MS;
		return true;
	}
	return take_weekday(r, m) || take_month_date(r, m) || take_number_date(r, m);
}

/* ---- Times ---- */

static bool take_business(struct reader *r, struct moment *m)
{
	static const char *const names[] = {"eod", "cob", "end of day", "end of the day", "end of business",
	                                    "end of the business day", "close of business", "feierabend",
	                                    "close of play"};
	unsigned i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (take_words(r, names[i])) {
			m->time = BUSINESS;
			return true;
		}
	return false;
}

/* 5pm, 5 pm, 5:30 p.m., 17:00, 17 Uhr, 17h, noon */
static bool take_time(struct reader *r, struct moment *m)
{
	unsigned at = word_is(peek(r, 0), "at") || word_is(peek(r, 0), "um") || word_is(peek(r, 0), "around");
	const struct word *w = peek(r, at), *next = peek(r, at + 1);
	int hour, minute = 0;
	bool sure = false, pm, am;
	size_t end, more = 0;

	if (take_business(r, m))
		return true;
	if (word_is(w, "noon") || word_is(w, "midday") || word_is(w, "midnight")) {
		m->time = word_is(w, "midnight") ? DAY_END : 12 * HOUR_MS;
		r->at += at + 1;
		return true;
	}
	hour = number(w, &end);
	if (hour < 0 || hour > 24 || end > 2)
		return false;
	if (end + 2 < w->n && (w->p[end] == ':' || w->p[end] == '.') && isdigit((unsigned char)w->p[end + 1])) {
		struct word rest = {w->p + end + 1, w->n - end - 1};

		minute = number(&rest, &more);
		sure = w->p[end] == ':' && more == 2;
		end += 1 + more;
	}
	pm = rest_is(w, end, "pm") || rest_is(w, end, "p.m") || (end == w->n && (word_is(next, "pm") || word_is(next, "p.m")));
	am = rest_is(w, end, "am") || rest_is(w, end, "a.m") || (end == w->n && (word_is(next, "am") || word_is(next, "a.m")));
	sure = sure || pm || am || rest_is(w, end, "h") || rest_is(w, end, "o'clock") ||
	       (end == w->n && (word_is(next, "uhr") || word_is(next, "o'clock")));
	if (!sure || minute > 59 || ((pm || am) && hour > 12))
		return false;
	if (pm && hour < 12)
		hour += 12;
	if (am && hour == 12)
		hour = 0;
	m->time = hour * HOUR_MS + minute * INT64_C(60000);
	r->at += at + 1;
	if (end == w->n && (word_is(next, "pm") || word_is(next, "p.m") || word_is(next, "am") ||
	                    word_is(next, "a.m") || word_is(next, "uhr") || word_is(next, "o'clock")))
		r->at++;
	return true;
}

/* "within the next 48 hours", "in 2 days", "within a week" */
static bool take_span(struct reader *r, struct moment *m)
{
	static const struct { const char *word; int64_t ms; } units[] = {
		{"hour", HOUR_MS}, {"hours", HOUR_MS}, {"hrs", HOUR_MS}, {"minutes", 60000}, {"day", DAY_MS},
		{"days", DAY_MS}, {"week", 7 * DAY_MS}, {"weeks", 7 * DAY_MS}, {"stunden", HOUR_MS}, {"tagen", DAY_MS},
		{"tage", DAY_MS}, {"घंटे", HOUR_MS}, {"दिन", DAY_MS},
	};
	unsigned at = word_is(peek(r, 0), "the") ? 1 : 0, i;
	size_t end;
	int n;

	at += word_is(peek(r, at), "next") || word_is(peek(r, at), "nächsten");
	n = word_is(peek(r, at), "a") || word_is(peek(r, at), "an") || word_is(peek(r, at), "one") ? 1
	  : word_is(peek(r, at), "two") ? 2 : word_is(peek(r, at), "three") ? 3 : number(peek(r, at), &end);
	if (n < 1 || n > 400)
		return false;
	for (i = 0; i < sizeof units / sizeof *units; i++)
		if (word_is(peek(r, at + 1), units[i].word)) {
			m->instant = r->now + n * units[i].ms;
			r->at += at + 2;
			return true;
		}
	return false;
}

/* ---- A sentence ---- */

enum lead { LEAD_NONE, LEAD_BY, LEAD_WITHIN };

static enum lead take_lead(struct reader *r)
{
	static const char *const leads[] = {"by", "before", "until", "till", "no later than", "not later than",
	                                    "due on", "due by", "due date is", "due date", "due", "deadline is",
	                                    "deadline for this is", "deadline", "bis spätestens", "spätestens bis",
	                                    "spätestens", "bis", "fällig am", "avant", "antes de", "antes del"};
	unsigned i;

	if (take(r, "within") || take(r, "innerhalb") || take_words(r, "in the next") || take_words(r, "in den nächsten"))
		return LEAD_WITHIN;
	for (i = 0; i < sizeof leads / sizeof *leads; i++)
		if (take_words(r, leads[i]))
			return LEAD_BY;
	return LEAD_NONE;
}

/* A day and a time, in either order, as far as they follow. */
static bool take_moment(struct reader *r, struct moment *m)
{
	unsigned start = r->at, i;

	*m = (struct moment){-1, -1, -1};
	take(r, "is");
	take(r, "on");
	if (word_is(peek(r, 1), "end") || word_is(peek(r, 1), "close"))
		take(r, "the");
	for (i = 0; i < 3; i++) {
		/* "Monday, 9 March": the date is the surer of the two */
		if (m->day < 0 ? take_day(r, m) : take_month_date(r, m) || take_number_date(r, m))
			continue;
		if (m->time < 0 && take_time(r, m))
			continue;
		if (!take(r, "on") && !take(r, "at") && !take(r, "of"))
			break;
	}
	if (m->day < 0 && m->time < 0)
		r->at = start;
	return r->at != start;
}

/* A day named anywhere in the sentence, for a time that stands alone ("tomorrow by 5 pm"). */
static int64_t day_elsewhere(struct reader *r)
{
	unsigned was = r->at;
	struct moment m = {-1, -1, -1};

	for (r->at = 0; r->at < r->count && m.day < 0; r->at++)
		if (take_day(r, &m))
			break;
	r->at = was;
	return m.day;
}

static int64_t local_time(struct reader *r, const struct moment *m)
{
	int64_t day = m->day, time = m->time >= 0 ? m->time : DAY_END;

	if (m->instant >= 0)
		return m->instant;
	if (day < 0)
		day = day_elsewhere(r);
	if (day < 0) {
		day = r->today;
		if (day + time <= r->now)         /* the business day is over: "by 9 am" is tomorrow's */
			day += time == BUSINESS ? 0 : DAY_MS;
	}
	if (day + time <= r->now && day == r->today && time == BUSINESS)
		time = DAY_END;
	return day + time;
}

/* Hindi puts its "until" behind the day. */
static bool until_follows(const struct reader *r)
{
	return word_is(peek(r, 0), "तक");
}

static bool in_sentence(struct reader *r, const struct sentence *s, bool asks, int64_t *local)
{
	bool found = false;
	struct moment m;

	split(r, s->text);
	while (r->at < r->count) {
		enum lead lead = take_lead(r);
		bool hit = false;

		m = (struct moment){-1, -1, -1};
		if (lead == LEAD_WITHIN)
			hit = take_span(r, &m);
		else if (lead == LEAD_BY)
			hit = take_moment(r, &m);
		else if (take_moment(r, &m))
			hit = until_follows(r) || m.time == BUSINESS ||
			      (asks && m.day >= 0 && m.day <= r->today + DAY_MS);
		else
			r->at++;
		if (hit) {
			int64_t at = local_time(r, &m);

			if (!found || at < *local)
				*local = at;
			found = true;
		}
	}
	return found;
}

bool when_deadline(const struct sentences *s, const struct sentence *asks, const struct zone *zone,
                   int64_t base_ms, bool month_first, int64_t *deadline_ms)
{
	struct reader r = {.month_first = month_first};
	int64_t local = 0, best = 0;
	bool found = false;
	unsigned i;

	r.now = zone_to_local(zone, base_ms);
	r.today = clock_day_start(r.now);
	for (i = 0; i < s->count; i++) {
		if (!in_sentence(&r, &s->all[i], &s->all[i] == asks, &local) ||
		    local < r.today - DAY_MS || local > r.today + FUTURE_MAX)
			continue;
		if (!found || local < best)
			best = local;
		found = true;
	}
	if (found)
		zone_to_utc(zone, best, deadline_ms);
	return found;
}
