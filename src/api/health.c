/* For load balancers and supervisors: is the process there, and can it work? */
#include "api/app.h"
#include "api/handlers.h"
#include "http/response.h"

static void answer_ok(struct request *r, const char *status)
{
	struct json_out w;
	struct buf b;

	buf_init(&b, 256);
	envelope_open(&w, &b);
	json_obj_open(&w, "data");
	json_put_str(&w, "status", status);
	json_obj_close(&w);
	envelope_close(&w);
	respond_json(r, 200, NULL, &b);
	buf_release(&b);
}

void health_live(struct request *r)
{
	answer_ok(r, "live");
}

/* A schema that this program does not work with is no client's mistake: the load balancer is to wait. */
void health_ready(struct request *r)
{
	struct error err = {0};
	bool ok = !atomic_load(&r->app->draining) ||
		err_set(&err, ERR_UNAVAILABLE, "The server is being stopped");

	ok = ok && runs_ready(r->app->runs, &err);
	if (ok) {
		answer_ok(r, "ready");
		return;
	}
	err.code = ERR_UNAVAILABLE;
	respond_error(r, &err);
}
