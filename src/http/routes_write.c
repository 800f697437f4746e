/* The route table for those who cannot read C: what each path asks of its caller. */
#include "http/routes.h"

static const char *const accesses[] = {
	[ACCESS_ACCOUNT] = "account", [ACCESS_SESSION] = "session", [ACCESS_OPEN] = "open",
	[ACCESS_LINK] = "link", [ACCESS_LOCAL] = "local"};
static const char *const features[] = {
	[FEATURE_NONE] = NULL, [FEATURE_API] = "api", [FEATURE_WEBHOOKS] = "webhooks", [FEATURE_MCP] = "mcp",
	[FEATURE_WHITE_LABEL] = "white_label"};

const char *route_access_name(const struct route *route)
{
	return accesses[route->access];
}

const char *route_feature(const struct route *route)
{
	return features[route->feature];
}

void routes_write(struct json_out *w)
{
	const char *const *name;
	char scope[64];
	unsigned i;

	json_arr_open(w, NULL);
	for (i = 0; i < route_count; i++) {
		const struct route *r = &routes[i];

		json_obj_open(w, NULL);
		json_put_str(w, "method", route_method(r));
		json_put_str(w, "path", r->path);
		json_put_str(w, "access", route_access_name(r));
		json_put_str(w, "feature", route_feature(r));
		scopes_format(r->scope, scope, sizeof scope);
		json_put_str(w, "scope", r->scope ? scope : NULL);
		json_put_bool(w, "has_body", r->has_body);
		json_arr_open(w, "query");
		for (name = r->query; name && *name; name++)
			json_put_str(w, NULL, *name);
		json_arr_close(w);
		json_obj_close(w);
	}
	json_arr_close(w);
}
