/* Why a value does not fit its schema, in a sentence that names the member. */
#include "base/schema_check_priv.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/json.h"

static void write_path(struct buf *b, const char *path, const struct place *at)
{
	if (!at->up) {
		buf_adds(b, path ? path : "");
		return;
	}
	write_path(b, path, at->up);
	if (at->key) {
		if (b->len > 0)
			buf_addc(b, '.');
		buf_adds(b, at->key);
	} else {
		buf_addc(b, '[');
		buf_add_int(b, (long long)at->index);
		buf_addc(b, ']');
	}
}

bool schema_fail(struct checking *c, const struct place *at, const char *fmt, ...)
{
	char what[320];
	va_list ap;
	struct buf b;

	if (c->quiet || (int)at->depth <= c->deeper_than)
		return false;
	c->deeper_than = (int)at->depth;
	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	buf_init(&b, 1 << 21);
	write_path(&b, c->path, at);
	if (b.len > 200)                       /* of a message, what is wrong matters more */
		err_field(c->err, buf_str(&b), "A member %s", what);
	else
		err_field(c->err, buf_str(&b), "%s %s", b.len > 0 ? buf_str(&b) : "The value", what);
	buf_release(&b);
	return false;
}

bool schema_fail_unknown(struct checking *c, const struct place *at)
{
	struct buf b;

	if (c->quiet || (int)at->depth <= c->deeper_than)
		return false;
	c->deeper_than = (int)at->depth;
	buf_init(&b, 1 << 21);
	write_path(&b, c->path, at);
	err_field(c->err, buf_str(&b), "Unknown field: %s", buf_str(&b));
	buf_release(&b);
	return false;
}

bool schema_fail_bound(struct checking *c, const struct place *at, const char *words,
                       struct json_object *bound)
{
	struct json_out w;
	struct buf b;

	if (c->quiet)
		return false;
	buf_init(&b, 64);
	json_begin(&w, &b);
	json_put_value(&w, NULL, bound);
	schema_fail(c, at, "must be %s %s", words, buf_str(&b));
	buf_release(&b);
	return false;
}

bool schema_fail_types(struct checking *c, const struct place *at, unsigned types)
{
	static const char *const words[] = {
		"null", "true or false", "an object", "an array", "a number", "a string", "an integer",
	};
	unsigned i, left;
	struct buf b;

	if (types & TYPE_NUMBER)
		types &= ~(unsigned)TYPE_INTEGER;
	buf_init(&b, 200);
	for (i = 0, left = types; i < sizeof words / sizeof *words; i++) {
		if (!(left & 1u << i))
			continue;
		left &= ~(1u << i);
		buf_adds(&b, words[i]);
		if (left)
			buf_adds(&b, (left & (left - 1)) == 0 ? " or " : ", ");
	}
	schema_fail(c, at, "must be %s", buf_str(&b));
	buf_release(&b);
	return false;
}
