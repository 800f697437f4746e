/* Where the messages of an mbox begin (RFC 4155 and what programs really write). */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "integrations/mailbox.h"

void mbox_splitter_init(struct mbox_splitter *s, void (*each)(void *, uint64_t, int64_t), void *ctx)
{
	memset(s, 0, sizeof *s);
	s->each = each;
	s->ctx = ctx;
	s->after_empty = true;
}

static int month_of(const char *name)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int i;

	for (i = 0; i < 12; i++)
		if (strncmp(names + 3 * i, name, 3) == 0)
			return i + 1;
	return 0;
}

/* "From who@where Tue Sep  3 12:00:00 2002", seconds and a zone's name optional; the sender may hold
 * blanks. The date is UTC by RFC 4155. */
static bool from_line_date(const char *line, int64_t *date_ms)
{
	const char *p = line + 5;
	int day, hour, minute, second, year, month, used;
	char name[4], zone[8];

	for (; *p; p++) {
		if (!isspace((unsigned char)p[0]) || !isalpha((unsigned char)p[1]))
			continue;
		second = 0;
		used = 0;
		if (sscanf(p + 1, "%*3[A-Za-z] %3[A-Za-z] %2d %2d:%2d%n", name, &day, &hour, &minute, &used) != 4)
			continue;
		month = month_of(name);
		p += 1 + used;
		used = 0;
		if (sscanf(p, ":%2d%n", &second, &used) == 1)
			p += used;
		if (month == 0 || (sscanf(p, " %4d", &year) != 1 &&
		                   sscanf(p, " %7[A-Z0-9+-] %4d", zone, &year) != 2))
			return false;
		if (day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60 || year < 1970)
			return false;
		*date_ms = clock_from_civil(year, month, day) + ((hour * 60 + minute) * 60 + second) * INT64_C(1000);
		return true;
	}
	return false;
}

/* Does the line begin as a header does ("Name: …")? Escaped ones occur as the first. */
static bool header_like(const char *line, size_t n)
{
	size_t i = n > 0 && line[0] == '>' ? 1 : 0, start = i;

	if (strncmp(line + i, "From ", 5) == 0)
		return true;
	while (i < n && line[i] > 32 && line[i] < 127 && line[i] != ':')
		i++;
	return i > start && i < n && line[i] == ':';
}

static void end_line(struct mbox_splitter *s)
{
	size_t n = s->line_len;
	int64_t date = 0;

	s->line[n] = '\0';
	if (n > 0 && s->line[n - 1] == '\r')
		s->line[--n] = '\0';
	if (s->pending && header_like(s->line, n))
		s->each(s->ctx, s->pending_at, s->pending_date);
	s->pending = s->after_empty && strncmp(s->line, "From ", 5) == 0 &&
	             from_line_date(s->line, &date);
	s->pending_at = s->line_at;
	s->pending_date = date;
	s->after_empty = n == 0;
	s->line_len = 0;
}

void mbox_splitter_feed(struct mbox_splitter *s, const char *p, size_t n)
{
	const char *end = p + n;

	while (p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((eol ? eol : end) - p), room = sizeof s->line - 1 - s->line_len;

		memcpy(s->line + s->line_len, p, len < room ? len : room);
		s->line_len += len < room ? len : room;
		s->offset += len + (eol != NULL);
		p = eol ? eol + 1 : end;
		if (eol) {
			end_line(s);
			s->line_at = s->offset;
		}
	}
}

void mbox_splitter_end(struct mbox_splitter *s)
{
	if (s->line_len > 0)
		end_line(s);
	if (s->pending)       /* nothing follows the last "From " line */
		s->each(s->ctx, s->pending_at, s->pending_date);
	s->pending = false;
}

size_t mbox_unescape(char *text, size_t n)
{
	size_t from = 0, to = 0;

	while (from < n) {
		const char *eol = memchr(text + from, '\n', n - from);
		size_t end = eol ? (size_t)(eol - text) + 1 : n, marks = 0;

		while (from + marks < end && text[from + marks] == '>')
			marks++;
		if (marks > 0 && end - from - marks >= 5 && memcmp(text + from + marks, "From ", 5) == 0)
			from++;
		memmove(text + to, text + from, end - from);
		to += end - from;
		from = end;
	}
	return to;
}
