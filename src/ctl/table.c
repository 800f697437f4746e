#include "ctl/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

void table_init(struct table *t, struct arena *a, bool colour, const char *const *heads)
{
	*t = (struct table){.arena = a, .colour = colour, .heads = heads, .cols = 2};
	if (heads)
		for (t->cols = 0; heads[t->cols]; )
			t->cols++;
}

void table_add_secret(struct table *t, enum table_colour colour, const char *text)
{
	struct table_cell *more;

	if (t->count == t->room) {
		t->room = t->room ? 2 * t->room : 64;
		more = arena_alloc(t->arena, t->room * sizeof *more);
		if (t->count > 0)
			memcpy(more, t->cells, t->count * sizeof *more);
		t->cells = more;
	}
	t->cells[t->count++] = (struct table_cell){text, colour};
}

/* C0, DEL, and C1 (U+0080 to U+009F), which in UTF-8 are two bytes. */
void table_printable(char *text)
{
	const char *p;

	for (p = text; *p; p++, text++) {
		bool c1 = (unsigned char)*p == 0xc2 && (unsigned char)p[1] >= 0x80 && (unsigned char)p[1] < 0xa0;

		p += c1;
		*text = c1 || (unsigned char)*p < ' ' || *p == 0x7f ? '?' : *p;
	}
	*text = '\0';
}

static void add(struct table *t, char *text, enum table_colour colour)
{
	table_printable(text);
	table_add_secret(t, colour, text);
}

void table_add(struct table *t, const char *fmt, ...)
{
	struct buf b;
	va_list ap;

	buf_init(&b, 1 << 20);
	va_start(ap, fmt);
	buf_addvf(&b, fmt, ap);
	va_end(ap);
	add(t, arena_strdup(t->arena, buf_str(&b)), PLAIN);
	buf_release(&b);
}

void table_add_coloured(struct table *t, enum table_colour colour, const char *text)
{
	add(t, arena_strdup(t->arena, text), colour);
}

void table_add_time(struct table *t, int64_t ms)
{
	char text[CLOCK_TEXT_SIZE] = "-";

	if (ms)
		clock_format(ms, text);
	table_add(t, "%s", text);
}

/* In columns of a terminal, one for each code point. */
static size_t width(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

void table_paint(struct buf *out, bool on, enum table_colour colour, const char *text)
{
	static const char *const codes[] = {[BOLD] = "1", [DIM] = "2", [RED] = "31", [GREEN] = "32",
	                                    [YELLOW] = "33"};

	if (on && colour != PLAIN)
		buf_addf(out, "\033[%sm%s\033[0m", codes[colour], text);
	else
		buf_adds(out, text);
}

/* The cells of a row, the blanks between two of them before the second: a row that ends in an empty cell ends before them. */
static void print_row(const struct table *t, const struct table_cell *cells, const size_t *widths, struct buf *out)
{
	size_t blanks = 0;
	unsigned i;

	for (i = 0; i < t->cols; i++) {
		for (; *cells[i].text && blanks > 0; blanks--)
			buf_addc(out, ' ');
		table_paint(out, t->colour, cells[i].colour, cells[i].text);
		blanks += widths[i] - width(cells[i].text) + 2;
	}
	buf_addc(out, '\n');
}

#define COLS_MAX 12

void table_print(const struct table *t, const char *when_empty, struct buf *out)
{
	struct table_cell row[COLS_MAX];
	size_t widths[COLS_MAX] = {0};
	unsigned i;

	if (t->count == 0) {
		buf_addf(out, "%s\n", when_empty);
		return;
	}
	for (i = 0; t->heads && i < t->cols; i++)
		widths[i] = width(t->heads[i]);
	for (i = 0; i < t->count; i++)
		if (width(t->cells[i].text) > widths[i % t->cols])
			widths[i % t->cols] = width(t->cells[i].text);
	for (i = 0; t->heads && i < t->cols; i++)
		row[i] = (struct table_cell){t->heads[i], BOLD};
	if (t->heads)
		print_row(t, row, widths, out);
	for (i = 0; i + t->cols <= t->count; i += t->cols) {
		memcpy(row, t->cells + i, t->cols * sizeof *row);
		if (!t->heads)
			row[0].colour = DIM;
		print_row(t, row, widths, out);
	}
}
