/* Finding a route: the table is small, so it is compared row by row. */
#include <stdio.h>
#include <string.h>

#include "http/routes.h"

static const char *const method_names[] = {
	[HTTP_GET] = "GET", [HTTP_POST] = "POST", [HTTP_PUT] = "PUT",
	[HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE",
};

const char *route_method(const struct route *route)
{
	return method_names[route->method];
}

/* Compares a path of the table with the request's segments; *param is the segment that stands for {}. */
static bool path_matches(const char *path, const struct request *r, const char **param)
{
	unsigned i;

	*param = NULL;
	for (i = 0; i < r->segment_count; i++) {
		size_t n;

		if (*path++ != '/')
			return false;
		n = strcspn(path, "/");
		if (n == 2 && path[0] == '{')
			*param = r->segments[i];
		else if (strncmp(path, r->segments[i], n) != 0 || r->segments[i][n] != '\0')
			return false;
		path += n;
	}
	return *path == '\0' && r->segment_count > 0 && !(*param && !**param);
}

static void allow_add(char *allow, size_t size, const char *name)
{
	size_t n = strlen(allow);

	snprintf(allow + n, size - n, "%s%s", n ? ", " : "", name);
}

const struct route *route_find(struct request *r, char *allow, size_t allow_size, struct error *err)
{
	enum http_method want = r->method == HTTP_HEAD ? HTTP_GET : r->method;
	const struct route *found = NULL;
	const char *param;
	unsigned i;

	allow[0] = '\0';
	for (i = 0; i < route_count; i++) {
		if (!path_matches(routes[i].path, r, &param))
			continue;
		allow_add(allow, allow_size, route_method(&routes[i]));
		if (routes[i].method == HTTP_GET)
			allow_add(allow, allow_size, "HEAD");
		if (routes[i].method == want && !found) {
			found = &routes[i];
			r->route_index = i;
			r->param = param;
		}
	}
	if (!allow[0]) {
		err_set(err, ERR_NOT_FOUND, "No such path; see /api/openapi.json");
		return NULL;
	}
	allow_add(allow, allow_size, "OPTIONS");
	if (!found && r->method != HTTP_OPTIONS)
		err_set(err, ERR_METHOD_NOT_ALLOWED, "This path takes %s", allow);
	return found;
}
