/* What the mains of responder and daemons share: options, log, configuration, exit codes.
 *
 * Ownership: the program's texts are literals. */
#ifndef AGENTIV_DAEMON_START_H
#define AGENTIV_DAEMON_START_H

#include "base/config.h"
#include "base/err.h"

enum { EXIT_DONE, EXIT_REFUSED, EXIT_USAGE, EXIT_CONFIGURATION };   /* REFUSED: could not start */

struct program {
	const char *name;        /* "agentiv-worker" */
	const char *about;       /* for --help: what it does, in lines without an end */
	/* Runs until SIGTERM; false with err when it could not start. */
	bool (*run)(const struct config *cfg, struct error *err);
};

/* Reads the command line; *path is what -c names. Returns -1 to go on, else the exit code. */
int program_options(const struct program *p, int argc, char **argv, const char **path);

/* Loads the configuration and sets the level of the log; what is wrong is logged. */
bool program_configure(const char *path, struct config *cfg, struct error *err);

/* The whole main of a daemon. Returns the exit code. */
int daemon_start(const struct program *p, int argc, char **argv);

#endif
