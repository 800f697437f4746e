/* Deliveries that are asked for: tests, and replays of one delivery and of one event. */
#include "core/deliveries_priv.h"

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
	struct id id, event_id;          /* of the delivery that is made, the first of many, and of a test's event */
	struct id user_id;
	int64_t now_ms;
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

bool deliveries_endpoint(struct db_conn *c, uint64_t account_id, const struct id *id, struct arena *a,
                         struct endpoint *out, struct error *err)
{
	bool found;

	return endpoint_find(c, account_id, id, false, a, out, &found, err) &&
	       (found || err_set(err, ERR_NOT_FOUND, "There is no such webhook endpoint"));
}

bool deliveries_enabled(const struct endpoint *e, struct error *err)
{
	return e->enabled || err_set(err, ERR_CONFLICT, "The webhook endpoint is disabled; enable it first");
}

void deliveries_tell_senders(const struct deliveries *ds)
{
	if (ds->ringer)
		bell_ring(ds->ringer, SENDER_PROGRAM, BELL_WORK);
}

/* What was made, as it is answered. */
static bool answer(struct db_conn *c, struct asked *k, struct error *err)
{
	bool found;

	return delivery_find(c, k->account_id, &k->id, k->arena, k->out, &found, err) &&
	       (found || err_set(err, ERR_INTERNAL, "The new delivery cannot be read")) && tell(c, k, err) &&
	       once_keep(c, k->once, k->out, err);
}

/* The delivery is there when the transaction was applied. Where none was to be made, it may as well be made again. */
static int made_applied(struct db_conn *c, void *ctx)
{
	struct asked *k = ctx;
	struct delivery_row row;
	struct error err;
	bool found;

	if (!delivery_find(c, k->account_id, &k->id, k->arena, &row, &found, &err))
		return -1;
	if (found && k->out)
		*k->out = row;
	return found;
}

static bool run(struct asked *k, const struct actor *who, const char *action, enum id_kind kind, db_body body,
                struct error *err)
{
	char subject[ID_TEXT_SIZE];
	bool ok;

	id_format(kind, &k->subject, subject);
	audit_open(&k->told, who, k->account_id, action, subject);
	ok = db_transaction(k->deliveries->db, body, made_applied, k, err);
	audit_release(&k->told);
	if (ok && !k->answered)
		deliveries_tell_senders(k->deliveries);
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
	return k->answered || (deliveries_endpoint(c, k->account_id, &k->subject, k->arena, &e, err) &&
	                       write_test(c, k, err) && answer(c, k, err));
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
	bool kept, there = true;
	struct endpoint e;

	if (r->state == DELIVERY_PENDING)
		return err_set(err, ERR_CONFLICT, "The delivery is still being tried");
	if (!is_kept(c, k, r, &kept, err) ||
	    (r->has_endpoint && !endpoint_find(c, k->account_id, &r->endpoint_id, false, k->arena, &e, &there, err)))
		return false;
	if (!kept)
		return err_set(err, ERR_CONFLICT, "What the delivery told of is not kept any more");
	if (!there)
		return err_set(err, ERR_CONFLICT, "The endpoint of the delivery is gone");
	return !r->has_endpoint || r->event == EVENT_WEBHOOK_TEST || deliveries_enabled(&e, err);
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

/* To those of the account that want it. */
static bool make_again(struct db_conn *c, struct asked *k, const struct happened *what, struct error *err)
{
	struct endpoint *all;
	unsigned n, i;

	if (!endpoint_list(c, k->account_id, NULL, ENDPOINTS_MAX, k->arena, &all, &n, err))
		return false;
	for (i = 0; i < n; i++) {
		struct delivery_new d = {.id = k->replayed->count == 0 ? k->id : id_make_at(k->now_ms), .event_id = k->subject,
		                         .account_id = k->account_id, .has_execution = what->has_execution,
		                         .execution_id = k->subject, .has_endpoint = true, .endpoint_id = all[i].id,
		                         .event = what->event};

		if (!all[i].enabled || !(all[i].events >> what->event & 1))
			continue;
		if (!outbox_add(c, &d, 1, k->now_ms, err))
			return false;
		k->replayed->count++;
	}
	return true;
}

static bool replay_event_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct asked *k = ctx;
	struct happened what = {.has_execution = false};

	*k->replayed = (struct replayed){.count = 0};
	if (!account_lock(c, k->account_id, err) || !once_begin(c, k->once, &k->id, &k->answered, err))
		return false;
	return k->answered || (find_event(c, k, &what, err) && make_again(c, k, &what, err) && tell(c, k, err) &&
	                       once_keep(c, k->once, k->replayed, err));
}

bool deliveries_replay_event(const struct deliveries *ds, const struct actor *who, uint64_t account_id,
                             const struct id *event, struct replayed *out, struct once *once, struct error *err)
{
	struct arena a;
	struct asked k = {.deliveries = ds, .account_id = account_id, .subject = *event, .id = id_make(),
	                  .now_ms = clock_now_ms(), .arena = &a, .replayed = out, .once = once};
	bool ok;

	arena_init(&a);
	ok = run(&k, who, "webhook.replay_event", ID_EVENT, replay_event_body, err);
	arena_release(&a);
	return ok;
}
