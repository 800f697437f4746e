/* What finding a slot costs: nanoseconds for each call, typical expressions and the worst, beside a walk over the minutes. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/cron.h"
#include "base/cron_priv.h"

#define MINUTE_MS  INT64_C(60000)
#define ROUND_US   200000
#define FROM_MS    INT64_C(1767225600000)     /* 2026-01-01T00:00:00Z */
#define STEP_MS    INT64_C(36000000007)       /* between questions: other days and times of day each */
#define QUESTIONS  256                        /* over 291 years */

typedef bool find(const struct cron *c, const struct zone *z, int64_t ms, struct cron_slot *out);

/* As one would write it first: each minute's local time is taken apart and looked at. */
static bool walk(const struct cron *c, const struct zone *z, int64_t ms, struct cron_slot *out)
{
	int year, month, day;
	int64_t local, minutes;

	for (ms = (ms / MINUTE_MS + 1) * MINUTE_MS;; ms += MINUTE_MS) {
		local = zone_to_local(z, ms);
		minutes = local / MINUTE_MS;
		if (!(c->minutes >> (minutes % 60) & 1) || !(c->hours >> (minutes / 60 % 24) & 1))
			continue;
		clock_civil(local, &year, &month, &day);
		if (c->months >> month & 1 && cron_days(c, cron_month_length(year, (unsigned)month),
		    (unsigned)((minutes / 1440 + 4 - day + 1 + 35) % 7)) >> day & 1)
			break;
	}
	*out = (struct cron_slot){ms, false};
	return true;
}

static double nanoseconds(find *f, const struct cron *c, const struct zone *z, unsigned questions)
{
	int64_t begin = clock_mono_us(), spent = 0, sum = 0;
	struct cron_slot slot = {0};
	uint64_t calls = 0;
	unsigned i;

	while (spent < ROUND_US) {
		for (i = 0; i < questions; i++) {
			f(c, z, FROM_MS + i * STEP_MS, &slot);
			sum += slot.at_ms;
		}
		calls += questions;
		spent = clock_mono_us() - begin;
	}
	if (sum == 1)
		puts("");        /* the results are used */
	return (double)spent * 1000 / (double)calls;
}

static double best(find *f, const struct cron *c, const struct zone *z, unsigned questions)
{
	double least = nanoseconds(f, c, z, questions), one;
	unsigned i;

	for (i = 0; i < 2; i++)
		if ((one = nanoseconds(f, c, z, questions)) < least)
			least = one;
	return least;
}

int main(void)
{
	static const char *const expressions[] = {"* * * * *", "*/15 9-17 * * 1-5", "0 6 * * *", "30 2 * * *", "0 9 * * 1-5", "0 0 1 * *",
	                                          "0 0 L * 5L", "0 0 1 1 *", "0 0 29 2 *", "0 0 * 2 1#5"};
	static const char *const zones[] = {"UTC", "America/New_York"};
	struct error err;
	unsigned i, k;

	printf("%-20s %-18s %8s %10s %14s %9s\n", "expression", "zone", "next ns", "previous", "minute walk ns", "walk/next");
	for (k = 0; k < sizeof zones / sizeof *zones; k++) {
		struct zone *z = zone_load(zones[k], &err);

		for (i = 0; i < sizeof expressions / sizeof *expressions; i++) {
			double next, walked;
			struct cron c;

			if (!z || !cron_parse(expressions[i], &c, &err)) {
				fprintf(stderr, "%s\n", err.message);
				return 1;
			}
			next = best(cron_next, &c, z, QUESTIONS);
			walked = best(walk, &c, z, 2);
			printf("%-20s %-18s %8.0f %10.0f %14.0f %9.0f\n", expressions[i], zones[k], next, best(cron_previous, &c, z, QUESTIONS),
			       walked, walked / next);
		}
		zone_free(z);
	}
	return 0;
}
