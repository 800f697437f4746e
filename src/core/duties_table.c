/* The duties: what they remove or close, how often, and of what age. */
#include "core/duties_priv.h"

#include <string.h>

#include "base/clock.h"
#include "store/months.h"
#include "store/trials.h"

static int64_t days_ago(int days, int64_t now_ms)
{
	return days == 0 ? INT64_MIN : now_ms - days * DAY_MS;
}

static int64_t old_executions(const struct config *cfg, int64_t now_ms)
{
	return days_ago(cfg->executions_days, now_ms);
}

static int64_t old_steps(const struct config *cfg, int64_t now_ms)
{
	return days_ago(cfg->steps_days, now_ms);
}

static int64_t old_deliveries(const struct config *cfg, int64_t now_ms)
{
	return days_ago(cfg->deliveries_days, now_ms);
}

static int64_t old_audit(const struct config *cfg, int64_t now_ms)
{
	return days_ago(cfg->audit_days, now_ms);
}

static int64_t old_keys(const struct config *cfg, int64_t now_ms)
{
	return now_ms - config_idempotency_ms(cfg);
}

static int64_t present(const struct config *cfg, int64_t now_ms)
{
	(void)cfg;
	return now_ms;
}

static int64_t yesterday(const struct config *cfg, int64_t now_ms)
{
	(void)cfg;
	return now_ms - DAY_MS;
}

/* The first month that is kept. */
static int64_t old_months(const struct config *cfg, int64_t now_ms)
{
	int64_t month = clock_month_start(now_ms);
	unsigned i;

	(void)cfg;
	for (i = 0; i < MONTHS_KEPT; i++)
		month = clock_month_start(month - 1);
	return month;
}

const struct duty duties[] = {
	{"months", HOUR_MS, present, months_close_some, false, true},
	{"executions", HOUR_MS, old_executions, prune_executions, true, false},
	{"execution_steps", HOUR_MS, old_steps, prune_steps, true, false},
	{"deliveries", HOUR_MS, old_deliveries, prune_deliveries, true, false},
	{"events", HOUR_MS, old_deliveries, prune_events, true, false},
	{"notifications", HOUR_MS, old_deliveries, prune_notifications, true, false},
	{"trials", HOUR_MS, present, trials_tell_some, false, false},
	{"idempotency_keys", HOUR_MS, old_keys, prune_idempotency, true, false},
	{"kept_answers", HOUR_MS, old_keys, prune_answers, true, false},
	{"audit_log", DAY_MS, old_audit, prune_audit, false, false},
	{"schedule_slots", DAY_MS, old_executions, prune_slots, false, false},
	{"account_months", DAY_MS, old_months, prune_months, false, false},
	{"sessions", DAY_MS, present, prune_sessions, false, false},
	{"login_failures", DAY_MS, yesterday, prune_failures, false, false},
	{"request_minutes", DAY_MS, yesterday, prune_minutes, false, false},
	{"processes", DAY_MS, yesterday, prune_processes, false, false},
};

const unsigned duty_count = sizeof duties / sizeof *duties;

_Static_assert(sizeof duties / sizeof *duties <= DUTIES_MAX, "more duties than a look has room for");

const struct duty *duty_of(const char *name)
{
	unsigned i;

	for (i = 0; i < duty_count; i++)
		if (strcmp(duties[i].name, name) == 0)
			return &duties[i];
	return NULL;
}

int64_t duty_next_due(const struct duty *d, int64_t now_ms)
{
	/* most accounts begin the new month by themselves meanwhile */
	return d->monthly ? clock_next_month(now_ms) + 5 * 60 * SECOND_MS : now_ms + d->period_ms;
}
