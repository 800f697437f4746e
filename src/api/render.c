#include "api/render.h"

void render_run_error(struct json_out *w, const struct execution *e)
{
	if (!e->error_code) {
		json_put_null(w, "error");
		return;
	}
	json_obj_open(w, "error");
	json_put_str(w, "code", e->error_code);
	json_put_str(w, "message", e->error_message ? e->error_message : "");
	json_obj_close(w);
}

/* The seed's members first, in its order. */
void render_execution(struct json_out *w, const char *key, const struct execution *e, bool with_output)
{
	json_obj_open(w, key);
	json_put_id(w, "id", ID_EXECUTION, &e->id);
	json_put_str(w, "agent_slug", e->agent);
	json_put_str(w, "status", exec_status_name(e->status));
	json_put_str(w, "trigger_type", exec_trigger_name(e->trigger));
	json_put_str(w, "summary", e->summary);
	if (with_output && e->output)
		json_put_raw(w, "output", e->output, e->output_len);
	else if (with_output)
		json_put_null(w, "output");
	json_put_opt_int(w, "tokens_used", e->has_tokens, e->tokens_used);
	json_put_opt_int(w, "duration_ms", e->has_duration, e->duration_ms);
	json_put_time(w, "queued_at", e->queued_at);
	json_put_time(w, "completed_at", e->completed_at);
	json_put_time(w, "started_at", e->started_at);
	json_put_int(w, "attempt", e->attempt);
	json_put_opt_id(w, "schedule_id", e->has_schedule, ID_SCHEDULE, &e->schedule_id);
	json_put_time(w, "run_at", e->run_at);
	json_put_opt_int(w, "max_tokens", e->max_tokens > 0, e->max_tokens);
	render_run_error(w, e);
	json_obj_close(w);
}

void render_step(struct json_out *w, const char *key, const struct execution_step *s)
{
	json_obj_open(w, key);
	json_put_int(w, "step", s->seq);
	json_put_time(w, "at", s->at);
	json_put_str(w, "kind", s->kind);
	json_put_str(w, "name", s->name);
	if (s->detail)
		json_put_raw(w, "detail", s->detail, s->detail_len);
	else
		json_put_null(w, "detail");
	json_put_opt_int(w, "tokens", s->has_tokens, s->tokens);
	json_put_opt_int(w, "duration_ms", s->has_duration, s->duration_ms);
	json_obj_close(w);
}
