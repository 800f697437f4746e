/* GET /api/usage. */
#include "api/app.h"
#include "api/handlers.h"
#include "core/usage.h"
#include "http/response.h"

#define BODY_MAX (4u << 20)

static void answer(struct request *r, const struct usage *u)
{
	/* what this host knows of the minute, this request included: as the headers say */
	int64_t used = r->rate.limit >= 0 ? r->rate.limit - r->rate.remaining : -1;
	struct json_out w;
	struct buf b;

	buf_init(&b, BODY_MAX);
	envelope_open(&w, &b);
	json_obj_open(&w, "data");
	usage_put(&w, u, used, r->rate.reset_s * 1000);
	json_obj_close(&w);
	envelope_close(&w);
	respond_json(r, 200, NULL, &b);
	buf_release(&b);
}

void usage_get(struct request *r)
{
	struct error err = {0};
	struct usage u;
	struct arena a;

	arena_init(&a);
	if (usage_find(r->app->db, r->auth->principal.account_id, &a, &u, &err))
		answer(r, &u);
	else
		respond_error(r, &err);
	arena_release(&a);
}
