/* What the JSON reader's files share: the place in the text, and what each of them reads. Private to
 * base/json_read*.c. */
#ifndef AGENTIV_BASE_JSON_READ_PRIV_H
#define AGENTIV_BASE_JSON_READ_PRIV_H

#include "base/json.h"
#include "base/json_scan.h"
#include "base/mem.h"

struct json_reader {
	const uint8_t *at, *start, *end;
	int   depth, depth_max;        /* how many levels are still allowed, and were at first */
	char *scratch;                 /* decoded strings and the text of numbers */
	size_t scratch_size;
	char  small[512];              /* what scratch is at first */
	const char *const *wanted;     /* members of the top-level object; NULL: none */
	struct json_span *spans;       /* of those */
	struct error *err;
};

/* Says what is wrong and where. Returns false. */
bool json_read_fail(struct json_reader *r, const uint8_t *where, const char *what) __attribute__((cold));

/* The scratch with room for n bytes; what was in it is lost. */
char *json_read_scratch(struct json_reader *r, size_t n);

/* The rest of a string that began at first, from its byte p on, which is not plain. */
bool json_read_string_from(struct json_reader *r, const uint8_t *first, const uint8_t *p,
                           const char **out, size_t *n);

/* Reads the number that begins at r->at: an int64, or a double where it has a point or an exponent. */
bool json_read_number(struct json_reader *r, struct json_object **out);

/* json-c answers NULL when memory is short; see mem.h for what that means here. */
static inline void *json_read_got(void *p)
{
	INVARIANT(p != NULL, "out of memory");
	return p;
}

static inline void json_read_skip_space(struct json_reader *r)
{
	const uint8_t *p = r->at;

	while (p < r->end && *p <= ' ' && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
		p++;
	r->at = p;
}

/* Reads the string whose opening quote r->at is at. out points into the text or, where there were escapes,
 * into the scratch: valid until the next string. Most strings have nothing but plain bytes: those are read
 * where they are wanted. */
static inline bool json_read_string(struct json_reader *r, const char **out, size_t *n)
{
	const uint8_t *first = r->at + 1, *p = scan_plain(first, r->end);

	if (p == r->end || *p != '"')
		return json_read_string_from(r, first, p, out, n);
	r->at = p + 1;
	*out = (const char *)first;
	*n = (size_t)(p - first);
	return true;
}

#endif
