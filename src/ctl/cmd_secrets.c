/* The server's secrets: rotation, and taking away what was rotated. */
#include "ctl/print.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "core/rotation.h"

#define WAIT_S     120
#define POLL_MS    100
#define NAMED_MAX  4        /* processes that a message names */

/* ---- rotate ---- */

/* "agentiv-worker 17 on db1/2f, …" */
static const char *name_missing(struct arena *a, const struct rotation *r)
{
	const char *text = "";
	unsigned i;

	for (i = 0; i < r->missing_count && i < NAMED_MAX; i++)
		text = arena_printf(a, "%s%s%s %" PRId64 " on %s", text, i > 0 ? ", " : "", r->missing[i].program,
		                    r->missing[i].pid, r->missing[i].host);
	return i < r->missing_count ? arena_printf(a, "%s and %u more", text, r->missing_count - i) : text;
}

/* One line that is written over; only where somebody looks. */
static void show_progress(const struct ctl *c, const struct rotation *r, struct arena *a)
{
	if (c->json || !isatty(STDERR_FILENO))
		return;
	if (r && !r->active)
		fprintf(stderr, "\r\033[K%s %s: waiting for %s", secret_kind_name(r->kind), r->id, name_missing(a, r));
	else
		fputs("\r\033[K", stderr);
	fflush(stderr);
}

static bool wait_for_all(struct ctl *c, struct rotation *r, int64_t until_us)
{
	struct arena arena;
	bool ok;

	arena_init(&arena);
	for (;;) {
		arena_reset(&arena);
		ok = rotation_step(&c->admin, r, &arena, &c->err);
		if (!ok || r->active || clock_mono_us() >= until_us)
			break;
		show_progress(c, r, &arena);
		poll(NULL, 0, POLL_MS);
	}
	show_progress(c, NULL, &arena);
	if (ok && !r->active)
		/* the names come last: where they are many the message is cut off */
		ok = err_set(&c->err, ERR_CONFLICT, "The %s %s is not active yet. Copy %s to the hosts of those that have not read"
		             " it, or end what hangs, and call this again: %s", secret_kind_name(r->kind), r->id,
		             secrets_path(c->secrets, r->kind),
		             r->missing_count > 0 ? name_missing(&arena, r) : "a process that has just started");
	arena_release(&arena);
	return ok;
}

static void put_rotation(struct ctl *c, const struct rotation *r)
{
	if (!c->json) {
		buf_addf(&c->out, "%-7s %s is active, in the place of %s\n", secret_kind_name(r->kind), r->id, r->previous);
		return;
	}
	json_obj_open(&c->w, NULL);
	json_put_str(&c->w, "kind", secret_kind_name(r->kind));
	json_put_str(&c->w, "id", r->id);
	json_put_str(&c->w, "previous", r->previous);
	json_put_bool(&c->w, "made", r->made);
	json_put_bool(&c->w, "active", r->active);
	json_obj_close(&c->w);
}

/* Which kinds a call without --kind is for: both, or those whose rotation waits. A pepper can be active long before the
 * sealing key that was made with it: a call that goes on makes no other one. */
static bool choose_kinds(struct ctl *c, bool chosen[SECRET__MAX], bool *goes_on)
{
	struct secrets_report report;
	unsigned i;

	if (!secrets_look(&c->admin, &c->arena, &report, &c->err))
		return false;
	for (i = 0; i < report.use_count; i++)
		if (report.uses[i].state == SECRET_MADE)
			*goes_on = chosen[report.uses[i].kind] = true;
	for (i = 0; !*goes_on && i < SECRET__MAX; i++)
		chosen[i] = true;
	return true;
}

/* Both keys are made before either is waited for, so that files are copied to other hosts once. */
static bool rotate(struct ctl *c, const char *only)
{
	int64_t until_us = clock_mono_us() + ctl_number(c, "wait", WAIT_S) * 1000000;
	bool chosen[SECRET__MAX] = {false}, goes_on = false;
	struct rotation rotations[SECRET__MAX];
	unsigned n = 0, i;
	enum secret_kind k;

	if (!only && !choose_kinds(c, chosen, &goes_on))
		return false;
	for (k = 0; k < SECRET__MAX; k++)
		if ((only ? strcmp(only, secret_kind_name(k)) == 0 : chosen[k]) &&
		    !rotation_begin(&c->admin, k, &rotations[n++], &c->err))
			return false;
	for (i = 0; i < n; i++)
		if (!wait_for_all(c, &rotations[i], until_us))
			return false;
	if (c->json)
		json_arr_open(&c->w, NULL);
	for (i = 0; i < n; i++)
		put_rotation(c, &rotations[i]);
	if (c->json)
		json_arr_close(&c->w);
	else
		buf_addf(&c->out, "%sKeep a copy of the files, and copy them to the other hosts. What is older stays usable until"
		                  " secrets rotate --retire.\n",
		         goes_on ? "So ends the rotation that was under way; another call begins a new one.\n" : "");
	return true;
}

/* ---- rotate --retire ---- */

/* The kind that has this id, where it is not told. */
static bool find_kind(struct ctl *c, const char *id, const char *only, enum secret_kind *kind)
{
	struct secrets_report report;
	unsigned i, found = 0;

	if (only) {
		*kind = strcmp(only, secret_kind_name(SECRET_PEPPER)) == 0 ? SECRET_PEPPER : SECRET_SEAL;
		return true;
	}
	if (!secrets_look(&c->admin, &c->arena, &report, &c->err))
		return false;
	for (i = 0; i < report.use_count; i++)
		if (strcmp(report.uses[i].id, id) == 0) {
			*kind = report.uses[i].kind;
			found++;
		}
	if (found == 0)
		return err_field(&c->err, "retire", "There is no key %.32s: secrets status shows them", id);
	return found == 1 || err_field(&c->err, "kind", "A pepper and a sealing key have this id: say which with --kind");
}

static void put_revoked(struct ctl *c, const struct pepper_key *k)
{
	json_obj_open(&c->w, NULL);
	json_put_id(&c->w, "id", ID_KEY, &k->id);
	json_put_str(&c->w, "name", k->name);
	json_put_id(&c->w, "user_id", ID_USER, &k->user_id);
	json_put_str(&c->w, "shown", k->shown);
	json_obj_close(&c->w);
}

static void list_revoked(struct ctl *c, const struct retirement *r)
{
	static const char *const heads[] = {"KEY", "NAME", "USER", "BEGINS", NULL};
	char id[ID_TEXT_SIZE];
	struct table t;
	unsigned i;

	table_init(&t, &c->arena, c->colour, heads);
	for (i = 0; i < r->revoked_count; i++) {
		id_format(ID_KEY, &r->revoked[i].id, id);
		table_add(&t, "%s", id);
		table_add(&t, "%s", r->revoked[i].name);
		id_format(ID_USER, &r->revoked[i].user_id, id);
		table_add(&t, "%s", id);
		table_add(&t, "%s", r->revoked[i].shown);
	}
	if (r->revoked_count > 0) {
		table_print(&t, "", &c->out);
		buf_addf(&c->out, "%u API key%s revoked\n", r->revoked_count, r->revoked_count == 1 ? " was" : "s were");
	}
}

static void put_retirement(struct ctl *c, const struct retirement *r)
{
	unsigned i;

	if (!c->json) {
		list_revoked(c, r);
		buf_addf(&c->out, "%s %s is retired. Copy %s to the other hosts.\n", secret_kind_name(r->kind), r->id,
		         secrets_path(c->secrets, r->kind));
		return;
	}
	json_obj_open(&c->w, NULL);
	json_put_str(&c->w, "kind", secret_kind_name(r->kind));
	json_put_str(&c->w, "retired", r->id);
	json_arr_open(&c->w, "revoked");
	for (i = 0; i < r->revoked_count; i++)
		put_revoked(c, &r->revoked[i]);
	json_arr_close(&c->w);
	json_obj_close(&c->w);
}

static bool retire(struct ctl *c, const char *id, const char *only)
{
	struct retirement r = {.id = id, .force = ctl_given(c, "force"),
	                       .until_us = clock_mono_us() + ctl_number(c, "wait", WAIT_S) * 1000000};

	if (!find_kind(c, id, only, &r.kind))
		return false;
	if (!secret_retirement(&c->admin, &r, &c->arena, &c->err)) {
		if (r.revoked_count > 0)
			err_set(&c->err, c->err.code, "%s; %u API key%s revoked already: agentivctl audit --action key.revoke",
			        arena_printf(&c->arena, "%s", c->err.message), r.revoked_count,
			        r.revoked_count == 1 ? " was" : "s were");
		return false;
	}
	put_retirement(c, &r);
	return true;
}

bool cmd_secrets_rotate(struct ctl *c)
{
	const char *id = ctl_text(c, "retire"), *kind = ctl_text(c, "kind");

	if (!id && ctl_given(c, "force")) {
		c->status = CTL_USAGE;
		return err_field(&c->err, "force", "--force is for --retire");
	}
	return id ? retire(c, id, kind) : rotate(c, kind);
}
