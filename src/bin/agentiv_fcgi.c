/* agentiv.fcgi: options, then the responder until SIGTERM; or one request, when a web server runs it as a plain
 * CGI. */
#include "config.h"

#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "api/app.h"
#include "base/log.h"
#include "daemon/notify.h"
#include "http/server.h"
#include "http/steps.h"

#define STOP_LIMIT_S 60

enum { EXIT_DONE, EXIT_REFUSED, EXIT_USAGE, EXIT_CONFIGURATION };

static void usage(FILE *to)
{
	fputs("Usage: agentiv.fcgi [-c FILE]\n"
	      "Answers FastCGI requests on the socket http.listen, or on descriptor 0 where that is\n"
	      "a listening socket, until it is told to stop (SIGTERM). As a plain CGI it answers one\n"
	      "request and takes no options.\n\n"
	      "  -c, --config FILE   configuration (default: $AGENTIV_CONFIG,\n"
	      "                      then /etc/agentiv/agentiv.conf)\n"
	      "  -h, --help          this text\n"
	      "  -V, --version       the version\n", to);
}

/* -1: go on. */
static int read_options(int argc, char **argv, const char **path)
{
	static const struct option options[] = {{"config", required_argument, NULL, 'c'},
	                                        {"help", no_argument, NULL, 'h'},
	                                        {"version", no_argument, NULL, 'V'},
	                                        {NULL, 0, NULL, 0}};
	int c;

	while ((c = getopt_long(argc, argv, "c:hV", options, NULL)) != -1) {
		if (c == 'c') {
			*path = optarg;
		} else if (c == 'V') {
			puts("agentiv.fcgi " PACKAGE_VERSION);
			return EXIT_DONE;
		} else {
			usage(c == 'h' ? stdout : stderr);
			return c == 'h' ? EXIT_DONE : EXIT_USAGE;
		}
	}
	if (optind == argc)
		return -1;
	usage(stderr);
	return EXIT_USAGE;
}

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

static bool load(const char *path, struct config *cfg, struct error *err)
{
	enum log_level level;

	if (!config_load(path, cfg, err)) {
		log_error("configuration", err);
		return false;
	}
	if (log_level_by_name(cfg->log_level, &level))
		log_set_level(level);
	return true;
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

	if (!load(NULL, &cfg, &err) || !app_open(app, &cfg, true, &err)) {
		log_error("the request could not be served", &err);
		err.code = ERR_INTERNAL;
		cgi_fail(&err);
		return EXIT_DONE;
	}
	cgi_serve(app, request_serve, app_pump);
	app_close(app);
	return EXIT_DONE;
}

int main(int argc, char **argv)
{
	static struct app app;
	struct config cfg;
	struct error err = {0};
	const char *path = NULL;
	sigset_t stops;
	int status;

	log_open("agentiv.fcgi");
	tune_process();
	/* a web server may pass a query string as arguments (RFC 3875, 4.4): they are not options */
	if (server_is_cgi())
		return serve_cgi(&app);
	status = read_options(argc, argv, &path);
	if (status >= 0)
		return status;
	block_stops(&stops);
	if (!load(path, &cfg, &err))
		return EXIT_CONFIGURATION;
	if (!app_open(&app, &cfg, false, &err)) {
		log_error("the responder could not start", &err);
		return err.code == ERR_INVALID_INPUT ? EXIT_CONFIGURATION : EXIT_REFUSED;
	}
	return serve_fastcgi(&app, &err, &stops);
}
