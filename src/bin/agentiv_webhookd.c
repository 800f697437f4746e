/* agentiv-webhookd: options, then webhookd_run. */
#include <getopt.h>
#include <malloc.h>
#include <stdio.h>

#include "base/config.h"
#include "base/log.h"
#include "daemon/webhookd.h"

enum { EXIT_DONE, EXIT_REFUSED, EXIT_USAGE, EXIT_CONFIGURATION };

static void usage(FILE *to)
{
	fputs("Usage: agentiv-webhookd [-c FILE]\n"
	      "Delivers webhooks until it is told to stop (SIGTERM).\n\n"
	      "  -c, --config FILE   configuration (default: $AGENTIV_CONFIG,\n"
	      "                      then /etc/agentiv/agentiv.conf)\n"
	      "  -h, --help          this text\n", to);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"config", required_argument, NULL, 'c'},
	                                        {"help", no_argument, NULL, 'h'},
	                                        {NULL, 0, NULL, 0}};
	enum log_level level;
	struct config cfg;
	struct error err = {0};
	const char *path = NULL;
	int c, status;

	while ((c = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		if (c == 'c') {
			path = optarg;
		} else {
			usage(c == 'h' ? stdout : stderr);
			return c == 'h' ? EXIT_DONE : EXIT_USAGE;
		}
	}
	if (optind < argc) {
		usage(stderr);
		return EXIT_USAGE;
	}
	/* an arena per thread would multiply the resident memory */
	mallopt(M_ARENA_MAX, 2);
	log_open("agentiv-webhookd");
	if (!config_load(path, &cfg, &err)) {
		log_error("configuration", &err);
		return EXIT_CONFIGURATION;
	}
	if (log_level_by_name(cfg.log_level, &level))
		log_set_level(level);
	status = webhookd_run(&cfg, &err) ? EXIT_DONE : EXIT_REFUSED;
	if (status != EXIT_DONE && err.code != ERR_NONE)
		log_error("the sender could not start", &err);
	config_release(&cfg);
	return status;
}
