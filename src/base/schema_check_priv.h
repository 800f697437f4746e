/* A check under way, and how it says what is wrong. Private to schema_check.c and schema_fail.c. */
#ifndef AGENTIV_BASE_SCHEMA_CHECK_PRIV_H
#define AGENTIV_BASE_SCHEMA_CHECK_PRIV_H

#include "base/schema_priv.h"

/* The path from the checked value to a member, as a chain upwards. */
struct place {
	const struct place *up;
	const char *key;                /* NULL: index */
	size_t index;
	unsigned depth;
};

struct checking {
	const char *path;               /* of the checked value */
	struct error *err;
	bool quiet;                     /* only yes or no is wanted */
	int  deeper_than;               /* errors no deeper than that are not worth keeping; -1: all are */
	unsigned steps, nesting;
};

/* All return false. fmt continues a sentence that begins with the path. */
bool schema_fail(struct checking *c, const struct place *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
bool schema_fail_unknown(struct checking *c, const struct place *at);

/* "must be at least 1": words are what stands between. */
bool schema_fail_bound(struct checking *c, const struct place *at, const char *words,
                       struct json_object *bound);

/* "must be a string, an array or null" */
bool schema_fail_types(struct checking *c, const struct place *at, unsigned types);

#endif
