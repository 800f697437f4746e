/* [schema, value]: the schema compiled and applied, whatever they are. */
#include <string.h>

#include "base/json.h"
#include "base/schema.h"
#include "fuzz.h"

static void check_error(const struct error *err)
{
	MUST(err->code == ERR_INVALID_INPUT && err->message[0]);
	MUST(json_utf8_valid(err->message, strlen(err->message)));
	MUST(json_utf8_valid(err->field, strlen(err->field)));
}

static void apply(struct json_object *source, struct json_object *value)
{
	struct error err = {0};
	struct schema *s = schema_compile(source, &err);

	if (!s) {
		check_error(&err);
		return;
	}
	if (!schema_check(s, value, "input_payload", &err))
		check_error(&err);
	schema_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct json_object *pair;
	struct error err;

	if (!json_read((const char *)data, n, 40, &pair, NULL, NULL, &err))
		return 0;
	if (json_object_is_type(pair, json_type_array) && json_object_array_length(pair) == 2)
		apply(json_object_array_get_idx(pair, 0), json_object_array_get_idx(pair, 1));
	json_object_put(pair);
	return 0;
}
