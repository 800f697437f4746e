#include "core/webhook.h"

#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/json.h"

#define SECRET_PREFIX      "whsec_"
#define RETRY_AFTER_MIN_MS INT64_C(3600000)   /* so much a receiver may always ask for */

static void put_count(struct json_out *w, const char *key, bool known, int64_t value)
{
	if (known)
		json_put_int(w, key, value);
	else
		json_put_null(w, key);
}

static void put_error(struct json_out *w, const struct execution *run)
{
	json_obj_open(w, "error");
	json_put_str(w, "code", run->error_code);
	json_put_str(w, "message", run->error_message);
	json_obj_close(w);
}

void webhook_body(struct buf *b, enum event_type event, const struct execution *run)
{
	char id[ID_TEXT_SIZE], user[ID_TEXT_SIZE];
	struct json_out w;

	id_format(ID_EXECUTION, &run->id, id);
	id_format(ID_USER, &run->account_public_id, user);
	json_begin(&w, b);
	json_obj_open(&w, NULL);
	json_put_str(&w, "event", event_type_name(event));
	json_put_str(&w, "execution_id", id);
	json_put_str(&w, "agent_slug", run->agent);
	json_put_str(&w, "user_id", user);
	json_put_str(&w, "status", exec_status_name(run->status));
	json_put_str(&w, "summary", run->summary);
	if (run->output)
		json_put_raw(&w, "output", run->output, run->output_len);
	else
		json_put_null(&w, "output");
	if (event == EVENT_RUN_FAILED)
		put_error(&w, run);
	put_count(&w, "tokens_used", run->has_tokens, run->tokens_used);
	put_count(&w, "duration_ms", run->has_duration, run->duration_ms);
	json_put_time(&w, "timestamp", run->completed_at);
	json_obj_close(&w);
}

void webhook_schedule_body(struct buf *b, const struct schedule_event *e)
{
	static const struct id none;
	struct json_out w;

	json_begin(&w, b);
	json_obj_open(&w, NULL);
	json_put_str(&w, "event", event_type_name(EVENT_SCHEDULE_FIRED));
	json_put_id(&w, "schedule_id", ID_SCHEDULE, &e->schedule_id);
	json_put_opt_id(&w, "execution_id", e->execution != NULL, ID_EXECUTION, e->execution ? e->execution : &none);
	json_put_str(&w, "agent_slug", e->agent);
	json_put_id(&w, "user_id", ID_USER, &e->user_id);
	json_put_time(&w, "scheduled_for", e->scheduled_for);
	json_put_time(&w, "timestamp", e->timestamp);
	json_obj_close(&w);
}

void webhook_test_body(struct buf *b, const struct id *endpoint, const struct id *user, int64_t now_ms)
{
	struct json_out w;

	json_begin(&w, b);
	json_obj_open(&w, NULL);
	json_put_str(&w, "event", event_type_name(EVENT_WEBHOOK_TEST));
	json_put_id(&w, "webhook_id", ID_ENDPOINT, endpoint);
	json_put_id(&w, "user_id", ID_USER, user);
	json_put_str(&w, "message", "This is a test; no run has ended.");
	json_put_time(&w, "timestamp", now_ms);
	json_obj_close(&w);
}

void webhook_disconnected_body(struct buf *b, const char *integration, const struct id *user, const char *reason,
                               int64_t now_ms)
{
	struct json_out w;

	json_begin(&w, b);
	json_obj_open(&w, NULL);
	json_put_str(&w, "event", event_type_name(EVENT_INTEGRATION_DISCONNECTED));
	json_put_str(&w, "integration", integration);
	json_put_id(&w, "user_id", ID_USER, user);
	json_put_str(&w, "reason", reason);
	json_put_time(&w, "timestamp", now_ms);
	json_obj_close(&w);
}

bool webhook_secret_read(const char *text, size_t n, struct webhook_secret *out, struct error *err)
{
	size_t prefix = sizeof SECRET_PREFIX - 1;

	if (n <= prefix || n > WEBHOOK_SECRET_MAX || memcmp(text, SECRET_PREFIX, prefix) != 0 ||
	    !crypto_unbase64(text + prefix, n - prefix, out->key, &out->key_len) || out->key_len == 0)
		return err_set(err, ERR_INTERNAL, "A webhook secret is not of the form whsec_BASE64");
	memcpy(out->text, text, n);
	out->text[n] = '\0';
	out->len = n;
	return true;
}

void webhook_sign(const struct webhook_secret *s, const char *id, const char *timestamp, const void *body,
                  size_t n, struct webhook_signature *out)
{
	struct crypto_part parts[] = {{id, strlen(id)}, {".", 1}, {timestamp, strlen(timestamp)},
	                              {".", 1}, {body, n}};
	uint8_t mac[SHA256_SIZE];

	crypto_hmac_sha256(s->text, s->len, body, n, mac);
	memcpy(out->hex, "sha256=", 7);
	crypto_hex(mac, sizeof mac, out->hex + 7);
	crypto_hmac_parts(s->key, s->key_len, parts, sizeof parts / sizeof *parts, mac);
	memcpy(out->base64, "v1,", 3);
	crypto_base64(mac, sizeof mac, out->base64 + 3);
}

bool webhook_schedule_read(const char *text, struct webhook_schedule *out, struct error *err)
{
	char *end;

	*out = (struct webhook_schedule){0};
	for (;; text = end + 1) {
		long seconds = *text >= '0' && *text <= '9' ? strtol(text, &end, 10) : -1;

		if (seconds < 0 || (*end && *end != ',') || out->count == WEBHOOK_WAITS_MAX)
			return err_set(err, ERR_INVALID_INPUT,
			               "The schedule of webhooks must be up to %d seconds like 5,30,120",
			               WEBHOOK_WAITS_MAX);
		out->wait_ms[out->count] = seconds * INT64_C(1000);
		if (out->wait_ms[out->count] > out->longest_ms)
			out->longest_ms = out->wait_ms[out->count];
		out->count++;
		if (!*end)
			return true;
	}
}

int64_t webhook_retry_at(const struct webhook_schedule *s, unsigned attempt, int64_t now_ms,
                         int64_t retry_after_s, double unit)
{
	int64_t most = s->longest_ms > RETRY_AFTER_MIN_MS ? s->longest_ms : RETRY_AFTER_MIN_MS;
	int64_t asked = retry_after_s < most / 1000 ? retry_after_s * 1000 : most;
	int64_t wait;

	if (attempt > s->count)
		return 0;
	wait = (int64_t)((double)s->wait_ms[attempt - 1] * (0.8 + 0.4 * unit));
	return now_ms + (wait > asked ? wait : asked);
}
