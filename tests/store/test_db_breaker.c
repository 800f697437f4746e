/* The breaker and the pool: who asks the server, and who is refused without asking. */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "db/db_priv.h"
#include "db_fixture.h"
#include "db_suites.h"

/* The clock goes on only when a test moves it. */
static _Atomic int64_t held_us;

static int64_t held(void)
{
	return held_us;
}

static void hold_clock(void)
{
	held_us = clock_mono_us();
	clock_set_source(NULL, held);
}

static void let_clock_go(void)
{
	clock_set_source(NULL, NULL);
}

/* Connections and packets so far: who causes none waits for no server. */
static uint64_t asked(struct db *db)
{
	return db_counters(db).connects + db_counters(db).round_trips;
}

static bool refused(struct db *db)
{
	struct error err = {0};
	struct db_conn *c = db_get(db, &err);

	db_put(db, c);
	return !c && err.code == ERR_UNAVAILABLE && err.retry_after == 1;
}

static bool refused_unasked(struct db *db)
{
	uint64_t before = asked(db);

	return refused(db) && asked(db) == before;
}

static bool can_be_had(void *ctx)
{
	struct db_conn *c = db_get(ctx, NULL);

	db_put(ctx, c);
	return c != NULL;
}

static void a_socket_that_is_missing_is_told_at_once_and_tried_once_a_second(void)
{
	struct proxy *p = proxy_start(dbx_socket);
	struct db *db = dbx_through(proxy_hosts(p), 2);
	char why[256];
	unsigned i;

	hold_clock();
	proxy_vanish(p);
	CU_ASSERT_TRUE(db_healthy(db));
	CU_ASSERT_TRUE(refused(db));
	CU_ASSERT_FALSE(db_healthy(db));
	held_us += DB_PROBE_US - 1;
	for (i = 0; i < 1000; i++)
		CU_ASSERT_TRUE(refused_unasked(db));
	CU_ASSERT_EQUAL(db_counters(db).connects, 1);
	held_us += 1;
	CU_ASSERT_TRUE(refused(db));
	CU_ASSERT_TRUE(refused_unasked(db));
	CU_ASSERT_EQUAL(db_counters(db).connects, 2);
	db_last_failure(db, why, sizeof why);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "(2002)"));
	proxy_return(p);
	held_us += DB_PROBE_US;
	CU_ASSERT_TRUE(can_be_had(db));
	CU_ASSERT_TRUE(db_healthy(db));
	let_clock_go();
	db_close(db);
	proxy_stop(p);
}

struct reader {
	struct db *db;
	struct db_conn *conn;                /* of its own */
	atomic_bool reading, done;
	bool ok;
	struct error err;
};

static void *read_one(void *arg)
{
	struct reader *r = arg;
	struct db_conn *c = db_get(r->db, &r->err);
	int64_t n;

	atomic_store(&r->reading, true);
	r->ok = c && db_query_int(c, "SELECT 1", NULL, 0, &n, NULL, &r->err);
	db_put(r->db, c);
	return NULL;
}

static bool waits_for_an_answer(void *ctx)
{
	struct db *db = ctx;

	return atomic_load(&db->all[0]->busy_us) > 0;
}

static void an_answer_that_takes_two_seconds_opens_the_breaker_for_the_others(void)
{
	struct proxy *p = proxy_start(dbx_socket);
	struct db *db = dbx_through(proxy_hosts(p), 2);
	struct reader r = {.db = db};
	pthread_t t;

	hold_clock();
	CU_ASSERT_TRUE(can_be_had(db));
	proxy_stall(p, true);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&t, NULL, read_one, &r), 0);
	CU_ASSERT_TRUE(dbx_until(waits_for_an_answer, db));
	held_us += DB_SLOW_US;
	CU_ASSERT_TRUE(db_healthy(db));
	held_us += 1;
	CU_ASSERT_FALSE(db_healthy(db));
	/* the first caller looks whether it is back, the second waits for nothing */
	CU_ASSERT_TRUE(refused(db));
	CU_ASSERT_EQUAL(db_counters(db).connects, 2);
	CU_ASSERT_TRUE(refused_unasked(db));
	pthread_join(t, NULL);
	CU_ASSERT_FALSE(r.ok);
	CU_ASSERT_EQUAL(r.err.code, ERR_UNAVAILABLE);
	proxy_stall(p, false);
	held_us += DB_PROBE_US;
	CU_ASSERT_TRUE(can_be_had(db));
	CU_ASSERT_TRUE(db_healthy(db));
	let_clock_go();
	db_close(db);
	proxy_stop(p);
}

static void *get_one(void *arg)
{
	struct reader *r = arg;

	r->ok = refused(r->db);
	atomic_store(&r->done, true);
	return NULL;
}

static bool is_done(void *ctx)
{
	return atomic_load(&((struct reader *)ctx)->done);
}

static void a_probe_of_a_stopped_server_ends_with_the_connect_timeout(void)
{
	struct proxy *p = proxy_start(dbx_socket);
	struct reader r = {0};
	pthread_t t;

	dbx_cfg.db_read_timeout_s = 60;
	r.db = dbx_through(proxy_hosts(p), 1);
	dbx_cfg.db_read_timeout_s = 3;
	proxy_stall(p, true);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&t, NULL, get_one, &r), 0);
	CU_ASSERT_TRUE(dbx_until(is_done, &r));
	proxy_stall(p, false);
	pthread_join(t, NULL);
	CU_ASSERT_TRUE(r.ok);
	db_close(r.db);
	proxy_stop(p);
}

static void only_one_of_many_callers_probes(void)
{
	enum { CALLERS = 8 };
	struct proxy *p = proxy_start(dbx_socket);
	struct db *db = dbx_through(proxy_hosts(p), CALLERS);
	struct reader r[CALLERS];
	pthread_t t[CALLERS];
	unsigned i;

	hold_clock();
	proxy_stall(p, true);
	CU_ASSERT_TRUE(refused(db));
	held_us += DB_PROBE_US;
	for (i = 0; i < CALLERS; i++) {
		r[i] = (struct reader){.db = db};
		CU_ASSERT_EQUAL_FATAL(pthread_create(&t[i], NULL, get_one, &r[i]), 0);
	}
	for (i = 0; i < CALLERS; i++) {
		pthread_join(t[i], NULL);
		CU_ASSERT_TRUE(r[i].ok);
	}
	CU_ASSERT_EQUAL(asked(db), 2);
	let_clock_go();
	db_close(db);
	proxy_stop(p);
}

static void *query_own(void *arg)
{
	struct reader *r = arg;
	int64_t n;

	r->ok = db_query_int(r->conn, "SELECT 1", NULL, 0, &n, NULL, &r->err);
	return NULL;
}

static void only_one_of_many_with_connections_of_their_own_probes(void)
{
	enum { CALLERS = 8 };
	struct proxy *p = proxy_start(dbx_socket);
	struct db *db = dbx_through(proxy_hosts(p), CALLERS);
	struct reader r[CALLERS];
	pthread_t t[CALLERS];
	uint64_t before;
	unsigned i;

	hold_clock();
	for (i = 0; i < CALLERS; i++) {
		r[i].conn = db_get(db, NULL);
		CU_ASSERT_PTR_NOT_NULL_FATAL(r[i].conn);
	}
	before = asked(db);
	proxy_stall(p, true);
	atomic_store(&db->open, true);       /* and a probe is due */
	for (i = 0; i < CALLERS; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&t[i], NULL, query_own, &r[i]), 0);
	for (i = 0; i < CALLERS; i++) {
		pthread_join(t[i], NULL);
		CU_ASSERT_FALSE(r[i].ok);
		CU_ASSERT_EQUAL(r[i].err.code, ERR_UNAVAILABLE);
		db_put(db, r[i].conn);
	}
	CU_ASSERT_EQUAL(asked(db) - before, 1);
	let_clock_go();
	db_close(db);
	proxy_stop(p);
}

static void a_kept_connection_minds_the_breaker_too(void)
{
	struct proxy *p = proxy_start(dbx_socket);
	struct db *db = dbx_through(proxy_hosts(p), 2);
	struct error err = {0};
	struct db_conn *c = db_get(db, &err);
	uint64_t before;
	int64_t n;

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	hold_clock();
	proxy_vanish(p);
	CU_ASSERT_FALSE(db_query_int(c, "SELECT 1", NULL, 0, &n, NULL, &err));
	CU_ASSERT_FALSE(db_healthy(db));
	before = asked(db);
	CU_ASSERT_FALSE(db_query_int(c, "SELECT 1", NULL, 0, &n, NULL, &err));
	CU_ASSERT_FALSE(db_begin(c, &err));
	CU_ASSERT_EQUAL(err.code, ERR_UNAVAILABLE);
	CU_ASSERT_EQUAL(asked(db), before);
	proxy_return(p);
	/* the connection itself comes back */
	held_us += DB_PROBE_US;
	CU_ASSERT_TRUE(db_query_int(c, "SELECT 1", NULL, 0, &n, NULL, &err));
	CU_ASSERT_EQUAL(n, 1);
	db_put(db, c);
	let_clock_go();
	db_close(db);
	proxy_stop(p);
}

static void *give_back(void *arg)
{
	struct reader *r = arg;

	while (!atomic_load(&r->reading))
		poll(NULL, 0, 1);
	db_put(r->db, dbx_conn);
	return NULL;
}

static void who_finds_all_connections_taken_gets_the_next_one_given_back(void)
{
	struct db *db = dbx_through(dbx_cfg.db_hosts, 1);
	struct reader r = {.db = db};
	struct db_conn *only = db_get(db, NULL), *own = dbx_conn;
	pthread_t reader, giver;

	CU_ASSERT_PTR_NOT_NULL_FATAL(only);
	/* what the giver gives back */
	dbx_conn = only;
	CU_ASSERT_EQUAL_FATAL(pthread_create(&giver, NULL, give_back, &r), 0);
	atomic_store(&r.reading, true);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&reader, NULL, read_one, &r), 0);
	pthread_join(giver, NULL);
	pthread_join(reader, NULL);
	dbx_conn = own;
	CU_ASSERT_TRUE(r.ok);
	CU_ASSERT_EQUAL(db_counters(db).connects, 1);
	db_close(db);
}

static void a_connection_closed_by_the_server_while_idle_is_noticed_before_its_use(void)
{
	struct db *db = dbx_through(dbx_cfg.db_hosts, 1);
	struct error err = {0};
	struct db_conn *c = db_get(db, &err);

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	dbx_kill(dbx_connection_id(c));
	c->used_us -= 2000000;               /* idle for two seconds */
	/* a write would not be repeated by itself */
	CU_ASSERT_TRUE(db_exec(c, "INSERT INTO items (id) VALUES (1)", NULL, 0, NULL, &err));
	CU_ASSERT_EQUAL(db_counters(db).connects, 2);
	db_put(db, c);
	db_close(db);
}

static void a_patient_connection_waits_longer_and_opens_no_breaker(void)
{
	struct error err = {0};
	struct db_conn *c = db_get_patient(dbx_db, &err);
	int64_t zero = 1;

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	/* past the read timeout of the others, 3 s */
	CU_ASSERT_TRUE(db_query_int(c, "SELECT SLEEP(3.3)", NULL, 0, &zero, NULL, &err));
	CU_ASSERT_EQUAL(zero, 0);
	CU_ASSERT_TRUE(db_healthy(dbx_db));
	db_put(dbx_db, c);
}

static CU_TestInfo tests[] = {
	{"a socket that is missing is told at once, and tried once a second",
	 a_socket_that_is_missing_is_told_at_once_and_tried_once_a_second},
	{"an answer that takes two seconds opens the breaker for the others",
	 an_answer_that_takes_two_seconds_opens_the_breaker_for_the_others},
	{"a probe of a stopped server ends with the connect timeout",
	 a_probe_of_a_stopped_server_ends_with_the_connect_timeout},
	{"only one of many callers probes", only_one_of_many_callers_probes},
	{"only one of many with connections of their own probes",
	 only_one_of_many_with_connections_of_their_own_probes},
	{"a kept connection minds the breaker too", a_kept_connection_minds_the_breaker_too},
	{"who finds all connections taken gets the next one given back",
	 who_finds_all_connections_taken_gets_the_next_one_given_back},
	{"a connection closed by the server while idle is noticed before its use",
	 a_connection_closed_by_the_server_while_idle_is_noticed_before_its_use},
	{"a patient connection waits longer and opens no breaker",
	 a_patient_connection_waits_longer_and_opens_no_breaker},
	CU_TEST_INFO_NULL};

CU_SuiteInfo breaker_suite = {"breaker and pool", NULL, NULL, dbx_empty, NULL, tests};
