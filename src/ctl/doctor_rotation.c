/* doctor: the active keys, a rotation that is under way, and processes of this host that have not read them. */
#include "ctl/doctor.h"

#include <inttypes.h>
#include <string.h>

#include "core/processes.h"
#include "core/rotation.h"

#define CHECK "key rotation"

static void check_processes(struct doctor *d, const struct secrets_report *r, const struct secret_use *u, bool *fine)
{
	char host[PROCESS_HOST_SIZE];
	unsigned i;

	process_host(d->c->cfg.run_dir, host);
	for (i = 0; i < r->process_count; i++) {
		const struct process_row *p = &r->processes[i];

		if (strcmp(p->host, host) != 0 || process_knows(p, u->kind, u->id))
			continue;
		doctor_report(d, VERDICT_FAILED, CHECK, "its log says why it could not read the file; restart it",
		              "%s %" PRId64 " has not read the active %s %s", p->program, p->pid, secret_kind_name(u->kind),
		              u->id);
		*fine = false;
	}
}

static void check_use(struct doctor *d, const struct secrets_report *r, const struct secret_use *u, bool *fine)
{
	if (u->state == SECRET_MADE) {
		doctor_report(d, VERDICT_WARNING, CHECK, u->in_file ? "agentivctl secrets rotate goes on with it" :
		              "copy the file here from the host where it was made",
		              "the %s %s was made and is not active yet", secret_kind_name(u->kind), u->id);
		*fine = false;
	}
	if (u->state != SECRET_ACTIVE)
		return;
	if (!u->in_file) {
		doctor_report(d, VERDICT_FAILED, CHECK, "copy the file here from another host",
		              "the active %s %s is not in %s", secret_kind_name(u->kind), u->id,
		              secrets_path(d->c->secrets, u->kind));
		*fine = false;
		return;
	}
	check_processes(d, r, u, fine);
}

static const char *active_id(const struct secrets_report *r, enum secret_kind kind)
{
	unsigned i;

	for (i = 0; i < r->use_count; i++)
		if (r->uses[i].kind == kind && r->uses[i].state == SECRET_ACTIVE)
			return r->uses[i].id;
	return "-";
}

void doctor_rotation(struct doctor *d)
{
	struct ctl *c = d->c;
	struct secrets_report r;
	struct error err = {0};
	bool fine = true;
	unsigned i;

	/* a file that cannot be read has been reported */
	if (!c->secrets && !(c->secrets = c->admin.secrets = secrets_open(&c->cfg, SECRETS_ALL, &err)))
		return;
	c->admin.run_dir = c->cfg.run_dir;
	if (!secrets_look(&c->admin, &c->arena, &r, &err)) {
		doctor_report(d, VERDICT_WARNING, CHECK, "agentivctl migrate, unless the database is away", "%s", err.message);
		return;
	}
	for (i = 0; i < r.use_count; i++)
		check_use(d, &r, &r.uses[i], &fine);
	if (fine)
		doctor_report(d, VERDICT_OK, CHECK, NULL, "the active pepper is %s, the active sealing key %s",
		              active_id(&r, SECRET_PEPPER), active_id(&r, SECRET_SEAL));
}
