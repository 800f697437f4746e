/* Token budgets, and what a user has used. */
#include "ctl/print.h"

#include <inttypes.h>

#include "base/clock.h"
#include "core/usage.h"

static void budget_json(struct json_out *w, const void *row)
{
	budget_put(w, NULL, row);
}

static void budget_cells(struct table *t, const void *row)
{
	const struct token_budget *b = row;

	table_add(t, "%s", budget_kind_name(b->kind));
	table_add(t, "%s", b->subject[0] ? b->subject : "-");
	table_add(t, "%" PRId64, b->max_tokens);
	table_add(t, "%" PRId64, b->used);
	table_add(t, "%" PRId64, b->used < b->max_tokens ? b->max_tokens - b->used : 0);
	table_add_time(t, clock_next_month(b->month_start));
}

static void print_budgets(struct ctl *c, const struct token_budget *rows, unsigned n)
{
	static const char *const heads[] = {"OF", "WHICH", "TOKENS/MONTH", "USED", "LEFT", "RESETS", NULL};
	static const struct listing listing = {heads, "The user has no budget: what runs use of models is not bounded",
	                                       sizeof(struct token_budget), budget_json, budget_cells};

	print_list(c, &listing, rows, n);
}

bool cmd_budget_set(struct ctl *c)
{
	const char *agent = ctl_text(c, "agent"), *key = ctl_text(c, "key");
	enum budget_kind kind = agent ? BUDGET_AGENT : key ? BUDGET_KEY : BUDGET_ACCOUNT;
	struct token_budget *rows;
	unsigned n;

	if (agent && key) {
		c->status = CTL_USAGE;
		return err_set(&c->err, ERR_INVALID_INPUT, "One of --agent and --key, or neither for all of the user's runs");
	}
	if (!ctl_check_agent(c, agent) ||
	    !admin_budget_set(&c->admin, ctl_text(c, "user"), kind, agent ? agent : key ? key : "",
	                      ctl_number(c, "tokens-per-month", 0), &c->arena, &rows, &n, &c->err))
		return false;
	print_budgets(c, rows, n);
	return true;
}

bool cmd_budget_list(struct ctl *c)
{
	struct token_budget *rows;
	unsigned n;

	if (!admin_budget_list(&c->admin, ctl_text(c, "user"), &c->arena, &rows, &n, &c->err))
		return false;
	print_budgets(c, rows, n);
	return true;
}

static void print_figure(struct ctl *c, struct table *t, const char *label, int64_t used, int64_t limit, int64_t resets)
{
	table_add(t, "%s", label);
	table_add(t, "%" PRId64, used);
	table_add(t, "%s", limit_text(&c->arena, limit));
	table_add_time(t, resets);
}

static void print_months(struct ctl *c, const struct usage *u)
{
	static const char *const heads[] = {"MONTH", "RUNS", "OVERAGE", "TOKENS", NULL};
	struct table t;
	int year, month, day;
	unsigned i;

	if (u->month_count == 0)
		return;
	buf_addc(&c->out, '\n');
	table_init(&t, &c->arena, c->colour, heads);
	for (i = 0; i < u->month_count; i++) {
		const struct closed_month *m = &u->months[i];

		clock_civil(m->month_start, &year, &month, &day);
		table_add(&t, "%04d-%02d", year, month);
		table_add(&t, "%" PRId64, m->runs);
		table_add(&t, "%" PRId64, m->overage);
		table_add(&t, "%" PRId64, m->tokens);
	}
	table_print(&t, "", &c->out);
}

/* A user's, from the database; the caller's own is the server's to tell. */
static bool usage_of_user(struct ctl *c)
{
	static const char *const heads[] = {"WHAT", "USED", "OF", "RESETS", NULL};
	struct usage u;
	struct table t;
	unsigned i;

	if (!admin_usage(&c->admin, ctl_text(c, "user"), &c->arena, &u, &c->err))
		return false;
	if (c->json) {
		json_obj_open(&c->w, NULL);
		usage_put(&c->w, &u, -1, (u.now_ms / 60000 + 1) * 60000);
		json_obj_close(&c->w);
		return true;
	}
	buf_addf(&c->out, "Plan %s, %s requests/minute, %" PRId64 " runs held\n\n", u.plan,
	         limit_text(&c->arena, u.requests_per_minute), u.held);
	table_init(&t, &c->arena, c->colour, heads);
	print_figure(c, &t, "Runs today", u.day_runs, u.max_day, clock_next_day(u.now_ms));
	print_figure(c, &t, u.month_overage ? "Runs this month (more is overage)" : "Runs this month", u.month_runs,
	             u.max_month, clock_next_month(u.now_ms));
	print_figure(c, &t, "Concurrent runs", u.active, u.max_concurrent, 0);
	print_figure(c, &t, "Tokens this month", u.month_tokens, LIMIT_UNLIMITED, clock_next_month(u.now_ms));
	for (i = 0; i < u.budget_count; i++)
		print_figure(c, &t, arena_printf(&c->arena, "Budget of %s %s", budget_kind_name(u.budgets[i].kind),
		                                 u.budgets[i].subject), u.budgets[i].used, u.budgets[i].max_tokens,
		             clock_next_month(u.budgets[i].month_start));
	table_print(&t, "", &c->out);
	print_months(c, &u);
	return true;
}

bool cmd_usage(struct ctl *c)
{
	bool of_user = ctl_given(c, "user");

	return ctl_open(c, of_user ? NEED_SCHEMA : NEED_SERVER) && (of_user ? usage_of_user : cmd_usage_of_caller)(c);
}
