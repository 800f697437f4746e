/* doctor: schedules that are not fired, and what schedulers do beside them. */
#include "ctl/doctor.h"

#include <inttypes.h>

/* A scheduler that is there fires within a second, also when its host was told nothing; `tick` within a minute. */
#define LATE_MS 90000

static bool report_late(struct doctor *d, const struct schedule_stats *s)
{
	if (s->overdue == 0 || s->oldest_ms < LATE_MS)
		return false;
	doctor_report(d, VERDICT_WARNING, "schedules",
	              "start agentiv-scheduler, or call agentivctl tick from cron; what is over an hour late is not caught up",
	              "%" PRId64 " %s due and not fired, the first for %" PRId64 " s", s->overdue,
	              s->overdue == 1 ? "schedule is" : "schedules are", s->oldest_ms / 1000);
	return true;
}

static bool report_paused(struct doctor *d, const struct schedule_stats *s)
{
	if (s->paused == 0)
		return false;
	doctor_report(d, VERDICT_WARNING, "schedules",
	              "agentivctl audit --action schedule.pause names them; agentivctl schedule resume has one go on",
	              "%" PRId64 " %s paused since so many runs in a row failed", s->paused,
	              s->paused == 1 ? "schedule is" : "schedules are");
	return true;
}

void doctor_schedules(struct doctor *d)
{
	struct schedule_stats s;
	struct error err = {0};
	bool told;

	if (!admin_schedule_stats(&d->c->admin, &s, &err)) {
		doctor_report(d, VERDICT_FAILED, "schedules", NULL, "%s", err.message);
		return;
	}
	told = report_late(d, &s);
	told |= report_paused(d, &s);
	if (!told)
		doctor_report(d, VERDICT_OK, "schedules", NULL,
		              "%" PRId64 " enabled, %" PRId64 " due now; %" PRId64 " run%s waiting for the one before",
		              s.enabled, s.overdue, s.waiting, s.waiting == 1 ? "" : "s");
}

/* The first that is late or failed is told of by name: what keeps one from being done keeps the others. */
void doctor_duties(struct doctor *d)
{
	const struct duty_state *late = NULL, *failed = NULL;
	struct duty_state duties[DUTIES_MAX];
	unsigned n = 0, late_count = 0, i;
	struct error err = {0};

	if (!admin_duties(&d->c->admin, duties, &n, &err)) {
		doctor_report(d, VERDICT_FAILED, "duties", NULL, "%s", err.message);
		return;
	}
	for (i = 0; i < n; i++) {
		late_count += duties[i].late;
		late = !late && duties[i].late ? &duties[i] : late;
		failed = !failed && duties[i].row.failed_at != 0 ? &duties[i] : failed;
	}
	if (late)
		doctor_report(d, VERDICT_WARNING, "duties", "start agentiv-scheduler, or call agentivctl tick from cron",
		              "%u of %u to be done now and then %s late; %s for %" PRId64 " s", late_count, n,
		              late_count == 1 ? "is" : "are", late->row.name, late->late_ms / 1000);
	if (failed)
		doctor_report(d, VERDICT_WARNING, "duties", "the log of agentiv-scheduler tells of each try",
		              "%s failed: %s", failed->row.name, failed->row.error);
	if (!late && !failed)
		doctor_report(d, VERDICT_OK, "duties", NULL, "%u done now and then, none late", n);
}
