/* Table execution_steps. */
#include "store/executions.h"

#include <string.h>

#include "store/cols.h"

bool execution_steps(struct db_conn *c, const struct id *id, unsigned after, unsigned max,
                     struct arena *a, struct execution_step *out, unsigned *count, struct error *err)
{
	static const char sql[] =
		"SELECT seq, at, kind, name, detail, tokens, duration_ms FROM execution_steps"
		" WHERE execution_id = ? AND seq > ? ORDER BY seq LIMIT ?";
	struct db_arg args[3] = {db_id(id), db_int(after), db_int(max)};
	int got;

	*count = 0;
	if (!db_query(c, sql, args, 3, err))
		return false;
	while ((got = db_next(c, err)) == 1 && *count < max) {
		struct execution_step *s = &out[(*count)++];

		memset(s, 0, sizeof *s);
		s->execution_id = *id;
		s->seq = (unsigned)db_col_int(c, 0);
		s->at = db_col_int(c, 1);
		s->kind = col_kept(c, 2, a, NULL);
		s->name = col_kept(c, 3, a, NULL);
		s->detail = col_kept(c, 4, a, &s->detail_len);
		s->has_tokens = !db_is_null(c, 5);
		s->tokens = db_col_int(c, 5);
		s->has_duration = !db_is_null(c, 6);
		s->duration_ms = db_col_int(c, 6);
	}
	db_end(c);
	return got >= 0;
}

bool execution_steps_add(struct db_conn *c, const struct execution_step *steps, unsigned n,
                         struct error *err)
{
	static const char sql[] =
		"INSERT INTO execution_steps (execution_id, seq, at, kind, name, detail, tokens, duration_ms)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE at = VALUES(at)";
	struct db_arg args[DB_LIST_MAX * 8];

	while (n > 0) {
		unsigned rows = n < DB_LIST_MAX ? n : DB_LIST_MAX, i;
		struct db_arg *at = args;

		for (i = 0; i < rows; i++, steps++) {
			*at++ = db_id(&steps->execution_id);
			*at++ = db_int(steps->seq);
			*at++ = db_int(steps->at);
			*at++ = db_str(steps->kind);
			*at++ = db_str(steps->name);
			*at++ = db_bytes(steps->detail, steps->detail_len);
			*at++ = steps->has_tokens ? db_int(steps->tokens) : db_null();
			*at++ = steps->has_duration ? db_int(steps->duration_ms) : db_null();
		}
		if (!db_exec_rows(c, sql, args, 8, rows, NULL, err))
			return false;
		n -= rows;
	}
	return true;
}
