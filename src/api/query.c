#include "api/query.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

bool query_number(const struct request *r, const char *name, unsigned min, unsigned max, unsigned *out,
                  struct error *err)
{
	const char *text = request_query(r, name);
	unsigned long n;

	if (!text)
		return true;
	n = strlen(text) <= 9 && strspn(text, "0123456789") == strlen(text) ? strtoul(text, NULL, 10) :
		(unsigned long)max + 1;
	if (!*text || n < min || n > max)
		return err_field(err, name, "%s must be a whole number from %u to %u", name, min, max);
	*out = (unsigned)n;
	return true;
}

bool query_time(const struct request *r, const char *name, int64_t *ms, struct error *err)
{
	const char *text = request_query(r, name);

	return !text || clock_parse(text, ms) ||
	       err_field(err, name, "%s must be a time such as 2025-01-15T06:00:00Z", name);
}

static int hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool query_cursor(const struct request *r, uint8_t *out, size_t n, bool *given, struct error *err)
{
	const char *text = request_query(r, "cursor");
	size_t i;

	*given = text != NULL;
	if (!text)
		return true;
	for (i = 0; i < n && strlen(text) == 2 * n; i++) {
		int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			break;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return i == n || err_field(err, "cursor", "cursor must be a next_cursor of an earlier answer");
}

bool query_bound(const struct request *r, const char *name, struct id *out, struct error *err)
{
	int64_t ms = -1;

	if (!query_time(r, name, &ms, err))
		return false;
	if (request_query(r, name))
		*out = id_floor(ms);
	return true;
}

bool query_before(const struct request *r, struct id *before, struct error *err)
{
	struct id id;
	bool given;

	if (!query_cursor(r, id.b, sizeof id.b, &given, err))
		return false;
	if (given && id_cmp(&id, before) < 0)
		*before = id;
	return true;
}
