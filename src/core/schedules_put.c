/* How schedules and their slots look, over the API and to the operator. Members are always there, null when unknown. */
#include "core/schedules.h"

static void put_blocked(struct json_out *w, const struct error *blocked)
{
	if (blocked->code == ERR_NONE) {
		json_put_null(w, "blocked_by");
		return;
	}
	json_obj_open(w, "blocked_by");
	json_put_str(w, "code", err_name(blocked->code));
	json_put_str(w, "message", err_public_message(blocked));
	if (blocked->integration[0])
		json_put_str(w, "integrationSlug", blocked->integration);
	json_obj_close(w);
}

/* The seed's members first, in its order. */
void schedule_put(struct json_out *w, const char *key, const struct schedule_view *v)
{
	const struct schedule *s = &v->s;

	json_obj_open(w, key);
	json_put_id(w, "id", ID_SCHEDULE, &s->id);
	json_put_str(w, "agent_slug", s->agent);
	json_put_bool(w, "enabled", s->enabled);
	json_put_str(w, "cron_expr", s->cron_expr);
	json_put_str(w, "timezone", s->timezone);
	json_put_time(w, "next_run_at", s->next_at);
	json_put_time(w, "last_run_at", s->last_run_at);
	json_put_str(w, "last_status", s->has_status ? exec_status_name(s->last_status) : NULL);
	json_put_int(w, "total_runs", s->total_runs);
	json_put_raw(w, "input_payload", s->input, s->input_len);
	json_put_str(w, "catch_up", catch_up_name(s->catch_up));
	json_put_str(w, "overlap", overlap_name(s->overlap));
	json_put_time(w, "starts_at", s->starts_at);
	json_put_time(w, "ends_at", s->ends_at);
	json_put_opt_int(w, "pause_after_failures", s->pause_after_failures > 0, s->pause_after_failures);
	json_put_int(w, "consecutive_failures", s->failures);
	json_put_time(w, "paused_at", s->paused_at);
	json_put_time(w, "created_at", s->created_at);
	json_put_time(w, "updated_at", s->updated_at);
	put_blocked(w, &v->blocked);
	json_obj_close(w);
}

void slot_put(struct json_out *w, const char *key, const struct slot_record *r)
{
	json_obj_open(w, key);
	json_put_time(w, "scheduled_for", r->scheduled_for);
	json_put_str(w, "outcome", slot_outcome_name(r->outcome));
	json_put_str(w, "reason", slot_reason_name(r->reason));
	json_put_bool(w, "moved_by_clock_change", r->moved);
	json_put_int(w, "slots", r->slots);
	json_put_opt_id(w, "execution_id", r->has_execution, ID_EXECUTION, &r->execution_id);
	json_put_time(w, "recorded_at", r->recorded_at);
	json_obj_close(w);
}

/* The seed's, as of an asynchronous run. */
void schedule_start_put(struct json_out *w, const char *key, const struct schedule_start *s)
{
	json_obj_open(w, key);
	json_put_id(w, "execution_id", ID_EXECUTION, &s->id);
	json_put_str(w, "agent_slug", s->agent->slug);
	json_put_str(w, "status", exec_status_name(EXEC_QUEUED));
	json_put_int(w, "estimated_duration_ms", s->estimate_ms);
	json_put_time(w, "created_at", s->created_at);
	json_obj_close(w);
}
