/* A scanner over one script: each step copies, or drops, one token. */
#include "store/sql_split.h"

#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"

struct scan {
	const char *at, *end;
	unsigned    line;            /* of at */
	unsigned    first_line;      /* of the statement's first token */
	bool        gap;             /* white space or a comment since the last token */
	struct buf  sql;             /* the statement so far */
	struct sql_list *out;
};

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static char next_char(const struct scan *s, size_t ahead)
{
	return (size_t)(s->end - s->at) > ahead ? s->at[ahead] : '\0';
}

/* Before the first character of a token. */
static void token(struct scan *s)
{
	if (s->sql.len == 0 && !s->sql.failed)
		s->first_line = s->line;
	else if (s->gap)
		buf_addc(&s->sql, ' ');
	s->gap = false;
}

static void copy(struct scan *s, size_t n)
{
	buf_add(&s->sql, s->at, n);
	for (; n > 0; n--)
		s->line += *s->at++ == '\n';
}

static void drop(struct scan *s, size_t n)
{
	for (; n > 0; n--)
		s->line += *s->at++ == '\n';
}

static bool quoted(struct scan *s, struct error *err)
{
	char quote = *s->at;
	unsigned line = s->line;

	token(s);
	copy(s, 1);
	while (s->at < s->end) {
		if (*s->at == '\\' && quote != '`' && s->end - s->at > 1) {
			copy(s, 2);
		} else if (*s->at != quote) {
			copy(s, 1);
		} else if (next_char(s, 1) == quote) {
			copy(s, 2);
		} else {
			copy(s, 1);
			return true;
		}
	}
	return err_set(err, ERR_INVALID_INPUT, "line %u: the quote %c is not closed", line, quote);
}

/* Executed comments and hints are part of the statement. */
static bool comment(struct scan *s, struct error *err)
{
	bool keep = next_char(s, 2) == '!' || next_char(s, 2) == '+' ||
		(next_char(s, 2) == 'M' && next_char(s, 3) == '!');
	const char *close = memmem(s->at + 2, (size_t)(s->end - s->at - 2), "*/", 2);

	if (!close)
		return err_set(err, ERR_INVALID_INPUT, "line %u: the comment is not closed", s->line);
	if (keep) {
		token(s);
		copy(s, (size_t)(close + 2 - s->at));
	} else {
		drop(s, (size_t)(close + 2 - s->at));
		s->gap = true;
	}
	return true;
}

static void comment_line(struct scan *s)
{
	const char *eol = memchr(s->at, '\n', (size_t)(s->end - s->at));

	drop(s, (size_t)((eol ? eol : s->end) - s->at));
	s->gap = true;
}

static bool at_comment_line(const struct scan *s)
{
	char after = next_char(s, 2);

	/* "--" begins a comment only before white space: 1--1 is arithmetic */
	return *s->at == '#' || (*s->at == '-' && next_char(s, 1) == '-' &&
	                         (s->end - s->at == 2 || is_space(after)));
}

static bool is_delimiter_command(const struct buf *sql)
{
	return sql->len >= 9 && strncasecmp(sql->data, "DELIMITER", 9) == 0 &&
		(sql->len == 9 || sql->data[9] == ' ');
}

static bool finish(struct scan *s, struct error *err)
{
	struct sql_list *l = s->out;

	s->gap = false;
	if (s->sql.failed)
		return err_set(err, ERR_INVALID_INPUT, "line %u: the statement is longer than %u bytes",
		               s->first_line, SQL_STATEMENT_SIZE);
	if (s->sql.len == 0)
		return true;
	if (is_delimiter_command(&s->sql))
		return err_set(err, ERR_INVALID_INPUT, "line %u: DELIMITER is not SQL; write each"
		               " statement so that it ends at its semicolon", s->first_line);
	if (l->n == SQL_STATEMENTS_MAX)
		return err_set(err, ERR_INVALID_INPUT, "line %u: more than %d statements",
		               s->first_line, SQL_STATEMENTS_MAX);
	l->items = mem_grow(l->items, (l->n + 1) * sizeof *l->items);
	l->items[l->n].line = s->first_line;
	l->items[l->n++].text = mem_strndup(s->sql.data, s->sql.len);
	buf_reset(&s->sql);
	return true;
}

static bool step(struct scan *s, struct error *err)
{
	char c = *s->at;

	if (c == '\'' || c == '"' || c == '`')
		return quoted(s, err);
	if (c == '/' && next_char(s, 1) == '*')
		return comment(s, err);
	if (at_comment_line(s)) {
		comment_line(s);
	} else if (is_space(c)) {
		drop(s, 1);
		s->gap = true;
	} else if (c == ';') {
		drop(s, 1);
		return finish(s, err);
	} else {
		/* two minus signs must not become a comment when white space follows */
		if (c == '-' && s->sql.len > 0 && s->sql.data[s->sql.len - 1] == '-')
			s->gap = true;
		token(s);
		copy(s, 1);
	}
	return true;
}

bool sql_split(const char *text, size_t n, struct sql_list *out, struct error *err)
{
	struct scan s = {.at = text, .end = text + n, .line = 1, .out = out};
	bool ok = true;

	out->items = NULL;
	out->n = 0;
	if (memchr(text, '\0', n))
		return err_set(err, ERR_INVALID_INPUT, "the script holds a NUL byte");
	buf_init(&s.sql, SQL_STATEMENT_SIZE);
	while (ok && s.at < s.end)
		ok = step(&s, err);
	ok = ok && finish(&s, err);
	buf_release(&s.sql);
	if (!ok)
		sql_list_release(out);
	return ok;
}

void sql_list_release(struct sql_list *list)
{
	unsigned i;

	for (i = 0; i < list->n; i++)
		mem_free(list->items[i].text);
	mem_free(list->items);
	list->items = NULL;
	list->n = 0;
}
