/* When schedules fire, and what became of the times that have come. */
#include "api/app.h"
#include "api/handlers.h"
#include "api/list.h"
#include "api/query.h"
#include "base/clock.h"
#include "core/schedules.h"
#include "http/response.h"

/* ---- preview ---- */

/* Of an expression that nobody has saved. */
static bool preview_unsaved(const char *cron, const char *zone, int64_t from, unsigned count, struct cron_slot *out,
                            unsigned *n, struct error *err)
{
	struct schedule_rule rule = {.zone = NULL};
	bool ok;

	if (!cron || !zone)
		return err_field(err, cron ? "timezone" : "cron_expr", "Send cron_expr and timezone together, or neither for"
		                 " the schedule as it is saved");
	ok = schedule_rule_open(&rule, cron, zone, err);
	if (ok)
		*n = schedule_times(&rule, 0, 0, from, count, out);
	schedule_rule_close(&rule);
	return ok;
}

static bool read_preview(const struct request *r, struct cron_slot *out, unsigned *n, struct error *err)
{
	const char *cron = request_query(r, "cron_expr"), *zone = request_query(r, "timezone");
	unsigned count = SCHEDULE_PREVIEW_COUNT;
	int64_t from = clock_now_ms();
	const struct manifest *m;

	if (!query_number(r, "count", 1, SCHEDULE_PREVIEW_MAX, &count, err) || !query_time(r, "from", &from, err))
		return false;
	if (cron || zone)
		return preview_unsaved(cron, zone, from, count, out, n, err) &&
		       schedules_agent(&r->app->schedules, r->param, &m, err);
	return schedules_preview(&r->app->schedules, r->auth->principal.account_id, r->param, from, count, out, n, err);
}

static void put_time(struct json_out *w, const void *row)
{
	char text[CLOCK_TEXT_SIZE];

	clock_format(((const struct cron_slot *)row)->at_ms, text);
	json_put_str(w, NULL, text);
}

void schedules_preview_get(struct request *r)
{
	struct cron_slot *times = arena_alloc(&r->arena, SCHEDULE_PREVIEW_MAX * sizeof *times);
	struct error err = {0};
	unsigned n = 0;

	if (read_preview(r, times, &n, &err))
		respond_list(r, &(struct list){times, n, sizeof *times, put_time});
	else
		respond_error(r, &err);
}

/* ---- history ---- */

static bool read_filter(const struct request *r, struct slot_filter *f, struct error *err)
{
	const char *outcome = request_query(r, "outcome");
	uint8_t cursor[sizeof(uint64_t)];
	enum slot_outcome o;
	uint64_t before = 0;
	bool given;
	unsigned i;

	*f = (struct slot_filter){.outcome = -1, .before = INT64_MAX, .limit = SCHEDULE_HISTORY_COUNT};
	if (outcome && !slot_outcome_by_name(outcome, &o))
		return err_field(err, "outcome", "outcome must be fired, caught_up, skipped or manual");
	if (outcome)
		f->outcome = (int)o;
	if (!query_number(r, "limit", 1, SCHEDULE_HISTORY_MAX, &f->limit, err) ||
	    !query_cursor(r, cursor, sizeof cursor, &given, err))
		return false;
	for (i = 0; given && i < sizeof cursor; i++)
		before = before << 8 | cursor[i];
	if (given)
		f->before = (int64_t)before;
	return true;
}

static void put_slot(struct json_out *w, const void *row)
{
	slot_put(w, NULL, row);
}

static void answer_history(struct request *r, const struct slot_record *list, unsigned n, bool more, int64_t last)
{
	uint8_t cursor[sizeof(uint64_t)];
	unsigned i;

	for (i = 0; i < sizeof cursor; i++)
		cursor[i] = (uint8_t)((uint64_t)last >> (56 - 8 * i));
	respond_page(r, &(struct list){list, n, sizeof *list, put_slot}, more, cursor, sizeof cursor);
}

void schedules_history_get(struct request *r)
{
	struct slot_record list[SCHEDULE_HISTORY_MAX];
	struct slot_filter f;
	struct error err = {0};
	int64_t last;
	unsigned n;
	bool more;

	if (read_filter(r, &f, &err) &&
	    schedules_history(&r->app->schedules, r->auth->principal.account_id, r->param, &f, list, &n, &more, &last, &err))
		answer_history(r, list, n, more, last);
	else
		respond_error(r, &err);
}
