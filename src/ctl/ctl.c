/* One call of agentivctl: read the command line, open what the command needs, run it, print. */
#include "config.h"

#include "ctl/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "core/secrets.h"
#include "ctl/caller.h"

#define OUT_MAX      (256u << 20)
#define CONNECTIONS  3

const char *ctl_manifest_dir(void)
{
	const char *dir = getenv("AGENTIV_MANIFEST_DIR");

	return dir && *dir ? dir : AGENTIV_MANIFEST_DIR;
}

const char *ctl_sql_dir(void)
{
	const char *dir = getenv("AGENTIV_SQL_DIR");

	return dir && *dir ? dir : AGENTIV_SQL_DIR;
}

bool ctl_open_db(struct ctl *c, unsigned n)
{
	c->db = db_open(&c->cfg, n, &c->err);
	c->admin.db = c->db;
	return c->db != NULL;
}

bool ctl_open(struct ctl *c, unsigned needs)
{
	unsigned kinds;

	c->status = CTL_CONFIGURATION;
	if ((needs & NEED_CONFIG) == NEED_CONFIG) {
		if (!config_load(c->config_path, &c->cfg, &c->err))
			return false;
		c->ringer = c->admin.ringer = doorbell_ringer_new(c->cfg.run_dir);
		c->admin.run_dir = c->cfg.run_dir;
	}
	kinds = ((needs & NEED_PEPPER) == NEED_PEPPER) << SECRET_PEPPER | ((needs & NEED_SEAL) == NEED_SEAL) << SECRET_SEAL;
	if (kinds != 0) {
		c->secrets = c->admin.secrets = secrets_open(&c->cfg, kinds, &c->err);
		if (!c->secrets)
			return false;
	}
	if ((needs & NEED_DB) == NEED_DB && !ctl_open_db(c, CONNECTIONS))
		return false;
	if ((needs & NEED_SERVER) == NEED_SERVER && !caller_open(c))
		return false;
	c->status = CTL_REFUSED;
	if ((needs & NEED_SCHEMA) == NEED_SCHEMA && !admin_schema_usable(&c->admin, &c->err))
		return false;
	c->status = CTL_DONE;
	return true;
}

static void close_needs(struct ctl *c)
{
	caller_close(c->caller);
	db_close(c->db);
	doorbell_ringer_free(c->ringer);
	config_release(&c->cfg);
	secrets_free(c->secrets);
	arena_release(&c->arena);
	buf_release(&c->out);
}

/* A database that is away says so with its reason. */
static void explain(struct ctl *c)
{
	char why[256] = "";

	if (c->err.code != ERR_UNAVAILABLE || !c->db)
		return;
	db_last_failure(c->db, why, sizeof why);
	if (*why)
		err_set(&c->err, ERR_UNAVAILABLE, "The database cannot be reached: %s", why);
}

/* Members that help a program, as the API's error has them. */
static void print_extras(struct json_out *w, const struct error *err)
{
	if (err->field[0])
		json_put_str(w, "field", err->field);
	if (err->integration[0])
		json_put_str(w, "integrationSlug", err->integration);
	if (err->execution_id[0])
		json_put_str(w, "execution_id", err->execution_id);
	if (err->retry_after > 0)
		json_put_int(w, "retry_after", err->retry_after);
}

static void print_error(const struct ctl *c)
{
	struct buf b;

	buf_init(&b, 4096);
	if (c->json) {
		struct json_out w;

		json_begin(&w, &b);
		json_obj_open(&w, NULL);
		json_obj_open(&w, "error");
		json_put_str(&w, "code", err_name(c->err.code));
		json_put_str(&w, "message", c->err.message);
		print_extras(&w, &c->err);
		json_obj_close(&w);
		json_obj_close(&w);
		buf_addc(&b, '\n');
	} else {
		buf_addf(&b, "agentivctl: %s\n", c->err.message);
		if (c->err.code == ERR_EXECUTION_FAILED && c->err.execution_id[0])
			buf_addf(&b, "More of it: agentivctl executions show %s\n", c->err.execution_id);
		if (c->status == CTL_USAGE)
			buf_addf(&b, "Try: agentivctl %s%s--help\n",
			         c->command ? c->command->words : c->group ? c->group : "",
			         c->command || c->group ? " " : "");
	}
	fputs(buf_str(&b), stderr);
	buf_release(&b);
}

/* Everything or nothing: a result that cannot be written is a failure. */
static bool print_result(struct ctl *c)
{
	if (c->json && c->out.len > 0)
		buf_addc(&c->out, '\n');
	if (c->out.failed)
		return err_set(&c->err, ERR_INTERNAL, "The result is too large to be printed");
	if ((c->out.len > 0 && fwrite(c->out.data, 1, c->out.len, stdout) != c->out.len) ||
	    fflush(stdout) != 0)
		return err_set(&c->err, ERR_INTERNAL, "Standard output: %s", strerror(errno));
	return true;
}

static bool print_help(struct ctl *c)
{
	if (c->version)
		buf_addf(&c->out, "agentivctl %s\n", PACKAGE_VERSION);
	else if (c->command)
		ctl_help_command(&c->out, c->command);
	else
		ctl_help(&c->out, c->group);
	c->json = false;
	return print_result(c);
}

static bool run(struct ctl *c)
{
	ctl_who(&c->admin.actor, &c->arena);
	if (!ctl_open(c, c->command->needs))
		return false;
	json_begin(&c->w, &c->out);
	if (c->command->run(c))
		return print_result(c);
	if (c->status == CTL_DONE)
		c->status = CTL_REFUSED;
	return false;
}

int ctl_main(int argc, char **argv)
{
	struct ctl c = {.status = CTL_USAGE};
	const char *term = getenv("TERM");
	bool ok;

	c.colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR") && term && strcmp(term, "dumb") != 0;
	/* standard error is for the command's own words */
	log_set_level(LOG_ERROR);
	arena_init(&c.arena);
	buf_init_secret(&c.out, OUT_MAX);
	ok = ctl_parse(&c, argc, argv);
	if (ok) {
		c.status = CTL_DONE;
		ok = c.help || c.version ? print_help(&c) : run(&c);
	}
	if (!ok) {
		explain(&c);
		if (c.err.code == ERR_UNAVAILABLE)
			c.status = CTL_AWAY;
		else if (c.status == CTL_DONE)
			c.status = CTL_REFUSED;
		print_error(&c);
	}
	if (c.stuck)
		_exit((int)c.status);
	close_needs(&c);
	return (int)c.status;
}
