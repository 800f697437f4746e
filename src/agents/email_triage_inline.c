/* Mails that the input itself holds: emails[] and mbox. */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "agents/email_triage.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"

#define PATH "input_payload"

/* One mail of the input before it is known whether it is among the newest. */
struct candidate { struct json_object *email; size_t from, to; int64_t date_ms; unsigned position; };

static bool take_email(struct triage *t, const struct candidate *c, struct error *err)
{
	struct item *it = &t->items[t->count];
	const char *id = NULL;
	struct buf raw;
	bool ok;

	buf_init(&raw, 8u << 20);
	ok = json_get_str(c->email, PATH ".emails", "id", &id, err) && triage_compose(c->email, &raw, err);
	if (ok) {
		bool cut = raw.len > MAILBOX_MESSAGE_MAX;

		mail_parse(&it->mail, buf_str(&raw), raw.len, cut);
		it->id = id && *id ? id : arena_printf(&t->arena, "email:%u", c->position);
		it->unread = true;
		triage_finish_item(t, it);
		if (!it->received_ms && mail_header(&it->mail, "Date"))
			triage_warn(t, "DATE_UNREADABLE", it->id, "Its date is neither RFC 3339 nor RFC 5322: it was sorted without one");
		t->count++;
	}
	buf_release(&raw);
	return ok;
}

static void take_message(struct triage *t, const struct candidate *c, const char *mbox)
{
	struct item *it = &t->items[t->count++];
	size_t n = c->to - c->from;
	char *text = mem_strndup(mbox + c->from, n);
	bool cut;

	n = mbox_unescape(text, n);
	cut = n > MAILBOX_MESSAGE_MAX;
	mail_parse(&it->mail, text, n, cut);
	mem_free(text);
	it->id = arena_printf(&t->arena, "mbox:%u", c->position);
	it->unread = true;
	triage_finish_item(t, it);
}

struct gathering { struct candidate *all; unsigned count, mbox_count; };

static void count_message(void *ctx, uint64_t offset, int64_t date_ms)
{
	++*(size_t *)ctx;
}

static void note_message(void *ctx, uint64_t offset, int64_t date_ms)
{
	struct gathering *g = ctx;

	if (g->mbox_count > 0)
		g->all[g->count - 1].to = offset;
	g->all[g->count++] = (struct candidate){.from = offset, .date_ms = date_ms, .position = g->mbox_count++};
}

static void split_mbox(const char *mbox, void (*each)(void *, uint64_t, int64_t), void *ctx)
{
	struct mbox_splitter s;

	mbox_splitter_init(&s, each, ctx);
	mbox_splitter_feed(&s, mbox, strlen(mbox));
	mbox_splitter_end(&s);
}

/* One mail is taken without its "From " line; what is none is not sorted. */
static void gather_other(struct triage *t, struct gathering *g, const char *mbox)
{
	enum mbox_seen seen = mbox_look(mbox, strlen(mbox));
	bool mail = seen == MBOX_SEEN_MAIL || seen == MBOX_SEEN_UNDATED;

	if (mail)
		g->all[g->count++] = (struct candidate){.to = strlen(mbox)};
	if (seen != MBOX_SEEN_NOTHING)
		triage_warn_no_mbox(t, "mbox of the input", mbox_seen_text(seen),
		                    mail ? "it was read as one" : "nothing was read");
}

static void gather_messages(struct triage *t, struct gathering *g, const char *mbox)
{
	split_mbox(mbox, note_message, g);
	if (g->mbox_count > 0)
		g->all[g->count - 1].to = strlen(mbox);
	else
		gather_other(t, g, mbox);
}

/* Of one date: as in a connected mbox what stands later came later; emails[] is taken in its own order. */
static int newest_first(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->date_ms != y->date_ms)
		return x->date_ms < y->date_ms ? 1 : -1;
	if (!x->email != !y->email)
		return x->email ? -1 : 1;
	return x->email ? (x->position > y->position) - (x->position < y->position)
	                : (x->position < y->position) - (x->position > y->position);
}

static int64_t email_date(struct json_object *email)
{
	struct error ignored;
	const char *date = NULL;
	struct mail m;
	int64_t ms = 0;
	char *head;
	size_t n;

	if (!json_get_str(email, PATH, "date", &date, &ignored) || !date || clock_parse(date, &ms))
		return ms;
	n = strlen(date);
	head = mem_alloc(n + 8);
	snprintf(head, n + 8, "Date: %s", date);
	mail_parse(&m, head, strlen(head), false);
	ms = m.date_ms;
	mail_release(&m);
	mem_free(head);
	return ms;
}

static bool gather_emails(struct gathering *g, struct json_object *list, struct error *err)
{
	size_t n = list ? json_object_array_length(list) : 0, i;

	for (i = 0; i < n; i++) {
		struct json_object *email = json_object_array_get_idx(list, i);

		if (!json_object_is_type(email, json_type_object))
			return err_field(err, PATH ".emails", PATH ".emails must hold objects");
		g->all[g->count++] = (struct candidate){.email = email, .date_ms = email_date(email), .position = (unsigned)i};
	}
	return true;
}

/* When there are more than were asked for the newest are taken. */
static bool take_candidates(struct triage *t, struct gathering *g, const char *mbox, struct error *err)
{
	unsigned i;

	if (g->count > t->opt.max_emails) {
		qsort(g->all, g->count, sizeof *g->all, newest_first);
		triage_warn(t, "EMAILS_LEFT_OUT", NULL, "%u mails were given: the newest %" PRId64 " were looked at",
		            g->count, t->opt.max_emails);
		g->count = (unsigned)t->opt.max_emails;
	}
	for (i = 0; i < g->count; i++) {
		if (t->ctx->host->stopped(t->ctx->host_data))
			return err_set(err, ERR_CANCELLED, "The run was stopped");
		if (!g->all[i].email)
			take_message(t, &g->all[i], mbox);
		else if (!take_email(t, &g->all[i], err))
			return false;
	}
	return true;
}

/* Room for all: how many there can be is bounded by the input's size. */
static struct candidate *room_for(struct json_object *emails, const char *mbox)
{
	size_t n = emails ? json_object_array_length(emails) : 0;

	if (mbox)
		split_mbox(mbox, count_message, &n);
	return mem_array(n + 1, sizeof(struct candidate));
}

bool triage_gather_inline(struct triage *t, struct error *err)
{
	struct gathering g = {.count = 0};
	struct json_object *emails = NULL;
	const char *mbox = NULL;
	bool ok;

	if (!json_get_arr(t->ctx->input, PATH, "emails", &emails, err) ||
	    !json_get_str(t->ctx->input, PATH, "mbox", &mbox, err))
		return false;
	g.all = room_for(emails, mbox);
	ok = gather_emails(&g, emails, err);
	if (ok) {
		if (mbox)
			gather_messages(t, &g, mbox);
		ok = take_candidates(t, &g, mbox, err);
	}
	mem_free(g.all);
	return ok;
}

struct given_id { char id[256]; size_t position; };

static int by_id(const void *a, const void *b)
{
	const struct given_id *x = a, *y = b;
	int order = strcmp(x->id, y->id);

	return order ? order : (x->position > y->position) - (x->position < y->position);
}

/* Effects name their mail by its id. */
bool triage_check_ids(struct triage *t, struct error *err)
{
	struct json_object *list = NULL;
	struct given_id *all;
	size_t n, i;
	bool ok;

	if (!json_get_arr(t->ctx->input, PATH, "emails", &list, err))
		return false;
	n = list ? json_object_array_length(list) : 0;
	all = mem_array(n + 1, sizeof *all);
	for (i = 0, ok = true; i < n && ok; i++) {
		const char *id = NULL;

		ok = json_get_str(json_object_array_get_idx(list, i), PATH ".emails", "id", &id, err);
		all[i].position = i;
		if (id && *id)
			snprintf(all[i].id, sizeof all[i].id, "%s", id);
		else
			snprintf(all[i].id, sizeof all[i].id, "email:%zu", i);
	}
	qsort(all, ok ? n : 0, sizeof *all, by_id);
	for (i = 1; i < n && ok; i++)
		if (strcmp(all[i].id, all[i - 1].id) == 0) {
			char field[60];

			snprintf(field, sizeof field, PATH ".emails[%zu].id", all[i].position);
			ok = err_field(err, field, "Two mails have the id \"%.100s\": an id names one mail", all[i].id);
		}
	mem_free(all);
	return ok;
}
