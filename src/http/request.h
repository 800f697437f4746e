/* One request from the moment its head is read until its response is sent.
 *
 * Ownership: made by a transport, released by its finish(). Strings live in the arena or
 * in the transport's memory, both as long as the request. Exactly one thread has the request
 * at any time; handing it on (to the admitter, to the waiting room) hands over the right to touch it. */
#ifndef AGENTIV_HTTP_REQUEST_H
#define AGENTIV_HTTP_REQUEST_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/config.h"
#include "base/err.h"
#include "base/id.h"
#include "core/auth.h"
#include "core/ratelimit.h"
#include "http/transport.h"

#define REQUEST_SEGMENTS_MAX 8
#define REQUEST_QUERY_MAX    16
#define REQUEST_TARGET_MAX   8192      /* bytes of path and query */

enum http_method { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_HEAD,
                   HTTP_OPTIONS, HTTP_OTHER };

struct app;
struct route;

struct query_param { const char *name, *value; };

struct request {
	const struct transport *transport;
	void       *connection;          /* the transport's */
	struct app *app;
	struct arena arena;

	/* as received */
	enum http_method method;
	const char *method_name;
	const char *target;              /* raw path and query */
	struct credentials credentials;
	const char *content_type, *idempotency_key, *last_event_id, *remote_addr;
	const char *origin, *host, *fetch_site;   /* a browser's: Origin, Host, Sec-Fetch-Site */
	const char *accept;
	const char *mcp_version, *mcp_method, *mcp_name;   /* MCP-Protocol-Version, Mcp-Method, Mcp-Name */
	const char *on_close;            /* Agentiv-On-Close: "cancel": who goes does not want the run any more */
	const char *https;               /* "on": the client speaks TLS */
	const char *forwarded;           /* a proxy in front of the web server says so */
	int64_t     content_length;      /* -1: not given, read to the end */
	bool        chunked;
	bool        body_done;           /* read to its end */

	/* after routing */
	const struct route *route;       /* NULL: none */
	unsigned    route_index;         /* its place in the table */
	const char *segments[REQUEST_SEGMENTS_MAX];   /* decoded */
	unsigned    segment_count;
	struct query_param query[REQUEST_QUERY_MAX];
	unsigned    query_count;
	const char *param;               /* the path's {…}, NULL when the route has none */

	/* after the steps */
	struct auth_entry *auth;         /* holds a reference; NULL on open routes */
	struct rate_info   rate;
	struct buf  body;

	const char *challenge;           /* what a refusal's WWW-Authenticate says behind "Bearer"; NULL: no more */
	const char *rpc_id;              /* JSON text of the JSON-RPC request's id; NULL: not known, or none */

	/* for the log line and the response */
	char        request_id[ID_TEXT_SIZE];
	int64_t     started_us;
	int         status;              /* sent, 0 not yet */
	bool        head_only;
	void       *state;               /* a handler's, while the request is handed on; lives in the arena */
	struct request *next;            /* for whoever holds it in a list */
};

/* Fills the fields that come from CGI variables ("NAME=value", NULL-terminated). */
void request_from_env(struct request *r, char *const *env);

/* Splits the target into decoded segments and query parameters. false when it cannot be decoded
 * or is out of bounds; *err says which (NOT_FOUND for paths, INVALID_INPUT for queries). */
bool request_split_path(struct request *r, const char *base_path, struct error *err);
bool request_split_query(struct request *r, struct error *err);
const char *request_query(const struct request *r, const char *name);    /* NULL when absent */

/* Whether Origin names the host that was asked (RFC 6454): its name and port, whatever the scheme, since the web server
 * may have ended TLS. */
bool request_same_origin(const struct request *r);
/* Whether it comes from this host, by what web server and proxies say. */
bool request_is_local(const struct request *r);
/* Whether a page may call from its Origin what no browser's cookies protect: it is that of public_url, or where that is
 * "" the host that was asked. A host on this machine then has a local name, or a name of somebody else's that leads here
 * would do (DNS rebinding). */
bool request_known_origin(const struct request *r, const char *public_url);
bool request_over_tls(const struct request *r, const struct config *cfg);
/* Scheme, host and base path by which the client reaches the service: public_url, or what the request says; in the
 * arena, without a slash at its end. NULL: the request names no host that could stand in a URL. */
const char *request_base_url(struct request *r, const struct config *cfg);

/* Reads the body into r->body, at most max bytes: ERR_PAYLOAD_TOO_LARGE past it (and drains a bounded rest). */
bool request_read_body(struct request *r, size_t max, struct error *err);

/* Reads and drops what is left of the body, within bounds: a peer that still sends does not hear the answer.
 * false: there is more, so the connection cannot be used again. */
bool request_drop_body(struct request *r);

/* Releases what the request holds, for transports' finish(). */
void request_release(struct request *r);

#endif
