#include "core/connection_refused.h"

#include "base/clock.h"
#include "base/log.h"
#include "core/audit.h"
#include "core/webhook.h"
#include "store/accounts.h"
#include "store/endpoints.h"
#include "store/events.h"
#include "store/note_payloads.h"

#define BODY_MAX 4096

struct refusal {
	const struct claimed_run *run;
	const char *integration, *reason;
	int64_t since;
	struct event event;
	struct audit_draft told;
	bool done, wanted;
	unsigned mails;
};

static bool tell_endpoints(struct db_conn *c, struct refusal *r, struct error *err)
{
	struct outbox_due due = {.id = r->event.id, .fanout = true};
	unsigned events;

	if (!endpoint_events(c, r->event.account_id, &events, err))
		return false;
	r->wanted = events >> EVENT_INTEGRATION_DISCONNECTED & 1;
	return events_insert(c, &r->event, 1, err) && (!r->wanted || outbox_put(c, &due, 1, r->event.at, err));
}

static bool tell_owner(struct db_conn *c, struct refusal *r, struct error *err)
{
	struct buf b;
	bool ok;

	buf_init(&b, NOTE_PAYLOAD_MAX);
	note_put_disconnected(&b, r->integration, r->reason);
	ok = note_write(c, r->event.account_id, NOTE_INTEGRATION_DISCONNECTED, b.data, b.len, r->event.at, &r->mails, err);
	buf_release(&b);
	return ok;
}

static bool refuse_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct refusal *r = ctx;

	r->mails = 0;
	if (!account_lock(c, r->event.account_id, err) ||
	    !connection_refuse(c, r->event.account_id, r->integration, r->since, &r->done, err))
		return false;
	return !r->done || (tell_endpoints(c, r, err) && tell_owner(c, r, err) && audit_write(c, audit_entry(&r->told), err));
}

/* The event tells that it was done by this. */
static int refuse_applied(struct db_conn *c, void *ctx)
{
	struct refusal *r = ctx;
	struct event e;
	struct arena a;
	struct error err;
	bool found, ok;

	arena_init(&a);
	ok = event_find(c, r->event.account_id, &r->event.id, &a, &e, &found, &err);
	arena_release(&a);
	return ok ? found : -1;
}

static void tell_others(const struct executor_env *env, const struct refusal *r)
{
	if (!env->ringer || !r->done)
		return;
	bell_ring_all(env->ringer, RESPONDER_PROGRAM, BELL_FORGET);
	if (r->wanted || r->mails > 0)
		bell_ring(env->ringer, SENDER_PROGRAM, BELL_WORK);
}

void connection_refused(const struct executor_env *env, const struct claimed_run *run, const char *integration,
                        int64_t since, const char *reason)
{
	static const struct actor system = {.kind = ACTOR_SYSTEM};
	int64_t now_ms = clock_now_ms();
	struct refusal r = {.run = run, .integration = integration, .reason = reason, .since = since,
	                    .event = {.id = id_make_at(now_ms), .account_id = run->account_id,
	                              .event = EVENT_INTEGRATION_DISCONNECTED, .at = now_ms}};
	struct error err = {0};
	struct buf body;

	buf_init(&body, BODY_MAX);
	webhook_disconnected_body(&body, integration, &run->account_public_id, reason, now_ms);
	r.event.payload = body.data;
	r.event.payload_len = body.len;
	audit_open(&r.told, &system, run->account_id, "connection.refused", integration);
	json_put_str(&r.told.w, "reason", reason);
	if (db_transaction(env->db, refuse_body, refuse_applied, &r, &err))
		tell_others(env, &r);
	else
		log_error("an integration that refuses its login could not be disconnected", &err);
	audit_release(&r.told);
	buf_release(&body);
}
