/* Slots of random expressions (base/cron.h) against a walk over every minute, written from the rules of API.md: what an
 * expression names is known by how it was made, and of a zone only the offset at each instant is asked for. */
#include <CUnit/CUnit.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/cron.h"
#include "base_suites.h"
#include "zone_fixture.h"

#define MINUTE_MS    INT64_C(60000)
#define DAY_MINUTES  1440
#define BEFORE_DAYS  3               /* of a window: they are walked, but not asked about */
#define WINDOW_DAYS  14
#define EXPRESSIONS  2000
#define PER_WINDOW   20
#define HECTIC_ZONES 60

/* ---- expressions: the text, and the values that it names ---- */

static uint64_t state = 88172645463325252;

static unsigned below(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 33) % n;
}

struct made {
	char text[256];
	bool minutes[60], hours[24], days[32], months[13], weekdays[8];
	bool last_day, last_weekday[7], nth[7][6];
	bool days_given, weekdays_given, star;
};

static void add(struct made *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(struct made *m, const char *fmt, ...)
{
	size_t n = strlen(m->text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(m->text + n, sizeof m->text - n, fmt, ap);
	va_end(ap);
}

static void name_range(bool *set, unsigned from, unsigned to, unsigned step)
{
	for (; from <= to; from += step)
		set[from] = true;
}

static void make_item(struct made *m, bool *set, unsigned min, unsigned max, bool time)
{
	unsigned a = min + below(max - min + 1), b = a + below(max - a + 1), step = 1 + below((max - min) / 2 + 1);

	switch (below(time ? 8 : 6)) {
	case 0: case 1: case 2: add(m, "%u", a); set[a] = true; break;
	case 3: add(m, "%u-%u", a, b); name_range(set, a, b, 1); break;
	case 4: add(m, "%u-%u/%u", a, b, step); name_range(set, a, b, step); break;
	case 5: add(m, "%u/%u", a, step); name_range(set, a, max, step); break;
	case 6: add(m, "%u", a); set[a] = true; break;
	default: add(m, "*/%u", step); name_range(set, min, max, step); m->star |= time;
	}
}

static void make_field(struct made *m, bool *set, unsigned min, unsigned max, unsigned star_of, bool time)
{
	unsigned n = 1 + below(3);

	if (below(star_of) == 0) {
		add(m, "*");
		name_range(set, min, max, 1);
		m->star |= time;
		return;
	}
	for (; n > 0; n--) {
		make_item(m, set, min, max, time);
		if (n > 1)
			add(m, ",");
	}
}

static void make_days(struct made *m)
{
	m->days_given = below(2);
	if (!m->days_given) {
		add(m, "*");
		return;
	}
	m->last_day = below(4) == 0;
	if (m->last_day)
		add(m, "L");
	if (m->last_day && below(2))
		return;
	if (m->last_day)
		add(m, ",");
	make_field(m, m->days, 1, 31, UINT32_MAX, false);
}

static void make_weekdays(struct made *m)
{
	unsigned w = below(7), n = 1 + below(5);

	m->weekdays_given = below(2);
	if (!m->weekdays_given) {
		add(m, "*");
		return;
	}
	switch (below(4)) {
	case 0:
		add(m, "%uL", w);
		m->last_weekday[w] = true;
		return;
	case 1:
		add(m, "%u#%u", w, n);
		m->nth[w][n] = true;
		return;
	default:
		make_field(m, m->weekdays, 0, 7, UINT32_MAX, false);
	}
}

static void make(struct made *m)
{
	memset(m, 0, sizeof *m);
	make_field(m, m->minutes, 0, 59, 5, true);
	add(m, " ");
	make_field(m, m->hours, 0, 23, 4, true);
	add(m, " ");
	make_days(m);
	add(m, " ");
	make_field(m, m->months, 1, 12, 1 + below(2), false);
	add(m, " ");
	make_weekdays(m);
}

/* ---- the walk ---- */

static bool day_matches(const struct made *m, int64_t local_ms)
{
	int year, month, day, other, tomorrow;
	unsigned weekday = (unsigned)((local_ms / (DAY_MINUTES * MINUTE_MS) + 4) % 7);
	bool by_day, by_weekday;

	clock_civil(local_ms, &year, &month, &day);
	if (!m->months[month])
		return false;
	clock_civil(local_ms + DAY_MINUTES * MINUTE_MS, &year, &other, &tomorrow);
	by_day = m->days[day] || (m->last_day && tomorrow == 1);
	clock_civil(local_ms + 7 * DAY_MINUTES * MINUTE_MS, &year, &other, &tomorrow);
	by_weekday = m->weekdays[weekday] || (weekday == 0 && m->weekdays[7]) || m->nth[weekday][(day + 6) / 7] ||
	             (m->last_weekday[weekday] && other != month);
	if (m->days_given && m->weekdays_given)
		return by_day || by_weekday;
	return m->days_given ? by_day : m->weekdays_given ? by_weekday : true;
}

static bool matches(const struct made *m, int64_t local_ms)
{
	unsigned minute = (unsigned)(local_ms / MINUTE_MS % DAY_MINUTES);

	return m->minutes[minute % 60] && m->hours[minute / 60] && day_matches(m, local_ms);
}

#define WALKED ((BEFORE_DAYS + WINDOW_DAYS + 3) * DAY_MINUTES)

/* Every minute of a window: its local time; local times by the instant of their slot. */
struct window {
	int64_t from_ms, local_ms[WALKED];
	int64_t first_local_ms;
	int slot_of[WALKED + 3 * DAY_MINUTES];       /* by local minute from first_local_ms: place in local_ms, -1 none */
	bool moved[WALKED + 3 * DAY_MINUTES];
};

static void walk_window(struct window *w, const struct zone *z, int64_t from_ms)
{
	int64_t local, last = 0;
	int i, k;

	w->from_ms = from_ms;
	for (i = 0; i < WALKED; i++)
		w->local_ms[i] = from_ms + i * MINUTE_MS + zone_offset(z, from_ms + i * MINUTE_MS) * INT64_C(1000);
	w->first_local_ms = w->local_ms[0];
	for (k = 0; k < (int)(sizeof w->slot_of / sizeof *w->slot_of); k++)
		w->slot_of[k] = -1;
	/* those that occur, at their first instant */
	for (i = 0; i < WALKED; i++) {
		k = (int)((w->local_ms[i] - w->first_local_ms) / MINUTE_MS);
		if (w->local_ms[i] >= w->first_local_ms && w->slot_of[k] < 0)
			w->slot_of[k] = i;
	}
	/* those that are skipped, by the offset before */
	for (i = 1; i < WALKED; i++) {
		last = w->local_ms[i - 1];
		for (local = last + MINUTE_MS; local < w->local_ms[i]; local += MINUTE_MS) {
			k = (int)((local - w->first_local_ms) / MINUTE_MS);
			if (local >= w->first_local_ms && w->slot_of[k] < 0) {
				w->slot_of[k] = i - 1 + (int)((local - last) / MINUTE_MS);
				w->moved[k] = true;
			}
		}
	}
}

enum { NO_SLOT, SLOT, MOVED_SLOT };

/* What becomes of each minute of the window. */
static void find_slots(const struct window *w, const struct made *m, unsigned char slots[WALKED])
{
	int i, k;

	memset(slots, NO_SLOT, WALKED);
	for (i = 0; m->star && i < WALKED; i++)
		if (matches(m, w->local_ms[i]))
			slots[i] = SLOT;
	for (k = 0; !m->star && k < (int)(sizeof w->slot_of / sizeof *w->slot_of); k++)
		if (w->slot_of[k] >= 0 && w->slot_of[k] < WALKED && matches(m, w->first_local_ms + k * MINUTE_MS) &&
		    slots[w->slot_of[k]] != SLOT)
			slots[w->slot_of[k]] = w->moved[k] ? MOVED_SLOT : SLOT;
}

/* ---- the comparison ---- */

static bool differs(const struct made *m, const struct zone *z, const char *what, int64_t from, bool found,
                    const struct cron_slot *got, int64_t expected)
{
	char a[CLOCK_TEXT_SIZE], b[CLOCK_TEXT_SIZE], c[CLOCK_TEXT_SIZE];

	clock_format(from, a);
	clock_format(found ? got->at_ms : 0, b);
	clock_format(expected, c);
	fprintf(stderr, "\n%s in %s: %s %s is %s%s, by the walk %s\n", m->text, zone_name(z), what, a, b,
	        found && got->moved ? " (moved)" : "", c);
	return false;
}

/* Every slot of the window, forth and back; what lies beyond it must lie beyond it. */
static bool agrees(const struct window *w, const struct made *m, const struct zone *z, const unsigned char *slots)
{
	const int begin = BEFORE_DAYS * DAY_MINUTES, end = begin + WINDOW_DAYS * DAY_MINUTES;
	int64_t first = w->from_ms + begin * MINUTE_MS, last = w->from_ms + end * MINUTE_MS, ms;
	struct cron_slot got = {.at_ms = first - 1};
	struct error err = {0};
	struct cron c;
	bool found;
	int i;

	if (!cron_parse(m->text, &c, &err)) {
		fprintf(stderr, "\n%s: %s\n", m->text, err.message);
		return strstr(err.message, "never match") != NULL;
	}
	for (i = begin; i < end; i++) {
		int64_t from = got.at_ms;

		if (slots[i] == NO_SLOT)
			continue;
		ms = w->from_ms + i * MINUTE_MS;
		found = cron_next(&c, z, from, &got);
		if (!found || got.at_ms != ms || got.moved != (slots[i] == MOVED_SLOT))
			return differs(m, z, "after", from, found, &got, ms);
	}
	if (cron_next(&c, z, got.at_ms, &got) && got.at_ms < last)
		return differs(m, z, "after the last, before", last, true, &got, last);
	got.at_ms = last;
	for (i = end - 1; i >= begin; i--) {
		int64_t from = got.at_ms;

		if (slots[i] == NO_SLOT)
			continue;
		ms = w->from_ms + i * MINUTE_MS;
		found = cron_previous(&c, z, from, &got);
		if (!found || got.at_ms != ms || got.moved != (slots[i] == MOVED_SLOT))
			return differs(m, z, "before", from, found, &got, ms);
	}
	if (cron_previous(&c, z, got.at_ms, &got) && got.at_ms >= first)
		return differs(m, z, "before the first, after", first, true, &got, first);
	return true;
}

/* Zones whose clocks change in many ways, and a day near a change; the years 2000 to 2100. */
static const struct { const char *zone, *near; } places[] = {
	{"Europe/Berlin", "2026-03-29"}, {"Europe/Berlin", "2026-10-25"}, {"America/New_York", "2026-03-08"},
	{"America/New_York", "2026-11-01"}, {"Australia/Lord_Howe", "2026-10-03"}, {"Australia/Lord_Howe", "2026-04-04"},
	{"Africa/Cairo", "2026-04-24"}, {"Africa/Cairo", "2026-10-30"}, {"Pacific/Apia", "2011-12-30"},
	{"Pacific/Kwajalein", "1993-08-20"}, {"Antarctica/Troll", "2027-03-28"}, {"Antarctica/Troll", "2027-10-31"},
	{"Africa/Casablanca", "2026-02-15"}, {"Africa/Casablanca", "2026-03-22"}, {"Pacific/Chatham", "2026-04-04"},
	{"America/Sao_Paulo", "2018-11-04"}, {"Asia/Kathmandu", "2000-02-28"}, {"Asia/Pyongyang", "2018-05-04"},
	{"America/Caracas", "2016-05-01"}, {"Europe/Dublin", "2100-03-28"}, {"America/St_Johns", "2010-11-07"},
	{"Antarctica/Casey", "2023-03-09"}, {"Africa/Cairo", "2014-05-15"}, {"Asia/Gaza", "2011-08-01"},
	{"America/Scoresbysund", "2024-03-31"},
};

struct bench {
	struct window window;
	unsigned char slots[WALKED];
};

static unsigned count_wrong(struct bench *b, const struct zone *z, int64_t from_ms, unsigned expressions)
{
	unsigned wrong = 0;
	struct made m;

	memset(&b->window, 0, sizeof b->window);
	walk_window(&b->window, z, from_ms);
	for (; expressions > 0; expressions--) {
		make(&m);
		find_slots(&b->window, &m, b->slots);
		wrong += !agrees(&b->window, &m, z, b->slots);
	}
	return wrong;
}

static void random_expressions_agree_with_a_walk_over_every_minute(void)
{
	struct bench *b = malloc(sizeof *b);
	unsigned i, wrong = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(b);
	for (i = 0; i < EXPRESSIONS / PER_WINDOW; i++) {
		unsigned place = i % (sizeof places / sizeof *places);
		struct error err;
		struct zone *z = zone_load(places[place].zone, &err);
		char near[40];
		int64_t day = 0;

		CU_ASSERT_PTR_NOT_NULL_FATAL(z);
		snprintf(near, sizeof near, "%sT00:00:00Z", places[place].near);
		CU_ASSERT_TRUE_FATAL(clock_parse(near, &day));
		/* the change is somewhere in the window */
		wrong += count_wrong(b, z, day - (BEFORE_DAYS + 2 + below(WINDOW_DAYS - 4)) * DAY_MINUTES * MINUTE_MS, PER_WINDOW);
		zone_free(z);
	}
	CU_ASSERT_EQUAL(wrong, 0);
	free(b);
}

/* Twelve changes within two weeks, minutes to days apart, by up to a day. */
static struct zone *hectic_zone(int64_t begin_ms)
{
	struct fx_change changes[12];
	int64_t at = begin_ms / 1000;
	unsigned i;

	for (i = 0; i < 12; i++) {
		at += 60 * (int64_t)(1 + (below(2) ? below(180) : below(4 * DAY_MINUTES)));
		changes[i] = (struct fx_change){at, ((int32_t)below(97) - 48) * 900};
	}
	return fx_zone(0, changes, 12, "");
}

static void they_agree_where_the_clock_changes_all_the_time(void)
{
	const int64_t begin = INT64_C(1767225600000);            /* 2026-01-01T00:00:00Z */
	struct bench *b = malloc(sizeof *b);
	unsigned i, wrong = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(b);
	for (i = 0; i < HECTIC_ZONES; i++) {
		struct zone *z = hectic_zone(begin);

		CU_ASSERT_PTR_NOT_NULL_FATAL(z);
		wrong += count_wrong(b, z, begin, PER_WINDOW / 2);
		zone_free(z);
	}
	CU_ASSERT_EQUAL(wrong, 0);
	free(b);
}

static CU_TestInfo tests[] = {
	{"2000 random expressions agree with a walk over every minute", random_expressions_agree_with_a_walk_over_every_minute},
	{"they agree where the clock changes all the time", they_agree_where_the_clock_changes_all_the_time},
	CU_TEST_INFO_NULL,
};

CU_SuiteInfo cron_walk_suite = {"cron: walk", NULL, NULL, NULL, NULL, tests};
