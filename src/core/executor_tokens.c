/* What a run's model calls use, and the budgets that bound it (struct agent_host). A run that none bounds is only
 * counted. */
#include "core/executor_priv.h"

#include <inttypes.h>

#include "base/clock.h"
#include "core/quota.h"

#define SETTLE_PAUSE_MS 300

static struct token_spender spender_of(const struct job *j)
{
	return (struct token_spender){.execution_id = j->run.id, .account_id = j->run.account_id, .token = j->run.token,
	                              .key_id = j->run.key_id, .agent = j->run.agent,
	                              .max_tokens = j->run.max_tokens, .budgeted = j->run.budgeted};
}

static bool over_run(const struct token_budget *t, int64_t wanted, struct error *err)
{
	return err_set(err, ERR_EXECUTION_FAILED, "The run's max_tokens of %" PRId64 " has %" PRId64 " left, and a model call"
	               " may need %" PRId64, t->max_tokens, t->max_tokens - t->used, wanted);
}

static bool reserve(struct job *j, int64_t tokens, struct error *err)
{
	struct token_spender s = spender_of(j);
	int64_t now_ms = clock_now_ms();
	struct token_budget refused;
	enum reserve_outcome outcome;

	/* before the statement: its answer may not come */
	j->has_spent = true;
	if (!budget_reserve(j->env->db, &s, tokens, now_ms, &outcome, &j->reservation, &refused, err)) {
		if (err)
			err->retryable = true;
		return false;
	}
	switch (outcome) {
	case RESERVE_OVER_MONTH:
		return quota_tokens_error(&refused, tokens, now_ms, err);
	case RESERVE_OVER_RUN:
		return over_run(&refused, tokens, err);
	case RESERVE_LOST:
		job_stop(j, STOP_LOST);
		return job_stopped_error(j, err);
	default:
		return true;
	}
}

bool job_reserve_tokens(void *data, int64_t tokens, struct error *err)
{
	struct job *j = data;

	INVARIANT(!j->is_reserved, "a model call began before the last one was settled");
	if (atomic_load(&j->stop) != STOP_NONE)
		return job_stopped_error(j, err);
	if (tokens < 0 || tokens > BUDGET_TOKENS_MAX)
		return err_set(err, ERR_EXECUTION_FAILED, "A model call of %" PRId64 " tokens cannot be", tokens);
	if (run_bounded(&j->run) && !reserve(j, tokens, err))
		return false;
	j->is_reserved = true;
	return true;
}

bool job_settle_tokens(void *data, int64_t used, struct error *err)
{
	struct job *j = data;
	struct token_spender s = spender_of(j);
	struct error e = {0};

	INVARIANT(j->is_reserved, "a model call ended that was not reserved for");
	j->is_reserved = false;
	if (used < 0 || used > BUDGET_TOKENS_MAX)
		return err_set(err, ERR_EXECUTION_FAILED, "A model call cannot have used %" PRId64 " tokens", used);
	atomic_fetch_add(&j->tokens, used);
	if (!run_bounded(&j->run))
		return true;
	/* the answer of the model was paid for: it is not thrown away because the database is away for a moment */
	while (!budget_settle(j->env->db, &s, &j->reservation, used, &e))
		if (!db_error_passes(&e) || !job_host.wait(j, SETTLE_PAUSE_MS)) {
			/* what was reserved stays used: a budget is never exceeded for that */
			e.retryable = true;
			if (err)
				*err = e;
			return false;
		}
	return true;
}
