/* The claimer: leases what is due, has it built and hands it to the owner's thread. */
#include "core/sender_priv.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rnd.h"
#include "core/pace.h"
#include "core/threads.h"

#define HELD_BYTES_MAX   (32u << 20)         /* of large bodies; small ones are bounded by their number */
#define MEMORY_WAIT_US   INT64_C(50000)
#define LEASE_SPARE_MS   5000                /* beyond an attempt's time, to wait before it and record after it */
#define AWAY_US          INT64_C(1000000)
#define UNRECORDED_MAX   (2 * RECORD_MAX)    /* attempts whose record waits; then nothing new is claimed */
#define BUSY_US          INT64_C(20000)      /* what is due is being claimed by another sender */

struct claimer {
	struct sender *s;
	struct db_conn *c;
	struct builder *builder;
	struct arena arena;                  /* of one claim */
	struct delivery found[CLAIM_MAX];
	struct sendings made, failed, back;   /* failed: to be recorded */
	struct claim_cursor cursor;
	struct pace pace;
	int64_t look_us, due_ms;             /* due_ms: of the first that the last look found not yet due */
	int64_t mail_ms;                     /* when the last mail that was put off comes back */
};

/* It cannot be sent as it is; a later attempt may fare better unless final. */
static void fail(struct claimer *k, const struct delivery *d, const char *why, bool final)
{
	struct sending *g = builder_bare(k->builder, d);

	g->error = mem_strdup(why);
	g->result.error = g->error;
	g->result.at = clock_now_ms();
	sending_failed(k->s, g, final, 0);
	sendings_add(&k->failed, g);
}

static void leave_out(struct claimer *k, const struct delivery *d)
{
	struct sending *g = builder_bare(k->builder, d);

	g->result.state = DELIVERY_DELIVERED;
	g->result.at = clock_now_ms();
	sendings_add(&k->failed, g);
}

static void give_back(struct claimer *k, const struct delivery *d, int64_t release_at)
{
	struct sending *g = builder_bare(k->builder, d);

	g->release_at = release_at;
	sendings_add(&k->back, g);
}

/* What was built so far goes to the others. */
static void hand_over(struct claimer *k)
{
	struct sender *s = k->s;
	bool any = k->made.count > 0, record = k->failed.count + k->back.count > 0;

	pthread_mutex_lock(&s->lock);
	s->held += k->made.count;
	s->held_bytes += k->made.bytes;
	s->counts.claimed += k->made.count + k->failed.count + k->back.count;
	s->counts.postponed += k->back.count;
	sendings_move(&k->made, &s->claimed);
	sendings_move(&k->failed, &s->results);
	sendings_move(&k->back, &s->releases);
	if (record)
		pthread_cond_signal(&s->record);
	pthread_mutex_unlock(&s->lock);
	if (any)
		s->env.wake(s->env.wake_ctx);
}

/* Waits a moment for others to end; what does not fit then is sent later. */
static bool wait_for_memory(struct claimer *k, size_t size)
{
	struct sender *s = k->s;
	int64_t until = clock_mono_us() + MEMORY_WAIT_US;
	bool fits;

	hand_over(k);
	pthread_mutex_lock(&s->lock);
	while (!(fits = s->held_bytes == 0 || s->held_bytes + size <= HELD_BYTES_MAX) &&
	       !s->claim_stop && clock_mono_us() < until)
		cond_wait_until(&s->freed, &s->lock, until);
	pthread_mutex_unlock(&s->lock);
	return fits;
}

static void build(struct claimer *k, const struct delivery *d)
{
	struct error err = {0};
	struct sending *made;
	enum built built = !k->c ? BUILD_LATER :
			   d->event == EVENT_MAIL ? sender_mail_make(k->s, k->builder, &k->c, d, &made, &err) :
			   builder_make(k->builder, k->c, d, false, &made, &err);

	if (built == BUILD_LARGE)
		built = wait_for_memory(k, d->run->output_len)
		                ? builder_make(k->builder, k->c, d, true, &made, &err)
		                : BUILD_LATER;
	if (built == BUILT)
		sendings_add(&k->made, made);
	else if (built == BUILT_NOTHING)
		leave_out(k, d);
	else if (built == BUILD_LATER)
		give_back(k, d, d->event == EVENT_MAIL ? sender_mail_turn(&k->mail_ms, clock_now_ms()) :
			  postpone_to(clock_now_ms() + 1000 + (int64_t)(rnd_unit() * 1000)));
	else
		fail(k, d, err.message, built == BUILD_FAILED_FOR_GOOD);
}

static int64_t next_look(struct claimer *k, bool any, int64_t now_ms, int64_t next_due_ms)
{
	int64_t now_us = clock_mono_us(), look_us = pace_next(&k->pace, any, now_us);

	if (any)
		return now_us;
	if (next_due_ms <= now_ms)
		return now_us + BUSY_US;
	return next_due_ms - now_ms < (look_us - now_us) / 1000 ? now_us + (next_due_ms - now_ms) * 1000 : look_us;
}

/* false: the database does not answer. */
static bool claim(struct claimer *k, bool expected, unsigned max, unsigned *count, bool *any, struct error *err)
{
	const struct config *cfg = k->s->env.cfg;
	int64_t lease_ms = cfg->webhook_lease_s * INT64_C(1000), now_ms = clock_now_ms(), next_due_ms;
	int64_t least_ms = sender_attempt_s(cfg) * INT64_C(1000) + LEASE_SPARE_MS;
	unsigned i, besides;

	*count = 0;
	*any = false;
	if (!outbox_claim(k->s->env.db, &k->c, expected, max, now_ms, lease_ms > least_ms ? lease_ms : least_ms,
	                  &k->cursor, &k->arena, k->found, count, &besides, &next_due_ms, err))
		return false;
	for (i = 0; i < *count; i++)
		build(k, &k->found[i]);
	if (*count > 0)
		hand_over(k);
	else
		builder_rest(k->builder);
	arena_reset(&k->arena);
	k->due_ms = next_due_ms;
	*any = *count + besides > 0;
	k->look_us = next_look(k, *any, now_ms, next_due_ms);
	return true;
}

/* Not few at a time while many are under way: a claim is a transaction. */
unsigned claimer_room(const struct sender *s)
{
	unsigned enough = s->inflight / 8 < CLAIM_MAX ? s->inflight / 8 : CLAIM_MAX, free_slots;

	if (s->held >= s->inflight || s->results.count + s->releases.count > UNRECORDED_MAX)
		return 0;
	free_slots = s->inflight - s->held;
	if (free_slots < enough)
		return 0;
	if (s->budget >= 0 && free_slots > s->budget)
		free_slots = (unsigned)s->budget;
	return free_slots < CLAIM_MAX ? free_slots : CLAIM_MAX;
}

/* Called with the lock, which is released meanwhile. */
static void look(struct claimer *k, unsigned max)
{
	struct sender *s = k->s;
	struct error err = {0};
	unsigned count;
	bool ok, any, expected = s->rung || !s->nothing_due;

	if (expected || clock_now_ms() >= (s->due_ms < k->due_ms ? s->due_ms : k->due_ms))
		pace_told(&k->pace, clock_mono_us());
	s->rung = false;
	s->due_ms = INT64_MAX;
	s->claiming = true;
	pthread_mutex_unlock(&s->lock);
	ok = claim(k, expected, max, &count, &any, &err);
	if (!ok) {
		db_put(s->env.db, k->c);
		k->c = NULL;
		k->look_us = clock_mono_us() + AWAY_US;
	}
	pthread_mutex_lock(&s->lock);
	s->claiming = false;
	if (!ok && !s->away)
		log_error("the outbox cannot be reached", &err);
	else if (ok && s->away)
		log_write(LOG_INFO, "the outbox is reached again", "due=%u", count);
	s->away = !ok;
	s->nothing_due = ok && !any;
	if (ok && count == max && claimer_room(s) == 0)
		sender_pass_on(s);
	if (s->budget > 0)
		s->budget -= count;
	if (s->budget >= 0)
		s->env.wake(s->env.wake_ctx);
}

/* Called with the lock: when to look again, by what the last look found and what was recorded since. */
static int64_t look_at(const struct claimer *k, int64_t now_us)
{
	int64_t in_ms = k->s->due_ms == INT64_MAX ? INT64_MAX : k->s->due_ms - clock_now_ms();

	if (k->s->away || in_ms >= (k->look_us - now_us) / 1000)
		return k->look_us;
	return in_ms > 0 ? now_us + in_ms * 1000 : now_us;
}

static void *claimer_main(void *arg)
{
	struct claimer *k = arg;
	struct sender *s = k->s;

	pthread_mutex_lock(&s->lock);
	while (!s->claim_stop) {
		unsigned max = claimer_room(s);
		int64_t now_us = clock_mono_us();

		s->wants_room = max == 0;
		if (max == 0)
			cond_wait_until(&s->claim, &s->lock, INT64_MAX);
		else if (now_us < look_at(k, now_us) && (s->away || !s->rung))
			cond_wait_until(&s->claim, &s->lock, look_at(k, now_us));
		else
			look(k, max);
	}
	/* who waits for the end may have been told that a look was under way, or none yet */
	s->env.wake(s->env.wake_ctx);
	pthread_mutex_unlock(&s->lock);
	db_put(s->env.db, k->c);
	builder_free(k->builder);
	arena_release(&k->arena);
	mem_free(k);
	return NULL;
}

bool claimer_start(struct sender *s, struct error *err)
{
	struct claimer *k = mem_zalloc(sizeof *k);

	k->s = s;
	k->due_ms = INT64_MAX;
	pace_init(&k->pace, s->env.cfg->sender_poll_ms, s->env.cfg->sender_idle_poll_ms, clock_mono_us());
	k->builder = builder_new(s);
	arena_init(&k->arena);
	sendings_init(&k->made);
	sendings_init(&k->failed);
	sendings_init(&k->back);
	s->has_claimer = thread_start(&s->claimer, STACK_SIZE, claimer_main, k);
	if (s->has_claimer)
		return true;
	builder_free(k->builder);
	mem_free(k);
	return err_set(err, ERR_INTERNAL, "No thread to claim deliveries");
}

void claimer_stop(struct sender *s)
{
	if (!s->has_claimer)
		return;
	pthread_mutex_lock(&s->lock);
	s->claim_stop = true;
	pthread_cond_broadcast(&s->claim);
	pthread_cond_broadcast(&s->freed);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->claimer, NULL);
	s->has_claimer = false;
}
