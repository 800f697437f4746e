/* A run's decisions as JSON, kept before its first effect: an attempt that follows one which died or lost its connection
 * goes on with them, and so reports all mails, those included that are in the archive by now. */
#include <string.h>

#include "agents/email_triage.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"

#define PLAN_FORM 1            /* another is not read: the mails are sorted anew */

/* ---- Writing ---- */

static void put_text(struct json_out *w, const char *key, const char *text)
{
	if (text)
		json_put_str(w, key, text);
}

static void put_item(struct json_out *w, const struct item *it)
{
	unsigned i;

	json_obj_open(w, NULL);
	json_put_str(w, "id", it->id);
	json_put_int(w, "arrived", it->ref.date_ms);
	json_put_int(w, "size", (int64_t)it->ref.size);
	json_put_int(w, "received", it->received_ms);
	json_put_str(w, "thread", it->thread_id);
	json_put_str(w, "name", it->mail.from.name);
	json_put_str(w, "address", it->mail.from.addr);
	json_put_str(w, "subject", it->mail.subject);
	json_put_str(w, "message_id", it->mail.message_id);
	json_put_str(w, "key", it->key);
	put_text(w, "copy", it->copy);
	put_text(w, "sender", it->sender.subject);
	put_text(w, "list", it->list.subject);
	json_put_int(w, "category", it->category);
	json_put_bool(w, "urgent", it->urgent);
	json_put_num(w, "score", it->score);
	json_put_int(w, "rule", it->matched_rule);
	json_put_int(w, "deadline", it->facts.deadline_ms);
	json_put_bool(w, "archive", it->archive);
	json_put_bool(w, "star", it->star);
	put_text(w, "label", it->label);
	json_arr_open(w, "reasons");
	for (i = 0; i < it->reason_count; i++)
		json_put_str(w, NULL, it->reasons[i]);
	json_arr_close(w);
	json_obj_close(w);
}

void triage_write_plan(const struct triage *t, struct buf *out)
{
	struct json_out w;
	unsigned i;

	json_begin(&w, out);
	json_obj_open(&w, NULL);
	json_put_int(&w, "form", PLAN_FORM);
	json_put_str(&w, "connection", t->connection);
	json_arr_open(&w, "items");
	for (i = 0; i < t->count; i++)
		put_item(&w, &t->items[i]);
	json_arr_close(&w);
	json_arr_open(&w, "warnings");
	for (i = 0; i < t->warning_count; i++) {
		json_obj_open(&w, NULL);
		json_put_str(&w, "code", t->warnings[i].code);
		json_put_str(&w, "message", t->warnings[i].message);
		put_text(&w, "item", t->warnings[i].item);
		json_obj_close(&w);
	}
	json_arr_close(&w);
	json_obj_close(&w);
}

/* ---- Reading ---- */

/* A text member, in the arena; what is absent is `otherwise`. */
static bool get_text(struct triage *t, struct json_object *o, const char *key, const char *otherwise, const char **out,
                     struct error *err)
{
	const char *text = NULL;

	if (!json_get_str(o, "plan", key, &text, err))
		return false;
	*out = text ? arena_strdup(&t->arena, text) : otherwise;
	return true;
}

static bool read_texts(struct triage *t, struct json_object *o, struct item *it, struct error *err)
{
	const struct { const char *key, *otherwise; const char **out; } texts[] = {
		{"id", "", &it->id}, {"thread", "", &it->thread_id}, {"name", "", &it->mail.from.name},
		{"address", "", &it->mail.from.addr}, {"subject", "", &it->mail.subject},
		{"message_id", "", &it->mail.message_id}, {"key", "", &it->key}, {"copy", NULL, &it->copy},
		{"sender", NULL, &it->sender.subject}, {"list", NULL, &it->list.subject}, {"label", NULL, &it->label},
	};
	unsigned i;

	for (i = 0; i < sizeof texts / sizeof *texts; i++)
		if (!get_text(t, o, texts[i].key, texts[i].otherwise, texts[i].out, err))
			return false;
	return strlen(it->id) < sizeof it->ref.id || err_set(err, ERR_INVALID_INPUT, "plan: an id is too long");
}

static bool read_reasons(struct triage *t, struct json_object *o, struct item *it, struct error *err)
{
	struct json_object *all = NULL;
	size_t n, i;

	if (!json_get_arr(o, "plan", "reasons", &all, err))
		return false;
	n = all ? json_object_array_length(all) : 0;
	for (i = 0; i < n && i < TRIAGE_REASONS_MAX; i++) {
		const char *reason = json_object_get_string(json_object_array_get_idx(all, i));

		it->reasons[it->reason_count++] = arena_strdup(&t->arena, reason ? reason : "");
	}
	return true;
}

static bool read_item(struct triage *t, struct json_object *o, struct item *it, struct error *err)
{
	int64_t category = 0, rule = -1, size = 0;

	memset(it, 0, sizeof *it);
	arena_init(&it->mail.arena);
	if (!read_texts(t, o, it, err) || !read_reasons(t, o, it, err) ||
	    !json_get_int(o, "plan", "arrived", INT64_MIN, INT64_MAX, &it->ref.date_ms, err) ||
	    !json_get_int(o, "plan", "size", 0, INT64_MAX, &size, err) ||
	    !json_get_int(o, "plan", "received", INT64_MIN, INT64_MAX, &it->received_ms, err) ||
	    !json_get_int(o, "plan", "category", 0, TRIAGE_CATEGORY__MAX - 1, &category, err) ||
	    !json_get_int(o, "plan", "rule", -1, RULES_MAX - 1, &rule, err) ||
	    !json_get_int(o, "plan", "deadline", INT64_MIN, INT64_MAX, &it->facts.deadline_ms, err) ||
	    !json_get_num(o, "plan", "score", &it->score, err) ||
	    !json_get_bool(o, "plan", "urgent", &it->urgent, err) ||
	    !json_get_bool(o, "plan", "archive", &it->archive, err) || !json_get_bool(o, "plan", "star", &it->star, err))
		return false;
	it->ref.size = (size_t)size;
	it->category = (enum triage_category)category;
	it->matched_rule = (int)rule;
	strcpy(it->ref.id, it->id);
	return true;
}

static bool read_items(struct triage *t, struct json_object *plan, struct error *err)
{
	struct json_object *all = NULL;
	size_t n, i;

	if (!json_get_arr(plan, "plan", "items", &all, err))
		return false;
	n = all ? json_object_array_length(all) : 0;
	t->items = mem_array(TRIAGE_EMAILS_MAX, sizeof *t->items);
	for (i = 0; i < n && i < TRIAGE_EMAILS_MAX; i++) {
		if (!read_item(t, json_object_array_get_idx(all, i), &t->items[i], err))
			return false;
		t->count++;
	}
	return true;
}

static bool read_warnings(struct triage *t, struct json_object *plan, struct error *err)
{
	struct json_object *all = NULL;
	size_t n, i;

	if (!json_get_arr(plan, "plan", "warnings", &all, err))
		return false;
	n = all ? json_object_array_length(all) : 0;
	for (i = 0; i < n; i++) {
		struct json_object *o = json_object_array_get_idx(all, i);
		const char *code, *message, *item;

		if (!get_text(t, o, "code", "", &code, err) || !get_text(t, o, "message", "", &message, err) ||
		    !get_text(t, o, "item", NULL, &item, err))
			return false;
		triage_warn(t, code, item, "%s", message);
	}
	return true;
}

/* Ids of mails mean nothing in another mailbox. */
static bool of_this_mailbox(struct triage *t, struct json_object *plan, struct error *err)
{
	const char *connection = NULL;

	return json_get_str(plan, "plan", "connection", &connection, err) &&
	       ((connection && strcmp(connection, t->connection) == 0) ||
	        err_set(err, ERR_INVALID_INPUT, "plan: another mailbox is connected by now"));
}

/* Half a plan is none. */
static void forget(struct triage *t)
{
	unsigned i;

	for (i = 0; i < t->count; i++)
		mail_release(&t->items[i].mail);
	mem_free(t->items);
	t->items = NULL;
	t->count = t->warning_count = 0;
}

bool triage_resume(struct triage *t, bool *resumed, struct error *err)
{
	struct json_object *plan = NULL;
	struct error why = {0};
	const char *text;
	int64_t form = 0;
	size_t n;

	*resumed = false;
	if (t->opt.inline_data)
		return true;
	if (!t->ctx->host->resume(t->ctx->host_data, &text, &n, err))
		return false;
	if (!text)
		return true;
	*resumed = json_read(text, n, JSON_DEPTH_MAX, &plan, NULL, NULL, &why) &&
	           json_get_int(plan, "plan", "form", PLAN_FORM, PLAN_FORM, &form, &why) &&
	           of_this_mailbox(t, plan, &why) && read_items(t, plan, &why) && read_warnings(t, plan, &why);
	if (!*resumed) {
		log_error("a plan is left: the mails are sorted anew", &why);
		forget(t);
	}
	json_object_put(plan);
	return true;
}
