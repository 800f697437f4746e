/* What answers a search: SEARCH (RFC 3501), or ESEARCH (RFC 4731), which tells ranges beside counts. */
#include "net/imap_parse.h"

#include <string.h>

bool imap_is_search(const struct imap_answer *a)
{
	return a->kind == IMAP_DATA && (strcmp(a->name, "SEARCH") == 0 || strcmp(a->name, "ESEARCH") == 0);
}

static bool read_search(struct imap_reader r, void (*each)(void *ctx, uint32_t first, uint32_t last), void *ctx)
{
	uint64_t n;

	for (;;) {
		struct imap_token t = imap_next(&r);

		/* "(MODSEQ …)" may follow */
		if (t.kind == IMAP_END || t.kind == IMAP_OPEN)
			return true;
		if (!imap_number(&t, UINT32_MAX, &n) || n == 0)
			return false;
		each(ctx, (uint32_t)n, (uint32_t)n);
	}
}

static bool take_number(struct imap_reader *r, uint32_t *out)
{
	struct imap_token t = {IMAP_ATOM, r->p, 0};
	uint64_t n;

	while (r->p < r->end && *r->p != ',' && *r->p != ':')
		r->p++;
	t.n = (size_t)(r->p - t.p);
	if (!imap_number(&t, UINT32_MAX, &n) || n == 0)
		return false;
	*out = (uint32_t)n;
	return true;
}

/* "3,5:9" */
static bool read_set(const struct imap_token *t, void (*each)(void *ctx, uint32_t first, uint32_t last), void *ctx)
{
	struct imap_reader r = {t->p, t->p + t->n};
	uint32_t a, b;

	if (t->kind != IMAP_ATOM)
		return false;
	for (;;) {
		if (!take_number(&r, &a))
			return false;
		b = a;
		if (r.p < r.end && *r.p == ':') {
			r.p++;
			if (!take_number(&r, &b))
				return false;
		}
		each(ctx, a < b ? a : b, a < b ? b : a);
		if (r.p == r.end)
			return true;
		if (*r.p++ != ',')
			return false;
	}
}

/* "(TAG "Q1") UID ALL 3,5:9 COUNT 6" */
static bool read_esearch(struct imap_reader r, void (*each)(void *ctx, uint32_t first, uint32_t last), void *ctx)
{
	struct imap_reader at = r;
	struct imap_token t = imap_next(&at);

	if (t.kind == IMAP_OPEN && !imap_skip(&r))
		return false;
	for (;;) {
		t = imap_next(&r);
		if (t.kind == IMAP_END)
			return true;
		if (imap_is(&t, "UID"))
			continue;
		if (imap_is(&t, "ALL")) {
			t = imap_next(&r);
			if (!read_set(&t, each, ctx))
				return false;
		} else if (t.kind != IMAP_ATOM || !imap_skip(&r)) {
			return false;
		}
	}
}

bool imap_search_read(const struct imap_answer *a, void (*each)(void *ctx, uint32_t first, uint32_t last), void *ctx)
{
	return (strcmp(a->name, "ESEARCH") == 0 ? read_esearch : read_search)(a->rest, each, ctx);
}
