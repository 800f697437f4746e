/* Accounts, plans, subscriptions and connections (store/accounts.h). */
#include "queue_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/accounts.h"
#include "store_suites.h"

static const char seal_text[] = "v1 sealed";

static bool seal(struct db_conn *c, uint64_t account_id, struct buf *sealed, void *ctx, struct error *err)
{
	*(uint64_t *)ctx = account_id;
	return buf_adds(sealed, seal_text);
}

static bool seal_fails(struct db_conn *c, uint64_t account_id, struct buf *sealed, void *ctx, struct error *err)
{
	return err_set(err, ERR_INTERNAL, "No key");
}

static struct account made(const char *email, const char *plan)
{
	struct account a = {0};
	struct error err = {0};
	uint64_t sealed_for = 0;

	CU_ASSERT_TRUE_FATAL(account_create(fx_db, email, "Ann", plan, seal, &sealed_for, fx_audit(), &a, &err));
	CU_ASSERT_EQUAL(sealed_for, a.id);
	return a;
}

static void a_new_account_has_its_plans_limits_and_its_own_secret(void)
{
	struct account a, found;
	struct error err;
	struct buf secret, previous;

	fx_empty();
	a = made("ann@example.com", "pro");
	CU_ASSERT_STRING_EQUAL(a.plan, "pro");
	CU_ASSERT_STRING_EQUAL(a.timezone, "UTC");
	CU_ASSERT_EQUAL(a.requests_per_minute, 120);
	CU_ASSERT_EQUAL(a.runs_per_day, 1000);
	CU_ASSERT_EQUAL(a.concurrent, 5);
	CU_ASSERT_TRUE(account_find(fx_conn, "ann@example.com", &found, &err));
	CU_ASSERT_EQUAL(id_cmp(&found.public_id, &a.public_id), 0);
	buf_init(&secret, 255);
	buf_init(&previous, 255);
	CU_ASSERT_TRUE(webhook_secret_load(fx_conn, a.id, 0, &secret, &previous, &err));
	CU_ASSERT_STRING_EQUAL(buf_str(&secret), seal_text);
	CU_ASSERT_EQUAL(previous.len, 0);
	buf_release(&previous);
	buf_release(&secret);
	CU_ASSERT_EQUAL(fx_number("SELECT max_day FROM account_quota"), 1000);
	CU_ASSERT_EQUAL(fx_number("SELECT month_overage FROM account_quota"), 1);
	CU_ASSERT_EQUAL(fx_number("SELECT max_concurrent FROM account_quota"), 5);
}

static void an_account_is_found_by_its_id_too(void)
{
	struct account a, found;
	char id[ID_TEXT_SIZE];
	struct error err;

	fx_empty();
	a = made("ann@example.com", "pro");
	made("bob@example.com", "pro");
	id_format(ID_USER, &a.public_id, id);
	CU_ASSERT_TRUE(account_find(fx_conn, id, &found, &err));
	CU_ASSERT_STRING_EQUAL(found.email, "ann@example.com");
	CU_ASSERT_FALSE(account_find(fx_conn, "nobody@example.com", &found, &err));
	CU_ASSERT_EQUAL(err.code, ERR_NOT_FOUND);
}

static void an_email_address_that_is_taken_is_a_conflict(void)
{
	struct account a;
	struct error err;
	uint64_t n;

	fx_empty();
	made("ann@example.com", "pro");
	CU_ASSERT_FALSE(account_create(fx_db, "Ann@Example.com", "Other", "pro", seal, &n, fx_audit(), &a, &err));
	CU_ASSERT_EQUAL(err.code, ERR_CONFLICT);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM accounts"), 1);
}

static void an_unknown_plan_makes_no_account(void)
{
	struct account a;
	struct error err;
	uint64_t n;

	fx_empty();
	CU_ASSERT_FALSE(account_create(fx_db, "ann@example.com", "Ann", "gold", seal, &n, fx_audit(), &a, &err));
	CU_ASSERT_EQUAL(err.code, ERR_INVALID_INPUT);
	CU_ASSERT_STRING_EQUAL(err.field, "plan");
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM accounts"), 0);
}

static void an_account_whose_secret_cannot_be_sealed_is_not_made(void)
{
	struct account a;
	struct error err;

	fx_empty();
	CU_ASSERT_FALSE(account_create(fx_db, "ann@example.com", "Ann", "pro", seal_fails, NULL, fx_audit(), &a, &err));
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM accounts"), 0);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM account_quota"), 0);
}

static void accounts_are_listed_in_the_order_they_were_made(void)
{
	struct account *list;
	struct error err;
	struct arena a;
	unsigned n, i;
	char email[32];

	fx_empty();
	for (i = 0; i < 40; i++) {
		snprintf(email, sizeof email, "user-%02u@example.com", 40 - i);
		made(email, i % 2 ? "starter" : "enterprise");
	}
	arena_init(&a);
	CU_ASSERT_TRUE_FATAL(account_list(fx_conn, &a, &list, &n, &err));
	CU_ASSERT_EQUAL_FATAL(n, 40);
	CU_ASSERT_STRING_EQUAL(list[0].email, "user-40@example.com");
	CU_ASSERT_EQUAL(list[0].runs_per_day, LIMIT_UNLIMITED);
	CU_ASSERT_STRING_EQUAL(list[39].email, "user-01@example.com");
	CU_ASSERT_EQUAL(list[39].runs_per_day, 50);
	arena_release(&a);
}

static void a_larger_plan_fills_the_slots_that_it_adds(void)
{
	struct account a;
	struct error err;
	unsigned i;

	fx_empty();
	a = made("ann@example.com", "starter");
	for (i = 0; i < 8; i++)
		fx_accept(a.id, LANE_ASYNC, "echo", "{}");
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM queue_held"), 7);
	CU_ASSERT_TRUE_FATAL(account_set_plan(fx_db, a.id, "pro", NULL, fx_audit(), &err));
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM queue_ready"), 5);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM queue_held"), 3);
	CU_ASSERT_EQUAL(fx_number("SELECT max_concurrent FROM account_quota"), 5);
	CU_ASSERT_TRUE(fx_slots_agree());
}

static void an_unlimited_override_lifts_the_plans_limit(void)
{
	int64_t unlimited = LIMIT_UNLIMITED, few = 7;
	struct plan_overrides own = {.runs_per_day = &unlimited, .concurrent = &unlimited,
	                             .requests_per_minute = &few};
	struct account a, found;
	struct error err;
	unsigned i;

	fx_empty();
	a = made("ann@example.com", "starter");
	for (i = 0; i < 8; i++)
		fx_accept(a.id, LANE_ASYNC, "echo", "{}");
	CU_ASSERT_TRUE_FATAL(account_set_plan(fx_db, a.id, "starter", &own, fx_audit(), &err));
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM queue_ready"), 8);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM account_quota WHERE max_day IS NULL"
	                          " AND max_concurrent IS NULL AND max_month = 50"), 1);
	CU_ASSERT_TRUE_FATAL(account_find(fx_conn, "ann@example.com", &found, &err));
	CU_ASSERT_EQUAL(found.runs_per_day, LIMIT_UNLIMITED);
	CU_ASSERT_EQUAL(found.runs_per_month, 50);
	CU_ASSERT_EQUAL(found.requests_per_minute, 7);
}

static void an_override_that_is_not_given_stays(void)
{
	int64_t ten = 10, twenty = 20;
	struct plan_overrides first = {.concurrent = &ten}, second = {.runs_per_day = &twenty};
	struct account a, found;
	struct error err;

	fx_empty();
	a = made("ann@example.com", "starter");
	CU_ASSERT_TRUE_FATAL(account_set_plan(fx_db, a.id, "starter", &first, fx_audit(), &err));
	CU_ASSERT_TRUE_FATAL(account_set_plan(fx_db, a.id, "pro", &second, fx_audit(), &err));
	CU_ASSERT_TRUE_FATAL(account_find(fx_conn, "ann@example.com", &found, &err));
	CU_ASSERT_EQUAL(found.concurrent, 10);
	CU_ASSERT_EQUAL(found.runs_per_day, 20);
	CU_ASSERT_EQUAL(found.requests_per_minute, 120);
	CU_ASSERT_EQUAL(fx_number("SELECT max_concurrent FROM account_quota"), 10);
}

static void an_unknown_plan_changes_nothing(void)
{
	struct account a;
	struct error err;

	fx_empty();
	a = made("ann@example.com", "starter");
	CU_ASSERT_FALSE(account_set_plan(fx_db, a.id, "gold", NULL, fx_audit(), &err));
	CU_ASSERT_EQUAL(err.code, ERR_INVALID_INPUT);
	CU_ASSERT_FALSE(account_set_plan(fx_db, a.id + 1, "pro", NULL, fx_audit(), &err));
	CU_ASSERT_EQUAL(err.code, ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(fx_number("SELECT max_day FROM account_quota"), 50);
}

static void a_connection_replaces_the_one_of_its_integration(void)
{
	struct connection_row *list;
	struct id first, second;
	struct error err;
	char kind[32];
	struct buf sealed;
	struct arena a;
	unsigned n;
	bool found;

	fx_empty();
	first = id_make();
	CU_ASSERT_TRUE(connection_put(fx_conn, 1, "gmail", "mbox", "one", 3, 1000, &first, &err));
	second = id_make();
	CU_ASSERT_TRUE(connection_put(fx_conn, 1, "gmail", "maildir", "two!", 4, 2000, &second, &err));
	first = id_make();
	CU_ASSERT_TRUE(connection_put(fx_conn, 2, "shopify", "api", "x", 1, 2000, &first, &err));
	arena_init(&a);
	CU_ASSERT_TRUE_FATAL(connection_list(fx_conn, 1, &a, &list, &n, &err));
	CU_ASSERT_EQUAL_FATAL(n, 1);
	CU_ASSERT_EQUAL(id_cmp(&list[0].id, &second), 0);
	CU_ASSERT_STRING_EQUAL(list[0].kind, "maildir");
	CU_ASSERT_EQUAL(list[0].created_at, 2000);
	arena_release(&a);
	buf_init(&sealed, 4096);
	CU_ASSERT_TRUE(connection_load(fx_conn, 1, "gmail", false, &second, kind, &sealed, NULL, &found, &err));
	CU_ASSERT_TRUE(found);
	CU_ASSERT_STRING_EQUAL(buf_str(&sealed), "two!");
	CU_ASSERT_TRUE(connection_load(fx_conn, 1, "shopify", false, &second, kind, &sealed, NULL, &found, &err));
	CU_ASSERT_FALSE(found);
	buf_release(&sealed);
}

static void a_disconnected_integration_is_listed_but_not_loaded(void)
{
	struct connection_row *list;
	struct error err;
	struct buf sealed;
	struct arena a;
	struct id id;
	char kind[32];
	unsigned n;
	bool found;

	fx_empty();
	id = id_make();
	CU_ASSERT_TRUE(connection_put(fx_conn, 1, "gmail", "mbox", "one", 3, 1000, &id, &err));
	CU_ASSERT_TRUE(db_run_text(fx_conn, "UPDATE connections SET status = 1", &err));
	arena_init(&a);
	CU_ASSERT_TRUE_FATAL(connection_list(fx_conn, 1, &a, &list, &n, &err));
	CU_ASSERT_EQUAL_FATAL(n, 1);
	CU_ASSERT_EQUAL(list[0].status, 1);
	arena_release(&a);
	buf_init(&sealed, 4096);
	CU_ASSERT_TRUE(connection_load(fx_conn, 1, "gmail", false, &id, kind, &sealed, NULL, &found, &err));
	CU_ASSERT_FALSE(found);
	buf_release(&sealed);
}

static CU_TestInfo tests[] = {
	{"a new account has its plan's limits and its own secret",
	 a_new_account_has_its_plans_limits_and_its_own_secret},
	{"an account is found by its id too", an_account_is_found_by_its_id_too},
	{"an e-mail address that is taken is a conflict", an_email_address_that_is_taken_is_a_conflict},
	{"an unknown plan makes no account", an_unknown_plan_makes_no_account},
	{"an account whose secret cannot be sealed is not made",
	 an_account_whose_secret_cannot_be_sealed_is_not_made},
	{"accounts are listed in the order they were made",
	 accounts_are_listed_in_the_order_they_were_made},
	{"a larger plan fills the slots that it adds", a_larger_plan_fills_the_slots_that_it_adds},
	{"an unlimited override lifts the plan's limit", an_unlimited_override_lifts_the_plans_limit},
	{"an override that is not given stays", an_override_that_is_not_given_stays},
	{"an unknown plan changes nothing", an_unknown_plan_changes_nothing},
	{"a connection replaces the one of its integration",
	 a_connection_replaces_the_one_of_its_integration},
	{"a disconnected integration is listed but not loaded",
	 a_disconnected_integration_is_listed_but_not_loaded},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo accounts_suite = {"accounts", fx_open, fx_close, NULL, NULL, tests};
