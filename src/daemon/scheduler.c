#include "daemon/scheduler.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "core/bells.h"
#include "core/duties.h"
#include "core/scheduler.h"
#include "daemon/loop.h"

#define CONNECTIONS   2      /* the firing thread's, one that is being replaced; the duties' is beside the pool */
#define DRAIN_LIMIT_S 30     /* a transaction of either thread at most, and what is asked of its outcome */

struct scheduler_daemon {
	struct scheduler_env env;
	struct scheduler *scheduler;
	struct duties *duties;
	bool failed;
	bool stuck;                  /* the duties' thread is in a statement that does not end */
};

/* The duties' thread is made here, where the loop has blocked the signals that it would inherit. */
static void start(struct scheduler_daemon *d)
{
	struct duties_env env = {.db = d->env.db, .cfg = d->env.cfg};
	struct error err = {0};

	d->duties = duties_start(&env, &err);
	if (d->duties) {
		log_write(LOG_INFO, "started", "agents=%u", registry_count(d->env.agents));
		return;
	}
	/* no threads: nothing will get better, and the supervisor starts it again */
	log_error("the scheduler could not be started", &err);
	d->failed = true;
	raise(SIGTERM);
}

static int64_t daemon_work(void *data, struct loop *l)
{
	struct scheduler_daemon *d = data;

	(void)l;
	if (!d->duties && !d->failed)
		start(d);
	return d->failed ? INT64_MAX : scheduler_work(d->scheduler);
}

static void daemon_message(void *data, const void *msg, size_t n)
{
	struct scheduler_daemon *d = data;
	int64_t due_ms;

	if (bell_due(msg, n, &due_ms))
		scheduler_due_at(d->scheduler, due_ms);
	else if (n > 0 && *(const char *)msg == BELL_LOOK)
		scheduler_look_again(d->scheduler);
}

static void daemon_stop(void *data)
{
	struct scheduler_daemon *d = data;
	struct scheduler_counts c;
	struct duties_counts did;

	if (!d->duties)
		return;
	duties_counts(d->duties, &did);
	d->stuck = !duties_stop(d->duties);
	scheduler_counts(d->scheduler, &c);
	log_write(LOG_INFO, "stopped", "fired=%" PRIu64 " skipped=%" PRIu64 " transactions=%" PRIu64 " removed=%" PRIu64,
	          c.fired, c.skipped, c.transactions, did.rows);
}

bool scheduler_run(const struct config *cfg, struct error *err)
{
	/* nothing is under way between two calls of work: it is idle at once */
	static const struct daemon_ops ops = {
		.program = SCHEDULER_PROGRAM, .work = daemon_work, .message = daemon_message, .stop = daemon_stop,
		.drain_limit_s = DRAIN_LIMIT_S};
	const char *manifests = getenv("AGENTIV_MANIFEST_DIR");
	struct scheduler_daemon d = {.env.cfg = cfg};
	struct registry *agents;
	bool ok;

	agents = registry_load(manifests ? manifests : AGENTIV_MANIFEST_DIR, cfg->agents_dir, err);
	ok = agents && (d.env.db = db_open(cfg, CONNECTIONS, err)) != NULL;
	if (!ok)
		goto out;
	d.env.agents = agents;
	d.env.ringer = doorbell_ringer_new(cfg->run_dir);
	d.scheduler = scheduler_new(&d.env);
	ok = loop_run(&ops, cfg, &d, err);
	/* now that its own doorbell is gone: what it was told of and did not read */
	bell_ring_all(d.env.ringer, SCHEDULER_PROGRAM, BELL_LOOK);
	/* what that thread uses cannot be freed */
	if (d.stuck)
		_exit(ok && !d.failed ? 0 : 1);
out:
	scheduler_free(d.scheduler);
	doorbell_ringer_free(d.env.ringer);
	db_close(d.env.db);
	registry_free(agents);
	return ok && !d.failed;
}
