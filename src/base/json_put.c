/* Values that the API writes again and again: ids, times, and what may be missing. */
#include "base/json.h"

#include "base/clock.h"

void json_put_opt_int(struct json_out *w, const char *key, bool known, int64_t value)
{
	if (known)
		json_put_int(w, key, value);
	else
		json_put_null(w, key);
}

void json_put_id(struct json_out *w, const char *key, enum id_kind kind, const struct id *id)
{
	char text[ID_TEXT_SIZE];

	id_format(kind, id, text);
	json_put_str(w, key, text);
}

void json_put_opt_id(struct json_out *w, const char *key, bool known, enum id_kind kind, const struct id *id)
{
	if (known)
		json_put_id(w, key, kind, id);
	else
		json_put_null(w, key);
}

void json_put_time(struct json_out *w, const char *key, int64_t ms)
{
	char text[CLOCK_TEXT_SIZE];

	if (ms == 0) {
		json_put_null(w, key);
		return;
	}
	clock_format(ms, text);
	json_put_str(w, key, text);
}
