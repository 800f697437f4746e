/* Dates and times of deadlines. Words are read one after the other: a lead ("by"), then as much of a
 * day and a time of day as follows, in either order. */
#include "agents/email_triage_when.h"

#include <ctype.h>
#include <pthread.h>
#include <string.h>

#include "agents/email_triage_when_priv.h"
#include "base/clock.h"

#define HOUR_MS    INT64_C(3600000)
#define BUSINESS   (17 * HOUR_MS)
#define FUTURE_MAX (400 * DAY_MS)

/* ---- Times ---- */

static bool rest_is(const struct word *w, size_t from, const char *text)
{
	struct word rest = {w->p + from, w->n - from};

	return when_is(&rest, text);
}

static const char *const business[] = {"eod", "cob", "end of day", "end of the day", "end of business",
                                       "end of the business day", "close of business", "feierabend",
                                       "close of play"};

static bool take_business(struct reader *r, struct moment *m)
{
	unsigned i;

	for (i = 0; i < sizeof business / sizeof *business; i++)
		if (when_take_words(r, business[i])) {
			m->time = BUSINESS;
			return true;
		}
	return false;
}

/* 5pm, 5 pm, 5:30 p.m., 17:00, 17 Uhr, 17h, noon */
static bool take_time(struct reader *r, struct moment *m)
{
	unsigned at = when_next_is(r, "at") || when_next_is(r, "um") || when_next_is(r, "around");
	const struct word *w = when_peek(r, at), *next = when_peek(r, at + 1);
	int hour, minute = 0;
	bool sure = false, pm, am;
	size_t end, more = 0;

	if (take_business(r, m))
		return true;
	if (when_is(w, "noon") || when_is(w, "midday") || when_is(w, "midnight")) {
		m->time = when_is(w, "midnight") ? DAY_END : 12 * HOUR_MS;
		r->at += at + 1;
		return true;
	}
	hour = when_number(w, &end);
	if (hour < 0 || hour > 24 || end > 2)
		return false;
	if (end + 2 < w->n && (w->p[end] == ':' || w->p[end] == '.') && isdigit((unsigned char)w->p[end + 1])) {
		struct word rest = {w->p + end + 1, w->n - end - 1};

		minute = when_number(&rest, &more);
		sure = w->p[end] == ':' && more == 2;
		end += 1 + more;
	}
	pm = rest_is(w, end, "pm") || rest_is(w, end, "p.m") ||
	     (end == w->n && (when_is(next, "pm") || when_is(next, "p.m")));
	am = rest_is(w, end, "am") || rest_is(w, end, "a.m") ||
	     (end == w->n && (when_is(next, "am") || when_is(next, "a.m")));
	sure = sure || pm || am || rest_is(w, end, "h") || rest_is(w, end, "o'clock") ||
	       (end == w->n && (when_is(next, "uhr") || when_is(next, "o'clock")));
	if (!sure || minute > 59 || ((pm || am) && hour > 12))
		return false;
	if (pm && hour < 12)
		hour += 12;
	if (am && hour == 12)
		hour = 0;
	m->time = hour * HOUR_MS + minute * INT64_C(60000);
	r->at += at + 1;
	if (end == w->n && (when_is(next, "pm") || when_is(next, "p.m") || when_is(next, "am") ||
	                    when_is(next, "a.m") || when_is(next, "uhr") || when_is(next, "o'clock")))
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
	unsigned at = when_next_is(r, "the") ? 1 : 0, i;
	size_t end;
	int n;

	at += when_is(when_peek(r, at), "next") || when_is(when_peek(r, at), "nächsten");
	n = when_is(when_peek(r, at), "a") || when_is(when_peek(r, at), "an") || when_is(when_peek(r, at), "one") ? 1
	  : when_is(when_peek(r, at), "two") ? 2 : when_is(when_peek(r, at), "three") ? 3
	  : when_number(when_peek(r, at), &end);
	if (n < 1 || n > 400)
		return false;
	for (i = 0; i < sizeof units / sizeof *units; i++)
		if (when_is(when_peek(r, at + 1), units[i].word)) {
			m->instant = r->now + n * units[i].ms;
			r->at += at + 2;
			return true;
		}
	return false;
}

/* ---- A sentence ---- */

enum lead { LEAD_NONE, LEAD_BY, LEAD_WITHIN };

static const char *const spans[] = {"within", "innerhalb", "in the next", "in den nächsten"},
                  *const leads[] = {"by", "before", "until", "till", "no later than", "not later than",
                                    "due on", "due by", "due date is", "due date", "due", "deadline is",
                                    "deadline for this is", "deadline", "bis spätestens", "spätestens bis",
                                    "spätestens", "bis", "fällig am", "avant", "antes de", "antes del"};

/* Words that a day or a time may begin with besides those of the tables. */
static const char *const begins_time[] = {"at", "um", "around", "noon", "midday", "midnight", "is", "on", "the"};

static struct when_begins begins, leads_begin;      /* a day or time; what leads to one */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void note_begins(void)
{
	size_t i;

	when_days_begin(&begins);
	for (i = 0; i < sizeof business / sizeof *business; i++)
		when_may_begin(&begins, business[i]);
	for (i = 0; i < sizeof spans / sizeof *spans; i++)
		when_may_begin(&leads_begin, spans[i]);
	for (i = 0; i < sizeof leads / sizeof *leads; i++)
		when_may_begin(&leads_begin, leads[i]);
	for (i = 0; i < sizeof begins_time / sizeof *begins_time; i++)
		when_may_begin(&begins, begins_time[i]);
}

static enum lead take_lead(struct reader *r)
{
	unsigned i;

	for (i = 0; i < sizeof spans / sizeof *spans; i++)
		if (when_take_words(r, spans[i]))
			return LEAD_WITHIN;
	for (i = 0; i < sizeof leads / sizeof *leads; i++)
		if (when_take_words(r, leads[i]))
			return LEAD_BY;
	return LEAD_NONE;
}

/* A day and a time, in either order, as far as they follow. */
static bool take_moment(struct reader *r, struct moment *m)
{
	unsigned start = r->at, i;

	*m = (struct moment){-1, -1, -1};
	when_take(r, "is");
	when_take(r, "on");
	if (when_is(when_peek(r, 1), "end") || when_is(when_peek(r, 1), "close"))
		when_take(r, "the");
	for (i = 0; i < 3; i++) {
		/* "Monday, 9 March": the date is the surer of the two */
		if (m->day < 0 ? when_take_day(r, m) : when_take_date(r, m))
			continue;
		if (m->time < 0 && take_time(r, m))
			continue;
		if (!when_take(r, "on") && !when_take(r, "at") && !when_take(r, "of"))
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
		if (when_take_day(r, &m))
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
	return when_next_is(r, "तक");
}

/* "the", "on", "at" begin something only with what follows them. */
static bool may_begin(const struct reader *r)
{
	static const char *const fillers[] = {"the", "on", "is", "at", "this", "next", "coming"};
	unsigned i;

	if (!when_begins(&begins, when_peek(r, 0)))
		return false;
	for (i = 0; i < sizeof fillers / sizeof *fillers; i++)
		if (when_next_is(r, fillers[i]))
			return when_begins(&begins, when_peek(r, 1));
	return true;
}

static bool in_sentence(struct reader *r, const struct sentence *s, bool asks, int64_t *local)
{
	bool found = false;
	struct moment m;

	when_split(r, s->text);
	while (r->at < r->count) {
		enum lead lead = when_begins(&leads_begin, when_peek(r, 0)) ? take_lead(r) : LEAD_NONE;
		bool hit = false;

		if (lead == LEAD_NONE && !may_begin(r)) {
			r->at++;
			continue;
		}
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

	pthread_once(&once, note_begins);
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
