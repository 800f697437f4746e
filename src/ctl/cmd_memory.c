/* What agents have learned of a user: shown and forgotten. */
#include "ctl/print.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

static void memory_json(struct json_out *w, const void *row)
{
	const struct memory_row *m = row;

	json_obj_open(w, NULL);
	json_put_str(w, "agent", m->agent);
	json_put_str(w, "kind", m->kind);
	json_put_str(w, "subject", m->subject);
	json_put_int(w, "done", m->done);
	json_put_int(w, "undone", m->undone);
	json_put_time(w, "changed_at", m->changed_at);
	json_obj_close(w);
}

static void memory_cells(struct table *t, const void *row)
{
	const struct memory_row *m = row;

	table_add(t, "%s", m->agent);
	table_add(t, "%s", m->kind);
	table_add(t, "%s", m->subject);
	table_add(t, "%" PRId64, m->done);
	table_add(t, "%" PRId64, m->undone);
	table_add_time(t, m->changed_at);
}

bool cmd_memory_list(struct ctl *c)
{
	static const char *const heads[] = {"AGENT", "KIND", "OF", "DONE", "UNDONE", "LAST", NULL};
	static const struct listing listing = {heads, "No agent has learned anything of this user yet",
	                                       sizeof(struct memory_row), memory_json, memory_cells};
	struct memory_row *rows;
	unsigned n;

	if (!ctl_check_agent(c, ctl_text(c, "agent")) ||
	    !admin_memory_list(&c->admin, ctl_text(c, "user"), ctl_text(c, "agent"), &c->arena, &rows, &n, &c->err))
		return false;
	print_list(c, &listing, rows, n);
	return true;
}

/* Senders and lists are kept in lower case. */
static const char *lower(struct ctl *c, const char *text)
{
	char *copy = text ? arena_strdup(&c->arena, text) : NULL, *p;

	for (p = copy; p && *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return copy;
}

bool cmd_memory_reset(struct ctl *c)
{
	const char *sender = lower(c, ctl_text(c, "sender")), *list = lower(c, ctl_text(c, "list"));
	uint64_t removed = 0;

	if (sender && list) {
		c->status = CTL_USAGE;
		return err_set(&c->err, ERR_INVALID_INPUT, "One of --sender and --list, or neither to forget all");
	}
	if (!ctl_check_agent(c, ctl_text(c, "agent")) ||
	    !admin_memory_reset(&c->admin, ctl_text(c, "user"), ctl_text(c, "agent"), list ? "list" : "sender",
	                        list ? list : sender, &removed, &c->err))
		return false;
	if (removed == 0 && (sender || list))
		return err_set(&c->err, ERR_NOT_FOUND, "Nothing is remembered of %.200s: agentivctl memory list shows what is",
		               list ? list : sender);
	if (c->json) {
		json_obj_open(&c->w, NULL);
		json_put_int(&c->w, "forgotten", (int64_t)removed);
		json_obj_close(&c->w);
	} else {
		buf_addf(&c->out, "%" PRIu64 " forgotten\n", removed);
	}
	return true;
}
