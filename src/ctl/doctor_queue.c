/* doctor: runs that do not get on. */
#include "ctl/doctor.h"

#include <inttypes.h>

/* What a worker that is there has long looked after: it polls at least each half minute. */
#define LATE_MS 90000

static const char *plural(int64_t n)
{
	return n == 1 ? "" : "s";
}

/* Says what is late; false: nothing of this kind is. */
static bool report_late(struct doctor *d, int64_t n, int64_t oldest_ms, const char *what, const char *advice)
{
	if (n == 0 || oldest_ms < LATE_MS)
		return false;
	doctor_report(d, VERDICT_WARNING, "queue", advice, "%" PRId64 " run%s %s, the longest for %" PRId64 " s", n, plural(n),
	              what, oldest_ms / 1000);
	return true;
}

void doctor_queue(struct doctor *d)
{
	struct queue_stats q;
	struct error err = {0};
	int64_t stuck;
	bool late;

	if (!admin_queue_stats(&d->c->admin, &q, &stuck, &err)) {
		doctor_report(d, VERDICT_FAILED, "queue", NULL, "%s", err.message);
		return;
	}
	late = report_late(d, q.ready, q.oldest_ready_ms, "ready and not taken up",
	                   "start agentiv-worker, or more of them, or raise worker.threads");
	late |= report_late(d, q.expired, q.oldest_expired_ms, "past the end of its lease",
	                    "start agentiv-worker: the worker that had them is gone or hangs, and another takes them up");
	late |= report_late(d, q.due, q.oldest_due_ms, "due and not made ready",
	                    "start agentiv-worker, or call agentivctl tick from cron");
	if (stuck > 0) {
		late = true;
		doctor_report(d, VERDICT_WARNING, "queue",
		              "a worker mends it within a minute and logs \"slot counters repaired\": start agentiv-worker",
		              "%" PRId64 " account%s held runs though nothing of theirs is active: a slot was lost", stuck,
		              stuck == 1 ? " has" : "s have");
	}
	if (!late)
		doctor_report(d, VERDICT_OK, "queue", NULL, "%" PRId64 " ready, %" PRId64 " running, %" PRId64 " held, %" PRId64
		              " later; %" PRId64 " webhook%s to send", q.ready, q.leased, q.held, q.later, q.outbox,
		              plural(q.outbox));
}
