/* The output and the summary, which is made of the output's own counters. */
#include <stdio.h>
#include <string.h>

#include "agents/email_triage.h"
#include "base/json.h"

static const char *const statuses[] = {
	[EFFECT_PLANNED] = "planned", [EFFECT_DONE] = "done", [EFFECT_ALREADY_DONE] = "already_done",
	[EFFECT_SKIPPED] = "skipped", [EFFECT_FAILED] = "failed",
};

struct counts { unsigned urgent, archived, by_category[TRIAGE_CATEGORY__MAX]; };

/* Planned, done, or done before; skipped and failed ones are no actions. */
static bool has_effect(const struct item *it, const char *kind)
{
	unsigned i;

	for (i = 0; i < it->effect_count; i++)
		if (strcmp(it->effects[i].what.kind, kind) == 0 && it->effects[i].status <= EFFECT_ALREADY_DONE)
			return true;
	return false;
}

static const char *action_of(const struct item *it)
{
	if (has_effect(it, "archive"))
		return has_effect(it, "label") ? "archive_and_label" : "archive";
	if (has_effect(it, "star"))
		return "star";
	return has_effect(it, "label") ? "label" : "none";
}

static void count(const struct triage *t, struct counts *c)
{
	unsigned i;

	memset(c, 0, sizeof *c);
	for (i = 0; i < t->count; i++) {
		c->urgent += t->items[i].urgent;
		c->archived += has_effect(&t->items[i], "archive");
		c->by_category[t->items[i].category]++;
	}
}

static void put_sender(struct json_out *w, const struct mail_address *from)
{
	struct buf b;

	buf_init(&b, 2 * MAIL_VALUE_MAX);
	if (*from->name && *from->addr)
		buf_addf(&b, "%s <%s>", from->name, from->addr);
	else
		buf_adds(&b, *from->addr ? from->addr : from->name);
	json_put_str(w, "from", buf_str(&b));
	buf_release(&b);
}

static void put_item(struct json_out *w, const struct item *it)
{
	unsigned i;

	json_obj_open(w, NULL);
	json_put_str(w, "id", it->id);
	json_put_str(w, "thread_id", it->thread_id);
	put_sender(w, &it->mail.from);
	json_put_str(w, "subject", it->mail.subject);
	json_put_time(w, "received_at", it->received_ms);
	json_put_str(w, "category", triage_category_name(it->category));
	json_put_bool(w, "urgent", it->urgent);
	json_put_num(w, "score", it->score);
	json_arr_open(w, "reasons");
	for (i = 0; i < it->reason_count; i++)
		json_put_str(w, NULL, it->reasons[i]);
	json_arr_close(w);
	if (it->matched_rule >= 0)
		json_put_int(w, "matched_rule", it->matched_rule);
	else
		json_put_null(w, "matched_rule");
	json_put_time(w, "deadline", it->facts.deadline_ms);
	json_put_str(w, "action", action_of(it));
	json_put_null(w, "draft_id");
	json_obj_close(w);
}

static void put_stats(struct json_out *w, const struct triage *t, const struct counts *c)
{
	unsigned i;

	json_obj_open(w, "inbox_stats");
	json_put_int(w, "total", t->count);
	json_put_int(w, "urgent", c->urgent);
	json_put_int(w, "archived", c->archived);
	json_put_int(w, "needs_reply", c->by_category[TRIAGE_NEEDS_REPLY]);
	json_obj_open(w, "by_category");
	for (i = 0; i < TRIAGE_CATEGORY__MAX; i++)
		json_put_int(w, triage_category_name((enum triage_category)i), c->by_category[i]);
	json_obj_close(w);
	json_obj_close(w);
}

static void put_unparsed(struct json_out *w, const struct triage *t)
{
	struct json_object *rules = NULL;
	size_t n, i;

	json_object_object_get_ex(t->ctx->input, "rules", &rules);
	n = rules ? json_object_array_length(rules) : 0;
	json_arr_open(w, "rules_unparsed");
	for (i = 0; i < n; i++)
		if (!rules_understood(t->rules, (unsigned)i))
			json_put_str(w, NULL, json_object_get_string(json_object_array_get_idx(rules, i)));
	json_arr_close(w);
}

/* Why each of them was not understood, and what would be. */
static void put_help(struct json_out *w, const struct triage *t)
{
	struct json_object *rules = NULL;
	size_t n, i;

	json_object_object_get_ex(t->ctx->input, "rules", &rules);
	n = rules ? json_object_array_length(rules) : 0;
	json_arr_open(w, "rules_help");
	for (i = 0; i < n; i++) {
		if (rules_understood(t->rules, (unsigned)i))
			continue;
		json_obj_open(w, NULL);
		json_put_int(w, "index", (int64_t)i);
		json_put_str(w, "rule", json_object_get_string(json_object_array_get_idx(rules, i)));
		json_put_str(w, "problem", rules_problem(t->rules, (unsigned)i));
		json_put_str(w, "nearest", rules_nearest(t->rules, (unsigned)i));
		json_obj_close(w);
	}
	json_arr_close(w);
}

static void put_warnings(struct json_out *w, const struct triage *t)
{
	unsigned i;

	json_arr_open(w, "warnings");
	for (i = 0; i < t->warning_count; i++) {
		json_obj_open(w, NULL);
		json_put_str(w, "code", t->warnings[i].code);
		json_put_str(w, "message", t->warnings[i].message);
		if (t->warnings[i].item)
			json_put_str(w, "item", t->warnings[i].item);
		json_obj_close(w);
	}
	json_arr_close(w);
}

static void put_effect(struct json_out *w, const struct item *it, const struct effect *e)
{
	json_obj_open(w, NULL);
	json_put_str(w, "kind", e->what.kind);
	json_put_str(w, "target", it->id);
	if (e->label)
		json_put_str(w, "label", e->label);
	json_put_str(w, "status", statuses[e->status]);
	if (e->remote_id)
		json_put_str(w, "remote_id", e->remote_id);
	if (e->reason)
		json_put_str(w, "reason", e->reason);
	json_put_str(w, "undo", e->undo);
	json_obj_close(w);
}

static void put_effects(struct json_out *w, const struct triage *t)
{
	unsigned i, k;

	json_arr_open(w, "effects");
	for (i = 0; i < t->count; i++)
		for (k = 0; k < t->items[i].effect_count; k++)
			put_effect(w, &t->items[i], &t->items[i].effects[k]);
	json_arr_close(w);
}

static bool could_change(const struct triage *t)
{
	const struct triage_options *o = &t->opt;

	return !o->dry_run && t->has_box &&
	       ((t->box.ops->can_archive && o->apply_archive) || (t->box.ops->can_label && o->apply_label) ||
	        (t->box.ops->can_star && o->apply_star));
}

void triage_write(struct triage *t, struct agent_result *result)
{
	struct json_out w;
	struct counts c;
	unsigned i;

	count(t, &c);
	json_begin(&w, &result->output);
	json_obj_open(&w, NULL);
	json_arr_open(&w, "triaged");
	for (i = 0; i < t->count; i++)
		put_item(&w, &t->items[i]);
	json_arr_close(&w);
	put_stats(&w, t, &c);
	put_unparsed(&w, t);
	put_help(&w, t);
	json_put_str(&w, "engine_used", "builtin");
	put_warnings(&w, t);
	put_effects(&w, t);
	json_obj_close(&w);
	snprintf(result->summary, sizeof result->summary, "Triaged %u emails | %u urgent | %u archived%s", t->count,
	         c.urgent, c.archived, could_change(t) ? "" : " (dry run)");
}
