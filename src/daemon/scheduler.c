#include "daemon/scheduler.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "core/bells.h"
#include "core/scheduler.h"
#include "daemon/loop.h"

#define CONNECTIONS   3      /* the firing thread's, the duties', one that is being replaced */
#define DRAIN_LIMIT_S 30     /* a transaction of either thread at most, and what is asked of its outcome */

struct scheduler_daemon {
	struct scheduler_env env;
	struct scheduler *scheduler;
};

static int64_t daemon_work(void *data, struct loop *l)
{
	struct scheduler_daemon *d = data;

	(void)l;
	return scheduler_work(d->scheduler);
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

	scheduler_counts(d->scheduler, &c);
	log_write(LOG_INFO, "stopped", "fired=%" PRIu64 " skipped=%" PRIu64 " transactions=%" PRIu64, c.fired, c.skipped,
	          c.transactions);
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
	log_write(LOG_INFO, "started", "agents=%u", registry_count(agents));
	ok = loop_run(&ops, cfg, &d, err);
	/* now that its own doorbell is gone: what it was told of and did not read */
	bell_ring_all(d.env.ringer, SCHEDULER_PROGRAM, BELL_LOOK);
out:
	scheduler_free(d.scheduler);
	doorbell_ringer_free(d.env.ringer);
	db_close(d.env.db);
	registry_free(agents);
	return ok;
}
