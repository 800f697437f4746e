/* The integrations that the account has or could have: those that installed agents name, and those it is
 * connected to. */
#include <stdlib.h>
#include <string.h>

#include "agents/integration_name.h"
#include "api/app.h"
#include "api/handlers.h"
#include "core/connections.h"
#include "http/response.h"

#define BODY_MAX (1u << 20)

static int by_slug(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static bool among(char *const *names, unsigned n, const char *name)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* The slugs of all, each once, in order. */
static const char **all_slugs(const struct registry *agents, const struct connection_row *rows, unsigned count,
                              struct arena *a, unsigned *n)
{
	const char **all = arena_alloc(a, (registry_count(agents) * 2 * MANIFEST_INTEGRATIONS_MAX + count + 1) * sizeof *all);
	unsigned found = 0, i, k;

	for (i = 0; i < registry_count(agents); i++) {
		const struct manifest *m = registry_at(agents, i);

		for (k = 0; k < m->required_count; k++)
			all[found++] = m->required[k];
		for (k = 0; k < m->optional_count; k++)
			all[found++] = m->optional[k];
	}
	for (i = 0; i < count; i++)
		all[found++] = rows[i].integration;
	qsort(all, found, sizeof *all, by_slug);
	for (i = *n = 0; i < found; i++)
		if (*n == 0 || strcmp(all[*n - 1], all[i]) != 0)
			all[(*n)++] = all[i];
	return all;
}

static const struct connection_row *row_of(const struct connection_row *rows, unsigned count, const char *slug)
{
	unsigned i;

	for (i = 0; i < count; i++)
		if (strcmp(rows[i].integration, slug) == 0)
			return &rows[i];
	return NULL;
}

/* Agents that need the integration, or those that can use it, whether they need it or not. */
static void put_agents(struct json_out *w, const char *key, const struct registry *agents, const char *slug,
                       bool needed)
{
	unsigned i;

	json_arr_open(w, key);
	for (i = 0; i < registry_count(agents); i++) {
		const struct manifest *m = registry_at(agents, i);

		if (among(m->required, m->required_count, slug) || (!needed && among(m->optional, m->optional_count, slug)))
			json_put_str(w, NULL, m->slug);
	}
	json_arr_close(w);
}

static void put_integration(struct json_out *w, const struct registry *agents, const char *slug,
                            const struct connection_row *row)
{
	char name[INTEGRATION_NAME_SIZE];

	integration_name(slug, name);
	json_obj_open(w, NULL);
	json_put_str(w, "integration", slug);
	json_put_str(w, "name", name);
	json_put_str(w, "status", !row ? "not_connected" : row->status == 0 ? "connected" : "disconnected");
	json_put_opt_id(w, "id", row, ID_CONNECTION, row ? &row->id : NULL);
	json_put_str(w, "kind", row ? row->kind : NULL);
	json_put_time(w, "connected_at", row ? row->created_at : 0);
	put_agents(w, "used_by", agents, slug, false);
	put_agents(w, "required_by", agents, slug, true);
	json_obj_close(w);
}

void connections_list(struct request *r)
{
	const struct registry *agents = r->app->agents;
	struct error err = {0};
	struct connection_row *rows;
	unsigned count, n, i;
	const char **slugs;
	struct json_out w;
	struct buf b;

	if (!account_connections(r->app->db, r->auth->principal.account_id, &r->arena, &rows, &count, &err)) {
		respond_error(r, &err);
		return;
	}
	slugs = all_slugs(agents, rows, count, &r->arena, &n);
	buf_init(&b, BODY_MAX);
	envelope_open(&w, &b);
	json_arr_open(&w, "data");
	for (i = 0; i < n; i++)
		put_integration(&w, agents, slugs[i], row_of(rows, count, slugs[i]));
	json_arr_close(&w);
	envelope_close(&w);
	respond_json(r, 200, NULL, &b);
	buf_release(&b);
}
