#include "core/quota.h"

#include <inttypes.h>

#include "base/clock.h"

/* Counters of an earlier day or month count nothing any more. */
static void roll_over(struct quota *q, int64_t now_ms)
{
	int64_t day = clock_day_start(now_ms), month = clock_month_start(now_ms);

	if (q->day_start != day) {
		q->day_start = day;
		q->day_runs = 0;
	}
	if (q->month_start != month) {
		q->month_start = month;
		q->month_runs = 0;
	}
}

static void refuse(struct admission *a, enum admission_outcome outcome, int64_t limit)
{
	a->outcome = outcome;
	a->limit = limit;
}

void quota_decide(struct quota *q, struct admission *a, int64_t now_ms)
{
	bool slot_free = q->max_concurrent < 0 || q->active < q->max_concurrent;

	roll_over(q, now_ms);
	if (q->max_day >= 0 && q->day_runs >= q->max_day) {
		refuse(a, ADMIT_DAY_QUOTA, q->max_day);
		return;
	}
	if (q->max_month >= 0 && !q->month_overage && q->month_runs >= q->max_month) {
		refuse(a, ADMIT_MONTH_QUOTA, q->max_month);
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

void quota_error(const struct admission *a, int64_t now_ms, struct error *err)
{
	char when[CLOCK_TEXT_SIZE];
	int64_t resets = a->outcome == ADMIT_DAY_QUOTA ? clock_next_day(now_ms) : clock_next_month(now_ms);

	clock_format(resets, when);
	switch (a->outcome) {
	case ADMIT_DAY_QUOTA:
	case ADMIT_MONTH_QUOTA:
		err_set(err, ERR_RATE_LIMITED, "The quota of %" PRId64 " runs per %s is used up; it resets at %s",
		        a->limit, a->outcome == ADMIT_DAY_QUOTA ? "day" : "month", when);
		err->retry_after = (int)((resets - now_ms + 999) / 1000);
		break;
	case ADMIT_CONCURRENCY:
		err_set(err, ERR_RATE_LIMITED, "All %" PRId64 " concurrent runs of the plan are in use; "
		        "try again when one has ended, or send \"async\": true to queue this one", a->limit);
		err->retry_after = 1;
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
