/* What the responder's handlers share: made once by app_open, read-only afterwards but for the modules that
 * lock for themselves. */
#ifndef AGENTIV_API_APP_H
#define AGENTIV_API_APP_H

#include "agents/registry.h"
#include "base/config.h"
#include "base/crypto.h"
#include "base/doorbell.h"
#include "core/admitter.h"
#include "core/auth.h"
#include "core/ratelimit.h"
#include "db/db.h"
#include "net/outbound.h"

struct waiting;

struct app {
	struct config            cfg;
	struct secret_ring       peppers, seal;
	char                    *metrics_token;   /* NULL: none */
	struct registry         *agents;
	struct outbound_rules   *outbound;
	struct db               *db;
	struct auth             *auth;
	struct ratelimit        *ratelimit;
	struct doorbell_ringer  *ringer;
	struct doorbell          doorbell;        /* the waiting room reads it */
	struct admitter         *admitter;
	struct waiting          *waiting;
	bool                     cgi;             /* one request, no threads */
};

/* Reads secrets and manifests, makes the pool and the modules. cfg becomes the app's. cgi: starts no
 * threads and binds no doorbell. */
bool app_open(struct app *app, struct config *cfg, bool cgi, struct error *err);
/* Stops taking runs; what is handed on is still answered. */
void app_drain(struct app *app);
void app_close(struct app *app);
/* Plain CGI: answers what was handed on. */
void app_pump(struct app *app);

#endif
