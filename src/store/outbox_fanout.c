/* From an event to its deliveries: one for each endpoint of its account that wants it and was there when it happened. */
#include "store/outbox_priv.h"

#include "base/mem.h"

#define MADE_MAX 1024      /* deliveries of one claim; an event that would make more is left to a claim of its own */

struct wanting {
	const struct delivery_target *target;
	uint64_t  account_id;
	unsigned  events;
	int64_t   created_at;
};

struct fan {
	uint64_t accounts[OUTBOX_BATCH_MAX];   /* of events that are to be given to endpoints */
	unsigned account_count;
	struct wanting *endpoints;             /* of these accounts */
	unsigned count, room;
	/* made and not yet inserted, whichever event they are of */
	struct delivery_new rows[DB_LIST_MAX];
	struct outbox_due due[DB_LIST_MAX];
	unsigned row_count;
};

static void want_account(struct fan *f, uint64_t account_id)
{
	unsigned i;

	for (i = 0; i < f->account_count; i++)
		if (f->accounts[i] == account_id)
			return;
	f->accounts[f->account_count++] = account_id;
}

static void take_endpoint(struct db_conn *c, struct fan *f, struct arena *a)
{
	struct wanting *w;

	if (f->count == f->room) {
		f->room = f->room ? 2 * f->room : 64;
		f->endpoints = mem_grow(f->endpoints, f->room * sizeof *f->endpoints);
	}
	w = &f->endpoints[f->count++];
	w->target = target_read(c, a);
	w->account_id = (uint64_t)db_col_int(c, TARGET_COLUMN_COUNT);
	w->events = (unsigned)db_col_int(c, TARGET_COLUMN_COUNT + 1);
	w->created_at = db_col_int(c, TARGET_COLUMN_COUNT + 2);
}

static bool read_endpoints(struct db_conn *c, struct fan *f, struct arena *a, struct error *err)
{
	static const char sql[] = "SELECT " TARGET_COLUMNS ", account_id, events, created_at FROM endpoints"
				  " FORCE INDEX (endpoints_account) WHERE account_id IN (%s) AND enabled = 1";
	struct db_arg args[DB_LIST_MAX];
	unsigned from, n, size, i;
	int got;

	for (from = 0; from < f->account_count; from += n) {
		n = f->account_count - from < DB_LIST_MAX ? f->account_count - from : DB_LIST_MAX;
		size = db_list_size(n);
		for (i = 0; i < size; i++)
			args[i] = db_int((int64_t)f->accounts[from + (i < n ? i : n - 1)]);
		if (!db_query(c, db_list_sql(sql, "?", size), args, size, err))
			return false;
		while ((got = db_next(c, err)) == 1)
			take_endpoint(c, f, a);
		db_end(c);
		if (got < 0)
			return false;
	}
	return true;
}

/* Whether an endpoint is to be given an event. */
static bool wants(const struct wanting *w, const struct delivery *d)
{
	return w->account_id == d->account_id && w->events >> d->event & 1 && w->created_at <= d->created_at;
}

static unsigned count_of(const struct fan *f, const struct delivery *d)
{
	unsigned i, n = 0;

	for (i = 0; i < f->count; i++)
		n += wants(&f->endpoints[i], d);
	return n;
}

/* A delivery of the event to one of them. */
static void deliver_to(const struct wanting *w, const struct delivery *event, const struct claim *k, struct delivery_new *row,
                       struct delivery *d)
{
	*d = *event;
	d->id = id_make_at(k->now_ms);
	d->has_endpoint = true;
	d->endpoint_id = w->target->id;
	d->target = w->target;
	d->attempts = 0;
	d->created_at = k->now_ms;
	d->url = NULL;
	*row = (struct delivery_new){.id = d->id, .event_id = d->event_id, .account_id = d->account_id,
	                             .has_execution = d->has_execution, .execution_id = d->execution_id, .has_endpoint = true,
	                             .endpoint_id = d->endpoint_id, .event = d->event};
}

/* Those that are due, and those that are leased already. */
static bool insert_made(struct db_conn *c, struct fan *f, const struct claim *k, struct error *err)
{
	unsigned n = f->row_count;

	f->row_count = 0;
	return n == 0 || (deliveries_insert(c, f->rows, n, k->now_ms, err) && outbox_put(c, f->due, n, k->now_ms, err));
}

static bool make(struct db_conn *c, struct fan *f, struct claim *k, const struct delivery *event, unsigned room,
                 struct error *err)
{
	struct delivery d;
	unsigned i;

	for (i = 0; i < f->count; i++) {
		struct outbox_due *due = &f->due[f->row_count];

		if (!wants(&f->endpoints[i], event))
			continue;
		deliver_to(&f->endpoints[i], event, k, &f->rows[f->row_count], &d);
		*due = (struct outbox_due){.id = d.id};
		if (k->made_count < room) {
			due->due_at = k->due_at;
			due->token = k->token;
			k->made[k->made_count++] = d;
		} else {
			k->fanned++;
		}
		if (++f->row_count == DB_LIST_MAX && !insert_made(c, f, k, err))
			return false;
	}
	return true;
}

/* How many may be leased beside what was picked. */
static unsigned find_room(const struct claim *k)
{
	unsigned i, sent = 0;

	for (i = 0; i < k->picked; i++)
		sent += k->becomes[i] == PICKED_SENT && (!k->fanout[i] || k->out[i].url);
	return k->max - sent;
}

static bool make_all(struct db_conn *c, struct claim *k, struct fan *f, struct error *err)
{
	unsigned i, n, total = 0, room = find_room(k);

	k->made = arena_alloc(k->arena, room * sizeof *k->made);
	for (i = 0; i < k->picked; i++) {
		struct delivery *d = &k->out[i];

		if (!k->fanout[i] || d->account_id == 0)
			continue;
		n = count_of(f, d);
		if (total > 0 && total + n > MADE_MAX) {
			k->becomes[i] = PICKED_LEFT;
			continue;
		}
		total += n;
		if (n > 0 && !make(c, f, k, d, room, err))
			return false;
		if (!d->url)
			k->becomes[i] = PICKED_DROPPED;
	}
	return insert_made(c, f, k, err);
}

/* What is nobody's, or of a run that is not over (as it was left out by the statement). What a mail tells is read when it
 * is sent. */
static bool is_orphan(const struct delivery *d)
{
	return d->account_id == 0 || (d->event != EVENT_MAIL && !d->payload && !(d->run && d->run->completed_at != 0));
}

bool claim_fan_out(struct db_conn *c, struct claim *k, struct error *err)
{
	struct fan f;
	unsigned i;
	bool ok;

	f.account_count = f.count = f.room = f.row_count = 0;
	f.endpoints = NULL;
	for (i = 0; i < k->picked; i++) {
		if (is_orphan(&k->out[i])) {
			k->becomes[i] = PICKED_DROPPED;
			k->out[i].account_id = 0;
		} else if (k->fanout[i]) {
			want_account(&f, k->out[i].account_id);
		}
	}
	ok = f.account_count == 0 || (read_endpoints(c, &f, k->arena, err) && make_all(c, k, &f, err));
	mem_free(f.endpoints);
	return ok;
}
