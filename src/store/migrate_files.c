/* The migration files of a directory. */
#include "store/migrate_priv.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

#define FILE_SIZE_MAX (8u << 20)

/* "0001_accounts.sql" */
static bool is_migration(const char *name, unsigned *version)
{
	size_t n = strlen(name), i;

	for (i = 0; i < 4; i++)
		if (!isdigit((unsigned char)name[i]))
			return false;
	*version = (unsigned)strtoul(name, NULL, 10);
	return name[4] == '_' && n > 9 && n < MIGRATION_NAME && strcmp(name + n - 4, ".sql") == 0;
}

static bool read_file(const char *path, struct buf *b, struct error *err)
{
	char part[16384];
	FILE *f = fopen(path, "re");
	size_t n;
	bool ok;

	if (!f)
		return err_set(err, ERR_INVALID_INPUT, "%s: %s", path, strerror(errno));
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		buf_add(b, part, n);
	ok = !ferror(f) || err_set(err, ERR_INVALID_INPUT, "%s cannot be read", path);
	fclose(f);
	return ok && (!b->failed || err_set(err, ERR_INVALID_INPUT, "%s is larger than %u bytes",
	                                    path, FILE_SIZE_MAX));
}

/* The line "-- oldest-program: X". */
static bool find_oldest(const char *text, struct migration_file *f, struct error *err)
{
	static const char key[] = "-- oldest-program:";
	const char *at = text;
	size_t n;

	while ((at = strstr(at, key)) && at != text && at[-1] != '\n')
		at += sizeof key - 1;
	if (!at)
		return err_set(err, ERR_INVALID_INPUT, "%s lacks the line \"%s VERSION\"", f->name, key);
	at += sizeof key - 1;
	at += strspn(at, " \t");
	n = strspn(at, "0123456789.");
	if (n == 0 || n >= sizeof f->oldest_program)
		return err_set(err, ERR_INVALID_INPUT, "%s: the oldest program must be a version such as"
		               " 0.1.0", f->name);
	memcpy(f->oldest_program, at, n);
	f->oldest_program[n] = '\0';
	return true;
}

static bool read_migration(const char *dir, struct migration_file *f, struct error *err)
{
	struct error why = {0};
	char path[4096];
	struct buf b;
	bool ok;

	snprintf(path, sizeof path, "%s/%s", dir, f->name);
	buf_init(&b, FILE_SIZE_MAX);
	ok = read_file(path, &b, err) && find_oldest(buf_str(&b), f, err);
	if (ok && !sql_split(buf_str(&b), b.len, &f->statements, &why))
		ok = err_set(err, ERR_INVALID_INPUT, "%s: %s", f->name, why.message);
	if (ok && f->statements.n == 0)
		ok = err_set(err, ERR_INVALID_INPUT, "%s holds no statement", f->name);
	buf_release(&b);
	return ok;
}

static int by_version(const void *x, const void *y)
{
	const struct migration_file *a = x, *b = y;

	return a->version < b->version ? -1 : a->version > b->version;
}

static void add_file(struct migration_files *out, const char *name, unsigned version)
{
	struct migration_file *f;

	out->items = mem_grow(out->items, (out->n + 1) * sizeof *out->items);
	f = &out->items[out->n++];
	memset(f, 0, sizeof *f);
	f->version = version;
	memcpy(f->name, name, strlen(name) + 1);
}

static bool read_all(const char *dir, struct migration_files *out, struct error *err)
{
	unsigned i;

	if (out->n == 0)
		return err_set(err, ERR_INVALID_INPUT, "%s holds no migration (0001_name.sql)", dir);
	qsort(out->items, out->n, sizeof *out->items, by_version);
	for (i = 0; i < out->n; i++) {
		if (i > 0 && out->items[i].version == out->items[i - 1].version)
			return err_set(err, ERR_INVALID_INPUT, "%s and %s have the same number",
			               out->items[i - 1].name, out->items[i].name);
		if (!read_migration(dir, &out->items[i], err))
			return false;
	}
	return true;
}

bool migration_files_read(const char *dir, struct migration_files *out, struct error *err)
{
	struct dirent *e;
	unsigned version;
	DIR *d = opendir(dir);

	out->items = NULL;
	out->n = 0;
	if (!d)
		return err_set(err, ERR_INVALID_INPUT, "The migrations' directory %s: %s", dir,
		               strerror(errno));
	while ((e = readdir(d)))
		if (is_migration(e->d_name, &version))
			add_file(out, e->d_name, version);
	closedir(d);
	if (read_all(dir, out, err))
		return true;
	migration_files_release(out);
	return false;
}

void migration_files_release(struct migration_files *f)
{
	unsigned i;

	for (i = 0; i < f->n; i++)
		sql_list_release(&f->items[i].statements);
	mem_free(f->items);
	f->items = NULL;
	f->n = 0;
}
