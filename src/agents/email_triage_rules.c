/* Applying rules to mails. */
#include "agents/email_triage_rules.h"

#include <string.h>
#include <strings.h>

#include "agents/email_triage.h"
#include "agents/email_triage_rules_priv.h"
#include "agents/email_triage_text.h"
#include "base/mem.h"

static const char *const names[TRIAGE_CATEGORY__MAX] = {
	[TRIAGE_URGENT] = "urgent", [TRIAGE_NEEDS_REPLY] = "needs_reply", [TRIAGE_FYI] = "fyi",
	[TRIAGE_NEWSLETTER] = "newsletter", [TRIAGE_PROMOTION] = "promotion",
	[TRIAGE_NOTIFICATION] = "notification", [TRIAGE_SPAM] = "spam", [TRIAGE_SUSPICIOUS] = "suspicious",
};

const char *triage_category_name(enum triage_category c)
{
	return names[c];
}

enum triage_category triage_category_by_name(const char *name)
{
	unsigned i;

	for (i = 0; i < TRIAGE_CATEGORY__MAX && strcmp(names[i], name) != 0; i++)
		;
	return (enum triage_category)i;
}

struct rule_set *rules_compile(const char *const *texts, unsigned n)
{
	struct rule_set *set = mem_zalloc(sizeof *set);
	unsigned i;

	arena_init(&set->arena);
	set->count = n < RULES_MAX ? n : RULES_MAX;
	for (i = 0; i < set->count; i++)
		rules_parse(&set->arena, texts[i], &set->rules[i]);
	return set;
}

void rules_free(struct rule_set *set)
{
	if (!set)
		return;
	arena_release(&set->arena);
	mem_free(set);
}

bool rules_understood(const struct rule_set *set, unsigned i)
{
	return i < set->count && set->rules[i].understood;
}

/* ---- Conditions ---- */

/* Texts of one mail in lower case, made when a rule first asks for them. */
struct view {
	const struct rule_subject *s;
	struct arena arena;
	const char *subject, *body;
	enum triage_category category;
};

static const char *subject_of(struct view *v)
{
	if (!v->subject)
		v->subject = text_lower(&v->arena, v->s->mail->subject);
	return v->subject;
}

static const char *body_of(struct view *v)
{
	if (!v->body)
		v->body = text_lower(&v->arena, v->s->mail->text);
	return v->body;
}

static bool text_holds(const char *text, const struct value *value)
{
	return value->exact ? strstr(text, value->text) != NULL : rules_text_has(text, value->text);
}

static bool host_is_in(const char *host, const char *domain)
{
	size_t n = strlen(host), len = strlen(domain);

	return n >= len && strcasecmp(host + n - len, domain) == 0 && (n == len || host[n - len - 1] == '.');
}

static bool name_is(struct view *v, const struct mail_address *a, const char *name)
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
static bool address_is(struct view *v, const struct mail_address *a, const struct value *value)
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

static bool any_address(struct view *v, const struct mail_address *all, unsigned n, const struct value *value)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (address_is(v, &all[i], value))
			return true;
	return false;
}

static bool topic_is(struct view *v, const struct value *value)
{
	const struct mail *m = v->s->mail;
	unsigned i;

	if (text_holds(subject_of(v), value))
		return true;
	for (i = 0; i < m->attachment_count; i++)
		if (strstr(text_lower(&v->arena, m->attachments[i].name), value->text))
			return true;
	return false;
}

static bool value_holds(struct view *v, const struct condition *c, const struct value *value)
{
	const struct mail *m = v->s->mail;

	switch (c->kind) {
	case WHEN_FROM:
		return address_is(v, &m->from, value);
	case WHEN_TO:
		return any_address(v, m->to, m->to_count, value) || any_address(v, m->cc, m->cc_count, value);
	case WHEN_SUBJECT:
		return text_holds(subject_of(v), value);
	case WHEN_BODY:
		return text_holds(body_of(v), value);
	case WHEN_TEXT:
		return text_holds(subject_of(v), value) || text_holds(body_of(v), value);
	case WHEN_KIND:
		return topic_is(v, value);
	default:
		return false;
	}
}

static bool any_value(struct view *v, const struct condition *c)
{
	unsigned i;

	for (i = 0; i < c->value_count; i++)
		if (value_holds(v, c, &c->values[i]))
			return true;
	return false;
}

static bool is_kind(struct view *v, const struct condition *c)
{
	const struct mail *m = v->s->mail;

	return (c->categories & 1u << v->category) ||
	       (c->lists && (mail_header(m, "List-Id") || mail_header(m, "List-Post"))) ||
	       (c->invitations && *m->calendar_method) || any_value(v, c);
}

static bool to_me(const struct view *v, const struct mail_address *all, unsigned n)
{
	unsigned i;

	for (i = 0; *v->s->me && i < n; i++)
		if (strcasecmp(all[i].addr, v->s->me) == 0)
			return true;
	return false;
}

static bool holds(struct view *v, const struct condition *c)
{
	const struct mail *m = v->s->mail;

	switch (c->kind) {
	case WHEN_ATTACHMENT:
		return m->attachment_count > 0;
	case WHEN_TO_ME:
		return to_me(v, m->to, m->to_count);
	case WHEN_ONLY_TO_ME:
		return to_me(v, m->to, m->to_count) && m->to_count == 1 && m->cc_count == 0;
	case WHEN_CC_ME:
		return to_me(v, m->cc, m->cc_count);
	case WHEN_FROM_ME:
		return to_me(v, &m->from, 1);
	case WHEN_OLDER:
		return v->s->age_ms > c->age_ms;
	case WHEN_NEWER:
		return v->s->age_ms <= c->age_ms;
	case WHEN_UNREAD:
		return v->s->unread;
	case WHEN_KIND:
		return is_kind(v, c);
	case WHEN_VIP:
		return v->s->vip;
	case WHEN_REPLY:
		return *m->in_reply_to != '\0';
	default:
		return any_value(v, c);
	}
}

/* ---- Rules ---- */

static bool clause_holds(struct view *v, const struct rule *r, unsigned clause)
{
	unsigned i;

	for (i = 0; i < r->condition_count; i++)
		if ((r->clause_of[i] == clause || r->clause_of[i] == CLAUSE_ALL) &&
		    holds(v, &r->conditions[i]) == r->conditions[i].negated)
			return false;
	return true;
}

static bool rule_holds(struct view *v, const struct rule *r)
{
	unsigned i;

	for (i = 0; i < r->clause_count; i++)
		if (clause_holds(v, r, i))
			return true;
	return false;
}

static void take_action(struct view *v, const struct action *a, int rule, struct rule_verdict *out)
{
	static const enum rule_matter matters[] = {
		[DO_URGENT] = RULE_ON_URGENCY, [DO_NOT_URGENT] = RULE_ON_URGENCY, [DO_CATEGORY] = RULE_ON_CATEGORY,
		[DO_LABEL] = RULE_ON_LABEL, [DO_ARCHIVE] = RULE_ON_ARCHIVE, [DO_NEVER_ARCHIVE] = RULE_ON_KEEP,
		[DO_STAR] = RULE_ON_STAR, [DO_NEVER_STAR] = RULE_ON_STAR,
	};
	int *by = &out->by[matters[a->kind]];

	if (*by >= 0)
		return;
	*by = rule;
	switch (a->kind) {
	case DO_URGENT:
	case DO_NOT_URGENT:
		out->urgency = a->kind == DO_URGENT ? RULE_URGENT : RULE_NOT_URGENT;
		break;
	case DO_CATEGORY:
		v->category = out->category = a->category;
		out->has_category = true;
		break;
	case DO_LABEL:
		out->label = a->label;
		break;
	case DO_ARCHIVE:
		out->archive = true;
		break;
	case DO_NEVER_ARCHIVE:
		out->never_archive = true;
		break;
	case DO_STAR:
		out->star = true;
		break;
	case DO_NEVER_STAR:
		out->never_star = true;
		break;
	}
}

void rules_apply(const struct rule_set *set, const struct rule_subject *subject, struct rule_verdict *out)
{
	struct view v = {.s = subject, .category = subject->category};
	unsigned i, k;

	memset(out, 0, sizeof *out);
	for (i = 0; i < RULE_MATTER__MAX; i++)
		out->by[i] = -1;
	arena_init(&v.arena);
	for (i = 0; i < set->count; i++) {
		const struct rule *r = &set->rules[i];

		if (!r->understood || !rule_holds(&v, r))
			continue;
		for (k = 0; k < r->action_count; k++)
			take_action(&v, &r->actions[k], (int)i, out);
	}
	if (out->never_archive)
		out->archive = false;
	arena_release(&v.arena);
}
