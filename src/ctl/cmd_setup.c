/* What a new installation needs: sample configuration, secrets, schema. */
#include "ctl/print.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/mem.h"

/* config show-defaults */

struct sample { struct ctl *c; const char *section; };

static void sample_setting(const char *section, const char *name, const char *def, const char *help,
                           void *ctx)
{
	struct sample *s = ctx;
	struct json_out *w = &s->c->w;
	bool new_section = !s->section || strcmp(s->section, section) != 0;

	if (s->c->json) {
		json_obj_open(w, NULL);
		json_put_str(w, "section", section);
		json_put_str(w, "name", name);
		json_put_str(w, "default", def);
		json_put_str(w, "help", help);
		json_obj_close(w);
		return;
	}
	if (new_section)
		buf_addf(&s->c->out, "\n[%s]\n", section);
	buf_addf(&s->c->out, "# %s\n#%s = %s\n", help, name, def);
	s->section = section;
}

bool cmd_show_defaults(struct ctl *c)
{
	struct sample s = {.c = c};

	if (c->json)
		json_arr_open(&c->w, NULL);
	else
		buf_adds(&c->out, "# Agentiv's configuration. Every setting is shown with its default;\n"
		                  "# AGENTIV_<SECTION>_<NAME> in the environment overrides it.\n");
	config_describe(sample_setting, &s);
	if (c->json)
		json_arr_close(&c->w);
	return true;
}

/* secrets init */

/* A file that root makes in another's directory is for that other: the services read it. */
static bool give_to_directory_owner(const char *path, struct error *err)
{
	char copy[PATH_MAX];
	struct stat st;

	if (geteuid() != 0 || snprintf(copy, sizeof copy, "%s", path) >= (int)sizeof copy)
		return true;
	if (stat(dirname(copy), &st) == 0 && (st.st_uid == 0 || chown(path, st.st_uid, st.st_gid) == 0))
		return true;
	return err_set(err, ERR_INTERNAL, "%s: %s", path, strerror(errno));
}

static bool make_secrets(struct ctl *c, const char *path, bool *made)
{
	struct secret_ring ring;
	bool ok;

	*made = access(path, F_OK) != 0 && errno == ENOENT;
	if (*made)
		return crypto_ring_create(path, &c->err) && give_to_directory_owner(path, &c->err);
	ok = crypto_ring_load(path, &ring, &c->err);
	mem_wipe(&ring, sizeof ring);
	return ok;
}

static void put_secret_file(struct ctl *c, const char *name, const char *path, bool made)
{
	if (c->json) {
		json_obj_open(&c->w, name);
		json_put_str(&c->w, "path", path);
		json_put_bool(&c->w, "created", made);
		json_obj_close(&c->w);
	} else {
		buf_addf(&c->out, "%-12s %s  %s\n", name, path, made ? "created" : "is there, kept");
	}
}

bool cmd_secrets_init(struct ctl *c)
{
	bool pepper, seal;

	if (!make_secrets(c, c->cfg.pepper_file, &pepper) || !make_secrets(c, c->cfg.seal_file, &seal)) {
		c->status = CTL_CONFIGURATION;
		return false;
	}
	if (c->json)
		json_obj_open(&c->w, NULL);
	put_secret_file(c, "pepper_file", c->cfg.pepper_file, pepper);
	put_secret_file(c, "seal_file", c->cfg.seal_file, seal);
	if (c->json)
		json_obj_close(&c->w);
	else if (pepper || seal)
		buf_adds(&c->out, "Keep a copy of them apart from the database: without the first, API keys\n"
		                  "are worthless, without the second, what is sealed cannot be opened.\n");
	return true;
}

/* migrate */

static void tell_progress(void *ctx, const struct migrate_progress *p)
{
	struct ctl *c = ctx;

	if (c->json)
		return;
	if (p->what == MIGRATE_WAITS)
		printf("waiting for %s, which migrates\n", p->text);
	else if (p->what == MIGRATE_APPLIED)
		printf("%s applied\n", p->migration->name);
	/* long changes show how far they are */
	fflush(stdout);
}

static const char *migration_state(const struct migration *m, enum table_colour *colour)
{
	*colour = m->changed ? RED : m->complete ? GREEN : YELLOW;
	if (m->changed)
		return "changed after it was applied";
	if (m->no_file)
		return "of a newer program";
	return m->complete ? "applied" : m->applied ? "half applied" : "pending";
}

static void show_migrations(struct ctl *c, const struct migration *m, unsigned n, unsigned applied)
{
	static const char *const heads[] = {"MIGRATION", "STATE", "APPLIED", NULL};
	enum table_colour colour;
	struct table t;
	const char *state;
	unsigned i;

	if (c->json) {
		json_obj_open(&c->w, NULL);
		json_put_int(&c->w, "applied", applied);
		json_put_int(&c->w, "needed", SCHEMA_NEEDED);
		json_arr_open(&c->w, "migrations");
	}
	table_init(&t, &c->arena, c->colour, heads);
	for (i = 0; i < n; i++) {
		state = migration_state(&m[i], &colour);
		if (c->json) {
			json_obj_open(&c->w, NULL);
			json_put_int(&c->w, "version", m[i].version);
			json_put_str(&c->w, "name", m[i].name);
			json_put_bool(&c->w, "complete", m[i].complete);
			json_put_bool(&c->w, "changed", m[i].changed);
			json_put_time(&c->w, "completed_at", m[i].completed_at);
			json_obj_close(&c->w);
			continue;
		}
		table_add(&t, "%s", m[i].name);
		table_add_coloured(&t, colour, state);
		table_add_time(&t, m[i].completed_at);
	}
	if (c->json) {
		json_arr_close(&c->w);
		json_obj_close(&c->w);
	} else {
		table_print(&t, "There are no migrations.", &c->out);
	}
}

bool cmd_migrate(struct ctl *c)
{
	const char *dir = ctl_given(c, "dir") ? ctl_text(c, "dir") : ctl_sql_dir();
	struct migrate_options o = {.dir = dir, .progress = tell_progress, .ctx = c};
	struct migration *m = NULL;
	unsigned n = 0, applied = 0;
	bool ok;

	ok = (ctl_given(c, "status") || admin_migrate(&c->admin, &o, &applied, &c->err)) &&
	     admin_migrations(&c->admin, dir, &m, &n, &c->err);
	if (ok)
		show_migrations(c, m, n, applied);
	mem_free(m);
	return ok;
}
