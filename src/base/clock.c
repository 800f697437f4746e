/* Time. The calendar is computed from day numbers (Howard Hinnant, "chrono-Compatible Low-Level Date
 * Algorithms": days_from_civil and civil_from_days), since gmtime and strftime are too slow for
 * what every request and row needs. */
#include "base/clock.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

#define DAY_MS      INT64_C(86400000)
#define LAST_TEXT_S INT64_C(3093527980799)    /* 99999-12-31T23:59:59Z */
#define LAST_PARSED_S INT64_C(253402300799)   /* 9999-12-31T23:59:59Z: RFC 3339 has four digits for a year */
#define FIRST_TEXT_S (-INT64_C(62167219200))  /* 0000-01-01T00:00:00Z */

static int64_t system_wall_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t system_mono_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t (*_Atomic wall_source)(void) = system_wall_ms;
static int64_t (*_Atomic mono_source)(void) = system_mono_us;
static _Atomic int64_t offset;

void clock_set_source(int64_t (*wall_ms)(void), int64_t (*mono_us)(void))
{
	atomic_store(&wall_source, wall_ms ? wall_ms : system_wall_ms);
	atomic_store(&mono_source, mono_us ? mono_us : system_mono_us);
}

bool clock_is_given(void)
{
	return atomic_load(&wall_source) != system_wall_ms;
}

int64_t clock_now_ms(void)
{
	return atomic_load_explicit(&wall_source, memory_order_relaxed)() +
	       atomic_load_explicit(&offset, memory_order_relaxed);
}

int64_t clock_mono_us(void)
{
	return atomic_load_explicit(&mono_source, memory_order_relaxed)();
}

void clock_set_offset(int64_t offset_ms)
{
	atomic_store(&offset, offset_ms);
}

int64_t clock_offset_ms(void)
{
	return atomic_load(&offset);
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int64_t days_from_civil(int64_t y, unsigned m, unsigned d)
{
	int64_t era;
	unsigned yoe, doy, doe;

	y -= m <= 2;
	era = floor_div(y, 400);
	yoe = (unsigned)(y - era * 400);
	doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
	doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + (int64_t)doe - 719468;
}

static void civil_from_days(int64_t days, int64_t *y, unsigned *m, unsigned *d)
{
	int64_t era;
	unsigned doe, yoe, doy, mp;

	days += 719468;
	era = floor_div(days, 146097);
	doe = (unsigned)(days - era * 146097);
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	*d = doy - (153 * mp + 2) / 5 + 1;
	*m = mp < 10 ? mp + 3 : mp - 9;
	*y = (int64_t)yoe + era * 400 + (*m <= 2);
}

void clock_civil(int64_t ms, int *year, int *month, int *day)
{
	int64_t y;
	unsigned m, d;

	civil_from_days(floor_div(ms, DAY_MS), &y, &m, &d);
	*year = (int)y;
	*month = (int)m;
	*day = (int)d;
}

int64_t clock_from_civil(int year, int month, int day)
{
	return days_from_civil(year, (unsigned)month, (unsigned)day) * DAY_MS;
}

int64_t clock_day_start(int64_t ms)
{
	return floor_div(ms, DAY_MS) * DAY_MS;
}

int64_t clock_next_day(int64_t ms)
{
	return clock_day_start(ms) + DAY_MS;
}

int64_t clock_month_start(int64_t ms)
{
	int64_t y;
	unsigned m, d;

	civil_from_days(floor_div(ms, DAY_MS), &y, &m, &d);
	return clock_day_start(ms) - (int64_t)(d - 1) * DAY_MS;
}

int64_t clock_next_month(int64_t ms)
{
	int64_t y;
	unsigned m, d;

	civil_from_days(floor_div(ms, DAY_MS), &y, &m, &d);
	return days_from_civil(m == 12 ? y + 1 : y, m == 12 ? 1 : m + 1, 1) * DAY_MS;
}

static char *put2(char *p, unsigned v)
{
	*p++ = (char)('0' + v / 10);
	*p++ = (char)('0' + v % 10);
	return p;
}

void clock_format(int64_t ms, char out[CLOCK_TEXT_SIZE])
{
	int64_t s = floor_div(ms, 1000), y;
	unsigned m, d, rest, year;
	char *p = out;

	s = s < FIRST_TEXT_S ? FIRST_TEXT_S : s > LAST_TEXT_S ? LAST_TEXT_S : s;
	civil_from_days(floor_div(s, 86400), &y, &m, &d);
	rest = (unsigned)(s - floor_div(s, 86400) * 86400);
	year = (unsigned)y;
	if (year >= 10000) {
		*p++ = (char)('0' + year / 10000);
		year %= 10000;
	}
	p = put2(put2(p, year / 100), year % 100);
	*p++ = '-';
	p = put2(p, m);
	*p++ = '-';
	p = put2(p, d);
	*p++ = 'T';
	p = put2(p, rest / 3600);
	*p++ = ':';
	p = put2(p, rest / 60 % 60);
	*p++ = ':';
	p = put2(p, rest % 60);
	*p++ = 'Z';
	*p = '\0';
}

/* n digits at *p, moved past; -1 if they are not digits. */
static int digits(const char **p, int n)
{
	int v = 0;

	for (; n > 0; n--, (*p)++) {
		if (**p < '0' || **p > '9')
			return -1;
		v = v * 10 + (**p - '0');
	}
	return v;
}

static bool skip(const char **p, const char *any_of)
{
	if (!**p || !strchr(any_of, **p))
		return false;
	(*p)++;
	return true;
}

/* ".5", ".123456": milliseconds, cut; 0 when there is no point, -1 when nothing follows it. */
static int fraction(const char **p)
{
	int ms = 0, weight = 100;

	if (**p != '.')
		return 0;
	(*p)++;
	if (**p < '0' || **p > '9')
		return -1;
	for (; **p >= '0' && **p <= '9'; (*p)++, weight /= 10)
		ms += (**p - '0') * weight;
	return ms;
}

/* "Z", "+05:30": minutes east of UTC. */
static bool zone(const char **p, int *minutes)
{
	int sign, h, m;

	*minutes = 0;
	if (skip(p, "Zz"))
		return true;
	sign = **p == '-' ? -1 : 1;
	if (!skip(p, "+-") || (h = digits(p, 2)) < 0 || !skip(p, ":") || (m = digits(p, 2)) < 0)
		return false;
	*minutes = sign * (h * 60 + m);
	return h <= 23 && m <= 59;
}

static int days_in_month(int y, int m)
{
	static const signed char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0) ? 29 : days[m - 1];
}

bool clock_parse(const char *p, int64_t *out)
{
	int y, mon, d, h, min, s, frac, east;
	int64_t at;

	if ((y = digits(&p, 4)) < 0 || !skip(&p, "-") || (mon = digits(&p, 2)) < 1 || mon > 12 ||
	    !skip(&p, "-") || (d = digits(&p, 2)) < 1 || d > days_in_month(y, mon) ||
	    !skip(&p, "Tt") || (h = digits(&p, 2)) < 0 || h > 23 || !skip(&p, ":") ||
	    (min = digits(&p, 2)) < 0 || min > 59 || !skip(&p, ":") || (s = digits(&p, 2)) < 0 ||
	    s > 60 || (frac = fraction(&p)) < 0 || !zone(&p, &east) || *p)
		return false;
	at = days_from_civil(y, (unsigned)mon, (unsigned)d) * 86400 + h * 3600 + min * 60 + s -
	     east * INT64_C(60);
	/* a leap second stands only at the end of a UTC day (RFC 3339 section 5.7); the
	 * clock has no such second, so it is the first of the next day */
	if (s == 60 && floor_div(at, 86400) * 86400 != at)
		return false;
	/* an offset may lead out of the years that can be written */
	if (at < FIRST_TEXT_S || at > LAST_PARSED_S)
		return false;
	*out = at * 1000 + frac;
	return true;
}
