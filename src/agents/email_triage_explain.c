/* What a mail's reader is told of a decision: reasons and a score. */
#include <json-c/json.h>
#include <math.h>

#include "agents/email_triage.h"

/* The rule that asked for archiving while something else decided, -1: none. */
static int beaten_rule(const struct item *it)
{
	return it->kept || it->verdict.never_archive ? it->verdict.by[RULE_ON_ARCHIVE] : -1;
}

/* Does the rule's word stand in some matter? */
static bool has_decided(const struct item *it, int rule)
{
	const struct rule_verdict *v = &it->verdict;
	const bool stands[RULE_MATTER__MAX] = {
		[RULE_ON_URGENCY] = it->urgent == (v->urgency == RULE_URGENT), [RULE_ON_CATEGORY] = it->category == v->category,
		[RULE_ON_LABEL] = true, [RULE_ON_ARCHIVE] = beaten_rule(it) < 0, [RULE_ON_KEEP] = true,
		[RULE_ON_STAR] = true,
	};
	unsigned i;

	for (i = 0; i < RULE_MATTER__MAX; i++)
		if (stands[i] && v->by[i] == rule)
			return true;
	return false;
}

static void add_reason(struct item *it, const char *reason)
{
	if (it->reason_count < TRIAGE_REASONS_MAX)
		it->reasons[it->reason_count++] = reason;
}

static const char *rule_text(struct triage *t, int rule)
{
	struct json_object *rules = NULL;

	json_object_object_get_ex(t->ctx->input, "rules", &rules);
	return json_object_get_string(json_object_array_get_idx(rules, (size_t)rule));
}

/* Rules that are told of a mail, and how many more there are. */
struct told { unsigned rules, more; };

static void add_rule(struct triage *t, struct item *it, struct told *told, const char *as, int rule)
{
	if (told->rules < TRIAGE_RULES_TOLD) {
		add_reason(it, arena_printf(&t->arena, "%s: %s", as, rule_text(t, rule)));
		told->rules++;
	} else {
		told->more++;
	}
}

/* Each rule that decided something, in order; what beat an archive rule stands where that rule would. */
static void add_rules(struct triage *t, struct item *it, struct told *told)
{
	const int beaten = beaten_rule(it), keep = it->verdict.by[RULE_ON_KEEP];
	const int moved = beaten >= 0 && keep > beaten ? keep : -1;
	int rule;

	it->matched_rule = -1;
	for (rule = 0; rule < RULES_MAX; rule++) {
		bool decided = has_decided(it, rule);

		if (decided && it->matched_rule < 0)
			it->matched_rule = rule;
		if (decided && rule != moved)
			add_rule(t, it, told, "your rule", rule);
		if (rule == beaten && moved >= 0)
			add_rule(t, it, told, "your rule", moved);
		else if (rule == beaten && keep < 0)
			add_reason(it, it->kept);
	}
}

/* Rules that say something else than one that is followed; each once. */
static void add_beaten(struct triage *t, struct item *it, struct told *told)
{
	const struct rule_verdict *v = &it->verdict;
	uint64_t any = 0;
	unsigned i;
	int rule;

	for (i = 0; i < RULE_MATTER__MAX; i++)
		any |= v->beaten[i];
	for (rule = 0; rule < RULES_MAX; rule++)
		if (any >> rule & 1)
			add_rule(t, it, told, v->beaten[RULE_ON_KEEP] >> rule & 1 ? "not followed, since never archiving beats it"
			                                                          : "not followed, since an earlier rule says otherwise",
			         rule);
}

static void explain(struct triage *t, struct item *it)
{
	struct told told = {0};
	bool kept_is_told;
	unsigned room;

	add_rules(t, it, &told);
	add_beaten(t, it, &told);
	if (told.more > 0)
		add_reason(it, arena_printf(&t->arena, "and %u more of your rules", told.more));
	if (it->vip && it->kept_for != FACT_VIP)
		add_reason(it, arena_printf(&t->arena, "from a VIP: %s", it->vip));
	kept_is_told = !it->kept || (beaten_rule(it) >= 0 && !it->verdict.never_archive);
	room = TRIAGE_REASONS_MAX - it->reason_count;
	room -= room > 0 && !kept_is_told;
	room = room > 4 ? 4 : room;
	if (it->category == TRIAGE_SPAM && it->facts.spam_words && room > 1) {
		add_reason(it, it->facts.spam_words);
		room--;
	}
	if (it->urgent && press_reason(t, it) && room > 1) {
		add_reason(it, press_reason(t, it));
		room--;
	}
	/* of a notice other facts say what it is, and this one why it presses */
	if (it->urgent && it->category != TRIAGE_URGENT && it->facts.has[FACT_READS_URGENT] && room > 1) {
		add_reason(it, triage_reason(FACT_READS_URGENT));
		room--;
	}
	it->reason_count += triage_reasons(&it->facts, it->category, it->kept_for, it->reasons + it->reason_count,
	                                   room);
	if (!kept_is_told)
		add_reason(it, it->kept);
	if (it->reason_count == 0)
		add_reason(it, it->mail.cut ? "too large: only its headers were read"
		                            : "asks for nothing, and is no bulk mail");
}

static double importance(const struct item *it)
{
	const double *sum = it->facts.sum;
	double x = 0.6 * sum[SUM_URGENT] + 0.6 * sum[SUM_REPLY] - 0.5 * sum[SUM_BULK] -
	           0.6 * fmax(sum[SUM_SPAM], 0) - 0.8;
	double score = 1 / (1 + exp(-x));

	if (it->urgent && score < 0.9)
		score = 0.9;
	return round(score * 100) / 100;
}

void triage_explain(struct triage *t, struct item *it)
{
	explain(t, it);
	it->score = importance(it);
}
