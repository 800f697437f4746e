/* From an event to its deliveries: one for each endpoint of its account that wants it and was there when it happened. */
#include "store/outbox_priv.h"

#include "base/mem.h"

#define MADE_MAX 1024      /* deliveries of one claim; an event that would make more is left to a claim of its own */

struct wanting {
	struct id id;
	uint64_t  account_id;
	unsigned  events;
	int64_t   created_at;
};

/* Of the accounts of events that are to be given to endpoints. */
struct fan {
	uint64_t accounts[OUTBOX_BATCH_MAX];
	unsigned account_count;
	struct wanting *endpoints;
	unsigned count, room;
};

static void want_account(struct fan *f, uint64_t account_id)
{
	unsigned i;

	for (i = 0; i < f->account_count; i++)
		if (f->accounts[i] == account_id)
			return;
	f->accounts[f->account_count++] = account_id;
}

static void take_endpoint(struct db_conn *c, struct fan *f)
{
	struct wanting *w;

	if (f->count == f->room) {
		f->room = f->room ? 2 * f->room : 64;
		f->endpoints = mem_grow(f->endpoints, f->room * sizeof *f->endpoints);
	}
	w = &f->endpoints[f->count++];
	db_col_id(c, 0, &w->id);
	w->account_id = (uint64_t)db_col_int(c, 1);
	w->events = (unsigned)db_col_int(c, 2);
	w->created_at = db_col_int(c, 3);
}

static bool read_endpoints(struct db_conn *c, struct fan *f, struct error *err)
{
	static const char sql[] = "SELECT id, account_id, events, created_at FROM endpoints WHERE account_id IN (%s) AND enabled = 1";
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
			take_endpoint(c, f);
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

static bool make(struct db_conn *c, const struct fan *f, const struct claim *k, const struct delivery *d, struct error *err)
{
	struct delivery_new some[DB_LIST_MAX];
	unsigned i, n = 0;

	for (i = 0; i <= f->count; i++) {
		if (n == DB_LIST_MAX || (i == f->count && n > 0)) {
			if (!outbox_add(c, some, n, k->now_ms, err))
				return false;
			n = 0;
		}
		if (i == f->count || !wants(&f->endpoints[i], d))
			continue;
		some[n++] = (struct delivery_new){.id = id_make_at(k->now_ms), .event_id = d->event_id,
		                                  .account_id = d->account_id, .has_execution = d->has_execution,
		                                  .execution_id = d->execution_id, .has_endpoint = true,
		                                  .endpoint_id = f->endpoints[i].id, .event = d->event};
	}
	return true;
}

static bool make_all(struct db_conn *c, struct claim *k, const struct fan *f, struct error *err)
{
	unsigned i;

	for (i = 0; i < k->picked; i++) {
		struct delivery *d = &k->out[i];
		unsigned n;

		if (!k->fanout[i] || d->account_id == 0)
			continue;
		n = count_of(f, d);
		if (k->fanned > 0 && k->fanned + n > MADE_MAX) {
			k->becomes[i] = PICKED_LEFT;
			continue;
		}
		k->fanned += n;
		if (n > 0 && !make(c, f, k, d, err))
			return false;
		if (!d->url)
			k->becomes[i] = PICKED_DROPPED;
	}
	return true;
}

/* What is nobody's, or of a run that is not over (as it was left out by the statement). What a mail tells is read when it
 * is sent. */
static bool is_orphan(const struct delivery *d)
{
	return d->account_id == 0 || (d->event != EVENT_MAIL && !d->payload && !(d->run && d->run->completed_at != 0));
}

bool claim_fan_out(struct db_conn *c, struct claim *k, struct error *err)
{
	struct fan f = {.count = 0};
	unsigned i;
	bool ok;

	for (i = 0; i < k->picked; i++) {
		if (is_orphan(&k->out[i])) {
			k->becomes[i] = PICKED_DROPPED;
			k->out[i].account_id = 0;
		} else if (k->fanout[i]) {
			want_account(&f, k->out[i].account_id);
		}
	}
	ok = f.account_count == 0 || (read_endpoints(c, &f, err) && make_all(c, k, &f, err));
	mem_free(f.endpoints);
	return ok;
}
