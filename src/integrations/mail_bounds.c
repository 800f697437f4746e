/* Bounds of what GMime is given: how many parts a body can have, and how they can nest, is told from its boundary lines
 * before anything is taken apart. */
#include "integrations/mail_priv.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"

#define STRIDE_LINES 64               /* boundary lines counted without looking closer */

struct boundaries {
	struct { const char *p; size_t n; } all[MAIL_BOUNDARIES_MAX];
	unsigned count;
	bool too_many;
};

/* After "boundary": its value, quoted or not; RFC 2231's split values are not followed. */
static void take_boundary(struct boundaries *b, const char *p, const char *end)
{
	size_t n = 0;
	bool quoted;

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	if (p < end && *p == '*') {
		b->too_many = true;
		return;
	}
	if (p >= end || *p++ != '=')
		return;
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
		p++;
	quoted = p < end && *p == '"';
	p += quoted;
	while (p + n < end && p[n] != '\n' && (quoted ? p[n] != '"' : !strchr(" \t\r;", p[n])))
		n++;
	/* an empty one (n is 0) makes a boundary of every line that begins with "--" */
	if (b->count == MAIL_BOUNDARIES_MAX) {
		b->too_many = true;
		return;
	}
	b->all[b->count].p = p;
	b->all[b->count++].n = n;
}

static void find_boundaries(struct boundaries *b, const char *p, size_t n)
{
	const char *last = n > 9 ? p + n - 9 : p;

	for (; p < last && !b->too_many; p++)
		if ((*p | 0x20) == 'b' && strncasecmp(p, "boundary", 8) == 0)
			take_boundary(b, p + 8, last + 9);
}

static bool is_boundary(const struct boundaries *b, const char *p, const char *end)
{
	unsigned i;

	for (i = 0; i < b->count; i++)
		if ((size_t)(end - p) >= b->all[i].n && memcmp(p, b->all[i].p, b->all[i].n) == 0)
			return true;
	return false;
}

bool mail_within_bounds(const struct raw_header *h, unsigned count, const char *body, size_t n)
{
	struct boundaries *b = mem_zalloc(sizeof *b);
	const char *p = body, *end = body + n;
	unsigned parts = 0, i;

	for (i = 0; i < count; i++)
		find_boundaries(b, h[i].value, h[i].value_len);
	find_boundaries(b, body, n);
	while (p && p < end && parts <= MAIL_PARTS_MAX) {
		if (end - p > 2 && p[0] == '-' && p[1] == '-')
			parts += is_boundary(b, p + 2, end) || b->too_many;
		p = memchr(p, '\n', (size_t)(end - p));
		p = p ? p + 1 : NULL;
	}
	i = b->too_many ? STRIDE_LINES : MAIL_PARTS_MAX;
	mem_free(b);
	return parts <= i;
}
