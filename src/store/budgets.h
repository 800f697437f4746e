/* Token budgets: what an account, one of its keys or one of its agents may use of models in a month (table
 * token_budgets), and what one run has used of its own max_tokens (table execution_tokens).
 *
 * A model call is reserved for before it begins and settled after it with what was really used. Reserving adds to `used`
 * of every budget that applies, or to none, so a budget is never exceeded by calls that keep to what they reserved, and
 * what a lost worker had reserved stays used. The month is the UTC month; a row of an earlier one counts as unused.
 *
 * Lock order: after the tables of the queue, token_budgets ascending by primary key, then execution_tokens.
 *
 * Ownership: nothing is kept. */
#ifndef AGENTIV_STORE_BUDGETS_H
#define AGENTIV_STORE_BUDGETS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "db/db.h"

#define BUDGET_SUBJECT_SIZE 65      /* the column's 64 and NUL */
#define BUDGET_TOKENS_MAX   INT64_C(1000000000000000)   /* of a budget, and of a reservation: sums stay far from overflow */

enum budget_kind { BUDGET_ACCOUNT, BUDGET_KEY, BUDGET_AGENT, BUDGET__MAX };
const char *budget_kind_name(enum budget_kind k);       /* "account" */

struct token_budget {
	enum budget_kind kind;
	char    subject[BUDGET_SUBJECT_SIZE];   /* "", "key_…", the agent's slug */
	int64_t max_tokens, month_start, used;
};

/* The columns kind, subject, max_tokens, month_start, used of the current row, from `at` on, as they count at now_ms. */
void budget_read(struct db_conn *c, unsigned at, int64_t now_ms, struct token_budget *out);
/* Whether it bounds the runs that a key with this budget_key (zero: no key) asks for of an agent of its account. */
bool budget_applies(const struct token_budget *t, const struct id *budget_key, const char *agent);

/* Sets a monthly budget, inside the caller's transaction, of which it locks the account's row: max_tokens 0 or more,
 * LIMIT_UNLIMITED removes it. A new one counts from now on; a changed one goes on from what is used. subject as in struct
 * token_budget, that of a replaced key stands for the newest; ERR_NOT_FOUND for a key that the account does not have. Runs
 * that have started already go on with the budgets that there were. */
bool budget_set(struct db_conn *c, uint64_t account_id, enum budget_kind kind, const char *subject, int64_t max_tokens,
                int64_t now_ms, struct error *err);
/* A key takes the place of another, with its budget: while both are valid they share it. */
bool budget_carry(struct db_conn *c, uint64_t account_id, const struct id *from_key, const struct id *to_key,
                  struct error *err);
/* Removes the budget of a key when none of those that share it is valid any more. */
bool budget_drop_unused(struct db_conn *c, uint64_t account_id, const struct id *budget_key, int64_t now_ms,
                        struct error *err);
/* An account's budgets as they count at now_ms, by kind and subject. */
bool budget_list(struct db_conn *c, uint64_t account_id, int64_t now_ms, struct arena *a, struct token_budget **out,
                 unsigned *count, struct error *err);

/* Whose tokens a run uses. */
struct token_spender {
	struct id execution_id; uint64_t account_id; uint64_t token;   /* its lease */
	struct id key_id;                /* zero: none */
	const char *agent;
	int64_t   max_tokens;            /* its own, 0 none */
	bool      budgeted;              /* its account has monthly budgets */
};

/* What was reserved: to be settled once. */
struct token_reservation {
	int64_t  tokens;
	struct { enum budget_kind kind; int64_t month_start; } of[BUDGET__MAX];
	unsigned count;                  /* monthly budgets that it was added to */
	struct id settle_id;
	bool     in_doubt;               /* a try to settle may have been applied */
};

enum reserve_outcome {
	RESERVED,
	RESERVE_OVER_MONTH,      /* *refused has less left than is asked for */
	RESERVE_OVER_RUN,        /* refused->max_tokens and used are the run's own */
	RESERVE_LOST             /* the lease is not ours any more */
};
/* One transaction. Nothing is reserved but with RESERVED. */
bool budget_reserve(struct db *db, const struct token_spender *s, int64_t tokens, int64_t now_ms,
                    enum reserve_outcome *outcome, struct token_reservation *out, struct token_budget *refused,
                    struct error *err);
/* Gives back what was reserved and not used; more than that is counted too. A reservation of an earlier month changes
 * nothing of this one. May be repeated after an error: it is done once. */
bool budget_settle(struct db *db, const struct token_spender *s, struct token_reservation *r, int64_t used,
                   struct error *err);

#endif
