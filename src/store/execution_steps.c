/* Table execution_steps. */
#include "store/executions.h"

#include <string.h>

#include "store/cols.h"

#define STEP_COLUMNS "execution_id, seq, at, kind, name, detail, tokens, duration_ms"

static void read_step(struct db_conn *c, struct arena *a, struct execution_step *s)
{
	memset(s, 0, sizeof *s);
	db_col_id(c, 0, &s->execution_id);
	s->seq = (unsigned)db_col_int(c, 1);
	s->at = db_col_int(c, 2);
	s->kind = col_kept(c, 3, a, NULL);
	s->name = col_kept(c, 4, a, NULL);
	s->detail = col_kept(c, 5, a, &s->detail_len);
	s->has_tokens = !db_is_null(c, 6);
	s->tokens = db_col_int(c, 6);
	s->has_duration = !db_is_null(c, 7);
	s->duration_ms = db_col_int(c, 7);
}

bool execution_steps(struct db_conn *c, const struct id *id, unsigned after, unsigned max,
                     struct arena *a, struct execution_step *out, unsigned *count, struct error *err)
{
	static const char sql[] =
		"SELECT " STEP_COLUMNS " FROM execution_steps"
		" WHERE execution_id = ? AND seq > ? ORDER BY seq LIMIT ?";
	struct db_arg args[3] = {db_id(id), db_int(after), db_int(max)};
	int got;

	*count = 0;
	if (!db_query(c, sql, args, 3, err))
		return false;
	while ((got = db_next(c, err)) == 1 && *count < max)
		read_step(c, a, &out[(*count)++]);
	db_end(c);
	return got >= 0;
}

/* A range of the primary key for each. db_list_sql's lists have commas between them, so the sizes stand here. */
#define STEPS_1  "(execution_id = ? AND seq BETWEEN ? AND ?)"
#define STEPS_4  STEPS_1 " OR " STEPS_1 " OR " STEPS_1 " OR " STEPS_1
#define STEPS_16 STEPS_4 " OR " STEPS_4 " OR " STEPS_4 " OR " STEPS_4
#define STEPS_64 STEPS_16 " OR " STEPS_16 " OR " STEPS_16 " OR " STEPS_16
#define STEPS_MANY(ranges) \
	"SELECT " STEP_COLUMNS " FROM execution_steps FORCE INDEX (PRIMARY) WHERE " ranges " ORDER BY execution_id, seq"

static bool query_many(struct db_conn *c, const struct execution_steps *of, unsigned n, struct error *err)
{
	static const char one[] = STEPS_MANY(STEPS_1), four[] = STEPS_MANY(STEPS_4), sixteen[] = STEPS_MANY(STEPS_16),
		sixty_four[] = STEPS_MANY(STEPS_64);
	unsigned size = db_list_size(n), i;
	const char *sql = size == 1 ? one : size == 4 ? four : size == 16 ? sixteen : sixty_four;
	struct db_arg args[DB_LIST_MAX * 3], *at = args;

	for (i = 0; i < size; i++) {
		const struct execution_steps *s = &of[i < n ? i : n - 1];

		*at++ = db_id(&s->id);
		*at++ = db_int((int64_t)s->after + 1);
		*at++ = db_int(s->last);
	}
	return db_query(c, sql, args, size * 3, err);
}

/* Rows come in order: a share that is used up ends with this one. */
static void give(struct execution_steps *to, const struct execution_step *step, size_t share)
{
	to->steps[to->count++] = *step;
	to->bytes += strlen(step->kind) + strlen(step->name) + step->detail_len;
	if (to->bytes >= share)
		to->last = step->seq;
}

static bool wants(const struct execution_steps *s, const struct id *id, unsigned seq)
{
	return seq > s->after && seq <= s->last && id_cmp(&s->id, id) == 0;
}

/* A step that nobody takes any more takes no memory either. */
static void hand_out(struct db_conn *c, struct execution_steps *of, unsigned n, struct arena *a)
{
	struct execution_step step = {.seq = (unsigned)db_col_int(c, 1)};
	bool kept = false;
	unsigned i;

	db_col_id(c, 0, &step.execution_id);
	for (i = 0; i < n; i++) {
		if (!wants(&of[i], &step.execution_id, step.seq))
			continue;
		if (!kept)
			read_step(c, a, &step);
		kept = true;
		give(&of[i], &step, EXECUTION_STEPS_BYTES / n);
	}
}

static void prepare(struct execution_steps *s, unsigned share, struct arena *a)
{
	unsigned rows = s->last > s->after ? s->last - s->after : 0;

	if (rows > share)
		s->last = s->after + share;
	s->steps = arena_alloc(a, (rows < share ? rows : share) * sizeof *s->steps);
	s->count = 0;
	s->bytes = 0;
}

bool execution_steps_many(struct db_conn *c, struct execution_steps *of, unsigned n, struct arena *a,
                          struct error *err)
{
	unsigned i;
	int got;

	INVARIANT(n > 0 && n <= DB_LIST_MAX, "steps of too many executions, or of none");
	for (i = 0; i < n; i++)
		prepare(&of[i], EXECUTION_STEPS_ROWS / n, a);
	if (!query_many(c, of, n, err))
		return false;
	while ((got = db_next(c, err)) == 1)
		hand_out(c, of, n, a);
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
