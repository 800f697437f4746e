/* What sending needs of deliveries that were picked: their runs, their own rows, events, endpoints. */
#include "store/outbox_priv.h"

#include "store/cols.h"
#include "store/executions_priv.h"
#include "store/queue_priv.h"

static const struct execution *read_run(struct db_conn *c, unsigned at, struct arena *a)
{
	struct execution *e = arena_alloc(a, sizeof *e);
	unsigned more = at + EXECUTION_COLUMN_COUNT;

	execution_read(c, at, 0, a, e);
	db_col_id(c, more, &e->account_public_id);
	e->webhook_url = col_kept(c, more + 1, a, NULL);
	e->output = col_kept(c, more + 2, a, NULL);
	e->output_len = (size_t)db_col_int(c, more + 3);
	return e;
}

/* What sending needs of executions e and execution_results r, in the order of read_run. The account is read by a
 * subquery, which the lock does not reach. */
#define RUN_COLUMNS \
	EXECUTION_COLUMNS ", (SELECT public_id FROM accounts WHERE id = e.account_id), e.webhook_url," \
	" IF(LENGTH(r.output) <= 65536, r.output, NULL), LENGTH(r.output)"
_Static_assert(OUTBOX_OUTPUT_WHOLE == 65536, "the statement has the figure");

/* Ids that are asked for, and the places of what they are of. */
struct wanted {
	struct id ids[DB_LIST_MAX];
	unsigned of[DB_LIST_MAX], n;
};

static void want(struct wanted *w, const struct id *id, unsigned place)
{
	w->ids[w->n] = *id;
	w->of[w->n++] = place;
}

typedef void (*take_row)(struct db_conn *c, struct claim *k, unsigned place);

/* What the statement has of these, each row, whose first column is the id asked for, to all its places. */
static bool read_rows(struct db_conn *c, const char *sql, struct claim *k, const struct wanted *w, take_row take,
                      struct error *err)
{
	struct db_arg args[DB_LIST_MAX];
	unsigned size, i;
	struct id id;
	int got;

	if (w->n == 0)
		return true;
	size = list_of_ids(args, w->ids, w->n);
	if (!db_query(c, db_list_sql(sql, "?", size), args, size, err))
		return false;
	while ((got = db_next(c, err)) == 1)
		for (i = 0; db_col_id(c, 0, &id) && i < w->n; i++)
			if (id_cmp(&w->ids[i], &id) == 0)
				take(c, k, w->of[i]);
	db_end(c);
	return got >= 0;
}

/* ---- runs ---- */

/* The deliveries of runs' own webhook_urls, and the events of runs' ends: those whose ids are of executions. */
static const char runs_sql[] =
	"SELECT " RUN_COLUMNS " FROM executions e FORCE INDEX (PRIMARY)"
	" STRAIGHT_JOIN execution_results r FORCE INDEX (PRIMARY) ON r.execution_id = e.id"
	" WHERE e.id IN (%s) AND r.status <> 0" READ_LATEST;

static void take_run(struct db_conn *c, struct claim *k, unsigned place)
{
	struct delivery *d = &k->out[place];

	if (db_is_null(c, EXECUTION_COLUMN_COUNT))
		return;                        /* the account is gone */
	d->run = read_run(c, 0, k->arena);
	d->event_id = d->execution_id = d->id;
	d->has_execution = true;
	d->account_id = d->run->account_id;
	d->event = d->run->status == EXEC_SUCCESS ? EVENT_RUN_SUCCESS : EVENT_RUN_FAILED;
	d->created_at = d->run->completed_at;
	d->url = d->run->webhook_url;
}

/* ---- deliveries ---- */

#define OTHER_COLUMNS 7   /* of deliveries, before the run's */

static const char others_sql[] =
	"SELECT d.id, d.account_id, d.event, d.created_at, d.event_id, d.endpoint_id, d.url, "
	RUN_COLUMNS " FROM deliveries d FORCE INDEX (PRIMARY)"
	" LEFT JOIN executions e FORCE INDEX (PRIMARY) ON e.id = d.execution_id"
	" LEFT JOIN execution_results r FORCE INDEX (PRIMARY) ON r.execution_id = e.id"
	" WHERE d.id IN (%s)" READ_LATEST;

static void take_other(struct db_conn *c, struct claim *k, unsigned place)
{
	struct delivery *d = &k->out[place];

	d->account_id = (uint64_t)db_col_int(c, 1);
	d->event = (enum event_type)db_col_int(c, 2);
	d->created_at = db_col_int(c, 3);
	if (!db_col_id(c, 4, &d->event_id))
		d->event_id = d->id;
	d->has_endpoint = db_col_id(c, 5, &d->endpoint_id);
	d->url = col_kept(c, 6, k->arena, NULL);
	d->has_execution = db_col_id(c, OTHER_COLUMNS, &d->execution_id);
	if (!d->has_execution)
		return;
	d->run = read_run(c, OTHER_COLUMNS, k->arena);
	if (!d->url && !d->has_endpoint)
		d->url = d->run->webhook_url;
}

/* ---- events ---- */

static const char events_sql[] = "SELECT id, account_id, event, at, payload FROM events WHERE id IN (%s)" READ_LATEST;

static void take_event(struct db_conn *c, struct claim *k, unsigned place)
{
	struct delivery *d = &k->out[place];

	if (d->account_id == 0) {
		d->account_id = (uint64_t)db_col_int(c, 1);
		d->event = (enum event_type)db_col_int(c, 2);
		d->created_at = db_col_int(c, 3);
		d->event_id = d->id;
	}
	d->payload = col_kept(c, 4, k->arena, NULL);
}

/* ---- endpoints ---- */

static const char endpoints_sql[] = "SELECT " TARGET_COLUMNS " FROM endpoints WHERE id IN (%s)";

const struct delivery_target *target_read(struct db_conn *c, struct arena *a)
{
	struct delivery_target *t = arena_alloc(a, sizeof *t);

	db_col_id(c, 0, &t->id);
	t->url = col_kept(c, 1, a, NULL);
	t->enabled = db_col_int(c, 2) != 0;
	t->failing_since = db_col_int(c, 3);
	t->secret = col_kept(c, 4, a, &t->secret_len);
	t->previous = col_kept(c, 5, a, &t->previous_len);
	t->previous_until = db_col_int(c, 6);
	return t;
}

static void take_endpoint(struct db_conn *c, struct claim *k, unsigned place)
{
	k->out[place].target = target_read(c, k->arena);
}

/* ---- a claim's ---- */

static bool read_some(struct db_conn *c, struct claim *k, unsigned from, unsigned to, struct error *err)
{
	struct wanted runs = {.n = 0}, others = {.n = 0}, events = {.n = 0}, endpoints = {.n = 0};
	unsigned i;

	for (i = from; i < to; i++)
		want(&runs, &k->keys[i].id, i);
	if (!read_rows(c, runs_sql, k, &runs, take_run, err))
		return false;
	for (i = from; i < to; i++)
		if (!k->out[i].run && !k->fanout[i])
			want(&others, &k->keys[i].id, i);
	if (!read_rows(c, others_sql, k, &others, take_other, err))
		return false;
	for (i = from; i < to; i++) {
		const struct delivery *d = &k->out[i];

		if (!d->run && d->event != EVENT_MAIL)
			want(&events, d->account_id == 0 ? &d->id : &d->event_id, i);
		if (d->has_endpoint)
			want(&endpoints, &d->endpoint_id, i);
	}
	return read_rows(c, events_sql, k, &events, take_event, err) &&
	       read_rows(c, endpoints_sql, k, &endpoints, take_endpoint, err);
}

/* In the claim's own transaction, so that a claim that cannot be read is no claim. */
bool claim_read(struct db_conn *c, struct claim *k, struct error *err)
{
	unsigned from, to;

	for (from = 0; from < k->picked; from = to) {
		to = k->picked - from < DB_LIST_MAX ? k->picked : from + DB_LIST_MAX;
		if (!read_some(c, k, from, to, err))
			return false;
	}
	return true;
}
