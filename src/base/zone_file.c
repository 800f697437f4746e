/* TZif files (RFC 8536, RFC 9636). */
#include "base/zone_priv.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define ZONE_FILE_MAX  (256u << 10)
#define ZONE_NAME_MAX  64
#define HEADER_SIZE    44
#define FAR_S          (INT64_C(1) << 50)     /* no change is looked for so far from 1970 */

/* One block's counts, in the order they stand in its header. */
struct counts { uint32_t isut, isstd, leap, time, type, chars; };

struct reader { const unsigned char *p; size_t n; };

static uint32_t be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t be64(const unsigned char *p)
{
	return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

static bool skip(struct reader *r, size_t n)
{
	if (r->n < n)
		return false;
	r->p += n;
	r->n -= n;
	return true;
}

static bool read_header(struct reader *r, char *version, struct counts *c)
{
	const unsigned char *p = r->p;

	if (!skip(r, HEADER_SIZE) || memcmp(p, "TZif", 4) != 0)
		return false;
	*version = (char)p[4];
	*c = (struct counts){be32(p + 20), be32(p + 24), be32(p + 28),
	                     be32(p + 32), be32(p + 36), be32(p + 40)};
	return c->time < 100000 && c->type >= 1 && c->type <= 256 && c->chars < 10000 &&
	       c->leap < 10000 && c->isut <= c->type && c->isstd <= c->type;
}

static size_t block_size(const struct counts *c, size_t time_size)
{
	return c->time * (time_size + 1) + c->type * 6 + c->chars + c->leap * (time_size + 4) +
	       c->isstd + c->isut;
}

static bool offset_of_type(const unsigned char *types, uint32_t i, int32_t *out)
{
	*out = (int32_t)be32(types + 6 * i);
	return *out >= -OFFSET_LIMIT_S && *out <= OFFSET_LIMIT_S;
}

void zone_cut(struct zone *z, int64_t at)
{
	while (z->count > 0 && z->at[z->count - 1] >= at)
		z->count--;
}

void zone_add(struct zone *z, int64_t at, int32_t offset)
{
	zone_cut(z, at);
	if (offset == (z->count > 0 ? z->offset[z->count - 1] : z->first))
		return;
	if (z->count == z->room) {
		z->room = z->room * 2 + 64;
		z->at = mem_grow(z->at, z->room * sizeof *z->at);
		z->offset = mem_grow(z->offset, z->room * sizeof *z->offset);
	}
	z->at[z->count] = at;
	z->offset[z->count++] = offset;
}

/* The changes of a block, and the last time that it lists: the offset need not change there. */
static bool read_block(struct zone *z, struct reader *r, const struct counts *c, size_t time_size, int64_t *last)
{
	const unsigned char *times = r->p, *index, *types;
	int64_t at, before = 0;
	int32_t offset;
	uint32_t i;

	/* times of files with leap seconds ("right/…") are no POSIX times */
	if (!skip(r, block_size(c, time_size)) || c->leap > 0)
		return false;
	index = times + c->time * time_size;
	types = index + c->time;
	if (!offset_of_type(types, 0, &z->first))
		return false;
	for (i = 0; i < c->time; i++, before = at) {
		const unsigned char *t = times + i * time_size;

		at = time_size == 8 ? be64(t) : (int32_t)be32(t);
		if ((i > 0 && at <= before) || index[i] >= c->type || !offset_of_type(types, index[i], &offset))
			return false;
		if (at < -FAR_S)
			z->first = offset;
		else if (at <= FAR_S)
			zone_add(z, at, offset);
	}
	*last = before;
	return true;
}

static bool read_footer(struct zone *z, struct reader *r, const struct counts *c, int64_t last)
{
	char text[128];
	const unsigned char *end;
	struct zone_rule rule;
	size_t n;

	if (r->n < 2 || r->p[0] != '\n')
		return false;
	end = memchr(r->p + 1, '\n', r->n - 1);
	n = end ? (size_t)(end - r->p - 1) : sizeof text;
	if (n >= sizeof text)
		return false;
	memcpy(text, r->p + 1, n);
	text[n] = '\0';
	if (n == 0)
		return true;
	if (!zone_rule_parse(text, &rule))
		return false;
	if (c->time == 0)
		zone_rule_alone(&rule, z);
	else if (last >= -FAR_S && last <= FAR_S)
		zone_rule_extend(&rule, z, last);
	return true;
}

bool zone_parse(struct zone *z, const unsigned char *data, size_t n)
{
	struct reader r = {data, n};
	struct counts c;
	int64_t last;
	char version;

	if (!read_header(&r, &version, &c))
		return false;
	if (version == '\0')
		return read_block(z, &r, &c, 4, &last);
	/* the second block has 64-bit times; the first is for old readers */
	return skip(&r, block_size(&c, 4)) && read_header(&r, &version, &c) &&
	       read_block(z, &r, &c, 8, &last) && read_footer(z, &r, &c, last);
}

/* Names are paths below the database's folder: nothing else may be reached by them. */
static bool name_is_plain(const char *name)
{
	const char *p;

	if (!*name || strlen(name) > ZONE_NAME_MAX || !isalpha((unsigned char)*name))
		return false;
	for (p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("_+-/", *p))
			return false;
	/* each host has its own of these */
	return !strstr(name, "//") && p[-1] != '/' && strcmp(name, "localtime") != 0 && strcmp(name, "posixrules") != 0;
}

static unsigned char *read_file(const char *name, size_t *n)
{
	const char *dir = getenv("TZDIR");
	char path[512];
	unsigned char *data;
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir && *dir ? dir : "/usr/share/zoneinfo", name);
	f = fopen(path, "rbe");
	if (!f)
		return NULL;
	data = mem_alloc(ZONE_FILE_MAX);
	*n = fread(data, 1, ZONE_FILE_MAX, f);
	if (ferror(f)) {
		mem_free(data);
		data = NULL;
	}
	fclose(f);
	return data;
}

struct zone *zone_load(const char *name, struct error *err)
{
	unsigned char *data = NULL;
	struct zone *z = NULL;
	size_t n = 0;

	if (!name_is_plain(name) || !(data = read_file(name, &n))) {
		err_set(err, ERR_INVALID_INPUT, "There is no time zone \"%.64s\": names are like Europe/Berlin", name);
		return NULL;
	}
	z = mem_zalloc(sizeof *z);
	z->name = mem_strdup(name);
	if (!zone_parse(z, data, n)) {
		err_set(err, ERR_INVALID_INPUT, "The data of time zone \"%s\" cannot be read", name);
		zone_free(z);
		z = NULL;
	}
	mem_free(data);
	return z;
}

