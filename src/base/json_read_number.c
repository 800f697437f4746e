/* Numbers of JSON: exactly what the digits say, or a refusal (RFC 8259, section 6). */
#include "base/json_read_priv.h"

#include <float.h>
#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static locale_t c_locale;

static void make_c_locale(void)
{
	c_locale = json_read_got(newlocale(LC_ALL_MASK, "C", (locale_t)0));
}

/* What is not exact in one multiplication or division goes through strtod, whatever the process's locale. */
static double slow_double(struct json_reader *r, const uint8_t *first, size_t n)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	char *text = json_read_scratch(r, n + 1);

	pthread_once(&once, make_c_locale);
	memcpy(text, first, n);
	text[n] = '\0';
	return strtod_l(text, NULL, c_locale);
}

/* digits * 10^exponent, by Clinger's fast path. More digits than d holds are more than 2^53. */
static bool exact_double(uint64_t digits, long exponent, double *out)
{
	static const double tens[] = {
		1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
		1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
	};

	if (FLT_EVAL_METHOD != 0 || digits > (uint64_t)1 << 53 || exponent < -22 || exponent > 22)
		return false;
	*out = exponent < 0 ? (double)digits / tens[-exponent] : (double)digits * tens[exponent];
	return true;
}

struct digits {
	uint64_t value;                /* of the first 19 significant ones */
	unsigned count;                /* significant ones seen */
	long     behind;               /* how many of all stand behind the point */
};

/* Reads a run of digits into d; false if there is none. */
static bool read_digits(struct json_reader *r, struct digits *d, bool behind_point)
{
	const uint8_t *p = r->at;

	for (; p < r->end && *p >= '0' && *p <= '9'; p++) {
		if (d->count < 19)
			d->value = d->value * 10 + (uint64_t)(*p - '0');
		if (d->count || *p != '0')
			d->count++;
		d->behind += behind_point;
	}
	if (p == r->at)
		return false;
	r->at = p;
	return true;
}

static bool read_exponent(struct json_reader *r, long *exponent)
{
	struct digits d = {0};
	bool negative = false;

	r->at++;
	if (r->at < r->end && (*r->at == '+' || *r->at == '-'))
		negative = *r->at++ == '-';
	if (!read_digits(r, &d, false))
		return json_read_fail(r, r->at, "digits must follow the exponent's e");
	*exponent = d.count > 6 ? 1000000 : (long)d.value;
	if (negative)
		*exponent = -*exponent;
	return true;
}

static bool make_int(struct json_reader *r, const uint8_t *first, const struct digits *d, bool negative,
                     struct json_object **out)
{
	uint64_t most = (uint64_t)INT64_MAX + negative;

	if (d->count > 19 || d->value > most)
		return json_read_fail(r, first, "this integer does not fit 64 bits");
	*out = json_read_got(json_object_new_int64(negative ? (int64_t)(0 - d->value) : (int64_t)d->value));
	return true;
}

bool json_read_number(struct json_reader *r, struct json_object **out)
{
	const uint8_t *first = r->at;
	bool negative = *first == '-', whole = true;
	struct digits d = {0};
	long exponent = 0;
	double value;

	r->at += negative;
	if (r->end - r->at >= 2 && r->at[0] == '0' && r->at[1] >= '0' && r->at[1] <= '9')
		return json_read_fail(r, first, "a number must not begin with 0");
	if (!read_digits(r, &d, false))
		return json_read_fail(r, r->at, "a digit must follow the minus");
	if (r->at < r->end && *r->at == '.') {
		whole = false;
		r->at++;
		if (!read_digits(r, &d, true))
			return json_read_fail(r, r->at, "a digit must follow the point");
	}
	if (r->at < r->end && (*r->at | 0x20) == 'e') {
		whole = false;
		if (!read_exponent(r, &exponent))
			return false;
	}
	if (whole)
		return make_int(r, first, &d, negative, out);
	if (!exact_double(d.value, exponent - d.behind, &value)) {
		value = slow_double(r, first, (size_t)(r->at - first));
		negative = false;              /* its sign is in it */
	}
	if (value > DBL_MAX || value < -DBL_MAX)
		return json_read_fail(r, first, "this number is too large");
	*out = json_read_got(json_object_new_double(negative ? -value : value));
	return true;
}
