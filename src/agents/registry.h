/* The agents of this installation: the project's manifests (AGENTIV_MANIFEST_DIR
 * or the operator's override) and those in the operator's folder (config
 * paths.agents_dir). A manifest is the one source for validation, /api/agents, OpenAPI, MCP,
 * the dashboard's form and the documentation.
 *
 * Ownership: the registry owns its manifests; read-only after loading, so
 * shared by threads without locks (json-c trees too, as long as nobody takes references to them or
 * asks json-c for their text: json_put_value prints them without touching them). */
#ifndef AGENTIV_AGENTS_REGISTRY_H
#define AGENTIV_AGENTS_REGISTRY_H

#include "agents/agent.h"
#include "base/schema.h"

#define MANIFEST_INTEGRATIONS_MAX 8

/* The agent as a tool of the Model Context Protocol: hints for a client, which must not trust them blindly (MCP 2025-11-25,
 * ToolAnnotations). */
struct agent_tool {
	char name[64];                /* [A-Za-z0-9_.-]; the slug when the manifest names none */
	char content[64];             /* the output's member that holds content blocks; "": it has none */
	bool read_only;               /* changes nothing anywhere */
	bool destructive;             /* may destroy something, rather than only add */
	bool idempotent;              /* a repeat with the same arguments changes nothing more */
	bool open_world;              /* deals with things outside, such as mailboxes */
};

struct manifest {
	char  slug[64];               /* [a-z0-9-] */
	char  name[100];
	char  description[300];
	char *required[MANIFEST_INTEGRATIONS_MAX];  unsigned required_count;
	char *optional[MANIFEST_INTEGRATIONS_MAX];  unsigned optional_count;
	/* inline members: when one of them is present in the input, required integrations are not needed */
	char *inline_data[MANIFEST_INTEGRATIONS_MAX]; unsigned inline_count;
	int64_t estimated_duration_ms;
	int64_t timeout_ms;           /* 300,000 */
	size_t  output_max;           /* bytes; at most AGENT_OUTPUT_MAX */
	struct json_object *source;   /* the whole manifest */
	struct agent_tool tool;
	struct json_object *settings; /* the runner's, borrowed from source; NULL: none */
	struct schema *input;         /* compiled input_schema */
	struct schema *output;        /* compiled output_schema, NULL when there is none */
	agent_run_fn run;
	agent_check_fn check;         /* NULL: none */
};

struct registry;

/* Loads every *.json of dir, then of extra_dir ("" or NULL: none; an equal slug replaces). ERR_INVALID_INPUT
 * names file and member when a manifest is wrong: a process does not start on half of its agents. */
struct registry *registry_load(const char *dir, const char *extra_dir, struct error *err);
void registry_free(struct registry *r);
const struct manifest *registry_find(const struct registry *r, const char *slug);
const struct manifest *registry_find_tool(const struct registry *r, const char *name);
unsigned registry_count(const struct registry *r);
const struct manifest *registry_at(const struct registry *r, unsigned i);   /* ordered by slug */

#endif
