/* What compiling is made of: schema_compile.c makes nodes, schema_keyword.c fills one from each keyword,
 * schema_ref.c finds what a reference means. Private to those three. */
#ifndef AGENTIV_BASE_SCHEMA_COMPILE_PRIV_H
#define AGENTIV_BASE_SCHEMA_COMPILE_PRIV_H

#include "base/schema_priv.h"

/* Where the compiler is, as a chain of steps from the root. */
struct where { const struct where *up; const char *key; size_t index; };

struct compiler {
	struct schema *schema;
	struct schema_node *nodes;      /* all, by place */
	unsigned nesting;
	struct error *err;
};

struct keyword {
	const char *name;
	bool (*compile)(struct compiler *c, struct schema_node *n, struct json_object *value,
	                size_t offset, const struct where *at);
	size_t offset;                  /* of the node's field that it fills */
};

/* The keyword with this name, or NULL. */
const struct keyword *schema_keyword(const char *name);

/* The node for a schema; the one that was made before where a reference comes back to it. NULL when it was
 * refused. base is the resource around it. */
struct schema_node *schema_compile_node(struct compiler *c, struct json_object *source,
                                        struct json_object *base, const struct where *at);

/* Does the schema begin a resource of its own? */
bool schema_has_id(struct json_object *schema);

/* The keyword $ref. */
bool schema_take_ref(struct compiler *c, struct schema_node *n, struct json_object *value,
                     size_t offset, const struct where *at);

/* The keyword $anchor: a name that $ref may have. */
bool schema_take_anchor(struct compiler *c, struct schema_node *n, struct json_object *value,
                        size_t offset, const struct where *at);

/* "Schema #/properties/rules/items: …"; more continues what. Returns false. */
bool schema_refuse(struct compiler *c, const struct where *at, const char *what, const char *more);

#endif
