/* Applying migrations, and judging the schema found. */
#include "config.h"

#include "store/migrate_priv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

struct run {
	struct db      *db;
	struct db_conn *c;
	const struct migrate_options *o;
	struct migrate_lock lock;
	struct records  records;
	unsigned        applied;         /* files completed */
};

int schema_version_cmp(const char *a, const char *b)
{
	while (*a || *b) {
		char *end_a, *end_b;
		unsigned long x = strtoul(a, &end_a, 10), y = strtoul(b, &end_b, 10);

		if (x != y)
			return x < y ? -1 : 1;
		a = *end_a == '.' ? end_a + 1 : "";
		b = *end_b == '.' ? end_b + 1 : "";
	}
	return 0;
}

static bool judge_program(const struct migration *m, struct error *err)
{
	return schema_version_cmp(PACKAGE_VERSION, m->oldest_program) >= 0 ||
		err_set(err, ERR_CONFLICT, "The database was migrated by %s for programs from %s on;"
		        " this one is %s: upgrade it", m->name, m->oldest_program, PACKAGE_VERSION);
}

bool schema_usable(struct db_conn *c, struct error *err)
{
	struct records r;
	unsigned i, complete = 0;    /* the newest before which, itself included, nothing is left half done */
	bool ok = true, whole = true;

	if (!records_read(c, &r, err))
		return false;
	for (i = 0; ok && i < r.migration_count; i++) {
		ok = judge_program(&r.migrations[i], err);
		whole &= r.migrations[i].complete;
		if (whole && r.migrations[i].version <= SCHEMA_NEEDED)
			complete = r.migrations[i].version;
	}
	records_release(&r);
	if (ok && complete < SCHEMA_NEEDED)
		return err_set(err, ERR_CONFLICT, "The database's schema is not up to date (it is at migration %u, this"
		               " program needs %u): run agentivctl migrate", complete, SCHEMA_NEEDED);
	return ok;
}

/* Numbers that say that a change of the schema has been made already. */
static bool says_done(int number)
{
	static const int numbers[] = {
		1007 /* database exists */, 1050 /* table exists */, 1051 /* no such table to drop */,
		1060 /* column exists */, 1061 /* key exists */, 1091 /* nothing to drop */,
		1304 /* routine exists */, 1359 /* trigger exists */, 1826 /* constraint exists */,
		3822 /* check exists */};
	unsigned i;

	for (i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (numbers[i] == number)
			return true;
	return false;
}

static bool changes_rows(const char *sql)
{
	static const char *const words[] = {"INSERT", "UPDATE", "DELETE", "REPLACE"};
	unsigned i;

	for (i = 0; i < sizeof words / sizeof *words; i++)
		if (strncasecmp(sql, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

/* The statement and its record in one transaction. */
static bool apply_rows(struct run *r, unsigned version, unsigned seq, const char *sql,
                       const uint8_t *checksum, struct error *err)
{
	if (!db_begin(r->c, err))
		return false;
	if (record_begin(r->c, version, seq, checksum, err) && db_run_text(r->c, sql, err) &&
	    record_done(r->c, version, seq, err))
		return db_commit(r->c, err);
	db_rollback(r->c);
	return false;
}

/* The mark stays when it is not known what became of the statement, and goes when it was refused. */
static bool apply_schema(struct run *r, unsigned version, unsigned seq, const char *sql,
                         const uint8_t *checksum, bool resumed, struct error *err)
{
	struct error ignored;

	if (!record_begin(r->c, version, seq, checksum, err))
		return false;
	if (!db_run_text(r->c, sql, err) && !(resumed && says_done(err->db_errno))) {
		if (!err->outcome_unknown)
			record_forget(r->c, version, seq, &ignored);
		return false;
	}
	return record_done(r->c, version, seq, err);
}

static bool apply_statement(struct run *r, const struct migration_file *f, unsigned seq,
                            const struct migration *m, struct error *err)
{
	const struct sql_statement *s = &f->statements.items[seq - 1];
	const struct record *known = records_find(&r->records, f->version, seq);
	uint8_t checksum[SHA256_SIZE];
	struct error why = {0};
	bool same, ok;

	statement_checksum(s->text, checksum);
	same = known && memcmp(known->checksum, checksum, sizeof checksum) == 0;
	if (known && known->done)
		return same || err_set(err, ERR_CONFLICT, "%s was changed at line %u after it was applied:"
		                       " restore it and write a new migration", f->name, s->line);
	if (!lock_check(&r->lock, r->c, err))
		return false;
	if (r->o->progress)
		r->o->progress(r->o->ctx, &(struct migrate_progress){.what = MIGRATE_STATEMENT,
		               .migration = m, .seq = seq, .text = s->text});
	ok = changes_rows(s->text) ? apply_rows(r, f->version, seq, s->text, checksum, &why) :
		apply_schema(r, f->version, seq, s->text, checksum, same, &why);
	if (ok)
		return true;
	if (why.code == ERR_UNAVAILABLE && err)
		*err = why;
	else
		err_set(err, ERR_EXECUTION_FAILED, "%s, line %u: %.200s (%d)", f->name, s->line,
		        why.message, why.db_errno);
	return false;
}

static void describe(const struct migration_file *f, struct migration *m)
{
	m->version = f->version;
	memcpy(m->name, f->name, sizeof m->name);
	memcpy(m->oldest_program, f->oldest_program, sizeof m->oldest_program);
	m->statements = f->statements.n;
}

static const struct migration *recorded(const struct records *r, unsigned version)
{
	unsigned i;

	for (i = 0; i < r->migration_count; i++)
		if (r->migrations[i].version == version)
			return &r->migrations[i];
	return NULL;
}

static bool fewer_than_applied(const struct records *r, const struct migration_file *f)
{
	return records_find(r, f->version, f->statements.n + 1) != NULL;
}

static bool apply_file(struct run *r, const struct migration_file *f, struct error *err)
{
	const struct migration *known = recorded(&r->records, f->version);
	struct migration m = {0};
	unsigned seq;

	describe(f, &m);
	if (fewer_than_applied(&r->records, f) ||
	    (known && known->complete && !records_find(&r->records, f->version, f->statements.n)))
		return err_set(err, ERR_CONFLICT, "%s was changed after it was applied: it has other"
		               " statements than before", f->name);
	if (!(known && known->complete) && !record_migration(r->c, f, err))
		return false;
	for (seq = 1; seq <= f->statements.n; seq++)
		if (!apply_statement(r, f, seq, &m, err))
			return false;
	if (known && known->complete)
		return true;
	if (!record_complete(r->c, f->version, err))
		return false;
	r->applied++;
	if (r->o->progress)
		r->o->progress(r->o->ctx, &(struct migrate_progress){.what = MIGRATE_APPLIED,
		               .migration = &m});
	return true;
}

/* The records are read under the lock: another may just have migrated. */
static bool apply_all(struct run *r, const struct migration_files *files, struct error *err)
{
	unsigned i;
	bool ok;

	if (!records_read(r->c, &r->records, err))
		return false;
	ok = true;
	for (i = 0; ok && i < r->records.migration_count; i++)
		ok = judge_program(&r->records.migrations[i], err);
	for (i = 0; ok && i < files->n; i++)
		ok = apply_file(r, &files->items[i], err);
	records_release(&r->records);
	return ok;
}

bool migrate_run(struct db *db, const struct migrate_options *o, unsigned *applied,
                 struct error *err)
{
	struct run r = {.db = db, .o = o};
	struct migration_files files;
	bool ok = false;

	if (applied)
		*applied = 0;
	if (!migration_files_read(o->dir, &files, err))
		return false;
	r.c = db_get_patient(db, err);
	if (!r.c || !records_create_tables(r.c, err) || !lock_take(&r.lock, db, r.c, o, err))
		goto out;
	ok = apply_all(&r, &files, err);
	lock_release(&r.lock, r.c);
	if (applied)
		*applied = r.applied;
out:
	db_put(db, r.c);
	migration_files_release(&files);
	return ok;
}

static void compare(const struct records *r, const struct migration_file *f, struct migration *m)
{
	const struct migration *known = recorded(r, f->version);
	uint8_t checksum[SHA256_SIZE];
	unsigned seq;

	describe(f, m);
	for (seq = 1; seq <= f->statements.n; seq++) {
		const struct record *s = records_find(r, f->version, seq);

		if (!s || !s->done)
			continue;
		m->applied++;
		statement_checksum(f->statements.items[seq - 1].text, checksum);
		m->changed |= memcmp(s->checksum, checksum, sizeof checksum) != 0;
	}
	m->changed |= fewer_than_applied(r, f);
	if (!known)
		return;
	m->complete = known->complete;
	m->completed_at = known->completed_at;
	m->changed |= known->complete && m->applied < m->statements;
}

static int by_version(const void *x, const void *y)
{
	const struct migration *a = x, *b = y;

	return a->version < b->version ? -1 : a->version > b->version;
}

bool migrate_status(struct db *db, const char *dir, struct migration **out, unsigned *n,
                    struct error *err)
{
	struct migration_files files;
	struct records r;
	struct db_conn *c;
	unsigned i, k;
	bool ok;

	*out = NULL;
	*n = 0;
	if (!migration_files_read(dir, &files, err))
		return false;
	c = db_get(db, err);
	ok = c && records_read(c, &r, err);
	db_put(db, c);
	if (ok) {
		*out = mem_array(files.n + r.migration_count, sizeof **out);
		for (i = 0; i < files.n; i++)
			compare(&r, &files.items[i], &(*out)[(*n)++]);
		for (i = 0; i < r.migration_count; i++) {
			for (k = 0; k < files.n && files.items[k].version != r.migrations[i].version; k++)
				;
			if (k < files.n)
				continue;
			(*out)[*n] = r.migrations[i];
			(*out)[(*n)++].no_file = true;
		}
		qsort(*out, *n, sizeof **out, by_version);
		records_release(&r);
	}
	migration_files_release(&files);
	return ok;
}
