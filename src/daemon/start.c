#include "config.h"

#include "daemon/start.h"

#include <getopt.h>
#include <malloc.h>
#include <stdio.h>

#include "base/log.h"
#include "base/process.h"

static void usage(const struct program *p, FILE *to)
{
	fprintf(to, "Usage: %s [-c FILE]\n"
	        "%s\n\n"
	        "  -c, --config FILE   configuration (default: $AGENTIV_CONFIG,\n"
	        "                      then /etc/agentiv/agentiv.conf)\n"
	        "  -h, --help          this text\n"
	        "  -V, --version       the version\n", p->name, p->about);
}

int program_options(const struct program *p, int argc, char **argv, const char **path)
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
			printf("%s " PACKAGE_VERSION "\n", p->name);
			return EXIT_DONE;
		} else {
			usage(p, c == 'h' ? stdout : stderr);
			return c == 'h' ? EXIT_DONE : EXIT_USAGE;
		}
	}
	if (optind == argc)
		return -1;
	usage(p, stderr);
	return EXIT_USAGE;
}

bool program_configure(const char *path, struct config *cfg, struct error *err)
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

int daemon_start(const struct program *p, int argc, char **argv)
{
	struct config cfg;
	struct error err = {0};
	const char *path = NULL;
	int status = program_options(p, argc, argv, &path);

	if (status >= 0)
		return status;
	/* an arena per thread would multiply the resident memory by the pool's size */
	mallopt(M_ARENA_MAX, 2);
	log_open(p->name);
	process_hide();
	if (!program_configure(path, &cfg, &err))
		return EXIT_CONFIGURATION;
	status = p->run(&cfg, &err) ? EXIT_DONE : err.code == ERR_INVALID_INPUT ? EXIT_CONFIGURATION : EXIT_REFUSED;
	if (status != EXIT_DONE && err.code != ERR_NONE)
		log_error("it could not start", &err);
	config_release(&cfg);
	return status;
}
