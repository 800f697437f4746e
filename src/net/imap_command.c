/* Commands and their answers. */
#include "net/imap_priv.h"

#include <stdio.h>
#include <string.h>


#define COMMAND_MAX (64u << 10)
#define QUOTED_MAX  1000

void imap_begin(struct imap_command *c, const char *words)
{
	memset(c, 0, sizeof *c);
	buf_init_secret(&c->text, COMMAND_MAX);
	buf_adds(&c->text, words);
}

void imap_add(struct imap_command *c, const char *words)
{
	buf_adds(&c->text, words);
}

void imap_addf(struct imap_command *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_addvf(&c->text, fmt, ap);
	va_end(ap);
}

/* What a quoted string may hold (RFC 3501: any ASCII but CR and LF). */
static bool can_be_quoted(const char *s)
{
	const char *p;

	for (p = s; *p; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p >= 0x7f)
			return false;
	return p - s <= QUOTED_MAX;
}

void imap_add_string(struct imap_command *c, const char *s)
{
	if (can_be_quoted(s)) {
		buf_addc(&c->text, '"');
		for (; *s; s++) {
			if (*s == '"' || *s == '\\')
				buf_addc(&c->text, '\\');
			buf_addc(&c->text, *s);
		}
		buf_addc(&c->text, '"');
		return;
	}
	INVARIANT(c->stop_count < IMAP_ARGS_MAX, "an IMAP command has too many strings");
	buf_addf(&c->text, "{%zu}\r\n", strlen(s));
	c->stops[c->stop_count++] = c->text.len;
	buf_adds(&c->text, s);
}

/* ---- Answers ---- */

/* Whatever ended it, another attempt has a connection of its own. */
static bool lost(struct imap *m, struct error *err)
{
	m->dead = true;
	err->retryable = err->code != ERR_CANCELLED;
	return false;
}

static bool senseless(struct imap *m, struct error *err)
{
	err_set(err, ERR_EXECUTION_FAILED, "The mail server's answer cannot be understood");
	return lost(m, err);
}

/* The next answer, which lives until the one after it. */
static bool read_answer(struct imap *m, struct imap_answer *out, struct error *err)
{
	struct imap_stream *s = &m->stream;
	enum imap_frame what = IMAP_MORE;
	size_t used;

	imap_framer_next(&m->framer);
	while (what == IMAP_MORE) {
		if (s->at == s->count && !stream_fill(s, err))
			return lost(m, err);
		what = imap_framer_feed(&m->framer, s->bytes + s->at, s->count - s->at, &used, err);
		s->at += used;
	}
	if (what == IMAP_REFUSED)
		return lost(m, err);
	return imap_answer_read(m->framer.text.data, m->framer.text.len, out) || senseless(m, err);
}

static void keep_status(const struct imap *m, const struct imap_answer *a, struct imap_status *out)
{
	out->condition = a->condition;
	snprintf(out->code, sizeof out->code, "%s", a->code);
	out->text[0] = '\0';
	/* servers repeat commands that they do not understand */
	if (m->logging_in)
		return;
	snprintf(out->text, sizeof out->text, "%.*s", (int)(a->text.n < sizeof out->text ? a->text.n : sizeof out->text - 1),
	         a->text.p);
	gate_printable(out->text);
}

static void keep_code(struct imap *m, const struct imap_answer *a, struct imap_status *out)
{
	if (strcmp(a->code, "CAPABILITY") == 0)
		imap_take_capabilities(m, a->code_args);
	else if (strcmp(a->code, "COPYUID") == 0)
		out->copied = imap_copyuid_read(a->code_args, &out->copy_validity, &out->copy_uid);
}

static bool good_bye(struct imap *m, const struct imap_answer *a, struct error *err)
{
	struct imap_status s = {.copied = false};

	keep_status(m, a, &s);
	err_set(err, ERR_EXECUTION_FAILED, "The mail server ended the connection%s%s", *s.text ? ": " : "", s.text);
	return lost(m, err);
}

/* Numbers of mails are ours to know (RFC 3501, 7.3.1 and 7.4.1). */
static void keep_count(struct imap *m, const struct imap_answer *a)
{
	if (strcmp(a->name, "EXISTS") == 0)
		m->exists = a->number;
	else if (strcmp(a->name, "EXPUNGE") == 0 && m->exists > 0)
		m->exists--;
}

/* *ours: it is the command's own status. */
static bool take_answer(struct imap *m, const struct imap_answer *a, imap_each each, void *ctx,
                        struct imap_status *status, bool *ours, struct error *err)
{
	char tag[16];

	*ours = false;
	if (a->kind == IMAP_STATUS)
		keep_code(m, a, status);
	if (a->kind == IMAP_STATUS && a->tag.n > 0) {
		snprintf(tag, sizeof tag, "Q%u", m->commands);
		if (!imap_is(&a->tag, tag))
			return senseless(m, err);
		*ours = true;
		keep_status(m, a, status);
		return true;
	}
	if (a->kind == IMAP_STATUS && a->condition == IMAP_BYE)
		return good_bye(m, a, err);
	if (a->kind == IMAP_DATA && a->has_number)
		keep_count(m, a);
	if (a->kind == IMAP_DATA && strcmp(a->name, "CAPABILITY") == 0)
		imap_take_capabilities(m, a->rest);
	return a->kind == IMAP_CONTINUE || !each || each(ctx, a) || senseless(m, err);
}

bool imap_wait(struct imap *m, imap_each each, void *ctx, struct imap_status *status, bool *go_on, struct error *err)
{
	unsigned count;
	bool ours;

	if (go_on)
		*go_on = false;
	for (count = 0; count < IMAP_ANSWERS_MAX; count++) {
		struct imap_answer a;

		if (!read_answer(m, &a, err))
			return false;
		if (a.kind == IMAP_CONTINUE && go_on) {
			*go_on = true;
			return true;
		}
		if (!take_answer(m, &a, each, ctx, status, &ours, err))
			return false;
		if (ours)
			return true;
	}
	err_set(err, ERR_EXECUTION_FAILED, "The mail server's answer does not end");
	return lost(m, err);
}

/* ---- Commands ---- */

static bool send_part(struct imap *m, const char *p, size_t n, struct error *err)
{
	return stream_send(&m->stream, p, n, err) || lost(m, err);
}

static bool selects(const char *command)
{
	return strncmp(command, "SELECT", 6) == 0 || strncmp(command, "EXAMINE", 7) == 0;
}

bool imap_send(struct imap *m, struct imap_command *c, imap_each each, void *ctx, struct imap_status *status,
               bool *ended, struct error *err)
{
	size_t from = 0;
	unsigned i;
	char tag[16];
	bool go_on = true, ok;

	memset(status, 0, sizeof *status);
	*ended = false;
	if (selects(buf_str(&c->text)))
		m->exists = 0;
	buf_adds(&c->text, "\r\n");
	INVARIANT(!c->text.failed, "an IMAP command is too long");
	if (m->dead) {
		err_set(err, ERR_EXECUTION_FAILED, "The connection to the mail server was lost before");
		ok = lost(m, err);
	} else {
		snprintf(tag, sizeof tag, "Q%u ", ++m->commands);
		ok = send_part(m, tag, strlen(tag), err);
	}
	for (i = 0; ok && go_on && i < c->stop_count; i++) {
		ok = send_part(m, c->text.data + from, c->stops[i] - from, err) &&
		     imap_wait(m, each, ctx, status, &go_on, err);
		from = c->stops[i];
	}
	if (ok && go_on)
		ok = send_part(m, c->text.data + from, c->text.len - from, err);
	*ended = ok && !go_on;
	buf_release(&c->text);
	return ok;
}

bool imap_run(struct imap *m, struct imap_command *c, imap_each each, void *ctx, struct imap_status *status,
              struct error *err)
{
	bool ended;

	return imap_send(m, c, each, ctx, status, &ended, err) && (ended || imap_wait(m, each, ctx, status, NULL, err));
}

bool imap_do(struct imap *m, struct imap_command *c, imap_each each, void *ctx, struct imap_status *status,
             const char *what, struct error *err)
{
	return imap_run(m, c, each, ctx, status, err) &&
	       (status->condition == IMAP_OK || imap_refused(status, what, err));
}

bool imap_refused(const struct imap_status *s, const char *what, struct error *err)
{
	static const char *const passing[] = {"UNAVAILABLE", "LIMIT", "INUSE", "SERVERBUG"};
	unsigned i;

	if (strcmp(s->code, "OVERQUOTA") == 0)
		return err_set(err, ERR_EXECUTION_FAILED, "%s: the mailbox is full (the server says: %s)", what, s->text);
	err_set(err, ERR_EXECUTION_FAILED, "%s: the server says: %s", what, *s->text ? s->text : "no");
	for (i = 0; i < sizeof passing / sizeof *passing; i++)
		err->retryable |= strcmp(s->code, passing[i]) == 0;
	return false;
}
