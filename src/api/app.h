/* What the responder's handlers share: made once by app_open, read-only afterwards but for the modules that
 * lock for themselves. */
#ifndef AGENTIV_API_APP_H
#define AGENTIV_API_APP_H

#include <stdatomic.h>

#include "agents/registry.h"
#include "base/config.h"
#include "base/doorbell.h"
#include "core/admitter.h"
#include "core/auth.h"
#include "core/deliveries.h"
#include "core/endpoints.h"
#include "core/executor.h"
#include "core/keys.h"
#include "core/local_runs.h"
#include "core/processes.h"
#include "core/ratelimit.h"
#include "core/reader.h"
#include "core/runs.h"
#include "core/schedules.h"
#include "core/secrets.h"
#include "db/db.h"
#include "net/outbound.h"

struct logins;
struct openapi;
struct waiting;

struct app {
	struct config            cfg;
	struct secrets          *secrets;
	struct presence         *presence;        /* NULL in a plain CGI */
	char                    *metrics_token;   /* NULL: none */
	struct registry         *agents;
	struct outbound_rules   *outbound;
	struct db               *db;
	struct auth             *auth;
	struct keys              keys;
	struct schedules         schedules;
	struct endpoints         endpoints;
	struct deliveries        deliveries;
	struct logins           *logins;
	struct ratelimit        *ratelimit;
	struct doorbell_ringer  *ringer;
	struct doorbell          doorbell;        /* the waiting room reads it */
	struct runs             *runs;
	struct executor_env      run_env;         /* of runs in this process */
	struct local_runs       *local_runs;      /* NULL: workers do it */
	struct admitter         *admitter;
	struct reader           *reader;
	struct openapi          *openapi;
	struct waiting          *waiting;
	atomic_bool              draining;
	bool                     cgi;             /* one request, no threads */
	int                      run_ended_fd;    /* cgi: readable when the run's process has ended; -1: none */
};

/* The project's agents and those of the operator's folder own ("" or NULL: none). */
struct registry *app_agents(const char *own, struct error *err);
/* Reads secrets and manifests, makes the pool and the modules. cfg becomes the app's, whatever is
 * returned. cgi: starts no threads and binds no doorbell. */
bool app_open(struct app *app, struct config *cfg, bool cgi, struct error *err);
/* Stops taking runs; what is handed on is still answered. */
void app_drain(struct app *app);
/* Frees all; false: runs are still under way in threads, so what they use is left to the process's end. */
bool app_close(struct app *app);
/* A synchronous run was accepted: where no worker is to be expected, it is run in this process. */
void app_run_here(struct app *app, const struct id *id);
/* Plain CGI: answers what was handed on. */
void app_pump(struct app *app);

#endif
