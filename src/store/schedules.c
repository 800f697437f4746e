/* Table schedules: reading, and what its owner writes. */
#include "store/schedules.h"

#include <string.h>

#include "store/cols.h"

#define COLUMNS \
	"s.id, s.account_id, s.agent, s.enabled, s.cron_expr, s.timezone, s.input, s.catch_up, s.overlap, s.starts_at," \
	" s.ends_at, s.pause_after_failures, s.failures, s.paused_at, s.created_at, s.updated_at, s.next_at, s.last_slot," \
	" s.last_run_at, s.last_execution_id, s.last_status, s.total_runs," \
	" (SELECT 1 FROM leases l WHERE l.execution_id = s.last_execution_id)"   /* of an open run: it is running */

static enum exec_status read_status(struct db_conn *c, unsigned stored, unsigned leased)
{
	enum exec_status status = (enum exec_status)db_col_int(c, stored);

	return status == EXEC_QUEUED && db_col_int(c, leased) ? EXEC_RUNNING : status;
}

static void read_row(struct db_conn *c, struct arena *a, struct schedule *s)
{
	memset(s, 0, sizeof *s);
	db_col_id(c, 0, &s->id);
	s->account_id = (uint64_t)db_col_int(c, 1);
	s->agent = col_kept(c, 2, a, NULL);
	s->enabled = db_col_int(c, 3) != 0;
	s->cron_expr = col_kept(c, 4, a, NULL);
	s->timezone = col_kept(c, 5, a, NULL);
	s->input = col_kept(c, 6, a, &s->input_len);
	s->catch_up = (enum catch_up)db_col_int(c, 7);
	s->overlap = (enum overlap)db_col_int(c, 8);
	s->starts_at = db_col_int(c, 9);
	s->ends_at = db_col_int(c, 10);
	s->pause_after_failures = (unsigned)db_col_int(c, 11);
	s->failures = (unsigned)db_col_int(c, 12);
	s->paused_at = db_col_int(c, 13);
	s->created_at = db_col_int(c, 14);
	s->updated_at = db_col_int(c, 15);
	s->next_at = db_col_int(c, 16);
	s->last_slot = db_col_int(c, 17);
	s->last_run_at = db_col_int(c, 18);
	s->has_status = db_col_id(c, 19, &s->last_execution_id) && !db_is_null(c, 20);
	if (s->has_status)
		s->last_status = read_status(c, 20, 22);
	s->total_runs = db_col_int(c, 21);
}

bool schedule_find(struct db_conn *c, uint64_t account_id, const char *agent, bool lock, struct arena *a,
                   struct schedule *out, bool *found, struct error *err)
{
	static const char look[] = "SELECT " COLUMNS " FROM schedules s WHERE s.account_id = ? AND s.agent = ?";
	/* nobody is waited for: whoever changes it holds the account's quota row */
	static const char take[] =
		"SELECT " COLUMNS " FROM schedules s WHERE s.account_id = ? AND s.agent = ? FOR UPDATE";
	struct db_arg args[2] = {db_int((int64_t)account_id), db_str(agent)};
	int got;

	*found = false;
	if (!db_query(c, lock ? take : look, args, 2, err))
		return false;
	got = db_next(c, err);
	if (got == 1) {
		read_row(c, a, out);
		*found = true;
	}
	db_end(c);
	return got >= 0;
}

bool schedule_list(struct db_conn *c, uint64_t account_id, struct arena *a, struct schedule **out, unsigned *count,
                   struct error *err)
{
	static const char sql[] =
		"SELECT " COLUMNS " FROM schedules s WHERE s.account_id = ? ORDER BY s.agent";
	struct db_arg arg = db_int((int64_t)account_id);
	unsigned room = 0;
	int got;

	*out = NULL;
	*count = 0;
	if (!db_query(c, sql, &arg, 1, err))
		return false;
	while ((got = db_next(c, err)) == 1) {
		*out = col_room(a, *out, *count, &room, sizeof **out);
		read_row(c, a, &(*out)[(*count)++]);
	}
	db_end(c);
	return got == 0;
}

/* ---- changing ---- */

#define DEFINITION_COUNT 14
/* What both statements write, in their order. */
static void definition(const struct schedule *s, struct db_arg *args)
{
	args[0] = db_int(s->enabled);
	args[1] = db_opt_int(s->next_at);
	args[2] = db_str(s->cron_expr);
	args[3] = db_str(s->timezone);
	args[4] = db_int(s->catch_up);
	args[5] = db_int(s->overlap);
	args[6] = db_opt_int(s->starts_at);
	args[7] = db_opt_int(s->ends_at);
	args[8] = db_opt_int(s->pause_after_failures);
	args[9] = db_int(s->failures);
	args[10] = db_opt_int(s->paused_at);
	args[11] = db_int(s->updated_at);
	args[12] = db_bytes(s->input, s->input_len);
	args[13] = db_id(&s->id);
}

bool schedule_insert(struct db_conn *c, const struct schedule *s, struct error *err)
{
	static const char sql[] =
		"INSERT INTO schedules (enabled, next_at, cron_expr, timezone, catch_up, overlap, starts_at, ends_at,"
		" pause_after_failures, failures, paused_at, updated_at, input, id, account_id, agent, created_at)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
	struct db_arg args[DEFINITION_COUNT + 3];

	definition(s, args);
	args[DEFINITION_COUNT] = db_int((int64_t)s->account_id);
	args[DEFINITION_COUNT + 1] = db_str(s->agent);
	args[DEFINITION_COUNT + 2] = db_int(s->created_at);
	return db_exec(c, sql, args, DEFINITION_COUNT + 3, NULL, err);
}

bool schedule_update(struct db_conn *c, const struct schedule *s, struct error *err)
{
	static const char sql[] =
		"UPDATE schedules SET enabled = ?, next_at = ?, cron_expr = ?, timezone = ?, catch_up = ?, overlap = ?,"
		" starts_at = ?, ends_at = ?, pause_after_failures = ?, failures = ?, paused_at = ?, updated_at = ?,"
		" input = ? WHERE id = ?";
	struct db_arg args[DEFINITION_COUNT];

	definition(s, args);
	return db_exec(c, sql, args, DEFINITION_COUNT, NULL, err);
}
