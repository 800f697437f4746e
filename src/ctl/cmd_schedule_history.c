/* What became of a schedule's times. */
#include "ctl/schedules.h"

#include <inttypes.h>

#define LIMIT_DEFAULT 20

static void slot_json(struct json_out *w, const void *row)
{
	slot_put(w, NULL, row);
}

static void slot_cells(struct table *t, const void *row)
{
	const struct slot_record *r = row;

	table_add_time(t, r->scheduled_for);
	table_add(t, "%s", slot_outcome_name(r->outcome));
	table_add(t, "%s", r->reason == SLOT_NO_REASON ? "-" : slot_reason_name(r->reason));
	table_add(t, "%" PRId64, r->slots);
	if (r->has_execution)
		table_add_id(t, ID_EXECUTION, &r->execution_id);
	else
		table_add(t, "-");
	table_add_time(t, r->recorded_at);
	table_add(t, "%s", r->moved ? "a clock change skips its local time" : "");
}

/* Page by page, until there are as many as were asked for. */
static bool read_pages(struct ctl *c, const struct schedule_owner *o, struct slot_filter *f, struct slot_record *rows,
                       unsigned want, unsigned *n)
{
	bool more = true, ok = true;
	unsigned got;

	for (*n = 0; ok && more && *n < want; *n += got) {
		f->limit = want - *n < SCHEDULE_HISTORY_MAX ? want - *n : SCHEDULE_HISTORY_MAX;
		got = 0;
		ok = schedules_history(&o->schedules, o->principal.account_id, ctl_text(c, "agent"), f, rows + *n, &got, &more,
		                       &f->before, &c->err);
	}
	return ok;
}

bool cmd_schedule_history(struct ctl *c)
{
	static const char *const heads[] = {"SCHEDULED FOR", "OUTCOME", "REASON", "TIMES", "EXECUTION", "RECORDED", "NOTE",
	                                    NULL};
	static const struct listing listing = {heads, "None of its times has come yet", sizeof(struct slot_record),
	                                       slot_json, slot_cells};
	unsigned want = (unsigned)ctl_number(c, "limit", LIMIT_DEFAULT), n;
	struct slot_record *rows = arena_alloc(&c->arena, want * sizeof *rows);
	struct slot_filter f = {.outcome = -1, .before = INT64_MAX};
	struct schedule_owner o;
	enum slot_outcome outcome;
	bool ok;

	if (ctl_given(c, "outcome") && slot_outcome_by_name(ctl_text(c, "outcome"), &outcome))
		f.outcome = (int)outcome;
	ok = schedule_owner_open(c, &o) && read_pages(c, &o, &f, rows, want, &n);
	if (ok)
		print_list(c, &listing, rows, n);
	schedule_owner_close(&o);
	return ok;
}
