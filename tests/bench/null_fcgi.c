/* null_fcgi SOCKET [THREADS]: the floor under every endpoint. The responder's own connection handling (libhttp),
 * which reads each request and its body and answers at once with what an accepted run is answered with. */
#include <string.h>

#include "base/log.h"
#include "bench.h"
#include "http/server.h"

static const char body[] =
	"{\"success\":true,\"data\":{\"execution_id\":\"exec_01JHN3M2ZK8Q4V7C5T9W1X2Y3Z\",\"agent_slug\":\"probe\","
	"\"status\":\"queued\",\"estimated_duration_ms\":1,\"created_at\":\"2025-01-15T06:00:00Z\"}}";
static char head[512];

static void make_head(void)
{
	snprintf(head, sizeof head, "Status: 202 Accepted\r\n"
	         "Content-Type: application/json\r\n"
	         "Cache-Control: no-store\r\n"
	         "X-Request-Id: req_01JHN3M2ZK8Q4V7C5T9W1X2Y3Z\r\n"
	         "X-RateLimit-Limit: unlimited\r\n"
	         "X-RateLimit-Remaining: unlimited\r\n"
	         "X-RateLimit-Reset: 1736920860\r\n"
	         "Content-Length: %zu\r\n\r\n", sizeof body - 1);
}

static void serve(struct request *r)
{
	struct error err;

	request_read_body(r, 1 << 20, &err);
	r->status = 202;
	r->transport->write(r, head, strlen(head));
	r->transport->write(r, body, sizeof body - 1);
	r->transport->finish(r);
}

int main(int argc, char **argv)
{
	struct config cfg = {.listen_mode = 0660, .threads = argc > 2 ? atoi(argv[2]) : 2};
	struct error err = {0};
	struct server *server;
	sigset_t stops;

	if (argc < 2) {
		fputs("Usage: null_fcgi SOCKET [THREADS]\n", stderr);
		return 2;
	}
	log_open("null_fcgi");
	make_head();
	bench_block_stops(&stops);
	cfg.listen = argv[1];
	server = server_start(&cfg, NULL, serve, &err);
	bench_must(server != NULL, "null_fcgi", &err);
	bench_wait(&stops);
	return !server_stop(server, 5);
}
