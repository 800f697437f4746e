/* Lists as they are answered: an array as data, and beside it what tells of the page after it.
 *
 * Ownership: nothing is kept. */
#ifndef AGENTIV_API_LIST_H
#define AGENTIV_API_LIST_H

#include "base/json.h"
#include "http/request.h"

struct list {
	const void *rows;
	unsigned n;
	size_t size;                                           /* of a row */
	void (*put)(struct json_out *w, const void *row);      /* as an element of an array */
};
/* 200 with the whole of it, and finishes the request. */
void respond_list(struct request *r, const struct list *l);
/* The same of a page. more: another comes after it, which query_cursor is given n bytes for; cursor NULL: pages are asked
 * for in another way, and there is no next_cursor. */
void respond_page(struct request *r, const struct list *l, bool more, const uint8_t *cursor, size_t n);

#endif
