/* The times of a cron expression, before anything is scheduled by it. */
#include "ctl/print.h"

#include "base/clock.h"
#include "base/cron.h"

#define COUNT_DEFAULT 5

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

static unsigned list_times(const struct cron *cron, const struct zone *zone, int64_t from, unsigned max, struct time_row *rows)
{
	unsigned n = 0;

	while (n < max && cron_next(cron, zone, n > 0 ? rows[n - 1].slot.at_ms : from, &rows[n].slot))
		rows[n++].zone = zone;
	return n;
}

bool cmd_schedule_preview(struct ctl *c)
{
	static const char *const heads[] = {"DAY", "LOCAL TIME", "UTC", "NOTE", NULL};
	static const struct listing listing = {heads, "None is to come", sizeof(struct time_row), time_json, time_cells};
	unsigned count = (unsigned)ctl_number(c, "count", COUNT_DEFAULT);
	struct time_row *rows = arena_alloc(&c->arena, count * sizeof *rows);
	struct zone *zone = NULL;
	struct cron cron;
	bool ok;

	ok = cron_parse(ctl_text(c, "cron"), &cron, &c->err) && (zone = zone_load(ctl_text(c, "timezone"), &c->err)) != NULL;
	if (ok)
		print_list(c, &listing, rows, list_times(&cron, zone, ctl_number(c, "from", clock_now_ms()), count, rows));
	zone_free(zone);
	return ok;
}
