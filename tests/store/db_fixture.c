#include "db_fixture.h"

#include <poll.h>
#include <stdio.h>

#include "base/log.h"
#include "base/mem.h"

struct config dbx_cfg;
struct db *dbx_db;
struct db_conn *dbx_conn;
char dbx_socket[128];

static bool make_database(struct error *err)
{
	struct db *db = db_open(&dbx_cfg, 1, err);
	struct db_conn *c = db ? db_get(db, err) : NULL;
	bool ok = c && db_run_text(c, "DROP DATABASE IF EXISTS agentiv_db_tests", err) &&
		db_run_text(c, "CREATE DATABASE agentiv_db_tests CHARACTER SET utf8mb4", err);

	if (db)
		db_put(db, c);
	db_close(db);
	mem_free(dbx_cfg.db_name);
	dbx_cfg.db_name = mem_strdup("agentiv_db_tests");
	return ok;
}

static bool make_table(struct error *err)
{
	static const char sql[] =
		"CREATE TABLE items (id BIGINT UNSIGNED NOT NULL PRIMARY KEY, n BIGINT NULL,"
		" d DOUBLE NULL, s VARCHAR(100) NULL,"
		" a VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NULL, b LONGBLOB NULL,"
		" k BINARY(16) NULL, KEY items_s (s), KEY items_a (a), KEY items_k (k))"
		" ENGINE=InnoDB DEFAULT CHARSET=utf8mb4";

	return db_run_text(dbx_conn, sql, err);
}

int dbx_open(void)
{
	struct error err = {0};

	if (!config_load(NULL, &dbx_cfg, &err))
		goto failed;
	if (strncmp(dbx_cfg.db_hosts, "socket:", 7) != 0) {
		err_set(&err, ERR_INVALID_INPUT, "these tests need a database behind a Unix socket");
		goto failed;
	}
	snprintf(dbx_socket, sizeof dbx_socket, "%s", dbx_cfg.db_hosts + 7);
	dbx_cfg.db_connect_timeout_s = 1;
	dbx_cfg.db_read_timeout_s = 3;
	if (make_database(&err) && (dbx_db = db_open(&dbx_cfg, 16, &err)) &&
	    (dbx_conn = db_get(dbx_db, &err)) && make_table(&err))
		return 0;
failed:
	log_error("the connection's tests need a database (AGENTIV_CONFIG)", &err);
	return 1;
}

int dbx_close(void)
{
	struct error err = {0};
	bool ok = db_run_text(dbx_conn, "DROP DATABASE agentiv_db_tests", &err);

	db_put(dbx_db, dbx_conn);
	db_close(dbx_db);
	config_release(&dbx_cfg);
	return !ok;
}

void dbx_empty(void)
{
	dbx_run("DELETE FROM items");
}

struct db *dbx_through(const char *hosts, unsigned conns)
{
	struct config cfg = dbx_cfg;
	struct error err = {0};
	struct db *db;

	cfg.db_hosts = (char *)(uintptr_t)hosts;
	db = db_open(&cfg, conns, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(db);
	return db;
}

int64_t dbx_number(const char *sql)
{
	struct error err;
	int64_t n = 0;

	CU_ASSERT_TRUE_FATAL(db_query_int(dbx_conn, sql, NULL, 0, &n, NULL, &err));
	return n;
}

void dbx_run(const char *sql)
{
	struct error err = {0};
	bool ok = db_run_text(dbx_conn, sql, &err);

	if (!ok)
		fprintf(stderr, "%s: %s\n", sql, err.message);
	CU_ASSERT_TRUE_FATAL(ok);
}

int64_t dbx_connection_id(struct db_conn *c)
{
	struct error err;
	int64_t n = 0;

	CU_ASSERT_TRUE_FATAL(db_query_int(c, "SELECT CONNECTION_ID()", NULL, 0, &n, NULL, &err));
	return n;
}

static bool is_gone(void *ctx)
{
	static const char sql[] = "SELECT COUNT(*) FROM information_schema.processlist WHERE id = ?";
	struct db_arg id = db_int(*(int64_t *)ctx);
	struct error err;
	int64_t n = 1;

	return db_query_int(dbx_conn, sql, &id, 1, &n, NULL, &err) && n == 0;
}

void dbx_kill(int64_t connection_id)
{
	char sql[64];

	snprintf(sql, sizeof sql, "KILL %" PRId64, connection_id);
	dbx_run(sql);
	CU_ASSERT_TRUE(dbx_until(is_gone, &connection_id));
}

bool dbx_until(bool (*holds)(void *ctx), void *ctx)
{
	unsigned i;

	/* not by the clock, which a test may hold */
	for (i = 0; i < 5000 && !holds(ctx); i++)
		poll(NULL, 0, 2);
	return holds(ctx);
}
