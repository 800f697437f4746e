/* What an answer is, and the data of those that are asked for. */
#include "net/imap_parse.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"

static const struct { const char *word; enum imap_condition condition; } conditions[] = {
	{"OK", IMAP_OK}, {"NO", IMAP_NO}, {"BAD", IMAP_BAD_COMMAND}, {"BYE", IMAP_BYE}, {"PREAUTH", IMAP_PREAUTH},
};

static void capitals(const struct imap_token *t, char *out, size_t size)
{
	size_t i;

	*out = '\0';
	if (t->n >= size)
		return;
	for (i = 0; i < t->n; i++)
		out[i] = (char)toupper((unsigned char)t->p[i]);
	out[t->n] = '\0';
}

/* Words of a status line are read apart from tokens: its text may hold anything. */
static struct imap_token word(struct imap_reader *r)
{
	struct imap_token t = {IMAP_ATOM, r->p, 0};

	while (r->p < r->end && (unsigned char)*r->p > ' ')
		r->p++;
	t.n = (size_t)(r->p - t.p);
	while (r->p < r->end && *r->p == ' ')
		r->p++;
	return t;
}

/* "[CODE arguments] text" */
static void read_status_text(struct imap_reader *r, struct imap_answer *out)
{
	const char *close = r->p < r->end && *r->p == '[' ? memchr(r->p, ']', (size_t)(r->end - r->p)) : NULL;
	struct imap_token name;

	if (close) {
		out->code_args = (struct imap_reader){r->p + 1, close};
		name = word(&out->code_args);
		capitals(&name, out->code, sizeof out->code);
		r->p = close + 1;
		while (r->p < r->end && *r->p == ' ')
			r->p++;
	}
	out->text = (struct imap_token){IMAP_ATOM, r->p, (size_t)(r->end - r->p)};
}

static bool read_status(struct imap_reader r, struct imap_answer *out)
{
	struct imap_token w = word(&r);
	unsigned i;

	for (i = 0; i < sizeof conditions / sizeof *conditions; i++)
		if (imap_is(&w, conditions[i].word)) {
			out->kind = IMAP_STATUS;
			out->condition = conditions[i].condition;
			read_status_text(&r, out);
			return true;
		}
	return false;
}

static bool read_data(struct imap_reader r, struct imap_answer *out)
{
	struct imap_token t = imap_next(&r);
	uint64_t n;

	out->kind = IMAP_DATA;
	if (imap_number(&t, UINT32_MAX, &n)) {
		out->has_number = true;
		out->number = (uint32_t)n;
		t = imap_next(&r);
	}
	if (t.kind != IMAP_ATOM)
		return false;
	capitals(&t, out->name, sizeof out->name);
	out->rest = r;
	return true;
}

bool imap_answer_read(const char *text, size_t n, struct imap_answer *out)
{
	struct imap_reader r = {text, text + n};

	memset(out, 0, sizeof *out);
	while (r.end > r.p && (r.end[-1] == '\n' || r.end[-1] == '\r'))
		r.end--;
	if (r.p < r.end && *r.p == '+') {
		out->kind = IMAP_CONTINUE;
		return true;
	}
	out->tag = word(&r);
	if (out->tag.n == 0)
		return false;
	if (imap_is(&out->tag, "*")) {
		out->tag.n = 0;
		return read_status(r, out) || read_data(r, out);
	}
	return read_status(r, out);
}

/* ---- FETCH ---- */

/* The inside of the list that comes next. */
static bool read_list(struct imap_reader *r, struct imap_reader *inside)
{
	struct imap_reader at = *r;
	struct imap_token open = imap_next(&at);

	if (open.kind != IMAP_OPEN || !imap_skip(r))
		return false;
	*inside = (struct imap_reader){at.p, r->p - 1};
	return true;
}

static bool read_flags(struct imap_reader *r, struct imap_fetched *out)
{
	if (!read_list(r, &out->flags))
		return false;
	out->has_flags = true;
	out->seen = imap_list_has(out->flags, "\\Seen");
	out->flagged = imap_list_has(out->flags, "\\Flagged");
	out->deleted = imap_list_has(out->flags, "\\Deleted");
	return true;
}

static bool read_body(struct imap_reader *r, struct imap_fetched *out)
{
	struct imap_token t = imap_next(r);

	if (t.kind != IMAP_LITERAL && t.kind != IMAP_QUOTED && !imap_is_nil(&t))
		return false;
	if (!out->has_body)
		out->body = t;
	out->has_body = true;
	return true;
}

static bool read_item(const struct imap_token *name, struct imap_reader *r, struct imap_fetched *out)
{
	struct imap_token t;
	uint64_t n;

	if (imap_is(name, "FLAGS"))
		return read_flags(r, out);
	if (imap_is(name, "X-GM-LABELS"))
		return out->has_labels = read_list(r, &out->labels);
	if (name->n > 5 && strncasecmp(name->p, "BODY[", 5) == 0)
		return read_body(r, out);
	if (imap_is(name, "UID") || imap_is(name, "RFC822.SIZE")) {
		t = imap_next(r);
		if (!imap_number(&t, UINT32_MAX, &n))
			return false;
		*(imap_is(name, "UID") ? &out->uid : &out->size) = (uint32_t)n;
		out->has_size |= imap_is(name, "RFC822.SIZE");
		return true;
	}
	if (imap_is(name, "INTERNALDATE")) {
		t = imap_next(r);
		return t.kind == IMAP_QUOTED && imap_date_read(t.p, t.n, &out->date_ms);
	}
	return imap_skip(r);
}

bool imap_fetch_read(struct imap_reader rest, struct imap_fetched *out)
{
	struct imap_token t = imap_next(&rest);

	memset(out, 0, sizeof *out);
	if (t.kind != IMAP_OPEN)
		return false;
	for (;;) {
		t = imap_next(&rest);
		if (t.kind == IMAP_CLOSE)
			return true;
		if (t.kind != IMAP_ATOM || !read_item(&t, &rest, out))
			return false;
	}
}

bool imap_date_read(const char *text, size_t n, int64_t *ms)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int day, year, hour, minute, second, zone, used = 0, month;
	char copy[32], name[4], sign;

	if (n < 20 || n >= sizeof copy)
		return false;
	memcpy(copy, text, n);
	copy[n] = '\0';
	if (sscanf(copy, "%2d-%3[A-Za-z]-%4d %2d:%2d:%2d %c%4d%n", &day, name, &year, &hour, &minute, &second, &sign, &zone,
	           &used) != 8 || copy[used])
		return false;
	for (month = 0; month < 12 && strncasecmp(months + 3 * month, name, 3) != 0; month++)
		;
	if (month == 12 || day < 1 || day > 31 || year < 1900 || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
	    second < 0 || second > 60 || (sign != '+' && sign != '-') || zone < 0 || zone % 100 > 59)
		return false;
	zone = zone / 100 * 60 + zone % 100;
	*ms = clock_from_civil(year, month + 1, day) +
	      ((hour * 60 + minute - (sign == '-' ? -zone : zone)) * 60 + second) * INT64_C(1000);
	return true;
}

/* ---- LIST, NAMESPACE, COPYUID ---- */

/* A delimiter is one character between quotes, or NIL. */
static bool read_delimiter(struct imap_reader *r, char *out)
{
	struct imap_token t = imap_next(r);
	char text[3];

	*out = '\0';
	if (imap_is_nil(&t))
		return true;
	if (t.kind != IMAP_QUOTED || !imap_text(&t, text, sizeof text) || strlen(text) != 1)
		return false;
	*out = *text;
	return true;
}

bool imap_folder_read(struct imap_reader rest, struct imap_folder *out)
{
	struct imap_reader uses;
	struct imap_token t;

	memset(out, 0, sizeof *out);
	if (!read_list(&rest, &uses) || !read_delimiter(&rest, &out->delimiter))
		return false;
	out->archive = imap_list_has(uses, "\\Archive");
	out->all = imap_list_has(uses, "\\All");
	out->sent = imap_list_has(uses, "\\Sent");
	out->closed = imap_list_has(uses, "\\Noselect") || imap_list_has(uses, "\\NonExistent");
	t = imap_next(&rest);
	return imap_text(&t, out->name, sizeof out->name) && *out->name && !strpbrk(out->name, "\r\n");
}

bool imap_namespace_read(struct imap_reader rest, char prefix[512], char *delimiter)
{
	struct imap_reader all, first;
	struct imap_token t;

	*prefix = *delimiter = '\0';
	if (!read_list(&rest, &all) || !read_list(&all, &first))
		return false;
	t = imap_next(&first);
	return imap_text(&t, prefix, 512) && !strpbrk(prefix, "\r\n") && read_delimiter(&first, delimiter);
}

bool imap_copyuid_read(struct imap_reader args, uint32_t *validity, uint32_t *uid)
{
	struct imap_token a = imap_next(&args), b = imap_next(&args), c = imap_next(&args);
	uint64_t v, from, to;

	if (!imap_number(&a, UINT32_MAX, &v) || !imap_number(&b, UINT32_MAX, &from) || !imap_number(&c, UINT32_MAX, &to) ||
	    v == 0 || to == 0)
		return false;
	*validity = (uint32_t)v;
	*uid = (uint32_t)to;
	return true;
}
