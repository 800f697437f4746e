/* Responses: one function for success, one for errors, one for streams. Each adds what
 * every response has: Content-Type, the request id, the rate-limit headers. */
#ifndef AGENTIV_HTTP_RESPONSE_H
#define AGENTIV_HTTP_RESPONSE_H

#include "base/json.h"
#include "http/request.h"

/* Sends a whole response and finishes the request: r must not be touched afterwards. extra: further
 * header lines, each ending in CRLF, or NULL. */
void respond(struct request *r, int status, const char *extra, const char *content_type,
             const char *body, size_t n);
/* body is the JSON text of the whole envelope. */
void respond_json(struct request *r, int status, const char *extra, const struct buf *body);
/* 200 with {"success": true, "data": null}: it is done, and there is nothing to show. */
void respond_done(struct request *r, const char *extra);
/* {"success": false, "error": …} with the status of the code. Logs 5xx. */
void respond_error(struct request *r, const struct error *err);
/* The same with further header lines (Allow). */
void respond_error_extra(struct request *r, const struct error *err, const char *extra);

/* The API's error object: {"code", "message", …}. */
void put_error(struct json_out *w, const char *key, const struct error *err);

/* Codes of JSON-RPC 2.0, 5.1; RPC_REFUSED is of those that a server may give meaning to: what the API refuses. */
enum rpc_code {
	RPC_PARSE_ERROR = -32700, RPC_INVALID_REQUEST = -32600, RPC_METHOD_NOT_FOUND = -32601, RPC_INVALID_PARAMS = -32602,
	RPC_INTERNAL_ERROR = -32603, RPC_REFUSED = -32000
};

/* Envelope helpers: {"success":true,"data": … } */
void envelope_open(struct json_out *w, struct buf *b);    /* then write one value with key "data" */
void envelope_close(struct json_out *w);

/* A stream of server-sent events: head now, chunks by response_chunk, end by response_end. */
bool response_stream_begin(struct request *r);                       /* false: the client is gone */
bool response_chunk(struct request *r, const char *p, size_t n);    /* false: the client is gone */
void response_stream_end(struct request *r);

#endif
