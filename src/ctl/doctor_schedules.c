/* doctor: schedules that are not fired. */
#include "ctl/doctor.h"

#include <inttypes.h>

/* A scheduler that is there fires within a second, also when its host was told nothing; `tick` within a minute. */
#define LATE_MS 90000

void doctor_schedules(struct doctor *d)
{
	struct schedule_stats s;
	struct error err = {0};
	const char *are;

	if (!admin_schedule_stats(&d->c->admin, &s, &err)) {
		doctor_report(d, VERDICT_FAILED, "schedules", NULL, "%s", err.message);
		return;
	}
	are = s.overdue == 1 ? "schedule is" : "schedules are";
	if (s.overdue > 0 && s.oldest_ms >= LATE_MS)
		doctor_report(d, VERDICT_WARNING, "schedules",
		              "start agentiv-scheduler, or call agentivctl tick from cron; what is over an hour late is not caught up",
		              "%" PRId64 " %s due and not fired, the first for %" PRId64 " s", s.overdue, are, s.oldest_ms / 1000);
	else
		doctor_report(d, VERDICT_OK, "schedules", NULL,
		              "%" PRId64 " enabled, %" PRId64 " due now; %" PRId64 " paused by failures, %" PRId64 " run%s waiting for"
		              " the one before", s.enabled, s.overdue, s.paused, s.waiting, s.waiting == 1 ? "" : "s");
}
