/* Answers out of bytes. */
#include <string.h>
#include <strings.h>

#include "net/imap_parse.h"

#define KEEP (256u << 10)     /* bytes of memory kept for the next answer */

void imap_framer_init(struct imap_framer *f, size_t literal_max)
{
	memset(f, 0, sizeof *f);
	f->literal_max = literal_max;
	buf_init(&f->text, literal_max + IMAP_LINE_MAX + 1);
}

void imap_framer_release(struct imap_framer *f)
{
	buf_release(&f->text);
}

void imap_framer_next(struct imap_framer *f)
{
	if (f->text.cap > KEEP)
		buf_release(&f->text);
	buf_reset(&f->text);
	f->line_bytes = f->line_at = f->literal_left = f->literal_bytes = 0;
	f->literals = 0;
}

/* The text of a status answer is for a person and may end in anything, so that no literal follows it. */
static bool is_status(const char *p, size_t n)
{
	static const char *const words[] = {"OK ", "NO ", "BAD ", "BYE ", "PREAUTH "};
	const char *space = memchr(p, ' ', n);
	unsigned i;

	if (n > 0 && *p == '+')
		return true;
	for (i = 0; space && i < sizeof words / sizeof *words; i++)
		if ((size_t)(p + n - space - 1) >= strlen(words[i]) && strncasecmp(space + 1, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

/* Does the line end in "{123}", or "~{123}" of binary data? */
static bool announces(const char *line, size_t n, uint64_t *size)
{
	size_t at = n, digits = 0;

	if (n < 3 || line[n - 1] != '}')
		return false;
	for (at = n - 1; at > 0 && line[at - 1] >= '0' && line[at - 1] <= '9'; at--)
		digits++;
	if (digits == 0 || at == 0 || line[at - 1] != '{')
		return false;
	/* more digits than any size that could be allowed */
	for (*size = 0; at < n - 1; at++)
		*size = digits > 12 ? UINT64_MAX : *size * 10 + (uint64_t)(line[at] - '0');
	return true;
}

static enum imap_frame end_of_line(struct imap_framer *f, struct error *err)
{
	size_t n = f->text.len - 1;
	uint64_t size;

	if (n > f->line_at && f->text.data[n - 1] == '\r')
		n--;
	if (is_status(f->text.data, f->text.len) || !announces(f->text.data + f->line_at, n - f->line_at, &size))
		return IMAP_WHOLE;
	if (size > f->literal_max - f->literal_bytes) {
		err_set(err, ERR_EXECUTION_FAILED, "The mail server sends more than was asked for");
		return IMAP_REFUSED;
	}
	if (++f->literals > IMAP_LITERALS_MAX) {
		err_set(err, ERR_EXECUTION_FAILED, "An answer of the mail server has too many parts");
		return IMAP_REFUSED;
	}
	f->literal_left = (size_t)size;
	f->literal_bytes += (size_t)size;
	f->line_at = f->text.len + (size_t)size;
	return IMAP_MORE;
}

static size_t take_literal(struct imap_framer *f, const char *p, size_t n)
{
	size_t take = n < f->literal_left ? n : f->literal_left;

	buf_add(&f->text, p, take);
	f->literal_left -= take;
	return take;
}

/* Up to the line's end, and not past the most that a line may have. */
static size_t take_line(struct imap_framer *f, const char *p, size_t n, bool *ended)
{
	size_t room = IMAP_LINE_MAX + 1 - f->line_bytes, take = n < room ? n : room;
	const char *eol = memchr(p, '\n', take);

	*ended = eol != NULL;
	if (eol)
		take = (size_t)(eol - p) + 1;
	buf_add(&f->text, p, take);
	f->line_bytes += take;
	return take;
}

enum imap_frame imap_framer_feed(struct imap_framer *f, const char *p, size_t n, size_t *used, struct error *err)
{
	enum imap_frame what = IMAP_MORE;
	bool ended;

	*used = 0;
	while (*used < n && what == IMAP_MORE) {
		if (f->literal_left > 0) {
			*used += take_literal(f, p + *used, n - *used);
			continue;
		}
		*used += take_line(f, p + *used, n - *used, &ended);
		if (f->line_bytes > IMAP_LINE_MAX || f->text.failed) {
			err_set(err, ERR_EXECUTION_FAILED, "The mail server sends lines without an end");
			return IMAP_REFUSED;
		}
		if (ended)
			what = end_of_line(f, err);
	}
	return what;
}
