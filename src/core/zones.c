#include "core/zones.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

#define BUCKETS 256

struct entry {
	struct entry *next;
	struct zone  *zone;
	int64_t       until_us;
};

struct zones { struct entry *buckets[BUCKETS]; };

struct zones *zones_new(void)
{
	return mem_zalloc(sizeof(struct zones));
}

void zones_free(struct zones *z)
{
	unsigned i;

	for (i = 0; z && i < BUCKETS; i++)
		while (z->buckets[i]) {
			struct entry *e = z->buckets[i];

			z->buckets[i] = e->next;
			zone_free(e->zone);
			mem_free(e);
		}
	mem_free(z);
}

/* FNV-1a */
static struct entry **bucket_of(struct zones *z, const char *name)
{
	uint32_t h = 2166136261u;

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 16777619u;
	return &z->buckets[h % BUCKETS];
}

const struct zone *zones_get(struct zones *z, const char *name, struct error *err)
{
	struct entry **bucket = bucket_of(z, name), *e = *bucket;
	int64_t now_us = clock_mono_us();
	struct zone *zone;

	while (e && strcmp(zone_name(e->zone), name) != 0)
		e = e->next;
	if (e && now_us < e->until_us)
		return e->zone;
	zone = zone_load(name, err);
	if (!zone)
		return NULL;
	if (!e) {
		e = mem_zalloc(sizeof *e);
		e->next = *bucket;
		*bucket = e;
	}
	zone_free(e->zone);
	e->zone = zone;
	e->until_us = now_us + ZONES_KEEP_US;
	return e->zone;
}
