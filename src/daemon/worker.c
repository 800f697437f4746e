#include "daemon/worker.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "core/executor.h"
#include "core/processes.h"
#include "core/secrets.h"
#include "daemon/loop.h"
#include "net/outbound.h"

#define SPARE_CONNECTIONS 5   /* beside one for each thread: claims, upkeep, two committers, that it lives */
#define DRAIN_LIMIT_S     60

struct worker {
	const struct config *cfg;
	struct db *db;
	struct registry *agents;
	struct secrets *secrets;
	struct outbound_rules *outbound;
	struct doorbell_ringer *ringer;
	struct executor *executor;
	struct presence *presence;
	struct error error;
	bool draining, failed;
	bool stuck;              /* a thread is in an agent, or an audit, that does not stop */
};

static void wake(void *ctx)
{
	loop_wake(ctx);
}

static bool start_executor(struct worker *w, struct loop *l)
{
	struct executor_env env = {.db = w->db,
				   .cfg = w->cfg,
				   .agents = w->agents,
				   .secrets = w->secrets,
				   .outbound = w->outbound,
				   .ringer = w->ringer,
				   .wake = wake,
				   .wake_ctx = l};
	struct presence_env present = {.db = w->db, .secrets = w->secrets, .program = WORKER_PROGRAM,
	                               .run_dir = w->cfg->run_dir, .doorbell = loop_doorbell_name(l), .reseals = true};

	snprintf(env.owner.name, sizeof env.owner.name, "%s", loop_doorbell_name(l));
	process_host(w->cfg->run_dir, env.owner.host);
	w->executor = executor_start(&env, (unsigned)w->cfg->worker_threads, &w->error);
	if (!w->executor)
		return false;
	w->presence = presence_start(&present, &w->error);
	if (!w->presence)
		return false;
	log_write(LOG_INFO, "started", "threads=%d agents=%u", w->cfg->worker_threads, registry_count(w->agents));
	return true;
}

/* Stops as if it had been told to, with a status that makes the supervisor start it again. */
static void end_as_failed(struct worker *w)
{
	w->failed = true;
	raise(SIGTERM);
}

static int64_t worker_work(void *data, struct loop *l)
{
	struct worker *w = data;

	if (!w->presence && !w->failed && !w->draining && !start_executor(w, l)) {
		/* no threads: nothing will get better, and the supervisor starts it again */
		log_error("the executor could not be started", &w->error);
		end_as_failed(w);
	}
	if (!w->executor)
		return INT64_MAX;
	if (!w->failed && executor_stuck(w->executor) >= (unsigned)w->cfg->worker_threads) {
		log_write(LOG_ERROR, "too many agents do not stop", "threads=%d", w->cfg->worker_threads);
		end_as_failed(w);
	}
	return executor_work(w->executor, !w->draining);
}

static void worker_message(void *data, const void *msg, size_t n)
{
	struct worker *w = data;
	int64_t due_ms;

	if (n > 0 && *(const char *)msg == BELL_SECRETS)
		presence_look(w->presence);
	if (!w->executor || n == 0)
		return;
	if (bell_due(msg, n, &due_ms))
		executor_due_at(w->executor, due_ms);
	else if (*(const char *)msg == BELL_WORK)
		executor_work_came(w->executor);
	else if (*(const char *)msg == BELL_LOOK)
		executor_look_again(w->executor);
	else if (*(const char *)msg == BELL_CANCEL)
		executor_check_cancels(w->executor);
}

static void worker_drain(void *data)
{
	struct worker *w = data;

	w->draining = true;
	if (w->executor)
		executor_drain(w->executor);
}

static bool worker_idle(void *data)
{
	struct worker *w = data;

	return !w->executor || executor_idle(w->executor);
}

/* The threads end here, before the loop that they wake is gone. */
static void worker_stop(void *data)
{
	struct worker *w = data;
	struct executor_counts c;

	presence_stop(w->presence);
	w->presence = NULL;
	if (!w->executor)
		return;
	executor_counts(w->executor, &c);
	w->stuck = !executor_stop(w->executor);
	w->executor = NULL;
	log_write(LOG_INFO, "stopped",
		  "claimed=%" PRIu64 " succeeded=%" PRIu64 " failed=%" PRIu64 " retried=%" PRIu64
		  " released=%" PRIu64 " lost=%" PRIu64,
		  c.claimed, c.succeeded, c.failed, c.retried, c.released, c.lost);
}

bool worker_run(const struct config *cfg, struct error *err)
{
	static const struct daemon_ops ops = {
		.program = "agentiv-worker", .work = worker_work, .message = worker_message,
		.drain = worker_drain, .idle = worker_idle, .stop = worker_stop,
		.drain_limit_s = DRAIN_LIMIT_S};
	const char *manifests = getenv("AGENTIV_MANIFEST_DIR");
	struct worker w = {.cfg = cfg};
	bool ok;

	ok = (w.secrets = secrets_open(cfg, 1 << SECRET_SEAL, err)) != NULL &&
	     (w.outbound = outbound_rules_new(cfg->allow_networks, err)) != NULL &&
	     (w.agents = registry_load(manifests ? manifests : AGENTIV_MANIFEST_DIR,
				       cfg->agents_dir, err)) != NULL &&
	     (w.db = db_open(cfg, (unsigned)cfg->worker_threads + SPARE_CONNECTIONS, err)) != NULL;
	if (!ok)
		goto out;
	w.ringer = doorbell_ringer_new(cfg->run_dir);
	ok = loop_run(&ops, cfg, &w, err);
	/* now that its own doorbell is gone: what it was told of and did not read, what its last runs have brought about */
	bell_ring_all(w.ringer, WORKER_PROGRAM, BELL_LOOK);
	/* what that thread uses cannot be freed */
	if (w.stuck)
		_exit(ok && !w.failed ? 0 : 1);
out:
	db_close(w.db);
	doorbell_ringer_free(w.ringer);
	registry_free(w.agents);
	outbound_rules_free(w.outbound);
	secrets_free(w.secrets);
	return ok && !w.failed;
}
