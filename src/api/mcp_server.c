/* What the server says of itself: initialize, server/discover, ping, and the metadata of a protected resource. */
#include "config.h"

#include <string.h>

#include "api/handlers.h"
#include "api/mcp_priv.h"

static const char instructions[] =
	"Each tool runs one agent for the account of the API key, on its connected services, and answers with the agent's "
	"result. A run that takes long goes on when nobody waits: its result names an execution_id, which the tool "
	"get_execution takes. An error says what to do about it; only the account's owner can connect services, change "
	"the plan or give the key more scopes.";

/* Implementation: name, title, version. */
static void put_server(struct json_out *w, const char *key, const struct request *r)
{
	json_obj_open(w, key);
	json_put_str(w, "name", "agentiv");
	json_put_str(w, "title", r->app->cfg.brand);
	json_put_str(w, "version", PACKAGE_VERSION);
	json_obj_close(w);
}

void mcp_put_meta(struct json_out *w, const struct mcp_request *m, const struct execution *e, const struct error *err)
{
	if (m->era != MCP_MODERN && !e && !err)
		return;
	json_obj_open(w, "_meta");
	if (m->era == MCP_MODERN)
		put_server(w, MCP_META_SERVER, m->r);
	if (e) {
		json_obj_open(w, "agentiv/execution");
		json_put_id(w, "id", ID_EXECUTION, &e->id);
		json_put_str(w, "status", exec_status_name(e->status));
		json_put_opt_int(w, "tokens_used", e->has_tokens, e->tokens_used);
		json_put_opt_int(w, "duration_ms", e->has_duration, e->duration_ms);
		json_obj_close(w);
	}
	/* basic/utilities/tasks, "Related Task Metadata" */
	if (e && m->era == MCP_LEGACY && strcmp(m->method, "tasks/result") == 0) {
		json_obj_open(w, "io.modelcontextprotocol/related-task");
		json_put_id(w, "taskId", ID_EXECUTION, &e->id);
		json_obj_close(w);
	}
	if (err)
		put_error(w, "agentiv/error", err);
	json_obj_close(w);
}

static void put_empty(struct json_out *w, const char *key)
{
	json_obj_open(w, key);
	json_obj_close(w);
}

/* ---- MCP 2025-11-25 ---- */

/* What the client asks for, where it is spoken; else the newest of that generation. */
static const char *agreed_version(const struct mcp_request *m)
{
	struct json_object *asked = NULL;
	const char *const *v;

	if (m->params && json_object_object_get_ex(m->params, "protocolVersion", &asked) &&
	    json_object_is_type(asked, json_type_string))
		for (v = mcp_legacy_versions; *v; v++)
			if (strcmp(json_object_get_string(asked), *v) == 0)
				return *v;
	return mcp_legacy_versions[0];
}

/* basic/lifecycle, "Initialization". */
void mcp_initialize(struct mcp_request *m)
{
	struct json_out w;
	struct buf b;

	buf_init(&b, MCP_BODY_MAX);
	mcp_open(&w, &b, m, NULL);
	json_put_str(&w, "protocolVersion", agreed_version(m));
	json_obj_open(&w, "capabilities");
	put_empty(&w, "tools");
	json_obj_open(&w, "tasks");
	put_empty(&w, "list");
	put_empty(&w, "cancel");
	json_obj_open(&w, "requests");
	json_obj_open(&w, "tools");
	put_empty(&w, "call");
	json_obj_close(&w);
	json_obj_close(&w);
	json_obj_close(&w);
	json_obj_close(&w);
	put_server(&w, "serverInfo", m->r);
	json_put_str(&w, "instructions", instructions);
	mcp_close(&w);
	mcp_send(m, &b);
}

void mcp_ping(struct mcp_request *m)
{
	mcp_send_empty(m);
}

/* ---- MCP 2026-07-28 ---- */

/* server/discover. What it says is the same for everybody. */
void mcp_discover(struct mcp_request *m)
{
	struct json_out w;
	struct buf b;

	buf_init(&b, MCP_BODY_MAX);
	mcp_open(&w, &b, m, "complete");
	json_arr_open(&w, "supportedVersions");
	json_put_str(&w, NULL, MCP_VERSION);
	json_arr_close(&w);
	json_obj_open(&w, "capabilities");
	put_empty(&w, "tools");
	json_obj_open(&w, "extensions");
	put_empty(&w, MCP_TASKS);
	json_obj_close(&w);
	json_obj_close(&w);
	json_put_str(&w, "instructions", instructions);
	json_put_int(&w, "ttlMs", 3600000);
	json_put_str(&w, "cacheScope", "public");
	mcp_put_meta(&w, m, NULL, NULL);
	mcp_close(&w);
	mcp_send(m, &b);
}

/* ---- whom to ask for a key (RFC 9728) ---- */

/* There is no authorization server: keys are made in the dashboard, and sent as bearer tokens. */
void mcp_metadata(struct request *r)
{
	const char *url = request_base_url(r, &r->app->cfg);
	struct error err = {0};
	char scopes[128], *p, *end;
	struct json_out w;
	struct buf b;

	if (!url) {
		err_set(&err, ERR_INVALID_INPUT, "The request names no host");
		respond_error(r, &err);
		return;
	}
	buf_init(&b, 8192);
	json_begin(&w, &b);
	json_obj_open(&w, NULL);
	json_put_str(&w, "resource", arena_printf(&r->arena, "%s/mcp", url));
	json_put_str(&w, "resource_name", r->app->cfg.brand);
	json_arr_open(&w, "scopes_supported");
	scopes_format(SCOPE_AGENTS_READ | SCOPE_AGENTS_RUN, scopes, sizeof scopes);
	for (p = scopes; p; p = end ? end + 1 : NULL) {
		end = strchr(p, ',');
		json_put_strn(&w, NULL, p, end ? (size_t)(end - p) : strlen(p));
	}
	json_arr_close(&w);
	json_arr_open(&w, "bearer_methods_supported");
	json_put_str(&w, NULL, "header");
	json_arr_close(&w);
	json_obj_close(&w);
	respond_json(r, 200, NULL, &b);
	buf_release(&b);
}
