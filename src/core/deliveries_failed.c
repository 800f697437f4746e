/* All that failed, sent again. What is meant is looked for first, without a lock, as the log may be long; then it is made a
 * chunk at a time, so that the account's runs wait for one chunk at most. */
#include "core/deliveries_priv.h"

#include "base/clock.h"
#include "base/mem.h"
#include "core/audit.h"
#include "store/accounts.h"

struct failed {
	uint64_t account_id;
	struct id endpoint;
	int64_t now_ms;
	struct audit_draft told;
	bool has_told;
	const struct id *olds;           /* of this chunk */
	struct id ids[DB_LIST_MAX];      /* of what is made of them */
	unsigned n, made;
};

/* However long the log is, no statement takes long. */
static bool look_at_log(struct db_conn *c, const struct id *endpoint, int64_t since_ms, struct id *olds, unsigned *n,
                        struct error *err)
{
	struct id from = id_floor(since_ms);
	unsigned found;
	bool more = true;

	for (*n = 0; more && *n <= DELIVERY_REPLAY_MAX; *n += found)
		if (!delivery_failed(c, endpoint, &from, DELIVERY_REPLAY_MAX + 1 - *n, olds + *n, &found, &more, err))
			return false;
	return true;
}

static bool look(const struct deliveries *ds, const struct failed *f, int64_t since_ms, struct id *olds, unsigned *n,
                 struct error *err)
{
	struct db_conn *c = db_get(ds->db, err);
	struct endpoint e;
	struct arena a;
	bool ok;

	arena_init(&a);
	ok = c && deliveries_endpoint(c, f->account_id, &f->endpoint, &a, &e, err) && deliveries_enabled(&e, err) &&
	     look_at_log(c, &f->endpoint, since_ms, olds, n, err);
	db_put(ds->db, c);
	arena_release(&a);
	return ok;
}

/* Somebody else may have repeated some of them meanwhile. */
static bool repeat_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct failed *f = ctx;
	struct id still[DB_LIST_MAX];

	f->made = 0;
	if (!account_lock(c, f->account_id, err) ||
	    (f->n > 0 && !delivery_still_failed(c, f->olds, f->n, still, &f->made, err)))
		return false;
	return delivery_repeat(c, still, f->ids, f->made, f->now_ms, err) &&
	       (f->has_told || audit_write(c, audit_entry(&f->told), err));
}

static int repeat_applied(struct db_conn *c, void *ctx)
{
	struct failed *f = ctx;
	struct delivery_row row;
	struct arena a;
	struct error err;
	bool found, ok;

	arena_init(&a);
	ok = f->made > 0 && delivery_find(c, f->account_id, &f->ids[0], &a, &row, &found, &err);
	arena_release(&a);
	return ok ? found : f->made > 0 ? -1 : 0;
}

static bool repeat_all(const struct deliveries *ds, struct failed *f, const struct id *olds, unsigned n,
                       struct replayed *out, struct error *err)
{
	unsigned at = 0, i;

	do {
		f->olds = olds + at;
		f->n = n - at < DB_LIST_MAX ? n - at : DB_LIST_MAX;
		for (i = 0; i < f->n; i++)
			f->ids[i] = id_make_at(f->now_ms);
		if (!db_transaction(ds->db, repeat_body, repeat_applied, f, err))
			return false;
		f->has_told = true;
		out->count += f->made;
		at += f->n;
	} while (at < n);
	return true;
}

bool deliveries_replay_failed(const struct deliveries *ds, const struct actor *who, uint64_t account_id,
                              const struct id *endpoint, int64_t since_ms, struct replayed *out, struct error *err)
{
	struct failed f = {.account_id = account_id, .endpoint = *endpoint, .now_ms = clock_now_ms()};
	struct id *olds = mem_alloc((DELIVERY_REPLAY_MAX + 1) * sizeof *olds);
	char id[ID_TEXT_SIZE];
	unsigned n;
	bool ok;

	*out = (struct replayed){.count = 0};
	id_format(ID_ENDPOINT, endpoint, id);
	audit_open(&f.told, who, account_id, "webhook.replay_failed", id);
	json_put_time(&f.told.w, "since", since_ms);
	ok = look(ds, &f, since_ms, olds, &n, err);
	if (ok) {
		out->more = n > DELIVERY_REPLAY_MAX;
		ok = repeat_all(ds, &f, olds, out->more ? DELIVERY_REPLAY_MAX : n, out, err);
		deliveries_tell_senders(ds);
	}
	audit_release(&f.told);
	mem_free(olds);
	return ok;
}
