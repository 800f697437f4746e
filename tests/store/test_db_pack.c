/* Transactions in few packets (db/db.h, db_transaction_packed). */
#include "db_fixture.h"
#include "db_suites.h"

#include <stdlib.h>

static struct db_conn *conn;
static bool (*body)(struct db_conn *c, struct error *err);
static unsigned tries;

static bool call_body(struct db_conn *c, void *ctx, struct error *err)
{
	tries++;
	return body(c, err);
}

/* Round trips that a transaction took; -1: it failed with *err. */
static int64_t packed(bool (*what)(struct db_conn *c, struct error *err), struct error *err)
{
	uint64_t before;
	bool ok;

	body = what;
	tries = 0;
	*err = (struct error){0};
	if (!conn)
		conn = db_get(dbx_db, err);
	before = db_counters(dbx_db).round_trips;
	ok = db_transaction_packed(dbx_db, &conn, call_body, NULL, NULL, err);
	return ok ? (int64_t)(db_counters(dbx_db).round_trips - before) : -1;
}

static bool insert(struct db_conn *c, int64_t id, int64_t n, struct error *err)
{
	struct db_arg args[2] = {db_int(id), db_int(n)};

	return db_exec(c, "INSERT INTO items (id, n) VALUES (?, ?)", args, 2, NULL, err);
}

/* ---- what is sent when ---- */

static bool three_rows(struct db_conn *c, struct error *err)
{
	return insert(c, 1, -5, err) && insert(c, 2, 0, err) && insert(c, 3, INT64_MAX, err);
}

static void what_returns_nothing_goes_with_the_commit(void)
{
	struct error err;

	dbx_empty();
	CU_ASSERT_EQUAL(packed(three_rows, &err), 1);
	CU_ASSERT_EQUAL(dbx_number("SELECT COUNT(*) FROM items WHERE (id, n) IN ((1, -5), (2, 0), (3, 9223372036854775807))"), 3);
}

static bool read_two_then_write(struct db_conn *c, struct error *err)
{
	static const char one[] = "SELECT n FROM items WHERE id = ? FOR UPDATE", two[] = "SELECT SUM(n), COUNT(*) FROM items";
	struct db_arg id = db_int(2);
	int64_t n, sum;

	db_ahead(c, one, &id, 1);
	db_ahead(c, two, NULL, 0);
	if (!insert(c, 9, 100, err) || !db_query_int(c, one, &id, 1, &n, NULL, err) ||
	    !db_query_int(c, two, NULL, 0, &sum, NULL, err))
		return false;
	CU_ASSERT_EQUAL(n, 0);
	return insert(c, 10, sum, err);
}

static void announced_reads_come_together_and_in_order(void)
{
	struct error err;

	dbx_empty();
	dbx_run("INSERT INTO items (id, n) VALUES (1, 7), (2, 0)");
	CU_ASSERT_EQUAL(packed(read_two_then_write, &err), 2);
	/* the reads were asked before the row was written */
	CU_ASSERT_EQUAL(dbx_number("SELECT n FROM items WHERE id = 10"), 7);
}

#define MANY 1000

static bool many_rows_of_a_long_statement(struct db_conn *c, struct error *err)
{
	static char sql[512] = "INSERT INTO items (id) VALUES (?)";
	static struct db_arg args[MANY];
	unsigned i;

	/* as long as those with many columns are */
	memset(sql + strlen(sql), ' ', 450);
	for (i = 0; i < MANY; i++)
		args[i] = db_int(i + 1);
	return db_exec_rows(c, sql, args, 1, MANY, NULL, err);
}

static void what_is_too_much_for_a_packet_is_written_all_the_same(void)
{
	struct error err;

	dbx_empty();
	CU_ASSERT(packed(many_rows_of_a_long_statement, &err) > 0);
	CU_ASSERT_EQUAL(dbx_number("SELECT COUNT(*) FROM items"), MANY);
}

static bool write_then_read(struct db_conn *c, struct error *err)
{
	int64_t n;

	if (!insert(c, 1, 41, err) || !db_query_int(c, "SELECT n + 1 FROM items WHERE id = 1", NULL, 0, &n, NULL, err))
		return false;
	return insert(c, 2, n, err);
}

static void a_read_sees_what_was_written_before_it(void)
{
	struct error err;

	dbx_empty();
	CU_ASSERT_EQUAL(packed(write_then_read, &err), 2);
	CU_ASSERT_EQUAL(dbx_number("SELECT n FROM items WHERE id = 2"), 42);
}

static bool count_affected(struct db_conn *c, struct error *err)
{
	uint64_t affected = 0;

	if (!three_rows(c, err) || !db_exec(c, "UPDATE items SET n = 1 WHERE id > 1", NULL, 0, &affected, err))
		return false;
	CU_ASSERT_EQUAL(affected, 2);
	return true;
}

static void what_tells_how_many_rows_it_changed_is_waited_for(void)
{
	struct error err;

	dbx_empty();
	CU_ASSERT_TRUE(packed(count_affected, &err) > 0);
	CU_ASSERT_EQUAL(dbx_number("SELECT COUNT(*) FROM items WHERE n = 1"), 2);
}

static bool give_up(struct db_conn *c, struct error *err)
{
	insert(c, 1, 1, err);
	return err_set(err, ERR_CONFLICT, "No");
}

static void a_transaction_that_is_given_up_sends_nothing(void)
{
	uint64_t before;
	struct error err;

	dbx_empty();
	packed(three_rows, &err);
	before = db_counters(dbx_db).round_trips;
	CU_ASSERT_EQUAL(packed(give_up, &err), -1);
	CU_ASSERT_EQUAL(err.code, ERR_CONFLICT);
	CU_ASSERT_EQUAL(db_counters(dbx_db).round_trips, before);
	CU_ASSERT_EQUAL(dbx_number("SELECT COUNT(*) FROM items"), 3);
}

/* ---- values ---- */

#define LONG_BYTES (100u << 10)
static char odd[256], *longest;
static const char text[] = "O'Neill \\ \"é🦁\" ; DROP TABLE items -- ?";

static bool odd_values(struct db_conn *c, struct error *err)
{
	static const char sql[] = "INSERT INTO items (id, n, d, s, a, b, k) VALUES (?, ?, ?, ?, ?, ?, ?)";
	struct db_arg all[7] = {db_int(1), db_int(INT64_MIN), {.type = DB_DOUBLE, .d = 0.1}, db_str(text), db_str("ascii"),
	                        db_bytes(odd, sizeof odd), db_bytes(odd, 16)};
	struct db_arg none[7] = {db_int(2), db_null(), db_null(), db_str(""), db_str(NULL), db_bytes("", 0), db_null()};
	struct db_arg large[7] = {db_int(3), db_int(3), db_null(), db_null(), db_null(), db_bytes(longest, LONG_BYTES), db_null()};

	return db_exec(c, sql, all, 7, NULL, err) && db_exec(c, sql, none, 7, NULL, err) &&
	       db_exec(c, sql, large, 7, NULL, err) && insert(c, 4, 4, err);
}

static bool read_back(struct db_conn *c, struct error *err)
{
	static const char sql[] = "SELECT id, n, d, s, a, b, k FROM items ORDER BY id";
	const char *p;
	size_t n;

	if (!db_query(c, sql, NULL, 0, err))
		return false;
	CU_ASSERT_EQUAL_FATAL(db_next(c, err), 1);
	CU_ASSERT_EQUAL(db_col_int(c, 1), INT64_MIN);
	CU_ASSERT_EQUAL(db_col_double(c, 2), 0.1);
	CU_ASSERT_STRING_EQUAL(db_col_str(c, 3), text);
	CU_ASSERT_STRING_EQUAL(db_col_str(c, 4), "ascii");
	p = db_col_bytes(c, 5, &n);
	CU_ASSERT_TRUE(n == sizeof odd && memcmp(p, odd, n) == 0);
	p = db_col_bytes(c, 6, &n);
	CU_ASSERT_TRUE(n == 16 && memcmp(p, odd, n) == 0);
	CU_ASSERT_EQUAL_FATAL(db_next(c, err), 1);
	CU_ASSERT_TRUE(db_is_null(c, 1) && db_is_null(c, 2) && db_is_null(c, 4) && db_is_null(c, 6));
	CU_ASSERT_FALSE(db_is_null(c, 3) || db_is_null(c, 5));
	CU_ASSERT_EQUAL(db_col_int(c, 1), 0);
	CU_ASSERT_STRING_EQUAL(db_col_str(c, 3), "");
	CU_ASSERT_EQUAL_FATAL(db_next(c, err), 1);
	p = db_col_bytes(c, 5, &n);
	CU_ASSERT_TRUE(n == LONG_BYTES && memcmp(p, longest, n) == 0);
	CU_ASSERT_EQUAL(db_next(c, err), 1);
	CU_ASSERT_EQUAL(db_next(c, err), 0);
	db_end(c);
	return true;
}

static void values_of_all_kinds_arrive_as_they_are(void)
{
	struct error err;
	unsigned i;

	dbx_empty();
	for (i = 0; i < sizeof odd; i++)
		odd[i] = (char)i;
	longest = calloc(1, LONG_BYTES);
	longest[7] = '\'';
	CU_ASSERT_TRUE(packed(odd_values, &err) > 0);
	CU_ASSERT_TRUE(packed(read_back, &err) > 0);
	/* the same by a prepared statement */
	CU_ASSERT_TRUE(read_back(conn, &err));
	free(longest);
}

/* ---- what goes wrong ---- */

static bool twice_the_same(struct db_conn *c, struct error *err)
{
	return insert(c, 1, 1, err) && insert(c, 5, 5, err) && insert(c, 1, 2, err) && insert(c, 6, 6, err);
}

static void a_refused_statement_is_told_by_the_commit_and_nothing_is_done(void)
{
	struct error err;

	dbx_empty();
	CU_ASSERT_EQUAL(packed(twice_the_same, &err), -1);
	CU_ASSERT_EQUAL(err.db_errno, 1062);
	CU_ASSERT_FALSE(err.outcome_unknown);
	CU_ASSERT_EQUAL(tries, 1);
	CU_ASSERT_EQUAL(dbx_number("SELECT COUNT(*) FROM items"), 0);
	/* the connection is as it was */
	CU_ASSERT_EQUAL(packed(three_rows, &err), 1);
	CU_ASSERT_EQUAL(dbx_number("SELECT COUNT(*) FROM items"), 3);
}

static bool rolled_back_once(struct db_conn *c, struct error *err)
{
	if (!insert(c, 1, 1, err))
		return false;
	if (tries == 1)
		return db_exec(c, "SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213", NULL, 0, NULL, err);
	return insert(c, 2, 2, err);
}

static void what_the_server_rolls_back_is_begun_again(void)
{
	struct error err;

	dbx_empty();
	CU_ASSERT_TRUE(packed(rolled_back_once, &err) > 0);
	CU_ASSERT_EQUAL(tries, 2);
	CU_ASSERT_EQUAL(dbx_number("SELECT COUNT(*) FROM items"), 2);
}

static bool reads_what_is_not_there(struct db_conn *c, struct error *err)
{
	int64_t n;
	bool ok = insert(c, 1, 1, err) && db_query_int(c, "SELECT n FROM nothing", NULL, 0, &n, NULL, err);

	CU_ASSERT_FALSE(ok);
	return ok;
}

static void a_refused_read_fails_where_it_stands(void)
{
	struct error err;

	dbx_empty();
	CU_ASSERT_EQUAL(packed(reads_what_is_not_there, &err), -1);
	CU_ASSERT_EQUAL(err.db_errno, 1146);
	CU_ASSERT_EQUAL(dbx_number("SELECT COUNT(*) FROM items"), 0);
}

static int64_t killed;

static bool killed_in_the_middle(struct db_conn *c, struct error *err)
{
	int64_t n;

	if (!insert(c, 1, 1, err) || !db_query_int(c, "SELECT CONNECTION_ID()", NULL, 0, &n, NULL, err))
		return false;
	if (tries == 1)
		dbx_kill(killed = n);
	return insert(c, 2, 2, err);
}

static void a_connection_that_is_lost_before_the_commit_is_made_anew(void)
{
	struct error err;

	dbx_empty();
	body = killed_in_the_middle;
	/* whether the commit reached the server is asked of what was written: nothing */
	CU_ASSERT_TRUE(packed(killed_in_the_middle, &err) > 0);
	CU_ASSERT_EQUAL(tries, 2);
	CU_ASSERT_EQUAL(dbx_number("SELECT COUNT(*) FROM items"), 2);
}

static int close_all(void)
{
	db_put(dbx_db, conn);
	conn = NULL;
	return 0;
}

static CU_TestInfo tests[] = {
	{"what returns nothing goes with the commit", what_returns_nothing_goes_with_the_commit},
	{"announced reads come together and in order", announced_reads_come_together_and_in_order},
	{"what is too much for a packet is written all the same", what_is_too_much_for_a_packet_is_written_all_the_same},
	{"a read sees what was written before it", a_read_sees_what_was_written_before_it},
	{"what tells how many rows it changed is waited for", what_tells_how_many_rows_it_changed_is_waited_for},
	{"a transaction that is given up sends nothing", a_transaction_that_is_given_up_sends_nothing},
	{"values of all kinds arrive as they are", values_of_all_kinds_arrive_as_they_are},
	{"a refused statement is told by the commit and nothing is done",
	 a_refused_statement_is_told_by_the_commit_and_nothing_is_done},
	{"what the server rolls back is begun again", what_the_server_rolls_back_is_begun_again},
	{"a refused read fails where it stands", a_refused_read_fails_where_it_stands},
	{"a connection that is lost before the commit is made anew",
	 a_connection_that_is_lost_before_the_commit_is_made_anew},
	CU_TEST_INFO_NULL};

CU_SuiteInfo pack_suite = {"transactions in few packets", NULL, close_all, NULL, NULL, tests};
