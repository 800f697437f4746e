/* One statement for many rows: arrays where the server takes them, packets under its limit. */
#include "base/mem.h"
#include "db/db_priv.h"
#include "db_fixture.h"
#include "db_suites.h"

#define ROWS 100

static const char insert[] = "INSERT INTO items (id, n, d, s, b) VALUES (?, ?, ?, ?, ?)";

static void fill(struct db_arg args[ROWS * 5])
{
	unsigned i;

	for (i = 0; i < ROWS; i++) {
		struct db_arg *a = args + (size_t)i * 5;

		a[0] = db_int(i);
		a[1] = i % 3 ? db_int(-(int64_t)i) : db_null();
		a[2] = i % 2 ? (struct db_arg){.type = DB_DOUBLE, .d = i / 4.0} : db_null();
		a[3] = i % 5 ? db_str("text") : db_null();
		a[4] = db_null();
	}
}

static void check_rows(void)
{
	CU_ASSERT_EQUAL(dbx_number("SELECT COUNT(*) FROM items"), ROWS);
	CU_ASSERT_EQUAL(dbx_number("SELECT COUNT(*) FROM items WHERE n <=> IF(id % 3, -id, NULL)"
	                           " AND d <=> IF(id % 2, id / 4, NULL)"
	                           " AND s <=> IF(id % 5, 'text', NULL) AND b IS NULL"), ROWS);
}

static void a_hundred_rows_go_in_one_packet_with_their_nulls(void)
{
	struct db_arg args[ROWS * 5];
	struct db_counters before;
	struct error err = {0};
	uint64_t affected = 0;

	CU_ASSERT_TRUE_FATAL(dbx_conn->bulk);
	fill(args);
	/* prepared */
	CU_ASSERT_TRUE(db_exec_rows(dbx_conn, insert, args, 5, 1, NULL, &err));
	dbx_empty();
	before = db_counters(dbx_db);
	CU_ASSERT_TRUE(db_exec_rows(dbx_conn, insert, args, 5, ROWS, &affected, &err));
	CU_ASSERT_EQUAL(affected, ROWS);
	CU_ASSERT_EQUAL(db_counters(dbx_db).round_trips - before.round_trips, 1);
	check_rows();
}

static void a_server_without_arrays_gets_them_row_by_row(void)
{
	struct db *db = dbx_through(dbx_cfg.db_hosts, 1);
	struct error err = {0};
	struct db_conn *c = db_get(db, &err);
	struct db_arg args[ROWS * 5];
	uint64_t affected = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	c->bulk = false;
	fill(args);
	CU_ASSERT_TRUE(db_exec_rows(c, insert, args, 5, ROWS, &affected, &err));
	CU_ASSERT_EQUAL(affected, ROWS);
	CU_ASSERT_EQUAL(db_counters(db).statements, ROWS);
	check_rows();
	db_put(db, c);
	db_close(db);
}

static void a_statement_that_takes_no_arrays_is_run_row_by_row(void)
{
	struct db_arg args[3] = {db_int(1), db_int(2), db_int(4)};
	struct error err = {0};
	int64_t sum = 0;

	dbx_run("SET @sum = 0");
	CU_ASSERT_TRUE(db_exec_rows(dbx_conn, "SET @sum = @sum + ?", args, 1, 3, NULL, &err));
	CU_ASSERT_TRUE(db_query_int(dbx_conn, "SELECT @sum", NULL, 0, &sum, NULL, &err));
	CU_ASSERT_EQUAL(sum, 7);
}

static void updates_and_deletes_tell_the_sum_of_the_rows_matched(void)
{
	struct db_arg args[ROWS * 5], pairs[10 * 2];
	struct error err = {0};
	uint64_t affected = 0;
	unsigned i;

	fill(args);
	CU_ASSERT_TRUE(db_exec_rows(dbx_conn, insert, args, 5, ROWS, NULL, &err));
	for (i = 0; i < 10; i++) {
		pairs[2 * i] = db_int(7);
		pairs[2 * i + 1] = db_int(95 + i);     /* five of them exist */
	}
	CU_ASSERT_TRUE(db_exec_rows(dbx_conn, "UPDATE items SET n = ? WHERE id = ?", pairs, 2, 10,
	                            &affected, &err));
	CU_ASSERT_EQUAL(affected, 5);
	CU_ASSERT_TRUE(db_exec_rows(dbx_conn, "UPDATE items SET n = ? WHERE id = ?", pairs, 2, 10,
	                            &affected, &err));
	CU_ASSERT_EQUAL(affected, 5);
	CU_ASSERT_TRUE(db_exec_rows(dbx_conn, "DELETE FROM items WHERE n = ? AND id = ?", pairs, 2, 10,
	                            &affected, &err));
	CU_ASSERT_EQUAL(affected, 5);
	CU_ASSERT_EQUAL(dbx_number("SELECT COUNT(*) FROM items"), ROWS - 5);
}

static void rows_larger_than_a_packet_together_are_split(void)
{
	size_t size = db_max_packet(dbx_conn) / 3;
	struct db_arg args[8 * 5];
	struct db_counters before;
	struct error err = {0};
	char *big = mem_zalloc(size);
	unsigned i;

	for (i = 0; i < 8; i++) {
		struct db_arg *a = args + (size_t)i * 5;

		a[0] = db_int(i);
		a[1] = a[2] = a[3] = db_null();
		a[4] = db_bytes(big, size);
	}
	before = db_counters(dbx_db);
	CU_ASSERT_TRUE(db_exec_rows(dbx_conn, insert, args, 5, 8, NULL, &err));
	CU_ASSERT_EQUAL(db_counters(dbx_db).statements - before.statements, 4);
	CU_ASSERT_EQUAL(dbx_number("SELECT COUNT(*) FROM items"), 8);
	CU_ASSERT_EQUAL((size_t)dbx_number("SELECT MIN(LENGTH(b)) FROM items"), size);
	mem_free(big);
}

static void a_row_larger_than_a_packet_is_refused_before_anything_is_sent(void)
{
	size_t size = db_max_packet(dbx_conn);
	struct db_arg args[2 * 5] = {db_int(0), db_null(), db_null(), db_null(), db_null(),
	                             db_int(1), db_null(), db_null(), db_null(), db_null()};
	char *big = mem_zalloc(size);
	int64_t id = dbx_connection_id(dbx_conn);
	struct error err = {0};
	struct db_counters before;

	CU_ASSERT_TRUE(db_exec_rows(dbx_conn, insert, args, 5, 1, NULL, &err));
	dbx_empty();
	args[9] = db_bytes(big, size);
	before = db_counters(dbx_db);
	CU_ASSERT_FALSE(db_exec_rows(dbx_conn, insert, args, 5, 2, NULL, &err));
	CU_ASSERT_EQUAL(err.code, ERR_PAYLOAD_TOO_LARGE);
	CU_ASSERT_EQUAL(err.db_errno, 1153);
	CU_ASSERT_FALSE(db_exec(dbx_conn, insert, args + 5, 5, NULL, &err));
	CU_ASSERT_EQUAL(err.code, ERR_PAYLOAD_TOO_LARGE);
	CU_ASSERT_EQUAL(db_counters(dbx_db).round_trips, before.round_trips);
	CU_ASSERT_EQUAL(dbx_connection_id(dbx_conn), id);
	CU_ASSERT_EQUAL(dbx_number("SELECT COUNT(*) FROM items"), 0);
	mem_free(big);
}

static void the_largest_row_that_is_said_to_fit_fits(void)
{
	size_t size = db_max_packet(dbx_conn) - 32 - 5 * 12;
	struct db_arg args[5] = {db_int(0), db_null(), db_null(), db_null()};
	char *big = mem_zalloc(size);
	struct error err = {0};

	args[4] = db_bytes(big, size);
	CU_ASSERT_TRUE(db_exec(dbx_conn, insert, args, 5, NULL, &err));
	CU_ASSERT_EQUAL((size_t)dbx_number("SELECT LENGTH(b) FROM items"), size);
	mem_free(big);
}

static void a_refused_row_among_many_is_the_error_and_a_rollback_takes_all_back(void)
{
	struct db_arg args[ROWS * 5];
	struct error err = {0};

	fill(args);
	args[50 * 5] = db_int(3);
	CU_ASSERT_TRUE(db_begin(dbx_conn, &err));
	CU_ASSERT_FALSE(db_exec_rows(dbx_conn, insert, args, 5, ROWS, NULL, &err));
	CU_ASSERT_EQUAL(err.db_errno, 1062);
	db_rollback(dbx_conn);
	CU_ASSERT_EQUAL(dbx_number("SELECT COUNT(*) FROM items"), 0);
	/* and the statement is as good as before, for one row too */
	CU_ASSERT_TRUE(db_exec(dbx_conn, insert, args, 5, NULL, &err));
	args[50 * 5] = db_int(50);
	CU_ASSERT_TRUE(db_exec_rows(dbx_conn, insert, args + 5, 5, ROWS - 1, NULL, &err));
	check_rows();
}

static CU_TestInfo tests[] = {
	{"a hundred rows go in one packet with their NULLs",
	 a_hundred_rows_go_in_one_packet_with_their_nulls},
	{"a server without arrays gets them row by row", a_server_without_arrays_gets_them_row_by_row},
	{"a statement that takes no arrays is run row by row",
	 a_statement_that_takes_no_arrays_is_run_row_by_row},
	{"updates and deletes tell the sum of the rows matched",
	 updates_and_deletes_tell_the_sum_of_the_rows_matched},
	{"rows larger than a packet together are split", rows_larger_than_a_packet_together_are_split},
	{"a row larger than a packet is refused before anything is sent",
	 a_row_larger_than_a_packet_is_refused_before_anything_is_sent},
	{"the largest row that is said to fit fits", the_largest_row_that_is_said_to_fit_fits},
	{"a refused row among many is the error, and a rollback takes all back",
	 a_refused_row_among_many_is_the_error_and_a_rollback_takes_all_back},
	CU_TEST_INFO_NULL};

CU_SuiteInfo rows_suite = {"many rows", NULL, NULL, dbx_empty, NULL, tests};
