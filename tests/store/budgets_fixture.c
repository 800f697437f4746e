#include "budgets_fixture.h"

#include "base/clock.h"

const char *const bx_account_used = "SELECT used FROM token_budgets WHERE kind = 0";
struct token_budget bx_refused;

void bx_set(enum budget_kind kind, const char *subject, int64_t max)
{
	struct error err = {0};

	CU_ASSERT_TRUE_FATAL(budget_set(fx_conn, 1, kind, subject, max, clock_now_ms(), &err));
}

struct claimed_run bx_leased(int64_t max_tokens, int64_t account_budget)
{
	struct admission a = {.account_id = 1, .agent = "echo", .lane = LANE_ASYNC, .max_tokens = max_tokens};
	struct claimed_run r;

	fresh();
	if (account_budget >= 0)
		bx_set(BUDGET_ACCOUNT, "", account_budget);
	CU_ASSERT_TRUE_FATAL(fx_admit(&fx_conn, &a));
	CU_ASSERT_EQUAL_FATAL(fx_claim(&r, 1), 1);
	return r;
}

struct token_spender bx_spender(const struct claimed_run *r)
{
	return (struct token_spender){.execution_id = r->id, .account_id = r->account_id, .token = r->token,
	                              .key_id = r->key_id, .agent = r->agent, .max_tokens = r->max_tokens,
	                              .budgeted = r->budgeted};
}

enum reserve_outcome bx_reserve_at(const struct claimed_run *r, int64_t tokens, int64_t now_ms,
                                   struct token_reservation *out)
{
	struct token_spender s = bx_spender(r);
	enum reserve_outcome outcome = RESERVED;
	struct error err = {0};

	CU_ASSERT_TRUE_FATAL(budget_reserve(fx_db, &s, tokens, now_ms, &outcome, out, &bx_refused, &err));
	return outcome;
}

enum reserve_outcome bx_reserve(const struct claimed_run *r, int64_t tokens, struct token_reservation *out)
{
	return bx_reserve_at(r, tokens, clock_now_ms(), out);
}

void bx_settle(const struct claimed_run *r, struct token_reservation *t, int64_t used)
{
	struct token_spender s = bx_spender(r);
	struct error err = {0};

	CU_ASSERT_TRUE_FATAL(budget_settle(fx_db, &s, t, used, &err));
}
