/* The audit log, as it is shown; and who the operator is, who stands in it. */
#include "ctl/print.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIMIT_DEFAULT 100

void ctl_who(struct actor *out, struct arena *a)
{
	const struct passwd *user = getpwuid(geteuid());
	const char *name = user ? user->pw_name : arena_printf(a, "uid %ld", (long)geteuid());
	const char *by = getenv("SUDO_USER"), *ssh = getenv("SSH_CLIENT");
	char host[65] = "";

	/* the address is the first word */
	if (ssh && *ssh)
		out->address = arena_strndup(a, ssh, strcspn(ssh, " "));
	else if (gethostname(host, sizeof host - 1) == 0 && *host)
		out->address = arena_strdup(a, host);
	out->kind = ACTOR_OPERATOR;
	out->name = geteuid() == 0 && by && *by && strcmp(by, name) != 0 ? arena_printf(a, "%s by %s", name, by)
	                                                                : arena_strdup(a, name);
}

static const enum id_kind id_kinds[ACTOR__MAX] = {[ACTOR_KEY] = ID_KEY, [ACTOR_SESSION] = ID_SESSION};

static void row_json(struct json_out *w, const void *row)
{
	const struct audit_row *r = row;

	json_obj_open(w, NULL);
	json_put_id(w, "id", ID_AUDIT, &r->id);
	json_put_time(w, "at", r->at);
	json_put_opt_id(w, "user_id", r->has_user, ID_USER, &r->user_id);
	json_obj_open(w, "actor");
	json_put_str(w, "kind", actor_kind_name(r->actor_kind));
	json_put_opt_id(w, "id", r->has_actor_id, id_kinds[r->actor_kind], &r->actor_id);
	json_put_str(w, "name", r->actor_name);
	json_obj_close(w);
	json_put_str(w, "address", r->address);
	json_put_str(w, "action", r->action);
	json_put_str(w, "object", r->object);
	if (r->detail)
		json_put_raw(w, "detail", r->detail, strlen(r->detail));
	else
		json_put_null(w, "detail");
	json_obj_close(w);
}

static void row_cells(struct table *t, const void *row)
{
	const struct audit_row *r = row;
	char id[ID_TEXT_SIZE] = "-";

	table_add_time(t, r->at);
	if (r->has_user)
		id_format(ID_USER, &r->user_id, id);
	table_add(t, "%s", id);
	if (r->has_actor_id)
		id_format(id_kinds[r->actor_kind], &r->actor_id, id);
	table_add(t, "%s%s%s", actor_kind_name(r->actor_kind), r->has_actor_id || r->actor_name ? " " : "",
	          r->has_actor_id ? id : r->actor_name ? r->actor_name : "");
	table_add(t, "%s", r->address ? r->address : "-");
	table_add(t, "%s", r->action);
	table_add(t, "%s", r->object ? r->object : "-");
	table_add(t, "%s", r->detail ? r->detail : "");
}

bool cmd_audit(struct ctl *c)
{
	static const char *const heads[] = {"AT", "USER", "BY", "FROM", "ACTION", "OBJECT", "DETAIL", NULL};
	static const struct listing listing = {heads, "Nothing was changed", sizeof(struct audit_row), row_json, row_cells};
	struct audit_filter f = {.action = ctl_text(c, "action"), .since = ctl_number(c, "since", 0),
	                         .limit = (unsigned)ctl_number(c, "limit", LIMIT_DEFAULT)};
	struct audit_row *rows;
	unsigned n;

	if (!admin_audit(&c->admin, ctl_text(c, "user"), &f, &c->arena, &rows, &n, &c->err))
		return false;
	print_list(c, &listing, rows, n);
	return true;
}
