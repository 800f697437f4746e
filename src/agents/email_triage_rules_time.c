/* Conditions on when a mail was received. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/email_triage_rules_priv.h"
#include "base/clock.h"

#define HOUR_MS INT64_C(3600000)

/* ---- Numbers and comparisons ---- */

int64_t rules_take_number(struct parser *p)
{
	static const char *const words[] = {"zero", "one|a|an|single", "two", "three", "four", "five", "six", "seven",
	                                    "eight", "nine",
	                                    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen"};
	unsigned i;

	if (rules_peek(p, 0)->kind == TOKEN_NUMBER) {
		int64_t n = strtoll(rules_peek(p, 0)->lower, NULL, 10);

		if (strlen(rules_peek(p, 0)->lower) > 9)
			return -1;
		p->at++;
		if (p->at > p->furthest)
			p->furthest = p->at;
		return n;
	}
	if (rules_take(p, "a|the couple of") || rules_take(p, "couple of"))
		return 2;
	for (i = 0; i < COUNT(words); i++)
		if (rules_take(p, words[i]))
			return i;
	return -1;
}

bool rules_take_comparison(struct parser *p, struct range *r, bool *least)
{
	static const struct { const char *pattern; bool least, strict; } all[] = {
		{"no|not less|lower|fewer|smaller than", true, false},
		{"no|not more|higher|greater|larger|over than", false, false},
		{"at least", true, false}, {"at most", false, false}, {"up to", false, false},
		{"a|the minimum of", true, false},
		{"a|the maximum of", false, false}, {"minimum|min", true, false}, {"maximum|max", false, false},
		{"more|greater|higher|larger|bigger than", true, true}, {"less|lower|smaller|fewer|cheaper than", false, true},
		{"over|above|exceeding|exceed|exceeds|beyond", true, true}, {"under|below", false, true}, {">=|≥", true, false},
		{"<=|≤", false, false}, {">", true, true}, {"<", false, true}, {"starting at|from", true, false},
	};
	unsigned i;

	for (i = 0; i < COUNT(all); i++)
		if (rules_take(p, all[i].pattern)) {
			*least = all[i].least;
			if (all[i].least)
				r->over = all[i].strict;
			else
				r->under = all[i].strict;
			return true;
		}
	return false;
}

void rules_bound(struct range *r, bool least, int64_t n)
{
	if (least) {
		r->has_least = true;
		r->least = n;
	} else {
		r->has_most = true;
		r->most = n;
	}
}

bool rules_in_range(const struct range *r, int64_t n)
{
	if (r->has_least && (r->over ? n <= r->least : n < r->least))
		return false;
	return !r->has_most || (r->under ? n < r->most : n <= r->most);
}

/* ---- Ages ---- */

static bool take_units(struct parser *p, int64_t n, int64_t *ms)
{
	static const struct { const char *pattern; int64_t hours; } units[] = {
		{"hour|hours|hrs|hr|h", 1}, {"day|days|d", 24}, {"week|weeks", 168}, {"fortnight|fortnights", 336},
		{"month|months", 720},
		{"quarter|quarters", 2190}, {"year|years", 8760},
	};
	unsigned i;

	if (n < 0 || n > 10000)
		return false;
	for (i = 0; i < COUNT(units); i++)
		if (rules_take(p, units[i].pattern)) {
			*ms = n * units[i].hours * HOUR_MS;
			return true;
		}
	return false;
}

static bool take_span(struct parser *p, int64_t *ms)
{
	return take_units(p, rules_take_number(p), ms);
}

/* "24 hours", "week": behind "the last" the number may be missing */
static bool take_last_span(struct parser *p, int64_t *ms)
{
	return rules_sees(p, "hour|day|week|month|fortnight|year") ? take_units(p, 1, ms) : take_span(p, ms);
}

static bool add_age(struct parser *p, bool older, bool strict, int64_t ms, struct expr **out)
{
	*out = rules_simple(p, WHEN_AGE);
	if (!*out)
		return false;
	(*out)->condition->range = older ? (struct range){.has_least = true, .over = strict, .least = ms}
	                                 : (struct range){.has_most = true, .under = false, .most = ms};
	return true;
}

static bool take_age(struct parser *p, struct expr **out)
{
	/* with what must stand behind the span, if anything must */
	static const struct { const char *lead; bool older, strict, old; } forms[] = {
		{"older than", true, true, false}, {"newer|younger|fresher than", false, false, false},
		{"[sent|received|dated|that] [came] [in] more than", true, true, true},
		{"[sent|received] over", true, true, true},
		{"at least", true, false, true}, {"[sent|received|that] [came] [in] less than", false, false, true},
		{"[sent|received] under", false, false, true}, {"not older than", false, false, false},
		{"no older|more than", false, false, false}, {"at most", false, false, true},
	};
	static const char *const recent[] = {
		"[sent|received|dated|written|arrived] [that] [arrived] from|in|within|during|over the last|past|previous",
		"[sent|received|arrived] within", "from the last|past",
	};
	static const char *const since[] = {"after", "once [they|it] [are|is|get] [older] [than]",
	                                    "when [they|it] [are|is|get] [older] [than]"};
	unsigned was = p->at, i;
	int64_t ms;

	for (i = 0; i < COUNT(forms); i++) {
		p->at = was;
		if (!rules_take(p, forms[i].lead) || !take_span(p, &ms))
			continue;
		if (!rules_take(p, "old|ago|[of]") && forms[i].old)
			continue;
		rules_take(p, "old|ago");
		return add_age(p, forms[i].older, forms[i].strict, ms, out);
	}
	p->at = was;
	if (rules_take_any(p, recent, COUNT(recent)) && take_last_span(p, &ms))
		return add_age(p, false, false, ms, out);
	p->at = was;
	/* "after 3 days", "once they are a week old" */
	if (rules_take_any(p, since, COUNT(since)) && take_span(p, &ms)) {
		rules_take(p, "old");
		return add_age(p, true, true, ms, out);
	}
	p->at = was;
	/* "3 days old or older" */
	if (take_span(p, &ms) && rules_take(p, "old") && rules_take(p, "or|and older|more"))
		return add_age(p, true, false, ms, out);
	p->at = was;
	return false;
}

/* ---- Dates ---- */

static int take_month(struct parser *p)
{
	static const char *const months[] = {"january|jan", "february|feb", "march|mar", "april|apr", "may", "june|jun",
	                                     "july|jul",
	                                     "august|aug", "september|sep|sept", "october|oct", "november|nov",
	                                     "december|dec"};
	unsigned i;

	for (i = 0; i < COUNT(months); i++)
		if (rules_take(p, months[i]))
			return (int)i + 1;
	return 0;
}

static int take_year(struct parser *p)
{
	const struct token *t = rules_peek(p, 0);
	int year = t->kind == TOKEN_NUMBER && strlen(t->lower) == 4 ? atoi(t->lower) : 0;

	if (year < 1970 || year > 2100)
		return 0;
	p->at++;
	return year;
}

/* "1", "1st" */
static int take_day(struct parser *p)
{
	const struct token *t = rules_peek(p, 0);
	char *end;
	long day;

	if (t->kind != TOKEN_WORD && t->kind != TOKEN_NUMBER)
		return 0;
	day = strtol(t->lower, &end, 10);
	if (end == t->lower || end - t->lower > 2 || day < 1 || day > 31 ||
	    (*end && strcmp(end, "st") != 0 && strcmp(end, "nd") != 0 && strcmp(end, "rd") != 0 && strcmp(end, "th") != 0))
		return 0;
	p->at++;
	return (int)day;
}

/* Does the day exist? Without a year 29 February does. */
static bool is_real(const struct date *d)
{
	int year = d->year ? d->year : 2000, y, m, day;

	if (d->day == 0)
		return true;
	clock_civil(clock_from_civil(year, d->month, d->day), &y, &m, &day);
	return m == d->month && day == d->day;
}

static bool take_iso(struct parser *p, struct date *d)
{
	const struct token *t = rules_peek(p, 0);
	int n = 0;

	if (t->kind != TOKEN_WORD || strlen(t->lower) != 10 ||
	    sscanf(t->lower, "%4d-%2d-%2d%n", &d->year, &d->month, &d->day, &n) != 3 || n != 10 || d->month < 1 ||
	    d->month > 12 || d->day < 1 || d->day > 31 || d->year < 1970 || d->year > 2100)
		return false;
	p->at++;
	return true;
}

static bool take_calendar_date(struct parser *p, struct date *d)
{
	unsigned was;

	d->unit = DATE_DAY;
	if (take_iso(p, d))
		return true;
	rules_take(p, "the");
	if ((d->year = take_year(p)) != 0) {
		d->unit = DATE_YEAR;
		return true;
	}
	d->day = take_day(p);
	if (d->day > 0)
		rules_take(p, "of");
	d->month = take_month(p);
	if (d->month == 0)
		return false;
	if (d->day == 0)
		d->day = take_day(p);
	d->unit = d->day > 0 ? DATE_DAY : DATE_MONTH;
	was = p->at;
	rules_take_comma(p);
	rules_take(p, "of");
	d->year = take_year(p);
	if (d->year == 0)
		p->at = was;
	return true;
}

static bool take_date(struct parser *p, struct date *d)
{
	static const struct { const char *pattern; enum date_unit unit; int offset; } all[] = {
		{"today", DATE_DAY, 0}, {"yesterday", DATE_DAY, -1}, {"this month", DATE_MONTH, 0},
		{"last|previous month", DATE_MONTH, -1},
		{"the previous month", DATE_MONTH, -1}, {"this year", DATE_YEAR, 0}, {"last|previous year", DATE_YEAR, -1},
		{"the previous year", DATE_YEAR, -1},
	};
	unsigned i;

	for (i = 0; i < COUNT(all); i++)
		if (rules_take(p, all[i].pattern)) {
			d->relative = true;
			d->unit = all[i].unit;
			d->offset = all[i].offset;
			return true;
		}
	return take_calendar_date(p, d);
}

/* "before March 1", "from last month", "sent in 2025". A month alone may be somebody's name. */
static bool take_dated(struct parser *p, struct expr **out)
{
	static const struct { const char *lead; enum date_side side; bool surely; } leads[] = {
		{"[sent|received|dated|written|from] [that] [arrived] before|until", DATE_BEFORE, true},
		{"older than", DATE_BEFORE, true},
		{"[sent|received|dated|written|from] [that] [arrived] since", DATE_SINCE, true},
		{"[sent|received|dated|written|from] [that] [arrived] after", DATE_AFTER, true},
		{"newer than", DATE_AFTER, true},
		{"[sent|received|dated|written] on|in|during", DATE_IN, true}, {"sent|received|dated|written", DATE_IN, true},
		{"from", DATE_IN, false},
	};
	unsigned was = p->at, i;

	for (i = 0; i < COUNT(leads); i++) {
		struct date d = {.side = leads[i].side};

		p->at = was;
		if (!rules_take(p, leads[i].lead) || !take_date(p, &d))
			continue;
		if (!is_real(&d))
			return rules_trouble(p, TROUBLE_DAY, p->at - 1);
		if (!leads[i].surely && !d.relative && d.unit != DATE_YEAR && d.year == 0 && d.day == 0)
			continue;
		*out = rules_simple(p, WHEN_DATE);
		if (*out)
			(*out)->condition->date = d;
		if (p->at > p->furthest)
			p->furthest = p->at;
		return *out != NULL;
	}
	p->at = was;
	return false;
}

bool rules_take_time(struct parser *p, struct expr **out)
{
	return take_age(p, out) || take_dated(p, out);
}
