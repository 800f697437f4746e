/* Prepared statements: kept by each connection under the address of their text, executed in one
 * round trip, for many rows at once where client and server can. */
#include "db/db_priv.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define CACHE_FIRST 64
#define PARAMS_MAX  512             /* DB_LIST_MAX groups of eight */

struct db_arg db_str(const char *s)
{
	return s ? (struct db_arg){.type = DB_TEXT, .p = s, .n = strlen(s)} : db_null();
}

/* ---- errors ---- */

static bool is_among(unsigned number, const unsigned *list, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (list[i] == number)
			return true;
	return false;
}

bool db_number_lost(unsigned number)
{
	static const unsigned lost[] = {
		DBE_NO_SOCKET, DBE_NO_HOST, DBE_GONE, DBE_LOST, DBE_LOST_AT, DBE_HANDSHAKE, DBE_TLS,
		DBE_MALFORMED, DBE_OUT_OF_SYNC, DBE_TOO_MANY_CONNECTIONS, DBE_NODE_NOT_READY,
		DBE_SHUTDOWN, DBE_COMMIT_FAILED, DBE_READ_ONLY, DBE_READ_ONLY_MODE, DBE_KILLED};

	return is_among(number, lost, sizeof lost / sizeof *lost);
}

bool db_number_repeat(unsigned number)
{
	static const unsigned repeat[] = {DBE_DEADLOCK, DBE_RECORD_CHANGED, DBE_NODE_NOT_READY,
	                                  DBE_LOCK_WAIT};

	return is_among(number, repeat, sizeof repeat / sizeof *repeat);
}

/* Full, out of something, or told to stop: nothing that the statement is to blame for. */
static bool is_pressed(unsigned number)
{
	static const unsigned pressed[] = {
		DBE_CANNOT_LOCK, DBE_DISK_FULL, DBE_WRITE_FAILED, DBE_ENGINE, DBE_NO_MEMORY, DBE_NO_SORT_MEMORY,
		DBE_NO_RESOURCES, DBE_TABLE_FULL, DBE_NO_THREAD, DBE_USER_LIMIT, DBE_INTERRUPTED,
		DBE_STATEMENT_TIME, DBE_EXECUTION_TIME};

	return is_among(number, pressed, sizeof pressed / sizeof *pressed);
}

bool db_error_rolled_back(const struct error *err)
{
	return db_number_repeat((unsigned)err->db_errno) && !db_number_lost((unsigned)err->db_errno);
}

bool db_too_large(size_t bytes, size_t limit, struct error *err)
{
	err_set(err, ERR_PAYLOAD_TOO_LARGE, "A row of %zu bytes is larger than the database takes"
	        " (max_allowed_packet is %zu)", bytes, limit);
	if (err)
		err->db_errno = DBE_PACKET_TOO_LARGE;
	return false;
}

bool db_fail(struct db_conn *c, unsigned number, const char *text, const char *doing,
             struct error *err)
{
	bool lost = db_number_lost(number), passes = lost || db_number_repeat(number) || is_pressed(number);

	if (number == DBE_PACKET_TOO_LARGE || number == DBE_OWN_PACKET_TOO_LARGE) {
		/* the server hangs up after it */
		db_lose(c, false);
		return db_too_large(0, c->max_packet, err);
	}
	if (lost)
		db_lose(c, true);
	err_set(err, passes ? ERR_UNAVAILABLE : ERR_INTERNAL, "The database refused to %s: %s",
	        doing, text);
	if (err) {
		err->db_errno = (int)number;
		err->retryable = passes;
		err->retry_after = passes;
	}
	return false;
}

/* An error between two rows (a deadlock, a lock that was waited for too long) is the connection's alone. */
bool statement_fail(struct db_conn *c, struct statement *s, const char *doing, struct error *err)
{
	if (mysql_stmt_errno(s->handle) == 0)
		return db_fail(c, mysql_errno(c->mysql), mysql_error(c->mysql), doing, err);
	return db_fail(c, mysql_stmt_errno(s->handle), mysql_stmt_error(s->handle), doing, err);
}

/* ---- the cache ---- */

static unsigned slot_of(const struct db_conn *c, const char *sql)
{
	/* Fibonacci hashing: literals lie close together */
	uint64_t h = (uint64_t)(uintptr_t)sql * UINT64_C(0x9E3779B97F4A7C15);
	unsigned i = (unsigned)(h >> 32) & (c->cache_size - 1);

	while (c->cache[i] && c->cache[i]->sql != sql)
		i = (i + 1) & (c->cache_size - 1);
	return i;
}

static void cache_grow(struct db_conn *c)
{
	struct statement **old = c->cache;
	unsigned i, n = c->cache_size;

	c->cache_size = n ? 2 * n : CACHE_FIRST;
	c->cache = mem_array(c->cache_size, sizeof *c->cache);
	for (i = 0; i < n; i++)
		if (old[i])
			c->cache[slot_of(c, old[i]->sql)] = old[i];
	mem_free(old);
}

static void statement_free(struct statement *s)
{
	if (s->handle)
		mysql_stmt_close(s->handle);
	columns_free(s);
	mem_free(s);
}

void statements_drop(struct db_conn *c)
{
	unsigned i;

	for (i = 0; i < c->cache_size; i++)
		if (c->cache[i])
			statement_free(c->cache[i]);
	mem_free(c->cache);
	c->cache = NULL;
	c->cache_size = c->cache_used = 0;
	c->reading = NULL;
}

static bool prepare(struct db_conn *c, struct statement *s, struct error *err)
{
	int rc;

	s->handle = mysql_stmt_init(c->mysql);
	INVARIANT(s->handle, "no memory for a statement");
	db_wait_begin(c);
	rc = mysql_stmt_prepare(s->handle, s->sql, strlen(s->sql));
	db_wait_end(c);
	if (rc != 0)
		return statement_fail(c, s, "prepare a statement", err);
	s->params = (unsigned)mysql_stmt_param_count(s->handle);
	INVARIANT(s->params <= PARAMS_MAX, "a statement has too many parameters");
	return columns_prepare(c, s, err);
}

struct statement *statement_get(struct db_conn *c, const char *sql, struct error *err)
{
	struct statement *s;
	unsigned i;

	if (2 * c->cache_used >= c->cache_size)
		cache_grow(c);
	i = slot_of(c, sql);
	if (c->cache[i])
		return c->cache[i];
	s = mem_zalloc(sizeof *s);
	s->sql = sql;
	if (!prepare(c, s, err)) {
		statement_free(s);
		return NULL;
	}
	c->cache[i] = s;
	c->cache_used++;
	return s;
}

/* ---- one execution ---- */

/* An upper bound of what a row of arguments takes in a packet. */
size_t db_row_bytes(const struct db_arg *args, unsigned n)
{
	size_t bytes = 32;
	unsigned i;

	for (i = 0; i < n; i++)
		bytes += 12 + (args[i].type == DB_BYTES || args[i].type == DB_TEXT ? args[i].n : 0);
	return bytes;
}

/* Bytes are sent as binary, text in the connection's character set: an index on a text column
 * serves only the latter, and binary ids must not be taken for text. */
enum enum_field_types db_type_of(enum db_type t)
{
	static const enum enum_field_types types[] = {
		[DB_NULL] = MYSQL_TYPE_NULL, [DB_INT] = MYSQL_TYPE_LONGLONG,
		[DB_BYTES] = MYSQL_TYPE_BLOB, [DB_DOUBLE] = MYSQL_TYPE_DOUBLE,
		[DB_TEXT] = MYSQL_TYPE_STRING};

	return types[t];
}

static void bind_arg(MYSQL_BIND *b, const struct db_arg *a)
{
	b->buffer_type = db_type_of(a->type);
	if (a->type == DB_INT) {
		b->buffer = (void *)(uintptr_t)&a->i;
	} else if (a->type == DB_DOUBLE) {
		b->buffer = (void *)(uintptr_t)&a->d;
	} else if (a->type != DB_NULL) {
		b->buffer = (void *)(uintptr_t)a->p;
		b->buffer_length = a->n;
	}
}

bool statement_execute(struct db_conn *c, struct statement *s, struct error *err)
{
	int rc;

	atomic_fetch_add_explicit(&c->db->statements, 1, memory_order_relaxed);
	db_wait_begin(c);
	rc = mysql_stmt_execute(s->handle);
	db_wait_end(c);
	if (rc == 0)
		return true;
	statement_fail(c, s, "execute a statement", err);
	/* a write by itself may have been applied before the connection was lost */
	if (err && c->broken && !c->in_tx && s->column_count == 0)
		err->outcome_unknown = true;
	return false;
}

bool statement_run(struct db_conn *c, struct statement *s, const struct db_arg *args, unsigned n,
                   struct error *err)
{
	MYSQL_BIND binds[PARAMS_MAX];
	size_t bytes = db_row_bytes(args, n);
	unsigned i;

	INVARIANT(n == s->params, "a statement is given too many or too few arguments");
	if (bytes > c->max_packet)
		return db_too_large(bytes, c->max_packet, err);
	if (n > 0) {
		memset(binds, 0, n * sizeof *binds);
		for (i = 0; i < n; i++)
			bind_arg(&binds[i], &args[i]);
		if (mysql_stmt_bind_param(s->handle, binds) != 0)
			return statement_fail(c, s, "bind arguments", err);
	}
	return statement_execute(c, s, err);
}

bool db_exec(struct db_conn *c, const char *sql, const struct db_arg *args, unsigned n,
             uint64_t *affected, struct error *err)
{
	struct statement *s;
	bool taken;

	if (!db_conn_ready(c, err) || !pack_exec(c, sql, args, n, 1, affected != NULL, &taken, err))
		return false;
	if (taken)
		return true;
	if (!(s = statement_get(c, sql, err)) || !statement_run(c, s, args, n, err))
		return false;
	if (affected)
		*affected = mysql_stmt_affected_rows(s->handle);
	c->last_id = mysql_stmt_insert_id(s->handle);
	return true;
}

uint64_t db_last_id(const struct db_conn *c)
{
	return c->last_id;
}

/* ---- the text protocol ---- */

bool db_text_run(struct db_conn *c, const char *sql, struct error *err)
{
	bool ok, more;

	atomic_fetch_add_explicit(&c->db->statements, 1, memory_order_relaxed);
	db_wait_begin(c);
	ok = mysql_real_query(c->mysql, sql, strlen(sql)) == 0;
	more = ok && (mysql_field_count(c->mysql) > 0 || mysql_more_results(c->mysql));
	while (more) {
		mysql_free_result(mysql_store_result(c->mysql));
		more = mysql_more_results(c->mysql);
		ok = !more || mysql_next_result(c->mysql) == 0;
		more = more && ok;
	}
	db_wait_end(c);
	return ok || db_fail(c, mysql_errno(c->mysql), mysql_error(c->mysql), "run a statement", err);
}

bool db_run_text(struct db_conn *c, const char *sql, struct error *err)
{
	if (!db_conn_ready(c, err))
		return false;
	if (db_text_run(c, sql, err))
		return true;
	if (err && c->broken && !c->in_tx)
		err->outcome_unknown = true;
	return false;
}
