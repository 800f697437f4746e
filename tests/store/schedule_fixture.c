#include "schedule_fixture.h"

#include <string.h>

#include "agents/integration_name.h"
#include "base/clock.h"

const struct manifest *registry_find(const struct registry *r, const char *slug)
{
	static char gmail[] = "gmail", mails[] = "mails";
	static const struct manifest agents[] = {
		{.slug = "echo", .name = "Echo"},
		{.slug = "mail", .name = "Mail", .required = {gmail}, .required_count = 1, .inline_data = {mails},
		 .inline_count = 1},
	};
	unsigned i;

	for (i = 0; i < sizeof agents / sizeof *agents; i++)
		if (strcmp(agents[i].slug, slug) == 0)
			return &agents[i];
	return NULL;
}

void integration_name(const char *slug, char out[INTEGRATION_NAME_SIZE])
{
	strncpy(out, slug, INTEGRATION_NAME_SIZE - 1);
	out[INTEGRATION_NAME_SIZE - 1] = '\0';
}

int64_t at(const char *text)
{
	int64_t ms = 0;

	CU_ASSERT_TRUE_FATAL(clock_parse(text, &ms));
	return ms;
}

void sx_subscribe(uint64_t account_id, enum subscription_status s, int64_t trial_ends_at)
{
	struct error err;

	CU_ASSERT_TRUE_FATAL(subscription_set(fx_db, account_id, "*", s, trial_ends_at, fx_audit(), &err));
}

void sx_fresh(void)
{
	fx_empty();
	fx_account(1, -1);
	sx_subscribe(1, SUB_ACTIVE, 0);
}

struct schedule sx_hourly(const char *next_at)
{
	return (struct schedule){.id = id_make(), .account_id = 1, .agent = "echo", .enabled = true,
	                         .cron_expr = "0 * * * *", .timezone = "UTC", .input = "{}", .input_len = 2,
	                         .next_at = next_at ? at(next_at) : 0};
}

struct id sx_add(struct schedule s)
{
	struct error err;

	CU_ASSERT_TRUE_FATAL(schedule_insert(fx_conn, &s, &err));
	return s.id;
}

struct id sx_add_overlap(enum overlap overlap)
{
	struct schedule s = sx_hourly("2026-03-01T06:00:00Z");

	s.overlap = overlap;
	return sx_add(s);
}

struct fired sx_fire(int64_t now_ms)
{
	struct schedule_judge judge = {.zones = zones_new()};
	struct fire_rules rules = schedule_rules(&judge);
	struct fire_cursor cursor = {0};
	struct fired sum = {0}, one;
	struct error err;

	do {
		CU_ASSERT_TRUE_FATAL(schedule_fire(fx_db, &fx_conn, &rules, FIRE_BATCH_MAX, now_ms, &cursor, &one, &err));
		sum.picked += one.picked;
		sum.left += one.left;
		sum.fired += one.fired;
		sum.skipped += one.skipped;
		sum.ready += one.ready;
		sum.asked_count += one.asked_count;
		fired_release(&one);
	} while (one.picked > 0);
	zones_free(judge.zones);
	return sum;
}

struct schedule sx_find(const char *agent)
{
	static struct arena a;
	struct schedule s = {0};
	struct error err;
	bool found = false;

	arena_release(&a);
	CU_ASSERT_TRUE_FATAL(schedule_find(fx_conn, 1, agent, false, &a, &s, &found, &err));
	CU_ASSERT_TRUE_FATAL(found);
	return s;
}

unsigned sx_slots(const struct id *schedule, struct slot_record *out)
{
	struct slot_filter f = {.schedule_id = *schedule, .outcome = -1, .before = INT64_MAX, .limit = 100};
	unsigned n = 0;
	struct error err;
	int64_t last;
	bool more;

	CU_ASSERT_TRUE_FATAL(schedule_slots(fx_conn, &f, out, &n, &more, &last, &err));
	return n;
}

struct slot_record sx_last_slot(const struct id *schedule)
{
	struct slot_record all[100];

	memset(all, 0, sizeof *all);
	CU_ASSERT_TRUE(sx_slots(schedule, all) > 0);
	return all[0];
}

void sx_end_run(const struct claimed_run *r, enum run_outcome outcome)
{
	struct ended_run e = fx_ended(r, outcome);

	CU_ASSERT_TRUE(fx_end(&e, 1));
}

void sx_end_next(enum run_outcome outcome)
{
	struct claimed_run r;

	CU_ASSERT_EQUAL_FATAL(fx_claim(&r, 1), 1);
	sx_end_run(&r, outcome);
}

int64_t sx_ready(void)
{
	return fx_number("SELECT COUNT(*) FROM queue_ready");
}
