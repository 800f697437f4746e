/* A transaction in few packets. What returns nothing is kept back as text and goes with the next read, or with COMMIT, as
 * one packet of the text protocol; reads that are announced go with the first. Values are written as literals that need no
 * quoting: numbers, and hexadecimal digits. */
#include "db/db_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "base/mem.h"

#define PACK_TEXT_MAX  (128u << 10)   /* of a packet; what would pass it is sent as prepared statements are */
#define PACK_KEEP      (16u << 10)    /* a larger buffer is given back */
#define PACK_VALUE_MAX (16u << 10)    /* bytes of one value: its digits are twice as many */

static void pack_drop_results(struct pack *k)
{
	unsigned i;

	for (i = 0; i < k->result_count; i++)
		mysql_free_result(k->results[i].rows);
	k->result_count = 0;
}

void pack_reset(struct db_conn *c)
{
	struct pack *k = &c->pack;

	if (c->reading == &k->read)
		db_end(c);
	pack_drop_results(k);
	if (k->text.cap > PACK_KEEP)
		buf_release(&k->text);
	buf_reset(&k->text);
	k->on = false;
	k->statements = k->asked_count = 0;
}

void pack_free(struct db_conn *c)
{
	pack_reset(c);
	buf_release(&c->pack.text);
	mem_free(c->pack.read.columns);
	c->pack.read.columns = NULL;
	c->pack.read.column_count = 0;
}

static void add_hex(struct buf *b, const void *p, size_t n)
{
	buf_adds(b, "x'");
	if (buf_reserve(b, 2 * n)) {
		crypto_hex(p, n, b->data + b->len);      /* and a NUL, for which a buffer has room */
		b->len += 2 * n;
	}
	buf_addc(b, '\'');
}

static void add_value(struct buf *b, const struct db_arg *a)
{
	switch (a->type) {
	case DB_NULL:
		buf_adds(b, "NULL");
		break;
	case DB_INT:
		buf_add_int(b, a->i);
		break;
	case DB_DOUBLE:
		buf_addf(b, "%.17g", a->d);
		break;
	case DB_TEXT:
		buf_adds(b, "_utf8mb4 ");
		add_hex(b, a->p, a->n);
		break;
	case DB_BYTES:
		add_hex(b, a->p, a->n);
		break;
	}
}

/* The statement so many times, with n values in all. */
static bool fits(const struct pack *k, const char *sql, unsigned times, const struct db_arg *args, unsigned n)
{
	size_t bytes = k->text.len + times * (strlen(sql) + 1) + 16;
	unsigned i;

	for (i = 0; i < n; i++) {
		if ((args[i].type == DB_BYTES || args[i].type == DB_TEXT) && args[i].n > PACK_VALUE_MAX)
			return false;
		bytes += 32 + (args[i].type == DB_BYTES || args[i].type == DB_TEXT ? 2 * args[i].n : 0);
	}
	return bytes <= PACK_TEXT_MAX;
}

/* A statement with its values in place of its question marks, of which none may stand in a string. */
static void add_statement(struct pack *k, const char *sql, const struct db_arg *args, unsigned n)
{
	unsigned used = 0;

	if (k->text.len > 0)
		buf_addc(&k->text, ';');
	for (; *sql; sql++) {
		size_t plain = strcspn(sql, "?");

		buf_add(&k->text, sql, plain);
		sql += plain;
		if (!*sql)
			break;
		INVARIANT(used < n, "a statement is given too few arguments");
		add_value(&k->text, &args[used++]);
	}
	INVARIANT(used == n, "a statement is given too many arguments");
	k->statements++;
}

/* Keeps the rows of a result that was asked for; others have none. */
static void keep_result(struct db_conn *c, unsigned *kept)
{
	struct pack *k = &c->pack;
	MYSQL_RES *rows = mysql_store_result(c->mysql);

	if (!rows)
		return;
	if (*kept == k->asked_count || k->result_count == PACK_READS_MAX) {
		mysql_free_result(rows);
		return;
	}
	k->results[k->result_count++] = (struct pack_result){.sql = k->asked[(*kept)++], .rows = rows};
}

/* Sends what was kept back. The first statement that is refused ends it: none behind it is run. */
static bool pack_send(struct db_conn *c, const char *doing, struct error *err)
{
	struct pack *k = &c->pack;
	unsigned kept = 0;
	int next = 0;
	bool ok;

	INVARIANT(!k->text.failed, "more was kept back than is sent at once");
	if (k->text.len == 0)
		return true;
	atomic_fetch_add_explicit(&c->db->statements, k->statements, memory_order_relaxed);
	db_wait_begin(c);
	ok = mysql_real_query(c->mysql, k->text.data, k->text.len) == 0;
	while (ok && next == 0) {
		keep_result(c, &kept);
		ok = mysql_errno(c->mysql) == 0;
		next = ok ? mysql_next_result(c->mysql) : 1;
		ok = ok && next <= 0;
	}
	db_wait_end(c);
	buf_reset(&k->text);
	ok = ok || db_fail(c, mysql_errno(c->mysql), mysql_error(c->mysql), doing, err);
	k->begun = true;
	k->statements = k->asked_count = 0;
	return ok;
}

bool pack_begin(struct db_conn *c)
{
	struct pack *k = &c->pack;

	if (!k->wanted)
		return false;
	pack_reset(c);
	k->text.ceiling = 2 * PACK_TEXT_MAX;
	k->on = true;
	k->begun = false;
	add_statement(k, "BEGIN", NULL, 0);
	return true;
}

bool pack_commit(struct db_conn *c, struct error *err)
{
	bool ok;

	add_statement(&c->pack, "COMMIT", NULL, 0);
	ok = pack_send(c, "run a transaction", err);
	if (!ok && !c->broken && !db_text_run(c, "ROLLBACK", NULL))
		c->broken = true;
	pack_reset(c);
	return ok;
}

bool pack_rollback(struct db_conn *c)
{
	bool begun = c->pack.begun;

	pack_reset(c);
	return begun;
}

/* *taken: it is in the packet. Otherwise what is before it has been sent, and it is run by itself. */
bool pack_exec(struct db_conn *c, const char *sql, const struct db_arg *args, unsigned cols, unsigned rows, bool result,
               bool *taken, struct error *err)
{
	unsigned i;

	*taken = false;
	if (!c->pack.on)
		return true;
	if (result || !fits(&c->pack, sql, rows, args, cols * rows))
		return pack_send(c, "run a transaction", err);
	for (i = 0; i < rows; i++)
		add_statement(&c->pack, sql, args + (size_t)i * cols, cols);
	*taken = true;
	return true;
}

static void ask(struct pack *k, const char *sql, const struct db_arg *args, unsigned n)
{
	add_statement(k, sql, args, n);
	k->asked[k->asked_count++] = sql;
}

static bool is_asked(const struct pack *k, const char *sql)
{
	unsigned i;

	for (i = 0; i < k->asked_count; i++)
		if (k->asked[i] == sql)
			return true;
	return false;
}

void db_ahead(struct db_conn *c, const char *sql, const struct db_arg *args, unsigned n)
{
	struct pack *k = &c->pack;

	if (k->on && k->asked_count < PACK_READS_MAX && fits(k, sql, 1, args, n))
		ask(k, sql, args, n);
}

/* The first kept rows of the statement become those that are read. */
static bool take_result(struct db_conn *c, const char *sql)
{
	struct pack *k = &c->pack;
	unsigned i, fields;

	for (i = 0; i < k->result_count && k->results[i].sql != sql; i++)
		;
	if (i == k->result_count)
		return false;
	k->rows = k->results[i].rows;
	memmove(&k->results[i], &k->results[i + 1], (--k->result_count - i) * sizeof *k->results);
	fields = mysql_num_fields(k->rows);
	if (fields > k->read.column_count)
		k->read.columns = mem_grow(k->read.columns, fields * sizeof *k->read.columns);
	k->read.column_count = fields;
	c->reading = &k->read;
	return true;
}

bool pack_query(struct db_conn *c, const char *sql, const struct db_arg *args, unsigned n, bool *taken,
                struct error *err)
{
	struct pack *k = &c->pack;

	*taken = false;
	if (!k->on)
		return true;
	if (!db_conn_ready(c, err))
		return false;
	*taken = take_result(c, sql);
	if (*taken)
		return true;
	if (!is_asked(k, sql)) {
		if (k->asked_count == PACK_READS_MAX || !fits(k, sql, 1, args, n))
			return pack_send(c, "run a transaction", err);
		ask(k, sql, args, n);
	}
	if (!pack_send(c, "run a transaction", err))
		return false;
	*taken = take_result(c, sql);
	INVARIANT(*taken, "db_query is for statements that return rows");
	return true;
}

int pack_next(struct db_conn *c)
{
	struct pack *k = &c->pack;
	MYSQL_ROW row = mysql_fetch_row(k->rows);
	unsigned long *lengths = row ? mysql_fetch_lengths(k->rows) : NULL;
	unsigned i;

	if (!row)
		return 0;
	/* text, as the text protocol has it: numbers are read from their digits */
	for (i = 0; i < k->read.column_count; i++)
		k->read.columns[i] = (struct column){.type = MYSQL_TYPE_STRING, .buf = row[i], .length = lengths[i],
		                                     .null = row[i] == NULL};
	return 1;
}

void pack_end(struct db_conn *c)
{
	mysql_free_result(c->pack.rows);
	c->pack.rows = NULL;
	c->reading = NULL;
}

bool db_transaction_packed(struct db *db, struct db_conn **c, db_body body, db_applied applied, void *ctx,
                           struct error *err)
{
	bool ok;

	if (!*c && !(*c = db_get(db, err)))
		return false;
	(*c)->pack.wanted = true;
	ok = db_transaction_on(db, c, body, applied, ctx, err);
	(*c)->pack.wanted = false;
	return ok;
}
