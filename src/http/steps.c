/* The steps of every request, in the order of the API's checks. A step that returns false has
 * filled the error; the request is answered with it. */
#include "http/steps.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "api/app.h"
#include "base/clock.h"
#include "http/response.h"
#include "http/routes.h"

struct walk {
	struct error err;
	char allow[64];
};

static bool step_route(struct request *r, struct walk *w)
{
	if (!request_split_path(r, r->app->cfg.base_path, &w->err))
		return false;
	r->route = route_find(r, w->allow, sizeof w->allow, &w->err);
	return r->route || r->method == HTTP_OPTIONS;
}

static bool step_local(struct request *r, struct walk *w)
{
	const char *token = r->app->metrics_token, *given = r->credentials.authorization;

	if (r->route->access != ACCESS_LOCAL)
		return true;
	if (given && token && strncasecmp(given, "Bearer ", 7) == 0 &&
	    strlen(given + 7) == strlen(token) && crypto_equal(given + 7, token, strlen(token)))
		return true;
	if (request_is_local(r))
		return true;
	return err_set(&w->err, ERR_FORBIDDEN, "Only from this host, or with the operator's token");
}

static bool needs_account(const struct request *r)
{
	return r->route->access == ACCESS_ACCOUNT || r->route->access == ACCESS_SESSION;
}

/* RFC 6750, 3; of what speaks MCP with the place of its metadata as well (RFC 9728, 5.1). */
void request_challenge(struct request *r, unsigned scope, bool insufficient)
{
	const char *url = route_is_rpc(r->route) ? request_base_url(r, &r->app->cfg) : NULL;
	char scopes[128], *p;

	scopes_format(scope, scopes, sizeof scopes);
	for (p = scopes; *p; p++)
		*p = *p == ',' ? ' ' : *p;
	r->challenge = arena_printf(&r->arena, "%s scope=\"%s\"%s%s%s", insufficient ? " error=\"insufficient_scope\"," : "",
	                            scopes, url ? ", resource_metadata=\"" : "", url ? url : "",
	                            url ? "/.well-known/oauth-protected-resource/mcp\"" : "");
}

static bool step_account(struct request *r, struct walk *w)
{
	if (!needs_account(r) || auth_check(r->app->auth, &r->credentials, false, &r->auth, &w->err))
		return true;
	if (w->err.code == ERR_UNAUTHORIZED && route_is_rpc(r->route))
		request_challenge(r, r->route->scope, false);
	return false;
}

/* It asks for an answer and for nothing else (RFC 9110, 9.2.1). */
static bool is_safe(const struct request *r)
{
	return r->method == HTTP_GET || r->method == HTTP_HEAD || r->method == HTTP_OPTIONS;
}

/* Cross-site requests carry the browser's cookies: what they ask for must come from a page of this host. The rules are
 * those of net/http.CrossOriginProtection of Go 1.25: Sec-Fetch-Site, where a browser sends it, then Origin against
 * Host; who sends neither is no browser. */
static bool step_origin(struct request *r, struct walk *w)
{
	const char *site = r->fetch_site, *origin = r->origin;

	if (route_is_rpc(r->route) && origin && *origin && !request_known_origin(r, r->app->cfg.public_url))
		return err_set(&w->err, ERR_FORBIDDEN, "Pages of other sites may not call this; Origin is %.100s", origin);
	if (is_safe(r) || r->route->access == ACCESS_LOCAL || r->route->access == ACCESS_LINK ||
	    (r->auth && !r->auth->principal.session))
		return true;
	if (site && *site ? strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0 :
	    !origin || !*origin || request_same_origin(r))
		return true;
	return err_set(&w->err, ERR_FORBIDDEN, "The request comes from a page of another site");
}

static bool step_minute(struct request *r, struct walk *w)
{
	if (!r->auth)
		return true;
	return ratelimit_spend(r->app->ratelimit, r->auth->principal.account_id,
	                       r->auth->principal.requests_per_minute, &r->rate, &w->err);
}

/* Where a key may be used from never changes, so what the cache says is as good as the database. */
static bool step_network(struct request *r, struct walk *w)
{
	return !r->auth || principal_may_come_from(&r->auth->principal, r->remote_addr, &w->err);
}

static bool has_feature(const struct request *r, struct error *err)
{
	const struct principal *p = &r->auth->principal;
	const struct { bool has; const char *name; } features[] = {
		[FEATURE_NONE] = {true, ""},
		[FEATURE_API] = {p->features.api || p->session, "API access"},
		[FEATURE_WEBHOOKS] = {p->features.webhooks, "webhooks"},
		[FEATURE_MCP] = {p->features.mcp, "MCP"},
		[FEATURE_WHITE_LABEL] = {p->features.white_label, "white-label"},
	};

	enum route_feature lacks = r->route->feature;

	/* whatever a key asks for takes access by the API first */
	if (lacks != FEATURE_NONE && !features[FEATURE_API].has)
		lacks = FEATURE_API;
	return features[lacks].has ||
	       err_set(err, ERR_FORBIDDEN, "The plan %s does not include %s", p->plan, features[lacks].name);
}

static bool has_scope(const struct request *r, struct error *err)
{
	char scopes[64];

	if (r->route->access == ACCESS_SESSION && !r->auth->principal.session)
		return err_set(err, ERR_FORBIDDEN, "This takes a session of the dashboard; an API key cannot do it");
	if (r->route->scope == 0 || (r->auth->principal.scopes & r->route->scope))
		return true;
	scopes_format(r->route->scope, scopes, sizeof scopes);
	return err_set(err, ERR_FORBIDDEN, strchr(scopes, ',') ? "The API key needs one of the scopes %s" :
	                                                         "The API key lacks the scope %s", scopes);
}

/* A refusal is given only by what the database says now. */
static bool granted(struct request *r, struct walk *w,
                    bool (*check)(const struct request *r, struct error *err))
{
	return !r->auth || check(r, &w->err) ||
	       (auth_renew(r->app->auth, &r->credentials, &r->auth) && check(r, &w->err));
}

static bool step_feature(struct request *r, struct walk *w)
{
	return granted(r, w, has_feature);
}

static bool step_scope(struct request *r, struct walk *w)
{
	if (granted(r, w, has_scope))
		return true;
	if (r->route->scope && r->route->access == ACCESS_ACCOUNT)
		request_challenge(r, r->route->scope, true);
	return false;
}

static bool json_content_type(const char *type)
{
	size_t n = strcspn(type, "; \t");

	return n == 16 && strncasecmp(type, "application/json", n) == 0;
}

/* The body of whatever changes something is read, so that a peer that sends one gets its answer. */
static bool step_body(struct request *r, struct walk *w)
{
	if (!is_safe(r) && !request_read_body(r, (size_t)r->app->cfg.max_body, &w->err))
		return false;
	/* a form, of either kind (RFC 8058, 3.2), or nothing */
	if (r->route->access == ACCESS_LINK)
		return true;
	if ((r->route->has_body || needs_account(r)) && r->content_type && *r->content_type &&
	    !json_content_type(r->content_type))
		return err_set(&w->err, ERR_INVALID_INPUT, "The Content-Type must be application/json");
	if (!r->route->has_body && strspn(buf_str(&r->body), " \t\r\n") < r->body.len &&
	    strcmp(buf_str(&r->body), "{}") != 0)
		return err_set(&w->err, ERR_INVALID_INPUT, "This path takes no body");
	return true;
}

static bool query_known(const struct route *route, const char *name)
{
	const char *const *known;

	for (known = route->query; known && *known; known++)
		if (strcmp(*known, name) == 0)
			return true;
	return false;
}

static bool step_query(struct request *r, struct walk *w)
{
	unsigned i;

	if (!request_split_query(r, &w->err))
		return false;
	for (i = 0; i < r->query_count; i++)
		if (!query_known(r->route, r->query[i].name))
			return err_field(&w->err, r->query[i].name, "Unknown query parameter: %s", r->query[i].name);
	return true;
}

static bool (*const steps[])(struct request *, struct walk *) = {
	step_local, step_account, step_origin, step_minute, step_network, step_feature, step_scope, step_body, step_query,
};

/* A request without a route counts like any other when its key is valid, and its answer bears the account's
 * headers; whatever goes wrong with that does not change the answer. */
static void answer_unrouted(struct request *r, struct walk *w)
{
	struct error ignored;
	char extra[96];

	if (credentials_given(&r->credentials) && auth_check(r->app->auth, &r->credentials, false, &r->auth, &ignored))
		ratelimit_spend(r->app->ratelimit, r->auth->principal.account_id,
		                r->auth->principal.requests_per_minute, &r->rate, &ignored);
	snprintf(extra, sizeof extra, "Allow: %s\r\n", w->allow);
	if (r->method == HTTP_OPTIONS && w->allow[0])
		respond(r, 204, extra, NULL, NULL, 0);
	else
		respond_error_extra(r, &w->err, w->allow[0] ? extra : NULL);
}

void request_serve(struct request *r)
{
	struct walk w = {0};
	unsigned i;

	if (!step_route(r, &w) || !r->route) {
		answer_unrouted(r, &w);
		return;
	}
	for (i = 0; i < sizeof steps / sizeof *steps; i++) {
		if (!steps[i](r, &w)) {
			respond_error(r, &w.err);
			return;
		}
	}
	r->route->handler(r);
}
