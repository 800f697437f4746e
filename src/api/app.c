/* What the responder's handlers share: made in order, closed in the reverse. */
#include "api/app.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/openapi.h"
#include "api/waiting.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/logins.h"
#include "core/run_process.h"

#define SPARE_CONNECTIONS 6      /* beside one for each request thread: admitter 2, reader 2, waiting room, that it lives */
#define TOKEN_MIN         16
#define LOCAL_STOP_S      30

/* The first line of the operator's token file. */
static bool read_metrics_token(struct app *app, struct error *err)
{
	const char *path = app->cfg.metrics_token_file;
	char line[256];
	FILE *f;

	if (!path || !*path)
		return true;
	f = fopen(path, "re");
	if (!f)
		return err_set(err, ERR_INVALID_INPUT, "http.metrics_token_file: %s: %s", path,
		               strerror(errno));
	if (!fgets(line, sizeof line, f))
		line[0] = '\0';
	fclose(f);
	line[strcspn(line, " \t\r\n")] = '\0';
	if (strlen(line) < TOKEN_MIN)
		return err_set(err, ERR_INVALID_INPUT, "http.metrics_token_file: %s: the token is shorter than %d"
		               " characters", path, TOKEN_MIN);
	app->metrics_token = mem_strdup(line);
	mem_wipe(line, sizeof line);
	return true;
}

static bool open_secrets(struct app *app, struct error *err)
{
	app->secrets = secrets_open(&app->cfg, SECRETS_ALL, err);
	return app->secrets && read_metrics_token(app, err);
}

struct registry *app_agents(const char *own, struct error *err)
{
	const char *manifests = getenv("AGENTIV_MANIFEST_DIR");

	return registry_load(manifests ? manifests : AGENTIV_MANIFEST_DIR, own, err);
}

static bool open_agents(struct app *app, struct error *err)
{
	app->agents = app_agents(app->cfg.agents_dir, err);
	if (app->agents)
		app->openapi = openapi_new(app->agents, app->cfg.base_path);
	return app->agents != NULL;
}

static bool open_limits(struct app *app, struct error *err)
{
	char path[4096];

	if (snprintf(path, sizeof path, "%s/requests.map", app->cfg.run_dir) >= (int)sizeof path)
		return err_set(err, ERR_INVALID_INPUT, "paths.run_dir is too long");
	app->ratelimit = ratelimit_open(path, app->db, err);
	return app->ratelimit != NULL;
}

static void open_run_env(struct app *app)
{
	app->run_env = (struct executor_env){.db = app->db, .cfg = &app->cfg, .agents = app->agents,
	                                     .secrets = app->secrets, .outbound = app->outbound,
	                                     .ringer = app->ringer};
	if (app->cgi)
		return;
	local_owner(&app->run_env.owner);
	if (app->cfg.run_inline)
		app->local_runs = local_runs_new(&app->run_env, (unsigned)app->cfg.worker_threads);
}

/* A plain CGI is gone before anybody could wait for it. */
static bool open_presence(struct app *app, struct error *err)
{
	struct presence_env env = {.db = app->db, .secrets = app->secrets, .program = RESPONDER_PROGRAM,
	                           .run_dir = app->cfg.run_dir, .doorbell = app->doorbell.name};

	app->presence = app->cgi ? NULL : presence_start(&env, err);
	return app->cgi || app->presence;
}

static bool open_all(struct app *app, struct error *err)
{
	unsigned connections = app->cgi ? 2 : (unsigned)app->cfg.threads + SPARE_CONNECTIONS;

	if (app->cfg.run_inline && !app->cgi)
		connections += 2 * (unsigned)app->cfg.worker_threads;    /* a run and the keeper of its lease */
	if (!open_secrets(app, err) || !open_agents(app, err))
		return false;
	app->outbound = outbound_rules_new(app->cfg.allow_networks, err);
	if (!app->outbound)
		return false;
	app->db = db_open(&app->cfg, connections, err);
	if (!app->db || !open_limits(app, err))
		return false;
	if (!app->cgi && !doorbell_open(&app->doorbell, app->cfg.run_dir, RESPONDER_PROGRAM, err))
		return false;
	app->ringer = doorbell_ringer_new(app->cfg.run_dir);
	app->auth = auth_new(app->db, app->secrets);
	app->logins = logins_new(app->db, app->auth, app->ringer);
	app->keys = (struct keys){.db = app->db, .secrets = app->secrets, .auth = app->auth, .ringer = app->ringer};
	app->schedules = (struct schedules){.db = app->db, .agents = app->agents, .ringer = app->ringer};
	app->endpoints = (struct endpoints){.db = app->db, .secrets = app->secrets, .rules = app->outbound};
	app->deliveries = (struct deliveries){.db = app->db, .ringer = app->ringer};
	app->runs = runs_new(app->db, app->ringer, app->agents);
	open_run_env(app);
	app->reader = reader_start(app->runs, !app->cgi, err);
	if (!app->reader || !open_presence(app, err))
		return false;
	app->waiting = waiting_start(app, !app->cgi, err);
	if (!app->waiting)
		return false;
	app->admitter = admitter_start(app->db, app->ringer, !app->cgi, err);
	return app->admitter != NULL;
}

bool app_open(struct app *app, struct config *cfg, bool cgi, struct error *err)
{
	memset(app, 0, sizeof *app);
	app->cfg = *cfg;
	memset(cfg, 0, sizeof *cfg);
	app->cgi = cgi;
	app->doorbell.fd = app->run_ended_fd = -1;
	atomic_init(&app->draining, false);
	if (open_all(app, err))
		return true;
	app_close(app);
	return false;
}

void app_drain(struct app *app)
{
	atomic_store(&app->draining, true);
	waiting_drain(app->waiting);
}

bool app_close(struct app *app)
{
	/* the admitter hands on to the waiting room and to the runs here, the waiting room to the reader */
	admitter_stop(app->admitter);
	waiting_stop(app->waiting);
	presence_stop(app->presence);
	reader_stop(app->reader);
	if (!local_runs_stop(app->local_runs, LOCAL_STOP_S))
		return false;
	runs_free(app->runs);
	logins_free(app->logins);
	auth_free(app->auth);
	ratelimit_close(app->ratelimit);
	doorbell_ringer_free(app->ringer);
	if (app->doorbell.fd >= 0)
		doorbell_close(&app->doorbell);
	if (app->run_ended_fd >= 0)
		close(app->run_ended_fd);
	db_close(app->db);
	outbound_rules_free(app->outbound);
	openapi_free(app->openapi);
	registry_free(app->agents);
	if (app->metrics_token)
		mem_wipe(app->metrics_token, strlen(app->metrics_token));
	mem_free(app->metrics_token);
	secrets_free(app->secrets);
	config_release(&app->cfg);
	return true;
}

void app_run_here(struct app *app, const struct id *id)
{
	if (app->local_runs) {
		local_runs_submit(app->local_runs, id);
	} else if (app->cgi) {
		struct error err = {0};

		if (!run_process_start(&app->run_env, id, &app->run_ended_fd, &err))
			log_error("a synchronous run waits for a worker", &err);
	}
}

void app_pump(struct app *app)
{
	if (app->run_ended_fd >= 0)
		run_process_wait(app->run_ended_fd, clock_mono_us() + app->cfg.sync_wait_s * INT64_C(1000000));
	waiting_pump(app->waiting);
}
