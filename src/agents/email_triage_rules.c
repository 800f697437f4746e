/* Applying rules to mails. */
#include "agents/email_triage_rules.h"

#include <string.h>

#include "agents/email_triage_rules_priv.h"
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

const char *rules_problem(const struct rule_set *set, unsigned i)
{
	return i < set->count ? set->rules[i].problem : NULL;
}

const char *rules_nearest(const struct rule_set *set, unsigned i)
{
	return i < set->count ? set->rules[i].nearest : NULL;
}

static bool asks_for_me(const struct expr *e)
{
	if (!e)
		return false;
	if (e->op != EXPR_CONDITION)
		return asks_for_me(e->a) || asks_for_me(e->b);
	return rules_is_of_me(e->condition->kind);
}

bool rules_ask_for_me(const struct rule_set *set)
{
	unsigned i, k;

	for (i = 0; i < set->count; i++)
		for (k = 0; set->rules[i].understood && k < set->rules[i].part_count; k++)
			if (asks_for_me(set->rules[i].parts[k].when))
				return true;
	return false;
}

/* ---- Verdicts ---- */

static const enum rule_matter matters[] = {
	[DO_URGENT] = RULE_ON_URGENCY, [DO_NOT_URGENT] = RULE_ON_URGENCY, [DO_CATEGORY] = RULE_ON_CATEGORY,
	[DO_LABEL] = RULE_ON_LABEL, [DO_ARCHIVE] = RULE_ON_ARCHIVE, [DO_NEVER_ARCHIVE] = RULE_ON_KEEP,
	[DO_STAR] = RULE_ON_STAR, [DO_NEVER_STAR] = RULE_ON_STAR,
};

/* Does the action say something else of its matter than what is decided? */
static bool contradicts(const struct rule_verdict *v, const struct action *a)
{
	switch (a->kind) {
	case DO_URGENT:
	case DO_NOT_URGENT:
		return (v->urgency == RULE_URGENT) != (a->kind == DO_URGENT);
	case DO_CATEGORY:
		return v->category != a->category;
	case DO_LABEL:
		return strcmp(v->label, a->label) != 0;
	case DO_STAR:
	case DO_NEVER_STAR:
		return v->star != (a->kind == DO_STAR);
	default:
		return false;
	}
}

static void take_action(struct rule_view *v, const struct action *a, int rule, struct rule_verdict *out)
{
	enum rule_matter matter = matters[a->kind];
	int *by = &out->by[matter];

	if (a->kind == DO_ARCHIVE)
		out->archive_rules |= UINT64_C(1) << rule;
	if (*by >= 0) {
		if (*by != rule && contradicts(out, a))
			out->beaten[matter] |= UINT64_C(1) << rule;
		return;
	}
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
	case DO_NOTHING:
		break;
	}
}

static enum rule_matter whole_matter(enum action_kind kind)
{
	return kind == DO_NEVER_ARCHIVE ? RULE_ON_ARCHIVE : matters[kind];
}

/* "Keep newsletters, but archive the ones about Linux": of these the second command is followed, not the first. */
static bool taken_back(const struct rule *r, const bool *held, unsigned part, const struct action *a)
{
	unsigned i, k;

	for (i = part + 1; i < r->part_count && r->parts[i].of_previous; i++)
		for (k = 0; held[i] && k < r->parts[i].action_count; k++)
			if (whole_matter(r->parts[i].actions[k].kind) == whole_matter(a->kind))
				return true;
	return false;
}

static void apply(struct rule_view *v, const struct rule *r, int index, struct rule_verdict *out)
{
	bool held[PARTS_MAX] = {false};
	unsigned i, k;

	for (i = 0; i < r->part_count; i++) {
		const struct part *part = &r->parts[i];

		held[i] = rules_hold(v, part->when) && (!part->of_previous || (i > 0 && held[i - 1]));
	}
	for (i = 0; i < r->part_count; i++)
		for (k = 0; held[i] && k < r->parts[i].action_count; k++)
			if (!taken_back(r, held, i, &r->parts[i].actions[k]))
				take_action(v, &r->parts[i].actions[k], index, out);
}

void rules_apply(const struct rule_set *set, const struct rule_subject *subject, struct rule_verdict *out)
{
	struct rule_view v = {.s = subject, .category = subject->category};
	unsigned i;

	memset(out, 0, sizeof *out);
	for (i = 0; i < RULE_MATTER__MAX; i++)
		out->by[i] = -1;
	arena_init(&v.arena);
	for (i = 0; i < set->count; i++)
		if (set->rules[i].understood)
			apply(&v, &set->rules[i], (int)i, out);
	/* "never" beats all, whatever its place */
	if (out->never_archive && out->archive) {
		out->beaten[RULE_ON_KEEP] = out->archive_rules;
		out->archive = false;
	}
	arena_release(&v.arena);
}
