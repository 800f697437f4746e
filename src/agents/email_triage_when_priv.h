/* Reading days and times out of a sentence: shared by the files that know words, days and times. */
#ifndef AGENTIV_AGENTS_EMAIL_TRIAGE_WHEN_PRIV_H
#define AGENTIV_AGENTS_EMAIL_TRIAGE_WHEN_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/zone.h"

#define DAY_MS    INT64_C(86400000)
#define DAY_END   (DAY_MS - 1000)
#define WORDS_MAX 160

/* In the sentence, which is in lower case. known: it may be one that days and times are told with; all others, most of a
 * text, are passed over without a look into any table. */
struct word { const char *p; size_t n; bool known; };

struct reader {
	struct word words[WORDS_MAX];
	unsigned count, at;
	int64_t today;               /* local midnight of the day the mail was written */
	int64_t now;                 /* local time it was written */
	int64_t base;                /* … in UTC */
	const struct zone *zone;
	bool question;               /* the sentence is one */
	bool wanted, asked;          /* it asks for something; so it does, or tells of a duty */
	/* does what was read lead to an hour that is only a number: no, with a day behind it, yes */
	enum { HOUR_SURE, HOUR_WITH_DAY, HOUR_BARE } hour_next;
};

#define HOUR_MS       INT64_C(3600000)
#define WHEN_BUSINESS (17 * HOUR_MS)

/* What was read: local times, -1 while unknown. part: the time is only a part of the day
 * ("morning"); weekday: the day was told as one of a week; led: "today by 5"; zoned: the time is of another zone,
 * that far from UTC. */
struct moment { int64_t day, time, instant, offset; bool part, weekday, led, zoned; };
static const struct moment when_nothing = {-1, -1, -1, 0, false, false, false, false};

/* ---- email_triage_when_words.c ---- */

void when_split(struct reader *r, const char *text);
/* First bytes of words that may begin something: most words of a text do not, and are passed over. */
#define WHEN_STARTS 32768
struct when_begins { unsigned char starts[WHEN_STARTS / 8]; };
void when_may_begin(struct when_begins *b, const char *phrase);
bool when_begins(const struct when_begins *b, const struct word *w);
/* Words that days and times are told with: each that when_is is ever asked for has to be made known, before the first
 * sentence is split. */
void when_know(const char *phrase);
void when_know_all(const char *const *phrases, size_t n);
/* All that a day may begin with (email_triage_when_days.c). */
void when_days_begin(struct when_begins *b);
void when_days_know(void);

/* How long the first word of text is, if it is this one, whatever marks stand behind it; 0: it is another. */
size_t when_same(const struct word *w, const char *text);
/* "friday's", "friday." and "friday:" are friday. false at once for a word that is not known. */
static inline bool when_is(const struct word *w, const char *text)
{
	return w->known && *w->p == *text && when_same(w, text) > 0;
}
/* Is it what stands behind the word's first bytes? */
bool when_rest_is(const struct word *w, size_t from, const char *text);
/* The word that many ahead; an empty one behind the last. */
static inline const struct word *when_peek(const struct reader *r, unsigned ahead)
{
	static const struct word none = {"", 0, false};

	return r->at + ahead < r->count ? &r->words[r->at + ahead] : &none;
}
bool when_next_is(const struct reader *r, const char *text);
/* Takes the word if it comes next, and several ("end of the day") if all of them do. */
bool when_take(struct reader *r, const char *text);
bool when_take_all(struct reader *r, const char *text);
static inline bool when_take_words(struct reader *r, const char *text)
{
	return *when_peek(r, 0)->p == *text && when_take_all(r, text);
}
/* Digits at the word's start; -1 without. *end: how many. */
int when_number(const struct word *w, size_t *end);

/* ---- email_triage_when_days.c: true when one comes next; it is taken ---- */

/* Any name of a day, and what is left to the week's or month's end. */
bool when_take_day(struct reader *r, struct moment *m);
/* One with a number: "15 March", "2025-03-15". */
bool when_take_date(struct reader *r, struct moment *m);
/* Is it a day's name or leads to one ("today", "this")? */
bool when_is_day(const struct word *w);

/* ---- email_triage_when_leads.c ---- */

/* LEAD_UNTIL, LEAD_IN: how long something goes on, or when it happens, unless something is asked; LEAD_WITHIN too where
 * somebody promises it. LEAD_AWAY: how far off something is, which is no deadline. LEAD_PAST: when something began. */
enum lead { LEAD_NONE, LEAD_BY, LEAD_BY_HOUR, LEAD_UNTIL, LEAD_WITHIN, LEAD_IN, LEAD_AWAY, LEAD_PAST };

void when_leads_begin(struct when_begins *b);
/* Takes what leads to a day or a time ("by"), if it comes next. */
enum lead when_take_lead(struct reader *r);
/* Is what such a lead, which began at that word, leads to a deadline? */
bool when_is_due(const struct reader *r, enum lead lead, unsigned at);

/* ---- email_triage_when_order.c ---- */

/* Is 3/4 4 March to people of the zone of that name? */
bool when_month_first(const char *zone);

/* ---- email_triage_when_zones.c ---- */

void when_zones_know(void);
/* Is the word that many ahead, behind one of a time, a zone? *minutes: how far it is from UTC. */
bool when_sees_zone(const struct reader *r, unsigned ahead, int *minutes);

/* ---- email_triage_when_times.c ---- */

void when_times_begin(struct when_begins *b);
void when_times_know(void);
/* A time of day. */
bool when_take_time(struct reader *r, struct moment *m);
/* "within the next 48 hours", "in 2 days" without what leads to it. */
bool when_take_span(struct reader *r, struct moment *m);
/* A part of a day behind its name: "morning" of "tomorrow morning". */
bool when_take_part(struct reader *r, struct moment *m);

#endif
