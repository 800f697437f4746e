#include "store/note_payloads.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"

#define URL_SHOWN 1000

/* Whole characters of at most max bytes; "…" tells that there was more. */
static void put_cut(struct json_out *w, const char *key, const char *text, size_t max)
{
	size_t n = text ? strlen(text) : 0;
	char cut[URL_SHOWN + sizeof "…"];

	if (n <= max) {
		json_put_str(w, key, text);
		return;
	}
	for (n = max; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80; n--)
		;
	memcpy(cut, text, n);
	memcpy(cut + n, "…", sizeof "…");
	json_put_str(w, key, cut);
}

void note_put_run(struct buf *b, const struct note_run *r)
{
	struct json_out w;

	json_begin(&w, b);
	json_obj_open(&w, NULL);
	json_put_id(&w, "execution_id", ID_EXECUTION, &r->id);
	json_put_str(&w, "agent_slug", r->agent);
	put_cut(&w, "summary", r->summary, NOTE_TEXT_MAX);
	json_put_str(&w, "error_code", r->error_code);
	put_cut(&w, "error_message", r->error_message, NOTE_TEXT_MAX);
	json_put_opt_int(&w, "duration_ms", r->duration_ms >= 0, r->duration_ms);
	json_obj_close(&w);
}

void note_put_endpoint(struct buf *b, const struct id *endpoint, const char *url, const char *description,
                       const char *reason)
{
	struct json_out w;

	json_begin(&w, b);
	json_obj_open(&w, NULL);
	json_put_id(&w, "endpoint_id", ID_ENDPOINT, endpoint);
	put_cut(&w, "url", url, URL_SHOWN);
	put_cut(&w, "description", description, NOTE_TEXT_MAX);
	json_put_str(&w, "reason", reason);
	json_obj_close(&w);
}

void note_put_disconnected(struct buf *b, const char *integration, const char *reason)
{
	struct json_out w;

	json_begin(&w, b);
	json_obj_open(&w, NULL);
	json_put_str(&w, "integration", integration);
	put_cut(&w, "reason", reason, NOTE_TEXT_MAX);
	json_obj_close(&w);
}

void note_put_trial(struct buf *b, const char *agent, int64_t trial_ends_at)
{
	struct json_out w;

	json_begin(&w, b);
	json_obj_open(&w, NULL);
	json_put_str(&w, "agent_slug", agent);
	json_put_time(&w, "trial_ends_at", trial_ends_at);
	json_obj_close(&w);
}

void note_put_quota(struct buf *b, int64_t used, int64_t limit, int64_t month_start, bool overage)
{
	char when[CLOCK_TEXT_SIZE];
	struct json_out w;

	clock_format(month_start, when);
	json_begin(&w, b);
	json_obj_open(&w, NULL);
	json_put_int(&w, "used", used);
	json_put_int(&w, "limit", limit);
	json_put_strn(&w, "month", when, strlen("2026-11"));
	json_put_bool(&w, "overage", overage);
	json_obj_close(&w);
}

void note_put_schedule(struct buf *b, const char *agent, const struct id *schedule, int64_t failures)
{
	struct json_out w;

	json_begin(&w, b);
	json_obj_open(&w, NULL);
	json_put_str(&w, "agent_slug", agent);
	json_put_id(&w, "schedule_id", ID_SCHEDULE, schedule);
	json_put_int(&w, "failures", failures);
	json_obj_close(&w);
}
