/* Prepared statements: binds, columns, the cache. */
#include <stdlib.h>

#include "base/mem.h"
#include "db/db_priv.h"
#include "base/clock.h"
#include "db_fixture.h"
#include "db_suites.h"

static const char insert[] = "INSERT INTO items (id, n, d, s, a, b, k) VALUES (?, ?, ?, ?, ?, ?, ?)";
static const char look_up[] = "SELECT id, n, d, s, a, b, k FROM items WHERE id = ?";

static void put(struct db_conn *c, const struct db_arg args[7])
{
	struct error err = {0};

	CU_ASSERT_TRUE_FATAL(db_exec(c, insert, args, 7, NULL, &err));
}

static void look(struct db_conn *c, int64_t id)
{
	struct db_arg arg = db_int(id);
	struct error err = {0};

	CU_ASSERT_TRUE_FATAL(db_query(c, look_up, &arg, 1, &err));
	CU_ASSERT_EQUAL_FATAL(db_next(c, &err), 1);
}

static void every_type_comes_back_as_it_went_in(void)
{
	static const char bytes[] = "\0\xff\x80;'\"\\\0";
	struct id k = {{0xff, 0, 0x80}}, back;
	size_t n;

	put(dbx_conn, (struct db_arg[]){db_int(INT64_MAX), db_int(INT64_MIN),
	                                {.type = DB_DOUBLE, .d = 0.1}, db_str("žluťoučký 🐴 'q\\\""),
	                                db_str("ascii"), db_bytes(bytes, sizeof bytes), db_id(&k)});
	look(dbx_conn, INT64_MAX);
	CU_ASSERT_EQUAL(db_col_int(dbx_conn, 0), INT64_MAX);
	CU_ASSERT_EQUAL(db_col_int(dbx_conn, 1), INT64_MIN);
	CU_ASSERT_EQUAL(db_col_double(dbx_conn, 2), 0.1);
	CU_ASSERT_STRING_EQUAL(db_col_str(dbx_conn, 3), "žluťoučký 🐴 'q\\\"");
	CU_ASSERT_STRING_EQUAL(db_col_str(dbx_conn, 4), "ascii");
	CU_ASSERT_EQUAL(memcmp(db_col_bytes(dbx_conn, 5, &n), bytes, sizeof bytes), 0);
	CU_ASSERT_EQUAL(n, sizeof bytes);
	CU_ASSERT_TRUE(db_col_id(dbx_conn, 6, &back));
	CU_ASSERT_EQUAL(id_cmp(&k, &back), 0);
	db_end(dbx_conn);
}

static void nulls_are_told_from_zero_and_empty(void)
{
	struct id back;
	unsigned i;
	size_t n;

	put(dbx_conn, (struct db_arg[]){db_int(1), db_opt_int(0), db_null(), db_str(NULL), db_str(NULL),
	                                db_bytes(NULL, 0), db_id(NULL)});
	put(dbx_conn, (struct db_arg[]){db_int(2), db_int(0), {.type = DB_DOUBLE}, db_str(""),
	                                db_str(""), db_bytes("", 0), db_null()});
	look(dbx_conn, 1);
	for (i = 1; i < 7; i++)
		CU_ASSERT_TRUE(db_is_null(dbx_conn, i));
	CU_ASSERT_EQUAL(db_col_int(dbx_conn, 1), 0);
	CU_ASSERT_PTR_NULL(db_col_str(dbx_conn, 3));
	CU_ASSERT_PTR_NULL(db_col_bytes(dbx_conn, 5, &n));
	CU_ASSERT_FALSE(db_col_id(dbx_conn, 6, &back));
	db_end(dbx_conn);
	look(dbx_conn, 2);
	for (i = 1; i < 6; i++)
		CU_ASSERT_FALSE(db_is_null(dbx_conn, i));
	CU_ASSERT_STRING_EQUAL(db_col_str(dbx_conn, 3), "");
	CU_ASSERT_PTR_NOT_NULL(db_col_bytes(dbx_conn, 5, &n));
	CU_ASSERT_EQUAL(n, 0);
	db_end(dbx_conn);
}

static bool all_are(const char *p, size_t n, char c)
{
	while (n > 0 && p[n - 1] == c)
		n--;
	return n == 0;
}

static void long_values_are_read_whole_and_short_ones_after_them_too(void)
{
	static const size_t sizes[] = {3, 1000, 127, 128, 129, 5000000, 0, 16384, 70000, 1};
	struct error err = {0};
	char *big = mem_alloc(5000000);
	unsigned i;
	size_t n;

	for (i = 0; i < 10; i++) {
		memset(big, 'a' + (int)i, sizes[i]);
		put(dbx_conn, (struct db_arg[]){db_int(i), db_null(), db_null(), db_null(), db_null(),
		                                db_bytes(big, sizes[i]), db_null()});
	}
	mem_free(big);
	CU_ASSERT_TRUE_FATAL(db_query(dbx_conn, "SELECT b, id FROM items ORDER BY id", NULL, 0, &err));
	for (i = 0; i < 10; i++) {
		const char *p;

		CU_ASSERT_EQUAL_FATAL(db_next(dbx_conn, &err), 1);
		p = db_col_bytes(dbx_conn, 0, &n);
		CU_ASSERT_EQUAL(n, sizes[i]);
		CU_ASSERT_TRUE(all_are(p, n, (char)('a' + (int)i)));
		CU_ASSERT_EQUAL(p[n], '\0');
		CU_ASSERT_EQUAL(db_col_int(dbx_conn, 1), i);
	}
	CU_ASSERT_EQUAL(db_next(dbx_conn, &err), 0);
	db_end(dbx_conn);
}

static void numbers_read_as_text_and_decimals_as_numbers(void)
{
	struct error err = {0};

	CU_ASSERT_TRUE_FATAL(db_query(dbx_conn, "SELECT -42, SUM(7), 1.5, CAST(0.5 AS DOUBLE), '12'",
	                              NULL, 0, &err));
	CU_ASSERT_EQUAL_FATAL(db_next(dbx_conn, &err), 1);
	CU_ASSERT_STRING_EQUAL(db_col_str(dbx_conn, 0), "-42");
	CU_ASSERT_EQUAL(db_col_int(dbx_conn, 1), 7);
	CU_ASSERT_EQUAL(db_col_double(dbx_conn, 2), 1.5);
	CU_ASSERT_STRING_EQUAL(db_col_str(dbx_conn, 3), "0.5");
	CU_ASSERT_EQUAL(db_col_int(dbx_conn, 4), 12);
	db_end(dbx_conn);
}

static bool uses_index(const char *sql, struct db_arg arg)
{
	struct error err = {0};
	bool uses;

	CU_ASSERT_TRUE_FATAL(db_query(dbx_conn, sql, &arg, 1, &err));
	CU_ASSERT_EQUAL_FATAL(db_next(dbx_conn, &err), 1);
	uses = strcmp(db_col_str(dbx_conn, 3), "ref") == 0;     /* "type": looked up, not scanned */
	db_end(dbx_conn);
	return uses;
}

static void arguments_find_rows_by_the_index_of_their_column(void)
{
	struct id k = {{1, 2, 3}};
	unsigned i;

	for (i = 0; i < 100; i++)
		put(dbx_conn, (struct db_arg[]){db_int(i), db_null(), db_null(), db_str(i ? "x" : "one"),
		                                db_str(i ? "x" : "one"), db_null(), db_id(i ? NULL : &k)});
	CU_ASSERT_TRUE(uses_index("EXPLAIN SELECT id FROM items WHERE s = ?", db_str("one")));
	CU_ASSERT_TRUE(uses_index("EXPLAIN SELECT id FROM items WHERE a = ?", db_str("one")));
	CU_ASSERT_TRUE(uses_index("EXPLAIN SELECT id FROM items WHERE k = ?", db_id(&k)));
}

static void text_is_compared_by_the_rules_of_its_column(void)
{
	static const char by_s[] = "SELECT COUNT(*) FROM items WHERE s = ?";
	struct db_arg text = db_str("one");
	struct error err = {0};
	int64_t n = 0;

	put(dbx_conn, (struct db_arg[]){db_int(1), db_null(), db_null(), db_str("ONE"), db_null(),
	                                db_null(), db_null()});
	/* the column's collation knows no case */
	CU_ASSERT_TRUE(db_query_int(dbx_conn, by_s, &text, 1, &n, NULL, &err));
	CU_ASSERT_EQUAL(n, 1);
}

static int64_t session_status(struct db_conn *c, const char *sql)
{
	struct error err = {0};
	int64_t n;

	CU_ASSERT_TRUE_FATAL(db_query(c, sql, NULL, 0, &err));
	CU_ASSERT_EQUAL_FATAL(db_next(c, &err), 1);
	n = strtoll(db_col_str(c, 1), NULL, 10);
	db_end(c);
	return n;
}

static void a_statement_is_prepared_once_and_sent_in_one_round_trip_each(void)
{
	static const char prepared[] = "SHOW SESSION STATUS LIKE 'Com_stmt_prepare'";
	struct proxy *p = proxy_start(dbx_socket);
	struct db *db = dbx_through(proxy_hosts(p), 1);
	struct error err = {0};
	struct db_conn *c = db_get(db, &err);
	int64_t before, one;
	unsigned commands, i;

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	before = session_status(c, prepared);
	commands = proxy_commands(p);
	for (i = 0; i < 10; i++) {
		struct db_arg id = db_int(i);

		CU_ASSERT_TRUE(db_query_int(c, "SELECT 1 + ?", &id, 1, &one, NULL, &err));
		CU_ASSERT_EQUAL(one, 1 + i);
	}
	CU_ASSERT_EQUAL(proxy_commands(p) - commands, 11);
	CU_ASSERT_EQUAL(session_status(c, prepared) - before, 1);
	db_put(db, c);
	db_close(db);
	proxy_stop(p);
}

static void a_session_starts_in_one_round_trip_with_its_settings(void)
{
	static const char *const settings[] = {
		"SELECT @@session.autocommit = 1", "SELECT @@session.time_zone = '+00:00'",
		"SELECT @@session.innodb_lock_wait_timeout = 1",
		"SELECT @@session.sql_mode LIKE '%STRICT_ALL_TABLES%'",
		"SELECT @@session.character_set_client = 'utf8mb4'"};
	struct proxy *p = proxy_start(dbx_socket);
	struct db *db = dbx_through(proxy_hosts(p), 1);
	struct error err = {0};
	struct db_conn *c = db_get(db, &err);
	unsigned i;
	int64_t yes;

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	/* a node of a cluster is asked in another whether it takes part */
	CU_ASSERT_EQUAL(proxy_commands(p), c->galera ? 2 : 1);
	for (i = 0; i < sizeof settings / sizeof *settings; i++) {
		CU_ASSERT_TRUE(db_query_int(c, settings[i], NULL, 0, &yes, NULL, &err));
		CU_ASSERT_EQUAL(yes, 1);
	}
	CU_ASSERT_TRUE(db_query(c, "SHOW SESSION VARIABLES LIKE 't%\\_isolation'", NULL, 0, &err));
	CU_ASSERT_EQUAL(db_next(c, &err), 1);
	CU_ASSERT_STRING_EQUAL(db_col_str(c, 1), "READ-COMMITTED");
	db_end(c);
	CU_ASSERT_EQUAL((int64_t)db_max_packet(c), dbx_number("SELECT @@max_allowed_packet"));
	db_put(db, c);
	db_close(db);
	proxy_stop(p);
}

static void a_killed_connection_is_replaced_and_its_statements_made_anew(void)
{
	struct db *db = dbx_through(dbx_cfg.db_hosts, 1);
	struct error err = {0};
	struct db_conn *c = db_get(db, &err);
	int64_t id, one = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	id = dbx_connection_id(c);
	dbx_kill(id);
	CU_ASSERT_TRUE(db_query_int(c, "SELECT 1", NULL, 0, &one, NULL, &err));
	CU_ASSERT_EQUAL(one, 1);
	CU_ASSERT_NOT_EQUAL(dbx_connection_id(c), id);
	CU_ASSERT_EQUAL(db_counters(db).connects, 2);
	db_put(db, c);
	db_close(db);
}

static void rows_left_unread_do_not_disturb_the_next_statement(void)
{
	struct error err = {0};
	unsigned i;

	for (i = 0; i < 3; i++)
		put(dbx_conn, (struct db_arg[]){db_int(i), db_null(), db_null(), db_null(), db_null(),
		                                db_null(), db_null()});
	CU_ASSERT_TRUE(db_query(dbx_conn, "SELECT id FROM items", NULL, 0, &err));
	CU_ASSERT_EQUAL(db_next(dbx_conn, &err), 1);
	CU_ASSERT_TRUE(db_exec(dbx_conn, "DELETE FROM items WHERE id = 2", NULL, 0, NULL, &err));
	CU_ASSERT_EQUAL(dbx_number("SELECT COUNT(*) FROM items"), 2);
}

static void affected_are_the_rows_matched_not_the_rows_changed(void)
{
	uint64_t affected = 0;
	struct error err = {0};

	put(dbx_conn, (struct db_arg[]){db_int(1), db_int(5), db_null(), db_null(), db_null(),
	                                db_null(), db_null()});
	CU_ASSERT_TRUE(db_exec(dbx_conn, "UPDATE items SET n = 5", NULL, 0, &affected, &err));
	CU_ASSERT_EQUAL(affected, 1);
}

static void what_the_database_refuses_is_an_error_with_its_number_and_the_connection_stays(void)
{
	struct db_arg args[7] = {db_int(1), db_null(), db_null(), db_null(), db_null(), db_null(),
	                         db_null()};
	struct error err = {0};
	int64_t id = dbx_connection_id(dbx_conn);

	put(dbx_conn, args);
	CU_ASSERT_FALSE(db_exec(dbx_conn, insert, args, 7, NULL, &err));
	CU_ASSERT_EQUAL(err.code, ERR_INTERNAL);
	CU_ASSERT_EQUAL(err.db_errno, 1062);
	CU_ASSERT_FALSE(err.outcome_unknown);
	CU_ASSERT_FALSE(db_exec(dbx_conn, "UPDATE items SET s = REPEAT('x', 101)", NULL, 0, NULL, &err));
	CU_ASSERT_EQUAL(err.db_errno, 1406);
	CU_ASSERT_FALSE(db_exec(dbx_conn, "NO SUCH STATEMENT", NULL, 0, NULL, &err));
	CU_ASSERT_EQUAL(err.db_errno, 1064);
	CU_ASSERT_EQUAL(dbx_connection_id(dbx_conn), id);
}

static void lists_are_padded_to_few_sizes_and_their_text_is_kept(void)
{
	static const char fmt[] = "SELECT COUNT(*) FROM items WHERE id IN (%s)";
	struct db_arg args[16];
	struct error err = {0};
	int64_t n;
	unsigned i;

	for (i = 0; i < 5; i++)
		put(dbx_conn, (struct db_arg[]){db_int(i), db_null(), db_null(), db_null(), db_null(),
		                                db_null(), db_null()});
	for (i = 0; i < 16; i++)
		args[i] = db_int(i < 4 ? i : 4);
	CU_ASSERT_EQUAL(db_list_size(1), 1);
	CU_ASSERT_EQUAL(db_list_size(2), 4);
	CU_ASSERT_EQUAL(db_list_size(5), 16);
	CU_ASSERT_EQUAL(db_list_size(64), 64);
	CU_ASSERT_PTR_EQUAL(db_list_sql(fmt, "?", 16), db_list_sql(fmt, "?", 16));
	CU_ASSERT_TRUE(db_query_int(dbx_conn, db_list_sql(fmt, "?", 16), args, 16, &n, NULL, &err));
	CU_ASSERT_EQUAL(n, 5);
	CU_ASSERT_STRING_EQUAL(db_list_sql("x (%s) 5 % 2 %s", "(?,?)", 4),
	                       "x ((?,?), (?,?), (?,?), (?,?)) 5 % 2 %s");
}

static void what_the_database_has_no_room_or_time_for_may_be_tried_again(void)
{
	static const struct { int number; enum err_code code; } rows[] = {
		{1021, ERR_UNAVAILABLE},      /* disk full */
		{1114, ERR_UNAVAILABLE},      /* table full */
		{1041, ERR_UNAVAILABLE},      /* out of memory */
		{1317, ERR_UNAVAILABLE},      /* KILL QUERY */
		{1969, ERR_UNAVAILABLE},      /* max_statement_time */
		{1366, ERR_INTERNAL},         /* a value that is none of the column's */
		{1406, ERR_INTERNAL},         /* too long a value */
	};
	unsigned i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct error err = {0};
		char sql[80];

		snprintf(sql, sizeof sql, "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = %d", rows[i].number);
		CU_ASSERT_FALSE(db_run_text(dbx_conn, sql, &err));
		CU_ASSERT_EQUAL(err.db_errno, rows[i].number);
		CU_ASSERT_EQUAL(err.code, rows[i].code);
		CU_ASSERT_EQUAL(db_error_passes(&err), rows[i].code == ERR_UNAVAILABLE);
	}
}

static int64_t given_ms(void)
{
	return 86400000;
}

static void a_clock_that_is_given_is_not_set_by_the_server(void)
{
	int64_t offset = clock_offset_ms();
	struct error err = {0};
	struct db *db = dbx_through(dbx_cfg.db_hosts, 1);
	struct db_conn *c;

	clock_set_source(given_ms, NULL);
	c = db_get(db, &err);
	CU_ASSERT_EQUAL(clock_offset_ms(), offset);
	db_put(db, c);
	db_close(db);
	/* the system's is, when it is wrong */
	clock_set_source(NULL, NULL);
	clock_set_offset(offset + 3600000);
	db = dbx_through(dbx_cfg.db_hosts, 1);
	c = db_get(db, &err);
	CU_ASSERT_TRUE(clock_offset_ms() < offset + 1000);
	db_put(db, c);
	db_close(db);
	clock_set_offset(offset);
}

static void a_host_clock_that_was_set_back_between_asking_and_the_answer_sets_nothing(void)
{
	int64_t offset = clock_offset_ms(), sent_ms = db_clock_host_ms();

	db_clock_set(sent_ms + offset, sent_ms, sent_ms - 3600000);
	CU_ASSERT_EQUAL(clock_offset_ms(), offset);
	clock_set_offset(offset);
}

static CU_TestInfo tests[] = {
	{"what the database has no room or time for may be tried again",
	 what_the_database_has_no_room_or_time_for_may_be_tried_again},
	{"every type comes back as it went in", every_type_comes_back_as_it_went_in},
	{"NULLs are told from zero and empty", nulls_are_told_from_zero_and_empty},
	{"long values are read whole, and short ones after them too",
	 long_values_are_read_whole_and_short_ones_after_them_too},
	{"numbers read as text, decimals as numbers", numbers_read_as_text_and_decimals_as_numbers},
	{"arguments find rows by the index of their column",
	 arguments_find_rows_by_the_index_of_their_column},
	{"text is compared by the rules of its column", text_is_compared_by_the_rules_of_its_column},
	{"a statement is prepared once, and sent in one round trip each",
	 a_statement_is_prepared_once_and_sent_in_one_round_trip_each},
	{"a session starts in one round trip with its settings",
	 a_session_starts_in_one_round_trip_with_its_settings},
	{"a killed connection is replaced and its statements made anew",
	 a_killed_connection_is_replaced_and_its_statements_made_anew},
	{"rows left unread do not disturb the next statement",
	 rows_left_unread_do_not_disturb_the_next_statement},
	{"affected are the rows matched, not the rows changed",
	 affected_are_the_rows_matched_not_the_rows_changed},
	{"what the database refuses is an error with its number, and the connection stays",
	 what_the_database_refuses_is_an_error_with_its_number_and_the_connection_stays},
	{"a host clock that was set back between asking and the answer sets nothing",
	 a_host_clock_that_was_set_back_between_asking_and_the_answer_sets_nothing},
	{"a clock that is given is not set by the server", a_clock_that_is_given_is_not_set_by_the_server},
	{"lists are padded to few sizes and their text is kept",
	 lists_are_padded_to_few_sizes_and_their_text_is_kept},
	CU_TEST_INFO_NULL};

CU_SuiteInfo statement_suite = {"statements", NULL, NULL, dbx_empty, NULL, tests};
