/* What a mail's reader is told of a decision: reasons and a score. */
#include <json-c/json.h>
#include <math.h>

#include "agents/email_triage.h"

/* Did a rule ask for archiving, and something else decide? */
static bool archiving_was_beaten(const struct item *it)
{
	return it->verdict.by[RULE_ON_ARCHIVE] >= 0 && it->kept;
}

/* The first rule of those whose word stands, -1 without one. */
static int deciding_rule(const struct item *it)
{
	const struct rule_verdict *v = &it->verdict;
	const bool stands[RULE_MATTER__MAX] = {
		[RULE_ON_URGENCY] = it->urgent == (v->urgency == RULE_URGENT), [RULE_ON_CATEGORY] = it->category == v->category,
		[RULE_ON_LABEL] = true, [RULE_ON_ARCHIVE] = !archiving_was_beaten(it), [RULE_ON_KEEP] = true,
		[RULE_ON_STAR] = true,
	};
	int first = -1;
	unsigned i;

	if (archiving_was_beaten(it) && v->never_archive)
		return v->by[RULE_ON_KEEP];
	for (i = 0; i < RULE_MATTER__MAX; i++)
		if (v->by[i] >= 0 && stands[i] && (first < 0 || v->by[i] < first))
			first = v->by[i];
	return first;
}

static void add_reason(struct item *it, const char *reason)
{
	if (it->reason_count < TRIAGE_REASONS_MAX)
		it->reasons[it->reason_count++] = reason;
}

static void add_rule(struct triage *t, struct item *it)
{
	struct json_object *rules = NULL;
	const char *text;

	json_object_object_get_ex(t->ctx->input, "rules", &rules);
	text = json_object_get_string(json_object_array_get_idx(rules, (size_t)it->matched_rule));
	add_reason(it, arena_printf(&t->arena, "your rule: %s", text));
}

static void explain(struct triage *t, struct item *it)
{
	int beaten = archiving_was_beaten(it) && !it->verdict.never_archive ? it->verdict.by[RULE_ON_ARCHIVE] : -1;
	bool kept_first;
	unsigned room;

	it->matched_rule = deciding_rule(it);
	/* what beat a rule stands where that rule would */
	kept_first = beaten >= 0 && (it->matched_rule < 0 || beaten < it->matched_rule);
	if (kept_first)
		add_reason(it, it->kept);
	if (it->matched_rule >= 0)
		add_rule(t, it);
	room = TRIAGE_REASONS_MAX - it->reason_count - (it->kept && !kept_first);
	room = room > 4 ? 4 : room;
	it->reason_count += triage_reasons(&it->facts, it->category, it->reasons + it->reason_count, room);
	if (it->kept && !kept_first)
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
