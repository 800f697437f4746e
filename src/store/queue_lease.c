/* Leases while they are held: renewal, the check before an effect, steps written under them. They
 * are locked in order of their ids, as the end of runs does. */
#include "store/queue_priv.h"

#include <stdlib.h>
#include <string.h>

struct lease_set {
	const struct lease_ref *l;
	unsigned n;
	int64_t  expires_at;
	bool    *lost, *cancel;
	const struct execution_step *steps;
	unsigned step_count;
};

static int index_of(const struct lease_set *s, const struct id *id)
{
	unsigned i;

	for (i = 0; i < s->n; i++)
		if (id_cmp(&s->l[i].id, id) == 0)
			return (int)i;
	return -1;
}

/* Fills lost and cancel; the rows stay locked until the transaction ends. */
static bool lock_leases(struct db_conn *c, struct lease_set *s, struct error *err)
{
	static const char sql[] =
		"SELECT execution_id, token, cancel FROM leases FORCE INDEX (PRIMARY)"
		" WHERE execution_id IN (%s) ORDER BY execution_id FOR UPDATE";
	struct db_arg args[DB_LIST_MAX];
	struct id ids[DB_LIST_MAX];
	unsigned size, i;
	int got;

	for (i = 0; i < s->n; i++) {
		ids[i] = s->l[i].id;
		s->lost[i] = true;
		s->cancel[i] = false;
	}
	size = list_of_ids(args, ids, s->n);
	if (!db_query(c, db_list_sql(sql, "?", size), args, size, err))
		return false;
	while ((got = db_next(c, err)) == 1) {
		struct id id;
		int at = db_col_id(c, 0, &id) ? index_of(s, &id) : -1;

		if (at >= 0 && (uint64_t)db_col_int(c, 1) == s->l[at].token) {
			s->lost[at] = false;
			s->cancel[at] = db_col_int(c, 2) != 0;
		}
	}
	db_end(c);
	return got == 0;
}

static bool renew_body(struct db_conn *c, void *ctx, struct error *err)
{
	static const char sql[] =
		"UPDATE leases SET expires_at = ? WHERE execution_id = ? AND token = ?";
	struct lease_set *s = ctx;
	struct db_arg args[DB_LIST_MAX * 3], *at = args;
	unsigned i, rows = 0;

	if (!lock_leases(c, s, err))
		return false;
	for (i = 0; i < s->n; i++) {
		if (s->lost[i])
			continue;
		*at++ = db_int(s->expires_at);
		*at++ = db_id(&s->l[i].id);
		*at++ = db_int((int64_t)s->l[i].token);
		rows++;
	}
	return rows == 0 || db_exec_rows(c, sql, args, 3, rows, NULL, err);
}

bool queue_renew(struct db *db, struct db_conn **c, const struct lease_ref *l, unsigned n,
                 int64_t expires_at, bool *lost, bool *cancel, struct error *err)
{
	unsigned from;

	for (from = 0; from < n; from += DB_LIST_MAX) {
		struct lease_set s = {.l = l + from, .expires_at = expires_at,
		                      .n = n - from < DB_LIST_MAX ? n - from : DB_LIST_MAX,
		                      .lost = lost + from, .cancel = cancel + from};

		if (!queue_conn(db, c, err) ||
		    !db_transaction_on(db, c, renew_body, NULL, &s, err))
			return false;
	}
	return true;
}

bool queue_lease_check(struct db_conn *c, const struct lease_ref *l, int64_t now_ms, bool *held,
                       bool *cancel, struct error *err)
{
	static const char sql[] =
		"SELECT cancel, expires_at FROM leases WHERE execution_id = ? AND token = ?";
	struct db_arg args[2] = {db_id(&l->id), db_int((int64_t)l->token)};
	int got;

	*held = *cancel = false;
	if (!db_query(c, sql, args, 2, err))
		return false;
	got = db_next(c, err);
	if (got == 1) {
		*cancel = db_col_int(c, 0) != 0;
		*held = db_col_int(c, 1) > now_ms;
	}
	db_end(c);
	return got >= 0;
}

static bool steps_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct lease_set *s = ctx;
	struct execution_step some[DB_LIST_MAX];
	unsigned i, rows = 0;

	if (!lock_leases(c, s, err))
		return false;
	for (i = 0; i < s->step_count; i++) {
		int at = index_of(s, &s->steps[i].execution_id);

		if (at < 0 || s->lost[at])
			continue;
		some[rows++] = s->steps[i];
		if (rows == DB_LIST_MAX) {
			if (!execution_steps_add(c, some, rows, err))
				return false;
			rows = 0;
		}
	}
	return rows == 0 || execution_steps_add(c, some, rows, err);
}

bool queue_add_steps(struct db *db, struct db_conn **c, const struct lease_ref *l, unsigned n,
                     const struct execution_step *steps, unsigned step_count, struct error *err)
{
	bool lost[DB_LIST_MAX], cancel[DB_LIST_MAX];
	struct lease_set s = {.l = l, .n = n, .lost = lost, .cancel = cancel, .steps = steps,
	                      .step_count = step_count};

	INVARIANT(n <= DB_LIST_MAX, "steps of more runs than one transaction takes");
	return n == 0 || (queue_conn(db, c, err) &&
	                  db_transaction_on(db, c, steps_body, NULL, &s, err));
}
