/* A run of account 1 that is leased, and what it reserves and settles. */
#ifndef AGENTIV_TESTS_BUDGETS_FIXTURE_H
#define AGENTIV_TESTS_BUDGETS_FIXTURE_H

#include "executor_fixture.h"
#include "store/accounts.h"
#include "store/budgets.h"

extern const char *const bx_account_used;        /* the statement that reads what is used of the account's budget */
extern struct token_budget bx_refused;           /* by the last reservation that was */

void bx_set(enum budget_kind kind, const char *subject, int64_t max);
/* Account 1 with a budget, and a run of it. max_tokens: the run's own, 0 none; account_budget: -1 none. */
struct claimed_run bx_leased(int64_t max_tokens, int64_t account_budget);
struct token_spender bx_spender(const struct claimed_run *r);
enum reserve_outcome bx_reserve_at(const struct claimed_run *r, int64_t tokens, int64_t now_ms,
                                   struct token_reservation *out);
enum reserve_outcome bx_reserve(const struct claimed_run *r, int64_t tokens, struct token_reservation *out);
void bx_settle(const struct claimed_run *r, struct token_reservation *t, int64_t used);

#endif
