#include "api/once.h"

#include "api/app.h"
#include "http/response.h"
#include "http/routes.h"

struct actor request_actor(const struct request *r)
{
	const struct principal *p = &r->auth->principal;

	return (struct actor){.kind = p->session ? ACTOR_SESSION : ACTOR_KEY, .id = p->session ? p->session_id : p->key_id,
	                      .address = r->remote_addr};
}

bool request_once(struct request *r, int status, void (*render)(const void *made, struct buf *out), struct once *o,
                  struct error *err)
{
	once_init(o, r->app->secrets, r->auth->principal.account_id, status, render);
	o->kept.keep_ms = config_idempotency_ms(&r->app->cfg);
	return !r->idempotency_key || once_key(o, r->method_name, r->route->path, r->param, r->idempotency_key, r->body.data,
	                                       r->body.len, err);
}

void respond_once(struct request *r, const struct once *o)
{
	respond(r, o->status, o->replayed ? REPLAYED_HEADER : NULL, "application/json", o->answer.data, o->answer.len);
}
