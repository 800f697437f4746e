/* Migrations: killed halfway, two at once, changed files, other programs. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "db_fixture.h"
#include "db_suites.h"
#include "store/migrate.h"

#define LEASE_MS 300

static char folder[64];
static char own_name[] = "agentiv_db_tests_migrate";
static struct db *db;
static struct db_conn *conn;             /* on the migrated database */

/* Each statement leaves a trace: a table, or a row more. */
static const char first[] =
	"-- oldest-program: 0.1.0\n"
	"CREATE TABLE t1 (id INT NOT NULL PRIMARY KEY, n INT NOT NULL); -- one; not two\n"
	"INSERT INTO t1 VALUES (1, 0);\n"
	"ALTER TABLE t1 ADD COLUMN more INT NULL;\n"
	"UPDATE t1 SET n = n + 1;\n";
static const char second[] =
	"/* ; */\n-- oldest-program: 0.1.0\n"
	"CREATE INDEX t1_n ON t1 (n);\n"
	"UPDATE t1 SET n = n + 1;\n"
	"CREATE TABLE t2 (s VARCHAR(20) DEFAULT ';''\\';' NOT NULL);\n";
#define STATEMENTS 7

static void write_file(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	f = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_TRUE(fputs(text, f) >= 0);
	CU_ASSERT_EQUAL(fclose(f), 0);
}

static void remove_file(const char *name)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	unlink(path);
}

static void set_up(void)
{
	struct config cfg = dbx_cfg;
	struct error err = {0};

	dbx_run("DROP DATABASE IF EXISTS agentiv_db_tests_migrate");
	dbx_run("CREATE DATABASE agentiv_db_tests_migrate CHARACTER SET utf8mb4");
	snprintf(folder, sizeof folder, "/tmp/agentiv-migrate-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	write_file("0001_first.sql", first);
	write_file("0002_second.sql", second);
	write_file("README.sql", "not a migration");
	cfg.db_name = own_name;
	db = db_open(&cfg, 4, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(db);
	conn = db_get(db, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(conn);
}

static void tear_down(void)
{
	db_put(db, conn);
	db_close(db);
	remove_file("0001_first.sql");
	remove_file("0002_second.sql");
	remove_file("0003_third.sql");
	remove_file("README.sql");
	rmdir(folder);
	dbx_run("DROP DATABASE agentiv_db_tests_migrate");
}

static const struct migrate_options *options(void)
{
	static struct migrate_options o;

	o = (struct migrate_options){.dir = folder, .lease_ms = LEASE_MS, .wait_ms = 20000};
	return &o;
}

static void must_migrate(unsigned *applied)
{
	struct error err = {0};

	if (migrate_run(db, options(), applied, &err))
		return;
	fprintf(stderr, "%s\n", err.message);
	CU_FAIL("the migration failed");
}

static int64_t number(const char *sql)
{
	struct error err = {0};
	int64_t n = -1;

	CU_ASSERT_TRUE(db_query_int(conn, sql, NULL, 0, &n, NULL, &err));
	return n;
}

static void run(const char *sql)
{
	struct error err = {0};

	CU_ASSERT_TRUE_FATAL(db_run_text(conn, sql, &err));
}

/* All there, each statement that counts once. */
static void check_all_applied_once(void)
{
	CU_ASSERT_EQUAL(number("SELECT n FROM t1"), 2);
	CU_ASSERT_EQUAL(number("SELECT COUNT(*) FROM t1 WHERE more IS NULL"), 1);
	CU_ASSERT_EQUAL(number("SELECT COUNT(*) FROM t2"), 0);
	CU_ASSERT_EQUAL(number("SELECT COUNT(*) FROM schema_statements WHERE completed_at IS NOT NULL"),
	                STATEMENTS);
	CU_ASSERT_EQUAL(number("SELECT COUNT(*) FROM schema_migrations WHERE completed_at IS NOT NULL"),
	                2);
}

static void all_files_are_applied_and_then_nothing_is_left_to_do(void)
{
	unsigned applied = 9;

	must_migrate(&applied);
	CU_ASSERT_EQUAL(applied, 2);
	check_all_applied_once();
	must_migrate(&applied);
	CU_ASSERT_EQUAL(applied, 0);
	check_all_applied_once();
}

static void the_products_own_files_are_applied_up_to_the_one_it_needs(void)
{
	struct migrate_options o = {.dir = SQL_SOURCE_DIR};
	struct error err = {0};
	struct migration *m;
	unsigned applied, n;

	CU_ASSERT_FALSE(schema_usable(conn, &err));
	CU_ASSERT_EQUAL(err.code, ERR_CONFLICT);
	if (!migrate_run(db, &o, &applied, &err))
		fprintf(stderr, "%s\n", err.message);
	CU_ASSERT_TRUE(schema_usable(conn, &err));
	CU_ASSERT_TRUE_FATAL(migrate_status(db, SQL_SOURCE_DIR, &m, &n, &err));
	CU_ASSERT_EQUAL(n, applied);
	CU_ASSERT_EQUAL(m[n - 1].version, SCHEMA_NEEDED);
	mem_free(m);
}

/* Kills this process before the statement with number ctx. */
static void die(void *ctx, const struct migrate_progress *p)
{
	int *left = ctx;

	if (p->what == MIGRATE_STATEMENT && (*left)-- == 0)
		kill(getpid(), SIGKILL);
}

static bool migrate_and_die(int before)
{
	struct migrate_options o = *options();
	struct config cfg = dbx_cfg;
	struct error err;
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		struct db *own;

		cfg.db_name = own_name;
		own = db_open(&cfg, 2, &err);
		o.progress = die;
		o.ctx = &before;
		_exit(own && migrate_run(own, &o, NULL, &err) ? 0 : 1);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFSIGNALED(status);
}

static void killed_before_any_statement_it_goes_on_there(void)
{
	int i;

	for (i = 0; i < STATEMENTS; i++) {
		CU_ASSERT_TRUE(migrate_and_die(i));
		CU_ASSERT_EQUAL(number("SELECT COUNT(*) FROM schema_statements"), i);
		must_migrate(NULL);
		check_all_applied_once();
		tear_down();
		set_up();
	}
}

static void a_change_of_the_schema_that_was_made_when_it_was_killed_is_not_an_error(void)
{
	CU_ASSERT_TRUE(migrate_and_die(3));
	/* as if it had died after ALTER TABLE and before its record */
	run("UPDATE schema_statements SET completed_at = NULL WHERE version = 1 AND seq = 3");
	must_migrate(NULL);
	check_all_applied_once();
}

static void a_refused_statement_is_named_and_can_be_mended(void)
{
	static const char wrong[] =
		"-- oldest-program: 0.1.0\nUPDATE t1 SET n = n + 10;\n\nCREATE TABLE t2 (id INT);\n";
	static const char right[] =
		"-- oldest-program: 0.1.0\nUPDATE t1 SET n = n + 10;\nCREATE TABLE t3 (id INT);\n";
	struct error err = {0};

	write_file("0003_third.sql", wrong);
	CU_ASSERT_FALSE(migrate_run(db, options(), NULL, &err));
	CU_ASSERT_EQUAL(err.code, ERR_EXECUTION_FAILED);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "0003_third.sql, line 4"));
	/* refused, so it is refused again: the table that is there is not this file's */
	CU_ASSERT_FALSE(migrate_run(db, options(), NULL, &err));
	write_file("0003_third.sql", right);
	must_migrate(NULL);
	CU_ASSERT_EQUAL(number("SELECT n FROM t1"), 12);
	CU_ASSERT_EQUAL(number("SELECT COUNT(*) FROM t3"), 0);
}

static void an_applied_file_that_was_changed_is_refused_by_name(void)
{
	static const char *const changed[] = {
		"-- oldest-program: 0.1.0\nCREATE INDEX t1_n ON t1 (n); UPDATE t1 SET n = n + 2;"
		" CREATE TABLE t2 (s VARCHAR(20) DEFAULT ';''\\';' NOT NULL);",
		"-- oldest-program: 0.1.0\nCREATE INDEX t1_n ON t1 (n); UPDATE t1 SET n = n + 1;",
		"-- oldest-program: 0.1.0\nCREATE INDEX t1_n ON t1 (n); UPDATE t1 SET n = n + 1;"
		" CREATE TABLE t2 (s VARCHAR(20) DEFAULT ';''\\';' NOT NULL); UPDATE t1 SET n = 9;"};
	struct error err = {0};
	struct migration *m;
	unsigned i, n;

	must_migrate(NULL);
	for (i = 0; i < 3; i++) {
		write_file("0002_second.sql", changed[i]);
		CU_ASSERT_FALSE(migrate_run(db, options(), NULL, &err));
		CU_ASSERT_EQUAL(err.code, ERR_CONFLICT);
		CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "0002_second.sql"));
		CU_ASSERT_TRUE_FATAL(migrate_status(db, folder, &m, &n, &err));
		CU_ASSERT_EQUAL(n, 2);
		CU_ASSERT_FALSE(m[0].changed);
		CU_ASSERT_TRUE(m[1].changed);
		mem_free(m);
	}
	check_all_applied_once();
}

static void a_change_of_layout_or_comment_is_none(void)
{
	static const char same[] =
		"# other words\n-- oldest-program: 0.1.0\nCREATE   INDEX\n\tt1_n ON t1 (n);"
		"UPDATE t1 SET n /* why */ = n + 1;;\n"
		"CREATE TABLE t2 (s VARCHAR(20) DEFAULT ';''\\';' NOT NULL)";

	must_migrate(NULL);
	write_file("0002_second.sql", same);
	must_migrate(NULL);
}

struct migrator {
	unsigned applied;
	bool     ok;
	struct error err;
	atomic_bool *waits;
};

static void note_waiting(void *ctx, const struct migrate_progress *p)
{
	struct migrator *m = ctx;

	if (p->what == MIGRATE_WAITS)
		atomic_store(m->waits, true);
}

static void *migrate_thread(void *arg)
{
	struct migrate_options o = {.dir = folder, .lease_ms = LEASE_MS, .wait_ms = 20000,
	                            .progress = note_waiting, .ctx = arg};
	struct migrator *m = arg;

	m->ok = migrate_run(db, &o, &m->applied, &m->err);
	return NULL;
}

static void two_at_once_apply_each_statement_once(void)
{
	/* the third file takes longer than the lock lasts unless it is renewed */
	static const char slow[] = "-- oldest-program: 0.1.0\nUPDATE t1 SET more = SLEEP(1.5);"
				   "ALTER TABLE t1 DROP COLUMN more; ALTER TABLE t1 ADD COLUMN more INT;";
	atomic_bool waits = false;
	struct migrator m[2] = {{.waits = &waits}, {.waits = &waits}};
	pthread_t t[2];
	unsigned i;

	write_file("0003_third.sql", slow);
	for (i = 0; i < 2; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&t[i], NULL, migrate_thread, &m[i]), 0);
	for (i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	for (i = 0; i < 2; i++)
		if (!m[i].ok)
			fprintf(stderr, "%s\n", m[i].err.message);
	CU_ASSERT_TRUE(m[0].ok && m[1].ok);
	CU_ASSERT_EQUAL(m[0].applied + m[1].applied, 3);
	CU_ASSERT_TRUE(m[0].applied == 0 || m[1].applied == 0);
	CU_ASSERT_TRUE(atomic_load(&waits));
	CU_ASSERT_EQUAL(number("SELECT n FROM t1"), 2);
}

static void who_waits_too_long_for_the_lock_is_told_who_has_it(void)
{
	struct migrate_options o = *options();
	struct error err = {0};

	must_migrate(NULL);
	run("UPDATE schema_lock SET owner = 'host/1/x', expires_at = 9000000000000");
	o.wait_ms = 50;
	CU_ASSERT_FALSE(migrate_run(db, &o, NULL, &err));
	CU_ASSERT_EQUAL(err.code, ERR_CONFLICT);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "host/1/x"));
}

static void who_loses_the_lock_stops_before_its_next_statement(void)
{
	struct error err = {0};

	write_file("0001_first.sql", "-- oldest-program: 0.1.0\nCREATE TABLE t1 (id INT);"
	           "UPDATE schema_lock SET owner = 'host/1/x'; CREATE TABLE t4 (id INT);");
	CU_ASSERT_FALSE(migrate_run(db, options(), NULL, &err));
	CU_ASSERT_EQUAL(err.code, ERR_CONFLICT);
	CU_ASSERT_EQUAL(number("SELECT COUNT(*) FROM schema_statements"), 2);
}

static void a_migration_that_is_left_half_done_is_not_passed_over(void)
{
	struct error err = {0};
	char statement[160];

	must_migrate(NULL);
	snprintf(statement, sizeof statement, "INSERT INTO schema_migrations VALUES (%d, 'x.sql', '0.0.9', 1, 1)",
	         SCHEMA_NEEDED);
	run(statement);
	CU_ASSERT_TRUE(schema_usable(conn, &err));
	run("UPDATE schema_migrations SET completed_at = NULL WHERE version = 2");
	CU_ASSERT_FALSE(schema_usable(conn, &err));
	CU_ASSERT_EQUAL(err.code, ERR_CONFLICT);
}

static void a_program_refuses_only_a_schema_that_is_for_newer_ones(void)
{
	struct error err = {0};
	char row[100];
	int version;

	CU_ASSERT_FALSE(schema_usable(conn, &err));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "agentivctl migrate"));
	must_migrate(NULL);
	for (version = 3; version <= SCHEMA_NEEDED; version++) {
		snprintf(row, sizeof row, "INSERT INTO schema_migrations VALUES (%d, '%04d_x.sql', '0.0.9', 1, 1)", version,
		         version);
		run(row);
	}
	run("INSERT INTO schema_migrations VALUES (99, '0099_y.sql', '0.1.0', 1, NULL)");
	CU_ASSERT_TRUE(schema_usable(conn, &err));
	run("UPDATE schema_migrations SET oldest_program = '0.10' WHERE version = 99");
	CU_ASSERT_FALSE(schema_usable(conn, &err));
	CU_ASSERT_EQUAL(err.code, ERR_CONFLICT);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "0099_y.sql"));
	CU_ASSERT_FALSE(migrate_run(db, options(), NULL, &err));
}

static void files_that_are_wrong_are_refused_before_anything_is_applied(void)
{
	static const struct { const char *text, *said; } wrong[] = {
		{"SELECT 1;", "oldest-program"}, {"-- oldest-program: new\nSELECT 1", "version"},
		{"-- oldest-program: 0.1.0\n-- nothing", "no statement"},
		{"-- oldest-program: 0.1.0\nSELECT 'x", "line 2"},
		{" -- oldest-program: 0.1.0\nSELECT 1;", "oldest-program"}};
	struct error err = {0};
	unsigned i;

	for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		write_file("0003_third.sql", wrong[i].text);
		CU_ASSERT_FALSE(migrate_run(db, options(), NULL, &err));
		CU_ASSERT_EQUAL(err.code, ERR_INVALID_INPUT);
		CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "0003_third.sql"));
		CU_ASSERT_PTR_NOT_NULL(strstr(err.message, wrong[i].said));
	}
	remove_file("0003_third.sql");
	write_file("0001_again.sql", first);
	CU_ASSERT_FALSE(migrate_run(db, options(), NULL, &err));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "same number"));
	remove_file("0001_again.sql");
	CU_ASSERT_EQUAL(number("SELECT COUNT(*) FROM information_schema.tables"
	                       " WHERE table_schema = DATABASE()"), 0);
}

static void the_status_tells_what_is_applied_and_what_is_not(void)
{
	struct error err = {0};
	struct migration *m;
	unsigned n;

	CU_ASSERT_TRUE_FATAL(migrate_status(db, folder, &m, &n, &err));
	CU_ASSERT_EQUAL(n, 2);
	CU_ASSERT_FALSE(m[0].complete);
	CU_ASSERT_EQUAL(m[0].statements, 4);
	CU_ASSERT_EQUAL(m[0].applied, 0);
	mem_free(m);
	CU_ASSERT_TRUE(migrate_and_die(5));
	run("INSERT INTO schema_migrations VALUES (8, '0008_later.sql', '0.1.0', 1, 2)");
	CU_ASSERT_TRUE_FATAL(migrate_status(db, folder, &m, &n, &err));
	CU_ASSERT_EQUAL_FATAL(n, 3);
	CU_ASSERT_TRUE(m[0].complete && m[0].completed_at > 0);
	CU_ASSERT_TRUE(!m[1].complete && m[1].applied == 1 && m[1].statements == 3);
	CU_ASSERT_TRUE(m[2].no_file && m[2].version == 8);
	mem_free(m);
}

static CU_TestInfo tests[] = {
	{"all files are applied, and then nothing is left to do",
	 all_files_are_applied_and_then_nothing_is_left_to_do},
	{"the product's own files are applied up to the one it needs",
	 the_products_own_files_are_applied_up_to_the_one_it_needs},
	{"a migration that is left half done is not passed over", a_migration_that_is_left_half_done_is_not_passed_over},
	{"killed before any statement, it goes on there", killed_before_any_statement_it_goes_on_there},
	{"a change of the schema that was made when it was killed is not an error",
	 a_change_of_the_schema_that_was_made_when_it_was_killed_is_not_an_error},
	{"a refused statement is named and can be mended", a_refused_statement_is_named_and_can_be_mended},
	{"an applied file that was changed is refused by name",
	 an_applied_file_that_was_changed_is_refused_by_name},
	{"a change of layout or comment is none", a_change_of_layout_or_comment_is_none},
	{"two at once apply each statement once", two_at_once_apply_each_statement_once},
	{"who waits too long for the lock is told who has it",
	 who_waits_too_long_for_the_lock_is_told_who_has_it},
	{"who loses the lock stops before its next statement",
	 who_loses_the_lock_stops_before_its_next_statement},
	{"a program refuses only a schema that is for newer ones",
	 a_program_refuses_only_a_schema_that_is_for_newer_ones},
	{"files that are wrong are refused before anything is applied",
	 files_that_are_wrong_are_refused_before_anything_is_applied},
	{"the status tells what is applied and what is not",
	 the_status_tells_what_is_applied_and_what_is_not},
	CU_TEST_INFO_NULL};

CU_SuiteInfo migrate_suite = {"migrations", NULL, NULL, set_up, tear_down, tests};
