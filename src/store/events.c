#include "store/events.h"

#include "store/cols.h"

static bool insert_some(struct db_conn *c, const struct event *e, unsigned n, struct error *err)
{
	static const char sql[] = "INSERT INTO events (id, account_id, event, at, payload) VALUES (?, ?, ?, ?, ?)";
	struct db_arg args[DB_LIST_MAX * 5], *at = args;
	unsigned i;

	for (i = 0; i < n; i++) {
		*at++ = db_id(&e[i].id);
		*at++ = db_int((int64_t)e[i].account_id);
		*at++ = db_int(e[i].event);
		*at++ = db_int(e[i].at);
		*at++ = db_bytes(e[i].payload, e[i].payload_len);
	}
	return db_exec_rows(c, sql, args, 5, n, NULL, err);
}

bool events_insert(struct db_conn *c, const struct event *e, unsigned n, struct error *err)
{
	unsigned from, some;

	for (from = 0; from < n; from += some) {
		some = n - from < DB_LIST_MAX ? n - from : DB_LIST_MAX;
		if (!insert_some(c, e + from, some, err))
			return false;
	}
	return true;
}

bool event_find(struct db_conn *c, uint64_t account_id, const struct id *id, struct arena *a, struct event *out, bool *found,
                struct error *err)
{
	static const char sql[] = "SELECT event, at, payload FROM events WHERE id = ? AND account_id = ?";
	struct db_arg args[2] = {db_id(id), db_int((int64_t)account_id)};
	int got;

	if (!db_query(c, sql, args, 2, err))
		return false;
	got = db_next(c, err);
	*found = got == 1;
	if (got == 1) {
		*out = (struct event){.id = *id, .account_id = account_id, .event = (enum event_type)db_col_int(c, 0),
		                      .at = db_col_int(c, 1)};
		out->payload = col_kept(c, 2, a, &out->payload_len);
	}
	db_end(c);
	return got >= 0;
}
