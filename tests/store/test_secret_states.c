/* Which key new things are written under, and when another becomes it (store/secret_states.h, store/processes.h). */
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "core/processes.h"
#include "queue_fixture.h"
#include "request_suites.h"
#include "secrets_fixture.h"
#include "store/pepper_keys.h"
#include "store/processes.h"

#define LIVE_MS 1000

static char key[API_KEY_LEN + 1];
static struct error err;

/* "p1" is active. */
static void given_an_active_pepper(void)
{
	char id[SECRET_ID_SIZE] = "p1";

	fx_empty();
	crypto_key_make(key);
	err = (struct error){0};
	CU_ASSERT_TRUE_FATAL(secret_pin(fx_conn, SECRET_PEPPER, "h", 1000, id, &err));
	CU_ASSERT_TRUE_FATAL(secret_made(fx_conn, SECRET_PEPPER, "p2", "h", 2000, &err));
}

static const char *active(enum secret_kind kind)
{
	static char id[SECRET_ID_SIZE];

	CU_ASSERT_TRUE(secret_active(fx_conn, kind, id, &err));
	return id;
}

/* At 10000, with processes that were seen within LIVE_MS before. */
static bool activated(const char *id)
{
	bool done = false;

	CU_ASSERT_TRUE(secret_activate(fx_db, SECRET_PEPPER, id, 10000 - LIVE_MS, 10000, fx_audit(), &done, &err));
	return done;
}

static void given_a_process(int64_t seen_at, const char *peppers, const char *seals)
{
	struct process_row p = {.id = id_make(), .program = "agentiv.fcgi", .host = "h", .pid = 7, .seen_at = seen_at,
	                        .has_peppers = peppers, .has_seals = seals};

	snprintf(p.peppers, sizeof p.peppers, "%s", peppers ? peppers : "");
	snprintf(p.seals, sizeof p.seals, "%s", seals ? seals : "");
	CU_ASSERT_TRUE_FATAL(process_beat(fx_conn, &p, &err));
}

static void the_first_write_makes_the_newest_key_the_active_one(void)
{
	struct secrets *s = fx_secrets();
	struct buf b;

	fx_empty();
	fx_keys_write(SECRET_SEAL, "s1 s2");
	secrets_refresh(s);
	buf_init(&b, 200);
	CU_ASSERT_TRUE_FATAL(db_begin(fx_conn, &err));
	CU_ASSERT_TRUE(secrets_seal(s, fx_conn, "c", "x", 1, &b, &err));
	CU_ASSERT_TRUE(db_commit(fx_conn, &err));
	CU_ASSERT_STRING_EQUAL(active(SECRET_SEAL), "s2");
	buf_release(&b);
	secrets_free(s);
	fx_keys_remove();
}

static void a_newer_key_of_the_file_is_not_written_under_before_it_is_active(void)
{
	struct secrets *s;
	struct key_hash h;

	given_an_active_pepper();
	fx_keys_write(SECRET_PEPPER, "p1 p2");
	s = fx_secrets();
	CU_ASSERT_TRUE(secrets_hash_new(s, fx_conn, key, &h, &err));
	CU_ASSERT_STRING_EQUAL(h.pepper_id, "p1");
	CU_ASSERT_TRUE(activated("p2"));
	CU_ASSERT_TRUE(secrets_hash_new(s, fx_conn, key, &h, &err));
	CU_ASSERT_STRING_EQUAL(h.pepper_id, "p2");
	secrets_free(s);
	fx_keys_remove();
}

static void nothing_is_written_where_the_active_key_is_missing(void)
{
	struct secrets *s = fx_secrets();
	struct key_hash h;

	given_an_active_pepper();
	CU_ASSERT_TRUE(activated("p2"));
	CU_ASSERT_FALSE(secrets_hash_new(s, fx_conn, key, &h, &err));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "p2"));
	fx_keys_write(SECRET_PEPPER, "p1 p2");
	CU_ASSERT_TRUE(secrets_hash_new(s, fx_conn, key, &h, &err));
	secrets_free(s);
	fx_keys_remove();
}

/* Or the next that an operator adds to one host's file would be the newest there, and written under at once. */
static void a_process_that_comes_up_settles_which_keys_are_active(void)
{
	struct secrets *s;
	struct presence_env env = {.db = fx_db, .program = "agentiv-worker", .run_dir = "/tmp", .doorbell = "none"};
	struct presence *p;
	unsigned i;

	fx_empty();
	fx_keys_write(SECRET_SEAL, "s1 s2");
	s = env.secrets = fx_secrets();
	p = presence_start(&env, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	for (i = 0; i < 10000 && !(*active(SECRET_PEPPER) && *active(SECRET_SEAL)); i++)
		poll(NULL, 0, 1);
	presence_stop(p);
	CU_ASSERT_STRING_EQUAL(active(SECRET_PEPPER), "p1");
	CU_ASSERT_STRING_EQUAL(active(SECRET_SEAL), "s2");
	secrets_free(s);
	fx_keys_remove();
}

static void pinning_keeps_what_is_active(void)
{
	char id[SECRET_ID_SIZE] = "p2";

	given_an_active_pepper();
	CU_ASSERT_TRUE(secret_pin(fx_conn, SECRET_PEPPER, "h", 3000, id, &err));
	CU_ASSERT_STRING_EQUAL(id, "p1");
}

static void kinds_have_active_keys_of_their_own(void)
{
	char id[SECRET_ID_SIZE] = "s1";

	given_an_active_pepper();
	CU_ASSERT_STRING_EQUAL(active(SECRET_SEAL), "");
	CU_ASSERT_TRUE(secret_pin(fx_conn, SECRET_SEAL, "h", 3000, id, &err));
	CU_ASSERT_TRUE(activated("p2"));
	CU_ASSERT_STRING_EQUAL(active(SECRET_SEAL), "s1");
}

static void there_is_one_active_key(void)
{
	given_an_active_pepper();
	CU_ASSERT_FALSE(db_run_text(fx_conn, "UPDATE secret_states SET active = 1 WHERE id = 'p2'", &err));
	CU_ASSERT_TRUE(activated("p2"));
	CU_ASSERT_STRING_EQUAL(active(SECRET_PEPPER), "p2");
	CU_ASSERT_EQUAL(fx_number("SELECT state FROM secret_states WHERE id = 'p1'"), SECRET_FORMER);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM audit_log"), 1);
}

static void activating_twice_is_harmless(void)
{
	given_an_active_pepper();
	CU_ASSERT_TRUE(activated("p2"));
	CU_ASSERT_TRUE(activated("p2"));
	CU_ASSERT_STRING_EQUAL(active(SECRET_PEPPER), "p2");
}

static void a_live_process_that_has_not_read_it_holds_it_up(void)
{
	given_an_active_pepper();
	given_a_process(9500, "p1", "s1");
	given_a_process(9500, "p1,p2", "s1");
	CU_ASSERT_FALSE(activated("p2"));
	CU_ASSERT_STRING_EQUAL(active(SECRET_PEPPER), "p1");
}

static void a_longer_id_is_not_the_one_that_was_read(void)
{
	given_an_active_pepper();
	given_a_process(9500, "p1,p22", NULL);
	CU_ASSERT_FALSE(activated("p2"));
}

static void processes_that_are_gone_or_need_no_pepper_hold_nothing_up(void)
{
	given_an_active_pepper();
	given_a_process(10000 - LIVE_MS - 1, "p1", "s1");
	given_a_process(9500, NULL, "s1");
	CU_ASSERT_TRUE(activated("p2"));
}

static void the_active_key_is_not_retired(void)
{
	given_an_active_pepper();
	CU_ASSERT_FALSE(secret_retire(fx_db, SECRET_PEPPER, "p1", "h", 3000, fx_audit(), &err));
	CU_ASSERT_EQUAL(err.code, ERR_CONFLICT);
	CU_ASSERT_STRING_EQUAL(active(SECRET_PEPPER), "p1");
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM audit_log"), 0);
}

static void a_retired_key_is_not_activated(void)
{
	bool done;

	given_an_active_pepper();
	CU_ASSERT_TRUE(secret_retire(fx_db, SECRET_PEPPER, "p2", "h", 3000, fx_audit(), &err));
	CU_ASSERT_FALSE(secret_activate(fx_db, SECRET_PEPPER, "p2", 0, 10000, fx_audit(), &done, &err));
	CU_ASSERT_EQUAL(err.code, ERR_CONFLICT);
	CU_ASSERT_STRING_EQUAL(active(SECRET_PEPPER), "p1");
}

static void an_activation_waits_for_what_is_being_written_under_the_old_key(void)
{
	struct db_conn *other = db_get(fx_db, &err);
	char id[SECRET_ID_SIZE];

	given_an_active_pepper();
	CU_ASSERT_TRUE_FATAL(db_begin(fx_conn, &err));
	CU_ASSERT_TRUE(secret_active(fx_conn, SECRET_PEPPER, id, &err));
	CU_ASSERT_TRUE(db_run_text(other, "SET SESSION innodb_lock_wait_timeout = 0", &err));
	CU_ASSERT_FALSE(db_run_text(other, "UPDATE secret_states SET active = NULL WHERE active = 1", &err));
	CU_ASSERT_EQUAL(err.db_errno, 1205);
	db_rollback(fx_conn);
	CU_ASSERT_TRUE(db_run_text(other, "SET SESSION innodb_lock_wait_timeout = 50", &err));
	db_put(fx_db, other);
}

static void a_process_that_beats_again_has_one_row(void)
{
	struct process_row p = {.id = id_make(), .program = "agentiv-worker", .host = "h", .seen_at = 1, .has_seals = true,
	                        .seals = "s1"}, *rows;
	struct arena arena;
	unsigned n;

	fx_empty();
	arena_init(&arena);
	CU_ASSERT_TRUE(process_beat(fx_conn, &p, &err));
	p.seen_at = 5000;
	snprintf(p.seals, sizeof p.seals, "s1,s2");
	CU_ASSERT_TRUE(process_beat(fx_conn, &p, &err));
	CU_ASSERT_TRUE(process_list(fx_conn, 5000, &arena, &rows, &n, &err));
	CU_ASSERT_EQUAL_FATAL(n, 1);
	CU_ASSERT_STRING_EQUAL(rows[0].seals, "s1,s2");
	CU_ASSERT_FALSE(rows[0].has_peppers);
	CU_ASSERT_TRUE(process_list(fx_conn, 5001, &arena, &rows, &n, &err));
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_TRUE(process_leave(fx_conn, &p.id, &err));
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM processes"), 0);
	arena_release(&arena);
}

/* Who changes an account holds its row, and may want one of its keys next. */
static void keys_are_revoked_though_their_account_is_being_changed(void)
{
	struct api_key k = {.id = id_make(), .account_id = 7, .name = "CI", .shown = "agv_live_abcd", .created_at = 1000};
	static const struct actor who = {.kind = ACTOR_OPERATOR, .name = "root"};
	static const struct id first;
	struct pepper_key revoked[PEPPER_KEYS_MAX];
	struct db_conn *other = db_get(fx_db, &err);
	struct db_arg account = db_int(7);
	uint8_t hash[32] = {1};
	int64_t one;
	unsigned n;

	given_an_active_pepper();
	fx_account(7, 3);
	CU_ASSERT_TRUE_FATAL(other && api_key_create(fx_conn, &k, hash, "p0", &err) && db_begin(other, &err));
	CU_ASSERT_TRUE(db_query_int(other, "SELECT 1 FROM accounts WHERE id = ? FOR UPDATE", &account, 1, &one, NULL, &err));
	CU_ASSERT_TRUE(pepper_keys_revoke(fx_db, "p0", &first, 2000, &who, revoked, &n, &err));
	CU_ASSERT_EQUAL(n, 1);
	CU_ASSERT_EQUAL(fx_number("SELECT revoked_at FROM api_keys"), 2000);
	db_rollback(other);
	db_put(fx_db, other);
}

static CU_TestInfo tests[] = {
	{"the first write makes the newest key the active one", the_first_write_makes_the_newest_key_the_active_one},
	{"a newer key of the file is not written under before it is active",
	 a_newer_key_of_the_file_is_not_written_under_before_it_is_active},
	{"nothing is written where the active key is missing", nothing_is_written_where_the_active_key_is_missing},
	{"a process that comes up settles which keys are active", a_process_that_comes_up_settles_which_keys_are_active},
	{"pinning keeps what is active", pinning_keeps_what_is_active},
	{"kinds have active keys of their own", kinds_have_active_keys_of_their_own},
	{"there is one active key", there_is_one_active_key},
	{"activating twice is harmless", activating_twice_is_harmless},
	{"a live process that has not read it holds it up", a_live_process_that_has_not_read_it_holds_it_up},
	{"a longer id is not the one that was read", a_longer_id_is_not_the_one_that_was_read},
	{"processes that are gone or need no pepper hold nothing up",
	 processes_that_are_gone_or_need_no_pepper_hold_nothing_up},
	{"the active key is not retired", the_active_key_is_not_retired},
	{"a retired key is not activated", a_retired_key_is_not_activated},
	{"an activation waits for what is being written under the old key",
	 an_activation_waits_for_what_is_being_written_under_the_old_key},
	{"keys are revoked though their account is being changed", keys_are_revoked_though_their_account_is_being_changed},
	{"a process that beats again has one row", a_process_that_beats_again_has_one_row},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo secret_states_suite = {"secrets: which is active", fx_open, fx_close, NULL, NULL, tests};
