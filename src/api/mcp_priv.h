/* What the files of POST /mcp share: the message and its revision (mcp.c), what the server is (mcp_server.c), its tools
 * (mcp_tools.c, mcp_call.c), how results look (mcp_result.c), and tasks (mcp_tasks.c).
 *
 * One endpoint speaks two generations of the Model Context Protocol: 2026-07-28, in which each request stands for itself,
 * and 2025-11-25 with its elder ones, which begin with initialize; no session is kept for those, so any process answers.
 *
 * Ownership: an mcp_request lives in its HTTP request's arena. Its JSON trees are there until the method's function
 * returns, and no longer. */
#ifndef AGENTIV_API_MCP_PRIV_H
#define AGENTIV_API_MCP_PRIV_H

#include "api/app.h"
#include "http/request.h"
#include "http/response.h"

#define MCP_VERSION       "2026-07-28"
#define MCP_TASKS         "io.modelcontextprotocol/tasks"
#define MCP_META_VERSION  "io.modelcontextprotocol/protocolVersion"
#define MCP_META_CLIENT   "io.modelcontextprotocol/clientCapabilities"
#define MCP_META_SERVER   "io.modelcontextprotocol/serverInfo"
#define MCP_BODY_MAX      (16u << 20)        /* an output stands there twice, as text and as data */

/* Beside those of JSON-RPC (http/response.h): MCP 2026-07-28, basic, "Error Codes". */
enum mcp_code { MCP_HEADER_MISMATCH = -32020, MCP_MISSING_CAPABILITY = -32021, MCP_UNSUPPORTED_VERSION = -32022 };

enum mcp_era { MCP_LEGACY = 1, MCP_MODERN = 2 };

/* The newest first; a NULL at its end. */
extern const char *const mcp_legacy_versions[];

struct mcp_request {
	struct request *r;
	enum mcp_era era;
	const char *method;
	struct json_object *params, *meta;        /* NULL: none */
	const char *params_text; size_t params_len;
	bool        takes_tasks;                  /* the client can do with a task in place of a result */
	const char *progress_token;               /* JSON text; NULL: it wants no notifications */
};

/* ---- answers ---- */

/* Answers with an error of JSON-RPC. data: JSON text, or NULL. */
void mcp_refuse(struct mcp_request *m, int status, int code, const char *data, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/* The key has none of the scopes: 403. */
void mcp_refuse_scope(struct mcp_request *m, unsigned scope);

/* A response whose result is written in between; type: the modern revision's resultType. */
void mcp_open(struct json_out *w, struct buf *b, const struct mcp_request *m, const char *type);
void mcp_close(struct json_out *w);
/* Sends it and finishes the request. */
void mcp_send(struct mcp_request *m, struct buf *b);
/* A result without members. */
void mcp_send_empty(struct mcp_request *m);
/* "_meta" of a result: who answers, which run it was, and the API's error. e, err NULL: none. */
void mcp_put_meta(struct json_out *w, const struct mcp_request *m, const struct execution *e, const struct error *err);

/* Members of a tools/call result. agent NULL: it is not installed any more. */
void mcp_put_run(struct json_out *w, const struct mcp_request *m, const struct manifest *agent, const struct execution *e);
/* Answers tools/call with a result that says what is wrong, so that a model can act on it; what is the server's fault is
 * an error of the protocol. */
void mcp_send_tool_error(struct mcp_request *m, const struct error *err);

/* The response to tools/call for who waits no longer: the run goes on, and how to come to its result. */
void mcp_put_unfinished(struct buf *b, const struct mcp_request *m, const struct id *id, enum exec_status status);
void mcp_send_unfinished(struct mcp_request *m, const struct id *id, enum exec_status status);

/* ---- methods ---- */

void mcp_initialize(struct mcp_request *m);
void mcp_ping(struct mcp_request *m);
void mcp_discover(struct mcp_request *m);
void mcp_tools_list(struct mcp_request *m);
void mcp_tools_call(struct mcp_request *m);
void mcp_tasks_get(struct mcp_request *m);
void mcp_tasks_result(struct mcp_request *m);
void mcp_tasks_list(struct mcp_request *m);
void mcp_tasks_update(struct mcp_request *m);
void mcp_tasks_cancel(struct mcp_request *m);

/* ---- shared by tools and tasks ---- */

/* The tool that runs an agent may be called: its subscription counts, and the key may run agents. */
bool mcp_may_run(const struct request *r, const struct manifest *agent);
/* Answers that a run was accepted and is a task from now on. */
void mcp_send_task(struct mcp_request *m, const struct id *id, enum exec_status status);
/* Answers with the run's result when it has ended: as JSON, or for who waits longer as an event stream. */
void mcp_follow(struct mcp_request *m, const struct id *id);
/* The tool that tells of a run, for clients without tasks. */
extern const char mcp_lookup_name[];
void mcp_lookup_call(struct mcp_request *m, struct json_object *arguments);
void mcp_lookup_put(struct json_out *w);

#endif
