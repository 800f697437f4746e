/* JSON Schema, a declared subset of 2020-12, compiled once and applied often.
 * Keywords: type (one or several), enum, const, minimum, maximum,
 * exclusiveMinimum, exclusiveMaximum, multipleOf, minLength, maxLength, format (date-time, date,
 * uri, email), pattern (POSIX extended, checked at compile time), items, prefixItems,
 * minItems, maxItems, uniqueItems, properties, required, additionalProperties,
 * minProperties, maxProperties, propertyNames, anyOf, oneOf, allOf, not, if, then, else,
 * $defs with local $ref and $anchor, and the annotations title, description, default, examples, $schema, $id, $comment, readOnly.
 * Any other keyword is refused when the schema is compiled: nothing is silently ignored.
 *
 * Ownership: schema_free releases a compiled schema; it keeps its own reference
 * to the json-c tree it was made from. Read-only after compiling, so shared by threads. */
#ifndef AGENTIV_BASE_SCHEMA_H
#define AGENTIV_BASE_SCHEMA_H

#include <json-c/json.h>

#include "base/err.h"

struct schema;

struct schema *schema_compile(struct json_object *source, struct error *err);
void schema_free(struct schema *s);

/* ERR_INVALID_INPUT with the path of the first member that does not fit, starting
 * at path ("input_payload"), and what was expected. Lengths are in code points. */
bool schema_check(const struct schema *s, struct json_object *value, const char *path,
                  struct error *err);

/* What stands below a keyword, for walks over a schema's source: schemas (or what holds none), schemas under names of the
 * author's, or values, which may look like schemas and are none. */
enum schema_below { SCHEMA_BELOW_SCHEMAS, SCHEMA_BELOW_NAMES, SCHEMA_BELOW_VALUES };
enum schema_below schema_below(const char *keyword);

#endif
