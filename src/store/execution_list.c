/* The list of an account's executions. */
#include "store/executions_priv.h"

static bool filters(const struct execution_filter *f)
{
	return f->status >= 0 || f->agent || f->trigger >= 0 || f->has_schedule;
}

/* The id that is EXECUTION_SCAN_MAX rows down the range, if there are so many: read from the index alone. */
static bool find_bound(struct db_conn *c, const struct execution_filter *f, struct id *bound, bool *bounded,
                       struct error *err)
{
	static const char sql[] =
		"SELECT id FROM executions FORCE INDEX (executions_account)"
		" WHERE account_id = ? AND id >= ? AND id < ? ORDER BY account_id DESC, id DESC LIMIT 1 OFFSET ?";
	struct db_arg args[4] = {db_int((int64_t)f->account_id), db_id(&f->from), db_id(&f->before),
	                         db_int(EXECUTION_SCAN_MAX - 1)};
	int got;

	*bounded = false;
	if (!db_query(c, sql, args, 4, err))
		return false;
	got = db_next(c, err);
	*bounded = got == 1 && db_col_id(c, 0, bound);
	db_end(c);
	return got >= 0;
}

/* A condition that is not asked for is passed by its first argument. */
static void filter_args(const struct execution_filter *f, struct db_arg *args)
{
	bool open = f->status == EXEC_QUEUED || f->status == EXEC_RUNNING;

	args[0] = db_int(f->status >= 0);
	args[1] = db_int(open ? 0 : f->status);
	args[2] = db_int(open);
	args[3] = db_int(f->status == EXEC_RUNNING);
	args[4] = db_int(f->agent != NULL);
	args[5] = db_str(f->agent ? f->agent : "");
	args[6] = db_int(f->trigger >= 0);
	args[7] = db_int(f->trigger);
	args[8] = db_int(f->has_schedule);
	args[9] = db_id(&f->schedule_id);
}

static bool read_page(struct db_conn *c, const struct execution_filter *f, const struct id *from,
                      struct arena *a, struct execution *out, unsigned *count, bool *full,
                      struct error *err)
{
	static const char sql[] =
		"SELECT " EXECUTION_COLUMNS ", " LEASE_COLUMNS " FROM executions e FORCE INDEX (executions_account)"
		" LEFT JOIN execution_results r ON r.execution_id = e.id"
		" LEFT JOIN leases l ON l.execution_id = e.id"
		" WHERE e.account_id = ? AND e.id >= ? AND e.id < ?"
		" AND (? = 0 OR COALESCE(r.status, 0) = ?) AND (? = 0 OR (l.execution_id IS NOT NULL) = ?)"
		" AND (? = 0 OR e.agent = ?) AND (? = 0 OR e.trigger_type = ?) AND (? = 0 OR e.schedule_id = ?)"
		" ORDER BY e.account_id DESC, e.id DESC LIMIT ?";
	struct db_arg args[14] = {db_int((int64_t)f->account_id), db_id(from), db_id(&f->before)};
	int got;

	filter_args(f, args + 3);
	args[13] = db_int((int64_t)f->limit + 1);
	*count = 0;
	*full = false;
	if (!db_query(c, sql, args, 14, err))
		return false;
	while ((got = db_next(c, err)) == 1 && !*full) {
		*full = *count == f->limit;
		if (!*full)
			execution_read(c, 0, EXECUTION_COLUMN_COUNT, a, &out[(*count)++]);
	}
	db_end(c);
	return got >= 0;
}

bool execution_list(struct db_conn *c, const struct execution_filter *f, struct arena *a,
                    struct execution *out, unsigned *count, bool *more, struct id *last,
                    struct error *err)
{
	struct id from = f->from;
	bool bounded = false, full;

	if (filters(f) && !find_bound(c, f, &from, &bounded, err))
		return false;
	if (!read_page(c, f, &from, a, out, count, &full, err))
		return false;
	/* the bound itself was looked at; the range goes on below it unless it began there */
	*more = full || (bounded && id_cmp(&from, &f->from) > 0);
	if (full)
		*last = out[*count - 1].id;
	else
		*last = from;
	return true;
}
