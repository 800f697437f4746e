/* Building what is sent: the body, its signatures, the headers, and the block of memory that holds them. */
#include "core/sender_priv.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define HEAD_MAX     16384
#define BODY_MAX     (8u << 20)
#define SCRATCH_KEPT (256u << 10)

struct builder {
	struct sender *s;
	struct webhook_secrets *secrets;
	struct buf head, body;                   /* of the sending that is being built */
	size_t  headers[HTTP_HEADERS_MAX];       /* where they begin in head; the URL stands first */
	unsigned header_count;
};

static const char content_type[] = "Content-Type: application/json";

struct builder *builder_new(struct sender *s)
{
	struct builder *b = mem_zalloc(sizeof *b);

	b->s = s;
	b->secrets = webhook_secrets_new(s->env.secrets);
	buf_init(&b->head, HEAD_MAX);
	buf_init(&b->body, BODY_MAX);
	return b;
}

void builder_free(struct builder *b)
{
	webhook_secrets_free(b->secrets);
	buf_release(&b->head);
	buf_release(&b->body);
	mem_free(b);
}

void builder_rest(struct builder *b)
{
	webhook_secrets_expire(b->secrets);
}

static void start_over(struct builder *b)
{
	buf_reset(&b->head);
	buf_reset(&b->body);
	b->header_count = 0;
}

static void put_header(struct builder *b, const char *name, const char *value)
{
	INVARIANT(b->header_count < HTTP_HEADERS_MAX - 1, "too many headers");
	b->headers[b->header_count++] = b->head.len;
	buf_adds(&b->head, name);
	buf_add(&b->head, value, strlen(value) + 1);
}

/* One block: head, then body. */
static struct sending *make_block(struct builder *b, const struct delivery *d)
{
	size_t size = sizeof(struct sending) + b->head.len + b->body.len;
	struct sending *g = mem_alloc(size);
	unsigned i;

	memset(g, 0, sizeof *g);
	g->sender = b->s;
	g->size = size;
	g->result = (struct delivery_result){
		.id = d->id, .account_id = d->account_id, .event = d->event, .created_at = d->created_at,
		.due_at = d->due_at, .token = d->token, .attempt = d->attempts + 1, .has_endpoint = d->has_endpoint,
		.endpoint_id = d->endpoint_id, .failing_since = d->target ? d->target->failing_since : 0};
	if (b->head.len > 0)
		memcpy(g->text, b->head.data, b->head.len);
	if (b->body.len > 0)
		memcpy(g->text + b->head.len, b->body.data, b->body.len);
	g->call.url = g->text;
	g->call.body = g->text + b->head.len;
	g->call.body_len = b->body.len;
	g->call.timeout_ms = b->s->env.cfg->webhook_timeout_s * INT64_C(1000);
	g->call.headers[g->call.header_count++] = content_type;
	for (i = 0; i < b->header_count; i++)
		g->call.headers[g->call.header_count++] = g->text + b->headers[i];
	return g;
}

struct sending *builder_bare(struct builder *b, const struct delivery *d)
{
	start_over(b);
	return make_block(b, d);
}

/* An output that did not come with its claim is read for itself. */
static enum built read_large(struct builder *b, struct db_conn *c, const struct delivery *d, struct error *err)
{
	struct execution run;
	struct arena a;
	bool found = false, ok;

	arena_init(&a);
	ok = execution_find(c, d->account_id, &d->run->id, &a, &run, &found, err);
	if (ok && found) {
		run.account_public_id = d->run->account_public_id;
		webhook_body(&b->body, d->event, &run);
	}
	arena_release(&a);
	if (!ok)
		return err->code == ERR_UNAVAILABLE ? BUILD_LATER : BUILD_FAILED;
	/* not found: the next claim finds out whether it is gone */
	return found ? BUILT : BUILD_LATER;
}

static enum built build_body(struct builder *b, struct db_conn *c, const struct delivery *d, bool large,
                             struct error *err)
{
	enum built built = BUILT;

	if (d->payload)
		buf_adds(&b->body, d->payload);
	else if (d->run->output || d->run->output_len == 0)
		webhook_body(&b->body, d->event, d->run);
	else
		built = large ? read_large(b, c, d, err) : BUILD_LARGE;
	if (b->body.failed) {
		err_set(err, ERR_PAYLOAD_TOO_LARGE, "The payload is larger than %u bytes", BODY_MAX);
		return BUILD_FAILED_FOR_GOOD;
	}
	return built;
}

static enum built find_signing(struct builder *b, struct db_conn *c, const struct delivery *d, struct signing *own,
                               const struct signing **out, struct error *err)
{
	bool ok;

	*out = own;
	ok = d->target ? signing_of_endpoint(b->s->env.secrets, d->target, clock_now_ms(), own, err) :
			 webhook_secrets_get(b->secrets, c, d->account_id, out, err);
	if (ok)
		return BUILT;
	if (err->code == ERR_UNAVAILABLE)
		return BUILD_LATER;
	log_error("a webhook secret cannot be used", err);
	err_set(err, ERR_INTERNAL, d->target ? "The endpoint's secret cannot be used" : "The account's webhook secret cannot be used");
	return BUILD_FAILED;
}

/* While two secrets are good, webhook-signature has both (Standard Webhooks), and the others have a header each. */
static void put_signatures(struct builder *b, const struct signing *s, const char *event_id, const char *timestamp)
{
	char both[2 * WEBHOOK_BASE64_SIZE];
	struct webhook_signature now, previous = {.hex = ""};

	webhook_sign(&s->now, event_id, timestamp, buf_str(&b->body), b->body.len, &now);
	if (s->has_previous)
		webhook_sign(&s->previous, event_id, timestamp, buf_str(&b->body), b->body.len, &previous);
	snprintf(both, sizeof both, "%s%s%s", now.base64, s->has_previous ? " " : "", s->has_previous ? previous.base64 : "");
	put_header(b, "X-Agentiv-Signature: ", now.hex);
	if (s->has_previous)
		put_header(b, "X-Agentiv-Signature-Previous: ", previous.hex);
	put_header(b, "webhook-signature: ", both);
}

static enum built build_head(struct builder *b, struct db_conn *c, const struct delivery *d, struct error *err)
{
	char event_id[ID_TEXT_SIZE], delivery_id[ID_TEXT_SIZE], timestamp[24];
	const struct signing *signing;
	struct signing own;
	enum built built;

	built = find_signing(b, c, d, &own, &signing, err);
	if (built == BUILT) {
		id_format(ID_EVENT, &d->event_id, event_id);
		id_format(ID_DELIVERY, &d->id, delivery_id);
		snprintf(timestamp, sizeof timestamp, "%lld", (long long)(clock_now_ms() / 1000));
		put_header(b, "X-Agentiv-Event: ", event_type_name(d->event));
		put_header(b, "X-Agentiv-Delivery: ", delivery_id);
		put_header(b, "webhook-id: ", event_id);
		put_header(b, "webhook-timestamp: ", timestamp);
		put_signatures(b, signing, event_id, timestamp);
	}
	if (d->target)
		mem_wipe(&own, sizeof own);
	return built;
}

/* Where it goes; NULL with the reason when it goes nowhere any more. */
static const char *find_url(const struct delivery *d, struct error *err)
{
	if (d->has_endpoint && !d->target)
		err_set(err, ERR_INVALID_INPUT, "The endpoint was deleted");
	else if (d->target && !d->target->enabled && d->event != EVENT_WEBHOOK_TEST)
		err_set(err, ERR_INVALID_INPUT, "The endpoint is disabled");
	else if (d->target)
		return d->target->url;
	else if (d->url && *d->url)
		return d->url;
	else
		err_set(err, ERR_INVALID_INPUT, "There is no URL to send it to");
	return NULL;
}

enum built builder_make(struct builder *b, struct db_conn *c, const struct delivery *d, bool large,
                        struct sending **out, struct error *err)
{
	const char *url = find_url(d, err);
	enum built built;

	if (!url)
		return BUILD_FAILED_FOR_GOOD;
	start_over(b);
	buf_add(&b->head, url, strlen(url) + 1);
	built = build_body(b, c, d, large, err);
	if (built == BUILT)
		built = build_head(b, c, d, err);
	if (built == BUILT)
		*out = make_block(b, d);
	if (b->body.cap > SCRATCH_KEPT)
		buf_release(&b->body);
	return built;
}
