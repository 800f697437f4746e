/* Table plans. */
#include "store/plan_cols.h"

int64_t col_limit(struct db_conn *c, unsigned col)
{
	int64_t v = db_is_null(c, col) ? LIMIT_UNLIMITED : db_col_int(c, col);

	return v < 0 ? LIMIT_UNLIMITED : v;
}

void col_features(struct db_conn *c, unsigned col, struct plan_features *out)
{
	out->api = db_col_int(c, col) != 0;
	out->webhooks = db_col_int(c, col + 1) != 0;
	out->mcp = db_col_int(c, col + 2) != 0;
	out->white_label = db_col_int(c, col + 3) != 0;
}

static void read_plan(struct db_conn *c, struct plan *p)
{
	col_text(c, 0, p->slug, sizeof p->slug);
	p->requests_per_minute = col_limit(c, 1);
	p->runs_per_day = col_limit(c, 2);
	p->runs_per_month = col_limit(c, 3);
	p->month_overage = db_col_int(c, 4) != 0;
	p->concurrent = col_limit(c, 5);
	col_features(c, 6, &p->features);
}

bool plan_list(struct db_conn *c, struct arena *a, struct plan **out, unsigned *count, struct error *err)
{
	static const char sql[] =
		"SELECT slug, requests_per_minute, runs_per_day, runs_per_month, month_overage, concurrent,"
		" api, webhooks, mcp, white_label FROM plans FORCE INDEX (PRIMARY) ORDER BY slug";
	unsigned room = 0;
	int got;

	*out = NULL;
	*count = 0;
	if (!db_query(c, sql, NULL, 0, err))
		return false;
	while ((got = db_next(c, err)) == 1) {
		*out = col_room(a, *out, *count, &room, sizeof **out);
		read_plan(c, &(*out)[(*count)++]);
	}
	db_end(c);
	return got == 0;
}
