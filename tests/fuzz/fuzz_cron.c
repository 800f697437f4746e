/* Any text as an expression, any bytes as a zone's file. The first line is the expression; behind it, after the instant in
 * eight bytes, a TZif file, or as many zones of the system as there are names below. What is found must be in order, and
 * looking back must find what looking ahead found. */
#include <string.h>

#include "base/cron.h"
#include "base/mem.h"
#include "base/zone_priv.h"
#include "fuzz.h"

#define FIRST_MS INT64_C(-62167219200000)
#define LAST_MS  INT64_C(253402300799999)
#define SLOTS    8

static void check_zone(const struct zone *z, int64_t ms)
{
	int64_t change, back;
	struct zone_span s;
	unsigned i;

	for (i = 0; i < z->count; i++) {
		MUST(i == 0 || z->at[i] > z->at[i - 1]);
		MUST(z->offset[i] != (i > 0 ? z->offset[i - 1] : z->first));
	}
	zone_span_at(z, ms / 1000, &s);
	MUST(s.from <= ms / 1000 && ms / 1000 < s.to);
	MUST(!zone_next_change(z, ms, &change) || change > ms);
	/* an instant's local time is its own, or occurred before */
	MUST(zone_to_utc(z, zone_to_local(z, ms), &back) != ZONE_SKIPPED && back <= ms);
	MUST(zone_to_local(z, back) == zone_to_local(z, ms));
}

static void check_ahead(const struct cron *c, const struct zone *z, int64_t ms)
{
	struct cron_slot slot = {.at_ms = ms}, back;
	int64_t before = ms;
	unsigned i;

	for (i = 0; i < SLOTS && cron_next(c, z, before, &slot); i++) {
		MUST(slot.at_ms > before && slot.at_ms >= FIRST_MS && slot.at_ms <= LAST_MS && slot.at_ms % 1000 == 0);
		MUST(zone_to_local(z, slot.at_ms) % 60000 == 0 || slot.moved);
		/* the slot is the last before the next instant, and the one before it is none of those after ms */
		MUST(cron_previous(c, z, slot.at_ms + 1, &back) && back.at_ms == slot.at_ms && back.moved == slot.moved);
		MUST(!cron_previous(c, z, slot.at_ms, &back) || (i == 0 ? back.at_ms <= before : back.at_ms == before));
		before = slot.at_ms;
	}
}

static void check_back(const struct cron *c, const struct zone *z, int64_t ms)
{
	struct cron_slot slot, ahead;

	if (!cron_previous(c, z, ms, &slot))
		return;
	MUST(slot.at_ms < ms);
	MUST(cron_next(c, z, slot.at_ms - 1, &ahead) && ahead.at_ms == slot.at_ms && ahead.moved == slot.moved);
	MUST(!cron_next(c, z, slot.at_ms, &ahead) || ahead.at_ms >= ms);
}

static void check(const struct cron *c, const struct zone *z, int64_t ms)
{
	check_zone(z, ms);
	if (c) {
		check_ahead(c, z, ms);
		check_back(c, z, ms);
	}
}

static void check_file(const struct cron *c, const uint8_t *data, size_t n, int64_t ms)
{
	struct zone *z = mem_zalloc(sizeof *z);

	if (zone_parse(z, data, n))
		check(c, z, ms);
	zone_free(z);
}

static const struct zone *some_zone(unsigned i)
{
	static const char *const names[] = {"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia",
	                                    "Africa/Casablanca", "Africa/Monrovia", "Antarctica/Troll"};
	static struct zone *zones[sizeof names / sizeof *names];
	struct error err;

	i %= sizeof names / sizeof *names;
	if (!zones[i])
		zones[i] = zone_load(names[i], &err);
	MUST(zones[i]);
	return zones[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const uint8_t *end = memchr(data, '\n', n);
	size_t length = end ? (size_t)(end - data) : n, rest = end ? n - length - 1 : 0;
	char *text = mem_strndup((const char *)data, length);
	struct error err = {0};
	struct cron cron;
	bool ok = cron_parse(text, &cron, &err);
	int64_t ms = 0;

	MUST(ok || (err.code == ERR_INVALID_INPUT && err.message[0] && strcmp(err.field, "cron_expr") == 0));
	if (rest >= sizeof ms) {
		memcpy(&ms, end + 1, sizeof ms);
		/* most of them near the present, where zones' tables are; far from overflow, as every instant that is read */
		ms = ms % (ms % 3 == 0 ? INT64_MAX / 2 : LAST_MS / 40);
		check_file(ok ? &cron : NULL, end + 1 + sizeof ms, rest - sizeof ms, ms);
	}
	check(ok ? &cron : NULL, some_zone((unsigned)(uint64_t)ms), ms);
	mem_free(text);
	return 0;
}
