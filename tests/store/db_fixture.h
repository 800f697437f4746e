/* What the tests of the connection layer share: a database of their own, agentiv_db_tests on the
 * configured server, with one table; ways to be somebody else on it. */
#ifndef AGENTIV_TESTS_DB_FIXTURE_H
#define AGENTIV_TESTS_DB_FIXTURE_H

#include <CUnit/CUnit.h>
#include <inttypes.h>
#include <string.h>

#include "db/db.h"
#include "db_proxy.h"

extern struct config dbx_cfg;        /* with the database's name replaced; timeouts 1 s and 3 s */
extern struct db *dbx_db;
extern struct db_conn *dbx_conn;     /* the tests' own, straight to the server */
extern char dbx_socket[];            /* the server's */

/* Suites' start and end: the database made anew, and its table
 * items (id BIGINT UNSIGNED PRIMARY KEY, n BIGINT, d DOUBLE, s VARCHAR(100) with an index,
 * a VARCHAR(100) in ascii, b LONGBLOB, k BINARY(16)). */
int dbx_open(void);
int dbx_close(void);
void dbx_empty(void);                /* before each test */

/* Through hosts; closed by the caller. */
struct db *dbx_through(const char *hosts, unsigned conns);
/* The first column of the first row, on dbx_conn. */
int64_t dbx_number(const char *sql);
void dbx_run(const char *sql);
int64_t dbx_connection_id(struct db_conn *c);
void dbx_kill(int64_t connection_id);   /* and waits until it is gone */
/* Waits, up to ten seconds, until the condition holds; false if it never did. */
bool dbx_until(bool (*holds)(void *ctx), void *ctx);

#endif
