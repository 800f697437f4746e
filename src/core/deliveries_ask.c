/* Deliveries that are asked for: tests and replays. */
#include "core/deliveries.h"

#include <string.h>

#include "base/clock.h"
#include "core/audit.h"
#include "core/bells.h"
#include "core/webhook.h"
#include "store/accounts.h"
#include "store/events.h"
#include "store/executions.h"

#define EVENT_MAX 4096

struct asked {
	const struct deliveries *deliveries;
	uint64_t account_id;
	struct id subject;               /* the endpoint, the delivery or the event that is asked for */
	struct id id, event_id;          /* of the delivery that is made, and of a test */
	struct id user_id, after;
	int64_t now_ms, since_ms;
	struct arena *arena;
	struct audit_draft told;
	struct delivery_row *out;
	struct once *once;
	struct replayed *replayed;
	bool answered;
};

static bool tell(struct db_conn *c, struct asked *k, struct error *err)
{
	return audit_write(c, audit_entry(&k->told), err);
}

static bool find_endpoint(struct db_conn *c, const struct asked *k, const struct id *id, struct endpoint *out,
                          struct error *err)
{
	bool found;

	return endpoint_find(c, k->account_id, id, false, k->arena, out, &found, err) &&
	       (found || err_set(err, ERR_NOT_FOUND, "There is no such webhook endpoint"));
}

static bool is_enabled(const struct endpoint *e, struct error *err)
{
	return e->enabled || err_set(err, ERR_CONFLICT, "The webhook endpoint is disabled; enable it first");
}

/* What was made, as it is answered. */
static bool answer(struct db_conn *c, struct asked *k, struct error *err)
{
	bool found;

	return delivery_find(c, k->account_id, &k->id, k->arena, k->out, &found, err) &&
	       (found || err_set(err, ERR_INTERNAL, "The new delivery cannot be read")) && tell(c, k, err) &&
	       once_keep(c, k->once, k->out, err);
}

/* The delivery is there when the transaction was applied. */
static int made_applied(struct db_conn *c, void *ctx)
{
	struct asked *k = ctx;
	struct error err;
	bool found;

	return delivery_find(c, k->account_id, &k->id, k->arena, k->out, &found, &err) ? found : -1;
}

static bool run(struct asked *k, const struct actor *who, const char *action, enum id_kind kind, db_body body,
                struct error *err)
{
	char subject[ID_TEXT_SIZE];
	bool ok;

	id_format(kind, &k->subject, subject);
	audit_open(&k->told, who, k->account_id, action, subject);
	if (k->since_ms)
		json_put_time(&k->told.w, "since", k->since_ms);
	ok = db_transaction(k->deliveries->db, body, k->out ? made_applied : NULL, k, err);
	audit_release(&k->told);
	if (ok && !k->answered && k->deliveries->ringer)
		bell_ring(k->deliveries->ringer, SENDER_PROGRAM, BELL_WORK);
	return ok;
}

/* ---- a test ---- */

static bool write_test(struct db_conn *c, const struct asked *k, struct error *err)
{
	struct event event = {.id = k->event_id, .account_id = k->account_id, .event = EVENT_WEBHOOK_TEST, .at = k->now_ms};
	struct delivery_new d = {.id = k->id, .event_id = k->event_id, .account_id = k->account_id, .event = EVENT_WEBHOOK_TEST,
	                         .has_endpoint = true, .endpoint_id = k->subject};
	struct buf body;
	bool ok;

	buf_init(&body, EVENT_MAX);
	webhook_test_body(&body, &k->subject, &k->user_id, k->now_ms);
	event.payload = body.data;
	event.payload_len = body.len;
	ok = events_insert(c, &event, 1, err) && outbox_add(c, &d, 1, k->now_ms, err);
	buf_release(&body);
	return ok;
}

static bool test_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct asked *k = ctx;
	struct endpoint e;

	if (!account_lock(c, k->account_id, err) || !once_begin(c, k->once, &k->id, &k->answered, err))
		return false;
	return k->answered || (find_endpoint(c, k, &k->subject, &e, err) && write_test(c, k, err) && answer(c, k, err));
}

bool deliveries_test(const struct deliveries *ds, const struct actor *who, uint64_t account_id, const struct id *user_id,
                     const struct id *endpoint, struct arena *a, struct delivery_row *out, struct once *once,
                     struct error *err)
{
	struct asked k = {.deliveries = ds, .account_id = account_id, .user_id = *user_id, .subject = *endpoint, .id = id_make(),
	                  .event_id = id_make(), .now_ms = clock_now_ms(), .arena = a, .out = out, .once = once};

	return run(&k, who, "webhook.test", ID_ENDPOINT, test_body, err);
}

/* ---- one again ---- */

/* Whether what a delivery told of is kept, so that it can be told again. */
static bool is_kept(struct db_conn *c, const struct asked *k, const struct delivery_row *r, bool *kept, struct error *err)
{
	struct execution run;
	struct event event;

	return r->has_execution ? execution_find(c, k->account_id, &r->execution_id, k->arena, &run, kept, err) :
				  event_find(c, k->account_id, &r->event_id, k->arena, &event, kept, err);
}

static bool can_be_repeated(struct db_conn *c, struct asked *k, const struct delivery_row *r, struct error *err)
{
	struct endpoint e;
	bool kept;

	if (r->state == DELIVERY_PENDING)
		return err_set(err, ERR_CONFLICT, "The delivery is still being tried");
	if (!is_kept(c, k, r, &kept, err))
		return false;
	if (!kept || !r->url)
		return err_set(err, ERR_CONFLICT, !kept ? "What the delivery told of is not kept any more" :
							  "The endpoint of the delivery is gone");
	return !r->has_endpoint || (find_endpoint(c, k, &r->endpoint_id, &e, err) && is_enabled(&e, err));
}

static bool replay_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct asked *k = ctx;
	struct delivery_row old;
	bool found;

	if (!account_lock(c, k->account_id, err) || !once_begin(c, k->once, &k->id, &k->answered, err))
		return false;
	if (k->answered)
		return true;
	if (!delivery_find(c, k->account_id, &k->subject, k->arena, &old, &found, err))
		return false;
	if (!found)
		return err_set(err, ERR_NOT_FOUND, "There is no such delivery");
	return can_be_repeated(c, k, &old, err) && delivery_repeat(c, &k->subject, &k->id, 1, k->now_ms, err) &&
	       answer(c, k, err);
}

bool deliveries_replay(const struct deliveries *ds, const struct actor *who, uint64_t account_id, const struct id *id,
                       struct arena *a, struct delivery_row *out, struct once *once, struct error *err)
{
	struct asked k = {.deliveries = ds, .account_id = account_id, .subject = *id, .id = id_make(), .now_ms = clock_now_ms(),
	                  .arena = a, .out = out, .once = once};

	return run(&k, who, "webhook.replay", ID_DELIVERY, replay_body, err);
}

/* ---- all that failed ---- */

static bool repeat_failed(struct db_conn *c, struct asked *k, unsigned *n, struct error *err)
{
	struct id olds[DB_LIST_MAX], ids[DB_LIST_MAX];
	unsigned i;

	if (!delivery_failed(c, &k->subject, &k->after, olds, n, err))
		return false;
	for (i = 0; i < *n; i++)
		ids[i] = id_make_at(k->now_ms);
	return delivery_repeat(c, olds, ids, *n, k->now_ms, err);
}

/* All in one transaction: it is bounded, and its rows are the account's own. */
static bool replay_failed_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct asked *k = ctx;
	struct replayed *r = k->replayed;
	struct endpoint e;
	unsigned n;

	*r = (struct replayed){.subject = k->subject};
	k->after = delivery_before(k->since_ms);
	if (!account_lock(c, k->account_id, err) || !find_endpoint(c, k, &k->subject, &e, err) || !is_enabled(&e, err))
		return false;
	do {
		if (!repeat_failed(c, k, &n, err))
			return false;
		r->count += n;
		r->more = n == DB_LIST_MAX;
	} while (r->more && r->count < DELIVERY_REPLAY_MAX);
	return tell(c, k, err);
}

bool deliveries_replay_failed(const struct deliveries *ds, const struct actor *who, uint64_t account_id,
                              const struct id *endpoint, int64_t since_ms, struct replayed *out, struct error *err)
{
	struct arena a;
	struct asked k = {.deliveries = ds, .account_id = account_id, .subject = *endpoint, .now_ms = clock_now_ms(),
	                  .since_ms = since_ms, .arena = &a, .replayed = out};
	bool ok;

	arena_init(&a);
	ok = run(&k, who, "webhook.replay_failed", ID_ENDPOINT, replay_failed_body, err);
	arena_release(&a);
	return ok;
}

/* ---- an event again ---- */

struct happened { enum event_type event; bool has_execution; };

/* The event is the end of an execution, or stands by itself. */
static bool find_event(struct db_conn *c, struct asked *k, struct happened *out, struct error *err)
{
	struct execution run;
	struct event event;
	bool found;

	if (!execution_find(c, k->account_id, &k->subject, k->arena, &run, &found, err))
		return false;
	if (found && run.completed_at != 0) {
		*out = (struct happened){run.status == EXEC_SUCCESS ? EVENT_RUN_SUCCESS : EVENT_RUN_FAILED, true};
		return true;
	}
	if (!event_find(c, k->account_id, &k->subject, k->arena, &event, &found, err))
		return false;
	out->event = event.event;
	out->has_execution = false;
	return found || err_set(err, ERR_NOT_FOUND, "There is no such event");
}

static bool replay_event_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct asked *k = ctx;
	struct happened what = {.has_execution = false};
	struct endpoint *all;
	unsigned n, i;

	*k->replayed = (struct replayed){.subject = k->subject};
	if (!account_lock(c, k->account_id, err) || !find_event(c, k, &what, err) ||
	    !endpoint_list(c, k->account_id, k->arena, &all, &n, err))
		return false;
	for (i = 0; i < n; i++) {
		struct delivery_new d = {.id = id_make_at(k->now_ms), .event_id = k->subject, .account_id = k->account_id,
		                         .has_execution = what.has_execution, .execution_id = k->subject, .has_endpoint = true,
		                         .endpoint_id = all[i].id, .event = what.event};

		if (!all[i].enabled || !(all[i].events >> what.event & 1))
			continue;
		if (!outbox_add(c, &d, 1, k->now_ms, err))
			return false;
		k->replayed->count++;
	}
	return tell(c, k, err);
}

bool deliveries_replay_event(const struct deliveries *ds, const struct actor *who, uint64_t account_id,
                             const struct id *event, struct replayed *out, struct error *err)
{
	struct arena a;
	struct asked k = {.deliveries = ds, .account_id = account_id, .subject = *event, .now_ms = clock_now_ms(), .arena = &a,
	                  .replayed = out};
	bool ok;

	arena_init(&a);
	ok = run(&k, who, "webhook.replay_event", ID_EVENT, replay_event_body, err);
	arena_release(&a);
	return ok;
}
