#include "daemon/webhookd.h"

#include <inttypes.h>
#include <signal.h>

#include "base/log.h"
#include "core/bells.h"
#include "core/sender.h"
#include "core/processes.h"
#include "core/secrets.h"
#include "daemon/loop.h"

#define CONNECTIONS      4   /* the claimer's, the recorder's, one that is being replaced, and that it lives */
#define DRAIN_BEYOND_S   5   /* longer than an attempt may take: to record it */

struct webhookd {
	const struct config *cfg;
	struct db *db;
	struct secrets *secrets;
	struct outbound_rules *rules;
	struct doorbell_ringer *ringer;
	struct sender *sender;
	struct presence *presence;
	bool draining, failed;
};

static void wake(void *ctx)
{
	loop_wake(ctx);
}

static bool start_sender(struct webhookd *w, struct loop *l, struct error *err)
{
	struct sender_env env = {.db = w->db, .cfg = w->cfg, .rules = w->rules, .secrets = w->secrets,
	                         .ringer = w->ringer, .doorbell = loop_doorbell_name(l),
	                         .wake = wake, .wake_ctx = l};
	struct presence_env present = {.db = w->db, .secrets = w->secrets, .program = SENDER_PROGRAM,
	                               .run_dir = w->cfg->run_dir, .doorbell = loop_doorbell_name(l)};

	w->sender = sender_start(&env, err);
	if (!w->sender || !loop_watch(l, sender_fd(w->sender), err))
		return false;
	w->presence = presence_start(&present, err);
	if (!w->presence)
		return false;
	log_write(LOG_INFO, "started", "inflight=%d", w->cfg->sender_inflight);
	return true;
}

static int64_t webhookd_work(void *data, struct loop *l)
{
	struct webhookd *w = data;
	struct error err = {0};

	if (!w->sender && !w->failed && !w->draining && !start_sender(w, l, &err)) {
		/* no threads or descriptors: nothing will get better, and the supervisor starts it again */
		log_error("the sender could not be started", &err);
		w->failed = true;
		raise(SIGTERM);
	}
	return w->sender ? sender_work(w->sender) : INT64_MAX;
}

static void webhookd_message(void *data, const void *msg, size_t n)
{
	struct webhookd *w = data;

	if (n > 0 && *(const char *)msg == BELL_SECRETS)
		presence_look(w->presence);
	if (!w->sender || n == 0)
		return;
	if (*(const char *)msg == BELL_WORK)
		sender_work_came(w->sender);
	else if (*(const char *)msg == BELL_LOOK)
		sender_look_again(w->sender);
}

static void webhookd_drain(void *data)
{
	struct webhookd *w = data;

	w->draining = true;
	if (w->sender)
		sender_drain(w->sender);
}

static bool webhookd_idle(void *data)
{
	struct webhookd *w = data;

	return !w->sender || sender_idle(w->sender);
}

static void webhookd_stop(void *data)
{
	struct webhookd *w = data;
	struct sender_counts c;

	presence_stop(w->presence);
	w->presence = NULL;
	if (!w->sender)
		return;
	sender_counts(w->sender, &c);
	log_write(LOG_INFO, "stopped",
	          "claimed=%" PRIu64 " delivered=%" PRIu64 " failed=%" PRIu64 " retried=%" PRIu64
	          " postponed=%" PRIu64 " released=%" PRIu64,
	          c.claimed, c.delivered, c.failed, c.retried, c.postponed, c.released);
	sender_stop(w->sender);
	w->sender = NULL;
}

bool webhookd_run(const struct config *cfg, struct error *err)
{
	struct daemon_ops ops = {
		.program = SENDER_PROGRAM, .work = webhookd_work, .message = webhookd_message,
		.drain = webhookd_drain, .idle = webhookd_idle, .stop = webhookd_stop,
		.drain_limit_s = sender_attempt_s(cfg) + DRAIN_BEYOND_S};
	struct webhookd w = {.cfg = cfg};
	bool ok;

	ok = (w.secrets = secrets_open(cfg, 1 << SECRET_SEAL, err)) != NULL &&
	     (w.rules = outbound_rules_new(cfg->allow_networks, err)) != NULL &&
	     outbound_check_ca_file(config_ca_file(cfg), err) &&
	     (w.db = db_open(cfg, CONNECTIONS, err)) != NULL;
	if (ok) {
		w.ringer = doorbell_ringer_new(cfg->run_dir);
		ok = loop_run(&ops, cfg, &w, err);
		/* now that its own doorbell is gone: what it gave back, or was told of and did not read */
		bell_ring_all(w.ringer, SENDER_PROGRAM, BELL_LOOK);
	}
	doorbell_ringer_free(w.ringer);
	db_close(w.db);
	outbound_rules_free(w.rules);
	secrets_free(w.secrets);
	return ok && !w.failed;
}
