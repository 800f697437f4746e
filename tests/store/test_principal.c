/* API keys, scopes, and what a key stands for (store/accounts.h). */
#include "queue_fixture.h"

#include <string.h>

#include "base/clock.h"
#include "store/accounts.h"
#include "store_suites.h"

static const struct key_hash hash_a = {{1, 2, 3}, "p"}, hash_b = {{9}, "p"};

static struct api_key make_key(uint64_t account_id, const uint8_t *hash, int64_t expires_at)
{
	struct api_key k = {.id = id_make(), .account_id = account_id, .name = "CI", .shown = "agv_live_abcd",
	                    .scopes = SCOPE_AGENTS_READ | SCOPE_WEBHOOKS_WRITE, .created_at = 1000,
	                    .expires_at = expires_at};
	struct error err;

	CU_ASSERT_TRUE_FATAL(api_key_create(fx_conn, &k, hash, "p1", &err));
	return k;
}

static void a_key_stands_for_its_account_plan_and_rights(void)
{
	struct principal p;
	struct api_key k;
	struct error err;
	struct id id;
	bool found;

	fx_empty();
	fx_account(7, 3);
	k = make_key(7, hash_a.hash, 99000);
	CU_ASSERT_TRUE(subscription_set(fx_db, 7, "*", SUB_ACTIVE, 0, fx_audit(), &err));
	CU_ASSERT_TRUE(subscription_set(fx_db, 7, "ad-copy-forge", SUB_TRIALING, 5000, fx_audit(), &err));
	id = id_make();
	CU_ASSERT_TRUE(connection_put(fx_conn, 7, "gmail", "mbox", "x", 1, 1, &id, &err));
	CU_ASSERT_TRUE_FATAL(principal_load(fx_conn, &hash_a, 1, &p, &found, &err));
	CU_ASSERT_TRUE_FATAL(found);
	CU_ASSERT_EQUAL(id_cmp(&p.key_id, &k.id), 0);
	CU_ASSERT_EQUAL(p.account_id, 7);
	CU_ASSERT_STRING_EQUAL(p.plan, "enterprise");
	CU_ASSERT_STRING_EQUAL(p.timezone, "Asia/Kolkata");
	CU_ASSERT_EQUAL(p.scopes, SCOPE_AGENTS_READ | SCOPE_WEBHOOKS_WRITE);
	CU_ASSERT_EQUAL(p.expires_at, 99000);
	CU_ASSERT_TRUE(p.features.api && p.features.webhooks && p.features.mcp && p.features.white_label);
	CU_ASSERT_FALSE(p.key_revoked);
	CU_ASSERT_EQUAL(p.requests_per_minute, LIMIT_UNLIMITED);
	CU_ASSERT_EQUAL_FATAL(p.subscription_count, 2);
	CU_ASSERT_STRING_EQUAL(p.subscriptions[0].agent, "*");
	CU_ASSERT_EQUAL(p.subscriptions[1].status, SUB_TRIALING);
	CU_ASSERT_EQUAL(p.subscriptions[1].trial_ends_at, 5000);
	CU_ASSERT_EQUAL_FATAL(p.connected_count, 1);
	CU_ASSERT_STRING_EQUAL(p.connected[0], "gmail");
	principal_release(&p);
}

static struct plan_features features_of(const struct key_hash *hash)
{
	struct principal p;
	struct error err;
	bool found;

	CU_ASSERT_TRUE_FATAL(principal_load(fx_conn, hash, 1, &p, &found, &err) && found);
	principal_release(&p);
	return p.features;
}

static void an_account_s_own_features_count_before_its_plan_s(void)
{
	int64_t yes = 1, no = 0, plan = LIMIT_OF_PLAN;
	struct plan_overrides own = {.api = &yes, .white_label = &yes}, less = {.webhooks = &no, .mcp = &no, .api = &plan};
	struct plan_features f;
	struct error err;

	fx_empty();
	fx_account(7, 3);
	make_key(7, hash_a.hash, 0);
	CU_ASSERT_TRUE_FATAL(account_set_plan(fx_db, 7, "starter", &own, fx_audit(), &err));
	f = features_of(&hash_a);
	CU_ASSERT_TRUE(f.api && f.white_label && !f.webhooks && !f.mcp);
	CU_ASSERT_TRUE_FATAL(account_set_plan(fx_db, 7, "enterprise", &less, fx_audit(), &err));
	f = features_of(&hash_a);
	CU_ASSERT_TRUE(f.api && f.white_label && !f.webhooks && !f.mcp);
	CU_ASSERT_TRUE_FATAL(account_set_plan(fx_db, 7, "starter", NULL, fx_audit(), &err));
	f = features_of(&hash_a);
	CU_ASSERT_TRUE(!f.api && f.white_label && !f.webhooks && !f.mcp);
}

static void a_key_is_looked_up_in_two_statements(void)
{
	uint64_t before;
	struct principal p;
	struct error err;
	bool found;

	fx_empty();
	fx_account(7, 3);
	make_key(7, hash_a.hash, 0);
	before = db_counters(fx_db).statements;
	CU_ASSERT_TRUE(principal_load(fx_conn, &hash_a, 1, &p, &found, &err));
	CU_ASSERT_EQUAL(db_counters(fx_db).statements - before, 2);
	CU_ASSERT_TRUE(found);
	principal_release(&p);
	before = db_counters(fx_db).statements;
	CU_ASSERT_TRUE(principal_load(fx_conn, &hash_b, 1, &p, &found, &err));
	CU_ASSERT_EQUAL(db_counters(fx_db).statements - before, 1);
	CU_ASSERT_FALSE(found);
}

static void rights_of_other_accounts_are_not_read(void)
{
	struct principal p;
	struct error err;
	struct id id;
	bool found;

	fx_empty();
	fx_account(7, 3);
	fx_account(8, 3);
	make_key(7, hash_a.hash, 0);
	CU_ASSERT_TRUE(subscription_set(fx_db, 8, "*", SUB_ACTIVE, 0, fx_audit(), &err));
	id = id_make();
	CU_ASSERT_TRUE(connection_put(fx_conn, 8, "gmail", "mbox", "x", 1, 1, &id, &err));
	CU_ASSERT_TRUE_FATAL(principal_load(fx_conn, &hash_a, 1, &p, &found, &err));
	CU_ASSERT_EQUAL(p.subscription_count, 0);
	CU_ASSERT_EQUAL(p.connected_count, 0);
	principal_release(&p);
}

static void a_key_is_revoked_by_its_own_account_only(void)
{
	struct principal p;
	struct api_key k, *list;
	struct error err;
	struct arena a;
	unsigned n;
	bool found;

	fx_empty();
	fx_account(7, 3);
	fx_account(8, 3);
	k = make_key(7, hash_a.hash, 0);
	CU_ASSERT_FALSE(api_key_revoke(fx_conn, 8, &k.id, 2000, &err));
	CU_ASSERT_EQUAL(err.code, ERR_NOT_FOUND);
	CU_ASSERT_TRUE(api_key_revoke(fx_conn, 7, &k.id, 3000, &err));
	CU_ASSERT_TRUE(api_key_revoke(fx_conn, 7, &k.id, 4000, &err));
	CU_ASSERT_TRUE_FATAL(principal_load(fx_conn, &hash_a, 1, &p, &found, &err));
	CU_ASSERT_TRUE(found && p.key_revoked);
	principal_release(&p);
	arena_init(&a);
	CU_ASSERT_TRUE_FATAL(api_key_list(fx_conn, 7, &a, &list, &n, &err));
	CU_ASSERT_EQUAL_FATAL(n, 1);
	CU_ASSERT_EQUAL(list[0].revoked_at, 3000);
	CU_ASSERT_STRING_EQUAL(list[0].shown, "agv_live_abcd");
	CU_ASSERT_TRUE_FATAL(api_key_list(fx_conn, 8, &a, &list, &n, &err));
	CU_ASSERT_EQUAL(n, 0);
	arena_release(&a);
}

static void scopes_are_parsed_and_formatted_by_name(void)
{
	char text[128];
	struct error err;
	unsigned bits;

	CU_ASSERT_TRUE(scopes_parse("agents:run, agents:read", &bits, &err));
	CU_ASSERT_EQUAL(bits, SCOPE_AGENTS_READ | SCOPE_AGENTS_RUN);
	scopes_format(bits, text, sizeof text);
	CU_ASSERT_STRING_EQUAL(text, "agents:read,agents:run");
	CU_ASSERT_STRING_EQUAL(scope_name(SCOPE_SCHEDULES_WRITE), "schedules:write");
	CU_ASSERT_FALSE(scopes_parse("agents:read,agents:fly", &bits, &err));
	CU_ASSERT_EQUAL(err.code, ERR_INVALID_INPUT);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "agents:fly"));
	CU_ASSERT_FALSE(scopes_parse("", &bits, &err));
	CU_ASSERT_FALSE(scopes_parse("agents:read,", &bits, &err));
}

static void a_subscription_to_all_replaces_the_others(void)
{
	struct error err;

	fx_empty();
	CU_ASSERT_TRUE(subscription_set(fx_db, 7, "ad-copy-forge", SUB_TRIALING, 5000, fx_audit(), &err));
	CU_ASSERT_TRUE(subscription_set(fx_db, 8, "ad-copy-forge", SUB_ACTIVE, 0, fx_audit(), &err));
	CU_ASSERT_TRUE(subscription_set(fx_db, 7, "*", SUB_ACTIVE, 0, fx_audit(), &err));
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM subscriptions WHERE account_id = 7"), 1);
	CU_ASSERT_TRUE(subscription_set(fx_db, 7, "email-triage", SUB_NONE, 0, fx_audit(), &err));
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM subscriptions WHERE account_id = 7"), 2);
	CU_ASSERT_TRUE(subscription_set(fx_db, 7, "*", SUB_NONE, 0, fx_audit(), &err));
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM subscriptions WHERE account_id = 7"), 0);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM subscriptions WHERE account_id = 8"), 1);
}

static CU_TestInfo tests[] = {
	{"a key stands for its account, plan and rights", a_key_stands_for_its_account_plan_and_rights},
	{"an account's own features count before its plan's", an_account_s_own_features_count_before_its_plan_s},
	{"a key is looked up in two statements", a_key_is_looked_up_in_two_statements},
	{"rights of other accounts are not read", rights_of_other_accounts_are_not_read},
	{"a key is revoked by its own account only", a_key_is_revoked_by_its_own_account_only},
	{"scopes are parsed and formatted by name", scopes_are_parsed_and_formatted_by_name},
	{"a subscription to all replaces the others", a_subscription_to_all_replaces_the_others},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo principal_suite = {"keys and principals", fx_open, fx_close, NULL, NULL, tests};
