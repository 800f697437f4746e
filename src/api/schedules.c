/* Schedules: listed, shown, set, deleted. */
#include "api/app.h"
#include "api/handlers.h"
#include "api/list.h"
#include "api/once.h"
#include "api/schedules_priv.h"
#include "http/response.h"

#define BODY_MAX (2u << 20)      /* an input as large as a body may be, and the rest */

static void render_set(const void *made, struct buf *out)
{
	struct json_out w;

	envelope_open(&w, out);
	schedule_put(&w, "data", made);
	envelope_close(&w);
}

static void put(struct json_out *w, const void *row)
{
	schedule_put(w, NULL, row);
}

void schedules_list_all(struct request *r)
{
	struct schedule_view *list;
	struct error err = {0};
	struct arena a;
	unsigned n;

	arena_init(&a);
	if (schedules_list(&r->app->schedules, &r->auth->principal, &a, &list, &n, &err))
		respond_list(r, &(struct list){list, n, sizeof *list, put});
	else
		respond_error(r, &err);
	arena_release(&a);
}

void schedules_get(struct request *r)
{
	struct error err = {0};
	struct schedule_view v;
	struct arena a;
	struct buf b;

	arena_init(&a);
	if (schedules_find(&r->app->schedules, &r->auth->principal, r->param, &a, &v, &err)) {
		buf_init(&b, BODY_MAX);
		render_set(&v, &b);
		respond_json(r, 200, NULL, &b);
		buf_release(&b);
	} else {
		respond_error(r, &err);
	}
	arena_release(&a);
}

void schedules_put_one(struct request *r)
{
	struct actor who = request_actor(r);
	struct schedule_rule rule = {.zone = NULL};
	struct schedule_view v;
	struct error err = {0};
	struct once once;
	bool ok = request_once(r, 201, render_set, &once, &err) && schedule_request_read(r, &v, &rule, &err);

	if (ok) {
		schedules_judge(&r->app->schedules, &r->auth->principal, &v);
		ok = schedules_set(&r->app->schedules, &who, &v, &rule, &once, &err);
	}
	if (ok)
		respond_once(r, &once);
	else
		respond_error(r, &err);
	once_release(&once);
	schedule_rule_close(&rule);
}

void schedules_delete_one(struct request *r)
{
	struct actor who = request_actor(r);
	struct error err = {0};

	if (schedules_delete(&r->app->schedules, &who, r->auth->principal.account_id, r->param, &err))
		respond_done(r, NULL);
	else
		respond_error(r, &err);
}

/* ---- a run by hand ---- */

static void render_start(const void *made, struct buf *out)
{
	struct json_out w;

	envelope_open(&w, out);
	schedule_start_put(&w, "data", made);
	envelope_close(&w);
}

static bool start(struct request *r, struct schedule_start *s, struct once *once, struct error *err)
{
	const struct principal *p = &r->auth->principal;
	struct schedule_asker asker = {.has_key_id = !p->session, .key_id = p->key_id, .budget_key = p->budget_key};
	struct actor who = request_actor(r);

	if (!schedules_agent(&r->app->schedules, r->param, &s->agent, err))
		return false;
	s->estimate_ms = runs_estimate(r->app->runs, s->agent);
	return schedules_run(&r->app->schedules, &who, p->account_id, r->param, &asker, s, once, err);
}

void schedules_run_now(struct request *r)
{
	struct schedule_start s;
	struct error err = {0};
	struct once once;

	if (request_once(r, 202, render_start, &once, &err) && start(r, &s, &once, &err))
		respond_once(r, &once);
	else
		respond_error(r, &err);
	once_release(&once);
}
