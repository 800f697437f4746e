/* An HTTP client (net/http_client.h) and the server it talks to, for the tests of both its suites. */
#ifndef AGENTIV_TESTS_NET_CLIENT_H
#define AGENTIV_TESTS_NET_CLIENT_H

#include "net/http_client.h"
#include "net_server.h"

#define FINISH_MAX_MS INT64_C(20000)     /* what takes longer never ends, as far as these tests go */
#define LONG_MS       INT64_C(120000)    /* a call with so much time does not end by it while a test looks */

/* A call, and what became of it. */
struct outcome {
	struct http_call call;               /* first */
	char url[256];
	bool done;
	int  status;
	bool refused;
	int64_t retry_after_s, duration_us;
	char error[400], body[HTTP_BODY_KEPT + 1];
};

extern struct net_server server;
extern struct transfers *transfers;
extern struct http_client *client;

/* networks: what is allowed beside public addresses; ca_file: NULL for the system's certificates. */
void open_client(const char *networks, const char *ca_file);
void close_client(void);
/* A server, and a client that may reach it and trusts it. */
void open_all(bool tls);
void close_all(void);

/* Starts a small POST; the second to 127.0.0.1 over http. */
void post_to(struct outcome *o, const char *scheme, const char *host, const char *path, int64_t timeout_ms);
void post(struct outcome *o, const char *path, int64_t timeout_ms);
void turn(void);                             /* of a loop, once */
void finish(struct outcome *o);              /* turns until it is done, FINISH_MAX_MS at most */
void send_and_finish(struct outcome *o, const char *path, int64_t timeout_ms);

#endif
