/* Doing what is intended: all of it is announced with the plan, then each effect is done and told, one after the
 * other. What an earlier attempt did is not done again; what it may have done is harmless to repeat, as mailboxes say
 * whether it was. */
#include <stdio.h>
#include <string.h>

#include "agents/email_triage.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"

/* ---- One effect ---- */

static void log_effect(struct triage *t, const struct item *it, const struct effect *e, int64_t started_us)
{
	char name[40], text[900];
	struct json_out w;
	struct buf b;

	buf_init(&b, sizeof text);
	json_begin(&w, &b);
	json_obj_open(&w, NULL);
	json_put_str(&w, "id", it->id);
	if (e->label)
		json_put_str(&w, "label", e->label);
	if (e->remote_id)
		json_put_str(&w, "now", e->remote_id);
	json_obj_close(&w);
	snprintf(name, sizeof name, "%s.%s", t->box.ops->kind, e->what.kind);
	t->ctx->host->step(t->ctx->host_data, "integration", name, b.failed ? NULL : buf_str(&b), 0,
	                   (clock_mono_us() - started_us) / 1000);
	buf_release(&b);
}

static const char gone[] = "the mail is not in the inbox any more";

static bool archive(struct triage *t, const struct item *it, struct effect *e, struct error *why)
{
	static const struct { enum effect_status status; const char *reason; } outcomes[] = {
		[MAIL_MOVED] = {EFFECT_DONE, NULL},
		[MAIL_ALREADY_THERE] = {EFFECT_ALREADY_DONE, NULL},
		[MAIL_GONE] = {EFFECT_SKIPPED, gone},
		[MAIL_READ_ONLY] = {EFFECT_PLANNED, "this mailbox is only read"},
	};
	struct mail_moved moved;

	if (!t->box.ops->archive(&t->box, &it->ref, it->mail.message_id, &moved, why))
		return false;
	e->status = outcomes[moved.what].status;
	e->reason = outcomes[moved.what].reason;
	if (*moved.where)
		e->remote_id = arena_strdup(&t->arena, moved.where);
	e->undo = triage_undo_of_archive(t, e->remote_id);
	return true;
}

static bool mark(struct triage *t, const struct item *it, struct effect *e, struct error *why)
{
	static const struct { enum effect_status status; const char *reason; } outcomes[] = {
		[MAIL_MARKED] = {EFFECT_DONE, NULL},
		[MAIL_ALREADY_MARKED] = {EFFECT_ALREADY_DONE, NULL},
		[MAIL_MARK_GONE] = {EFFECT_SKIPPED, gone},
		[MAIL_MARK_UNSUPPORTED] = {EFFECT_SKIPPED, "this mailbox does not take it"},
	};
	struct mail_mark what = {.label = e->label, .star = !e->label, .message_id = it->mail.message_id};
	enum mail_marked marked;

	if (!t->box.ops->mark(&t->box, &it->ref, &what, &marked, why))
		return false;
	e->status = outcomes[marked].status;
	e->reason = outcomes[marked].reason;
	return true;
}

static bool is_archive(const struct effect *e)
{
	return strcmp(e->what.kind, "archive") == 0;
}

/* A mark that an earlier run set is not set again, as its reader may have taken it off. */
static void tell_marked(const struct item *it, struct effect *e)
{
	e->status = e->label || it->ref.starred ? EFFECT_ALREADY_DONE : EFFECT_SKIPPED;
	e->reason = e->label ? "an earlier run set it; what you took off stays off" : it->ref.starred ? NULL : "you took it off";
}

static void tell_done(struct triage *t, struct effect *e)
{
	e->status = e->what.this_run ? EFFECT_DONE : EFFECT_ALREADY_DONE;
	e->remote_id = e->what.remote_id;
	if (is_archive(e))
		e->undo = triage_undo_of_archive(t, e->remote_id);
}

static void skip(struct effect *e, const char *reason)
{
	e->status = EFFECT_SKIPPED;
	e->reason = reason;
}

/* What another run archived since this one decided, and its reader moved back, stays. What is still in the archive is
 * looked at: it may be this very mail, or one that is alike. */
static bool meet_another(struct triage *t, const struct item *it, struct effect *e, bool *over, struct error *err)
{
	struct agent_effect *what = &e->what;
	bool back = false;

	if (!triage_came_back(t, it->mail.message_id, what, &back, err))
		return false;
	*over = back;
	if (!back)
		return true;
	skip(e, "you moved it back");
	return t->ctx->host->settle(t->ctx->host_data, &what, 1, AGENT_EFFECT_UNDONE, err);
}

/* Is there nothing to do? An attempt before did it, or another run; then a label or star that is not there was taken off
 * since. */
static bool is_over(struct triage *t, const struct item *it, struct effect *e, bool *over, struct error *err)
{
	*over = true;
	switch (e->what.state) {
	case AGENT_EFFECT_UNDONE:
		skip(e, is_archive(e) ? "you moved it back" : "you took it off");
		return true;
	case AGENT_EFFECT_BUSY:
		skip(e, "another run is about to do it");
		return true;
	case AGENT_EFFECT_DONE:
		if (is_archive(e) && !e->what.this_run)
			return meet_another(t, it, e, over, err);
		if (!is_archive(e) && !e->what.this_run)
			tell_marked(it, e);
		else
			tell_done(t, e);
		return true;
	default:
		*over = false;
		return true;
	}
}

static bool settle(struct triage *t, struct effect *e, struct error *err)
{
	bool done = e->status == EFFECT_DONE || e->status == EFFECT_ALREADY_DONE;
	struct agent_effect *what = &e->what;

	what->remote_id = e->remote_id;
	return t->ctx->host->settle(t->ctx->host_data, &what, 1, done ? AGENT_EFFECT_DONE : AGENT_EFFECT_FAILED, err);
}

/* A mail that refuses fails no other; a mailbox that does not answer ends the attempt, and the next goes on. */
static bool do_effect(struct triage *t, const struct item *it, struct effect *e, struct error *err)
{
	int64_t started = clock_mono_us();
	struct error why = {0};
	bool ok, over;

	if (!is_over(t, it, e, &over, err))
		return false;
	if (over)
		return true;
	if (!t->ctx->host->may_act(t->ctx->host_data, err))
		return false;
	ok = is_archive(e) ? archive(t, it, e, &why) : mark(t, it, e, &why);
	if (!ok && triage_ends_attempt(&why)) {
		*err = why;
		return false;
	}
	if (!ok) {
		e->status = EFFECT_FAILED;
		e->reason = arena_strdup(&t->arena, why.message);
		triage_warn(t, "EFFECT_FAILED", it->id, "%s", why.message);
	}
	log_effect(t, it, e, started);
	return settle(t, e, err);
}

/* ---- All of them ---- */

/* Did a rule that applies want a label, or the input say so for all mails? Their usual ones are just left out. */
static bool wanted_labels(const struct triage *t)
{
	unsigned i;

	if (t->opt.asked_label && t->opt.apply_label && t->count > 0)
		return true;
	for (i = 0; i < t->count; i++)
		if (t->items[i].label)
			return true;
	return false;
}

static void warn_of_limits(struct triage *t)
{
	if (t->opt.apply_drafts)
		triage_warn(t, "DRAFTS_NOT_AVAILABLE", NULL, "Replies are not drafted: that needs a language model");
	if (t->has_box && !t->box.ops->can_label && wanted_labels(t))
		triage_warn(t, "LABELS_NOT_AVAILABLE", NULL, "A mailbox of the kind \"%s\" has no labels: none were set",
		            t->box.ops->kind);
}

static bool announce(struct triage *t, bool resumed, struct error *err)
{
	struct agent_effect **all = mem_array(TRIAGE_EMAILS_MAX * TRIAGE_EFFECTS_MAX, sizeof *all);
	unsigned n = 0, i, k;
	struct buf plan;
	bool ok = true;

	for (i = 0; i < t->count; i++)
		for (k = 0; k < t->items[i].effect_count; k++)
			if (t->items[i].effects[k].real)
				all[n++] = &t->items[i].effects[k].what;
	buf_init(&plan, AGENT_OUTPUT_MAX);
	if (n > 0 && !resumed)
		triage_write_plan(t, &plan);
	if (n > 0)
		ok = t->ctx->host->plan(t->ctx->host_data, resumed || plan.failed ? NULL : buf_str(&plan), plan.len, all, n, err);
	buf_release(&plan);
	mem_free(all);
	return ok;
}

bool triage_act(struct triage *t, bool resumed, struct error *err)
{
	unsigned i, k;

	triage_intend(t);
	if (!announce(t, resumed, err))
		return false;
	for (i = 0; i < t->count; i++)
		for (k = 0; k < t->items[i].effect_count; k++) {
			struct effect *e = &t->items[i].effects[k];

			if (t->ctx->host->stopped(t->ctx->host_data))
				return err_set(err, ERR_CANCELLED, "The run was stopped");
			if (e->real && !do_effect(t, &t->items[i], e, err))
				return false;
		}
	warn_of_limits(t);
	return true;
}
