/* What manifests add: each agent's own path to run it, and the schemas of its input, output, request and result. */
#include <stdio.h>
#include <string.h>

#include "api/handlers.h"
#include "api/openapi_priv.h"

#define SCHEMA_MAX (512u << 10)

bool openapi_is_run(const struct route *r)
{
	return r->handler == agents_run;
}

/* "email-triage" is EmailTriage; the dash before a digit stays, so that no two slugs give one name. */
void openapi_agent_name(const struct manifest *m, const char *what, char out[OPENAPI_NAME_SIZE])
{
	const char *p = m->slug;
	bool upper = true;
	size_t n = 0;

	for (; *p; p++) {
		bool letter = *p >= 'a' && *p <= 'z';

		if (*p == '-' && p[1] >= 'a' && p[1] <= 'z')
			upper = true;
		else
			out[n++] = upper && letter ? (char)(*p - 'a' + 'A') : *p;
		upper = *p == '-' && p[1] >= 'a' && p[1] <= 'z';
	}
	snprintf(out + n, OPENAPI_NAME_SIZE - n, "%.24s", what);
}

struct json_object *openapi_agent_example(const struct manifest *m, const char *what)
{
	return openapi_get(openapi_get(m->source, "example"), what);
}

void openapi_put_agent_paths(struct openapi_doc *d, const struct route *r)
{
	const char *hole = strstr(r->path, "{}");
	char path[256];
	unsigned i;

	for (i = 0; i < registry_count(d->agents); i++) {
		const struct manifest *m = registry_at(d->agents, i);

		snprintf(path, sizeof path, "%.*s%s%s", (int)(hole - r->path), r->path, m->slug, hole + 2);
		json_obj_open(&d->w, path);
		openapi_put_operation(d, r, m);
		json_obj_close(&d->w);
	}
}

/* ---- schemas ---- */

/* A tree of one's own: the manifest's is shared by threads. */
static struct json_object *copy(struct json_object *value)
{
	struct json_object *mine = NULL;
	struct json_out w;
	struct buf b;

	buf_init(&b, SCHEMA_MAX);
	json_begin(&w, &b);
	json_put_value(&w, NULL, value);
	INVARIANT(!b.failed && json_read(b.data, b.len, JSON_DEPTH_MAX, &mine, NULL, NULL, NULL), "a manifest that was read");
	buf_release(&b);
	return mine;
}

/* A manifest's schema; one that it does not have takes anything. */
static void put_schema(struct openapi_doc *d, const struct manifest *m, const char *member, const char *what)
{
	struct json_object *schema = openapi_get(m->source, member), *mine;
	char name[OPENAPI_NAME_SIZE];

	openapi_agent_name(m, what, name);
	if (!schema) {
		json_obj_open(&d->w, name);
		json_obj_close(&d->w);
		return;
	}
	mine = copy(schema);
	openapi_move_refs(mine, name);
	json_put_value(&d->w, name, mine);
	json_object_put(mine);
}

/* The general schema with one of its properties made the agent's own. */
static void put_own(struct openapi_doc *d, const struct manifest *m, const char *general, const char *property,
                    const char *what)
{
	struct json_object *schema = openapi_find(d, "schemas", general);
	char name[OPENAPI_NAME_SIZE], own[OPENAPI_NAME_SIZE];

	openapi_agent_name(m, general, name);
	openapi_agent_name(m, what, own);
	json_obj_open(&d->w, name);
	json_object_object_foreach(schema, key, value) {
		if (strcmp(key, "properties") != 0) {
			json_put_value(&d->w, key, value);
			continue;
		}
		json_obj_open(&d->w, key);
		json_object_object_foreach(value, member, one) {
			if (strcmp(member, property) == 0)
				openapi_put_ref(d, member, "schemas", own);
			else
				json_put_value(&d->w, member, one);
		}
		json_obj_close(&d->w);
	}
	json_obj_close(&d->w);
}

void openapi_put_agent_schemas(struct openapi_doc *d)
{
	unsigned i;

	for (i = 0; i < registry_count(d->agents); i++) {
		const struct manifest *m = registry_at(d->agents, i);

		put_schema(d, m, "input_schema", "Input");
		put_schema(d, m, "output_schema", "Output");
		put_own(d, m, "RunRequest", "input_payload", "Input");
		put_own(d, m, "RunResult", "output", "Output");
	}
}
