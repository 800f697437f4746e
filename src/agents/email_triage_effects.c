/* What is to be done to each mail, as effects. What changes nothing outside, because it is only planned or the mailbox
 * cannot, is settled here. */
#include <string.h>

#include "agents/email_triage.h"

static const struct {
	const char *none;                /* why it is skipped where the mailbox cannot */
	const char *undo;
} marks[] = {{"this mailbox has no labels", "Remove the label"}, {"this mailbox has no stars", "Remove the star"}};

/* Why nothing outside may be changed; NULL when it may. */
static const char *why_planned(const struct triage *t)
{
	if (t->opt.inline_data)
		return "the mail was given in the input";
	if (t->opt.dry_run)
		return "dry run";
	return NULL;
}

static struct effect *add_effect(struct triage *t, struct item *it, const char *kind, const char *content)
{
	struct effect *e = &it->effects[it->effect_count++];

	memset(e, 0, sizeof *e);
	triage_name_effect(t, it, kind, content, &e->what);
	e->reason = why_planned(t);
	e->real = e->reason == NULL;
	return e;
}

const char *triage_undo_of_archive(struct triage *t, const char *where)
{
	const char *slash = where ? strrchr(where, '/') : NULL;

	if (t->has_box && strcmp(t->box.ops->kind, "maildir") == 0)
		return slash ? arena_printf(&t->arena, "Move %s to cur%s", where, slash)
		             : "Move the file from .Archive/cur back to cur";
	return where ? arena_printf(&t->arena, "Move the mail %s back to the inbox", where) : "Move the mail back to the inbox";
}

static void intend_archive(struct triage *t, struct item *it)
{
	struct effect *e = add_effect(t, it, "archive", NULL);

	if (e->real && !t->box.ops->can_archive) {
		e->reason = "this mailbox is only read";
		e->real = false;
	}
	e->undo = triage_undo_of_archive(t, NULL);
}

static void intend_mark(struct triage *t, struct item *it, const char *label)
{
	struct effect *e = add_effect(t, it, label ? "label" : "star", label);
	bool can = t->opt.inline_data || (label ? t->box.ops->can_label : t->box.ops->can_star);

	e->label = label;
	e->undo = marks[!label].undo;
	if (can)
		return;
	e->status = EFFECT_SKIPPED;
	e->reason = marks[!label].none;
	e->real = false;
}

/* Marks first: they go with the mail where it is moved. */
void triage_intend(struct triage *t)
{
	unsigned i;

	for (i = 0; i < t->count; i++) {
		struct item *it = &t->items[i];

		if (it->label)
			intend_mark(t, it, it->label);
		if (it->star)
			intend_mark(t, it, NULL);
		if (it->archive)
			intend_archive(t, it);
	}
}
