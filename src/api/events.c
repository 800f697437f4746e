/* GET /api/executions/{id}/events: a run's steps as server-sent events, and its end. */
#include <stdlib.h>
#include <string.h>

#include "api/handlers.h"
#include "api/render.h"
#include "api/step_stream.h"
#include "http/response.h"

#define END_MAX (128u << 10)

static void add_step(struct step_stream *s, struct buf *b, const struct execution_step *step)
{
	size_t from = step_stream_open(b, (int)step->seq, "step");
	struct json_out w;

	(void)s;
	json_begin(&w, b);
	render_step(&w, NULL, step);
	step_stream_close(b, from);
}

static void add_end(struct step_stream *s, struct buf *b, const struct execution *e)
{
	size_t from = step_stream_open(b, (int)s->after, "end");
	struct json_out w;

	json_begin(&w, b);
	render_execution(&w, NULL, e, false);
	step_stream_close(b, from);
}

static const struct step_stream_form form = {.step = add_step, .end = add_end, .end_max = END_MAX};

static bool parse_last_event(const struct request *r, unsigned *after, struct error *err)
{
	const char *text = r->last_event_id;

	*after = 0;
	if (!text || !*text)
		return true;
	if (strspn(text, "0123456789") != strlen(text) || strlen(text) > 9)
		return err_field(err, "Last-Event-ID", "Last-Event-ID must be the number of a step");
	*after = (unsigned)strtoul(text, NULL, 10);
	return true;
}

void executions_events(struct request *r)
{
	struct execution_watch seen;
	struct error err = {0};
	struct id id;
	unsigned after;

	if (!parse_last_event(r, &after, &err)) {
		respond_error(r, &err);
		return;
	}
	if (!id_parse(ID_EXECUTION, r->param, &id)) {
		err_set(&err, ERR_NOT_FOUND, "There is no such execution");
		respond_error(r, &err);
		return;
	}
	if (!run_watch(r->app->runs, r->auth->principal.account_id, &id, &seen, &err)) {
		respond_error(r, &err);
		return;
	}
	step_stream_start(arena_alloc(&r->arena, sizeof(struct step_stream)), r, &id, &seen, after, &form);
}
