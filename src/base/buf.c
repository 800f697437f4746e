/* Growing buffers. */
#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

#define FIRST_SIZE 256

void buf_init(struct buf *b, size_t ceiling)
{
	*b = (struct buf){.ceiling = ceiling};
}

void buf_init_secret(struct buf *b, size_t ceiling)
{
	*b = (struct buf){.ceiling = ceiling, .secret = true};
}

void buf_release(struct buf *b)
{
	if (b->secret && b->data)
		mem_wipe(b->data, b->cap);
	mem_free(b->data);
	b->data = NULL;
	b->len = b->cap = 0;
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = false;
	if (b->data)
		b->data[0] = '\0';
}

static bool fail(struct buf *b)
{
	buf_release(b);
	b->failed = true;
	return false;
}

/* realloc would leave a copy behind. */
static void grow(struct buf *b, size_t cap)
{
	char *larger;

	if (!b->secret || !b->data) {
		b->data = mem_grow(b->data, cap);
		return;
	}
	larger = mem_alloc(cap);
	memcpy(larger, b->data, b->len);
	mem_wipe(b->data, b->cap);
	mem_free(b->data);
	b->data = larger;
}

bool buf_reserve(struct buf *b, size_t n)
{
	size_t need, cap;

	if (b->failed)
		return false;
	if (n < b->cap - b->len)          /* the NUL has its place too */
		return true;
	if (b->len > b->ceiling || n > b->ceiling - b->len)
		return fail(b);
	need = b->len + n + 1;
	cap = b->cap ? b->cap : FIRST_SIZE;
	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : cap * 2;
	if (cap - 1 > b->ceiling)
		cap = b->ceiling + 1;
	grow(b, cap);
	b->cap = cap;
	b->data[b->len] = '\0';
	return true;
}

bool buf_add(struct buf *b, const void *p, size_t n)
{
	if (!buf_reserve(b, n))
		return false;
	if (n > 0)
		memcpy(b->data + b->len, p, n);
	b->len += n;
	b->data[b->len] = '\0';
	return true;
}

bool buf_adds(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

bool buf_addc(struct buf *b, char c)
{
	if (!buf_reserve(b, 1))
		return false;
	b->data[b->len++] = c;
	b->data[b->len] = '\0';
	return true;
}

bool buf_addvf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	size_t room;
	int n;

	if (!buf_reserve(b, 0))
		return false;
	room = b->cap - b->len;
	va_copy(again, ap);
	n = vsnprintf(b->data + b->len, room, fmt, ap);
	INVARIANT(n >= 0, "a format that vsnprintf refuses");
	if ((size_t)n >= room && buf_reserve(b, (size_t)n))
		vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
	va_end(again);
	if (b->failed)
		return false;
	b->len += (size_t)n;
	return true;
}

bool buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	bool ok;

	va_start(ap, fmt);
	ok = buf_addvf(b, fmt, ap);
	va_end(ap);
	return ok;
}

bool buf_add_int(struct buf *b, long long v)
{
	char digits[20], *p = digits + sizeof digits;
	unsigned long long u = v < 0 ? 0 - (unsigned long long)v : (unsigned long long)v;

	do
		*--p = (char)('0' + u % 10);
	while ((u /= 10) != 0);
	if (v < 0)
		*--p = '-';
	return buf_add(b, p, (size_t)(digits + sizeof digits - p));
}

const char *buf_str(const struct buf *b)
{
	return b->data ? b->data : "";
}

char *buf_detach(struct buf *b, size_t *len)
{
	char *p = NULL;

	if (len)
		*len = b->len;
	if (!b->failed && buf_reserve(b, 0))
		p = b->data;
	b->data = NULL;
	b->len = b->cap = 0;
	return p;
}
