/* Effects: what is to be done is planned, done or skipped, one mail after the other. */
#include <stdio.h>
#include <string.h>

#include "agents/email_triage.h"
#include "base/clock.h"
#include "base/json.h"

static struct effect *add_effect(struct item *it, const char *kind)
{
	struct effect *e = &it->effects[it->effect_count++];

	memset(e, 0, sizeof *e);
	e->kind = kind;
	e->target = it->id;
	return e;
}

/* Why nothing outside may be changed; NULL when it may. */
static const char *why_planned(const struct triage *t)
{
	if (t->opt.inline_data)
		return "the mail was given in the input";
	if (t->opt.dry_run)
		return "dry run";
	if (!t->box.ops->can_archive)
		return "this mailbox is only read";
	return NULL;
}

static const char *undo_of_archive(struct triage *t, const char *where)
{
	const char *slash = where ? strrchr(where, '/') : NULL;

	if (slash)
		return arena_printf(&t->arena, "Move %s to cur%s", where, slash);
	if (t->has_box && strcmp(t->box.ops->kind, "maildir") == 0)
		return "Move the file from .Archive/cur back to cur";
	return "Add the mail to the inbox again";
}

static void log_archive(struct triage *t, const struct effect *e, int64_t started_us)
{
	char name[40], text[700];
	struct json_out w;
	struct buf b;

	buf_init(&b, sizeof text);
	json_begin(&w, &b);
	json_obj_open(&w, NULL);
	json_put_str(&w, "id", e->target);
	json_put_str(&w, "now", e->remote_id);
	json_obj_close(&w);
	snprintf(name, sizeof name, "%s.archive", t->box.ops->kind);
	t->ctx->host->step(t->ctx->host_data, "integration", name, b.failed ? NULL : buf_str(&b), 0,
	                   (clock_mono_us() - started_us) / 1000);
	buf_release(&b);
}

static void note_moved(struct triage *t, struct effect *e, const struct mail_moved *moved)
{
	static const struct { enum effect_status status; const char *reason; } outcomes[] = {
		[MAIL_MOVED] = {EFFECT_DONE, NULL},
		[MAIL_ALREADY_THERE] = {EFFECT_ALREADY_DONE, NULL},
		[MAIL_GONE] = {EFFECT_SKIPPED, "the mail is not in the inbox any more"},
		[MAIL_READ_ONLY] = {EFFECT_PLANNED, "this mailbox is only read"},
	};

	e->status = outcomes[moved->what].status;
	e->reason = outcomes[moved->what].reason;
	if (*moved->where)
		e->remote_id = arena_strdup(&t->arena, moved->where);
}

/* A mail that cannot be moved does not fail the run: the others are sorted all the same. */
static bool archive(struct triage *t, struct item *it, struct error *err)
{
	struct effect *e = add_effect(it, "archive");
	int64_t started = clock_mono_us();
	struct mail_moved moved;
	struct error why = {0};

	e->reason = why_planned(t);
	e->undo = undo_of_archive(t, NULL);
	if (e->reason)
		return true;
	if (!t->ctx->host->may_act(t->ctx->host_data, err))
		return false;
	if (t->box.ops->archive(&t->box, &it->ref, it->mail.message_id, &moved, &why)) {
		note_moved(t, e, &moved);
		e->undo = undo_of_archive(t, e->remote_id);
	} else if (why.retryable || why.code == ERR_CANCELLED) {
		*err = why;
		return false;
	} else {
		e->status = EFFECT_FAILED;
		e->reason = arena_strdup(&t->arena, why.message);
		triage_warn(t, "EFFECT_FAILED", it->id, "%s", why.message);
	}
	log_archive(t, e, started);
	return true;
}

static void mark(struct triage *t, struct item *it, const char *kind, const char *label)
{
	struct effect *e = add_effect(it, kind);
	bool can = t->opt.inline_data || t->box.ops->can_label;

	e->label = label;
	e->status = can ? EFFECT_PLANNED : EFFECT_SKIPPED;
	e->reason = can ? why_planned(t) : label ? "this mailbox has no labels" : "this mailbox has no stars";
	e->undo = label ? "Remove the label" : "Remove the star";
}

static bool act_on(struct triage *t, struct item *it, struct error *err)
{
	if (it->label)
		mark(t, it, "label", it->label);
	if (it->star)
		mark(t, it, "star", NULL);
	return !it->archive || archive(t, it, err);
}

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

bool triage_act(struct triage *t, struct error *err)
{
	unsigned i;

	for (i = 0; i < t->count; i++) {
		if (t->ctx->host->stopped(t->ctx->host_data))
			return err_set(err, ERR_CANCELLED, "The run was stopped");
		if (!act_on(t, &t->items[i], err))
			return false;
	}
	warn_of_limits(t);
	return true;
}
