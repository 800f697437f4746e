/* Sessions, passwords and failed logins (store/sessions.h). */
#include "queue_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
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

static bool set_password(uint64_t account_id, const char *was, const char *text, const struct session *keep)
{
	struct password_change change = {.account_id = account_id, .was = was, .text = text, .keep = keep};
	struct audit_entry audit = told(account_id, "user.password");
	bool set;

	CU_ASSERT_TRUE_FATAL(password_set(fx_db, &change, &audit, &set, &err));
	return set;
}

/* An account whose password's hash is "old". */
static void account(uint64_t id)
{
	fx_account(id, 3);
	set_password(id, NULL, "old", NULL);
}

static struct session opened(uint64_t account_id, uint8_t first, int64_t created_at)
{
	struct session s = {.hash = {first}, .id = id_make(), .account_id = account_id, .created_at = created_at,
	                    .expires_at = created_at + 1000, .address = "192.0.2.1"};
	struct audit_entry audit = told(account_id, "session.open");
	bool is;

	CU_ASSERT_TRUE_FATAL(session_open(fx_db, &s, "old", &audit, &is, &err));
	CU_ASSERT_TRUE(is);
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
	account(7);
	account(8);
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
	account(7);
	s = opened(7, 1, 5000);
	CU_ASSERT_TRUE(session_end(fx_db, s.hash, &audit, &err));
	CU_ASSERT_FALSE(stands_for(&s, 7));
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM audit_log WHERE action = 'session.close'"), 1);
	audit = told(7, "session.close");
	CU_ASSERT_TRUE(session_end(fx_db, s.hash, &audit, &err));
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM audit_log WHERE action = 'session.close'"), 1);
}

static bool was_from(uint64_t account_id, const char *text)
{
	struct network net;
	bool is;

	CU_ASSERT_TRUE_FATAL(network_parse(text, strlen(text), &net));
	CU_ASSERT_TRUE_FATAL(session_from(fx_conn, account_id, &net, &is, &err));
	return is;
}

static void it_is_known_where_an_account_s_sessions_are_from(void)
{
	fx_empty();
	account(7);
	account(8);
	opened(7, 1, 5000);
	opened(7, 2, 5000);
	CU_ASSERT_TRUE(was_from(7, "192.0.2.1"));
	CU_ASSERT_FALSE(was_from(7, "192.0.2.2"));
	CU_ASSERT_FALSE(was_from(8, "192.0.2.1"));
	CU_ASSERT_TRUE_FATAL(db_run_text(fx_conn, "UPDATE sessions SET address = '2001:db8::7'", &err));
	CU_ASSERT_TRUE(was_from(7, "2001:db8::/64"));
	CU_ASSERT_FALSE(was_from(7, "2001:db8:0:1::/64"));
}

static void sessions_that_are_over_go_when_another_is_opened(void)
{
	fx_empty();
	account(7);
	opened(7, 1, 5000);
	opened(7, 2, 5999);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM sessions"), 2);
	opened(7, 3, 6000);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM sessions"), 2);
}

static void the_oldest_of_too_many_sessions_gives_way(void)
{
	struct session first, second, other;
	unsigned i;

	fx_empty();
	account(7);
	account(8);
	first = opened(7, 1, 5000);
	second = opened(7, 2, 5000);
	other = opened(8, 3, 5000);
	for (i = 4; i < SESSIONS_MAX + 3; i++)
		opened(7, (uint8_t)i, 5000);
	CU_ASSERT_FALSE(stands_for(&first, 7));
	CU_ASSERT_TRUE(stands_for(&second, 7));
	CU_ASSERT_TRUE(stands_for(&other, 8));
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM sessions WHERE account_id = 7"), SESSIONS_MAX);
}

static void use_is_written_down_and_never_back(void)
{
	struct session s;

	fx_empty();
	account(7);
	s = opened(7, 1, 5000);
	CU_ASSERT_TRUE(session_seen(fx_conn, s.hash, 5500, &err));
	CU_ASSERT_TRUE(session_seen(fx_conn, s.hash, 5400, &err));
	CU_ASSERT_EQUAL(fx_number("SELECT last_seen FROM sessions"), 5500);
}

static void who_knew_a_password_that_changed_meanwhile_gets_no_session(void)
{
	struct session s = {.hash = {1}, .id = id_make(), .account_id = 7, .created_at = 5000, .expires_at = 6000};
	struct audit_entry audit = told(7, "session.open");
	bool is = true;

	fx_empty();
	account(7);
	set_password(7, NULL, "new", NULL);
	CU_ASSERT_TRUE(session_open(fx_db, &s, "old", &audit, &is, &err));
	CU_ASSERT_FALSE(is);
	CU_ASSERT_FALSE(stands_for(&s, 7));
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM audit_log WHERE action = 'session.open'"), 0);
}

struct login { atomic_bool over; bool ok, opened; };

static void *log_in(void *arg)
{
	struct session s = {.hash = {1}, .id = id_make(), .account_id = 7, .created_at = 5000, .expires_at = 6000};
	struct audit_entry audit = told(7, "session.open");
	struct login *l = arg;
	struct error own = {0};

	l->ok = session_open(fx_db, &s, "old", &audit, &l->opened, &own);
	atomic_store(&l->over, true);
	return NULL;
}

static bool somebody_waits_for_a_row(void)
{
	return fx_number("SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS"
	                 " WHERE VARIABLE_NAME = 'INNODB_ROW_LOCK_CURRENT_WAITS'") > 0;
}

static void a_login_waits_for_a_password_that_is_being_changed(void)
{
	struct login l = {.opened = true};
	struct db_conn *writer;
	pthread_t t;

	fx_empty();
	account(7);
	writer = db_get(fx_db, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(writer);
	CU_ASSERT_TRUE(db_begin(writer, &err));
	CU_ASSERT_TRUE(db_run_text(writer, "UPDATE accounts SET password = 'new' WHERE id = 7", &err));
	CU_ASSERT_EQUAL_FATAL(pthread_create(&t, NULL, log_in, &l), 0);
	while (!atomic_load(&l.over) && !somebody_waits_for_a_row())
		;
	CU_ASSERT_TRUE(db_commit(writer, &err));
	db_put(fx_db, writer);
	pthread_join(t, NULL);
	CU_ASSERT_TRUE(l.ok);
	CU_ASSERT_FALSE(l.opened);
}

static void a_new_password_ends_the_account_s_other_sessions(void)
{
	char text[PASSWORD_TEXT_MAX + 1];
	struct session kept, other, foreign;

	fx_empty();
	account(7);
	account(8);
	kept = opened(7, 1, 5000);
	other = opened(7, 2, 5000);
	foreign = opened(8, 3, 5000);
	CU_ASSERT_TRUE(set_password(7, "old", "$scrypt$x", &kept));
	CU_ASSERT_TRUE(stands_for(&kept, 7));
	CU_ASSERT_FALSE(stands_for(&other, 7));
	CU_ASSERT_TRUE(stands_for(&foreign, 8));
	CU_ASSERT_TRUE(password_load(fx_conn, 7, text, &err));
	CU_ASSERT_STRING_EQUAL(text, "$scrypt$x");
	CU_ASSERT_TRUE(password_load(fx_conn, 8, text, &err));
	CU_ASSERT_STRING_EQUAL(text, "old");
}

static void a_session_that_is_kept_has_a_new_token(void)
{
	struct session old, renewed;

	fx_empty();
	account(7);
	old = renewed = opened(7, 1, 5000);
	renewed.hash[0] = 9;
	CU_ASSERT_TRUE(set_password(7, "old", "new", &renewed));
	CU_ASSERT_FALSE(stands_for(&old, 7));
	CU_ASSERT_TRUE(stands_for(&renewed, 7));
}

static void of_two_changes_of_one_password_the_second_changes_nothing(void)
{
	struct session kept, other;

	fx_empty();
	account(7);
	kept = opened(7, 1, 5000);
	other = opened(7, 2, 5000);
	CU_ASSERT_TRUE(set_password(7, "old", "new", &kept));
	CU_ASSERT_FALSE(set_password(7, "old", "another", &other));
	CU_ASSERT_TRUE(stands_for(&kept, 7));
	CU_ASSERT_EQUAL(fx_number("SELECT password = 'new' FROM accounts WHERE id = 7"), 1);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM audit_log WHERE action = 'user.password'"), 2);
	/* repeated because its answer was lost */
	CU_ASSERT_TRUE(set_password(7, "old", "new", &kept));
}

static uint64_t found(const char *email)
{
	char text[PASSWORD_TEXT_MAX + 1];
	uint64_t account_id;

	CU_ASSERT_TRUE_FATAL(password_find(fx_conn, email, &account_id, text, &err));
	CU_ASSERT_EQUAL(*text != '\0', account_id != 0);
	return account_id;
}

static void an_account_is_found_by_its_address_and_not_by_one_that_collates_alike(void)
{
	fx_empty();
	account(7);
	CU_ASSERT_TRUE_FATAL(db_run_text(fx_conn, "UPDATE accounts SET email = 'Anne@example.com' WHERE id = 7", &err));
	CU_ASSERT_EQUAL(found("Anne@example.com"), 7);
	CU_ASSERT_EQUAL(found("aNNE@EXAMPLE.com"), 7);
	CU_ASSERT_EQUAL(found("Anne@example.com "), 0);
	CU_ASSERT_EQUAL(found("Änne@example.com"), 0);
}

/* Whether a login may be tried that is counted for one subject. */
static bool tried(uint8_t first, int64_t now_ms)
{
	struct login_subject s = {.hash = {first}, .max = 2};
	bool ok = login_count(fx_db, &s, 1, now_ms, 1000, &err);

	CU_ASSERT_TRUE(ok || err.code == ERR_RATE_LIMITED);
	return ok;
}

static void failures_count_within_a_window_that_the_first_begins(void)
{
	fx_empty();
	CU_ASSERT_TRUE(tried(1, 5000));
	CU_ASSERT_TRUE(tried(1, 5500));
	CU_ASSERT_TRUE(tried(2, 5500));
	CU_ASSERT_FALSE(tried(1, 6000));
	/* a new window */
	CU_ASSERT_TRUE(tried(1, 6001));
	CU_ASSERT_TRUE(tried(1, 7000));
	CU_ASSERT_FALSE(tried(1, 7001));
}

static void who_is_refused_is_told_when_the_window_ends(void)
{
	fx_empty();
	tried(1, 5000);
	tried(1, 5000);
	CU_ASSERT_FALSE(tried(1, 5100));
	CU_ASSERT_EQUAL(err.retry_after, 1);
	CU_ASSERT_EQUAL(err.resets_ms, 6000);
}

static void a_login_that_is_refused_for_one_subject_is_counted_for_none(void)
{
	unsigned i;

	fx_empty();
	for (i = 0; i < 9; i++) {
		struct login_subject s[] = {{.hash = {2}, .max = 2}, {.hash = {1}, .max = 100}, {.hash = {3}, .max = 100}};

		CU_ASSERT_EQUAL(login_count(fx_db, s, 3, 5000, 1000, &err), i < 2);
	}
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM login_failures"), 3);
	CU_ASSERT_EQUAL(fx_number("SELECT MAX(failures) FROM login_failures"), 2);
}

static void a_login_that_succeeds_is_taken_back(void)
{
	struct login_subject s = {.hash = {1}};

	fx_empty();
	tried(1, 5000);
	tried(1, 5000);
	CU_ASSERT_TRUE(login_uncount(fx_conn, &s, false, &err));
	CU_ASSERT_TRUE(tried(1, 5000));
	CU_ASSERT_FALSE(tried(1, 5000));
	CU_ASSERT_TRUE(login_uncount(fx_conn, &s, true, &err));
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM login_failures"), 0);
}

static CU_TestInfo tests[] = {
	{"a session stands for its account with every scope", a_session_stands_for_its_account_with_every_scope},
	{"a session that is ended stands for nobody", a_session_that_is_ended_stands_for_nobody},
	{"it is known where an account's sessions are from", it_is_known_where_an_account_s_sessions_are_from},
	{"sessions that are over go when another is opened", sessions_that_are_over_go_when_another_is_opened},
	{"the oldest of too many sessions gives way", the_oldest_of_too_many_sessions_gives_way},
	{"use is written down, and never back", use_is_written_down_and_never_back},
	{"who knew a password that changed meanwhile gets no session",
	 who_knew_a_password_that_changed_meanwhile_gets_no_session},
	{"a login waits for a password that is being changed", a_login_waits_for_a_password_that_is_being_changed},
	{"a session that is kept has a new token", a_session_that_is_kept_has_a_new_token},
	{"of two changes of one password the second changes nothing",
	 of_two_changes_of_one_password_the_second_changes_nothing},
	{"an account is found by its address, and not by one that collates alike",
	 an_account_is_found_by_its_address_and_not_by_one_that_collates_alike},
	{"a new password ends the account's other sessions", a_new_password_ends_the_account_s_other_sessions},
	{"failures count within a window that the first begins", failures_count_within_a_window_that_the_first_begins},
	{"who is refused is told when the window ends", who_is_refused_is_told_when_the_window_ends},
	{"a login that is refused for one subject is counted for none",
	 a_login_that_is_refused_for_one_subject_is_counted_for_none},
	{"a login that succeeds is taken back", a_login_that_succeeds_is_taken_back},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo sessions_suite = {"sessions", fx_open, fx_close, NULL, NULL, tests};
