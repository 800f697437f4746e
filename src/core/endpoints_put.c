/* How endpoints look, over the API and to the operator. Members are always there, null when unknown. */
#include "core/endpoints.h"

#include "base/clock.h"

void endpoint_events_put(struct json_out *w, const char *key, unsigned events)
{
	unsigned t;

	json_arr_open(w, key);
	for (t = 0; t < EVENT__MAX; t++)
		if (events & 1u << t)
			json_put_str(w, NULL, event_type_name((enum event_type)t));
	json_arr_close(w);
}

void endpoint_put(struct json_out *w, const char *key, const struct endpoint *e, const char *secret)
{
	json_obj_open(w, key);
	json_put_id(w, "id", ID_ENDPOINT, &e->id);
	if (secret)
		json_put_str(w, "secret", secret);
	json_put_str(w, "url", e->url);
	json_put_str(w, "description", e->description);
	endpoint_events_put(w, "events", e->events);
	json_put_bool(w, "enabled", e->enabled);
	json_put_str(w, "disabled_reason", e->enabled ? NULL : endpoint_disabled_name(e->disabled_reason));
	json_put_time(w, "disabled_at", e->disabled_at);
	json_put_time(w, "failing_since", e->failing_since);
	json_put_time(w, "previous_secret_expires_at", e->previous_until > clock_now_ms() ? e->previous_until : 0);
	json_put_time(w, "created_at", e->created_at);
	json_put_time(w, "updated_at", e->updated_at);
	json_obj_close(w);
}
