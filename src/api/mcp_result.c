/* Results: the frame of a response, and how a run's end or an error looks as the result of a tool (MCP 2025-11-25, server/
 * tools, "Tool Result"). */
#include <stdio.h>
#include <string.h>

#include "api/mcp_priv.h"
#include "api/render.h"

void mcp_open(struct json_out *w, struct buf *b, const struct mcp_request *m, const char *type)
{
	json_begin(w, b);
	json_obj_open(w, NULL);
	json_put_str(w, "jsonrpc", "2.0");
	json_put_raw(w, "id", m->r->rpc_id, strlen(m->r->rpc_id));
	json_obj_open(w, "result");
	if (m->era == MCP_MODERN)
		json_put_str(w, "resultType", type);
}

void mcp_close(struct json_out *w)
{
	json_obj_close(w);
	json_obj_close(w);
}

void mcp_send(struct mcp_request *m, struct buf *b)
{
	respond_json(m->r, 200, NULL, b);
	buf_release(b);
}

void mcp_send_empty(struct mcp_request *m)
{
	struct json_out w;
	struct buf b;

	buf_init(&b, 4096);
	mcp_open(&w, &b, m, "complete");
	mcp_put_meta(&w, m, NULL, NULL);
	mcp_close(&w);
	mcp_send(m, &b);
}

static void put_text(struct json_out *w, const char *text, size_t n)
{
	json_obj_open(w, NULL);
	json_put_str(w, "type", "text");
	json_put_strn(w, "text", text, n);
	json_obj_close(w);
}

/* ---- a run that succeeded ---- */

/* The raw text of the content blocks that the output holds; false: it holds none. */
static bool content_of(const struct manifest *agent, const struct execution *e, struct json_span *text)
{
	const char *const wanted[] = {agent ? agent->tool.content : "", NULL};
	struct json_object *tree = NULL;

	if (!*wanted[0] || !json_read(e->output, e->output_len, JSON_DEPTH_MAX, &tree, wanted, text, NULL))
		return false;
	json_object_put(tree);
	return text->p && *text->p == '[';
}

/* The output as data, where the tool has told its schema, and as text for clients that do not read data. */
static void put_output(struct json_out *w, const struct manifest *agent, const struct execution *e)
{
	struct json_span content;

	if (e->output && content_of(agent, e, &content)) {
		json_put_raw(w, "content", content.p, content.n);
	} else {
		json_arr_open(w, "content");
		if (e->summary)
			put_text(w, e->summary, strlen(e->summary));
		if (e->output)
			put_text(w, e->output, e->output_len);
		json_arr_close(w);
	}
	if (e->output && agent && agent->output)
		json_put_raw(w, "structuredContent", e->output, e->output_len);
}

/* ---- errors, for a model to act on ---- */

/* What to do about it, beside what the message says. */
static const struct { enum err_code code; const char *advice; } advices[] = {
	{ERR_INVALID_INPUT, "Correct the arguments and call the tool again."},
	{ERR_INTEGRATION_NOT_CONNECTED, "Ask the user to connect it, then call the tool again."},
	{ERR_FORBIDDEN, "Calling again does not help: tell the user."},
	{ERR_NOT_FOUND, "Check the id."},
	{ERR_CONFLICT, "Calling again with the same Idempotency-Key does not help."},
	{ERR_EXECUTION_FAILED, "The agent has already tried it as often as helps; call again only with other arguments."},
	{ERR_TIMEOUT, "Ask for less at a time."},
	{ERR_OUTPUT_TOO_LARGE, "Ask for less at a time."},
	{ERR_CANCELLED, "Somebody cancelled the run."},
	{ERR_WORKER_LOST, "It may be tried again later."},
};

/* Callers by REST name the input so; here it is the arguments. */
static void without_path(char *out, size_t size, const char *text)
{
	static const char path[] = "input_payload";
	size_t len = 0;

	while (*text && len + sizeof "arguments" < size) {
		if (strncmp(text, path, sizeof path - 1) != 0) {
			out[len++] = *text++;
			continue;
		}
		text += sizeof path - 1;
		if (*text == '.')
			text++;
		else
			len += (size_t)sprintf(out + len, "arguments");
	}
	out[len] = '\0';
}

static void put_error_text(struct json_out *w, const struct error *err)
{
	char message[sizeof err->message + 64], text[sizeof message + 256], advice[128] = "";
	unsigned i;

	for (i = 0; i < sizeof advices / sizeof *advices; i++)
		if (advices[i].code == err->code)
			snprintf(advice, sizeof advice, " %s", advices[i].advice);
	if (err->code == ERR_RATE_LIMITED && err->retry_after > 0)
		snprintf(advice, sizeof advice, " Call again in %d seconds, not before.", err->retry_after);
	without_path(message, sizeof message, err_public_message(err));
	snprintf(text, sizeof text, "%s: %s%s%s", err_name(err->code), message,
	         message[0] && strchr(".!?", message[strlen(message) - 1]) ? "" : ".", advice);
	json_arr_open(w, "content");
	put_text(w, text, strlen(text));
	json_arr_close(w);
	json_put_bool(w, "isError", true);
}

static bool is_ours(const struct error *err)
{
	return err->code == ERR_INTERNAL || err->code == ERR_UNAVAILABLE;
}

void mcp_send_tool_error(struct mcp_request *m, const struct error *err)
{
	struct json_out w;
	struct buf b;

	if (is_ours(err)) {
		respond_error(m->r, err);
		return;
	}
	buf_init(&b, 16384);
	mcp_open(&w, &b, m, "complete");
	put_error_text(&w, err);
	mcp_put_meta(&w, m, NULL, err);
	mcp_close(&w);
	mcp_send(m, &b);
}

/* ---- how a run ended ---- */

void mcp_put_run(struct json_out *w, const struct mcp_request *m, const struct manifest *agent, const struct execution *e)
{
	struct error err = {0};

	if (e->status == EXEC_SUCCESS) {
		put_output(w, agent, e);
	} else {
		err.code = e->error_code ? err_by_name(e->error_code) : ERR_NONE;
		if (err.code == ERR_NONE)
			err.code = ERR_EXECUTION_FAILED;
		snprintf(err.message, sizeof err.message, "%s", e->error_message ? e->error_message : "The run failed");
		put_error_text(w, &err);
	}
	mcp_put_meta(w, m, e, NULL);
}

void mcp_put_unfinished(struct buf *b, const struct mcp_request *m, const struct id *id, enum exec_status status)
{
	struct execution e = {.id = *id, .status = status};
	char name[ID_TEXT_SIZE], text[256];
	struct json_out w;

	id_format(ID_EXECUTION, id, name);
	snprintf(text, sizeof text, "The run has not ended yet and goes on as %s. Do not start it again: ask %s for its result, "
	         "with this execution_id.", name, mcp_lookup_name);
	mcp_open(&w, b, m, "complete");
	json_arr_open(&w, "content");
	put_text(&w, text, strlen(text));
	json_arr_close(&w);
	json_put_bool(&w, "isError", true);
	mcp_put_meta(&w, m, &e, NULL);
	mcp_close(&w);
}

void mcp_send_unfinished(struct mcp_request *m, const struct id *id, enum exec_status status)
{
	struct buf b;

	buf_init(&b, 8192);
	mcp_put_unfinished(&b, m, id, status);
	mcp_send(m, &b);
}
