/* Connections of accounts to integrations. */
#include "ctl/print.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agents/registry.h"

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

bool cmd_connection_add(struct ctl *c)
{
	const char *maildir = ctl_text(c, "maildir"), *mbox = ctl_text(c, "mbox");
	const char *integration = ctl_text(c, "integration"), *path;
	struct connection_row r;

	if (!maildir == !mbox) {
		c->status = CTL_USAGE;
		return err_set(&c->err, ERR_INVALID_INPUT, "One of --maildir DIR and --mbox FILE is needed");
	}
	path = absolute(c, maildir ? maildir : mbox);
	if (!path || !check_integration(c, integration) ||
	    !admin_connection_add(&c->admin, ctl_text(c, "user"), integration,
	                          maildir ? "maildir" : "mbox", path, ctl_text(c, "address"),
	                          !ctl_given(c, "unchecked"), &r, &c->err))
		return false;
	print_connection(c, &r);
	if (geteuid() == 0 && !ctl_given(c, "unchecked") && !c->json)
		fputs("agentivctl: warning: that the mailbox can be read was checked as root, not as the"
		      " service's user\n", stderr);
	return true;
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
