#include "core/usage.h"

#include <stdio.h>

#include "base/clock.h"

bool usage_find(struct db *db, uint64_t account_id, struct arena *a, struct usage *out, struct error *err)
{
	struct db_conn *c = db_get(db, err);
	bool ok = c && usage_read(c, account_id, clock_now_ms(), a, out, err);

	db_put(db, c);
	return ok;
}

static void put_count(struct json_out *w, const char *key, int64_t n)
{
	json_put_opt_int(w, key, n >= 0, n);
}

/* limit, used and remaining; negative figures are null. */
static void put_figures(struct json_out *w, int64_t limit, int64_t used)
{
	put_count(w, "limit", limit);
	put_count(w, "used", used);
	put_count(w, "remaining", limit < 0 || used < 0 ? -1 : used < limit ? limit - used : 0);
}

static void put_runs(struct json_out *w, const struct usage *u)
{
	bool beyond = u->month_overage && u->max_month >= 0 && u->month_runs > u->max_month;

	json_obj_open(w, "runs_per_day");
	put_figures(w, u->max_day, u->day_runs);
	json_put_time(w, "resets_at", clock_next_day(u->now_ms));
	json_obj_close(w);
	json_obj_open(w, "runs_per_month");
	put_figures(w, u->max_month, u->month_runs);
	json_put_bool(w, "overage_allowed", u->month_overage);
	json_put_int(w, "overage", beyond ? u->month_runs - u->max_month : 0);
	json_put_time(w, "resets_at", clock_next_month(u->now_ms));
	json_obj_close(w);
	json_obj_open(w, "concurrent");
	put_figures(w, u->max_concurrent, u->active);
	json_put_int(w, "held", u->held);
	json_obj_close(w);
}

void budget_put(struct json_out *w, const char *key, const struct token_budget *t)
{
	json_obj_open(w, key);
	json_put_str(w, "kind", budget_kind_name(t->kind));
	json_put_str(w, "subject", t->subject[0] ? t->subject : NULL);
	put_figures(w, t->max_tokens, t->used);
	json_put_time(w, "resets_at", clock_next_month(t->month_start));
	json_obj_close(w);
}

static void put_months(struct json_out *w, const struct usage *u)
{
	char month[16];
	int year, m, day;
	unsigned i;

	json_arr_open(w, "months");
	for (i = 0; i < u->month_count; i++) {
		clock_civil(u->months[i].month_start, &year, &m, &day);
		snprintf(month, sizeof month, "%04d-%02d", year, m);
		json_obj_open(w, NULL);
		json_put_str(w, "month", month);
		json_put_int(w, "runs", u->months[i].runs);
		json_put_int(w, "overage", u->months[i].overage);
		json_put_int(w, "tokens_used", u->months[i].tokens);
		json_obj_close(w);
	}
	json_arr_close(w);
}

void usage_put(struct json_out *w, const struct usage *u, int64_t minute_used, int64_t minute_ends)
{
	unsigned i;

	json_put_str(w, "plan", u->plan);
	json_obj_open(w, "requests_per_minute");
	put_figures(w, u->requests_per_minute, minute_used);
	json_put_time(w, "resets_at", minute_ends);
	json_obj_close(w);
	put_runs(w, u);
	json_obj_open(w, "tokens_per_month");
	json_put_int(w, "used", u->month_tokens);
	json_put_time(w, "resets_at", clock_next_month(u->now_ms));
	json_obj_close(w);
	put_months(w, u);
	json_arr_open(w, "budgets");
	for (i = 0; i < u->budget_count; i++)
		budget_put(w, NULL, &u->budgets[i]);
	json_arr_close(w);
}
