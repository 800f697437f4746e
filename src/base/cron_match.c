/* Local times that an expression names: by bit sets, a month at a time. */
#include "base/cron_priv.h"

#include "base/clock.h"

#define DAY_S    86400
#define MINUTE_S 60

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

unsigned cron_month_length(int year, unsigned month)
{
	static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : days[month - 1];
}

uint32_t cron_days(const struct cron *c, unsigned length, unsigned first)
{
	uint32_t all = (uint32_t)((UINT64_C(2) << length) - 2), days, weekdays;
	unsigned w, one, n;

	if (!c->days_given && !c->weekdays_given)
		return all;
	days = c->days_given ? c->days | (uint32_t)c->last_day << length : 0;
	if (!c->weekdays_given)
		return days & all;
	/* the week as the month begins it, repeated five times from bit 1 on */
	weekdays = (uint32_t)(c->weekdays >> first | c->weekdays << (7 - first)) & 0x7f;
	days |= (uint32_t)((weekdays * UINT64_C(0x10204081)) << 1);
	for (w = 0; w < 7; w++) {
		one = 1 + (w + 7 - first) % 7;
		for (n = 1; n <= 5; n++)
			if (c->nth_weekdays[w] & 1u << n && one + 7 * (n - 1) <= length)
				days |= UINT32_C(1) << (one + 7 * (n - 1));
		if (c->last_weekdays & 1u << w)
			days |= UINT32_C(1) << (one + (length - one) / 7 * 7);
	}
	return days & all;
}

/* The weekday of a day that is counted from 1970-01-01, a Thursday. */
static unsigned weekday(int64_t day)
{
	int64_t w = (day + 4) % 7;

	return (unsigned)(w < 0 ? w + 7 : w);
}

static uint32_t days_of(const struct cron *c, int year, unsigned month, int64_t first_day)
{
	return cron_days(c, cron_month_length(year, month), weekday(first_day));
}

static int64_t first_day_of(int year, unsigned month)
{
	return clock_from_civil(year, (int)month, 1) / (DAY_S * 1000);
}

static unsigned lowest(uint64_t bits)
{
	return (unsigned)__builtin_ctzll(bits);
}

static unsigned highest(uint64_t bits)
{
	return 63 - (unsigned)__builtin_clzll(bits);
}

/* The first matching day from one on. */
static int64_t day_from(const struct cron *c, int64_t day)
{
	int year, month, in_month;
	uint32_t days;

	if (day < CRON_FIRST_S / DAY_S)
		day = CRON_FIRST_S / DAY_S;
	if (day > CRON_LAST_S / DAY_S)
		return CRON_NONE_AHEAD;
	clock_civil(day * (DAY_S * INT64_C(1000)), &year, &month, &in_month);
	while (year <= 9999) {
		if (c->months & 1u << month) {
			int64_t first = first_day_of(year, (unsigned)month);

			days = days_of(c, year, (unsigned)month, first) >> in_month;
			if (days)
				return first + in_month - 1 + lowest(days);
		}
		in_month = 1;
		do {
			year += month == 12;
			month = month == 12 ? 1 : month + 1;
		} while (!(c->months & 1u << month));
	}
	return CRON_NONE_AHEAD;
}

static int64_t day_until(const struct cron *c, int64_t day)
{
	int year, month, in_month;
	uint32_t days;

	if (day > CRON_LAST_S / DAY_S)
		day = CRON_LAST_S / DAY_S;
	if (day < CRON_FIRST_S / DAY_S)
		return CRON_NONE_BACK;
	clock_civil(day * (DAY_S * INT64_C(1000)), &year, &month, &in_month);
	while (year >= 0) {
		if (c->months & 1u << month) {
			int64_t first = first_day_of(year, (unsigned)month);

			days = days_of(c, year, (unsigned)month, first) & (uint32_t)((UINT64_C(2) << in_month) - 1);
			if (days)
				return first - 1 + highest(days);
		}
		in_month = 31;
		do {
			year -= month == 1;
			month = month == 1 ? 12 : month - 1;
		} while (!(c->months & 1u << month));
	}
	return CRON_NONE_BACK;
}

static int64_t at(int64_t day, unsigned hour, unsigned minute)
{
	return day * DAY_S + hour * 3600 + minute * MINUTE_S;
}

int64_t cron_local_from(const struct cron *c, int64_t local)
{
	int64_t minutes = floor_div(local + MINUTE_S - 1, MINUTE_S), day = floor_div(minutes, 1440), found;
	unsigned hour = (unsigned)(minutes - day * 1440) / 60, minute = (unsigned)(minutes - day * 1440) % 60;
	uint32_t hours;

	found = day_from(c, day);
	if (found == CRON_NONE_AHEAD)
		return found;
	if (found == day) {
		if (c->hours & UINT32_C(1) << hour && c->minutes >> minute)
			return at(day, hour, minute + lowest(c->minutes >> minute));
		hours = c->hours & ~((UINT32_C(2) << hour) - 1);
		if (hours)
			return at(day, lowest(hours), lowest(c->minutes));
		found = day_from(c, day + 1);
	}
	return found == CRON_NONE_AHEAD ? found : at(found, lowest(c->hours), lowest(c->minutes));
}

int64_t cron_local_until(const struct cron *c, int64_t local)
{
	int64_t minutes = floor_div(local, MINUTE_S), day = floor_div(minutes, 1440), found;
	unsigned hour = (unsigned)(minutes - day * 1440) / 60, minute = (unsigned)(minutes - day * 1440) % 60;
	uint64_t left = c->minutes & ((UINT64_C(2) << minute) - 1);
	uint32_t hours = c->hours & ((UINT32_C(1) << hour) - 1);

	found = day_until(c, day);
	if (found == CRON_NONE_BACK)
		return found;
	if (found == day) {
		if (c->hours & UINT32_C(1) << hour && left)
			return at(day, hour, highest(left));
		if (hours)
			return at(day, highest(hours), highest(c->minutes));
		found = day_until(c, day - 1);
	}
	return found == CRON_NONE_BACK ? found : at(found, highest(c->hours), highest(c->minutes));
}
