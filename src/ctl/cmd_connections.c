/* Connections of accounts to integrations. */
#include "ctl/print.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agents/registry.h"
#include "base/mem.h"
#include "net/outbound.h"

static bool has(char *const *list, unsigned n, const char *name)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

/* An integration is one that some agent names. */
static bool check_integration(struct ctl *c, const char *name)
{
	struct registry *r = registry_load(ctl_manifest_dir(), c->cfg.agents_dir, &c->err);
	bool found = false;
	unsigned i;

	if (!r) {
		c->status = CTL_CONFIGURATION;
		return false;
	}
	for (i = 0; i < registry_count(r) && !found; i++) {
		const struct manifest *m = registry_at(r, i);

		found = has(m->required, m->required_count, name) ||
			has(m->optional, m->optional_count, name);
	}
	registry_free(r);
	return found || err_field(&c->err, "integration", "No agent uses an integration \"%.64s\"", name);
}

/* As given, but from the root: the folder itself may be a link, which is the operator's word. */
static const char *absolute(struct ctl *c, const char *path)
{
	char here[PATH_MAX];

	if (*path == '/')
		return path;
	if (!getcwd(here, sizeof here)) {
		err_set(&c->err, ERR_INVALID_INPUT, "The current directory: %s", strerror(errno));
		return NULL;
	}
	return arena_printf(&c->arena, "%s/%s", here, path);
}

/* ---- Which mailbox ---- */

static bool misuse(struct ctl *c, const char *what)
{
	c->status = CTL_USAGE;
	return err_set(&c->err, ERR_INVALID_INPUT, "%s", what);
}

/* The secret is wiped by the caller. */
static bool take_server(struct ctl *c, struct mailbox_spec *spec, char **password)
{
	const char *ca = ctl_text(c, "ca-file");
	char *pem = NULL;

	spec->kind = "imap";
	spec->username = ctl_given(c, "username") ? ctl_text(c, "username") : spec->address;
	if (!spec->username)
		return misuse(c, "--imap needs --username NAME, or --address where that is the name");
	if (!ctl_given(c, "password-file"))
		return misuse(c, "--imap needs --password-file FILE (- is standard input)");
	if (!ctl_read_secret(c, "password-file", password) || (ca && !ctl_read_file(c, "ca-file", ca, MAILBOX_CA_MAX, &pem)))
		return false;
	spec->password = *password;
	spec->ca = pem;
	spec->plaintext = ctl_given(c, "plaintext");
	return true;
}

static bool take_place(struct ctl *c, struct mailbox_spec *spec)
{
	const char *maildir = ctl_text(c, "maildir");

	if (ctl_given(c, "username") || ctl_given(c, "password-file") || ctl_given(c, "ca-file") || ctl_given(c, "plaintext"))
		return misuse(c, "--username, --password-file, --ca-file and --plaintext are for --imap");
	spec->kind = maildir ? "maildir" : "mbox";
	spec->path = absolute(c, maildir ? maildir : ctl_text(c, "mbox"));
	return spec->path != NULL;
}

static bool take_mailbox(struct ctl *c, struct mailbox_spec *spec, char **password)
{
	spec->url = ctl_text(c, "imap");
	spec->address = ctl_text(c, "address");
	if (ctl_given(c, "maildir") + ctl_given(c, "mbox") + ctl_given(c, "imap") != 1)
		return misuse(c, "One of --maildir DIR, --mbox FILE and --imap URL is needed");
	return spec->url ? take_server(c, spec, password) : take_place(c, spec);
}

/* ---- Add, list and remove ---- */

static bool add(struct ctl *c, const char *integration, const struct mailbox_spec *spec)
{
	struct outbound_rules *rules = outbound_rules_new(c->cfg.allow_networks, &c->err);
	struct connection_row r;
	int64_t mails;
	bool ok;

	if (!rules) {
		c->status = CTL_CONFIGURATION;
		return false;
	}
	c->admin.outbound = rules;
	ok = admin_connection_add(&c->admin, ctl_text(c, "user"), integration, spec, !ctl_given(c, "unchecked"), &c->arena,
	                          &r, &mails, &c->err);
	if (ok)
		print_connection(c, &r, mails);
	c->admin.outbound = NULL;
	outbound_rules_free(rules);
	return ok;
}

bool cmd_connection_add(struct ctl *c)
{
	const char *integration = ctl_text(c, "integration");
	struct mailbox_spec spec = {.kind = NULL};
	char *password = NULL;
	bool ok = take_mailbox(c, &spec, &password) && check_integration(c, integration) && add(c, integration, &spec);

	if (password)
		mem_wipe(password, CTL_SECRET_MAX);
	if (ok && geteuid() == 0 && spec.path && !ctl_given(c, "unchecked") && !c->json)
		fputs("agentivctl: warning: that the mailbox can be read was checked as root, not as the"
		      " service's user\n", stderr);
	return ok;
}

bool cmd_connection_list(struct ctl *c)
{
	struct connection_row *r;
	unsigned n;

	if (!admin_connection_list(&c->admin, ctl_text(c, "user"), &c->arena, &r, &n, &c->err))
		return false;
	print_connections(c, r, n);
	return true;
}

bool cmd_connection_remove(struct ctl *c)
{
	struct connection_row r;

	if (!admin_connection_remove(&c->admin, ctl_text(c, "user"), ctl_text(c, "integration"), &c->arena, &r, &c->err))
		return false;
	print_connection(c, &r, -1);
	return true;
}
