/* The recorder: writes what became of attempts. What ended while one group commits is the next group. */
#include "core/sender_priv.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/endpoints.h"
#include "core/split_write.h"
#include "core/threads.h"

#define AWAY_PAUSE_US INT64_C(300000)

struct group {
	struct sender *s;
	struct db_conn *conn;
	struct sending *sendings[RECORD_MAX];
	struct delivery_result results[RECORD_MAX];
	int64_t  releases_at;                /* of a group that is given back */
	unsigned n, recorded;
};

static bool write_results(void *ctx, unsigned from, unsigned n, struct error *err)
{
	struct group *g = ctx;

	if (outbox_record(g->s->env.db, &g->conn, g->s->shard, g->results + g->recorded + from, n, err))
		return true;
	db_put(g->s->env.db, g->conn);
	g->conn = NULL;
	return false;
}

/* What the receiver said may be what cannot be stored. */
static bool leave_out_error(void *ctx, unsigned i)
{
	static const char unstorable[] = "The answer could not be stored";
	struct group *g = ctx;
	struct delivery_result *r = &g->results[g->recorded + i];

	if (!r->error || r->error == unstorable)
		return false;
	r->error = unstorable;
	r->response = NULL;
	r->response_len = 0;
	return true;
}

/* Its lease runs out, and it is sent again. */
static void leave_to_lease(void *ctx, unsigned i)
{
}

/* Called without the lock. Goes on until the group is written, or the sender gives up. */
static void record(struct sender *s, struct group *g)
{
	struct split_write w = {.write = write_results, .strip = leave_out_error, .give_up = leave_to_lease,
	                        .what = "attempts of deliveries could not be recorded", .ctx = g};
	bool told = false, over = false;
	struct error err;

	for (g->recorded = 0; !over;) {
		g->recorded += split_write(&w, g->n - g->recorded, &err);
		if (g->recorded == g->n)
			break;
		if (!told)
			log_error("attempts of deliveries wait to be recorded", &err);
		told = true;
		pthread_mutex_lock(&s->lock);
		if (!s->giving_up)
			cond_wait_until(&s->record, &s->lock, clock_mono_us() + AWAY_PAUSE_US);
		over = s->giving_up;
		pthread_mutex_unlock(&s->lock);
	}
}

/* What its attempt says of an endpoint: it is gone, or has done nothing but fail for too long. */
static bool is_hopeless(const struct delivery_result *r, struct hopeless *out)
{
	if (!r->has_endpoint || !r->url || r->state == DELIVERY_DELIVERED)
		return false;
	*out = (struct hopeless){r->status == STATUS_GONE ? DISABLED_GONE : DISABLED_FAILING, r->url, r->failing_since};
	return r->status == STATUS_GONE || (r->failing_since != 0 && r->at - r->failing_since >= ENDPOINT_FAILING_MAX_MS);
}

/* Seldom any. One that stays, as the database is away just now, is given up by its next attempt. */
static void give_up_endpoints(struct sender *s, const struct group *g)
{
	struct hopeless found;
	char id[ID_TEXT_SIZE];
	struct error err;
	unsigned i;
	bool done;

	for (i = 0; i < g->n; i++) {
		const struct delivery_result *r = &g->results[i];

		if (!is_hopeless(r, &found))
			continue;
		id_format(ID_ENDPOINT, &r->endpoint_id, id);
		if (!endpoints_give_up(s->env.db, r->account_id, &r->endpoint_id, &found, &done, &err))
			log_error("a webhook endpoint could not be disabled", &err);
		else if (done)
			log_write(LOG_WARN, "a webhook endpoint is disabled", "endpoint=%s reason=%s", id,
			          endpoint_disabled_name(found.why));
	}
}

/* Those that are due again at the same time. One that cannot be given back comes back when its lease runs out. */
static void release(struct sender *s, struct group *g)
{
	struct delivery d[RECORD_MAX];
	struct error err = {0};
	unsigned i;

	for (i = 0; i < g->n; i++)
		d[i] = (struct delivery){.id = g->sendings[i]->result.id,
		                         .due_at = g->sendings[i]->result.due_at,
		                         .token = g->sendings[i]->result.token};
	if (outbox_release(s->env.db, &g->conn, d, g->n, g->releases_at, &err))
		return;
	log_error("deliveries could not be given back", &err);
	db_put(s->env.db, g->conn);
	g->conn = NULL;
}

/* Called with the lock. */
static void take_group(struct sendings *from, struct group *g, bool same_time)
{
	g->n = 0;
	while (from->first && g->n < RECORD_MAX) {
		if (same_time && g->n > 0 && from->first->release_at != g->releases_at)
			break;
		g->results[g->n] = from->first->result;
		g->releases_at = from->first->release_at;
		g->sendings[g->n++] = sendings_take(from);
	}
}

/* Called with the lock: the claimer sleeps no longer than until the first of them is due again. */
static void tell_claimer(struct sender *s, const struct group *g, bool released)
{
	int64_t first_ms = INT64_MAX;
	unsigned i;

	for (i = 0; i < g->n; i++) {
		int64_t due_ms = released ? g->releases_at : g->results[i].retry_at;

		if ((released || g->results[i].state == DELIVERY_PENDING) && due_ms < first_ms)
			first_ms = due_ms;
	}
	if (first_ms < s->due_ms) {
		s->due_ms = first_ms;
		pthread_cond_signal(&s->claim);
	}
}

/* Called with the lock. */
static void count(struct sender *s, const struct group *g, bool released)
{
	unsigned i;

	if (released)
		s->counts.released += g->n;
	for (i = 0; !released && i < g->n; i++)
		switch (g->results[i].state) {
		case DELIVERY_DELIVERED:
			s->counts.delivered++;
			break;
		case DELIVERY_FAILED:
			s->counts.failed++;
			break;
		default:
			s->counts.retried++;
		}
}

static void record_all(struct sender *s, struct group *g)
{
	record(s, g);
	give_up_endpoints(s, g);
}

static void *recorder_main(void *arg)
{
	struct sender *s = arg;
	struct group *g = mem_zalloc(sizeof *g);
	unsigned i;

	g->s = s;
	pthread_mutex_lock(&s->lock);
	for (;;) {
		bool releases;

		while (!s->results.first && !s->releases.first && !s->record_stop)
			cond_wait_until(&s->record, &s->lock, INT64_MAX);
		if (!s->results.first && !s->releases.first)
			break;
		releases = !s->results.first;
		take_group(releases ? &s->releases : &s->results, g, releases);
		s->recording = true;
		pthread_mutex_unlock(&s->lock);
		if (releases)
			release(s, g);
		else
			record_all(s, g);
		for (i = 0; i < g->n; i++)
			sending_free(g->sendings[i]);
		pthread_mutex_lock(&s->lock);
		s->recording = false;
		count(s, g, releases);
		tell_claimer(s, g, releases);
		if (releases && s->claim_stop)
			sender_pass_on(s);
		if (s->wants_room && claimer_room(s) > 0)
			pthread_cond_signal(&s->claim);
		if (s->results.first || s->releases.first)
			continue;
		/* somebody may wait for the last one */
		if (s->claim_stop || s->budget >= 0)
			s->env.wake(s->env.wake_ctx);
		if (s->record_stop)
			pthread_cond_signal(&s->freed);
	}
	pthread_mutex_unlock(&s->lock);
	db_put(s->env.db, g->conn);
	mem_free(g);
	return NULL;
}

bool recorder_start(struct sender *s, struct error *err)
{
	s->has_recorder = thread_start(&s->recorder, STACK_SIZE, recorder_main, s);
	return s->has_recorder || err_set(err, ERR_INTERNAL, "No thread to record deliveries");
}

void recorder_stop(struct sender *s)
{
	int64_t until = clock_mono_us() + s->env.cfg->db_read_timeout_s * INT64_C(1000000);

	if (!s->has_recorder)
		return;
	pthread_mutex_lock(&s->lock);
	s->record_stop = true;
	pthread_cond_broadcast(&s->record);
	while ((s->results.first || s->releases.first || s->recording) && clock_mono_us() < until)
		cond_wait_until(&s->freed, &s->lock, until);
	s->giving_up = true;
	pthread_cond_broadcast(&s->record);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->recorder, NULL);
	s->has_recorder = false;
}
