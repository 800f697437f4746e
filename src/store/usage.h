/* What an account has used of what it may: its quota row with the limits in force, its last months, and its budgets. Three
 * statements.
 *
 * Ownership: lists live in the arena given. */
#ifndef AGENTIV_STORE_USAGE_H
#define AGENTIV_STORE_USAGE_H

#include "store/accounts.h"
#include "store/budgets.h"
#include "store/months.h"

/* Limits are LIMIT_UNLIMITED without one. Counts are of the day and month that hold now_ms. */
struct usage {
	int64_t now_ms;
	char    plan[33];
	int64_t requests_per_minute;
	int64_t max_day, max_month, max_concurrent;
	bool    month_overage;           /* past max_month runs are counted, not refused */
	int64_t day_runs, month_runs, active, held;
	int64_t month_tokens;            /* of runs that have ended, or will try again */
	struct closed_month months[MONTHS_SHOWN]; unsigned month_count;   /* those before with any use, newest first */
	struct token_budget *budgets; unsigned budget_count;
};
/* ERR_NOT_FOUND when there is no such account. */
bool usage_read(struct db_conn *c, uint64_t account_id, int64_t now_ms, struct arena *a, struct usage *out,
                struct error *err);

#endif
