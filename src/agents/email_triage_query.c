/* Queries: reading and matching. */
#include "agents/email_triage_query.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/email_triage_text.h"
#include "base/clock.h"

#define DAY_MS INT64_C(86400000)
#define FIELD  "input_payload.query"

/* What one term is about while it is read. */
struct term { const char *name, *value; };

static bool refuse(struct error *err, const char *name, const char *value)
{
	return err_field(err, FIELD,
	                 "\"%.40s:%.60s\" cannot be searched for here: use in:inbox, newer_than:7d, older_than:2d, "
	                 "after:2025-01-31, before:2025-02-28, from:, to:, subject:, is:unread, has:attachment",
	                 name, value);
}

/* 12h, 7d, 2m, 1y before the reference. */
static bool read_age(const char *value, int64_t reference_ms, int64_t *ms)
{
	static const struct { char unit; int64_t days; } units[] = {{'d', 1}, {'w', 7}, {'m', 30}, {'y', 365}};
	char *end;
	long n = isdigit((unsigned char)*value) ? strtol(value, &end, 10) : -1;
	unsigned i;

	if (n < 0 || n > 100000 || !*end || end[1])
		return false;
	if (*end == 'h') {
		*ms = reference_ms - n * (DAY_MS / 24);
		return true;
	}
	for (i = 0; i < 4; i++)
		if (*end == units[i].unit) {
			*ms = reference_ms - n * units[i].days * DAY_MS;
			return true;
		}
	return false;
}

/* 2025-01-31, 2025/01/31 or Unix seconds */
static bool read_day(const char *value, const struct zone *zone, int64_t *ms)
{
	int year, month, day, used = 0, yy, mm, dd;
	char mark, mark2;

	if (strspn(value, "0123456789") == strlen(value) && strlen(value) >= 9 && strlen(value) <= 11) {
		*ms = strtoll(value, NULL, 10) * 1000;
		return true;
	}
	if (sscanf(value, "%4d%c%2d%c%2d%n", &year, &mark, &month, &mark2, &day, &used) != 5 || value[used] ||
	    mark != mark2 || !strchr("-/", mark) || year < 1970 || month < 1 || month > 12 || day < 1)
		return false;
	clock_civil(clock_from_civil(year, month, day), &yy, &mm, &dd);
	if (dd != day)
		return false;
	zone_to_utc(zone, clock_from_civil(year, month, day), ms);
	return true;
}

static bool add(struct query *q, enum query_kind kind, const char *text, struct error *err)
{
	if (q->count == QUERY_TERMS_MAX)
		return err_field(err, FIELD, "A query may have at most %d terms", QUERY_TERMS_MAX);
	q->terms[q->count].kind = kind;
	q->terms[q->count++].text = text;
	return true;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static bool take_date(struct query *q, const struct term *t, const struct zone *zone, int64_t reference_ms,
                      bool *is_date)
{
	int64_t ms;

	*is_date = true;
	if (strcmp(t->name, "newer_than") == 0) {
		if (!read_age(t->value, reference_ms, &ms))
			return false;
		q->after_ms = later(q->after_ms, ms);
	} else if (strcmp(t->name, "older_than") == 0) {
		if (!read_age(t->value, reference_ms, &ms))
			return false;
		q->before_ms = sooner(q->before_ms, ms);
	} else if (strcmp(t->name, "after") == 0) {
		if (!read_day(t->value, zone, &ms))
			return false;
		q->after_ms = later(q->after_ms, ms);
	} else if (strcmp(t->name, "before") == 0) {
		if (!read_day(t->value, zone, &ms))
			return false;
		q->before_ms = sooner(q->before_ms, ms);
	} else {
		*is_date = false;
	}
	return true;
}

static bool take_term(struct query *q, const struct term *t, const struct zone *zone, int64_t reference_ms,
                      struct error *err)
{
	static const struct { const char *name; enum query_kind kind; } texts[] = {
		{"from", QUERY_FROM}, {"to", QUERY_TO}, {"subject", QUERY_SUBJECT}};
	bool is_date;
	unsigned i;

	if (!*t->value)
		return refuse(err, t->name, t->value);
	if (!take_date(q, t, zone, reference_ms, &is_date))
		return refuse(err, t->name, t->value);
	if (is_date || (strcmp(t->name, "in") == 0 && strcmp(t->value, "inbox") == 0))
		return true;
	if (strcmp(t->name, "is") == 0 && strcmp(t->value, "unread") == 0)
		return add(q, QUERY_UNREAD, "", err);
	if (strcmp(t->name, "has") == 0 && strcmp(t->value, "attachment") == 0)
		return add(q, QUERY_ATTACHMENT, "", err);
	for (i = 0; i < 3; i++)
		if (strcmp(t->name, texts[i].name) == 0)
			return add(q, texts[i].kind, t->value, err);
	return refuse(err, t->name, t->value);
}

/* name:value, name:"several words" or name:(several words) */
static bool split_term(struct arena *a, const char **p, struct term *t)
{
	size_t n = strcspn(*p, ": \t");
	const char *value, *end;
	char close = 0;

	if ((*p)[n] != ':') {
		*t = (struct term){"", arena_strndup(a, *p, n)};
		return false;
	}
	t->name = text_lower(a, arena_strndup(a, *p, n));
	value = *p + n + 1;
	if (*value == '"' || *value == '(')
		close = *value++ == '"' ? '"' : ')';
	end = close ? strchr(value, close) : value + strcspn(value, " \t");
	if (!end) {
		t->value = "";
		return true;
	}
	t->value = text_lower(a, arena_strndup(a, value, (size_t)(end - value)));
	*p = end + (close != 0);
	return true;
}

bool query_parse(struct arena *a, const char *text, const struct zone *zone, int64_t reference_ms,
                 struct query *out, struct error *err)
{
	const char *p = text;
	struct term t;

	memset(out, 0, sizeof *out);
	out->after_ms = INT64_MIN;
	out->before_ms = INT64_MAX;
	for (p += strspn(p, " \t"); *p; p += strspn(p, " \t"))
		if (!split_term(a, &p, &t))
			return err_field(err, FIELD, "\"%.60s\" is no search term: terms have the form name:value", t.value);
		else if (!take_term(out, &t, zone, reference_ms, err))
			return false;
	return true;
}

static bool address_has(struct arena *scratch, const struct mail_address *all, unsigned n, const char *text)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (strstr(all[i].addr, text) || strstr(text_lower(scratch, all[i].name), text))
			return true;
	return false;
}

static bool term_holds(enum query_kind kind, const char *text, struct arena *scratch, const struct mail *m,
                       bool unread)
{
	switch (kind) {
	case QUERY_FROM:
		return address_has(scratch, &m->from, 1, text);
	case QUERY_TO:
		return address_has(scratch, m->to, m->to_count, text) || address_has(scratch, m->cc, m->cc_count, text);
	case QUERY_SUBJECT:
		return strstr(text_lower(scratch, m->subject), text) != NULL;
	case QUERY_UNREAD:
		return unread;
	case QUERY_ATTACHMENT:
		return m->attachment_count > 0;
	}
	return false;
}

static bool has_dates(const struct query *q)
{
	return q->after_ms != INT64_MIN || q->before_ms != INT64_MAX;
}

bool query_matches(const struct query *q, struct arena *scratch, const struct mail *m, int64_t date_ms, bool unread)
{
	unsigned i;

	if (has_dates(q) && (date_ms == 0 || date_ms < q->after_ms || date_ms >= q->before_ms))
		return false;
	for (i = 0; i < q->count; i++)
		if (!term_holds(q->terms[i].kind, q->terms[i].text, scratch, m, unread))
			return false;
	return true;
}

static bool is_ascii(const char *text)
{
	while (*text && (unsigned char)*text < 0x80)
		text++;
	return *text == '\0';
}

/* "to:" means copies as well, which no single key of a server's search does; and how servers compare letters beyond
 * ASCII is their own affair. */
void query_filter(const struct query *q, struct mailbox_filter *out)
{
	unsigned i;

	memset(out, 0, sizeof *out);
	out->since_ms = q->after_ms == INT64_MIN ? 0 : q->after_ms;
	out->before_ms = q->before_ms == INT64_MAX ? 0 : q->before_ms;
	for (i = 0; i < q->count; i++) {
		out->unread |= q->terms[i].kind == QUERY_UNREAD;
		if (q->terms[i].kind == QUERY_FROM && is_ascii(q->terms[i].text))
			out->from = q->terms[i].text;
		if (q->terms[i].kind == QUERY_SUBJECT && is_ascii(q->terms[i].text))
			out->subject = q->terms[i].text;
	}
}
