/* How deliveries look, over the API and to the operator. Members are always there, null when unknown. */
#include "core/deliveries.h"

static void put_row(struct json_out *w, const struct delivery_row *r)
{
	json_put_id(w, "id", ID_DELIVERY, &r->id);
	json_put_id(w, "event_id", ID_EVENT, &r->event_id);
	json_put_str(w, "event", event_type_name(r->event));
	json_put_opt_id(w, "webhook_id", r->has_endpoint, ID_ENDPOINT, &r->endpoint_id);
	json_put_opt_id(w, "execution_id", r->has_execution, ID_EXECUTION, &r->execution_id);
	json_put_opt_id(w, "replay_of", r->has_replay_of, ID_DELIVERY, &r->replay_of);
	json_put_str(w, "url", r->url);
	json_put_str(w, "status", delivery_state_name(r->state));
	json_put_int(w, "attempts", r->attempts);
	json_put_opt_int(w, "response_status", r->last_status != 0, r->last_status);
	json_put_str(w, "error", r->last_error);
	json_put_opt_int(w, "duration_ms", r->duration_ms >= 0, r->duration_ms);
	json_put_time(w, "created_at", r->created_at);
	json_put_time(w, "last_attempt_at", r->last_at);
	json_put_time(w, "next_attempt_at", r->state == DELIVERY_PENDING ? r->next_at : 0);
	json_put_time(w, "replayed_at", r->replayed_at);
}

void delivery_put(struct json_out *w, const char *key, const struct delivery_row *r)
{
	json_obj_open(w, key);
	put_row(w, r);
	json_obj_close(w);
}

static void put_attempt(struct json_out *w, const struct delivery_view *v, const struct delivery_attempt *t)
{
	json_obj_open(w, NULL);
	json_put_int(w, "attempt", t->attempt);
	json_put_time(w, "at", t->at);
	json_put_int(w, "duration_ms", t->duration_ms);
	json_put_str(w, "url", t->url ? t->url : v->row.url);
	json_put_opt_int(w, "response_status", t->status != 0, t->status);
	json_put_str(w, "error", t->error);
	if (t->response)
		json_put_strn(w, "response_body", t->response, t->response_len);
	else
		json_put_null(w, "response_body");
	json_obj_close(w);
}

void delivery_view_put(struct json_out *w, const char *key, const struct delivery_view *v)
{
	unsigned i;

	json_obj_open(w, key);
	put_row(w, &v->row);
	if (v->request)
		json_put_strn(w, "request_body", v->request, v->request_len);
	else
		json_put_null(w, "request_body");
	json_put_opt_int(w, "request_size", v->request != NULL, (int64_t)v->request_size);
	json_arr_open(w, "log");
	for (i = 0; i < v->attempt_count; i++)
		put_attempt(w, v, &v->attempts[i]);
	json_arr_close(w);
	json_obj_close(w);
}

void replayed_put(struct json_out *w, const char *key, const struct replayed *r)
{
	json_obj_open(w, key);
	json_put_int(w, "replayed", r->count);
	json_put_bool(w, "has_more", r->more);
	json_obj_close(w);
}
