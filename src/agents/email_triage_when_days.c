/* Days of deadlines: by name, by date, and by how far off they are. */
#include "agents/email_triage_when_priv.h"

#include <ctype.h>
#include <string.h>

#include "base/clock.h"

struct named { const char *word; int value; };

static const struct named weekdays[] = {   /* 0: Sunday */
	{"sunday", 0}, {"monday", 1}, {"tuesday", 2}, {"wednesday", 3}, {"thursday", 4}, {"friday", 5},
	{"saturday", 6}, {"sun", 0}, {"mon", 1}, {"tue", 2}, {"tues", 2}, {"wed", 3}, {"thu", 4},
	{"thurs", 4}, {"fri", 5}, {"sat", 6}, {"sonntag", 0}, {"montag", 1}, {"dienstag", 2}, {"mittwoch", 3},
	{"donnerstag", 4}, {"freitag", 5}, {"samstag", 6}, {"सोमवार", 1}, {"मंगलवार", 2}, {"बुधवार", 3},
	{"गुरुवार", 4}, {"शुक्रवार", 5}, {"शनिवार", 6}, {"रविवार", 0},
	{"dimanche", 0}, {"lundi", 1}, {"mardi", 2}, {"mercredi", 3}, {"jeudi", 4}, {"vendredi", 5}, {"samedi", 6},
	{"domingo", 0}, {"lunes", 1}, {"martes", 2}, {"miércoles", 3}, {"jueves", 4}, {"viernes", 5}, {"sábado", 6},
	{"domenica", 0}, {"lunedì", 1}, {"martedì", 2}, {"mercoledì", 3}, {"giovedì", 4}, {"venerdì", 5},
	{"zondag", 0}, {"maandag", 1}, {"dinsdag", 2}, {"woensdag", 3}, {"donderdag", 4}, {"vrijdag", 5},
	{"zaterdag", 6}, {"poniedziałek", 1}, {"poniedziałku", 1}, {"wtorek", 2}, {"wtorku", 2}, {"środa", 3},
	{"środę", 3}, {"środy", 3}, {"czwartek", 4}, {"czwartku", 4}, {"piątek", 5}, {"piątku", 5},
}, months[] = {
	{"january", 1}, {"february", 2}, {"march", 3}, {"april", 4}, {"may", 5}, {"june", 6}, {"july", 7},
	{"august", 8}, {"september", 9}, {"october", 10}, {"november", 11}, {"december", 12}, {"jan", 1},
	{"feb", 2}, {"mar", 3}, {"apr", 4}, {"jun", 6}, {"jul", 7}, {"aug", 8}, {"sep", 9}, {"sept", 9},
	{"oct", 10}, {"nov", 11}, {"dec", 12}, {"januar", 1}, {"februar", 2}, {"märz", 3}, {"mai", 5},
	{"juni", 6}, {"juli", 7}, {"oktober", 10}, {"dezember", 12},
	{"janvier", 1}, {"février", 2}, {"mars", 3}, {"avril", 4}, {"juin", 6}, {"juillet", 7}, {"août", 8},
	{"septembre", 9}, {"octobre", 10}, {"novembre", 11}, {"décembre", 12}, {"enero", 1}, {"febrero", 2}, {"marzo", 3},
	{"abril", 4}, {"mayo", 5}, {"junio", 6}, {"julio", 7}, {"agosto", 8}, {"septiembre", 9}, {"octubre", 10},
	{"noviembre", 11}, {"diciembre", 12}, {"gennaio", 1}, {"febbraio", 2}, {"aprile", 4}, {"maggio", 5}, {"giugno", 6},
	{"luglio", 7}, {"settembre", 9}, {"ottobre", 10}, {"dicembre", 12}, {"januari", 1}, {"februari", 2}, {"maart", 3},
	{"mei", 5}, {"augustus", 8}, {"december", 12}, {"stycznia", 1}, {"lutego", 2}, {"marca", 3}, {"kwietnia", 4},
	{"maja", 5}, {"czerwca", 6}, {"lipca", 7}, {"sierpnia", 8}, {"września", 9}, {"października", 10},
	{"listopada", 11}, {"grudnia", 12},
}, day_words[] = {               /* days from today */
	{"today", 0}, {"tomorrow", 1}, {"heute", 0}, {"morgen", 1}, {"übermorgen", 2},
	{"आज", 0}, {"कल", 1}, {"hoy", 0}, {"mañana", 1}, {"aujourd'hui", 0}, {"demain", 1}, {"oggi", 0}, {"domani", 1},
	{"vandaag", 0}, {"dziś", 0}, {"dzisiaj", 0}, {"jutro", 1}, {"jutra", 1}, {"aaj", 0},
};

static const char *const week_ends[] = {"end of the week", "end of this week", "end of week", "eow", "ende der woche"},
                  *const month_ends[] = {"end of the month", "end of this month", "end of month"},
                  *const fillers[] = {"next", "nächsten", "this", "coming", "the", "on", "kommenden", "zum"};

/* Parts of days in words of their own: whose day, and until when. Those of this morning are gone when they are told of. */
static const struct { const char *words; int day; int64_t time; } parts[] = {
	{"tonight", 0, DAY_END}, {"this evening", 0, DAY_END}, {"this afternoon", 0, 18 * HOUR_MS},
	{"this morning", 0, 0}, {"heute morgen", 0, 0}, {"heute früh", 0, 0}, {"ce matin", 0, 0}, {"stamattina", 0, 0},
	{"esta mañana", 0, 0}, {"vanochtend", 0, 0}, {"vanmorgen", 0, 0}, {"ce soir", 0, DAY_END},
	{"cet après-midi", 0, 18 * HOUR_MS}, {"esta tarde", 0, 20 * HOUR_MS}, {"esta noche", 0, DAY_END},
	{"stasera", 0, DAY_END}, {"questa sera", 0, DAY_END}, {"questo pomeriggio", 0, 18 * HOUR_MS},
	{"domattina", 1, 12 * HOUR_MS}, {"vanavond", 0, DAY_END}, {"vanmiddag", 0, 18 * HOUR_MS},
	{"morgenochtend", 1, 12 * HOUR_MS}, {"morgenvroeg", 1, 12 * HOUR_MS}, {"aaj shaam", 0, DAY_END},
};

void when_days_begin(struct when_begins *b)
{
	size_t i;

	for (i = 0; i < sizeof weekdays / sizeof *weekdays; i++)
		when_may_begin(b, weekdays[i].word);
	for (i = 0; i < sizeof months / sizeof *months; i++)
		when_may_begin(b, months[i].word);
	for (i = 0; i < sizeof day_words / sizeof *day_words; i++)
		when_may_begin(b, day_words[i].word);
	for (i = 0; i < sizeof parts / sizeof *parts; i++)
		when_may_begin(b, parts[i].words);
	for (i = 0; i < sizeof week_ends / sizeof *week_ends; i++)
		when_may_begin(b, week_ends[i]);
	for (i = 0; i < sizeof month_ends / sizeof *month_ends; i++)
		when_may_begin(b, month_ends[i]);
	for (i = 0; i < sizeof fillers / sizeof *fillers; i++)
		when_may_begin(b, fillers[i]);
}

static bool take_any(struct reader *r, const char *const *phrases, size_t n)
{
	size_t i;

	for (i = 0; i < n && when_peek(r, 0)->known; i++)
		if (when_take_words(r, phrases[i]))
			return true;
	return false;
}

/* Does one of the words that may stand before a day come next? The first two mean the week after. */
static bool filler_is(const struct reader *r, size_t from, size_t to)
{
	for (; from < to; from++)
		if (when_next_is(r, fillers[from]))
			return true;
	return false;
}

static int look_up(const struct word *w, const struct named *table, size_t n)
{
	size_t i;

	for (i = 0; i < n && w->known; i++)
		if (when_is(w, table[i].word))
			return table[i].value;
	return -1;
}

#define LOOK_UP(w, table) look_up(w, table, sizeof table / sizeof *table)

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
	m->weekday = false;
	if (year < 0 && m->day < r->today - 30 * DAY_MS && valid_date(y + 1, month, day))
		m->day = clock_from_civil(y + 1, month, day);
	return true;
}

static int weekday_of(int64_t day)
{
	return (int)((day / DAY_MS + 4) % 7);
}

/* "mon train", "sun and rain": short names of days that are words, unless a date or time is behind them. */
static bool is_a_word(const struct reader *r, unsigned at)
{
	const struct word *w = when_peek(r, at), *next = when_peek(r, at + 1);

	if (!when_is(w, "mon") && !when_is(w, "sun") && !when_is(w, "wed"))
		return false;
	return next->n > 0 && !isdigit((unsigned char)*next->p) && !when_is(next, "at") && LOOK_UP(next, months) < 0;
}

/* "10th": 10; 0 for what is no ordinal. */
static int ordinal(const struct word *w)
{
	static const char *const ends[] = {"th", "st", "nd", "rd"};
	size_t end;
	int n = when_number(w, &end);

	return n > 0 && when_rest_is(w, end, ends[n % 10 > 3 || n / 10 == 1 ? 0 : n % 10]) ? n : 0;
}

/* May that word stand behind a day? "Friday 1st thing" is on the first Friday that comes. */
static bool may_follow_day(const struct word *w)
{
	static const char *const words[] = {"at", "or", "and", "by", "in", "if", "for"};
	size_t i;

	for (i = 0; i < sizeof words / sizeof *words; i++)
		if (when_is(w, words[i]))
			return true;
	return w->n == 0 || isdigit((unsigned char)*w->p);
}

#define DAY_WEEKS 9      /* two months: of what is further off the month is told */

/* "Thursday the 10th": which of the coming ones. One with a month behind it is a date of its own. */
static void take_day_of_month(struct reader *r, struct moment *m)
{
	const unsigned the = when_next_is(r, "the");
	int year, month, day, wanted = ordinal(when_peek(r, the));
	unsigned i;

	if (wanted == 0 || !may_follow_day(when_peek(r, the + 1)))
		return;
	for (i = 0; i < DAY_WEEKS; i++) {
		clock_civil(m->day + i * 7 * DAY_MS, &year, &month, &day);
		if (day == wanted) {
			m->day += i * 7 * DAY_MS;
			r->at += the + 1;
			return;
		}
	}
}

static bool take_weekday(struct reader *r, struct moment *m)
{
	bool next = filler_is(r, 0, 2), filler = filler_is(r, 0, 7);
	int day = LOOK_UP(when_peek(r, filler), weekdays), ahead;

	if (day < 0 || is_a_word(r, filler))
		return false;
	r->at += 1 + filler;
	ahead = (day - weekday_of(r->today) + 7) % 7;
	/* "next Friday", said on Monday, is not the coming one but the week's after */
	if (next && ahead + (weekday_of(r->today) + 6) % 7 < 7)
		ahead += 7;
	m->day = r->today + ahead * DAY_MS;
	m->weekday = true;
	take_day_of_month(r, m);
	when_take_part(r, m);
	return true;
}

/* 15 March 2025, 15th of March, March 15, 15. März */
static bool take_month_date(struct reader *r, struct moment *m)
{
	unsigned first = filler_is(r, 4, 6) || filler_is(r, 7, 8);
	unsigned of;
	size_t end, used;
	int day = when_number(when_peek(r, first), &end), month, year;

	if (day > 0) {
		of = when_is(when_peek(r, first + 1), "of");
		month = LOOK_UP(when_peek(r, first + 1 + of), months);
		used = first + 2 + of;
	} else {
		month = LOOK_UP(when_peek(r, first), months);
		day = when_number(when_peek(r, first + 1), &end);
		used = first + 2;
		if (day > 0 && end < when_peek(r, first + 1)->n && when_peek(r, first + 1)->p[end] == ':')
			return false;
	}
	if (month < 1 || day < 1)
		return false;
	year = when_number(when_peek(r, (unsigned)used), &end);
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
	unsigned filler = filler_is(r, 4, 6) || filler_is(r, 7, 8);
	const struct word *w = when_peek(r, filler);
	int v[3] = {-1, -1, -1}, n = 0;
	size_t at = 0, end;
	char mark = 0;

	while (n < 3 && at < w->n) {
		struct word rest = {w->p + at, w->n - at, true};

		v[n] = when_number(&rest, &end);
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
		bool swap = mark == '/' && (v[1] > 12 || (v[0] <= 12 && when_month_first(zone_name(r->zone))));

		if (!set_date(r, m, n == 3 ? v[2] : -1, v[swap ? 0 : 1], v[swap ? 1 : 0]))
			return false;
	}
	r->at += 1 + filler;
	return true;
}

bool when_take_date(struct reader *r, struct moment *m)
{
	return take_month_date(r, m) || take_number_date(r, m);
}

bool when_is_day(const struct word *w)
{
	return when_is(w, "this") || LOOK_UP(w, day_words) >= 0 || LOOK_UP(w, weekdays) >= 0;
}

static bool take_part(struct reader *r, struct moment *m)
{
	size_t i;

	for (i = 0; i < sizeof parts / sizeof *parts && when_peek(r, 0)->known; i++)
		if (when_take_words(r, parts[i].words)) {
			m->day = r->today + parts[i].day * DAY_MS;
			if (m->time < 0) {
				m->time = parts[i].time;
				m->part = true;
			}
			return true;
		}
	return false;
}

static const char *const greetings[] = {"guten", "schönen", "jeden", "am", "good"};

void when_days_know(void)
{
	static const char *const others[] = {"of", "end of next week", "at", "or", "and", "by", "in", "if", "for"};

	when_know_all(others, sizeof others / sizeof *others);
	when_know_all(greetings, sizeof greetings / sizeof *greetings);
}

/* "Guten Morgen" greets, "jeden Morgen" is none of tomorrow. */
static bool greets(const struct reader *r)
{
	unsigned i;

	for (i = 0; r->at > 0 && i < sizeof greetings / sizeof *greetings; i++)
		if (when_is(&r->words[r->at - 1], greetings[i]))
			return true;
	return false;
}

/* "today's minutes" tell when something was. */
static bool is_of_today(const struct word *w)
{
	return w->n >= 7 && strncmp(w->p, "today's", 7) == 0;
}

bool when_take_day(struct reader *r, struct moment *m)
{
	int ahead;

	/* a number is no name */
	if (isdigit((unsigned char)*when_peek(r, 0)->p))
		return when_take_date(r, m);
	if (take_part(r, m))
		return true;
	ahead = LOOK_UP(when_peek(r, 0), day_words);
	if (ahead >= 0) {
		if ((when_next_is(r, "morgen") && greets(r)) || is_of_today(when_peek(r, 0)))
			return false;
		r->at++;
		m->day = r->today + ahead * DAY_MS;
		when_take_part(r, m);
		return true;
	}
	if (take_any(r, week_ends, sizeof week_ends / sizeof *week_ends)) {
		m->day = r->today + (5 - weekday_of(r->today) + 7) % 7 * DAY_MS;
		return true;
	}
	if (when_take_words(r, "end of next week")) {
		m->day = r->today + ((5 - weekday_of(r->today) + 7) % 7 + 7) * DAY_MS;
		return true;
	}
	if (take_any(r, month_ends, sizeof month_ends / sizeof *month_ends)) {
		m->day = clock_next_month(r->today) - DAY_MS;
		return true;
	}
	return take_weekday(r, m) || when_take_date(r, m);
}
