/* The connection to MySQL/MariaDB: host list, timeouts, prepared statements,
 * transactions with retry, a breaker per process.
 *
 * Ownership: a struct db is the process's (db_open/db_close). A struct db_conn
 * belongs to one thread between db_get and db_put. Rows are borrowed from the
 * connection until the next statement on it.
 *
 * Errors: ERR_UNAVAILABLE when the database is away (breaker open, connect or
 * read failed), still busy after all repeats, or has no room or time at the moment;
 * ERR_PAYLOAD_TOO_LARGE for what fits no packet, before it is sent; ERR_INTERNAL for a statement
 * it refuses; err->db_errno is its number,
 * err->outcome_unknown when a write may have been applied. A read outside a transaction whose
 * connection was lost is asked once more, of the next host. */
#ifndef AGENTIV_DB_DB_H
#define AGENTIV_DB_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config.h"
#include "base/err.h"
#include "base/id.h"

struct db;
struct db_conn;

/* Makes the pool; connects to nothing yet. max_conns bounds it. Call before threads. */
struct db *db_open(const struct config *cfg, unsigned max_conns, struct error *err);
void db_close(struct db *db);

/* A connection, new or from the pool; every session is READ COMMITTED, UTC, autocommit,
 * strict SQL mode, utf8mb4, with connect, read and write timeouts and no automatic reconnect.
 * After a failed connect, or a read past 2 s, the breaker is open: db_get fails at once
 * with ERR_UNAVAILABLE (retry_after 1) while one probe a second runs in the caller
 * that finds it due. Sets the clock's offset from the server. */
struct db_conn *db_get(struct db *db, struct error *err);
void db_put(struct db *db, struct db_conn *c);     /* closes it when it is broken; NULL accepted */
bool db_healthy(struct db *db);                    /* the breaker is closed */
/* Why the last connect failed, for the operator ("" when none did): names the host and the user. */
void db_last_failure(struct db *db, char *out, size_t size);
/* A connection outside the pool for migrations, reports and doctor: reads may take an hour, locks
 * a minute, and neither opens the breaker. Back by db_put, which closes it. */
#define DB_PATIENT_S 3600
struct db_conn *db_get_patient(struct db *db, struct error *err);
size_t db_max_packet(const struct db_conn *c);     /* bytes, read at connect */

/* Typed binds. Pointers must stay valid during the call only. */
enum db_type { DB_NULL, DB_INT, DB_BYTES, DB_DOUBLE, DB_TEXT };   /* bytes are binary, text is UTF-8 */
struct db_arg {
	enum db_type type;
	int64_t      i;
	double       d;
	const void  *p;
	size_t       n;
};
static inline struct db_arg db_int(int64_t v)
{
	return (struct db_arg){.type = DB_INT, .i = v};
}
static inline struct db_arg db_null(void)
{
	return (struct db_arg){.type = DB_NULL};
}
static inline struct db_arg db_bytes(const void *p, size_t n)
{
	return p ? (struct db_arg){.type = DB_BYTES, .p = p, .n = n} : db_null();
}
static inline struct db_arg db_id(const struct id *id)
{
	return id ? db_bytes(id->b, sizeof id->b) : db_null();
}
struct db_arg db_str(const char *s);               /* NULL binds NULL */
static inline struct db_arg db_opt_int(int64_t v)  /* 0 binds NULL: times, counts that may be unknown */
{
	return v ? db_int(v) : db_null();
}

/* Runs a statement that returns no rows. sql must be a string literal or live as
 * long as the process: prepared statements are kept by its address, made anew after
 * a reconnect. affected may be NULL (rows matched, not rows changed). */
bool db_exec(struct db_conn *c, const char *sql, const struct db_arg *args, unsigned n,
             uint64_t *affected, struct error *err);

/* The same statement for each of `rows` rows of `cols` arguments (row-major), in as
 * few packets as the server and max_allowed_packet allow: MariaDB's array binding where client and server
 * have it, else row by row. A column must have one type in all rows (or NULL).
 * affected is the sum. Call inside a transaction when all-or-nothing matters. */
bool db_exec_rows(struct db_conn *c, const char *sql, const struct db_arg *args,
                  unsigned cols, unsigned rows, uint64_t *affected, struct error *err);

/* Runs a query; then db_next until it returns 0 (no more) or -1 (error), then db_end
 * always. Columns are read by position. */
bool db_query(struct db_conn *c, const char *sql, const struct db_arg *args, unsigned n,
              struct error *err);
int  db_next(struct db_conn *c, struct error *err);
void db_end(struct db_conn *c);
bool        db_is_null(struct db_conn *c, unsigned col);
int64_t     db_col_int(struct db_conn *c, unsigned col);               /* NULL gives 0 */
double      db_col_double(struct db_conn *c, unsigned col);
const char *db_col_bytes(struct db_conn *c, unsigned col, size_t *n);  /* NULL gives NULL */
const char *db_col_str(struct db_conn *c, unsigned col);               /* NUL-terminated; NULL gives NULL */
bool        db_col_id(struct db_conn *c, unsigned col, struct id *out);/* false when NULL or not 16 bytes */
/* What the last db_exec gave to LAST_INSERT_ID(n), or made for an AUTO_INCREMENT column; 0 nothing. */
uint64_t db_last_id(const struct db_conn *c);
/* The first row's first column as an integer; *found false when there is no row. found may be NULL. */
bool db_query_int(struct db_conn *c, const char *sql, const struct db_arg *args, unsigned n,
                  int64_t *out, bool *found, struct error *err);

/* Statements with a list of k values: "… WHERE id IN (%s)" cannot be prepared for each k, so
 * lists are padded: db_list_size(k) is the next of 1, 4, 16, 64; pad with the last value.
 * db_list_sql returns a process-lived statement with that many groups ("?" or "(?,?)")
 * in place of the one %s in fmt; fmt is a literal, kept by address. */
unsigned    db_list_size(unsigned k);
const char *db_list_sql(const char *fmt, const char *group, unsigned size);
#define DB_LIST_MAX 64

/* Text protocol, for migrations and reports only: one statement, no binds. */
bool db_run_text(struct db_conn *c, const char *sql, struct error *err);

/* BEGIN is a round trip of its own: 6 to 10 µs on a Unix socket beside a durable COMMIT of 300 µs and
 * more, so COMMIT AND CHAIN, or sessions without autocommit, would save two or three per cent of
 * a lone transaction, nothing of a batch, and leave transactions open behind single statements. */
bool db_begin(struct db_conn *c, struct error *err);
bool db_commit(struct db_conn *c, struct error *err);
void db_rollback(struct db_conn *c);

/* Runs body between BEGIN and COMMIT; after 1213, 1020, 1047, or 1205 (rolled back), it is run
 * again with jitter, up to 8 times; after a connection lost before COMMIT, on another
 * host. When the outcome of COMMIT is unknown, applied is asked on a fresh connection:
 * 1 applied, 0 not (body runs again), -1 cannot say (error with outcome_unknown).
 * body must be repeatable: it resets what it collects when it starts. applied may be NULL when
 * repeating is harmless. */
typedef bool (*db_body)(struct db_conn *c, void *ctx, struct error *err);
typedef int (*db_applied)(struct db_conn *c, void *ctx);
bool db_transaction(struct db *db, db_body body, db_applied applied, void *ctx, struct error *err);

/* The same on a connection that the caller keeps (a daemon's own); *c may be replaced. */
bool db_transaction_on(struct db *db, struct db_conn **c, db_body body, db_applied applied,
                       void *ctx, struct error *err);

/* The same in as few round trips as there are reads that depend on each other, and one: what returns nothing is kept back
 * and sent with the next read or with COMMIT. So db_exec and db_exec_rows succeed before they were run, unless `affected`
 * is asked for; what is wrong with them is told by the next read or the commit. For few rows: they are sent as text, and
 * what is larger than 16 KiB by itself. Pays for a lone transaction; a batch is better prepared. */
bool db_transaction_packed(struct db *db, struct db_conn **c, db_body body, db_applied applied, void *ctx,
                           struct error *err);
/* In such a transaction: the db_query of the same text and values that follows later is sent with the next one. */
void db_ahead(struct db_conn *c, const char *sql, const struct db_arg *args, unsigned n);

/* The clock is the database's: sets it by what the server said its time is (ms), between these two instants of the host's
 * own clock. Every connect does; who waits for instants does now and then. */
void db_clock_set(int64_t server_ms, int64_t sent_ms, int64_t got_ms);
int64_t db_clock_host_ms(void);

/* The database is away or busy: the same may succeed later. */
static inline bool db_error_passes(const struct error *err)
{
	return err->code == ERR_UNAVAILABLE || err->outcome_unknown;
}
/* Rolled back by the server in favour of another transaction, of this host or another: to be repeated at once. */
bool db_error_rolled_back(const struct error *err);

/* Statements sent by this process since it started: round trips are counted in tests. */
struct db_counters { uint64_t statements, round_trips, transactions, retries, connects; };
struct db_counters db_counters(const struct db *db);

#endif
