/* The text of an expression. Whatever is wrong is told with the field, the position and what is allowed there. */
#include "base/cron_priv.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FIELD_COUNT 5
#define VALUE_MAX   1000           /* a larger number is out of range anyway */

enum { MINUTE, HOUR, DAY, MONTH, WEEKDAY };

static const char *const month_names[] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                          "JUL", "AUG", "SEP", "OCT", "NOV", "DEC", NULL};
static const char *const weekday_names[] = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", NULL};

static const struct field {
	const char *name;
	unsigned min, max, step_max;
	const char *const *names;            /* from min on */
	const char *values, *forms;          /* what is allowed, for errors */
} fields[FIELD_COUNT] = {
	{"minute", 0, 59, 60, NULL, "0 to 59", "*, 5, 5-10, */15, 5-30/5 and lists of these with commas"},
	{"hour", 0, 23, 24, NULL, "0 to 23", "*, 5, 9-17, */2, 9-17/2 and lists of these with commas"},
	{"day of month", 1, 31, 31, NULL, "1 to 31", "*, 5, 1-7, */2, 1-15/2, L (the last day) and lists of these with commas"},
	{"month", 1, 12, 12, month_names, "1 to 12 or JAN to DEC", "*, 5, MAY, 3-5, */3 and lists of these with commas"},
	{"day of week", 0, 7, 7, weekday_names, "0 to 7 or SUN to SAT (0 and 7 are Sunday)",
	 "*, 5, FRI, 1-5, */2, 5L (the last Friday), 2#3 (the third Tuesday) and lists of these with commas"},
};

static const struct { const char *name, *text; } nicknames[] = {
	{"@hourly", "0 * * * *"}, {"@daily", "0 0 * * *"}, {"@midnight", "0 0 * * *"}, {"@weekly", "0 0 * * 0"},
	{"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"},
};

/* What stands where it is no mistyping but a form of another cron. */
static const struct { char c; const char *why; } foreign[] = {
	{'?', "is not supported, write * for any day"},
	{'W', "(the nearest working day) is not supported"},
	{'H', "(a hashed value) is not supported"},
	{'@', "stands before names only: @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually"},
};

struct parser {
	const char *text, *p;
	const struct field *f;
	uint64_t bits;                       /* of the field, by value */
	bool star;                           /* an item with * */
	struct cron *out;
	struct error *err;
};

static bool fail(const struct parser *s, const char *at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static bool fail(const struct parser *s, const char *at, const char *fmt, ...)
{
	char why[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof why, fmt, ap);
	va_end(ap);
	return err_field(s->err, "cron_expr", "cron_expr: %s, position %u: %s", s->f->name, (unsigned)(at - s->text + 1), why);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_end(char c)
{
	return !c || is_blank(c);
}

/* What is not expected where it stands. */
static bool unexpected(const struct parser *s, const char *at)
{
	unsigned char c = (unsigned char)*at;
	unsigned i;

	if (is_end((char)c) || c == ',')
		return fail(s, at, "a value is missing: %s; allowed are %s", s->f->values, s->f->forms);
	for (i = 0; i < sizeof foreign / sizeof *foreign; i++)
		if (toupper(c) == foreign[i].c)
			return fail(s, at, "%c %s", c, foreign[i].why);
	if (toupper(c) == 'L' && s->f == &fields[WEEKDAY])
		return fail(s, at, "L stands behind one weekday, as in 5L, the last Friday");
	if (c < ' ' || c > '~')
		return fail(s, at, "a character that is not allowed (byte 0x%02x): %s", c, s->f->forms);
	return fail(s, at, "\"%c\" is not allowed here: %s", c, s->f->forms);
}

static bool take_number(struct parser *s, unsigned *out)
{
	*out = 0;
	if (!isdigit((unsigned char)*s->p))
		return false;
	for (; isdigit((unsigned char)*s->p); s->p++)
		if (*out < VALUE_MAX)
			*out = *out * 10 + (unsigned)(*s->p - '0');
	return true;
}

/* A name's three letters; more letters than those are no name, but for the L of FRIL. */
static bool take_name(struct parser *s, unsigned *out)
{
	const char *const *names = s->f->names;
	size_t n = 0;
	unsigned i;

	while (isalpha((unsigned char)s->p[n]))
		n++;
	for (i = 0; names && names[i]; i++)
		if (strncasecmp(s->p, names[i], 3) == 0 &&
		    (n == 3 || (n == 4 && s->f == &fields[WEEKDAY] && toupper((unsigned char)s->p[3]) == 'L'))) {
			*out = i + s->f->min;
			s->p += 3;
			return true;
		}
	if (n >= 3)
		return fail(s, s->p, "\"%.*s\" is no name: allowed are %s", n > 20 ? 20 : (int)n, s->p, s->f->values);
	return unexpected(s, s->p);
}

static bool take_value(struct parser *s, unsigned *out)
{
	const char *at = s->p;

	if (!take_number(s, out))
		return take_name(s, out);
	return (*out >= s->f->min && *out <= s->f->max) ||
	       fail(s, at, "%.*s is out of range: %s", s->p - at > 20 ? 20 : (int)(s->p - at), at, s->f->values);
}

static bool take_step(struct parser *s, unsigned *step)
{
	const char *at;

	*step = 1;
	if (*s->p != '/')
		return true;
	at = ++s->p;
	if (!take_number(s, step))
		return fail(s, at, "a step from 1 to %u is needed after /", s->f->step_max);
	return (*step >= 1 && *step <= s->f->step_max) ||
	       fail(s, at, "the step %.*s is out of range: 1 to %u", s->p - at > 20 ? 20 : (int)(s->p - at), at, s->f->step_max);
}

static void add_range(struct parser *s, unsigned first, unsigned last, unsigned step)
{
	for (; first <= last; first += step)
		s->bits |= UINT64_C(1) << first;
}

/* 5L, 2#3: what only a weekday may have behind it. *taken: it was one. */
static bool take_weekday_form(struct parser *s, unsigned weekday, bool *taken)
{
	const char *at;
	unsigned nth;

	weekday %= 7;
	*taken = s->f == &fields[WEEKDAY] && (toupper((unsigned char)*s->p) == 'L' || *s->p == '#');
	if (!*taken)
		return true;
	if (*s->p++ != '#') {
		s->out->last_weekdays |= (uint8_t)(1u << weekday);
		return true;
	}
	at = s->p;
	if (!take_number(s, &nth) || nth < 1 || nth > 5)
		return fail(s, at, "a number from 1 to 5 is needed after #: 2#3 is the third Tuesday");
	s->out->nth_weekdays[weekday] |= (uint8_t)(1u << nth);
	return true;
}

/* a, a/n, a-b, a-b/n, 5L, 2#3 */
static bool take_range(struct parser *s)
{
	const char *at = s->p;
	unsigned first, last, step;
	bool taken;

	if (!take_value(s, &first) || !take_weekday_form(s, first, &taken))
		return false;
	if (taken)
		return true;
	last = *s->p == '/' ? s->f->max : first;
	if (*s->p == '-') {
		bool sunday = strncasecmp(++s->p, "SUN", 3) == 0;

		if (!take_value(s, &last))
			return false;
		/* SAT-SUN, as 6-7 */
		if (s->f == &fields[WEEKDAY] && sunday && first > 0)
			last = 7;
		if (last < first)
			return fail(s, at, "the range %.*s goes backward: write two, as in %s", (int)(s->p - at), at,
			            s->f == &fields[WEEKDAY] ? "5-6,0-1" : s->f == &fields[HOUR] ? "22-23,0-4" :
			            s->f == &fields[MONTH] ? "11-12,1-2" : "25-29,1-5");
	}
	if (!take_step(s, &step))
		return false;
	add_range(s, first, last, step);
	return true;
}

static bool take_star(struct parser *s)
{
	unsigned step;

	s->p++;
	if (!take_step(s, &step))
		return false;
	s->star = true;
	add_range(s, s->f->min, s->f == &fields[WEEKDAY] ? 6 : s->f->max, step);
	return true;
}

static bool take_item(struct parser *s)
{
	if (*s->p == '*')
		return take_star(s);
	if (s->f == &fields[DAY] && toupper((unsigned char)*s->p) == 'L') {
		if (s->p[1] == '-' || s->p[1] == '/')
			return fail(s, s->p, "L (the last day of the month) stands alone: days before it are not supported");
		s->p++;
		s->out->last_day = true;
		return true;
	}
	return take_range(s);
}

static void keep_field(struct parser *s, const char *begin)
{
	bool given = s->p - begin != 1 || *begin != '*';
	struct cron *c = s->out;

	switch (s->f - fields) {
	case MINUTE: c->minutes = s->bits; break;
	case HOUR: c->hours = (uint32_t)s->bits; break;
	case DAY: c->days = (uint32_t)s->bits; c->days_given = given; break;
	case MONTH: c->months = (uint16_t)s->bits; break;
	default: c->weekdays = (uint8_t)((s->bits | s->bits >> 7) & 0x7f); c->weekdays_given = given;
	}
	c->elapsed |= s->star && (s->f == &fields[MINUTE] || s->f == &fields[HOUR]);
}

static bool take_field(struct parser *s)
{
	const char *begin;

	while (is_blank(*s->p))
		s->p++;
	if (!*s->p)
		return fail(s, s->p, "the field is missing: five are needed, minute, hour, day of month, month and day of week");
	s->bits = 0;
	s->star = false;
	begin = s->p;
	for (;;) {
		if (!take_item(s))
			return false;
		if (is_end(*s->p))
			break;
		if (*s->p != ',')
			return unexpected(s, s->p);
		s->p++;
	}
	keep_field(s, begin);
	return true;
}

/* The expression of a nickname; NULL: it is none. */
static bool take_nickname(const struct parser *s, const char **out)
{
	const char *p = s->p;
	size_t n = strcspn(p, " \t");
	unsigned i;

	*out = p;
	if (*p != '@')
		return true;
	for (i = 0; i < sizeof nicknames / sizeof *nicknames; i++)
		if (strlen(nicknames[i].name) == n && strncasecmp(p, nicknames[i].name, n) == 0 && !p[n + strspn(p + n, " \t")]) {
			*out = nicknames[i].text;
			return true;
		}
	return err_field(s->err, "cron_expr", "cron_expr: position %u: no such name; allowed are @hourly, @daily, @midnight, @weekly,"
	                 " @monthly, @yearly and @annually, each alone", (unsigned)(p - s->text + 1));
}

/* With a weekday some day matches in each month; without, days like 30 February need a month that has them. */
static bool can_match(const struct cron *c)
{
	unsigned month;

	if (!c->days_given || c->weekdays_given)
		return true;
	for (month = 1; month <= 12; month++)
		if (c->months & 1u << month && cron_days(c, cron_month_length(2000, month), 0))
			return true;
	return false;
}

bool cron_parse(const char *text, struct cron *out, struct error *err)
{
	struct parser s = {.text = text, .p = text, .out = out, .err = err};
	unsigned i;

	memset(out, 0, sizeof *out);
	if (strnlen(text, CRON_TEXT_MAX + 1) > CRON_TEXT_MAX)
		return err_field(err, "cron_expr", "cron_expr is longer than %d bytes", CRON_TEXT_MAX);
	s.p += strspn(text, " \t");
	if (!take_nickname(&s, &s.p))
		return false;
	for (i = 0; i < FIELD_COUNT; i++) {
		s.f = &fields[i];
		if (!take_field(&s))
			return false;
	}
	s.p += strspn(s.p, " \t");
	if (*s.p)
		return err_field(err, "cron_expr", "cron_expr: position %u: a sixth field; five are allowed, minute, hour, day of month,"
		                 " month and day of week, without seconds and years", (unsigned)(s.p - s.text + 1));
	return can_match(out) ||
	       err_field(err, "cron_expr", "cron_expr: day of month: no month that is named has such a day, so it can never match");
}
