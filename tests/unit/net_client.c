/* See net_client.h. */
#include "net_client.h"

#include <CUnit/CUnit.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

struct net_server server;
static struct outbound_rules *rules;
struct transfers *transfers;
struct http_client *client;

void open_client(const char *networks, const char *ca_file)
{
	struct http_options options = {.user_agent = "Test/1", .ca_file = ca_file};
	struct error err;

	rules = networks ? outbound_rules_new(networks, &err) : NULL;
	options.rules = rules;
	transfers = transfers_new(16, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(transfers);
	client = http_client_new(transfers, &options);
}

void open_all(bool tls)
{
	server_start(&server, tls);
	open_client("127.0.0.0/8", tls ? server.ca_file : NULL);
}

void close_client(void)
{
	transfers_abort(transfers);
	http_client_free(client);
	transfers_free(transfers);
	outbound_rules_free(rules);
}

void close_all(void)
{
	close_client();
	server_stop(&server);
}

static void on_done(struct http_call *call, const struct http_answer *a)
{
	struct outcome *o = (struct outcome *)call;

	CU_ASSERT_FALSE(o->done);
	o->done = true;
	o->status = a->status;
	o->refused = a->refused;
	o->retry_after_s = a->retry_after_s;
	o->duration_us = a->duration_us;
	snprintf(o->error, sizeof o->error, "%s", a->error ? a->error : "");
	if (a->body_len > 0)
		memcpy(o->body, a->body, a->body_len);
}

void post_to(struct outcome *o, const char *scheme, const char *host, const char *path, int64_t timeout_ms)
{
	struct error err;

	memset(o, 0, sizeof *o);
	snprintf(o->url, sizeof o->url, "%s://%s:%d%s", scheme, host, server.port, path);
	o->call = (struct http_call){.url = o->url, .headers = {"Content-Type: application/json", "X-Own: 1"},
	                             .header_count = 2, .body = "{\"a\":1}", .body_len = 7,
	                             .timeout_ms = timeout_ms, .done = on_done};
	CU_ASSERT_TRUE_FATAL(http_client_post(client, &o->call, &err));
}

void post(struct outcome *o, const char *path, int64_t timeout_ms)
{
	post_to(o, "http", "127.0.0.1", path, timeout_ms);
}

void turn(void)
{
	struct pollfd fd = {.fd = transfers_fd(transfers), .events = POLLIN};
	int64_t due = transfers_due(transfers), left = due == INT64_MAX ? 1000000 : due - clock_mono_us();

	poll(&fd, 1, left > 0 ? (int)(left / 1000 + 1) : 0);
	transfers_run(transfers);
}

void finish(struct outcome *o)
{
	int64_t until = clock_mono_us() + FINISH_MAX_MS * 1000;

	while (!o->done && clock_mono_us() < until)
		turn();
	CU_ASSERT_TRUE_FATAL(o->done);
}

void send_and_finish(struct outcome *o, const char *path, int64_t timeout_ms)
{
	post(o, path, timeout_ms);
	finish(o);
}
