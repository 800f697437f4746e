#include "api/list.h"

#include "base/crypto.h"
#include "http/response.h"

#define BODY_MAX   (64u << 20)
#define CURSOR_MAX 16      /* bytes */

static void open_list(struct json_out *w, struct buf *b, const struct list *l)
{
	const char *row = l->rows;
	unsigned i;

	buf_init(b, BODY_MAX);
	envelope_open(w, b);
	json_arr_open(w, "data");
	for (i = 0; i < l->n; i++, row += l->size)
		l->put(w, row);
	json_arr_close(w);
}

static void close_list(struct request *r, struct json_out *w, struct buf *b)
{
	envelope_close(w);
	respond_json(r, 200, NULL, b);
	buf_release(b);
}

void respond_list(struct request *r, const struct list *l)
{
	struct json_out w;
	struct buf b;

	open_list(&w, &b, l);
	close_list(r, &w, &b);
}

void respond_page(struct request *r, const struct list *l, bool more, const uint8_t *cursor, size_t n)
{
	char text[2 * CURSOR_MAX + 1];
	struct json_out w;
	struct buf b;

	open_list(&w, &b, l);
	if (cursor) {
		INVARIANT(n <= CURSOR_MAX, "a cursor that is longer than any");
		crypto_hex(cursor, n, text);
		json_put_str(&w, "next_cursor", more ? text : NULL);
	}
	json_put_bool(&w, "has_more", more);
	close_list(r, &w, &b);
}
