/* THE route table: every path the responder knows, with what the steps check for it. */
#ifndef AGENTIV_HTTP_ROUTES_H
#define AGENTIV_HTTP_ROUTES_H

#include "base/json.h"
#include "http/request.h"

/* Answers the request (respond…) or hands it on; either way it is done with it when it returns. */
typedef void (*route_handler)(struct request *r);

enum route_access {
	ACCESS_ACCOUNT,                  /* an API key, or a session of the dashboard */
	ACCESS_SESSION,                  /* a session alone */
	ACCESS_OPEN,
	ACCESS_LINK,                     /* whoever has the token in its path, from wherever; a body says nothing more */
	ACCESS_LOCAL                     /* loopback, or the operator's token */
};
enum route_feature { FEATURE_NONE, FEATURE_API /* of keys alone: a session needs none */, FEATURE_WEBHOOKS, FEATURE_MCP,
                     FEATURE_WHITE_LABEL };

struct route {
	enum http_method  method;         /* HEAD is answered where GET is */
	const char       *path;           /* "/api/agents/{}/run": {} is one segment */
	route_handler     handler;
	enum route_access access;
	enum route_feature feature;
	unsigned          scope;          /* bits of enum scope: any of them; 0 none */
	bool              has_body;       /* reads a JSON body */
	const char *const *query;         /* names of known query parameters, NULL-terminated; NULL none */
};

extern const struct route routes[];
extern const unsigned route_count;

/* It speaks JSON-RPC 2.0: so do its errors, and pages of other sites may not call it, whatever key they have. */
static inline bool route_is_rpc(const struct route *route)
{
	return route->feature == FEATURE_MCP;
}

/* "GET" */
const char *route_method(const struct route *route);
/* "account", "session", … */
const char *route_access_name(const struct route *route);
/* "webhooks"; NULL: none */
const char *route_feature(const struct route *route);
/* The table as an array: method, path, access, feature, scope, has_body, query. */
void routes_write(struct json_out *w);

/* The route for r's segments and method. NULL with ERR_NOT_FOUND or ERR_METHOD_NOT_ALLOWED; allow is filled
 * with the methods of the path ("GET, HEAD, OPTIONS") whenever the path exists. */
const struct route *route_find(struct request *r, char *allow, size_t allow_size, struct error *err);

#endif
