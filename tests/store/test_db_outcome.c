/* Connections cut in COMMIT: was it applied? And hosts that fail: the next one. */
#include <stdio.h>

#include "db_fixture.h"
#include "db_suites.h"

struct write {
	unsigned calls, asked;
	int      answer;                 /* what applied says, -2: looks */
	int      first_answer;           /* the first time, if not 0 */
};

static bool body(struct db_conn *c, void *ctx, struct error *err)
{
	struct write *w = ctx;

	w->calls++;
	return db_exec(c, "INSERT INTO items (id, n) VALUES (1, 1)", NULL, 0, NULL, err);
}

static int applied(struct db_conn *c, void *ctx)
{
	struct write *w = ctx;
	struct error err;
	int64_t n;

	if (w->asked++ == 0 && w->first_answer != 0)
		return w->first_answer - 1;
	if (w->answer != -2)
		return w->answer;
	return db_query_int(c, "SELECT COUNT(*) FROM items WHERE id = 1", NULL, 0, &n, NULL, &err) ?
		n == 1 : -1;
}

static bool run(enum proxy_cut how, db_applied ask, struct write *w, struct error *err)
{
	struct proxy *p = proxy_start(dbx_socket);
	struct db *db = dbx_through(proxy_hosts(p), 2);
	bool ok;

	proxy_cut(p, how, COMMAND_QUERY, "COMMIT");
	ok = db_transaction(db, body, ask, w, err);
	CU_ASSERT_TRUE(proxy_has_cut(p));
	db_close(db);
	proxy_stop(p);
	return ok;
}

static int64_t rows(void)
{
	return dbx_number("SELECT COUNT(*) FROM items");
}

static void a_commit_that_was_applied_unanswered_is_not_repeated(void)
{
	struct write w = {.answer = -2};
	struct error err = {0};

	CU_ASSERT_TRUE(run(CUT_AFTER_ANSWER, applied, &w, &err));
	CU_ASSERT_EQUAL(w.calls, 1);
	CU_ASSERT_EQUAL(w.asked, 1);
	CU_ASSERT_EQUAL(rows(), 1);
}

static void a_commit_that_never_arrived_is_repeated(void)
{
	struct write w = {.answer = -2};
	struct error err = {0};

	CU_ASSERT_TRUE(run(CUT_BEFORE, applied, &w, &err));
	CU_ASSERT_EQUAL(w.calls, 2);
	CU_ASSERT_EQUAL(rows(), 1);
}

static void a_commit_under_way_when_the_connection_is_cut_is_applied_once(void)
{
	struct error err = {0};
	unsigned i;

	/* whether it has been applied when it is asked about is a race: each outcome is right */
	for (i = 0; i < 20; i++) {
		struct write w = {.answer = -2};

		dbx_empty();
		CU_ASSERT_TRUE(run(CUT_WITHOUT_ANSWER, applied, &w, &err));
		CU_ASSERT_EQUAL(rows(), 1);
	}
}

static void an_own_row_that_is_there_already_means_that_it_was_applied(void)
{
	/* the first answer comes too early: not yet applied */
	struct write w = {.answer = -2, .first_answer = 1};
	struct error err = {0};

	CU_ASSERT_TRUE(run(CUT_AFTER_ANSWER, applied, &w, &err));
	CU_ASSERT_EQUAL(w.calls, 2);
	CU_ASSERT_EQUAL(w.asked, 2);
	CU_ASSERT_EQUAL(rows(), 1);
}

static void who_cannot_say_gets_an_error_that_leaves_the_outcome_open(void)
{
	struct write w = {.answer = -1};
	struct error err = {0};

	CU_ASSERT_FALSE(run(CUT_AFTER_ANSWER, applied, &w, &err));
	CU_ASSERT_EQUAL(w.calls, 1);
	CU_ASSERT_TRUE(err.outcome_unknown);
	CU_ASSERT_EQUAL(err.code, ERR_UNAVAILABLE);
}

static void what_is_harmless_to_repeat_is_repeated_without_asking(void)
{
	struct write w = {0};
	struct error err = {0};

	CU_ASSERT_TRUE(run(CUT_BEFORE, NULL, &w, &err));
	CU_ASSERT_EQUAL(w.calls, 2);
	CU_ASSERT_EQUAL(w.asked, 0);
}

static void a_single_write_that_is_cut_leaves_its_outcome_open(void)
{
	struct proxy *p = proxy_start(dbx_socket);
	struct db *db = dbx_through(proxy_hosts(p), 1);
	struct error err = {0};
	struct write w;
	struct db_conn *c = db_get(db, &err);

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	proxy_cut(p, CUT_AFTER_ANSWER, COMMAND_EXECUTE, NULL);
	CU_ASSERT_FALSE(body(c, &w, &err));
	CU_ASSERT_TRUE(err.outcome_unknown);
	CU_ASSERT_EQUAL(err.code, ERR_UNAVAILABLE);
	CU_ASSERT_EQUAL(rows(), 1);
	db_put(db, c);
	db_close(db);
	proxy_stop(p);
}

static void a_read_that_is_cut_is_asked_again(void)
{
	struct proxy *p = proxy_start(dbx_socket);
	struct db *db = dbx_through(proxy_hosts(p), 1);
	struct error err = {0};
	struct db_conn *c = db_get(db, &err);
	int64_t n = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	proxy_cut(p, CUT_AFTER_ANSWER, COMMAND_EXECUTE, NULL);
	CU_ASSERT_TRUE(db_query_int(c, "SELECT 41 + 1", NULL, 0, &n, NULL, &err));
	CU_ASSERT_EQUAL(n, 42);
	CU_ASSERT_TRUE(proxy_has_cut(p));
	db_put(db, c);
	db_close(db);
	proxy_stop(p);
}

static void a_host_that_is_away_is_passed_over_and_the_good_one_remembered(void)
{
	char hosts[300];
	struct error err = {0};
	struct db_conn *c, *d;
	struct db *db;

	snprintf(hosts, sizeof hosts, "socket:/nonexistent/db.sock, %s", dbx_cfg.db_hosts);
	db = dbx_through(hosts, 2);
	c = db_get(db, &err);
	CU_ASSERT_PTR_NOT_NULL(c);
	CU_ASSERT_EQUAL(db_counters(db).connects, 2);
	CU_ASSERT_TRUE(db_healthy(db));
	d = db_get(db, &err);
	CU_ASSERT_PTR_NOT_NULL(d);
	CU_ASSERT_EQUAL(db_counters(db).connects, 3);
	db_put(db, d);
	db_put(db, c);
	db_close(db);
}

static void a_transaction_goes_on_at_the_next_host(void)
{
	struct proxy *a = proxy_start(dbx_socket), *b = proxy_start(dbx_socket);
	struct write w = {.answer = -2};
	struct error err = {0};
	char hosts[300];
	struct db *db;

	snprintf(hosts, sizeof hosts, "%s,%s", proxy_hosts(a), proxy_hosts(b));
	db = dbx_through(hosts, 1);
	proxy_cut(a, CUT_AFTER_ANSWER, COMMAND_QUERY, "COMMIT");
	CU_ASSERT_TRUE(db_transaction(db, body, applied, &w, &err));
	CU_ASSERT_EQUAL(w.calls, 1);
	CU_ASSERT_TRUE(proxy_commands(b) > 0);
	dbx_empty();
	proxy_vanish(b);
	CU_ASSERT_TRUE(db_transaction(db, body, applied, &w, &err));
	CU_ASSERT_EQUAL(rows(), 1);
	CU_ASSERT_TRUE(db_healthy(db));
	db_close(db);
	proxy_stop(a);
	proxy_stop(b);
}

static void a_host_list_that_is_wrong_is_refused_by_name(void)
{
	static const char *const wrong[] = {"", " , ", "socket:relative", "host:0", "host:65536",
	                                    "host:12x", "host:", "[::1", "[::1]x", ":3306"};
	struct config cfg = dbx_cfg;
	struct error err;
	unsigned i;

	for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		cfg.db_hosts = (char *)(uintptr_t)wrong[i];
		CU_ASSERT_PTR_NULL(db_open(&cfg, 1, &err));
		CU_ASSERT_EQUAL(err.code, ERR_INVALID_INPUT);
	}
	cfg.db_hosts = (char *)(uintptr_t)"a, b:3307,[::1]:3306,socket:/x";
	db_close(db_open(&cfg, 1, &err));
}

static CU_TestInfo tests[] = {
	{"a COMMIT that was applied unanswered is not repeated",
	 a_commit_that_was_applied_unanswered_is_not_repeated},
	{"a COMMIT that never arrived is repeated", a_commit_that_never_arrived_is_repeated},
	{"a COMMIT under way when the connection is cut is applied once",
	 a_commit_under_way_when_the_connection_is_cut_is_applied_once},
	{"an own row that is there already means that it was applied",
	 an_own_row_that_is_there_already_means_that_it_was_applied},
	{"who cannot say gets an error that leaves the outcome open",
	 who_cannot_say_gets_an_error_that_leaves_the_outcome_open},
	{"what is harmless to repeat is repeated without asking",
	 what_is_harmless_to_repeat_is_repeated_without_asking},
	{"a single write that is cut leaves its outcome open",
	 a_single_write_that_is_cut_leaves_its_outcome_open},
	{"a read that is cut is asked again", a_read_that_is_cut_is_asked_again},
	{"a host that is away is passed over and the good one remembered",
	 a_host_that_is_away_is_passed_over_and_the_good_one_remembered},
	{"a transaction goes on at the next host", a_transaction_goes_on_at_the_next_host},
	{"a host list that is wrong is refused by name", a_host_list_that_is_wrong_is_refused_by_name},
	CU_TEST_INFO_NULL};

CU_SuiteInfo outcome_suite = {"outcome and hosts", NULL, NULL, dbx_empty, NULL, tests};
