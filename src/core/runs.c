#include "core/runs.h"

#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/bells.h"
#include "store/durations.h"
#include "store/migrate.h"

#define ESTIMATES_KEEP_US  INT64_C(5000000)
#define ESTIMATES_EXTRA    64     /* rows of agents that this installation does not have */

struct estimate {
	const struct manifest *manifest;
	atomic_int_least64_t   ms;         /* -1: none of its runs has succeeded yet */
};

struct runs {
	struct db *db;
	struct doorbell_ringer *ringer;
	atomic_int_least64_t renew_us;         /* when the estimates are read again */
	unsigned count;
	struct estimate estimates[];
};

struct runs *runs_new(struct db *db, struct doorbell_ringer *ringer, const struct registry *agents)
{
	unsigned n = registry_count(agents), i;
	struct runs *r = mem_zalloc(sizeof *r + n * sizeof *r->estimates);

	r->db = db;
	r->ringer = ringer;
	r->count = n;
	for (i = 0; i < n; i++) {
		r->estimates[i].manifest = registry_at(agents, i);
		atomic_init(&r->estimates[i].ms, -1);
	}
	return r;
}

void runs_free(struct runs *r)
{
	mem_free(r);
}

bool run_unknown(struct error *err)
{
	return err_set(err, ERR_NOT_FOUND, "There is no such execution");
}

bool run_find(struct runs *r, uint64_t account_id, const struct id *id, struct arena *a,
              struct execution *out, struct error *err)
{
	struct db_conn *c = db_get(r->db, err);
	bool found = false;
	bool ok = c && execution_find(c, account_id, id, a, out, &found, err);

	db_put(r->db, c);
	return ok && (found || run_unknown(err));
}

bool runs_find(struct runs *r, const struct id *ids, unsigned n, struct arena *a, struct execution *out,
               unsigned *count, struct error *err)
{
	struct db_conn *c = db_get(r->db, err);
	bool ok = c && execution_find_group(c, ids, n, a, out, count, err);

	db_put(r->db, c);
	return ok;
}

bool runs_watch(struct runs *r, const struct id *ids, unsigned n, struct execution_watch *out,
                unsigned *count, struct error *err)
{
	struct db_conn *c = db_get(r->db, err);
	bool ok = c && execution_watch(c, ids, n, out, count, err);

	db_put(r->db, c);
	return ok;
}

bool run_watch(struct runs *r, uint64_t account_id, const struct id *id, struct execution_watch *out,
               struct error *err)
{
	unsigned n = 0;

	if (!runs_watch(r, id, 1, out, &n, err))
		return false;
	return (n == 1 && out->account_id == account_id) || run_unknown(err);
}

bool runs_list(struct runs *r, const struct execution_filter *f, struct arena *a, struct execution *out,
               unsigned *count, bool *more, struct id *last, struct error *err)
{
	struct db_conn *c = db_get(r->db, err);
	bool ok = c && execution_list(c, f, a, out, count, more, last, err);

	db_put(r->db, c);
	return ok;
}

bool run_steps(struct runs *r, const struct id *id, unsigned after, unsigned max, struct arena *a,
               struct execution_step *out, unsigned *count, struct error *err)
{
	struct db_conn *c = db_get(r->db, err);
	bool ok = c && execution_steps(c, id, after, max, a, out, count, err);

	db_put(r->db, c);
	return ok;
}

bool runs_steps(struct runs *r, struct execution_steps *of, unsigned n, struct arena *a, struct error *err)
{
	struct db_conn *c = db_get(r->db, err);
	bool ok = c && execution_steps_many(c, of, n, a, err);

	db_put(r->db, c);
	return ok;
}

/* A run that ended frees a slot: a worker may have another one to start. */
static void ring_after_cancel(struct runs *r, const struct id *id, const struct cancelled *k)
{
	bool ended = k->outcome == CANCEL_ENDED;
	char message[1 + sizeof id->b];

	if (!r->ringer)
		return;
	message[0] = ended ? BELL_ENDED : BELL_CANCEL;
	memcpy(message + 1, id->b, sizeof id->b);
	if (k->doorbell[0])
		doorbell_ring_name(r->ringer, k->doorbell, message, sizeof message);
	if (ended)
		bell_ring(r->ringer, WORKER_PROGRAM, BELL_WORK);
	if (k->deliveries > 0)
		bell_ring(r->ringer, SENDER_PROGRAM, BELL_WORK);
}

bool run_cancel(struct runs *r, uint64_t account_id, const struct id *id, struct arena *a,
                struct execution *out, struct error *err)
{
	struct cancelled k;

	if (!queue_cancel(r->db, account_id, id, clock_now_ms(), a, &k, err))
		return false;
	if (k.outcome == CANCEL_UNKNOWN)
		return run_unknown(err);
	if (k.outcome == CANCEL_ALREADY_OVER)
		return err_set(err, ERR_CONFLICT, "The execution has ended already");
	*out = k.execution;
	ring_after_cancel(r, id, &k);
	return true;
}

static void keep_estimates(struct runs *r, const struct agent_duration *d, unsigned n)
{
	unsigned i, k;

	for (i = 0; i < r->count; i++)
		for (k = 0; k < n; k++)
			if (strcmp(d[k].agent, r->estimates[i].manifest->slug) == 0)
				atomic_store_explicit(&r->estimates[i].ms, d[k].median_ms,
				                      memory_order_relaxed);
}

/* While the database is away the old figures stand. */
static void renew_estimates(struct runs *r)
{
	unsigned max = r->count + ESTIMATES_EXTRA, n = 0;
	struct agent_duration *d;
	struct db_conn *c;
	struct error err = {0};

	c = db_get(r->db, &err);
	if (!c)
		return;
	d = mem_array(max, sizeof *d);
	if (durations_load(c, d, max, &n, &err))
		keep_estimates(r, d, n);
	else
		log_error("how long agents take could not be read", &err);
	mem_free(d);
	db_put(r->db, c);
}

int64_t runs_estimate(struct runs *r, const struct manifest *m)
{
	int64_t now = clock_mono_us(), due = atomic_load_explicit(&r->renew_us, memory_order_relaxed), ms = -1;
	unsigned i;

	if (now >= due && atomic_compare_exchange_strong(&r->renew_us, &due, now + ESTIMATES_KEEP_US))
		renew_estimates(r);
	for (i = 0; i < r->count && r->estimates[i].manifest != m; i++)
		;
	if (i < r->count)
		ms = atomic_load_explicit(&r->estimates[i].ms, memory_order_relaxed);
	/* a median of no whole millisecond: an estimate of nothing helps nobody */
	return ms > 0 ? ms : ms == 0 ? 1 : m->estimated_duration_ms;
}

bool runs_stats(struct runs *r, struct queue_stats *out, struct error *err)
{
	struct db_conn *c = db_get(r->db, err);
	bool ok = c && queue_stats(c, clock_now_ms(), out, err);

	db_put(r->db, c);
	return ok;
}

bool runs_outbox_stats(struct runs *r, struct outbox_stats *out, struct error *err)
{
	struct db_conn *c = db_get(r->db, err);
	bool ok = c && outbox_stats(c, clock_now_ms(), out, err);

	db_put(r->db, c);
	return ok;
}

bool runs_schedule_stats(struct runs *r, struct schedule_stats *out, struct error *err)
{
	struct db_conn *c = db_get(r->db, err);
	bool ok = c && schedule_stats(c, clock_now_ms(), out, err);

	db_put(r->db, c);
	return ok;
}

bool runs_duty_stats(struct runs *r, struct duty_state out[DUTIES_MAX], unsigned *count, struct error *err)
{
	struct db_conn *c = db_get(r->db, err);
	bool ok = c && duties_look(c, out, count, err);

	db_put(r->db, c);
	return ok;
}

bool runs_ready(struct runs *r, struct error *err)
{
	struct db_conn *c = db_get(r->db, err);
	bool ok = c && schema_usable(c, err);

	db_put(r->db, c);
	return ok;
}
