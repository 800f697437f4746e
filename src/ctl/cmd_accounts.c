/* Users, plans, subscriptions. */
#include "ctl/print.h"

#include <string.h>

#include "agents/registry.h"
#include "base/mem.h"

bool cmd_user_create(struct ctl *c)
{
	struct account a;

	if (!admin_user_create(&c->admin, ctl_text(c, "email"), ctl_text(c, "name"), ctl_text(c, "plan"),
	                       &a, &c->err))
		return false;
	print_account(c, &a);
	return true;
}

bool cmd_user_password(struct ctl *c)
{
	char *password = NULL;
	struct account a;
	bool ok = ctl_read_secret(c, "password-file", &password) &&
		  admin_user_password(&c->admin, ctl_text(c, "user"), password, &a, &c->err);

	if (password)
		mem_wipe(password, CTL_SECRET_MAX);
	if (ok)
		print_account(c, &a);
	return ok;
}

bool cmd_user_list(struct ctl *c)
{
	struct account *a;
	unsigned n;

	if (!admin_user_list(&c->admin, &c->arena, &a, &n, &c->err))
		return false;
	print_accounts(c, a, n);
	return true;
}

bool cmd_plan_list(struct ctl *c)
{
	struct plan *p;
	unsigned n;

	if (!admin_plan_list(&c->admin, &c->arena, &p, &n, &c->err))
		return false;
	print_plans(c, p, n);
	return true;
}

bool cmd_plan_set(struct ctl *c)
{
	struct plan_overrides own = {.requests_per_minute = ctl_number_at(c, "requests-per-minute"),
	                             .runs_per_day = ctl_number_at(c, "runs-per-day"),
	                             .runs_per_month = ctl_number_at(c, "runs-per-month"),
	                             .concurrent = ctl_number_at(c, "concurrent"),
	                             .api = ctl_number_at(c, "api"),
	                             .webhooks = ctl_number_at(c, "webhooks"),
	                             .mcp = ctl_number_at(c, "mcp"),
	                             .white_label = ctl_number_at(c, "white-label")};
	struct account a;

	if (!admin_plan_set(&c->admin, ctl_text(c, "user"), ctl_text(c, "plan"), &own, &a, &c->err))
		return false;
	print_account(c, &a);
	return true;
}

bool ctl_check_agent(struct ctl *c, const char *agent)
{
	struct registry *r;
	bool ok;

	if (!agent)
		return true;
	r = registry_load(ctl_manifest_dir(), c->cfg.agents_dir, &c->err);
	if (!r) {
		c->status = CTL_CONFIGURATION;
		return false;
	}
	ok = registry_find(r, agent) != NULL ||
	     err_set(&c->err, ERR_NOT_FOUND, "There is no agent \"%.64s\"", agent);
	registry_free(r);
	return ok;
}

bool cmd_subscription_set(struct ctl *c)
{
	const char *agent = ctl_text(c, "agent");
	int64_t ends = ctl_number(c, "trial-ends", 0);
	enum subscription_status status = SUB_NONE;
	struct account a;
	struct table t;
	char id[ID_TEXT_SIZE];

	subscription_by_name(ctl_text(c, "status"), &status);
	if (status == SUB_TRIALING && !ends) {
		c->status = CTL_USAGE;
		return err_field(&c->err, "trial-ends", "A trial has an end: --trial-ends TIME");
	}
	if (status != SUB_TRIALING && ends) {
		c->status = CTL_USAGE;
		return err_field(&c->err, "trial-ends", "--trial-ends goes with --status trialing only");
	}
	if (!ctl_check_agent(c, strcmp(agent, "all") == 0 ? NULL : agent) ||
	    !admin_subscription_set(&c->admin, ctl_text(c, "user"), agent, status, ends, &a, &c->err))
		return false;
	id_format(ID_USER, &a.public_id, id);
	if (c->json) {
		json_obj_open(&c->w, NULL);
		json_put_str(&c->w, "user_id", id);
		json_put_str(&c->w, "agent", agent);
		json_put_str(&c->w, "status", subscription_name(status));
		json_put_time(&c->w, "trial_ends_at", ends);
		json_obj_close(&c->w);
		return true;
	}
	table_init(&t, &c->arena, c->colour, NULL);
	print_text(&t, "User", id);
	print_text(&t, "Agent", agent);
	print_text(&t, "Status", subscription_name(status));
	print_time(&t, "Trial ends", ends);
	table_print(&t, "", &c->out);
	return true;
}
