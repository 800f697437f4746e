/* Sessions, passwords and failed logins (store/sessions.h). */
#include "queue_fixture.h"

#include <string.h>

#include "base/clock.h"
#include "store/accounts.h"
#include "store/sessions.h"
#include "store_suites.h"

static struct error err;

static struct audit_entry told(uint64_t account_id, const char *action)
{
	return (struct audit_entry){.id = id_make(), .account_id = account_id, .action = action};
}

static struct session opened(uint64_t account_id, uint8_t first, int64_t created_at)
{
	struct session s = {.hash = {first}, .id = id_make(), .account_id = account_id, .created_at = created_at,
	                    .expires_at = created_at + 1000, .address = "192.0.2.1"};
	struct audit_entry audit = told(account_id, "session.open");

	CU_ASSERT_TRUE_FATAL(session_open(fx_db, &s, &audit, &err));
	return s;
}

static bool stands_for(const struct session *s, uint64_t account_id)
{
	struct principal p;
	int64_t last_seen;
	bool found, same;

	CU_ASSERT_TRUE_FATAL(principal_load_session(fx_conn, s->hash, &p, &last_seen, &found, &err));
	same = found && p.account_id == account_id && p.session && id_cmp(&p.session_id, &s->id) == 0 &&
	       p.scopes == SCOPE_ALL && p.expires_at == s->expires_at;
	principal_release(&p);
	return same;
}

static void a_session_stands_for_its_account_with_every_scope(void)
{
	struct session s;

	fx_empty();
	fx_account(7, 3);
	fx_account(8, 3);
	s = opened(7, 1, 5000);
	CU_ASSERT_TRUE(stands_for(&s, 7));
	opened(8, 2, 5000);
	CU_ASSERT_TRUE(stands_for(&s, 7));
}

static void a_session_that_is_ended_stands_for_nobody(void)
{
	struct audit_entry audit = told(7, "session.close");
	struct session s;

	fx_empty();
	fx_account(7, 3);
	s = opened(7, 1, 5000);
	CU_ASSERT_TRUE(session_end(fx_db, s.hash, &audit, &err));
	CU_ASSERT_FALSE(stands_for(&s, 7));
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM audit_log WHERE action = 'session.close'"), 1);
	audit = told(7, "session.close");
	CU_ASSERT_TRUE(session_end(fx_db, s.hash, &audit, &err));
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM audit_log WHERE action = 'session.close'"), 1);
}

static void sessions_that_are_over_go_when_another_is_opened(void)
{
	fx_empty();
	fx_account(7, 3);
	opened(7, 1, 5000);
	opened(7, 2, 5999);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM sessions"), 2);
	opened(7, 3, 6000);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM sessions"), 2);
}

static void use_is_written_down_and_never_back(void)
{
	struct session s;

	fx_empty();
	fx_account(7, 3);
	s = opened(7, 1, 5000);
	CU_ASSERT_TRUE(session_seen(fx_conn, s.hash, 5500, &err));
	CU_ASSERT_TRUE(session_seen(fx_conn, s.hash, 5400, &err));
	CU_ASSERT_EQUAL(fx_number("SELECT last_seen FROM sessions"), 5500);
}

static void a_new_password_ends_the_account_s_other_sessions(void)
{
	struct audit_entry audit = told(7, "user.password");
	char text[PASSWORD_TEXT_MAX + 1];
	struct session kept, other, foreign;

	fx_empty();
	fx_account(7, 3);
	fx_account(8, 3);
	kept = opened(7, 1, 5000);
	other = opened(7, 2, 5000);
	foreign = opened(8, 3, 5000);
	CU_ASSERT_TRUE(password_set(fx_db, 7, "$scrypt$x", &kept.id, &audit, &err));
	CU_ASSERT_TRUE(stands_for(&kept, 7));
	CU_ASSERT_FALSE(stands_for(&other, 7));
	CU_ASSERT_TRUE(stands_for(&foreign, 8));
	CU_ASSERT_TRUE(password_load(fx_conn, 7, text, &err));
	CU_ASSERT_STRING_EQUAL(text, "$scrypt$x");
	CU_ASSERT_TRUE(password_load(fx_conn, 8, text, &err));
	CU_ASSERT_STRING_EQUAL(text, "");
}

static int64_t failed(uint8_t first, int64_t now_ms)
{
	struct login_subject s = {.hash = {first}};

	CU_ASSERT_TRUE_FATAL(login_count(fx_db, &s, 1, now_ms, now_ms - 1000, &err));
	return s.failures;
}

static void failures_count_within_a_window_that_the_first_begins(void)
{
	fx_empty();
	CU_ASSERT_EQUAL(failed(1, 5000), 1);
	CU_ASSERT_EQUAL(failed(1, 5500), 2);
	CU_ASSERT_EQUAL(failed(2, 5500), 1);
	CU_ASSERT_EQUAL(failed(1, 6000), 3);
	/* a new window */
	CU_ASSERT_EQUAL(failed(1, 6001), 1);
	CU_ASSERT_EQUAL(failed(1, 7000), 2);
}

static void a_login_that_succeeds_is_taken_back(void)
{
	struct login_subject s = {.hash = {1}};

	fx_empty();
	failed(1, 5000);
	failed(1, 5000);
	CU_ASSERT_TRUE(login_uncount(fx_conn, &s, false, &err));
	CU_ASSERT_EQUAL(failed(1, 5000), 2);
	CU_ASSERT_TRUE(login_uncount(fx_conn, &s, true, &err));
	CU_ASSERT_EQUAL(failed(1, 5000), 1);
}

static CU_TestInfo tests[] = {
	{"a session stands for its account with every scope", a_session_stands_for_its_account_with_every_scope},
	{"a session that is ended stands for nobody", a_session_that_is_ended_stands_for_nobody},
	{"sessions that are over go when another is opened", sessions_that_are_over_go_when_another_is_opened},
	{"use is written down, and never back", use_is_written_down_and_never_back},
	{"a new password ends the account's other sessions", a_new_password_ends_the_account_s_other_sessions},
	{"failures count within a window that the first begins", failures_count_within_a_window_that_the_first_begins},
	{"a login that succeeds is taken back", a_login_that_succeeds_is_taken_back},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo sessions_suite = {"sessions", fx_open, fx_close, NULL, NULL, tests};
