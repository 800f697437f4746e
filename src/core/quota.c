#include "core/quota.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"

/* Counters of an earlier day or month count nothing any more. Those of a later one stand: another host's clock is a moment
 * ahead of this one's. */
static void roll_over(struct quota *q, int64_t now_ms)
{
	int64_t day = clock_day_start(now_ms), month = clock_month_start(now_ms);

	if (q->day_start < day) {
		q->day_start = day;
		q->day_runs = 0;
	}
	if (q->month_start < month) {
		if (q->month_runs > 0) {
			q->closed_month = q->month_start;
			q->closed_runs = q->month_runs;
		}
		q->month_start = month;
		q->month_runs = 0;
	}
}

static void refuse(struct admission *a, enum admission_outcome outcome, int64_t limit)
{
	a->outcome = outcome;
	a->limit = limit;
}

/* Of limits that are used up the one is told that takes longest to come back. */
void quota_decide(struct quota *q, struct admission *a, int64_t now_ms)
{
	bool slot_free = q->max_concurrent < 0 || q->active < q->max_concurrent;

	roll_over(q, now_ms);
	if (q->max_month >= 0 && !q->month_overage && q->month_runs >= q->max_month) {
		refuse(a, ADMIT_MONTH_QUOTA, q->max_month);
		return;
	}
	if (a->is_spent) {
		refuse(a, ADMIT_TOKENS, a->spent.max_tokens);
		return;
	}
	if (q->max_day >= 0 && q->day_runs >= q->max_day) {
		refuse(a, ADMIT_DAY_QUOTA, q->max_day);
		return;
	}
	if (a->lane == LANE_SYNC && !slot_free) {
		refuse(a, ADMIT_CONCURRENCY, q->max_concurrent);
		return;
	}
	a->outcome = ADMIT_ACCEPTED;
	q->day_runs++;
	q->month_runs++;
	q->changed = true;
	if (a->due_at != 0)
		return;                        /* it takes a slot when it is due */
	/* those that are held came first */
	a->ready = slot_free && (a->lane == LANE_SYNC || q->held == 0);
	if (a->ready)
		q->active++;
	else
		q->held++;
}

static int seconds_until(int64_t ms, int64_t now_ms)
{
	return ms > now_ms ? (int)((ms - now_ms + 999) / 1000) : 1;
}

static void runs_error(const struct admission *a, int64_t now_ms, struct error *err)
{
	bool day = a->outcome == ADMIT_DAY_QUOTA;
	int64_t resets = day ? clock_next_day(now_ms) : clock_next_month(now_ms);
	char when[CLOCK_TEXT_SIZE];

	clock_format(resets, when);
	err_limit(err, day ? "runs_per_day" : "runs_per_month", a->limit, resets, seconds_until(resets, now_ms),
	          "The quota of %" PRId64 " runs per %s is used up; it resets at %s", a->limit, day ? "day" : "month",
	          when);
}

/* "account", "API key key_…", "agent email-triage" */
static void budget_owner(const struct token_budget *t, char *out, size_t size)
{
	snprintf(out, size, "%s%s%s", t->kind == BUDGET_KEY ? "API key" : budget_kind_name(t->kind),
	         t->subject[0] ? " " : "", t->subject);
}

bool quota_tokens_error(const struct token_budget *t, int64_t wanted, int64_t now_ms, struct error *err)
{
	int64_t resets = clock_next_month(t->month_start), left = t->max_tokens - t->used;
	char when[CLOCK_TEXT_SIZE], owner[96];

	clock_format(resets, when);
	budget_owner(t, owner, sizeof owner);
	if (left <= 0)
		return err_limit(err, "tokens_per_month", t->max_tokens, resets, seconds_until(resets, now_ms),
		                 "The budget of %" PRId64 " tokens per month of the %s is used up; it resets at %s",
		                 t->max_tokens, owner, when);
	return err_limit(err, "tokens_per_month", t->max_tokens, resets, seconds_until(resets, now_ms),
	                 "The budget of %" PRId64 " tokens per month of the %s has %" PRId64 " left, and a model call may"
	                 " need %" PRId64 "; it resets at %s", t->max_tokens, owner, left, wanted, when);
}

void quota_error(const struct admission *a, int64_t now_ms, struct error *err)
{
	switch (a->outcome) {
	case ADMIT_DAY_QUOTA:
	case ADMIT_MONTH_QUOTA:
		runs_error(a, now_ms, err);
		break;
	case ADMIT_TOKENS:
		quota_tokens_error(&a->spent, 0, now_ms, err);
		break;
	case ADMIT_CONCURRENCY:
		err_limit(err, "concurrent", a->limit, 0, 1, "The limit of %" PRId64 " runs at once is reached; "
		          "try again when one has ended, or send \"async\": true to queue this one", a->limit);
		break;
	case ADMIT_CONFLICT:
		err_set(err, ERR_CONFLICT, "This Idempotency-Key was used with another body");
		break;
	default:
		err_set(err, ERR_INTERNAL, "An admission of account %" PRIu64 " ended unexpectedly: %d",
		        a->account_id, a->outcome);
		break;
	}
}
