/* The client: its calls, and the transfers that it uses again and again for them. */
#include "net/http_client_priv.h"

#include "base/clock.h"
#include "base/mem.h"

#define SPARES_MAX 64       /* transfers kept for the next calls */

static struct http_transfer *take_spare(struct http_client *c)
{
	struct http_transfer *t = (struct http_transfer *)c->spares;

	if (!t)
		return http_transfer_new(c);
	transfer_unlink(&t->transfer);
	c->spare_count--;
	return t;
}

static void give_back(struct http_client *c, struct http_transfer *t)
{
	if (c->spare_count >= SPARES_MAX) {
		http_transfer_free(t);
		return;
	}
	transfer_link(&c->spares, &t->transfer);
	c->spare_count++;
}

static void on_end(struct transfer *transfer, CURLcode code, const char *stopped)
{
	struct http_transfer *t = (struct http_transfer *)transfer;
	struct http_call *call = t->call;
	struct http_answer answer;
	char text[HTTP_TEXT_SIZE];

	if (stopped)
		answer = (struct http_answer){.error = stopped,
		                              .duration_us = clock_mono_us() - transfer->started_us};
	else
		http_transfer_answer(t, code, &answer, text);
	t->call = NULL;
	call->transfer = NULL;
	call->done(call, &answer);
	give_back(t->client, t);
}

bool http_client_post(struct http_client *c, struct http_call *call, struct error *err)
{
	struct http_transfer *t = take_spare(c);

	INVARIANT(call->header_count <= HTTP_HEADERS_MAX, "a call has too many headers");
	if (!t)
		return err_set(err, ERR_INTERNAL, "No memory for an HTTP request");
	t->transfer.ended = on_end;
	call->transfer = t;
	if (http_transfer_set_call(t, call) == CURLE_OK && transfer_begin(c->transfers, &t->transfer))
		return true;
	t->call = NULL;
	call->transfer = NULL;
	give_back(c, t);
	return err_set(err, ERR_INTERNAL, "An HTTP request could not be started");
}

void http_client_rest(struct http_client *c)
{
	while (c->spares) {
		struct transfer *t = c->spares;

		transfer_unlink(t);
		http_transfer_free((struct http_transfer *)t);
	}
	c->spare_count = 0;
}

struct http_client *http_client_new(struct transfers *transfers, const struct http_options *options)
{
	struct http_client *c = mem_zalloc(sizeof *c);

	c->transfers = transfers;
	c->rules = options->rules;
	c->user_agent = mem_strdup(options->user_agent);
	c->ca_file = mem_strdup(options->ca_file);
	return c;
}

void http_client_free(struct http_client *c)
{
	if (!c)
		return;
	http_client_rest(c);
	mem_free(c->user_agent);
	mem_free(c->ca_file);
	mem_free(c);
}
