/* TZif files (RFC 8536) and the two ways across them. */
#include "base/zone_priv.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

#define ZONE_FILE_MAX  (256u << 10)
#define ZONE_NAME_MAX  64
#define HEADER_SIZE    44
#define OFFSET_LIMIT_S 93599        /* RFC 8536 3.2: between -25 and +26 hours */

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

static bool read_block(struct zone *z, struct reader *r, const struct counts *c, size_t time_size)
{
	const unsigned char *times = r->p, *index, *types;
	uint32_t i;

	if (!skip(r, block_size(c, time_size)))
		return false;
	index = times + c->time * time_size;
	types = index + c->time;
	z->count = c->time;
	z->at = mem_array(c->time + 1, sizeof *z->at);
	z->offset = mem_array(c->time + 1, sizeof *z->offset);
	if (!offset_of_type(types, 0, &z->first))
		return false;
	for (i = 0; i < c->time; i++) {
		const unsigned char *t = times + i * time_size;

		z->at[i] = time_size == 8 ? be64(t) : (int32_t)be32(t);
		if (i > 0 && z->at[i] <= z->at[i - 1])
			return false;
		if (index[i] >= c->type || !offset_of_type(types, index[i], &z->offset[i]))
			return false;
	}
	return true;
}

static bool read_footer(struct zone *z, struct reader *r)
{
	char text[128];
	const unsigned char *end;
	size_t n;

	if (r->n < 2 || r->p[0] != '\n')
		return false;
	end = memchr(r->p + 1, '\n', r->n - 1);
	n = end ? (size_t)(end - r->p - 1) : sizeof text;
	if (n >= sizeof text)
		return false;
	memcpy(text, r->p + 1, n);
	text[n] = '\0';
	return n == 0 || zone_rule_parse(text, &z->rule);
}

static bool parse(struct zone *z, const unsigned char *p, size_t n)
{
	struct reader r = {p, n};
	struct counts c;
	char version;

	if (!read_header(&r, &version, &c))
		return false;
	if (version == '\0')
		return read_block(z, &r, &c, 4);
	/* the second block has 64-bit times; the first is for old readers */
	return skip(&r, block_size(&c, 4)) && read_header(&r, &version, &c) &&
	       read_block(z, &r, &c, 8) && read_footer(z, &r);
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
	return !strstr(name, "//") && p[-1] != '/';
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
	if (!parse(z, data, n)) {
		err_set(err, ERR_INVALID_INPUT, "The data of time zone \"%s\" cannot be read", name);
		zone_free(z);
		z = NULL;
	}
	mem_free(data);
	return z;
}

void zone_free(struct zone *z)
{
	if (!z)
		return;
	mem_free(z->at);
	mem_free(z->offset);
	mem_free(z->name);
	mem_free(z);
}

const char *zone_name(const struct zone *z)
{
	return z->name;
}

/* Floor division: instants before 1970 are negative. */
static int64_t seconds(int64_t ms)
{
	return ms >= 0 ? ms / 1000 : -((-ms + 999) / 1000);
}

static int32_t offset_at(const struct zone *z, int64_t at)
{
	unsigned low = 0, high = z->count;

	if (z->count == 0 || at < z->at[0])
		return z->count == 0 && z->rule.given ? zone_rule_offset(&z->rule, at) : z->first;
	if (at >= z->at[z->count - 1] && z->rule.given)
		return zone_rule_offset(&z->rule, at);
	while (high - low > 1) {
		unsigned mid = (low + high) / 2;

		if (z->at[mid] <= at)
			low = mid;
		else
			high = mid;
	}
	return z->offset[low];
}

int32_t zone_offset(const struct zone *z, int64_t ms)
{
	return offset_at(z, seconds(ms));
}

int64_t zone_to_local(const struct zone *z, int64_t ms)
{
	return ms + zone_offset(z, ms) * INT64_C(1000);
}

/* Offsets lie within 26 hours, so those in force a day and a bit before and after the wall time
 * are the only candidates as long as changes are two days apart; the earlier one is tried first. */
enum zone_fit zone_to_utc(const struct zone *z, int64_t local, int64_t *ms)
{
	int64_t before = local - (int64_t)zone_offset(z, local - INT64_C(97200000)) * 1000;
	int64_t after = local - (int64_t)zone_offset(z, local + INT64_C(97200000)) * 1000;
	bool fits_before = zone_to_local(z, before) == local;
	bool fits_after = zone_to_local(z, after) == local;

	if (fits_before && fits_after && before != after) {
		*ms = before < after ? before : after;
		return ZONE_TWICE;
	}
	*ms = fits_after && !fits_before ? after : before;
	return fits_before || fits_after ? ZONE_ONCE : ZONE_SKIPPED;
}

bool zone_next_change(const struct zone *z, int64_t ms, int64_t *change_ms)
{
	int64_t at = seconds(ms), t[2];
	int year, month, day, i, k;
	int32_t to[2], now = offset_at(z, at);
	unsigned j;

	for (j = 0; j < z->count; j++)
		if (z->at[j] > at && offset_at(z, z->at[j]) != now) {
			*change_ms = z->at[j] * 1000;
			return true;
		}
	if (!z->rule.has_summer)
		return false;
	clock_civil(ms, &year, &month, &day);
	for (i = 0; i < 3; i++) {
		zone_rule_year(&z->rule, year + i - 1, t, to);
		for (k = 0; k < 2; k++)
			if (t[k] > at && (z->count == 0 || t[k] >= z->at[z->count - 1])) {
				*change_ms = t[k] * 1000;
				return true;
			}
	}
	return false;
}
