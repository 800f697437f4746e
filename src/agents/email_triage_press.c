/* What cannot wait: a time that is near, trouble at hand, alarms, and what the model of urgency hears. A word of trouble
 * alone presses nobody: something must be asked, a time named, or the trouble go on, and what is over, pleasant or long
 * ago does not count. */
#include <math.h>
#include <stdio.h>

#include "agents/email_triage.h"
#include "agents/email_triage_cues.h"
#include "agents/email_triage_says.h"
#include "agents/email_triage_urgent.h"
#include "base/clock.h"

#define HOUR_MS   INT64_C(3600000)
#define SOON_MS   (26 * HOUR_MS)      /* "about a day" */
#define STOPS_MS  (30 * HOUR_MS)      /* programs say when it is too late: until tomorrow evening */
#define LONG      14                  /* sentences */
#define SHORT     3                   /* sentences, the subject counted */
#define NEAR_BY   3
#define MISSED_MS (1 * HOUR_MS)       /* what has just passed may still be met */

/* What the model of urgency adds to a person's mail, by its log-odds, on the scale of the facts (URGENT_LEAST): 1.6 are
 * enough alone, less with what is told by hand. A program's presses or does not. Chosen on inboxes that were written to
 * be looked at (docs/agents/email-triage.md). */
#define PERSON_ZERO  (-0.1)
#define PERSON_SCALE 1.6
#define PERSON_MOST  4.0
#define PROGRAM_ODDS 0.0
#define PROGRAM_ADDS 2.5
#define CALM_ODDS    2.5              /* to press where something is said to be over */
#define TOLD_LEAST   1.0              /* of what it adds, to be told */
#define SPAM_ODDS    2.0              /* log-odds of spam without doubt */

enum trouble { BROKEN = 1, HARM = 2, WAITING = 4, CRIME = 8 };

/* What all sentences say. */
struct said {
	uint32_t all;                     /* of any sentence, as bits */
	unsigned trouble, kinds;          /* as bits; how many */
	bool goes_on, asks;
	int trouble_at, calm_at;          /* the last sentences that tell of it, -1: none */
	int asks_at;                      /* the last that asks, -1: none */
	bool asks_by_it, is_long;         /* some that ask stand by trouble; a long mail holds questions anyway, … */
	bool is_short;                    /* … a short one is written for what it tells */
	int64_t soon;                     /* the earliest time that is near */
};

static bool is_within(const struct triage *t, int64_t at_ms, int64_t span)
{
	return at_ms && at_ms >= t->opt.reference_ms - MISSED_MS && at_ms <= t->opt.reference_ms + span;
}

/* Does the time it names, or the day, begin within that span, and is it not over? */
static bool begins_soon(const struct triage *t, const struct sentence *s, int64_t span)
{
	return s->from_ms <= t->opt.reference_ms + span && is_within(t, s->at_ms, span + 24 * HOUR_MS);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a && a < b ? a : b;
}

static unsigned trouble_in(uint32_t says)
{
	unsigned found = 0;

	if (says & SAYS_OLD)
		return 0;
	if ((says & SAYS_HAZARD) || all_of(says, SAYS_DEVICE | SAYS_FAILS))
		found |= BROKEN;
	if ((says & SAYS_HARM) || all_of(says, SAYS_ILL | SAYS_COLLECT))
		found |= HARM;
	if (all_of(says, SAYS_ACTOR | SAYS_HELD))
		found |= WAITING;
	if (says & SAYS_CRIME)
		found |= CRIME;
	return found;
}

/* "It is all done", but not "once it is done" and "has not been done". */
static bool calms(const struct sentence *s)
{
	return (s->says & SAYS_CALM) && !cue_is_still_open(s) && !text_has_phrase(s->text, "not been") &&
	       !text_has_phrase(s->text, "hasn't been");
}

static void add_trouble(const struct triage *t, struct said *said, const struct sentence *s, int at)
{
	/* what is announced for another day is not there yet */
	unsigned found = s->at_ms > t->opt.reference_ms + SOON_MS ? 0 : trouble_in(s->says);

	if (!found)
		return;
	said->trouble |= found;
	said->trouble_at = at;
	said->goes_on |= (s->says & SAYS_NOW) != 0;
	/* two signs in one mail, be they of one kind */
	said->kinds++;
	said->kinds += (found & (found - 1)) != 0 || all_of(s->says, SAYS_HARM | SAYS_COLLECT) ||
	               all_of(s->says, SAYS_HAZARD | SAYS_DEVICE);
}

/* A time on the clock presses wherever it stands; "today" only where something is asked. */
static void add_time(const struct triage *t, struct said *said, const struct sentence *s, bool asks)
{
	bool exact = s->at_ms == s->from_ms;

	if (is_within(t, s->at_ms, SOON_MS) && !(s->says & SAYS_OLD) && (exact || asks || s->due))
		said->soon = earlier(said->soon, s->at_ms);
	/* "only with the form, until tonight" */
	said->asks |= is_within(t, s->at_ms, SOON_MS) && s->due && (s->says & SAYS_DUTY);
}

static void listen(const struct triage *t, const struct facts *f, const struct sentences *s, struct said *said)
{
	unsigned i;

	*said = (struct said){.trouble_at = -1, .calm_at = -1, .asks_at = -1, .is_long = s->count > LONG,
	                       .is_short = s->count <= SHORT};
	said->asks = f->has[FACT_REQUEST] || f->has[FACT_QUESTION];
	for (i = 0; i < s->count; i++) {
		const struct sentence *one = &s->all[i];
		bool asks = one->question || (one->says & SAYS_LACKS);

		said->all |= one->says;
		add_trouble(t, said, one, (int)i);
		said->asks |= asks;
		if (asks)
			said->asks_at = (int)i;
		said->asks_by_it |= said->trouble_at >= 0 && said->asks_at >= 0 && (int)i - said->trouble_at <= NEAR_BY &&
		                    (int)i - said->asks_at <= NEAR_BY;
		add_time(t, said, one, asks);
		if (calms(one))
			said->calm_at = one->subject ? (int)s->count : said->calm_at < (int)i ? (int)i : said->calm_at;
	}
}

static bool is_of_a_program(const struct facts *f)
{
	static const enum fact marks[] = {FACT_NO_REPLY, FACT_AUTO_SUBMITTED, FACT_SERVICE_HEADERS, FACT_NOTICE_SENDER,
	                                  FACT_NEWS_SENDER, FACT_PROMO_SENDER, FACT_LIST_UNSUBSCRIBE, FACT_LIST_ID,
	                                  FACT_PRECEDENCE, FACT_BOUNCE, FACT_CAMPAIGN_HEADERS};

	return HAS_ANY(f, marks);
}

/* ---- People ---- */

static void note_trouble(const struct said *said, struct facts *f)
{
	static const struct { enum trouble trouble; enum fact fact; } rows[] = {
		{BROKEN, FACT_BROKEN_NOW}, {HARM, FACT_HARM_NOW}, {WAITING, FACT_WAITING_NOW}, {CRIME, FACT_CRIME},
	};
	unsigned i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		if (said->trouble & rows[i].trouble) {
			f->has[rows[i].fact] = true;
			f->has[FACT_OUTAGE] &= rows[i].trouble != BROKEN;      /* told once */
			return;
		}
}

/* It is over: what the subject still cries, and what was the matter, press nobody. */
static void calm_down(struct facts *f)
{
	static const enum fact gone[] = {FACT_URGENT_WORDS, FACT_URGENT_SUBJECT, FACT_OUTAGE, FACT_OUTAGE_SUBJECT, FACT_FAULT,
	                                 FACT_EMERGENCY, FACT_PRIORITY_HEADER};
	unsigned i;

	for (i = 0; i < sizeof gone / sizeof *gone; i++)
		f->has[gone[i]] = false;
	f->urgency = f->urgent_logit > CALM_ODDS ? f->urgency : 0;
	f->has[FACT_RESOLVED] = true;
}

static void of_people(const struct triage *t, const struct said *said, struct facts *f)
{
	bool over = said->calm_at >= 0 && said->calm_at >= said->trouble_at;
	bool trouble = said->trouble && !over;
	bool later = f->has[FACT_DEADLINE] && f->deadline_ms > t->opt.reference_ms + SOON_MS;
	bool fun = (said->all & SAYS_FUN) && !trouble;

	/* who sells tells of trouble too */
	if (f->has[FACT_PROMO_WORDS] && !f->has[FACT_ANSWERS_ME] && !f->has[FACT_WROTE_TO] && said->kinds < 3)
		trouble = false;
	if (trouble && ((said->is_long ? said->asks_by_it : said->asks) || said->soon || said->goes_on || said->kinds > 1 ||
	                (said->is_short && (said->trouble & (BROKEN | HARM)))))
		note_trouble(said, f);
	if (over && !f->has[FACT_DEADLINE_SOON])
		calm_down(f);
	f->has[FACT_PLEASANT] = fun && f->has[FACT_URGENT_WORDS];
	if (said->soon && !fun && !over && !later && (said->asks || trouble))
		f->has[FACT_NEEDED_SOON] = true;
	f->soon_ms = f->has[FACT_NEEDED_SOON] || f->has[FACT_DEADLINE_SOON] ? said->soon : 0;
}

/* ---- Programs and lists ---- */

/* A code or a link that is good for minutes: by the time that it is told of it is used, or nobody wanted it. */
static bool is_passing(const struct sentences *s, int64_t sent_ms)
{
	static const char *const words[] = {"code", "codes", "passcode", "otp", "pin", "link", "einmalpasswort", "código", "codice",
	                                    "kod", "コード"};
	bool ends = false, names = false;
	unsigned i, k;

	for (i = 0; i < s->count && !ends; i++)
		ends = (s->all[i].says & SAYS_STOPS) && s->all[i].at_ms && s->all[i].at_ms <= sent_ms + HOUR_MS;
	for (i = 0; i < s->count && ends && !names; i++)
		for (k = 0; k < sizeof words / sizeof *words; k++)
			names |= text_has_phrase(s->all[i].text, words[k]);
	return ends && names;
}

static void of_programs(const struct triage *t, const struct said *said, const struct sentences *s, int64_t sent_ms,
                        struct facts *f)
{
	bool idle = f->has[FACT_CALENDAR_NEWS] || said->calm_at >= 0 || is_passing(s, sent_ms);
	bool goes_on = (said->all & SAYS_NOW) || f->has[FACT_PRIORITY_HEADER] || f->has[FACT_URGENT_WORDS];
	unsigned i;

	for (i = 0; i < s->count && s->all[i].subject; i++)
		idle |= (s->all[i].says & SAYS_IDLE) != 0;
	f->urgency = !idle && f->urgent_logit > PROGRAM_ODDS ? PROGRAM_ADDS : 0;
	for (i = 0; i < s->count && !idle; i++) {
		const struct sentence *one = &s->all[i];

		if (one->says & (SAYS_IDLE | SAYS_OLD))
			continue;
		f->has[FACT_ALARM_NOW] |= (one->says & SAYS_ALARM) && goes_on;
		/* begins early enough, and is not over */
		if ((one->says & SAYS_STOPS) && begins_soon(t, one, STOPS_MS)) {
			f->has[FACT_STOPS_SOON] = true;
			f->soon_ms = earlier(f->soon_ms, one->at_ms);
		}
	}
}

/* That something must be done stands by the day, or in the sentence behind. */
static bool asks_its_readers(const struct sentences *s, unsigned i)
{
	return (s->all[i].says & SAYS_DUTY) || (i + 1 < s->count && (s->all[i + 1].says & SAYS_DUTY));
}

/* A circular of a school or a club by which its reader must have done something. */
static void of_clubs(const struct triage *t, const struct said *said, const struct sentences *s, struct facts *f)
{
	unsigned i;

	if (!(said->all & SAYS_CLUB) || f->has[FACT_PROMO_WORDS] || f->has[FACT_PROMO_SENDER] || f->has[FACT_DISCOUNT])
		return;
	for (i = 0; i < s->count; i++)
		if (s->all[i].due && asks_its_readers(s, i) && begins_soon(t, &s->all[i], SOON_MS)) {
			f->has[FACT_CLUB_DEADLINE] = true;
			f->soon_ms = earlier(f->soon_ms, s->all[i].at_ms);
		}
}

/* What is sent to many, with a way off it, cries for everybody, and spam for nobody. */
static bool is_for_the_masses(const struct facts *f)
{
	static const enum fact marks[] = {FACT_LIST_UNSUBSCRIBE, FACT_CAMPAIGN_HEADERS, FACT_PROMO_SENDER, FACT_NEWS_SENDER,
	                                  FACT_UNSUBSCRIBE_TEXT, FACT_BROWSER_TEXT, FACT_PROMO_MANY, FACT_BOUNCE};

	return f->spam_logit > SPAM_ODDS || HAS_ANY(f, marks);
}

static void note_all(const struct triage *t, struct item *it, const struct sentences *s, const struct said *said)
{
	struct facts *f = &it->facts;
	bool by_hand = f->has[FACT_BY_HAND] && !f->has[FACT_ONE_CLICK];
	bool person = !is_of_a_program(f) || f->has[FACT_RELAYED];

	if (!is_for_the_masses(f)) {
		f->urgent_logit = urgent_logit(s, !person);
		if (person)
			f->urgency = fmax(0, fmin(PERSON_MOST, (f->urgent_logit - PERSON_ZERO) * PERSON_SCALE));
	}
	if (person || by_hand) {
		of_people(t, said, f);
		/* who sells proposes times too */
		if (by_hand)
			f->has[FACT_NEEDED_SOON] = false;
		if (!by_hand || !f->has[FACT_MONEY])
			return;
	}
	of_programs(t, said, s, it->received_ms, f);
	/* a bank's, sent as a mass mailer sends all: it may look like no notice */
	f->has[FACT_NEEDED_SOON] |= f->has[FACT_STOPS_SOON] && f->has[FACT_MONEY] && f->has[FACT_CAMPAIGN_HEADERS] &&
	                            !f->has[FACT_LIST_UNSUBSCRIBE] && !f->has[FACT_PROMO_WORDS];
	if (!by_hand)
		of_clubs(t, said, s, f);
}

void press_note(const struct triage *t, struct item *it, const struct sentences *s)
{
	struct facts *f = &it->facts;
	struct said said;

	listen(t, f, s, &said);
	f->has[FACT_RELAYED] = (said.all & SAYS_RELAYED) && !f->has[FACT_NO_REPLY] &&
	                       (f->has[FACT_SERVICE_HEADERS] || f->has[FACT_AUTO_SUBMITTED]);
	note_all(t, it, s, &said);
	f->has[FACT_READS_URGENT] = f->urgency >= TOLD_LEAST;
}

const char *press_reason(struct triage *t, const struct item *it)
{
	const struct facts *f = &it->facts;
	const char *what = f->has[FACT_STOPS_SOON] ? "something stops, ends or is due" : "needs you", *day;
	int64_t local, today, soon = f->soon_ms;
	int minute;

	if (!soon)
		return NULL;
	/* a time that has passed tells less than the deadline that has not */
	if (soon < t->opt.reference_ms && f->has[FACT_DEADLINE_SOON])
		soon = f->deadline_ms;
	if (soon < t->opt.reference_ms)
		what = "needed you";
	local = zone_to_local(t->opt.zone, soon);
	today = clock_day_start(zone_to_local(t->opt.zone, t->opt.reference_ms));
	day = local < today + 24 * HOUR_MS ? "today" : "tomorrow";
	minute = (int)((local - clock_day_start(local)) / 60000);
	if (minute == 24 * 60 - 1)
		return arena_printf(&t->arena, "%s %s", what, day);
	return arena_printf(&t->arena, "%s before %02d:%02d %s", what, minute / 60, minute % 60, day);
}
