/* Where something happens that an account is told of by mail, beside the ends of its runs. */
#include <stdio.h>
#include <string.h>

#include "core/connection_refused.h"
#include "core/endpoints.h"
#include "duty_suites.h"
#include "notes_fixture.h"
#include "store/accounts.h"
#include "store/trials.h"

#define DECEMBER INT64_C(1796083200000)   /* 2026-12-01T00:00:00Z */

/* ---- the month's runs ---- */

static void account_of(int64_t runs_per_month, bool overage)
{
	char sql[120];

	nx_account(1, NOTES_ALL & ~NOTES_RUNS);
	snprintf(sql, sizeof sql, "UPDATE account_quota SET max_month = %" PRId64 ", month_overage = %d", runs_per_month, overage);
	dx_run(sql);
}

static void accept_runs(unsigned n)
{
	while (n-- > 0)
		fx_accept(1, LANE_ASYNC, "echo", "{}");
}

static int64_t told(enum notification kind)
{
	struct db_arg arg = db_int(kind);
	struct error err;
	int64_t n = -1;

	CU_ASSERT_TRUE(db_query_int(fx_conn, "SELECT COUNT(*) FROM notifications WHERE kind = ?", &arg, 1, &n, NULL, &err));
	return n;
}

static void four_fifths_of_the_month_s_runs_are_told_once(void)
{
	struct nx_mail m;

	account_of(10, false);
	accept_runs(7);
	CU_ASSERT_EQUAL(nx_notes(), 0);
	accept_runs(1);
	CU_ASSERT_EQUAL(told(NOTE_QUOTA_80), 1);
	accept_runs(1);
	CU_ASSERT_EQUAL(nx_notes(), 1);
	nx_take(1, &m);
	CU_ASSERT_STRING_EQUAL(m.rows[0].payload, "{\"used\":8,\"limit\":10,\"month\":\"2026-11\",\"overage\":false}");
}

static void all_of_them_are_told_once_however_many_more_there_are(void)
{
	account_of(10, true);
	accept_runs(10);
	CU_ASSERT_EQUAL(told(NOTE_QUOTA_100), 1);
	accept_runs(10);
	CU_ASSERT_EQUAL(told(NOTE_QUOTA_100), 1);
	CU_ASSERT_EQUAL(told(NOTE_QUOTA_80), 1);
}

static void a_single_run_that_uses_all_is_told_once(void)
{
	account_of(1, true);
	accept_runs(3);
	CU_ASSERT_EQUAL(told(NOTE_QUOTA_100), 1);
	CU_ASSERT_EQUAL(told(NOTE_QUOTA_80), 0);
}

static void the_next_month_is_told_anew(void)
{
	account_of(10, false);
	accept_runs(10);
	dx_set_clock(DECEMBER);
	accept_runs(7);
	CU_ASSERT_EQUAL(nx_notes(), 2);
	accept_runs(3);
	CU_ASSERT_EQUAL(told(NOTE_QUOTA_80), 2);
	CU_ASSERT_EQUAL(told(NOTE_QUOTA_100), 2);
}

static void without_a_limit_nothing_is_told(void)
{
	nx_account(1, NOTES_ALL);
	accept_runs(20);
	CU_ASSERT_EQUAL(nx_notes(), 0);
}

static uint64_t statements_of_a_run(void)
{
	uint64_t before = db_counters(fx_db).statements;

	accept_runs(1);
	return db_counters(fx_db).statements - before;
}

static void who_does_not_want_it_pays_nothing_for_it(void)
{
	uint64_t usual;

	account_of(10, false);
	dx_run("UPDATE account_quota SET mail_events = 0");
	accept_runs(6);
	usual = statements_of_a_run();
	CU_ASSERT_EQUAL(statements_of_a_run(), usual);
	CU_ASSERT_EQUAL(nx_notes(), 0);
}

/* ---- trials ---- */

static void trial(const char *agent, enum subscription_status status, int64_t ends_at)
{
	struct error err;

	CU_ASSERT_TRUE_FATAL(subscription_set(fx_db, 1, agent, status, ends_at, fx_audit(), &err));
}

static uint64_t look_for_trials(int64_t now_ms)
{
	dx_set_clock(now_ms);
	return dx_prune(trials_tell_some, now_ms);
}

static void a_trial_that_ends_within_three_days_is_told_once(void)
{
	struct nx_mail m;

	nx_account(1, NOTES_ALL);
	trial("echo", SUB_TRIALING, NOON + 4 * DAY);
	CU_ASSERT_EQUAL(look_for_trials(NOON), 0);
	CU_ASSERT_EQUAL(look_for_trials(NOON + DAY), 1);
	CU_ASSERT_EQUAL(look_for_trials(NOON + DAY + HOUR), 0);
	nx_take(1, &m);
	CU_ASSERT_EQUAL_FATAL(m.total, 1);
	CU_ASSERT_STRING_EQUAL(m.rows[0].payload, "{\"agent_slug\":\"echo\",\"trial_ends_at\":\"2026-12-04T12:00:00Z\"}");
}

static void one_of_every_agent_is_told_as_such_and_setting_it_again_tells_nothing(void)
{
	struct nx_mail m;

	nx_account(1, NOTES_ALL);
	trial("*", SUB_TRIALING, NOON + DAY);
	CU_ASSERT_EQUAL(look_for_trials(NOON), 1);
	trial("*", SUB_TRIALING, NOON + DAY);
	CU_ASSERT_EQUAL(look_for_trials(NOON), 0);
	nx_take(1, &m);
	CU_ASSERT_PTR_NOT_NULL(strstr(m.rows[0].payload, "\"agent_slug\":null"));
}

static void a_trial_that_is_extended_is_told_with_its_new_end(void)
{
	nx_account(1, NOTES_ALL);
	trial("echo", SUB_TRIALING, NOON + DAY);
	CU_ASSERT_EQUAL(look_for_trials(NOON), 1);
	trial("echo", SUB_TRIALING, NOON + 10 * DAY);
	CU_ASSERT_EQUAL(look_for_trials(NOON + DAY), 0);
	CU_ASSERT_EQUAL(look_for_trials(NOON + 8 * DAY), 1);
}

static void what_is_no_trial_or_over_is_not_told(void)
{
	nx_account(1, NOTES_ALL);
	trial("echo", SUB_ACTIVE, NOON + DAY);
	trial("probe", SUB_TRIALING, NOON - 1);
	CU_ASSERT_EQUAL(look_for_trials(NOON), 0);
	CU_ASSERT_EQUAL(nx_notes(), 0);
}

static void who_does_not_want_to_know_is_not_asked_about_again(void)
{
	nx_account(1, NOTES_ALL & ~(1u << NOTE_TRIAL_ENDING));
	trial("echo", SUB_TRIALING, NOON + DAY);
	look_for_trials(NOON);
	CU_ASSERT_EQUAL(nx_notes(), 0);
	CU_ASSERT_EQUAL(look_for_trials(NOON), 0);
}

static void more_trials_than_a_chunk_are_all_told(void)
{
	char agent[20];
	unsigned i;

	nx_account(1, NOTES_ALL);
	for (i = 0; i < 130; i++) {
		snprintf(agent, sizeof agent, "agent-%u", i);
		trial(agent, SUB_TRIALING, NOON + DAY);
	}
	CU_ASSERT_EQUAL(look_for_trials(NOON), 130);
	CU_ASSERT_EQUAL(told(NOTE_TRIAL_ENDING), 130);
}

/* ---- endpoints and integrations ---- */

static struct endpoint endpoint_of_1(void)
{
	struct endpoint e = {.id = id_make(), .account_id = 1, .url = "https://example.com/hook", .description = "Ours",
	                     .events = ENDPOINT_EVENTS_ALL, .enabled = true};
	struct error err;

	CU_ASSERT_TRUE_FATAL(endpoint_insert(fx_conn, &e, "sealed", 6, &err));
	return e;
}

static void an_endpoint_that_is_given_up_is_told_once(void)
{
	struct hopeless found = {.why = DISABLED_GONE};
	struct endpoint e;
	struct nx_mail m;
	struct error err;
	bool done;

	nx_account(1, NOTES_ALL);
	e = endpoint_of_1();
	found.url = e.url;
	CU_ASSERT_TRUE(endpoints_give_up(fx_db, 1, &e.id, &found, &done, &err) && done);
	CU_ASSERT_TRUE(endpoints_give_up(fx_db, 1, &e.id, &found, &done, &err) && !done);
	nx_take(1, &m);
	CU_ASSERT_EQUAL_FATAL(m.total, 1);
	CU_ASSERT_EQUAL(m.rows[0].kind, NOTE_ENDPOINT_DISABLED);
	CU_ASSERT_PTR_NOT_NULL(strstr(m.rows[0].payload, "\"url\":\"https://example.com/hook\",\"description\":\"Ours\","
	                                                 "\"reason\":\"gone\""));
}

static void an_endpoint_that_is_disabled_by_hand_is_not_told(void)
{
	static const struct actor owner = {.kind = ACTOR_SYSTEM};
	struct endpoint_patch off = {.has_enabled = true};
	struct endpoints es = {.db = fx_db};
	struct endpoint e, out;
	struct arena a;
	struct error err;

	nx_account(1, NOTES_ALL);
	e = endpoint_of_1();
	arena_init(&a);
	CU_ASSERT_TRUE(endpoints_update(&es, &owner, 1, &e.id, &off, &a, &out, &err));
	arena_release(&a);
	CU_ASSERT_FALSE(out.enabled);
	CU_ASSERT_EQUAL(nx_notes(), 0);
}

static void an_integration_that_refuses_its_login_is_told_once(void)
{
	struct executor_env env = {.db = fx_db};
	struct claimed_run run = {.account_id = 1};
	struct nx_mail m;

	nx_account(1, NOTES_ALL);
	dx_run("INSERT INTO connections (account_id, integration, id, kind, settings, status, created_at)"
	       " VALUES (1, 'gmail', '', 'imap', '', 0, 7)");
	connection_refused(&env, &run, "gmail", 7, "The password is wrong");
	connection_refused(&env, &run, "gmail", 7, "The password is wrong");
	nx_take(1, &m);
	CU_ASSERT_EQUAL_FATAL(m.total, 1);
	CU_ASSERT_STRING_EQUAL(m.rows[0].payload, "{\"integration\":\"gmail\",\"reason\":\"The password is wrong\"}");
}

static CU_TestInfo tests[] = {
	{"four fifths of the month's runs are told once", four_fifths_of_the_month_s_runs_are_told_once},
	{"all of them are told once, however many more there are", all_of_them_are_told_once_however_many_more_there_are},
	{"a single run that uses all is told once", a_single_run_that_uses_all_is_told_once},
	{"the next month is told anew", the_next_month_is_told_anew},
	{"without a limit nothing is told", without_a_limit_nothing_is_told},
	{"who does not want it pays nothing for it", who_does_not_want_it_pays_nothing_for_it},
	{"a trial that ends within three days is told once", a_trial_that_ends_within_three_days_is_told_once},
	{"one of every agent is told as such, and setting it again tells nothing",
	 one_of_every_agent_is_told_as_such_and_setting_it_again_tells_nothing},
	{"a trial that is extended is told with its new end", a_trial_that_is_extended_is_told_with_its_new_end},
	{"what is no trial, or over, is not told", what_is_no_trial_or_over_is_not_told},
	{"who does not want to know is not asked about again", who_does_not_want_to_know_is_not_asked_about_again},
	{"more trials than a chunk are all told", more_trials_than_a_chunk_are_all_told},
	{"an endpoint that is given up is told once", an_endpoint_that_is_given_up_is_told_once},
	{"an endpoint that is disabled by hand is not told", an_endpoint_that_is_disabled_by_hand_is_not_told},
	{"an integration that refuses its login is told once", an_integration_that_refuses_its_login_is_told_once},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo told_suite = {"what is told by mail", dx_open, dx_close, dx_empty, NULL, tests};
