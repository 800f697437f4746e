/* The API as OpenAPI 3.1: made of the route table, the manifests, the codes of errors and the catalogue of events;
 * what those cannot say (names, descriptions, schemas, examples) stands in src/api/openapi, a file per resource.
 *
 * Ownership: openapi_free releases what openapi_new returns. */
#ifndef AGENTIV_API_OPENAPI_H
#define AGENTIV_API_OPENAPI_H

#include "agents/registry.h"
#include "base/buf.h"

struct openapi;

/* Nothing is made yet; agents and base_path ("" or "/agentiv") must live as long. */
struct openapi *openapi_new(const struct registry *agents, const char *base_path);
void openapi_free(struct openapi *o);
/* The document, made when it is first asked for, by whichever thread; read-only, and o's. NULL: ERR_INTERNAL. */
const struct buf *openapi_text(struct openapi *o, struct error *err);

/* Adds the document to out. ERR_INTERNAL names the first route, parameter, code or event that is not described, or
 * the description of what is not there. */
bool openapi_write(const struct registry *agents, const char *base_path, struct buf *out, struct error *err);

#endif
