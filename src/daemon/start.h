/* What the mains of the daemons share: options, log, configuration, exit codes.
 *
 * Ownership: the program's texts are literals. */
#ifndef AGENTIV_DAEMON_START_H
#define AGENTIV_DAEMON_START_H

#include "base/config.h"
#include "base/err.h"

struct program {
	const char *name;        /* "agentiv-worker" */
	const char *duty;        /* for --help: "Runs queued executions" */
	/* Runs until SIGTERM; false with err when it could not start. */
	bool (*run)(const struct config *cfg, struct error *err);
};

/* Returns the exit code: 0 done, 1 could not start, 2 usage, 3 configuration. */
int daemon_start(const struct program *p, int argc, char **argv);

#endif
