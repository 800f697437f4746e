/* The times of a schedule, or of a cron expression before anything is scheduled by it. */
#include "ctl/schedules.h"

#include "base/clock.h"

struct time_row { const struct zone *zone; struct cron_slot slot; };

static void time_json(struct json_out *w, const void *row)
{
	const struct time_row *r = row;
	char text[CLOCK_TEXT_SIZE];

	clock_format(r->slot.at_ms, text);
	json_put_str(w, NULL, text);
}

static void time_cells(struct table *t, const void *row)
{
	static const char *const weekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	const struct time_row *r = row;
	int64_t local = zone_to_local(r->zone, r->slot.at_ms);
	int day = (int)((clock_day_start(local) / 86400000 + 4) % 7);
	char text[CLOCK_TEXT_SIZE];

	clock_format(local, text);
	table_add(t, "%s", weekdays[(day + 7) % 7]);
	table_add(t, "%.10s %.8s", text, text + 11);
	clock_format(r->slot.at_ms, text);
	table_add(t, "%s", text);
	table_add(t, "%s", r->slot.moved ? "a clock change skips its local time" : "");
}

static unsigned list_times(struct ctl *c, const struct schedule_rule *rule, const struct schedule *s, unsigned max,
                           struct time_row *rows)
{
	struct cron_slot *slots = arena_alloc(&c->arena, max * sizeof *slots);
	unsigned n = schedule_times(rule, s->starts_at, s->ends_at, ctl_number(c, "from", clock_now_ms()), max, slots), i;

	for (i = 0; i < n; i++)
		rows[i] = (struct time_row){rule->zone, slots[i]};
	return n;
}

/* The schedule as it is saved. */
static bool read_saved(struct ctl *c, struct schedule *s)
{
	struct schedule_owner o = {.agents = NULL};
	struct schedule_view v;
	bool ok = ctl_open(c, NEED_SCHEMA) && schedule_owner_open(c, &o) &&
	          schedules_find(&o.schedules, &o.principal, ctl_text(c, "agent"), &c->arena, &v, &c->err);

	if (ok)
		*s = v.s;
	schedule_owner_close(&o);
	return ok;
}

static bool read_schedule(struct ctl *c, struct schedule *s)
{
	bool saved = ctl_given(c, "agent") && ctl_given(c, "user");
	bool given = ctl_given(c, "cron") && ctl_given(c, "timezone");
	unsigned said = ctl_given(c, "agent") + ctl_given(c, "user") + ctl_given(c, "cron") + ctl_given(c, "timezone");

	if (said == 2 && saved)
		return read_saved(c, s);
	if (said == 2 && given) {
		s->cron_expr = ctl_text(c, "cron");
		s->timezone = ctl_text(c, "timezone");
		return true;
	}
	c->status = CTL_USAGE;
	return err_set(&c->err, ERR_INVALID_INPUT, "Either AGENT and --user, or --cron and --timezone");
}

bool cmd_schedule_preview(struct ctl *c)
{
	static const char *const heads[] = {"DAY", "LOCAL TIME", "UTC", "NOTE", NULL};
	static const struct listing listing = {heads, "None is to come", sizeof(struct time_row), time_json, time_cells};
	unsigned count = (unsigned)ctl_number(c, "count", SCHEDULE_PREVIEW_COUNT);
	struct time_row *rows = arena_alloc(&c->arena, count * sizeof *rows);
	struct schedule_rule rule = {.zone = NULL};
	struct schedule s = {.starts_at = 0};
	bool ok = read_schedule(c, &s) && schedule_rule_open(&rule, s.cron_expr, s.timezone, &c->err);

	if (ok)
		print_list(c, &listing, rows, list_times(c, &rule, &s, count, rows));
	schedule_rule_close(&rule);
	return ok;
}
