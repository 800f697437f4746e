/* Reading rows: as they come in from the server, into buffers that each statement keeps and that
 * grow when a longer value comes. */
#include "db/db_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

#define TEXT_FIRST 128              /* bytes of a new column's buffer at most */
#define TEXT_KEEP  16384            /* a longer buffer is given back at the end of the query */

static enum enum_field_types bound_type(enum enum_field_types t)
{
	switch (t) {
	case MYSQL_TYPE_TINY:
	case MYSQL_TYPE_SHORT:
	case MYSQL_TYPE_INT24:
	case MYSQL_TYPE_LONG:
	case MYSQL_TYPE_LONGLONG:
	case MYSQL_TYPE_YEAR:
		return MYSQL_TYPE_LONGLONG;
	case MYSQL_TYPE_FLOAT:
	case MYSQL_TYPE_DOUBLE:
		return MYSQL_TYPE_DOUBLE;
	default:
		return MYSQL_TYPE_STRING;
	}
}

static void bind_column(struct column *col, MYSQL_BIND *b)
{
	b->buffer_type = col->type;
	b->is_null = &col->null;
	b->error = &col->error;
	b->length = &col->length;
	if (col->type == MYSQL_TYPE_STRING) {
		b->buffer = col->buf;
		b->buffer_length = col->cap - 1;
	} else {
		b->buffer = &col->value;
		b->buffer_length = sizeof col->value;
	}
}

static void column_first(struct column *col, const MYSQL_FIELD *field)
{
	col->type = bound_type(field->type);
	if (col->type != MYSQL_TYPE_STRING)
		return;
	col->cap = 1 + (field->length < TEXT_FIRST ? field->length : TEXT_FIRST);
	col->buf = mem_alloc(col->cap);
	col->buf[0] = '\0';
}

bool columns_prepare(struct db_conn *c, struct statement *s, struct error *err)
{
	MYSQL_RES *meta = mysql_stmt_result_metadata(s->handle);
	unsigned i;

	if (!meta)
		return mysql_stmt_errno(s->handle) == 0 || statement_fail(c, s, "describe a result", err);
	s->column_count = mysql_num_fields(meta);
	s->columns = mem_array(s->column_count, sizeof *s->columns);
	s->binds = mem_array(s->column_count, sizeof *s->binds);
	for (i = 0; i < s->column_count; i++) {
		const MYSQL_FIELD *field = mysql_fetch_field_direct(meta, i);

		column_first(&s->columns[i], field);
		/* the bits are kept, whoever reads an unsigned column casts */
		s->binds[i].is_unsigned = (field->flags & UNSIGNED_FLAG) != 0;
		bind_column(&s->columns[i], &s->binds[i]);
	}
	mysql_free_result(meta);
	return mysql_stmt_bind_result(s->handle, s->binds) == 0 ||
		statement_fail(c, s, "bind a result", err);
}

void columns_free(struct statement *s)
{
	unsigned i;

	for (i = 0; i < s->column_count; i++)
		mem_free(s->columns[i].buf);
	mem_free(s->columns);
	mem_free(s->binds);
}

static bool run_query(struct db_conn *c, const char *sql, const struct db_arg *args, unsigned n,
                      struct error *err)
{
	struct statement *s;

	if (!db_conn_ready(c, err) || !(s = statement_get(c, sql, err)))
		return false;
	INVARIANT(s->column_count > 0, "db_query is for statements that return rows");
	if (!statement_run(c, s, args, n, err))
		return false;
	c->reading = s;
	return true;
}

bool db_query(struct db_conn *c, const char *sql, const struct db_arg *args, unsigned n,
              struct error *err)
{
	bool taken;

	if (!pack_query(c, sql, args, n, &taken, err))
		return false;
	if (taken)
		return true;
	if (run_query(c, sql, args, n, err))
		return true;
	/* a read outside a transaction may be asked of the next host, but a slow one is not asked twice */
	return !c->in_tx && c->broken && db_healthy(c->db) && run_query(c, sql, args, n, err);
}

/* The value was longer than its buffer: a larger one, and once more from the row at hand. */
static bool fetch_long(struct db_conn *c, struct statement *s, unsigned i, struct error *err)
{
	struct column *col = &s->columns[i];

	col->cap = (col->length + 64) & ~(size_t)63;
	col->cap += col->cap == col->length ? 64 : 0;
	mem_free(col->buf);
	col->buf = mem_alloc(col->cap);
	bind_column(col, &s->binds[i]);
	return mysql_stmt_fetch_column(s->handle, &s->binds[i], i, 0) == 0 ||
		statement_fail(c, s, "read a column", err);
}

static bool finish_row(struct db_conn *c, struct statement *s, struct error *err)
{
	bool grown = false;
	unsigned i;

	for (i = 0; i < s->column_count; i++) {
		struct column *col = &s->columns[i];

		if (col->type != MYSQL_TYPE_STRING || col->null)
			continue;
		if (col->length >= col->cap) {
			grown = true;
			if (!fetch_long(c, s, i, err))
				return false;
		}
		col->buf[col->length] = '\0';
	}
	return !grown || mysql_stmt_bind_result(s->handle, s->binds) == 0 ||
		statement_fail(c, s, "bind a result", err);
}

int db_next(struct db_conn *c, struct error *err)
{
	struct statement *s = c->reading;
	int rc;

	INVARIANT(s, "db_next without a query");
	if (s == &c->pack.read)
		return pack_next(c);
	atomic_store_explicit(&c->busy_us, clock_mono_us(), memory_order_relaxed);
	rc = mysql_stmt_fetch(s->handle);
	atomic_store_explicit(&c->busy_us, 0, memory_order_relaxed);
	if (rc == MYSQL_NO_DATA)
		return 0;
	if (rc != 0 && rc != MYSQL_DATA_TRUNCATED) {
		statement_fail(c, s, "read a row", err);
		return -1;
	}
	return finish_row(c, s, err) ? 1 : -1;
}

void db_end(struct db_conn *c)
{
	struct statement *s = c->reading;
	bool shrunk = false;
	unsigned i;

	if (!s)
		return;
	if (s == &c->pack.read) {
		pack_end(c);
		return;
	}
	c->reading = NULL;
	mysql_stmt_free_result(s->handle);
	for (i = 0; i < s->column_count; i++) {
		struct column *col = &s->columns[i];

		if (col->cap <= TEXT_KEEP)
			continue;
		mem_free(col->buf);
		col->cap = TEXT_FIRST;
		col->buf = mem_alloc(col->cap);
		bind_column(col, &s->binds[i]);
		shrunk = true;
	}
	if (shrunk)
		mysql_stmt_bind_result(s->handle, s->binds);
}

static struct column *column_of(struct db_conn *c, unsigned col)
{
	INVARIANT(c->reading && col < c->reading->column_count, "no such column");
	return &c->reading->columns[col];
}

bool db_is_null(struct db_conn *c, unsigned col)
{
	return column_of(c, col)->null;
}

int64_t db_col_int(struct db_conn *c, unsigned col)
{
	const struct column *k = column_of(c, col);

	if (k->null)
		return 0;
	if (k->type == MYSQL_TYPE_LONGLONG)
		return k->value.i;
	if (k->type == MYSQL_TYPE_DOUBLE)
		return (int64_t)k->value.d;
	return strtoll(k->buf, NULL, 10);   /* sums are decimals */
}

double db_col_double(struct db_conn *c, unsigned col)
{
	const struct column *k = column_of(c, col);

	if (k->null)
		return 0;
	if (k->type == MYSQL_TYPE_LONGLONG)
		return (double)k->value.i;
	if (k->type == MYSQL_TYPE_DOUBLE)
		return k->value.d;
	return strtod(k->buf, NULL);
}

const char *db_col_bytes(struct db_conn *c, unsigned col, size_t *n)
{
	const struct column *k = column_of(c, col);

	*n = 0;
	if (k->null)
		return NULL;
	if (k->type == MYSQL_TYPE_STRING) {
		*n = k->length;
		return k->buf;
	}
	if (k->type == MYSQL_TYPE_LONGLONG)
		*n = (size_t)snprintf(c->number, sizeof c->number, "%" PRId64, (int64_t)k->value.i);
	else
		*n = (size_t)snprintf(c->number, sizeof c->number, "%.17g", k->value.d);
	return c->number;
}

const char *db_col_str(struct db_conn *c, unsigned col)
{
	size_t n;

	return db_col_bytes(c, col, &n);
}

bool db_col_id(struct db_conn *c, unsigned col, struct id *out)
{
	size_t n;
	const char *p = db_col_bytes(c, col, &n);

	if (!p || n != sizeof out->b)
		return false;
	memcpy(out->b, p, n);
	return true;
}

bool db_query_int(struct db_conn *c, const char *sql, const struct db_arg *args, unsigned n,
                  int64_t *out, bool *found, struct error *err)
{
	int got;

	*out = 0;
	if (found)
		*found = false;
	if (!db_query(c, sql, args, n, err))
		return false;
	got = db_next(c, err);
	if (got == 1) {
		*out = db_col_int(c, 0);
		if (found)
			*found = true;
	}
	db_end(c);
	return got >= 0;
}
