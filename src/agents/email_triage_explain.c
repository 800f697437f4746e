/* What a mail's reader is told of a decision: reasons and a score. */
#include <json-c/json.h>
#include <math.h>

#include "agents/email_triage.h"

static void explain(struct triage *t, struct item *it)
{
	struct json_object *rules = NULL;
	unsigned room;

	if (it->matched_rule >= 0 && it->reason_count < TRIAGE_REASONS_MAX) {
		json_object_object_get_ex(t->ctx->input, "rules", &rules);
		it->reasons[it->reason_count++] = arena_printf(
			&t->arena, "your rule: %s",
			json_object_get_string(json_object_array_get_idx(rules, (size_t)it->matched_rule)));
	}
	room = TRIAGE_REASONS_MAX - it->reason_count - (it->kept != NULL);
	room = room > 4 ? 4 : room;
	it->reason_count += triage_reasons(&it->facts, it->category, it->reasons + it->reason_count, room);
	if (it->kept)
		it->reasons[it->reason_count++] = it->kept;
	if (it->reason_count == 0)
		it->reasons[it->reason_count++] = "asks for nothing, and is no bulk mail";
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
