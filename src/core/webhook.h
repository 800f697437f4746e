/* What a receiver of webhooks gets: body, signatures, and when it is tried again. Pure functions.
 *
 * Ownership: a secret is the caller's, who wipes it. */
#ifndef AGENTIV_CORE_WEBHOOK_H
#define AGENTIV_CORE_WEBHOOK_H

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "store/executions.h"
#include "store/outbox.h"

/* The body of a run's end, by its stored row and nothing else, so that each attempt sends the same bytes. Adds to
 * b. */
void webhook_body(struct buf *b, enum event_type event, const struct execution *run);

/* The body of schedule.fired. execution NULL: none was made. Adds to b. */
struct schedule_event {
	struct id schedule_id, user_id;
	const struct id *execution;
	const char *agent;
	int64_t scheduled_for, timestamp;
};
void webhook_schedule_body(struct buf *b, const struct schedule_event *e);

/* The body of webhook.test. Adds to b. */
void webhook_test_body(struct buf *b, const struct id *endpoint, const struct id *user, int64_t now_ms);
/* The body of integration.disconnected. reason: for its owner, without a secret. Adds to b. */
void webhook_disconnected_body(struct buf *b, const char *integration, const struct id *user, const char *reason,
                               int64_t now_ms);

/* What receivers can be told of: each event with what it means and an example of its body, as an array. */
void webhook_catalogue_put(struct json_out *w, const char *key);

/* "whsec_" and base64 of the key (Standard Webhooks). */
#define WEBHOOK_SECRET_MAX 255
struct webhook_secret {
	char    text[WEBHOOK_SECRET_MAX + 1];
	size_t  len;
	uint8_t key[3 * (WEBHOOK_SECRET_MAX / 4 + 1)];
	size_t  key_len;
};
/* ERR_INTERNAL when it does not read so. */
bool webhook_secret_read(const char *text, size_t n, struct webhook_secret *out, struct error *err);

#define WEBHOOK_HEX_SIZE    72    /* "sha256=", 64 digits, NUL */
#define WEBHOOK_BASE64_SIZE 48    /* "v1,", 44 characters, NUL */
struct webhook_signature {
	char hex[WEBHOOK_HEX_SIZE];         /* X-Agentiv-Signature: the whole secret's text over the body */
	char base64[WEBHOOK_BASE64_SIZE];   /* webhook-signature: the decoded key over id.timestamp.body */
};
void webhook_sign(const struct webhook_secret *s, const char *id, const char *timestamp, const void *body,
                  size_t n, struct webhook_signature *out);

/* The waits between attempts. */
#define WEBHOOK_WAITS_MAX 64
struct webhook_schedule {
	unsigned count;
	int64_t  wait_ms[WEBHOOK_WAITS_MAX];
	int64_t  longest_ms;
};
/* "5,30,120": seconds. */
bool webhook_schedule_read(const char *text, struct webhook_schedule *out, struct error *err);
/* When to try again after the given attempt (from 1) failed: its wait ±20 %, unit in [0, 1), or what the receiver
 * asked for if that is longer, up to the schedule's longest wait or an hour. 0: it was the last attempt. */
int64_t webhook_retry_at(const struct webhook_schedule *s, unsigned attempt, int64_t now_ms,
                         int64_t retry_after_s, double unit);

#endif
