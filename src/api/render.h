/* How the API's objects look. Members are always there, null when unknown.
 *
 * Ownership: nothing is kept. */
#ifndef AGENTIV_API_RENDER_H
#define AGENTIV_API_RENDER_H

#include "base/json.h"
#include "core/runs.h"

/* key NULL: an element of an array. with_output: the member output is written. */
void render_execution(struct json_out *w, const char *key, const struct execution *e, bool with_output);
void render_step(struct json_out *w, const char *key, const struct execution_step *s);
/* "error": null, or code and message. */
void render_run_error(struct json_out *w, const struct execution *e);

static inline bool run_over(enum exec_status s)
{
	return s == EXEC_SUCCESS || s == EXEC_FAILED;
}

#endif
