/* The claimer: leases what is due, builds each body, signs it and hands it to the owner's thread. */
#include "core/sender_priv.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rnd.h"
#include "core/threads.h"

#define BODY_MAX         (8u << 20)
#define SCRATCH_KEPT     (256u << 10)
#define HELD_BYTES_MAX   (32u << 20)         /* of large bodies; small ones are bounded by their number */
#define MEMORY_WAIT_US   INT64_C(50000)
#define LEASE_SPARE_MS   5000                /* beyond an attempt's time, to wait before it and record after it */
#define AWAY_US          INT64_C(1000000)
#define UNRECORDED_MAX   (4 * CLAIM_MAX)     /* attempts whose record waits; then nothing new is claimed */
#define BUSY_US          INT64_C(20000)      /* what is due is being claimed by another sender */

#define HEAD_OFFSETS     HTTP_HEADERS_MAX

struct claimer {
	struct sender *s;
	struct db_conn *c;
	struct secrets *secrets;
	struct arena arena;                  /* of one claim */
	struct buf head, body;               /* of the sending that is being built */
	size_t  headers[HEAD_OFFSETS];       /* where they begin in head; the URL stands first */
	unsigned header_count;
	struct delivery found[CLAIM_MAX];
	struct sendings made, failed, back;
	struct claim_cursor cursor;
	int64_t look_us;
};

static const char content_type[] = "Content-Type: application/json";

static void put_header(struct claimer *k, const char *name, const char *value)
{
	INVARIANT(k->header_count < HEAD_OFFSETS - 1, "too many headers");
	k->headers[k->header_count++] = k->head.len;
	buf_adds(&k->head, name);
	buf_add(&k->head, value, strlen(value) + 1);
}

/* Everything but the body's owner is known here; the sending is one block: head, then body. */
static struct sending *sending_new(struct claimer *k, const struct delivery *d)
{
	size_t size = sizeof(struct sending) + k->head.len + k->body.len;
	struct sending *g = mem_alloc(size);
	unsigned i;

	memset(g, 0, sizeof *g);
	g->sender = k->s;
	g->size = size;
	g->result = (struct delivery_result){
		.id = d->id, .account_id = d->account_id, .event = d->event, .created_at = d->created_at,
		.due_at = d->due_at, .token = d->token, .attempt = d->attempts + 1};
	if (k->head.len > 0)
		memcpy(g->text, k->head.data, k->head.len);
	if (k->body.len > 0)
		memcpy(g->text + k->head.len, k->body.data, k->body.len);
	g->call.url = g->text;
	g->call.body = g->text + k->head.len;
	g->call.body_len = k->body.len;
	g->call.timeout_ms = k->s->env.cfg->webhook_timeout_s * INT64_C(1000);
	g->call.headers[g->call.header_count++] = content_type;
	for (i = 0; i < k->header_count; i++)
		g->call.headers[g->call.header_count++] = g->text + k->headers[i];
	return g;
}

static void start_head(struct claimer *k, const char *url)
{
	buf_reset(&k->head);
	buf_reset(&k->body);
	k->header_count = 0;
	if (url)
		buf_add(&k->head, url, strlen(url) + 1);
}

/* It cannot be sent as it is; a later attempt may fare better unless final. */
static void fail(struct claimer *k, const struct delivery *d, const char *why, bool final)
{
	struct sending *g;

	start_head(k, NULL);
	g = sending_new(k, d);
	g->error = mem_strdup(why);
	g->result.error = g->error;
	g->result.at = clock_now_ms();
	sending_failed(k->s, g, final, 0);
	sendings_add(&k->failed, g);
}

static void give_back(struct claimer *k, const struct delivery *d, int64_t release_at)
{
	struct sending *g;

	start_head(k, NULL);
	g = sending_new(k, d);
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

enum built { BUILT, BUILD_LATER, BUILD_FAILED, BUILD_FAILED_FOR_GOOD };

/* An output that did not come with its claim is read for itself. */
static enum built build_large(struct claimer *k, const struct delivery *d, struct error *err)
{
	struct execution run;
	struct arena a;
	bool found = false, ok;

	if (!wait_for_memory(k, d->run->output_len))
		return BUILD_LATER;
	arena_init(&a);
	ok = execution_find(k->c, d->account_id, &d->run->id, &a, &run, &found, err);
	if (ok && found) {
		run.account_public_id = d->run->account_public_id;
		webhook_body(&k->body, d->event, &run);
	}
	arena_release(&a);
	if (!ok)
		return err->code == ERR_UNAVAILABLE ? BUILD_LATER : BUILD_FAILED;
	if (!found) {
		err_set(err, ERR_NOT_FOUND, "The execution is gone");
		return BUILD_FAILED_FOR_GOOD;
	}
	return BUILT;
}

static enum built build_body(struct claimer *k, const struct delivery *d, struct error *err)
{
	enum built built = BUILT;

	if (d->payload)
		buf_adds(&k->body, d->payload);
	else if (!d->run->output && d->run->output_len > 0)
		built = build_large(k, d, err);
	else
		webhook_body(&k->body, d->event, d->run);
	if (k->body.failed) {
		err_set(err, ERR_PAYLOAD_TOO_LARGE, "The payload is larger than %u bytes", BODY_MAX);
		return BUILD_FAILED_FOR_GOOD;
	}
	return built;
}

static enum built build_head(struct claimer *k, const struct delivery *d, struct error *err)
{
	char event_id[ID_TEXT_SIZE], delivery_id[ID_TEXT_SIZE], timestamp[24];
	const struct webhook_secret *secret;
	struct webhook_signature signature;

	if (!secrets_get(k->secrets, k->c, d->account_id, &secret, err)) {
		if (err->code == ERR_UNAVAILABLE)
			return BUILD_LATER;
		log_error("a webhook secret cannot be used", err);
		err_set(err, ERR_INTERNAL, "The account's webhook secret cannot be used");
		return BUILD_FAILED;
	}
	id_format(ID_EVENT, &d->event_id, event_id);
	id_format(ID_DELIVERY, &d->id, delivery_id);
	snprintf(timestamp, sizeof timestamp, "%lld", (long long)(clock_now_ms() / 1000));
	webhook_sign(secret, event_id, timestamp, buf_str(&k->body), k->body.len, &signature);
	put_header(k, "X-Agentiv-Signature: ", signature.hex);
	put_header(k, "X-Agentiv-Event: ", event_type_name(d->event));
	put_header(k, "X-Agentiv-Delivery: ", delivery_id);
	put_header(k, "webhook-id: ", event_id);
	put_header(k, "webhook-timestamp: ", timestamp);
	put_header(k, "webhook-signature: ", signature.base64);
	return BUILT;
}

static void build(struct claimer *k, const struct delivery *d)
{
	struct error err = {0};
	enum built built;

	if (!d->url || !*d->url) {
		fail(k, d, "There is no URL to send it to", true);
		return;
	}
	start_head(k, d->url);
	built = build_body(k, d, &err);
	if (built == BUILT)
		built = build_head(k, d, &err);
	if (built == BUILT)
		sendings_add(&k->made, sending_new(k, d));
	else if (built == BUILD_LATER)
		give_back(k, d, clock_now_ms() + 1000 + (int64_t)(rnd_unit() * 1000));
	else
		fail(k, d, err.message, built == BUILD_FAILED_FOR_GOOD);
	if (k->body.cap > SCRATCH_KEPT)
		buf_release(&k->body);
}

static int64_t next_look(const struct claimer *k, unsigned count, int64_t now_ms, int64_t next_due_ms)
{
	int64_t now_us = clock_mono_us(), poll_us = k->s->env.cfg->sender_poll_ms * INT64_C(1000);

	if (count > 0)
		return now_us;
	if (next_due_ms <= now_ms)
		return now_us + BUSY_US;
	return next_due_ms - now_ms < poll_us / 1000 ? now_us + (next_due_ms - now_ms) * 1000
	                                             : now_us + poll_us;
}

/* false: the database does not answer. */
static bool claim(struct claimer *k, bool expected, unsigned max, unsigned *count, struct error *err)
{
	const struct config *cfg = k->s->env.cfg;
	int64_t lease_ms = cfg->webhook_lease_s * INT64_C(1000), now_ms = clock_now_ms(), next_due_ms;
	int64_t least_ms = cfg->webhook_timeout_s * INT64_C(1000) + LEASE_SPARE_MS;
	unsigned i;

	*count = 0;
	if (!outbox_claim(k->s->env.db, &k->c, expected, max, now_ms, lease_ms > least_ms ? lease_ms : least_ms,
	                  &k->cursor, &k->arena, k->found, count, &next_due_ms, err))
		return false;
	for (i = 0; i < *count; i++)
		build(k, &k->found[i]);
	if (*count > 0)
		hand_over(k);
	else
		secrets_expire(k->secrets);
	arena_reset(&k->arena);
	k->look_us = next_look(k, *count, now_ms, next_due_ms);
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
	bool ok, expected = s->rung || !s->nothing_due;

	s->rung = false;
	s->due_ms = INT64_MAX;
	s->claiming = true;
	pthread_mutex_unlock(&s->lock);
	ok = claim(k, expected, max, &count, &err);
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
	s->nothing_due = ok && count == 0;
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
	pthread_mutex_unlock(&s->lock);
	db_put(s->env.db, k->c);
	secrets_free(k->secrets);
	arena_release(&k->arena);
	buf_release(&k->head);
	buf_release(&k->body);
	mem_free(k);
	return NULL;
}

bool claimer_start(struct sender *s, struct error *err)
{
	struct claimer *k = mem_zalloc(sizeof *k);

	k->s = s;
	k->secrets = secrets_new(s->env.seal);
	arena_init(&k->arena);
	buf_init(&k->head, 16384);
	buf_init(&k->body, BODY_MAX);
	sendings_init(&k->made);
	sendings_init(&k->failed);
	sendings_init(&k->back);
	s->has_claimer = thread_start(&s->claimer, STACK_SIZE, claimer_main, k);
	if (s->has_claimer)
		return true;
	secrets_free(k->secrets);
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
