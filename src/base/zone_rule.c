/* The rule at the end of a TZif file: a POSIX TZ string. */
#include "base/zone_priv.h"

#include <ctype.h>
#include <string.h>

#include "base/clock.h"

#define DAY_S 86400

/* An abbreviation: three or more letters, or anything of [A-Za-z0-9+-] in angle brackets. */
static bool skip_name(const char **p)
{
	const char *s = *p;

	if (*s == '<') {
		while (*++s && *s != '>')
			if (!isalnum((unsigned char)*s) && *s != '+' && *s != '-')
				return false;
		if (*s != '>')
			return false;
		*p = s + 1;
		return true;
	}
	while (isalpha((unsigned char)*s))
		s++;
	if (s - *p < 3)
		return false;
	*p = s;
	return true;
}

static bool take_int(const char **p, int max, int *out)
{
	int n = 0;

	if (!isdigit((unsigned char)**p))
		return false;
	while (isdigit((unsigned char)**p)) {
		n = n * 10 + (*(*p)++ - '0');
		if (n > max)
			return false;
	}
	*out = n;
	return true;
}

/* [+-]hh[:mm[:ss]] */
static bool take_time(const char **p, int32_t *out)
{
	int h, m = 0, s = 0, sign = 1;

	if (**p == '+' || **p == '-')
		sign = *(*p)++ == '-' ? -1 : 1;
	if (!take_int(p, 167, &h))
		return false;
	if (**p == ':') {
		++*p;
		if (!take_int(p, 59, &m))
			return false;
		if (**p == ':') {
			++*p;
			if (!take_int(p, 59, &s))
				return false;
		}
	}
	*out = sign * (h * 3600 + m * 60 + s);
	return true;
}

static bool take_weekday_date(const char **p, struct zone_date *d)
{
	d->kind = ZONE_DATE_WEEKDAY;
	if (!take_int(p, 12, &d->month) || d->month < 1 || *(*p)++ != '.')
		return false;
	if (!take_int(p, 5, &d->week) || d->week < 1 || *(*p)++ != '.')
		return false;
	return take_int(p, 6, &d->day);
}

static bool take_date(const char **p, struct zone_date *d)
{
	bool ok;

	if (*(*p)++ != ',')
		return false;
	if (**p == 'M') {
		++*p;
		ok = take_weekday_date(p, d);
	} else if (**p == 'J') {
		++*p;
		d->kind = ZONE_DATE_JULIAN;
		ok = take_int(p, 365, &d->day) && d->day >= 1;
	} else {
		d->kind = ZONE_DATE_DAY;
		ok = take_int(p, 365, &d->day);
	}
	d->time = 7200;
	if (ok && **p == '/') {
		++*p;
		ok = take_time(p, &d->time);
	}
	return ok;
}

/* Seconds ahead of UTC, which the text counts the other way. */
static bool take_offset(const char **p, int32_t *out)
{
	if (!take_time(p, out))
		return false;
	*out = -*out;
	return *out >= -OFFSET_LIMIT_S && *out <= OFFSET_LIMIT_S;
}

bool zone_rule_parse(const char *text, struct zone_rule *out)
{
	const char *p = text;

	memset(out, 0, sizeof *out);
	if (!skip_name(&p) || !take_offset(&p, &out->standard))
		return false;
	if (!*p)
		return true;
	out->has_summer = true;
	out->summer = out->standard + 3600;
	if (!skip_name(&p))
		return false;
	if (*p && *p != ',' && !take_offset(&p, &out->summer))
		return false;
	return out->summer <= OFFSET_LIMIT_S && take_date(&p, &out->start) && take_date(&p, &out->end) && !*p;
}

static bool leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Midnight of the date as UTC seconds, its time of day added. */
static int64_t date_in_year(const struct zone_date *d, int year)
{
	int64_t base = clock_from_civil(year, 1, 1) / 1000, first;
	int weekday, day;

	if (d->kind == ZONE_DATE_DAY)
		return base + (int64_t)d->day * DAY_S + d->time;
	if (d->kind == ZONE_DATE_JULIAN)
		return base + (d->day - 1 + (leap(year) && d->day >= 60)) * (int64_t)DAY_S + d->time;
	first = clock_from_civil(year, d->month, 1) / 1000 / DAY_S;
	weekday = (int)(((first + 4) % 7 + 7) % 7);        /* 1970-01-01 was a Thursday */
	day = (d->day - weekday + 7) % 7 + 7 * (d->week - 1);
	if (d->week == 5) {
		int64_t next = d->month == 12 ? clock_from_civil(year + 1, 1, 1)
		                              : clock_from_civil(year, d->month + 1, 1);

		while (first + day >= next / 1000 / DAY_S)
			day -= 7;
	}
	return (first + day) * DAY_S + d->time;
}

/* The two changes of a year in UTC seconds, ordered; to[i] is the offset from at[i] on. */
static void changes_of_year(const struct zone_rule *r, int year, int64_t at[2], int32_t to[2])
{
	int64_t start = date_in_year(&r->start, year) - r->standard;
	int64_t end = date_in_year(&r->end, year) - r->summer;
	unsigned first = start <= end ? 0 : 1;

	at[first] = start;
	to[first] = r->summer;
	at[1 - first] = end;
	to[1 - first] = r->standard;
}

/* All changes of a cycle of the calendar, so that what is later can be looked up in it; two years before for the state
 * that the rule is in, and some after it, since dates reach a week into the years beside theirs. */
void zone_rule_extend(const struct zone_rule *r, struct zone *z, int64_t last)
{
	int year, month, day, i, k;
	int32_t to[2], now = r->standard;
	bool begun = false;
	int64_t at[2];

	if (!r->has_summer) {
		zone_add(z, last, r->standard);
		return;
	}
	clock_civil(last * 1000, &year, &month, &day);
	for (i = -2; i < CYCLE_YEARS + 5; i++) {
		changes_of_year(r, year + i, at, to);
		for (k = 0; k < 2; k++) {
			if (at[k] > last && !begun)
				zone_add(z, last, now);
			begun |= at[k] > last;
			if (at[k] > last)
				zone_add(z, at[k], to[k]);
			else
				now = to[k];
		}
	}
	/* the last year lacks what the year after it would take back */
	zone_cut(z, clock_from_civil(year + CYCLE_YEARS + 4, 1, 1) / 1000);
	z->cyclic = true;
	z->cycle_end = clock_from_civil(year + 3, 1, 1) / 1000 + CYCLE_S;
}

void zone_rule_alone(const struct zone_rule *r, struct zone *z)
{
	z->first = r->standard;
	if (r->has_summer)
		zone_rule_extend(r, z, clock_from_civil(0, 1, 1) / 1000);
}
