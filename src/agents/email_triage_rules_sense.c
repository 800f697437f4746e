/* Rules that no mail can meet: "from a@x.org that are not from a@x.org", "older than 5 days and newer than 2". */
#include <string.h>

#include "agents/email_triage_rules_priv.h"

#define TERMS_MAX   64      /* of a rule taken apart into alternatives; beyond them it is taken to make sense */
#define FACTORS_MAX CONDITIONS_MAX

struct factor { const struct condition *c; bool negated; };
struct term { struct factor factors[FACTORS_MAX]; unsigned count; };
struct terms { struct term all[TERMS_MAX]; unsigned count; };

/* ---- Two conditions ---- */

static bool same_values(const struct condition *a, const struct condition *b)
{
	unsigned i;

	if (a->value_count != b->value_count)
		return false;
	for (i = 0; i < a->value_count; i++)
		if (strcmp(a->values[i].text, b->values[i].text) != 0 || a->values[i].where != b->values[i].where)
			return false;
	return true;
}

static bool same(const struct condition *a, const struct condition *b)
{
	return a->kind == b->kind && same_values(a, b) && a->categories == b->categories && a->lists == b->lists &&
	       a->invitations == b->invitations && memcmp(&a->range, &b->range, sizeof a->range) == 0 &&
	       a->currency == b->currency && memcmp(&a->date, &b->date, sizeof a->date) == 0;
}

static bool apart(const struct range *a, const struct range *b)
{
	if (!a->has_most || !b->has_least)
		return false;
	return a->under || b->over ? a->most <= b->least : a->most < b->least;
}

static bool is_address(const struct value *v)
{
	const char *at = strchr(v->text, '@');

	return at && at != v->text && *v->text != '*';
}

/* One sender has one address. */
static bool other_senders(const struct condition *a, const struct condition *b)
{
	unsigned i, k;

	for (i = 0; i < a->value_count; i++)
		for (k = 0; k < b->value_count; k++)
			if (!is_address(&a->values[i]) || !is_address(&b->values[k]) ||
			    strcmp(a->values[i].text, b->values[k].text) == 0)
				return false;
	return a->value_count > 0 && b->value_count > 0;
}

/* A mail is of one category. */
static bool other_kinds(const struct condition *a, const struct condition *b)
{
	return a->categories && b->categories && !(a->categories & b->categories) && a->value_count + b->value_count == 0 &&
	       !a->lists && !b->lists && !a->invitations && !b->invitations;
}

static bool exclude(const struct condition *a, const struct condition *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case WHEN_FROM:
		return other_senders(a, b);
	case WHEN_KIND:
		return other_kinds(a, b);
	case WHEN_AMOUNT:
		return a->currency == b->currency && (apart(&a->range, &b->range) || apart(&b->range, &a->range));
	case WHEN_AGE:
	case WHEN_RECIPIENTS:
		return apart(&a->range, &b->range) || apart(&b->range, &a->range);
	default:
		return false;
	}
}

static bool contradict(const struct factor *a, const struct factor *b)
{
	if (a->negated != b->negated)
		return same(a->c, b->c) || (a->c->kind == WHEN_ATTACHMENT && b->c->kind == WHEN_ATTACHMENT &&
		                            (a->negated ? a->c : b->c)->value_count == 0);
	return !a->negated && exclude(a->c, b->c);
}

static bool can_hold(const struct term *t)
{
	unsigned i, k;

	for (i = 0; i < t->count; i++) {
		const struct range *r = &t->factors[i].c->range;

		if (!t->factors[i].negated && apart(r, r))
			return false;
		for (k = i + 1; k < t->count; k++)
			if (contradict(&t->factors[i], &t->factors[k]))
				return false;
	}
	return true;
}

/* ---- Alternatives ---- */

static bool expand(struct arena *a, const struct expr *e, bool negated, struct terms *out);

static bool expand_and(struct arena *a, const struct expr *x, const struct expr *y, bool negated, struct terms *out)
{
	struct terms *left = arena_alloc(a, sizeof *left), *right = arena_alloc(a, sizeof *right);
	unsigned i, k;

	if (!expand(a, x, negated, left) || !expand(a, y, negated, right) || left->count * right->count > TERMS_MAX)
		return false;
	for (i = 0; i < left->count; i++)
		for (k = 0; k < right->count; k++) {
			struct term *t = &out->all[out->count++];

			if (left->all[i].count + right->all[k].count > FACTORS_MAX)
				return false;
			*t = left->all[i];
			memcpy(t->factors + t->count, right->all[k].factors, right->all[k].count * sizeof *t->factors);
			t->count += right->all[k].count;
		}
	return true;
}

static bool expand_or(struct arena *a, const struct expr *x, const struct expr *y, bool negated, struct terms *out)
{
	struct terms *right = arena_alloc(a, sizeof *right);

	if (!expand(a, x, negated, out) || !expand(a, y, negated, right) || out->count + right->count > TERMS_MAX)
		return false;
	memcpy(out->all + out->count, right->all, right->count * sizeof *right->all);
	out->count += right->count;
	return true;
}

/* false: too many to be looked through */
static bool expand(struct arena *a, const struct expr *e, bool negated, struct terms *out)
{
	out->count = 0;
	if (e->op == EXPR_NOT)
		return expand(a, e->a, !negated, out);
	if (e->op == EXPR_CONDITION) {
		out->all[0] = (struct term){{{e->condition, negated}}, 1};
		out->count = 1;
		return true;
	}
	return ((e->op == EXPR_AND) != negated ? expand_and : expand_or)(a, e->a, e->b, negated, out);
}

bool rules_can_hold(const struct expr *e)
{
	struct terms *t;
	struct arena a;
	unsigned i;
	bool ok = true;

	if (!e)
		return true;
	arena_init(&a);
	t = arena_alloc(&a, sizeof *t);
	if (expand(&a, e, false, t)) {
		for (i = 0; i < t->count && !can_hold(&t->all[i]); i++)
			;
		ok = i < t->count;
	}
	arena_release(&a);
	return ok;
}
