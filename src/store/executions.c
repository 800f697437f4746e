/* Reading executions, and the names of their states. */
#include "store/executions_priv.h"

#include <string.h>

#include "store/cols.h"

static const char *const status_names[EXEC_STATUS__MAX] = {
	[EXEC_QUEUED] = "queued", [EXEC_RUNNING] = "running", [EXEC_SUCCESS] = "success",
	[EXEC_FAILED] = "failed"};
static const char *const trigger_names[TRIGGER__MAX] = {
	[TRIGGER_API] = "api", [TRIGGER_SCHEDULE] = "schedule", [TRIGGER_MANUAL] = "manual",
	[TRIGGER_MCP] = "mcp"};

static bool by_name(const char *const *names, unsigned n, const char *name, unsigned *out)
{
	for (*out = 0; *out < n; (*out)++)
		if (strcmp(names[*out], name) == 0)
			return true;
	return false;
}

const char *exec_status_name(enum exec_status s)
{
	return (unsigned)s < EXEC_STATUS__MAX ? status_names[s] : "";
}

bool exec_status_by_name(const char *name, enum exec_status *out)
{
	unsigned i;
	bool found = by_name(status_names, EXEC_STATUS__MAX, name, &i);

	if (found)
		*out = (enum exec_status)i;
	return found;
}

const char *exec_trigger_name(enum exec_trigger t)
{
	return (unsigned)t < TRIGGER__MAX ? trigger_names[t] : "";
}

bool exec_trigger_by_name(const char *name, enum exec_trigger *out)
{
	unsigned i;
	bool found = by_name(trigger_names, TRIGGER__MAX, name, &i);

	if (found)
		*out = (enum exec_trigger)i;
	return found;
}

#define WHOLE_COLUMNS EXECUTION_COLUMNS ", " LEASE_COLUMNS ", e.webhook_url, r.output"
#define WHOLE_JOINS \
	" LEFT JOIN execution_results r ON r.execution_id = e.id" \
	" LEFT JOIN leases l ON l.execution_id = e.id"

#define WHOLE_COUNT (EXECUTION_COLUMN_COUNT + LEASE_COLUMN_COUNT + 2)

/* A leased run has started one attempt more than it has used up. */
static void read_lease(struct db_conn *c, unsigned at, struct execution *e)
{
	e->status = EXEC_RUNNING;
	e->attempt = (unsigned)db_col_int(c, at) + 1;
	if (e->started_at == 0)
		e->started_at = db_col_int(c, at + 1);
}

void execution_read(struct db_conn *c, unsigned at, unsigned lease_at, struct arena *a,
                    struct execution *e)
{
	memset(e, 0, sizeof *e);
	db_col_id(c, at, &e->id);
	e->account_id = (uint64_t)db_col_int(c, at + 1);
	e->agent = col_kept(c, at + 2, a, NULL);
	e->status = (enum exec_status)db_col_int(c, at + 3);   /* EXEC_QUEUED is the open one */
	e->trigger = (enum exec_trigger)db_col_int(c, at + 4);
	e->queued_at = db_col_int(c, at + 5);
	e->started_at = db_col_int(c, at + 6);
	e->completed_at = db_col_int(c, at + 7);
	e->attempt = (unsigned)db_col_int(c, at + 8);
	e->error_code = col_kept(c, at + 9, a, NULL);
	e->error_message = col_kept(c, at + 10, a, NULL);
	e->has_tokens = !db_is_null(c, at + 11);
	e->tokens_used = db_col_int(c, at + 11);
	e->has_duration = !db_is_null(c, at + 12);
	e->duration_ms = db_col_int(c, at + 12);
	e->has_schedule = db_col_id(c, at + 13, &e->schedule_id);
	e->summary = col_kept(c, at + 14, a, NULL);
	e->run_at = db_col_int(c, at + 15);
	e->max_tokens = db_col_int(c, at + 16);
	if (e->status == EXEC_QUEUED && lease_at > 0 && !db_is_null(c, lease_at))
		read_lease(c, lease_at, e);
}

static void read_whole(struct db_conn *c, struct arena *a, struct execution *e)
{
	unsigned at = EXECUTION_COLUMN_COUNT + LEASE_COLUMN_COUNT;

	execution_read(c, 0, EXECUTION_COLUMN_COUNT, a, e);
	e->webhook_url = col_kept(c, at, a, NULL);
	e->output = col_kept(c, at + 1, a, &e->output_len);
}

bool execution_find(struct db_conn *c, uint64_t account_id, const struct id *id, struct arena *a,
                    struct execution *out, bool *found, struct error *err)
{
	static const char sql[] = "SELECT " WHOLE_COLUMNS " FROM executions e" WHOLE_JOINS " WHERE e.id = ?";
	struct db_arg arg = db_id(id);
	int got;

	*found = false;
	if (!db_query(c, sql, &arg, 1, err))
		return false;
	got = db_next(c, err);
	/* another account's is not found: looked at here, so that the key stays the whole condition */
	if (got == 1 && (account_id == 0 || (uint64_t)db_col_int(c, 1) == account_id)) {
		read_whole(c, a, out);
		*found = true;
	}
	db_end(c);
	return got >= 0;
}

bool executions_query(struct db_conn *c, const char *fmt, const struct id *ids, unsigned n, struct error *err)
{
	struct db_arg args[DB_LIST_MAX];
	unsigned size = db_list_size(n), i;

	INVARIANT(n > 0, "no execution is asked for");
	for (i = 0; i < size; i++)
		args[i] = db_id(&ids[i < n ? i : n - 1]);
	return db_query(c, db_list_sql(fmt, "?", size), args, size, err);
}

bool execution_find_many(struct db_conn *c, const struct id *ids, unsigned n, struct arena *a,
                         struct execution *out, unsigned *count, struct error *err)
{
	static const char sql[] = "SELECT " WHOLE_COLUMNS ", a.public_id"
				  " FROM executions e FORCE INDEX (PRIMARY)"
				  " STRAIGHT_JOIN accounts a ON a.id = e.account_id" WHOLE_JOINS
				  " WHERE e.id IN (%s)";
	int got;

	*count = 0;
	if (n == 0)
		return true;
	if (!executions_query(c, sql, ids, n, err))
		return false;
	while ((got = db_next(c, err)) == 1 && *count < n) {
		read_whole(c, a, &out[*count]);
		db_col_id(c, WHOLE_COUNT, &out[(*count)++].account_public_id);
	}
	db_end(c);
	return got >= 0;
}

_Static_assert(EXECUTION_OUTPUT_WHOLE == 65536, "the statement has the figure");

bool execution_find_group(struct db_conn *c, const struct id *ids, unsigned n, struct arena *a,
                          struct execution *out, unsigned *count, struct error *err)
{
	static const char sql[] =
		"SELECT " EXECUTION_COLUMNS ", " LEASE_COLUMNS ", e.webhook_url,"
		" IF(LENGTH(r.output) <= 65536, r.output, NULL), LENGTH(r.output)"
		" FROM executions e FORCE INDEX (PRIMARY)" WHOLE_JOINS " WHERE e.id IN (%s)";
	int got;

	*count = 0;
	if (!executions_query(c, sql, ids, n, err))
		return false;
	while ((got = db_next(c, err)) == 1 && *count < n) {
		struct execution *e = &out[(*count)++];

		read_whole(c, a, e);
		if (!e->output)
			e->output_len = (size_t)db_col_int(c, WHOLE_COUNT);
	}
	db_end(c);
	return got >= 0;
}
