/* The audit log (store/audit.h): an entry is there with the change that it tells of, and only with it. */
#include "queue_fixture.h"

#include <string.h>

#include "base/clock.h"
#include "store/accounts.h"
#include "store_suites.h"

static bool seal(struct db_conn *c, uint64_t account_id, struct buf *sealed, void *ctx, struct error *err)
{
	return buf_adds(sealed, "v1 sealed");
}

static const struct actor ann = {.kind = ACTOR_OPERATOR, .name = "ann", .address = "192.0.2.7"};
static struct arena arena;

/* What the filter finds. */
static unsigned found(struct audit_filter f, struct audit_row **rows)
{
	struct error err = {0};
	unsigned n = 0;

	arena_reset(&arena);
	f.limit = f.limit ? f.limit : 100;
	CU_ASSERT_TRUE_FATAL(audit_list(fx_conn, &f, &arena, rows, &n, &err));
	return n;
}

static void write_entry(struct id id, uint64_t account_id, const char *action)
{
	struct audit_entry e = {.id = id, .actor = ann, .account_id = account_id, .action = action};
	struct error err = {0};

	CU_ASSERT_TRUE_FATAL(audit_write(fx_conn, &e, &err));
}

static void a_new_account_is_told_with_its_id(void)
{
	struct audit_entry e = {.id = id_make(), .actor = ann, .action = "user.create", .detail = "{\"plan\":\"pro\"}"};
	struct audit_row *rows;
	struct account a;
	struct error err;
	char id[ID_TEXT_SIZE];

	fx_empty();
	CU_ASSERT_TRUE_FATAL(account_create(fx_db, "a@example.com", "A", "pro", seal, NULL, &e, &a, &err));
	CU_ASSERT_EQUAL_FATAL(found((struct audit_filter){.account_id = a.id}, &rows), 1);
	id_format(ID_USER, &a.public_id, id);
	CU_ASSERT_STRING_EQUAL(rows[0].object, id);
	CU_ASSERT_EQUAL(id_cmp(&rows[0].user_id, &a.public_id), 0);
	CU_ASSERT_EQUAL(rows[0].actor_kind, ACTOR_OPERATOR);
	CU_ASSERT_STRING_EQUAL(rows[0].actor_name, "ann");
	CU_ASSERT_FALSE(rows[0].has_actor_id);
	CU_ASSERT_STRING_EQUAL(rows[0].address, "192.0.2.7");
	CU_ASSERT_STRING_EQUAL(rows[0].detail, "{\"plan\":\"pro\"}");
	CU_ASSERT_EQUAL(rows[0].at, id_time_ms(&e.id));
}

static void what_is_not_changed_is_not_told(void)
{
	struct audit_row *rows;
	struct error err;

	fx_empty();
	fx_account(7, 3);
	CU_ASSERT_FALSE(account_set_plan(fx_db, 7, "gold", NULL, fx_audit(), &err));
	CU_ASSERT_EQUAL(found((struct audit_filter){.limit = 9}, &rows), 0);
}

static void what_cannot_be_told_is_not_changed(void)
{
	struct audit_entry e = *fx_audit();
	struct error err = {0};

	fx_empty();
	fx_account(7, 3);
	e.action = NULL;
	CU_ASSERT_FALSE(account_set_plan(fx_db, 7, "starter", NULL, &e, &err));
	CU_ASSERT_FALSE(subscription_set(fx_db, 7, "*", SUB_ACTIVE, 0, &e, &err));
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM accounts WHERE plan = 'enterprise'"), 1);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM subscriptions"), 0);
}

static void each_change_of_plan_and_subscription_is_told(void)
{
	struct audit_row *rows;
	struct error err;

	fx_empty();
	fx_account(1, 3);
	CU_ASSERT_TRUE(account_set_plan(fx_db, 1, "pro", NULL, fx_audit(), &err));
	CU_ASSERT_EQUAL(found((struct audit_filter){.account_id = 1}, &rows), 1);
	CU_ASSERT_TRUE(subscription_set(fx_db, 1, "*", SUB_ACTIVE, 0, fx_audit(), &err));
	CU_ASSERT_EQUAL(found((struct audit_filter){.account_id = 1}, &rows), 2);
}

static void an_entry_that_is_written_again_is_one(void)
{
	struct id id = id_make();

	fx_empty();
	write_entry(id, 1, "key.create");
	write_entry(id, 1, "key.create");
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM audit_log"), 1);
}

static void entries_are_found_by_account_action_and_time_the_newest_first(void)
{
	struct audit_row *rows;
	int64_t now = clock_now_ms();

	fx_empty();
	write_entry(id_make_at(now - 5000), 1, "key.create");
	write_entry(id_make_at(now - 4000), 1, "plan.set");
	write_entry(id_make_at(now - 3000), 2, "key.create");
	write_entry(id_make_at(now - 2000), 1, "key.revoke");
	CU_ASSERT_EQUAL_FATAL(found((struct audit_filter){.account_id = 1}, &rows), 3);
	CU_ASSERT_STRING_EQUAL(rows[0].action, "key.revoke");
	CU_ASSERT_STRING_EQUAL(rows[2].action, "key.create");
	CU_ASSERT_FALSE(rows[0].has_user);
	CU_ASSERT_EQUAL(found((struct audit_filter){.account_id = 0}, &rows), 4);
	CU_ASSERT_EQUAL(found((struct audit_filter){.action = "key"}, &rows), 3);
	CU_ASSERT_EQUAL(found((struct audit_filter){.action = "key.create", .account_id = 2}, &rows), 1);
	CU_ASSERT_EQUAL(found((struct audit_filter){.action = "ey"}, &rows), 0);
	CU_ASSERT_EQUAL(found((struct audit_filter){.since = now - 3000}, &rows), 2);
	CU_ASSERT_EQUAL_FATAL(found((struct audit_filter){.limit = 1}, &rows), 1);
	CU_ASSERT_EQUAL(rows[0].at, now - 2000);
}

static void a_long_name_is_cut_between_its_characters(void)
{
	struct audit_entry e = {.id = id_make(), .action = "test.change", .actor = {.kind = ACTOR_OPERATOR,
	                        .name = "x" "éééééééé" "éééééééé" "éééééééé" "éééééééé"}};
	struct audit_row *rows;
	struct error err = {0};

	fx_empty();
	CU_ASSERT_TRUE_FATAL(audit_write(fx_conn, &e, &err));
	CU_ASSERT_EQUAL_FATAL(found((struct audit_filter){.limit = 9}, &rows), 1);
	CU_ASSERT_EQUAL(strlen(rows[0].actor_name), 63);
}

static int open_suite(void)
{
	arena_init(&arena);
	return fx_open();
}

static int close_suite(void)
{
	arena_release(&arena);
	return fx_close();
}

static CU_TestInfo tests[] = {
	{"a new account is told with its id", a_new_account_is_told_with_its_id},
	{"what is not changed is not told", what_is_not_changed_is_not_told},
	{"what cannot be told is not changed", what_cannot_be_told_is_not_changed},
	{"each change of plan and subscription is told", each_change_of_plan_and_subscription_is_told},
	{"an entry that is written again is one", an_entry_that_is_written_again_is_one},
	{"entries are found by account, action and time, the newest first",
	 entries_are_found_by_account_action_and_time_the_newest_first},
	{"a long name is cut between its characters", a_long_name_is_cut_between_its_characters},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo audit_suite = {"the audit log", open_suite, close_suite, NULL, NULL, tests};
