/* One statement for many rows: by array binding where client and server have it, in as few packets as
 * max_allowed_packet allows; else row by row. */
#include "db/db_priv.h"

#include <string.h>

#include "base/mem.h"

#define BULK_ROWS 4096              /* per packet: bounds the server's memory for one */

static bool exec_each(struct db_conn *c, struct statement *s, const struct db_arg *args,
                      unsigned cols, unsigned rows, uint64_t *affected, struct error *err)
{
	unsigned i;

	for (i = 0; i < rows; i++) {
		if (!statement_run(c, s, args + (size_t)i * cols, cols, err))
			return false;
		*affected += mysql_stmt_affected_rows(s->handle);
	}
	return true;
}

#if DB_HAVE_BULK
/* The columns of a packet, as array binding wants them: an array per column. */
struct bulk {
	MYSQL_BIND    *binds;            /* cols */
	void         **pointers;         /* cols × rows, of text and bytes */
	int64_t       *numbers;          /* cols × rows, of integers and doubles */
	unsigned long *lengths;          /* cols × rows */
	char          *indicators;       /* cols × rows */
	char          *memory;
};

static void bulk_alloc(struct bulk *k, unsigned cols, unsigned rows)
{
	size_t cells = (size_t)cols * rows;
	char *at;

	at = k->memory = mem_zalloc(cols * sizeof *k->binds +
		cells * (sizeof *k->pointers + sizeof *k->numbers + sizeof *k->lengths + 1));
	k->binds = (void *)at;
	at += cols * sizeof *k->binds;
	k->pointers = (void *)at;
	at += cells * sizeof *k->pointers;
	k->numbers = (void *)at;
	at += cells * sizeof *k->numbers;
	k->lengths = (void *)at;
	at += cells * sizeof *k->lengths;
	k->indicators = at;
}

/* The one type of a column, NULL if all its rows are. */
static enum db_type column_type(const struct db_arg *args, unsigned cols, unsigned rows)
{
	enum db_type type = DB_NULL;
	unsigned i;

	for (i = 0; i < rows; i++) {
		enum db_type t = args[(size_t)i * cols].type;

		INVARIANT(t == DB_NULL || type == DB_NULL || t == type,
		          "a column has two types in one call");
		type = t == DB_NULL ? type : t;
	}
	return type;
}

static void bulk_column(struct bulk *k, unsigned col, const struct db_arg *args, unsigned cols,
                        unsigned rows)
{
	size_t first = (size_t)col * rows;
	MYSQL_BIND *b = &k->binds[col];
	enum db_type type = column_type(args + col, cols, rows);
	unsigned i;

	for (i = 0; i < rows; i++) {
		const struct db_arg *a = &args[(size_t)i * cols + col];

		k->indicators[first + i] = a->type == DB_NULL ? STMT_INDICATOR_NULL : STMT_INDICATOR_NONE;
		k->pointers[first + i] = (void *)(uintptr_t)a->p;
		k->lengths[first + i] = a->n;
		if (a->type == DB_INT)
			k->numbers[first + i] = a->i;
		else if (a->type == DB_DOUBLE)
			memcpy(&k->numbers[first + i], &a->d, sizeof a->d);
	}
	/* a column of NULLs needs some type too */
	b->buffer_type = db_type_of(type == DB_NULL ? DB_INT : type);
	b->buffer = type == DB_BYTES || type == DB_TEXT ? (void *)&k->pointers[first] :
		(void *)&k->numbers[first];
	b->length = &k->lengths[first];
	b->u.indicator = &k->indicators[first];
}

/* Rows that fit one packet, from the first on. */
static unsigned rows_that_fit(const struct db_arg *args, unsigned cols, unsigned rows, size_t limit)
{
	size_t bytes = 0;
	unsigned n = 0;

	while (n < rows && n < BULK_ROWS) {
		bytes += db_row_bytes(args + (size_t)n * cols, cols);
		if (n > 0 && bytes > limit)
			break;
		n++;
	}
	return n;
}

static void set_array_size(struct statement *s, unsigned rows)
{
	mysql_stmt_attr_set(s->handle, STMT_ATTR_ARRAY_SIZE, &rows);
}

static bool exec_packet(struct db_conn *c, struct statement *s, const struct db_arg *args,
                        unsigned cols, unsigned rows, uint64_t *affected, struct error *err)
{
	struct bulk k;
	unsigned i;
	bool ok;

	bulk_alloc(&k, cols, rows);
	for (i = 0; i < cols; i++)
		bulk_column(&k, i, args, cols, rows);
	set_array_size(s, rows);
	ok = mysql_stmt_bind_param(s->handle, k.binds) == 0 ? statement_execute(c, s, err) :
		statement_fail(c, s, "bind arguments", err);
	if (ok)
		*affected += mysql_stmt_affected_rows(s->handle);
	set_array_size(s, 0);
	mem_free(k.memory);
	return ok;
}

static bool exec_bulk(struct db_conn *c, struct statement *s, const struct db_arg *args,
                      unsigned cols, unsigned rows, uint64_t *affected, struct error *err)
{
	struct error refused = {0};
	unsigned done = 0;

	while (done < rows) {
		const struct db_arg *from = args + (size_t)done * cols;
		unsigned n = rows_that_fit(from, cols, rows - done, c->max_packet);

		if (n == 1 || s->no_bulk) {
			if (!exec_each(c, s, from, cols, n, affected, err))
				return false;
		} else if (!exec_packet(c, s, from, cols, n, affected, &refused)) {
			if (refused.db_errno == DBE_NOT_PREPARABLE && done == 0) {
				/* a kind of statement that takes no arrays: refused before any row */
				s->no_bulk = true;
				continue;
			}
			if (err)
				*err = refused;
			return false;
		}
		done += n;
	}
	return true;
}
#endif

bool db_exec_rows(struct db_conn *c, const char *sql, const struct db_arg *args, unsigned cols,
                  unsigned rows, uint64_t *affected, struct error *err)
{
	struct statement *s;
	uint64_t sum = 0;
	unsigned i;
	bool ok, taken;

	if (!db_conn_ready(c, err) || !pack_exec(c, sql, args, cols, rows, affected != NULL, &taken, err))
		return false;
	if (taken)
		return true;
	for (i = 0; i < rows; i++) {
		size_t bytes = db_row_bytes(args + (size_t)i * cols, cols);

		if (bytes > c->max_packet)
			return db_too_large(bytes, c->max_packet, err);
	}
	if (!(s = statement_get(c, sql, err)))
		return false;
	INVARIANT(cols == s->params, "a statement is given too many or too few arguments");
#if DB_HAVE_BULK
	if (c->bulk && cols > 0 && !s->no_bulk)
		ok = exec_bulk(c, s, args, cols, rows, &sum, err);
	else
#endif
		ok = exec_each(c, s, args, cols, rows, &sum, err);
	if (affected)
		*affected = sum;
	return ok;
}
