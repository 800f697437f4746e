/* agentiv.fcgi: options, then the responder until SIGTERM; or one request, when a web server runs it as a plain
 * CGI. */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "api/app.h"
#include "api/openapi.h"
#include "base/log.h"
#include "base/process.h"
#include "daemon/notify.h"
#include "daemon/start.h"
#include "http/routes.h"
#include "http/server.h"
#include "http/steps.h"

#define STOP_LIMIT_S 60
#define TEXT_MAX (16u << 20)

static const struct program responder = {
	.name = "agentiv.fcgi",
	.about = "Answers FastCGI requests on the socket http.listen, or on descriptor 0 where that is\n"
	         "a listening socket, until it is told to stop (SIGTERM). As a plain CGI it answers one\n"
	         "request and takes no options. --routes prints the paths that it knows, as JSON,\n"
	         "--openapi the API as OpenAPI 3.1.",
};

/* Little memory stays unused: two arenas instead of one for each thread, and what is large goes back at once. Fast
 * bins would be merged again with every buffer of libfcgi that is freed. */
static void tune_process(void)
{
	struct rlimit files;

	mallopt(M_ARENA_MAX, 2);
	mallopt(M_MXFAST, 0);
	mallopt(M_MMAP_THRESHOLD, 128 << 10);
	mallopt(M_TRIM_THRESHOLD, 256 << 10);
	/* a connection of the web server is a descriptor, and a waiting request holds one */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
		files.rlim_cur = files.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &files) != 0)
			log_write(LOG_WARN, "the limit of open files stays low", NULL);
	}
	signal(SIGPIPE, SIG_IGN);
}

/* The signals that end the responder, blocked in every thread. */
static void block_stops(sigset_t *stops)
{
	sigemptyset(stops);
	sigaddset(stops, SIGTERM);
	sigaddset(stops, SIGINT);
	pthread_sigmask(SIG_BLOCK, stops, NULL);
}

static void wait_for_stop(const sigset_t *stops)
{
	int64_t beat_us = notify_watchdog_us();
	struct timespec beat = {.tv_sec = beat_us / 1000000, .tv_nsec = beat_us % 1000000 * 1000};
	int signal_number;

	do {
		signal_number = beat_us > 0 ? sigtimedwait(stops, NULL, &beat) : sigwaitinfo(stops, NULL);
		if (signal_number < 0 && beat_us > 0)
			notify_send("WATCHDOG=1");
	} while (signal_number < 0);
}

static int serve_fastcgi(struct app *app, struct error *err, const sigset_t *stops)
{
	struct server *server = server_start(&app->cfg, app, request_serve, err);

	if (!server) {
		log_error("the responder could not start", err);
		app_close(app);
		return EXIT_REFUSED;
	}
	log_write(LOG_INFO, "started", "threads=%d", app->cfg.threads);
	notify_send("READY=1");
	wait_for_stop(stops);
	notify_send("STOPPING=1");
	app_drain(app);
	if (server_stop(server, STOP_LIMIT_S) && app_close(app))
		log_write(LOG_INFO, "stopped", NULL);
	return EXIT_DONE;
}

static int serve_cgi(struct app *app)
{
	struct config cfg;
	struct error err = {0};

	if (!program_configure(NULL, &cfg, &err) || !app_open(app, &cfg, true, &err)) {
		log_error("the request could not be served", &err);
		err.code = ERR_INTERNAL;
		cgi_fail(&err);
		return EXIT_DONE;
	}
	cgi_serve(app, request_serve, app_pump);
	app_close(app);
	return EXIT_DONE;
}

/* ---- what it tells of itself ---- */

static bool write_routes(struct buf *b, struct error *err)
{
	struct json_out w;

	json_begin(&w, b);
	routes_write(&w);
	return true;
}

/* Of the agents that are installed; those of an operator are in the document that is served. */
static bool write_openapi(struct buf *b, struct error *err)
{
	struct registry *agents = app_agents(NULL, err);
	bool ok = agents && openapi_write(agents, "", b, err);

	registry_free(agents);
	return ok;
}

static const struct { const char *option; bool (*write)(struct buf *b, struct error *err); } texts[] = {
	{"--routes", write_routes}, {"--openapi", write_openapi},
};

static int print_text(bool (*write)(struct buf *b, struct error *err))
{
	struct error err = {0};
	struct buf b;
	bool ok;

	buf_init(&b, TEXT_MAX);
	ok = write(&b, &err);
	if (!ok)
		log_error("nothing to print", &err);
	buf_addc(&b, '\n');
	ok = ok && !b.failed && fputs(buf_str(&b), stdout) >= 0 && fflush(stdout) == 0;
	buf_release(&b);
	return ok ? EXIT_DONE : EXIT_REFUSED;
}

int main(int argc, char **argv)
{
	static struct app app;
	struct config cfg;
	struct error err = {0};
	const char *path = NULL;
	sigset_t stops;
	int status;
	size_t i;

	log_open(responder.name);
	process_hide();
	tune_process();
	/* a web server may pass a query string as arguments (RFC 3875, 4.4): they are not options */
	if (server_is_cgi())
		return serve_cgi(&app);
	for (i = 0; argc == 2 && i < sizeof texts / sizeof *texts; i++)
		if (strcmp(argv[1], texts[i].option) == 0)
			return print_text(texts[i].write);
	status = program_options(&responder, argc, argv, &path);
	if (status >= 0)
		return status;
	block_stops(&stops);
	if (!program_configure(path, &cfg, &err))
		return EXIT_CONFIGURATION;
	if (!app_open(&app, &cfg, false, &err)) {
		log_error("the responder could not start", &err);
		return err.code == ERR_INVALID_INPUT ? EXIT_CONFIGURATION : EXIT_REFUSED;
	}
	return serve_fastcgi(&app, &err, &stops);
}
