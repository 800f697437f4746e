/* The agents of this installation, as the account sees them. */
#include <string.h>

#include "api/app.h"
#include "api/handlers.h"
#include "base/clock.h"
#include "http/response.h"

#define BODY_MAX (4u << 20)

static void put_names(struct json_out *w, const char *key, char *const *names, unsigned n)
{
	unsigned i;

	json_arr_open(w, key);
	for (i = 0; i < n; i++)
		json_put_str(w, NULL, names[i]);
	json_arr_close(w);
}

/* The seed's members, in its order. */
static void put_head(struct json_out *w, const struct manifest *m, const struct principal *p)
{
	int64_t trial_ends_at;
	enum subscription_status s = principal_subscription(p, m->slug, clock_now_ms(), &trial_ends_at);

	json_put_str(w, "slug", m->slug);
	json_put_str(w, "name", m->name);
	json_put_str(w, "description", m->description);
	put_names(w, "required_integrations", m->required, m->required_count);
	json_put_str(w, "subscription_status", subscription_name(s));
	json_put_time(w, "trial_ends_at", trial_ends_at);
}

static void put_schema(struct json_out *w, struct json_object *manifest, const char *key)
{
	struct json_object *schema = NULL;

	if (json_object_object_get_ex(manifest, key, &schema) && schema)
		json_put_value(w, key, schema);
	else
		json_put_null(w, key);
}

void agents_list(struct request *r)
{
	const struct registry *agents = r->app->agents;
	struct json_out w;
	struct buf b;
	unsigned i;

	buf_init(&b, BODY_MAX);
	envelope_open(&w, &b);
	json_arr_open(&w, "data");
	for (i = 0; i < registry_count(agents); i++) {
		json_obj_open(&w, NULL);
		put_head(&w, registry_at(agents, i), &r->auth->principal);
		json_obj_close(&w);
	}
	json_arr_close(&w);
	envelope_close(&w);
	respond_json(r, 200, NULL, &b);
	buf_release(&b);
}

void agents_get(struct request *r)
{
	const struct manifest *m = registry_find(r->app->agents, r->param);
	struct error err = {0};
	struct json_out w;
	struct buf b;

	if (!m) {
		err_set(&err, ERR_NOT_FOUND, "There is no such agent; see /api/agents");
		respond_error(r, &err);
		return;
	}
	buf_init(&b, BODY_MAX);
	envelope_open(&w, &b);
	json_obj_open(&w, "data");
	put_head(&w, m, &r->auth->principal);
	put_names(&w, "optional_integrations", m->optional, m->optional_count);
	json_put_int(&w, "estimated_duration_ms", runs_estimate(r->app->runs, m));
	json_put_int(&w, "timeout_ms", m->timeout_ms);
	put_schema(&w, m->source, "input_schema");
	put_schema(&w, m->source, "output_schema");
	json_obj_close(&w);
	envelope_close(&w);
	respond_json(r, 200, NULL, &b);
	buf_release(&b);
}
