/* Dates and times of deadlines. Words are read one after the other: a lead ("by"), then as much of a
 * day and a time of day as follows, in either order. */
#include "agents/email_triage_when.h"

#include <pthread.h>
#include <string.h>

#include "agents/email_triage_cues.h"
#include "agents/email_triage_says.h"
#include "agents/email_triage_when_priv.h"
#include "base/clock.h"

#define FUTURE_MAX (400 * DAY_MS)
#define NEXT_MAX   (60 * DAY_MS)     /* how far ahead times are noted for the sentence */

static struct when_begins begins, leads_begin;      /* a day or time; what leads to one */
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* What may stand between a day, its date and a time. */
static const char *const joints[] = {"on", "at", "of", "den", "the", "ab", "à", "a", "do", "by", "before", "bis", "até"};

enum { JOINTS_BEFORE = 3, JOINTS_PLAIN = 8 };        /* those that may stand before a day; those that lead to no deadline */

/* "Have a nice end of day" */
static const char *const wishes[] = {"good", "nice", "great", "pleasant", "lovely", "schönen"};

static void note_begins(void)
{
	static const char *const others[] = {"is", "on", "the", "at", "end", "close", "this", "next", "coming", "तक"};

	when_know_all(others, sizeof others / sizeof *others);
	when_know_all(joints, sizeof joints / sizeof *joints);
	when_know_all(wishes, sizeof wishes / sizeof *wishes);
	when_days_know();
	when_times_know();

	when_days_begin(&begins);
	when_times_begin(&begins);
	when_leads_begin(&leads_begin);
}

static bool take_joint(struct reader *r, struct moment *m)
{
	unsigned i;

	for (i = 0; i < (m->day >= 0 ? sizeof joints / sizeof *joints : JOINTS_BEFORE); i++)
		if (when_take(r, joints[i])) {
			m->led |= i >= JOINTS_PLAIN;
			return true;
		}
	return false;
}

/* A day and a time, in either order, as far as they follow. */
static bool take_moment(struct reader *r, struct moment *m)
{
	unsigned start = r->at, i;

	*m = when_nothing;
	when_take(r, "is");
	when_take(r, "on");
	if (when_is(when_peek(r, 1), "end") || when_is(when_peek(r, 1), "close"))
		when_take(r, "the");
	for (i = 0; i < 5; i++) {
		/* "Monday, 9 March": the date is the surer of the two */
		if (m->day < 0 ? when_take_day(r, m) : when_take_date(r, m))
			continue;
		if ((m->time < 0 || m->part) && when_take_time(r, m))
			continue;
		if (!take_joint(r, m))
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
	struct moment m = when_nothing;

	for (r->at = 0; r->at < r->count && m.day < 0; r->at++)
		if (when_take_day(r, &m))
			break;
	r->at = was;
	return m.day;
}

/* What the clock shows where the time is told, and what it then is where the reader is. */
static int64_t now_there(const struct reader *r, const struct moment *m)
{
	return m->zoned ? r->base + m->offset : r->now;
}

static int64_t here(const struct reader *r, const struct moment *m, int64_t local)
{
	return m->zoned ? zone_to_local(r->zone, local - m->offset) : local;
}

/* The end of business of a day on which it has passed is the day's end. */
static int64_t of_business(const struct moment *m, int64_t day, int64_t time, int64_t now)
{
	bool passed = m->time == WHEN_BUSINESS && day + time <= now && day == clock_day_start(now);

	return passed ? DAY_END : time;
}

static int64_t local_time(struct reader *r, const struct moment *m)
{
	int64_t day = m->day, time = m->time >= 0 ? m->time : DAY_END, now = now_there(r, m);

	if (m->instant >= 0)
		return m->instant;
	if (day < 0)
		day = day_elsewhere(r);
	if (day < 0) {
		day = clock_day_start(now);
		if (day + time <= now)            /* the business day is over: "by 9 am" is tomorrow's */
			day += time == WHEN_BUSINESS ? 0 : DAY_MS;
	}
	return here(r, m, day + of_business(m, day, time, now));
}

/* Hindi puts its "until" behind the day. */
static bool until_follows(const struct reader *r)
{
	return when_next_is(r, "तक");
}

/* Most numbers are none of a day or time: those have a mark or a letter in them, or a word behind them. */
static bool is_mere_number(const struct reader *r)
{
	const struct word *w = when_peek(r, 0);
	size_t end;

	return when_number(w, &end) >= 0 && end == w->n && !when_peek(r, 1)->known;
}

/* "the", "on", "at" begin something only with what follows them. */
static bool may_begin(const struct reader *r)
{
	static const char *const fillers[] = {"the", "on", "is", "at", "this", "next", "coming"};
	unsigned i;

	if (!when_begins(&begins, when_peek(r, 0)) || is_mere_number(r))
		return false;
	for (i = 0; i < sizeof fillers / sizeof *fillers; i++)
		if (when_next_is(r, fillers[i]))
			return when_begins(&begins, when_peek(r, 1));
	return true;
}

/* The earliest that is named and not gone by, whether a deadline or not: at is its time, a day's end; from when it
 * begins. Local times. */
struct next { bool any, due, weekday, later; int64_t at, from; };

static void note_next(struct reader *r, const struct moment *m, bool due, struct next *next)
{
	int64_t day = m->day < 0 && m->instant < 0 ? day_elsewhere(r) : m->day, at, from, now = now_there(r, m);

	if (m->instant >= 0) {
		at = from = m->instant;
	} else {
		day = day < 0 ? clock_day_start(now) : day;
		at = here(r, m, day + (m->time >= 0 ? of_business(m, day, m->time, now) : DAY_END));
		from = m->time >= 0 ? at : day;
	}
	/* asked whether something can be done at 9, at 10: tomorrow's */
	if (at < r->now && r->question && m->day < 0 && m->instant < 0) {
		at += DAY_MS;
		from += DAY_MS;
	}
	from = from < r->now ? r->now : from;
	next->later |= m->day > r->today + 6 * DAY_MS;
	if (at < r->now || at > r->now + NEXT_MAX || (next->any && next->at <= at))
		return;
	*next = (struct next){true, due, m->weekday, next->later, at, from};
}

/* Takes what a lead, which began at that word, leads to. Is it a deadline? */
static bool take_led(struct reader *r, enum lead lead, unsigned start, struct moment *m, struct next *next)
{
	bool hit, due = when_is_due(r, lead, start);

	r->hour_next = lead == LEAD_BY_HOUR ? HOUR_BARE : HOUR_SURE;
	if (lead == LEAD_BY || lead == LEAD_UNTIL)
		r->hour_next = HOUR_WITH_DAY;
	hit = lead == LEAD_WITHIN || lead == LEAD_IN || lead == LEAD_AWAY ? when_take_span(r, m) : take_moment(r, m);
	r->hour_next = HOUR_SURE;
	if (hit && lead != LEAD_PAST)
		note_next(r, m, due, next);
	return hit && due;
}

static bool is_wished(const struct reader *r)
{
	unsigned i;

	for (i = 0; r->at > 0 && i < sizeof wishes / sizeof *wishes; i++)
		if (when_is(&r->words[r->at - 1], wishes[i]))
			return true;
	return false;
}

/* "the 8th at 10:00": a time of a day that is not read. */
static bool is_of_a_number(const struct reader *r, const struct moment *m, unsigned start)
{
	return m->day < 0 && m->instant < 0 && start > 0 && (unsigned char)(*r->words[start - 1].p - '0') < 10;
}

static bool take_bare(struct reader *r, bool asks, struct moment *m, struct next *next)
{
	const bool wished = is_wished(r);
	const unsigned start = r->at;
	bool due;

	if (!take_moment(r, m)) {
		r->at++;
		return false;
	}
	if (wished || is_of_a_number(r, m, start))
		return false;
	due = until_follows(r) || m->time == WHEN_BUSINESS || (m->led && m->time >= 0);
	note_next(r, m, due, next);
	return due || (asks && m->day >= 0 && m->day <= r->today + DAY_MS);
}

/* Does the sentence ask for something, or say what is missing? */
static bool is_wanted(const struct sentences *all, const struct sentence *s)
{
	unsigned i;

	if (s->says & SAYS_LACKS)
		return true;
	for (i = 0; i < s->hit_count; i++) {
		int tag = cue_phrases[all->hits[s->first_hit + i].phrase].tag;

		if (tag == CUE_REQUEST || tag == CUE_POLITE)
			return true;
	}
	return false;
}

static bool in_sentence(struct reader *r, const struct sentence *s, bool asks, int64_t *local, struct next *next)
{
	bool found = false;

	when_split(r, s->text);
	r->question = s->question;
	while (r->at < r->count) {
		const unsigned start = r->at;
		enum lead lead = when_begins(&leads_begin, when_peek(r, 0)) ? when_take_lead(r) : LEAD_NONE;
		struct moment m = when_nothing;

		if (lead == LEAD_NONE && !may_begin(r)) {
			r->at++;
			continue;
		}
		if (lead == LEAD_NONE ? take_bare(r, asks, &m, next) : take_led(r, lead, start, &m, next)) {
			int64_t at = local_time(r, &m);

			if (!found || at < *local)
				*local = at;
			found = true;
		}
	}
	return found;
}

bool when_deadline(struct sentences *s, const struct sentence *asks, const struct zone *zone,
                   int64_t base_ms, int64_t *deadline_ms)
{
	struct reader r = {.zone = zone, .base = base_ms};
	int64_t local = 0, best = 0;
	bool found = false, hit;
	unsigned i;

	pthread_once(&once, note_begins);
	r.now = zone_to_local(zone, base_ms);
	r.today = clock_day_start(r.now);
	for (i = 0; i < s->count; i++) {
		struct next next = {.any = false};

		r.wanted = &s->all[i] == asks || is_wanted(s, &s->all[i]);
		r.asked = r.wanted || (s->all[i].says & SAYS_DUTY);
		hit = in_sentence(&r, &s->all[i], &s->all[i] == asks, &local, &next);
		/* what need not be done has no deadline */
		if ((hit || next.any) && text_has_phrase(s->all[i].text, "no need to"))
			continue;
		/* "week of 7 December: Tuesday or Thursday" */
		if (next.any && !(next.weekday && next.later)) {
			zone_to_utc(zone, next.at, &s->all[i].at_ms);
			zone_to_utc(zone, next.from, &s->all[i].from_ms);
			s->all[i].due = next.due;
		}
		if (!hit || local < r.today - DAY_MS || local > r.today + FUTURE_MAX)
			continue;
		if (!found || local < best)
			best = local;
		found = true;
	}
	if (found)
		zone_to_utc(zone, best, deadline_ms);
	return found;
}
