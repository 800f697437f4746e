#include "store/cols.h"

#include <string.h>

void col_text(struct db_conn *c, unsigned col, char *out, size_t size)
{
	size_t n = 0;
	const char *p = db_col_bytes(c, col, &n);

	if (!p)
		n = 0;
	if (n >= size)
		n = size - 1;
	if (n > 0)
		memcpy(out, p, n);
	out[n] = '\0';
}

const char *col_kept(struct db_conn *c, unsigned col, struct arena *a, size_t *n)
{
	size_t len = 0;
	const char *p = db_col_bytes(c, col, &len);

	if (n)
		*n = p ? len : 0;
	return p ? arena_strndup(a, p, len) : NULL;
}

void *col_room(struct arena *a, void *rows, unsigned count, unsigned *room, size_t size)
{
	void *more;

	if (count < *room)
		return rows;
	*room = *room ? 2 * *room : 16;
	more = arena_alloc(a, *room * size);
	if (count > 0)
		memcpy(more, rows, count * size);
	return more;
}
