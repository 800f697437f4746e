/* agentivctl mcp: JSON-RPC messages, a line each, between a local MCP client and a server's /mcp over HTTP. Messages are
 * given on as they are; what the transports do differently is done here: headers that repeat what a message says, ends of
 * requests that are cancelled, and errors of the way there as answers to the request that they concern.
 *
 * Ownership: a call frees itself when it is over. All for one thread. */
#ifndef AGENTIV_CTL_MCP_H
#define AGENTIV_CTL_MCP_H

#include "ctl/caller.h"
#include "net/event_stream.h"

#define MCP_MESSAGE_MAX (4u << 20)     /* bytes of a line from the client */
#define MCP_ANSWER_MAX  (16u << 20)
#define MCP_CALLS_MAX   256            /* under way; then nothing more is read until one is over */
#define MCP_VERSION_MAX 40

/* JSON-RPC 2.0, section 5.1; and this side's own for what happened on the way. */
enum mcp_code { MCP_PARSE_ERROR = -32700, MCP_INVALID_REQUEST = -32600, MCP_INTERNAL = -32603, MCP_NOT_DELIVERED = -32000 };

/* What a message says of itself. All points into root, which its owner puts, or into the line. */
struct mcp_message {
	struct json_object *root, *id;     /* id NULL: a notification, or no such member */
	const char *id_text;               /* as it stands there */
	size_t id_len;
	const char *method;                /* NULL: an answer to the server */
	const char *version;               /* of a revision without sessions: in every message; NULL: of one with initialize */
	const char *name;                  /* of the tool, prompt, resource or task; NULL */
	struct json_object *cancels;       /* the id of the request that it cancels; NULL */
};

struct mcp_call;

struct mcp {
	struct ctl *c;
	const char *url;
	int64_t quiet_ms;
	struct mcp_call *calls;
	unsigned call_count;
	char version[MCP_VERSION_MAX];     /* what initialize has agreed on; "" before */
	bool ending, out_broken;
};

/* ERR_INVALID_INPUT: *code says which error of JSON-RPC it is. out->root is the caller's, whatever is returned. */
bool mcp_read(const char *line, size_t n, struct mcp_message *out, enum mcp_code *code, struct error *err);

/* "Name: value", in the arena; a value that is no plain ASCII is encoded as the revision says. */
const char *mcp_header(struct arena *a, const char *name, const char *value);

/* Sends a message on. m->root, the line and the call belong to the call from now on. */
void mcp_call_begin(struct mcp *s, struct mcp_message *m, char *line, size_t n);
/* Ends what the message cancels; whether it is to be sent on, too. */
bool mcp_call_cancel(struct mcp *s, const struct mcp_message *m);

/* One line to the client. */
void mcp_put_line(struct mcp *s, const char *text, size_t n);
/* An error as the answer to a request; id NULL: null. data: JSON, or NULL. */
void mcp_put_error(struct mcp *s, const char *id, size_t id_len, enum mcp_code code, const char *message, const char *data,
                   size_t data_len);
/* A line on standard error. */
void mcp_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
