/* Transactions: what is repeated, and what is not. */
#include <pthread.h>
#include <stdatomic.h>

#include "db_fixture.h"
#include "db_suites.h"

static const char insert[] = "INSERT INTO items (id, n) VALUES (?, ?)";
static const char add[] = "UPDATE items SET n = n + 1 WHERE id = ?";

static void put(int64_t id)
{
	struct db_arg args[2] = {db_int(id), db_int(0)};
	struct error err = {0};

	CU_ASSERT_TRUE_FATAL(db_exec(dbx_conn, insert, args, 2, NULL, &err));
}

/* A body that can be told to fail: ctx counts its calls. */
struct plan {
	unsigned calls;
	int      fail_number;            /* with this number of the database's … */
	unsigned fail_times;             /* … this often */
};

static bool body(struct db_conn *c, void *ctx, struct error *err)
{
	struct plan *p = ctx;
	struct db_arg args[2] = {db_int(1), db_int(0)};

	p->calls++;
	if (!db_exec(c, insert, args, 2, NULL, err))
		return false;
	if (p->calls > p->fail_times)
		return true;
	err_set(err, ERR_INTERNAL, "as planned");
	err->db_errno = p->fail_number;
	return false;
}

static unsigned rows(void)
{
	return (unsigned)dbx_number("SELECT COUNT(*) FROM items");
}

static void a_transaction_of_one_statement_takes_three_round_trips(void)
{
	struct proxy *p = proxy_start(dbx_socket);
	struct db *db = dbx_through(proxy_hosts(p), 1);
	struct error err = {0};
	struct plan plan = {0};
	unsigned commands;

	CU_ASSERT_TRUE(db_transaction(db, body, NULL, &plan, &err));
	dbx_empty();
	commands = proxy_commands(p);
	CU_ASSERT_TRUE(db_transaction(db, body, NULL, &plan, &err));
	CU_ASSERT_EQUAL(proxy_commands(p) - commands, 3);
	CU_ASSERT_EQUAL(db_counters(db).transactions, 2);
	db_close(db);
	proxy_stop(p);
}

static void a_body_that_fails_is_rolled_back_and_not_repeated(void)
{
	struct plan plan = {.fail_times = 99};
	struct error err = {0};

	CU_ASSERT_FALSE(db_transaction(dbx_db, body, NULL, &plan, &err));
	CU_ASSERT_EQUAL(plan.calls, 1);
	CU_ASSERT_STRING_EQUAL(err.message, "as planned");
	CU_ASSERT_EQUAL(rows(), 0);
}

static void each_error_that_is_said_to_be_rolled_back_is_repeated(void)
{
	static const int numbers[] = {1213, 1020, 1047, 1205};
	unsigned i;

	for (i = 0; i < 4; i++) {
		struct plan plan = {.fail_number = numbers[i], .fail_times = 2};
		struct error err = {0};

		dbx_empty();
		CU_ASSERT_TRUE(db_transaction(dbx_db, body, NULL, &plan, &err));
		CU_ASSERT_EQUAL(plan.calls, 3);
		CU_ASSERT_EQUAL(rows(), 1);
	}
}

static void after_eight_tries_it_gives_up(void)
{
	struct plan plan = {.fail_number = 1213, .fail_times = 99};
	struct error err = {0};

	CU_ASSERT_FALSE(db_transaction(dbx_db, body, NULL, &plan, &err));
	CU_ASSERT_EQUAL(plan.calls, 8);
	CU_ASSERT_EQUAL(err.db_errno, 1213);
	CU_ASSERT_EQUAL(rows(), 0);
}

static void a_write_set_that_is_too_large_and_a_refused_row_are_not_repeated(void)
{
	static const int numbers[] = {1105, 1062, 1153, 1406};
	unsigned i;

	for (i = 0; i < 4; i++) {
		struct plan plan = {.fail_number = numbers[i], .fail_times = 99};
		struct error err = {0};

		CU_ASSERT_FALSE(db_transaction(dbx_db, body, NULL, &plan, &err));
		CU_ASSERT_EQUAL(plan.calls, 1);
	}
}

/* Two threads that lock two rows in opposite order, and meet in between the first time. */
struct meeting {
	pthread_barrier_t both_have_one;
	struct db *db;
};

struct locker {
	struct meeting *m;
	int64_t  first, second;
	unsigned calls;
	bool     ok;
};

static bool lock_two(struct db_conn *c, void *ctx, struct error *err)
{
	struct locker *l = ctx;
	struct db_arg first = db_int(l->first), second = db_int(l->second);

	if (!db_exec(c, add, &first, 1, NULL, err))
		return false;
	if (l->calls++ == 0)
		pthread_barrier_wait(&l->m->both_have_one);
	return db_exec(c, add, &second, 1, NULL, err);
}

static void *locker_thread(void *arg)
{
	struct locker *l = arg;
	struct error err = {0};

	l->ok = db_transaction(l->m->db, lock_two, NULL, l, &err);
	return NULL;
}

static void a_deadlock_is_repeated_and_both_succeed(void)
{
	struct meeting m = {.db = dbx_through(dbx_cfg.db_hosts, 2)};
	struct locker l[2] = {{&m, 1, 2, 0, false}, {&m, 2, 1, 0, false}};
	pthread_t t[2];
	unsigned i;

	put(1);
	put(2);
	pthread_barrier_init(&m.both_have_one, NULL, 2);
	for (i = 0; i < 2; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&t[i], NULL, locker_thread, &l[i]), 0);
	for (i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	CU_ASSERT_TRUE(l[0].ok && l[1].ok);
	CU_ASSERT_EQUAL(l[0].calls + l[1].calls, 3);
	CU_ASSERT_EQUAL(db_counters(m.db).retries, 1);
	CU_ASSERT_EQUAL(dbx_number("SELECT COUNT(*) FROM items WHERE n = 2"), 2);
	pthread_barrier_destroy(&m.both_have_one);
	db_close(m.db);
}

static bool has_retried(void *ctx)
{
	return db_counters(ctx).retries > 0;
}

static void a_lock_that_is_waited_for_too_long_is_waited_for_again(void)
{
	struct meeting m = {.db = dbx_through(dbx_cfg.db_hosts, 1)};
	struct locker l = {&m, 1, 2, 1, false};
	struct db_arg one = db_int(1);
	struct error err = {0};
	pthread_t t;

	put(1);
	put(2);
	CU_ASSERT_TRUE_FATAL(db_begin(dbx_conn, &err));
	CU_ASSERT_TRUE(db_exec(dbx_conn, add, &one, 1, NULL, &err));
	CU_ASSERT_EQUAL_FATAL(pthread_create(&t, NULL, locker_thread, &l), 0);
	CU_ASSERT_TRUE(dbx_until(has_retried, m.db));
	CU_ASSERT_TRUE(db_commit(dbx_conn, &err));
	pthread_join(t, NULL);
	CU_ASSERT_TRUE(l.ok);
	CU_ASSERT_EQUAL(dbx_number("SELECT n FROM items WHERE id = 1"), 2);
	/* the first try was taken back whole */
	CU_ASSERT_EQUAL(dbx_number("SELECT n FROM items WHERE id = 2"), 1);
	db_close(m.db);
}

/* The server sends the rows before the one that it waits for, and then the error in their place. */
static void an_error_between_two_rows_has_its_number(void)
{
	static const char read[] = "SELECT id, REPEAT('x', 20000) FROM items ORDER BY id FOR UPDATE";
	struct db *db = dbx_through(dbx_cfg.db_hosts, 1);
	struct db_arg two = db_int(2);
	struct error err = {0};
	struct db_conn *c;
	int got;

	put(1);
	put(2);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c = db_get(db, &err));
	CU_ASSERT_TRUE(db_run_text(c, "SET SESSION innodb_lock_wait_timeout = 1", &err));
	CU_ASSERT_TRUE_FATAL(db_begin(dbx_conn, &err));
	CU_ASSERT_TRUE(db_exec(dbx_conn, add, &two, 1, NULL, &err));
	CU_ASSERT_TRUE_FATAL(db_begin(c, &err));
	CU_ASSERT_TRUE_FATAL(db_query(c, read, NULL, 0, &err));
	while ((got = db_next(c, &err)) == 1)
		continue;
	CU_ASSERT_EQUAL(got, -1);
	CU_ASSERT_EQUAL(err.db_errno, 1205);
	CU_ASSERT_TRUE(err.retryable);
	db_end(c);
	db_rollback(c);
	CU_ASSERT_TRUE(db_commit(dbx_conn, &err));
	db_put(db, c);
	db_close(db);
}

static bool killed_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct plan *p = ctx;
	struct db_arg args[2] = {db_int(1 + p->calls), db_int(0)};

	if (!db_exec(c, insert, args, 2, NULL, err))
		return false;
	if (p->calls++ == 0)
		dbx_kill(dbx_connection_id(c));
	return db_exec(c, add, args, 1, NULL, err);
}

static void a_connection_lost_before_the_commit_is_replaced_and_the_body_repeated(void)
{
	struct plan plan = {0};
	struct error err = {0};
	struct db *db = dbx_through(dbx_cfg.db_hosts, 1);

	CU_ASSERT_TRUE(db_transaction(db, killed_body, NULL, &plan, &err));
	CU_ASSERT_EQUAL(plan.calls, 2);
	CU_ASSERT_EQUAL(rows(), 1);
	CU_ASSERT_EQUAL(dbx_number("SELECT n FROM items WHERE id = 2"), 1);
	db_close(db);
}

static void a_lost_connection_fails_its_transaction_without_going_on_outside_of_it(void)
{
	struct db *db = dbx_through(dbx_cfg.db_hosts, 1);
	struct error err = {0};
	struct db_conn *c = db_get(db, &err);
	struct db_arg args[2] = {db_int(1), db_int(0)};

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_TRUE_FATAL(db_begin(c, &err));
	dbx_kill(dbx_connection_id(c));
	CU_ASSERT_FALSE(db_exec(c, insert, args, 2, NULL, &err));
	CU_ASSERT_FALSE(db_exec(c, insert, args, 2, NULL, &err));
	CU_ASSERT_EQUAL(err.code, ERR_UNAVAILABLE);
	CU_ASSERT_FALSE(db_commit(c, &err));
	CU_ASSERT_FALSE(err.outcome_unknown);
	CU_ASSERT_EQUAL(rows(), 0);
	/* over with it, the connection can be used again */
	CU_ASSERT_TRUE(db_exec(c, insert, args, 2, NULL, &err));
	db_put(db, c);
	db_close(db);
}

static CU_TestInfo tests[] = {
	{"a transaction of one statement takes three round trips",
	 a_transaction_of_one_statement_takes_three_round_trips},
	{"a body that fails is rolled back and not repeated",
	 a_body_that_fails_is_rolled_back_and_not_repeated},
	{"each error that is said to be rolled back is repeated",
	 each_error_that_is_said_to_be_rolled_back_is_repeated},
	{"after eight tries it gives up", after_eight_tries_it_gives_up},
	{"a write set that is too large and a refused row are not repeated",
	 a_write_set_that_is_too_large_and_a_refused_row_are_not_repeated},
	{"a deadlock is repeated and both succeed", a_deadlock_is_repeated_and_both_succeed},
	{"a lock that is waited for too long is waited for again",
	 a_lock_that_is_waited_for_too_long_is_waited_for_again},
	{"an error between two rows has its number", an_error_between_two_rows_has_its_number},
	{"a connection lost before the COMMIT is replaced and the body repeated",
	 a_connection_lost_before_the_commit_is_replaced_and_the_body_repeated},
	{"a lost connection fails its transaction without going on outside of it",
	 a_lost_connection_fails_its_transaction_without_going_on_outside_of_it},
	CU_TEST_INFO_NULL};

CU_SuiteInfo transaction_suite = {"transactions", NULL, NULL, dbx_empty, NULL, tests};
