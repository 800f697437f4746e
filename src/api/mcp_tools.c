/* tools/list (MCP 2025-11-25 and 2026-07-28, server/tools): the agents that the account may run with its key. */
#include <stdio.h>
#include <string.h>

#include "api/mcp_priv.h"
#include "base/clock.h"

#define TTL_MS 60000      /* how long a client may go by the list: subscriptions change seldom */

bool mcp_may_run(const struct request *r, const struct manifest *agent)
{
	const struct principal *p = &r->auth->principal;
	int64_t trial_ends_at;
	enum subscription_status s = principal_subscription(p, agent->slug, clock_now_ms(), &trial_ends_at);

	return (p->scopes & SCOPE_AGENTS_RUN) && (s == SUB_ACTIVE || s == SUB_TRIALING);
}

static void put_schema(struct json_out *w, const char *key, struct json_object *manifest, const char *member)
{
	struct json_object *schema = NULL;

	if (json_object_object_get_ex(manifest, member, &schema) && schema)
		json_put_value(w, key, schema);
}

static void put_annotations(struct json_out *w, const struct manifest *a)
{
	json_obj_open(w, "annotations");
	json_put_str(w, "title", a->name);
	json_put_bool(w, "readOnlyHint", a->tool.read_only);
	json_put_bool(w, "destructiveHint", a->tool.destructive);
	json_put_bool(w, "idempotentHint", a->tool.idempotent);
	json_put_bool(w, "openWorldHint", a->tool.open_world);
	json_obj_close(w);
}

/* What a model should know beside the manifest's line: what has to be connected. */
static const char *description_of(struct request *r, const struct manifest *a)
{
	const char *text = a->description;
	unsigned i;

	for (i = 0; i < a->required_count; i++)
		text = arena_printf(&r->arena, "%s%s%s", text, i == 0 ? ". Needs to be connected: " : ", ", a->required[i]);
	return text;
}

static void put_tool(struct json_out *w, const struct mcp_request *m, const struct manifest *a)
{
	json_obj_open(w, NULL);
	json_put_str(w, "name", a->tool.name);
	json_put_str(w, "title", a->name);
	json_put_str(w, "description", description_of(m->r, a));
	put_schema(w, "inputSchema", a->source, "input_schema");
	put_schema(w, "outputSchema", a->source, "output_schema");
	put_annotations(w, a);
	if (m->era == MCP_LEGACY) {
		json_obj_open(w, "execution");
		json_put_str(w, "taskSupport", "optional");
		json_obj_close(w);
	}
	json_obj_close(w);
}

/* In the order of the slugs, all on one page. */
void mcp_tools_list(struct mcp_request *m)
{
	const struct registry *agents = m->r->app->agents;
	struct json_object *cursor = NULL;
	struct json_out w;
	struct buf b;
	unsigned i;

	if (m->params && json_object_object_get_ex(m->params, "cursor", &cursor) && cursor) {
		mcp_refuse(m, 400, RPC_INVALID_PARAMS, NULL, "There is no page with this cursor: the first one holds all tools");
		return;
	}
	buf_init(&b, MCP_BODY_MAX);
	mcp_open(&w, &b, m, "complete");
	json_arr_open(&w, "tools");
	for (i = 0; i < registry_count(agents); i++)
		if (mcp_may_run(m->r, registry_at(agents, i)))
			put_tool(&w, m, registry_at(agents, i));
	if (m->r->auth->principal.scopes & SCOPE_AGENTS_READ)
		mcp_lookup_put(&w);
	json_arr_close(&w);
	if (m->era == MCP_MODERN) {
		json_put_int(&w, "ttlMs", TTL_MS);
		json_put_str(&w, "cacheScope", "private");
	}
	mcp_put_meta(&w, m, NULL, NULL);
	mcp_close(&w);
	mcp_send(m, &b);
}
