/* The counters of account_quota against the rows they count. One statement sees one state of the
 * database, so a difference is a fault and not a run that is just moving. */
#include "store/queue_priv.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"

#define AUDIT_MAX DB_LIST_MAX   /* accounts repaired in one call */

struct audit {
	uint64_t account_id;
	bool     suspected, differs;      /* suspected: its counters were wrong; otherwise a slot was left free */
	int64_t  was_active, was_held, active, held;
	unsigned promoted;
};

static bool find_accounts(struct db_conn *c, struct audit *found, unsigned *n, struct error *err)
{
	static const char sql[] =
		"SELECT account_id, active <> counted_active OR held <> counted_held FROM"
		" (SELECT q.account_id, q.active, q.held, q.max_concurrent,"
		" COALESCE(r.n, 0) + COALESCE(l.n, 0) + COALESCE(d.n, 0) AS counted_active,"
		" COALESCE(h.n, 0) AS counted_held FROM account_quota q"
		" LEFT JOIN (SELECT account_id, COUNT(*) AS n FROM queue_ready GROUP BY account_id) r"
		" ON r.account_id = q.account_id"
		" LEFT JOIN (SELECT account_id, COUNT(*) AS n FROM leases GROUP BY account_id) l"
		" ON l.account_id = q.account_id"
		" LEFT JOIN (SELECT account_id, COUNT(*) AS n FROM queue_later WHERE has_slot = 1"
		" GROUP BY account_id) d ON d.account_id = q.account_id"
		" LEFT JOIN (SELECT account_id, COUNT(*) AS n FROM queue_held GROUP BY account_id) h"
		" ON h.account_id = q.account_id) counted"
		" WHERE active <> counted_active OR held <> counted_held"
		" OR (held > 0 AND (max_concurrent IS NULL OR active < max_concurrent))"
		" ORDER BY account_id LIMIT ?";
	struct db_arg limit = db_int(AUDIT_MAX);
	int got;

	*n = 0;
	if (!db_query(c, sql, &limit, 1, err))
		return false;
	while ((got = db_next(c, err)) == 1 && *n < AUDIT_MAX)
		found[(*n)++] = (struct audit){.account_id = (uint64_t)db_col_int(c, 0),
		                               .suspected = db_col_int(c, 1) != 0};
	db_end(c);
	return got >= 0;
}

/* With the quota row held only claims go on, and they change no sum. */
static bool count_account(struct db_conn *c, struct audit *a, struct error *err)
{
	static const char sql[] =
		"SELECT (SELECT COUNT(*) FROM queue_ready WHERE account_id = ?)"
		" + (SELECT COUNT(*) FROM leases WHERE account_id = ?)"
		" + (SELECT COUNT(*) FROM queue_later WHERE account_id = ? AND has_slot = 1),"
		" (SELECT COUNT(*) FROM queue_held WHERE account_id = ?)";
	struct db_arg id = db_int((int64_t)a->account_id);
	struct db_arg args[4] = {id, id, id, id};
	int got;

	if (!db_query(c, sql, args, 4, err))
		return false;
	got = db_next(c, err);
	if (got == 1) {
		a->active = db_col_int(c, 0);
		a->held = db_col_int(c, 1);
	}
	db_end(c);
	return got == 1;
}

static bool audit_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct audit *a = ctx;
	struct slots s;
	struct slot_row *r;

	a->promoted = 0;
	a->differs = false;
	slots_init(&s);
	slots_want(&s, a->account_id);
	if (!slots_lock(c, &s, err))
		return false;
	r = slots_of(&s, a->account_id);
	if (!r)
		return true;
	a->was_active = a->active = r->active;
	a->was_held = a->held = r->held;
	/* a count reads the queue while the account is locked: only where there is a fault to mend */
	if (a->suspected && !count_account(c, a, err))
		return false;
	a->differs = r->active != a->active || r->held != a->held;
	r->active = a->active;
	r->held = a->held;
	r->changed |= a->differs;
	return slots_fill(c, &s, &a->promoted, err) && slots_write(c, &s, err);
}

bool queue_audit_slots(struct db *db, struct db_conn **c, unsigned *repaired, unsigned *promoted, struct error *err)
{
	struct audit found[AUDIT_MAX];
	unsigned n, i;

	*repaired = *promoted = 0;
	if (!queue_conn(db, c, err) || !find_accounts(*c, found, &n, err))
		return false;
	for (i = 0; i < n; i++) {
		struct audit *a = &found[i];

		if (!db_transaction_on(db, c, audit_body, NULL, a, err))
			return false;
		*promoted += a->promoted;
		if (!a->differs)
			continue;
		(*repaired)++;
		log_write(LOG_WARN, "slot counters repaired",
		          "account=%" PRIu64 " active=%" PRId64 " counted=%" PRId64 " held=%" PRId64
		          " held_counted=%" PRId64, a->account_id, a->was_active, a->active,
		          a->was_held, a->held);
	}
	return true;
}
