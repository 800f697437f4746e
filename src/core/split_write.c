#include "core/split_write.h"

#include "base/log.h"
#include "db/db.h"

/* false: the database is away. */
static bool write_alone(const struct split_write *w, unsigned i, struct error *err)
{
	while (w->strip(w->ctx, i)) {
		if (w->write(w->ctx, i, 1, err))
			return true;
		if (db_error_passes(err))
			return false;
	}
	w->give_up(w->ctx, i);
	return true;
}

unsigned split_write(const struct split_write *w, unsigned n, struct error *err)
{
	unsigned done = 0, size = n;

	while (done < n) {
		size = size < n - done ? size : n - done;
		*err = (struct error){0};
		if (w->write(w->ctx, done, size, err)) {
			done += size;
			continue;
		}
		if (db_error_passes(err))
			break;
		log_error(w->what, err);
		if (size > 1) {
			size /= 2;
		} else {
			if (!write_alone(w, done, err))
				break;
			done++;
			size = n;
		}
	}
	return done;
}
