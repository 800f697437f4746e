/* agentivctl doctor: looks at everything that an installation needs and says what to do. */
#include "ctl/doctor.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agents/manifest.h"
#include "agents/registry.h"
#include "base/clock.h"
#include "base/mem.h"
#include "ctl/table.h"
#include "net/outbound.h"

#define DEFAULT_CONFIG  "/etc/agentiv/agentiv.conf"
#define CLOCK_WARN_MS   2000
#define CLOCK_FAIL_MS   300000
#define PACKET_MIN      (16u << 20)   /* an output of 4 MiB, escaped, with room */

void doctor_report(struct doctor *d, enum verdict verdict, const char *check, const char *advice,
                   const char *fmt, ...)
{
	struct finding *f = &d->findings[d->count];
	struct buf b;
	va_list ap;

	INVARIANT(d->count < FINDINGS_MAX, "the doctor finds more than there is room for");
	d->count++;
	buf_init(&b, 8192);
	va_start(ap, fmt);
	buf_addvf(&b, fmt, ap);
	va_end(ap);
	*f = (struct finding){verdict, check, arena_strdup(&d->c->arena, buf_str(&b)), advice};
	buf_release(&b);
}

static const char *config_path(const struct ctl *c)
{
	const char *path = c->config_path ? c->config_path : getenv("AGENTIV_CONFIG");

	return path && *path ? path : DEFAULT_CONFIG;
}

static bool check_config(struct doctor *d)
{
	struct error err = {0};

	if (!config_load(d->c->config_path, &d->c->cfg, &err)) {
		doctor_report(d, VERDICT_FAILED, "configuration",
		              "agentivctl config show-defaults prints a sample", "%s", err.message);
		return false;
	}
	/* only the default may be missing: the environment may hold everything */
	if (access(config_path(d->c), F_OK) == 0)
		doctor_report(d, VERDICT_OK, "configuration", NULL, "%s", config_path(d->c));
	else
		doctor_report(d, VERDICT_WARNING, "configuration",
		              "name it with -c FILE or AGENTIV_CONFIG; agentivctl config show-defaults prints a sample",
		              "%s is not there: defaults are used", config_path(d->c));
	return true;
}

/* The project's agents in whose place the operator has put one of the same slug: meant, or a slip of a copy. */
static const char *replaced_agents(struct doctor *d)
{
	struct registry *projects = registry_load(ctl_manifest_dir(), NULL, NULL);
	struct registry *operators = registry_load(d->c->cfg.agents_dir, NULL, NULL);
	const char *text = "", *slug;
	unsigned i;

	for (i = 0; projects && operators && i < registry_count(operators); i++) {
		slug = registry_at(operators, i)->slug;
		if (registry_find(projects, slug))
			text = arena_printf(&d->c->arena, "%s%s%s", text, *text ? ", " : ", which replaces ", slug);
	}
	registry_free(projects);
	registry_free(operators);
	return text;
}

static bool is_folder(struct doctor *d, const char *path)
{
	return access(arena_printf(&d->c->arena, "%s/.", path), R_OK | X_OK) == 0;
}

static const char *agents_advice(struct doctor *d)
{
	const char *own = d->c->cfg.agents_dir;

	if (!is_folder(d, ctl_manifest_dir()))
		return "install the project's manifests, or set AGENTIV_MANIFEST_DIR";
	if (*own && !is_folder(d, own))
		return "make that folder and let the services read it, or unset paths.agents_dir";
	return "mend the manifest that is named, or take it away";
}

static void check_agents(struct doctor *d)
{
	const char *own = d->c->cfg.agents_dir;
	struct error err = {0};
	struct registry *r = registry_load(ctl_manifest_dir(), own, &err);

	if (r)
		doctor_report(d, VERDICT_OK, "agents", NULL, "%u manifest%s from %s%s%s%s", registry_count(r),
		              registry_count(r) == 1 ? "" : "s", ctl_manifest_dir(), *own ? " and " : "", own,
		              *own ? replaced_agents(d) : "");
	else
		doctor_report(d, VERDICT_FAILED, "agents", agents_advice(d), "%s", err.message);
	registry_free(r);
}

static void check_outbound(struct doctor *d)
{
	const char *networks = d->c->cfg.allow_networks;
	struct error err = {0};
	struct outbound_rules *r = outbound_rules_new(networks, &err);

	if (!r)
		doctor_report(d, VERDICT_FAILED, "outbound rules",
		              "outbound.allow_networks is a list like 10.1.0.0/16,::1/128", "%s", err.message);
	else if (!outbound_check_ca_file(config_ca_file(&d->c->cfg), &err))
		doctor_report(d, VERDICT_FAILED, "outbound rules",
		              "let [outbound] ca_file name a file of certificates (PEM) that the programs' user can read; without it the"
		              " system's are trusted", "%s", err.message);
	else
		doctor_report(d, VERDICT_OK, "outbound rules", NULL, "webhooks and mailboxes may be at public addresses%s%s",
		              *networks ? " and " : " only", networks);
	outbound_rules_free(r);
}

static void check_clock(struct doctor *d)
{
	int64_t off = clock_offset_ms(), size = off < 0 ? -off : off;

	if (size < CLOCK_WARN_MS)
		doctor_report(d, VERDICT_OK, "clock", NULL, "as the database's");
	else
		doctor_report(d, size < CLOCK_FAIL_MS ? VERDICT_WARNING : VERDICT_FAILED, "clock",
		              "let NTP set the clocks of this host and of the database's",
		              "%" PRId64 ".%03d s %s the database's, which counts", size / 1000,
		              (int)(size % 1000), off > 0 ? "behind" : "ahead of");
}

/* Whether the programs can work with it. */
static bool check_schema(struct doctor *d)
{
	struct error err = {0};
	struct migration *m = NULL;
	unsigned n = 0, i, changed = 0;

	if (!admin_schema_usable(&d->c->admin, &err)) {
		doctor_report(d, VERDICT_FAILED, "schema", err.code == ERR_CONFLICT ? "agentivctl migrate" : NULL,
		              "%s", err.message);
		return false;
	}
	if (!admin_migrations(&d->c->admin, ctl_sql_dir(), &m, &n, &err)) {
		doctor_report(d, VERDICT_WARNING, "schema", "install the project's sql folder, or set"
		              " AGENTIV_SQL_DIR", "usable, but its files cannot be compared: %s",
		              err.message);
		return true;
	}
	for (i = 0; i < n; i++)
		changed += m[i].changed;
	if (changed > 0)
		doctor_report(d, VERDICT_FAILED, "schema", "put the files back as they were released",
		              "%u migration%s changed after being applied", changed, changed == 1 ? "" : "s");
	else
		doctor_report(d, VERDICT_OK, "schema", NULL, "all %u migrations are applied", n);
	mem_free(m);
	return true;
}

/* false: it is away. */
static bool check_database(struct doctor *d)
{
	struct ctl *c = d->c;
	struct error err = {0};
	struct db_conn *conn = NULL;
	int64_t from = clock_mono_us();
	char why[256] = "";

	if (ctl_open_db(c, 2))
		conn = db_get(c->db, &err);
	if (!conn) {
		if (c->db)
			db_last_failure(c->db, why, sizeof why);
		doctor_report(d, VERDICT_FAILED, "database",
		              "check database.hosts, name, user and password, and that the server runs", "%s",
		              *why ? why : c->db ? err.message : c->err.message);
		return false;
	}
	doctor_report(d, VERDICT_OK, "database", NULL, "%s answers after %" PRId64 " ms", c->cfg.db_hosts,
	              (clock_mono_us() - from) / 1000);
	if (db_max_packet(conn) < PACKET_MIN)
		doctor_report(d, VERDICT_WARNING, "database", "set max_allowed_packet = 16M or more",
		              "max_allowed_packet is %zu bytes: large results will not fit",
		              db_max_packet(conn));
	db_put(c->db, conn);
	check_clock(d);
	if (check_schema(d)) {
		doctor_queue(d);
		doctor_schedules(d);
		doctor_duties(d);
		doctor_rotation(d);
	}
	return true;
}

static const char *const verdicts[] = {"ok", "warning", "failed"};

static void print_json(struct doctor *d, bool ok)
{
	struct json_out *w = &d->c->w;
	unsigned i;

	json_obj_open(w, NULL);
	json_put_bool(w, "ok", ok);
	json_arr_open(w, "checks");
	for (i = 0; i < d->count; i++) {
		json_obj_open(w, NULL);
		json_put_str(w, "check", d->findings[i].check);
		json_put_str(w, "status", verdicts[d->findings[i].verdict]);
		json_put_str(w, "message", d->findings[i].message);
		json_put_str(w, "advice", d->findings[i].advice);
		json_obj_close(w);
	}
	json_arr_close(w);
	json_obj_close(w);
}

static void print_text_report(struct doctor *d)
{
	static const enum table_colour colours[] = {GREEN, YELLOW, RED};
	struct table t;
	unsigned i;

	table_init(&t, &d->c->arena, d->c->colour, (const char *const[]){"CHECK", "STATE", "FOUND", NULL});
	for (i = 0; i < d->count; i++) {
		const struct finding *f = &d->findings[i];

		table_add(&t, "%s", f->check);
		table_add_coloured(&t, colours[f->verdict], verdicts[f->verdict]);
		table_add(&t, "%s", f->message);
	}
	table_print(&t, "", &d->c->out);
	for (i = 0; i < d->count; i++)
		if (d->findings[i].verdict != VERDICT_OK && d->findings[i].advice) {
			buf_adds(&d->c->out, "\n");
			table_paint(&d->c->out, d->c->colour, BOLD, d->findings[i].check);
			buf_addf(&d->c->out, ": %s", d->findings[i].advice);
		}
	buf_addc(&d->c->out, '\n');
}

bool cmd_doctor(struct ctl *c)
{
	struct doctor *d = arena_alloc(&c->arena, sizeof *d);
	bool failed = false, away = false, configured;
	unsigned i;

	d->c = c;
	configured = check_config(d);
	if (configured) {
		doctor_files(d, config_path(c));
		doctor_secrets(d);
		away = !check_database(d);
		check_agents(d);
		check_outbound(d);
		doctor_mail(d);
		doctor_run_dir(d);
		doctor_listen(d);
		doctor_programs(d);
	}
	for (i = 0; i < d->count; i++)
		failed |= d->findings[i].verdict == VERDICT_FAILED;
	if (c->json)
		print_json(d, !failed);
	else
		print_text_report(d);
	c->status = !configured ? CTL_CONFIGURATION : away ? CTL_AWAY :
		    failed ? CTL_REFUSED : CTL_DONE;
	return true;
}
