/* What the files of the OpenAPI document share.
 *
 * The sections of src/api/openapi, each an object by name, merged over the files:
 *   operations   by "METHOD path" of the route table: operationId, tag, summary, description; path (the parameter that {}
 *                stands for), parameters (further ones), query (by name, where parameters has none of that name or another
 *                is meant), once (it takes an Idempotency-Key), request {schema, optional, example} or as OpenAPI has it
 *                ({content}), responses by status
 *                {description, headers, example; data | list | page | part: the schema in the envelope, or type and
 *                schema, or content as OpenAPI has it}, errors (codes beside those that the route itself implies)
 *   schemas      by name. {members, extends, optional} is an object of an answer: all members are there but the optional
 *                ones, and no others; any other schema stands as it is
 *   bases        objects that are only there to be extended
 *   parameters, headers, errors (by code), webhooks (the schema by event), examples ("@name" stands for one)
 *
 * Ownership: a document borrows all but source. */
#ifndef AGENTIV_API_OPENAPI_PRIV_H
#define AGENTIV_API_OPENAPI_PRIV_H

#include "agents/registry.h"
#include "base/json.h"
#include "http/routes.h"

#define OPENAPI_NAME_SIZE 96
#define OPENAPI_ERROR_SETS 16

/* A file of src/api/openapi, in the program. */
struct openapi_part { const char *name; const char *const *lines; };
extern const struct openapi_part openapi_parts[];      /* ends with a name of NULL */

struct openapi_doc {
	struct json_out w;
	const struct registry *agents;
	const char *base_path;
	struct json_object *source;             /* the sections */
	unsigned error_sets[OPENAPI_ERROR_SETS];   /* sets of codes that responses have; 0: none more */
};

/* ---- openapi_source.c: what is described ---- */

/* Reads all parts into one object of sections. The caller releases *out. */
bool openapi_source_read(struct json_object **out, struct error *err);
/* A member; NULL: o is no object, key is NULL, or it is not there or null. */
struct json_object *openapi_get(struct json_object *o, const char *key);
struct json_object *openapi_find(const struct openapi_doc *d, const char *section, const char *name);
/* The text of a member, NULL when there is none. */
const char *openapi_str(struct json_object *o, const char *key);
/* The description of a route, NULL when there is none. */
struct json_object *openapi_operation(const struct openapi_doc *d, const struct route *r);
/* A value in which "@name" stands for an example. */
void openapi_put_example(struct openapi_doc *d, const char *key, struct json_object *value);

/* ---- openapi_check.c ---- */

/* Whether all is described, and nothing else. */
bool openapi_check(const struct openapi_doc *d, struct error *err);

/* ---- openapi_operation.c ---- */

/* "{agentSlug}" for {}. */
void openapi_path(const struct openapi_doc *d, const struct route *r, char *out, size_t size);
/* agent NULL: for any. */
void openapi_put_operation(struct openapi_doc *d, const struct route *r, const struct manifest *agent);
/* {"$ref": "#/components/SECTION/NAME"} */
void openapi_put_ref(struct openapi_doc *d, const char *key, const char *section, const char *name);

/* ---- openapi_responses.c ---- */

void openapi_put_responses(struct openapi_doc *d, const struct route *r, const struct manifest *agent);
/* components.responses: those of errors that were used. */
void openapi_put_error_responses(struct openapi_doc *d);
/* A whole answer with that code. */
void openapi_put_error_example(struct openapi_doc *d, const char *key, enum err_code code);

/* ---- openapi_agents.c ---- */

/* Whether r runs an agent: then each has a path of its own beside the templated one. */
bool openapi_is_run(const struct route *r);
void openapi_put_agent_paths(struct openapi_doc *d, const struct route *r);
void openapi_put_agent_schemas(struct openapi_doc *d);
/* "EmailTriage" and what. */
void openapi_agent_name(const struct manifest *m, const char *what, char out[OPENAPI_NAME_SIZE]);
/* The manifest's example: its input, output or summary; NULL when there is none. */
struct json_object *openapi_agent_example(const struct manifest *m, const char *what);

/* ---- openapi_refs.c ---- */

/* A schema of its own becomes components.schemas.NAME: what points into it is pointed there. */
void openapi_move_refs(struct json_object *schema, const char *name);

/* ---- openapi_webhooks.c ---- */

void openapi_put_webhooks(struct openapi_doc *d);
/* The catalogue as a tree, for the caller to release. */
struct json_object *openapi_events(void);

/* Only the head of a response is described. */
static inline bool openapi_has_no_body(struct json_object *response)
{
	return json_object_object_length(response) == 1;
}

#endif
