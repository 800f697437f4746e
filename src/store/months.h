/* Table account_months: what an account had used of a month when it ended. The counters of account_quota begin a new month
 * with the first run, or the first tokens, that come in it; the transaction that begins it closes the old one here, as it
 * holds the account's quota row. An account that is not used in a new month is closed by the schedulers' duty "months".
 *
 * Ownership: nothing here allocates. */
#ifndef AGENTIV_STORE_MONTHS_H
#define AGENTIV_STORE_MONTHS_H

#include "store/admission.h"
#include "store/retention.h"

#define MONTHS_SHOWN 12
#define MONTHS_KEPT  25

/* Closes what the counters of an account still had of an earlier month. */
struct month_runs   { uint64_t account_id; int64_t month_start, runs, included, overage; };   /* included -1: unlimited */
struct month_tokens { uint64_t account_id; int64_t month_start, tokens; };
bool months_add_runs(struct db_conn *c, const struct month_runs *m, unsigned n, struct error *err);
bool months_add_tokens(struct db_conn *c, const struct month_tokens *m, unsigned n, struct error *err);
/* Runs of a month past what its plan included; max_month -1: unlimited. */
int64_t month_overage(int64_t runs, int64_t max_month, bool overage_allowed);

/* Closes an account's earlier month, inside a transaction that holds its quota row: before its limits change, which the
 * old month's are not. */
bool months_close(struct db_conn *c, uint64_t account_id, int64_t now_ms, struct error *err);
/* A prune_fn: closes earlier months of accounts that were not used since; before: an instant of the month that goes on. */
bool months_close_some(struct db *db, struct db_conn **c, struct prune *p, struct error *err);

/* The months before the one that holds now_ms that an account used, newest first. runs and tokens: what its counters,
 * read before this, still have of an earlier month. */
struct closed_month { int64_t month_start, runs, overage, tokens; };
bool months_read(struct db_conn *c, int64_t now_ms, const struct month_runs *runs, const struct month_tokens *tokens,
                 struct closed_month out[MONTHS_SHOWN], unsigned *count, struct error *err);

#endif
