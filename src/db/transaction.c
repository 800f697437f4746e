/* Transactions: BEGIN and COMMIT, what is repeated after which error, and what is asked when the
 * outcome of a COMMIT is not known. */
#include "db/db_priv.h"

#include <time.h>

#include "base/rnd.h"

#define BACKOFF_FIRST_US 2000
#define BACKOFF_MAX_US   200000

bool db_begin(struct db_conn *c, struct error *err)
{
	INVARIANT(!c->in_tx, "a transaction inside a transaction");
	if (!db_conn_ready(c, err) || (!pack_begin(c) && !db_text_run(c, "BEGIN", err)))
		return false;
	c->in_tx = true;
	return true;
}

bool db_commit(struct db_conn *c, struct error *err)
{
	bool ok;

	INVARIANT(c->in_tx, "COMMIT without a transaction");
	if (!db_conn_ready(c, err)) {
		/* lost before the COMMIT was sent: rolled back */
		pack_reset(c);
		c->in_tx = false;
		return false;
	}
	ok = c->pack.on ? pack_commit(c, err) : db_text_run(c, "COMMIT", err);
	c->in_tx = false;
	if (ok) {
		atomic_fetch_add_explicit(&c->db->transactions, 1, memory_order_relaxed);
		return true;
	}
	if (err)
		err->outcome_unknown = c->broken && err->db_errno != DBE_NODE_NOT_READY;
	return false;
}

void db_rollback(struct db_conn *c)
{
	struct error err;

	if (!c->in_tx)
		return;
	if (c->reading)
		db_end(c);
	if (c->pack.on && !pack_rollback(c)) {
		c->in_tx = false;
		return;
	}
	/* what cannot be told to roll back is rolled back by closing it */
	if (!c->broken && !db_text_run(c, "ROLLBACK", &err))
		c->broken = true;
	c->in_tx = false;
}

static void back_off(unsigned try)
{
	int64_t most = BACKOFF_FIRST_US << try, us;
	struct timespec t = {0};

	most = most < BACKOFF_MAX_US ? most : BACKOFF_MAX_US;
	us = (int64_t)(rnd_unit() * (double)most);
	t.tv_nsec = us * 1000;
	nanosleep(&t, NULL);
}

static bool run_once(struct db_conn *c, db_body body, void *ctx, struct error *err)
{
	if (!db_begin(c, err))
		return false;
	if (!body(c, ctx, err)) {
		db_rollback(c);
		return false;
	}
	return db_commit(c, err);
}

/* After a failover another node may not have the write yet: it is waited for. */
static int ask(struct db_conn *c, db_applied applied, void *ctx)
{
	struct error err;
	int answer;

	if (!db_conn_ready(c, &err))
		return -1;
	if (c->galera && !db_text_run(c, "SET SESSION wsrep_sync_wait = 1", &err))
		return -1;
	answer = applied(c, ctx);
	if (c->galera && !c->broken && !db_text_run(c, "SET SESSION wsrep_sync_wait = DEFAULT", &err))
		c->broken = true;
	return answer;
}

/* 1 done, 0 to be run again, -1 the error stands. *doubt: a COMMIT of this transaction went
 * unanswered and may yet be applied. */
static int judge(struct db_conn *c, db_applied applied, void *ctx, bool *doubt,
                 const struct error *err)
{
	if (err->outcome_unknown)
		*doubt = true;
	else if (!(*doubt && err->db_errno == DBE_DUPLICATE))
		return db_number_repeat((unsigned)err->db_errno) ||
			db_number_lost((unsigned)err->db_errno) ? 0 : -1;
	if (!applied)
		return err->outcome_unknown ? 0 : -1;
	return ask(c, applied, ctx);
}

static bool run(struct db_conn *c, db_body body, db_applied applied, void *ctx, struct error *err)
{
	bool doubt = false;
	unsigned try;

	for (try = 0; try < DB_TRIES; try++) {
		struct error e = {0};
		bool was_up;
		int verdict;

		if (try > 0) {
			atomic_fetch_add_explicit(&c->db->retries, 1, memory_order_relaxed);
			back_off(try);
		}
		was_up = db_conn_ready(c, &e);
		if (was_up && run_once(c, body, ctx, &e))
			return true;
		verdict = was_up ? judge(c, applied, ctx, &doubt, &e) : -1;
		if (verdict == 1) {
			atomic_fetch_add_explicit(&c->db->transactions, 1, memory_order_relaxed);
			return true;
		}
		e.outcome_unknown = doubt;
		if (err)
			*err = e;
		if (verdict < 0)
			break;
	}
	return false;
}

bool db_transaction(struct db *db, db_body body, db_applied applied, void *ctx, struct error *err)
{
	struct db_conn *c = db_get(db, err);
	bool ok = c && run(c, body, applied, ctx, err);

	db_put(db, c);
	return ok;
}

bool db_transaction_on(struct db *db, struct db_conn **c, db_body body, db_applied applied,
                       void *ctx, struct error *err)
{
	if (!*c && !(*c = db_get(db, err)))
		return false;
	return run(*c, body, applied, ctx, err);
}
