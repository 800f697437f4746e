/* schema_migrations and schema_statements: what has been applied. */
#include "store/migrate_priv.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

#define NO_SUCH_TABLE 1146

void statement_checksum(const char *sql, uint8_t out[SHA256_SIZE])
{
	crypto_sha256(sql, strlen(sql), out);
}

bool records_create_tables(struct db_conn *c, struct error *err)
{
	static const char *const statements[] = {
		"CREATE TABLE IF NOT EXISTS schema_lock ("
		" id TINYINT NOT NULL, owner VARCHAR(64) CHARACTER SET utf8mb4 NOT NULL,"
		" expires_at BIGINT NOT NULL, PRIMARY KEY (id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
		"CREATE TABLE IF NOT EXISTS schema_migrations ("
		" version INT UNSIGNED NOT NULL, name VARCHAR(128) NOT NULL,"
		" oldest_program VARCHAR(32) NOT NULL, started_at BIGINT NOT NULL,"
		" completed_at BIGINT NULL, PRIMARY KEY (version))"
		" ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
		"CREATE TABLE IF NOT EXISTS schema_statements ("
		" version INT UNSIGNED NOT NULL, seq INT UNSIGNED NOT NULL,"
		" checksum BINARY(32) NOT NULL, started_at BIGINT NOT NULL, completed_at BIGINT NULL,"
		" PRIMARY KEY (version, seq)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
		"INSERT IGNORE INTO schema_lock (id, owner, expires_at) VALUES (1, '', 0)"};
	unsigned i;

	for (i = 0; i < sizeof statements / sizeof *statements; i++)
		if (!db_run_text(c, statements[i], err))
			return false;
	return true;
}

static void read_migration(struct db_conn *c, struct records *r)
{
	struct migration *m;

	r->migrations = mem_grow(r->migrations, (r->migration_count + 1) * sizeof *r->migrations);
	m = &r->migrations[r->migration_count++];
	memset(m, 0, sizeof *m);
	m->version = (unsigned)db_col_int(c, 0);
	snprintf(m->name, sizeof m->name, "%s", db_col_str(c, 1));
	snprintf(m->oldest_program, sizeof m->oldest_program, "%s", db_col_str(c, 2));
	m->completed_at = db_col_int(c, 3);
	m->complete = m->completed_at != 0;
}

static void read_statement(struct db_conn *c, struct records *r)
{
	struct record *s;
	const char *sum;
	size_t n;

	r->items = mem_grow(r->items, (r->n + 1) * sizeof *r->items);
	s = &r->items[r->n++];
	memset(s, 0, sizeof *s);
	s->version = (unsigned)db_col_int(c, 0);
	s->seq = (unsigned)db_col_int(c, 1);
	sum = db_col_bytes(c, 2, &n);
	if (n == sizeof s->checksum)
		memcpy(s->checksum, sum, n);
	s->done = !db_is_null(c, 3);
}

static bool read_rows(struct db_conn *c, struct records *r, const char *sql,
                      void (*each)(struct db_conn *c, struct records *r), struct error *err)
{
	struct error why = {0};
	int got;

	if (!db_query(c, sql, NULL, 0, &why)) {
		if (why.db_errno == NO_SUCH_TABLE)
			return true;
		if (err)
			*err = why;
		return false;
	}
	while ((got = db_next(c, err)) == 1)
		each(c, r);
	db_end(c);
	return got == 0;
}

bool records_read(struct db_conn *c, struct records *r, struct error *err)
{
	memset(r, 0, sizeof *r);
	if (read_rows(c, r, "SELECT version, name, oldest_program, completed_at"
	              " FROM schema_migrations ORDER BY version", read_migration, err) &&
	    read_rows(c, r, "SELECT version, seq, checksum, completed_at"
	              " FROM schema_statements ORDER BY version, seq", read_statement, err))
		return true;
	records_release(r);
	return false;
}

void records_release(struct records *r)
{
	mem_free(r->items);
	mem_free(r->migrations);
	memset(r, 0, sizeof *r);
}

const struct record *records_find(const struct records *r, unsigned version, unsigned seq)
{
	unsigned i;

	for (i = 0; i < r->n; i++)
		if (r->items[i].version == version && r->items[i].seq == seq)
			return &r->items[i];
	return NULL;
}

bool record_migration(struct db_conn *c, const struct migration_file *f, struct error *err)
{
	static const char sql[] =
		"INSERT INTO schema_migrations (version, name, oldest_program, started_at)"
		" VALUES (?, ?, ?, ?)"
		" ON DUPLICATE KEY UPDATE name = VALUES(name), oldest_program = VALUES(oldest_program)";
	struct db_arg args[4] = {db_int(f->version), db_str(f->name), db_str(f->oldest_program),
	                         db_int(clock_now_ms())};

	return db_exec(c, sql, args, 4, NULL, err);
}

bool record_complete(struct db_conn *c, unsigned version, struct error *err)
{
	static const char sql[] = "UPDATE schema_migrations SET completed_at = ? WHERE version = ?";
	struct db_arg args[2] = {db_int(clock_now_ms()), db_int(version)};

	return db_exec(c, sql, args, 2, NULL, err);
}

bool record_begin(struct db_conn *c, unsigned version, unsigned seq, const uint8_t *checksum,
                  struct error *err)
{
	static const char sql[] =
		"INSERT INTO schema_statements (version, seq, checksum, started_at)"
		" VALUES (?, ?, ?, ?) ON DUPLICATE KEY UPDATE checksum = VALUES(checksum)";
	struct db_arg args[4] = {db_int(version), db_int(seq), db_bytes(checksum, SHA256_SIZE),
	                         db_int(clock_now_ms())};

	return db_exec(c, sql, args, 4, NULL, err);
}

bool record_done(struct db_conn *c, unsigned version, unsigned seq, struct error *err)
{
	static const char sql[] =
		"UPDATE schema_statements SET completed_at = ? WHERE version = ? AND seq = ?";
	struct db_arg args[3] = {db_int(clock_now_ms()), db_int(version), db_int(seq)};

	return db_exec(c, sql, args, 3, NULL, err);
}

bool record_forget(struct db_conn *c, unsigned version, unsigned seq, struct error *err)
{
	static const char sql[] = "DELETE FROM schema_statements"
				  " WHERE version = ? AND seq = ? AND completed_at IS NULL";
	struct db_arg args[2] = {db_int(version), db_int(seq)};

	return db_exec(c, sql, args, 2, NULL, err);
}
