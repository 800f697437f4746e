/* Does a mail meet a condition? */
#include <string.h>
#include <strings.h>

#include "agents/email_triage.h"
#include "agents/email_triage_domain.h"
#include "agents/email_triage_rules_priv.h"
#include "agents/email_triage_text.h"

#define DAY_MS INT64_C(86400000)

static const char *subject_of(struct rule_view *v)
{
	if (!v->subject)
		v->subject = text_lower(&v->arena, v->s->mail->subject);
	return v->subject;
}

static const char *body_of(struct rule_view *v)
{
	if (!v->body)
		v->body = text_lower(&v->arena, v->s->mail->text);
	return v->body;
}

/* ---- People ---- */

static bool host_is_in(const char *host, const char *domain)
{
	size_t n = strlen(host), len = strlen(domain);

	return n >= len && strcasecmp(host + n - len, domain) == 0 && (n == len || host[n - len - 1] == '.');
}

static bool name_is(struct rule_view *v, const struct mail_address *a, const char *name)
{
	size_t local = strcspn(a->addr, "@"), n = strlen(name);
	const char *domain = triage_domain(triage_host(a->addr));

	if (text_has_phrase(text_lower(&v->arena, a->name), name))
		return true;
	if (strchr(name, ' '))
		return false;
	return (local == n && strncmp(a->addr, name, n) == 0) ||
	       (strcspn(domain, ".") == n && strncasecmp(domain, name, n) == 0);
}

/* An address, "@domain", "domain.tld" or a name. */
static bool address_is(struct rule_view *v, const struct mail_address *a, const struct value *value)
{
	const char *text = value->text, *at = strchr(text, '@');

	if (at == text || (at && at == text + 1 && *text == '*'))
		return host_is_in(triage_host(a->addr), at + 1);
	if (at)
		return strcasecmp(a->addr, text) == 0;
	if (strchr(text, '.') && host_is_in(triage_host(a->addr), text))
		return true;
	return !rules_is_domain(text) && name_is(v, a, text);
}

static bool any_address(struct rule_view *v, const struct mail_address *all, unsigned n, const struct value *value)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (address_is(v, &all[i], value))
			return true;
	return false;
}

static bool is_me(const struct rule_view *v, const struct mail_address *all, unsigned n)
{
	unsigned i;

	for (i = 0; *v->s->me && i < n; i++)
		if (strcasecmp(all[i].addr, v->s->me) == 0)
			return true;
	return false;
}

/* By its address, as it posts or is written to, or by words of its List-Id (RFC 2919: "Dev <dev.example.org>"). */
static bool list_is(struct rule_view *v, const struct value *value)
{
	const struct mail *m = v->s->mail;
	const char *id = mail_header(m, "List-Id"), *post = mail_header(m, "List-Post"), *at = strchr(value->text, '@');
	const char *lower = id ? text_lower(&v->arena, id) : "", *dotted;

	if (!at || at == value->text)
		return id && (at ? strstr(lower, at + 1) != NULL : text_has_phrase(lower, value->text));
	if (any_address(v, m->to, m->to_count, value) || any_address(v, m->cc, m->cc_count, value) ||
	    (post && strcasestr(post, value->text)))
		return true;
	dotted = arena_printf(&v->arena, "<%.*s.%s>", (int)(at - value->text), value->text, at + 1);
	return id && strstr(lower, dotted) != NULL;
}

/* ---- What it holds ---- */

static bool attachment_is(struct rule_view *v, const struct value *value)
{
	const struct mail *m = v->s->mail;
	unsigned i;

	for (i = 0; i < m->attachment_count; i++) {
		const char *name = text_lower(&v->arena, m->attachments[i].name);
		size_t n = strlen(name), len = strlen(value->text);

		if (value->where == AT_END ? n > len && strcmp(name + n - len, value->text) == 0
		                           : strstr(name, value->text) != NULL)
			return true;
		/* a file without a name is told by its type alone */
		if (value->where == AT_END && !strchr(name, '.') && strcasestr(m->attachments[i].type, value->text + 1))
			return true;
	}
	return false;
}

static bool topic_is(struct rule_view *v, const struct value *value)
{
	return rules_text_holds(subject_of(v), value) || attachment_is(v, value);
}

static bool value_holds(struct rule_view *v, const struct condition *c, const struct value *value)
{
	const struct mail *m = v->s->mail;

	switch (c->kind) {
	case WHEN_FROM:
		return address_is(v, &m->from, value);
	case WHEN_TO:
		return any_address(v, m->to, m->to_count, value) || any_address(v, m->cc, m->cc_count, value);
	case WHEN_LIST:
		return list_is(v, value);
	case WHEN_SUBJECT:
		return rules_text_holds(subject_of(v), value);
	case WHEN_BODY:
		return rules_text_holds(body_of(v), value);
	case WHEN_TEXT:
		return rules_text_holds(subject_of(v), value) || rules_text_holds(body_of(v), value);
	case WHEN_ATTACHMENT:
		return attachment_is(v, value);
	case WHEN_KIND:
		return topic_is(v, value);
	default:
		return false;
	}
}

static bool any_value(struct rule_view *v, const struct condition *c)
{
	unsigned i;

	for (i = 0; i < c->value_count; i++)
		if (value_holds(v, c, &c->values[i]))
			return true;
	return false;
}

static bool is_kind(struct rule_view *v, const struct condition *c)
{
	static const struct value event = {".ics", true, AT_END};
	const struct mail *m = v->s->mail;

	return (c->categories & 1u << v->category) ||
	       (c->lists && (mail_header(m, "List-Id") || mail_header(m, "List-Post"))) ||
	       (c->invitations && (*m->calendar_method || attachment_is(v, &event))) || any_value(v, c);
}

/* The greatest amount in the rule's currency, or in any when it names none; -1 without one. */
static int64_t greatest_amount(struct rule_view *v, const struct condition *c)
{
	int64_t most = -1;
	unsigned i;

	if (!v->has_money) {
		money_none(&v->money);
		money_find(&v->money, subject_of(v));
		money_find(&v->money, body_of(v));
		v->has_money = true;
	}
	for (i = 0; i < CURRENCY__MAX; i++)
		if ((c->currency == CURRENCY_NONE || c->currency == i) && v->money.cents[i] > most)
			most = v->money.cents[i];
	return most;
}

/* ---- Dates ---- */

/* Days since 1970 of a date in the Gregorian calendar; months past the year's end count on. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
	int64_t era, of_era, of_year;

	year += (month - 1) / 12;
	month = (month - 1) % 12 + 1;
	if (month < 1) {
		month += 12;
		year--;
	}
	year -= month <= 2;
	era = (year >= 0 ? year : year - 399) / 400;
	of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	of_era = (year - era * 400) * 365 + (year - era * 400) / 4 - (year - era * 400) / 100 + of_year;
	return era * 146097 + of_era - 719468;
}

static void year_and_month(int64_t days, int64_t *year, int64_t *month)
{
	int64_t y = 1970 + days / 366, m = 1;

	while (days_of(y + 1, 1, 1) <= days)
		y++;
	while (days_of(y, m + 1, 1) <= days)
		m++;
	*year = y;
	*month = m;
}

/* The days of a date, [first, behind), as seen today. */
static void span_of(const struct date *d, int64_t today, int64_t *first, int64_t *behind)
{
	int64_t year, month, y = d->year;

	year_and_month(today, &year, &month);
	if (d->relative) {
		int64_t m = d->unit == DATE_YEAR ? 1 : month + (d->unit == DATE_MONTH ? d->offset : 0);

		y = year + (d->unit == DATE_YEAR ? d->offset : 0);
		*first = d->unit == DATE_DAY ? today + d->offset : days_of(y, m, 1);
		*behind = d->unit == DATE_DAY     ? *first + 1
		          : d->unit == DATE_MONTH ? days_of(y, m + 1, 1)
		                                  : days_of(y + 1, 1, 1);
		return;
	}
	if (y == 0)
		y = days_of(year, d->month, d->unit == DATE_DAY ? d->day : 1) <= today ? year : year - 1;
	*first = d->unit == DATE_YEAR ? days_of(y, 1, 1) : days_of(y, d->month, d->unit == DATE_DAY ? d->day : 1);
	*behind = d->unit == DATE_YEAR    ? days_of(y + 1, 1, 1)
	          : d->unit == DATE_MONTH ? days_of(y, d->month + 1, 1)
	                                  : *first + 1;
}

static int64_t day_of(const struct rule_view *v, int64_t ms)
{
	return (v->s->zone ? zone_to_local(v->s->zone, ms) : ms) / DAY_MS;
}

static bool date_is(const struct rule_view *v, const struct date *d)
{
	int64_t first, behind, day;

	span_of(d, day_of(v, v->s->now_ms), &first, &behind);
	day = day_of(v, v->s->received_ms);
	switch (d->side) {
	case DATE_BEFORE:
		return day < first;
	case DATE_SINCE:
		return day >= first;
	case DATE_AFTER:
		return day >= behind;
	default:
		return day >= first && day < behind;
	}
}

/* ---- All of them ---- */

bool rules_is_of_me(enum condition_kind kind)
{
	return kind == WHEN_TO_ME || kind == WHEN_ONLY_TO_ME || kind == WHEN_CC_ME || kind == WHEN_FROM_ME ||
	       kind == WHEN_ANSWERS_ME;
}

/* Can it be told of this mail? Without the owner's address nothing tells who "me" is; without an amount or a date there
 * is nothing to compare. */
static bool is_known(struct rule_view *v, const struct condition *c)
{
	if (rules_is_of_me(c->kind))
		return *v->s->me != '\0';
	switch (c->kind) {
	case WHEN_AMOUNT:
		return greatest_amount(v, c) >= 0;
	case WHEN_DATE:
		return v->s->received_ms > 0 && v->s->now_ms > 0;
	default:
		return true;
	}
}

static bool holds(struct rule_view *v, const struct condition *c)
{
	const struct mail *m = v->s->mail;

	switch (c->kind) {
	case WHEN_ATTACHMENT:
		return m->attachment_count > 0 && (c->value_count == 0 || any_value(v, c));
	case WHEN_TO_ME:
		return is_me(v, m->to, m->to_count);
	case WHEN_ONLY_TO_ME:
		return is_me(v, m->to, m->to_count) && m->to_count == 1 && m->cc_count == 0;
	case WHEN_CC_ME:
		return is_me(v, m->cc, m->cc_count);
	case WHEN_FROM_ME:
		return is_me(v, &m->from, 1);
	case WHEN_AGE:
		return rules_in_range(&c->range, v->s->age_ms);
	case WHEN_DATE:
		return date_is(v, &c->date);
	case WHEN_AMOUNT:
		return rules_in_range(&c->range, greatest_amount(v, c));
	case WHEN_UNREAD:
		return v->s->unread;
	case WHEN_KIND:
		return is_kind(v, c);
	case WHEN_VIP:
		return v->s->vip;
	case WHEN_REPLY:
		return *m->in_reply_to != '\0';
	case WHEN_ANSWERS_ME:
		return v->s->answers_me;
	case WHEN_RECIPIENTS:
		return rules_in_range(&c->range, (int64_t)m->to_count + m->cc_count);
	default:
		return any_value(v, c);
	}
}

/* Kleene's logic of three values: what cannot be known is so neither as it stands nor negated. */
enum truth { FALSE_IT_IS, UNKNOWN, TRUE_IT_IS };

static enum truth truth_of(struct rule_view *v, const struct expr *e)
{
	enum truth a, b;

	if (e->op == EXPR_CONDITION)
		return !is_known(v, e->condition) ? UNKNOWN : holds(v, e->condition) ? TRUE_IT_IS : FALSE_IT_IS;
	a = truth_of(v, e->a);
	if (e->op == EXPR_NOT)
		return TRUE_IT_IS - a;
	if (a == (e->op == EXPR_AND ? FALSE_IT_IS : TRUE_IT_IS))
		return a;
	b = truth_of(v, e->b);
	return (e->op == EXPR_AND) == (a < b) ? a : b;
}

bool rules_hold(struct rule_view *v, const struct expr *e)
{
	return !e || truth_of(v, e) == TRUE_IT_IS;
}
