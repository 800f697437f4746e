/* What an account wants to be told of by mail, and the link by which a mail's reader wants no more. */
#include <string.h>

#include "api/app.h"
#include "api/handlers.h"
#include "api/once.h"
#include "core/preferences.h"
#include "core/unsubscribe.h"
#include "http/response.h"

#define ANSWER_MAX 4096
#define PAGE_MAX   4096

/* ---- preferences ---- */

static void answer(struct request *r, unsigned in_force)
{
	struct json_out w;
	struct buf b;

	buf_init(&b, ANSWER_MAX);
	envelope_open(&w, &b);
	json_obj_open(&w, "data");
	preferences_put(&w, in_force);
	json_obj_close(&w);
	envelope_close(&w);
	respond_json(r, 200, NULL, &b);
	buf_release(&b);
}

void notifications_get(struct request *r)
{
	struct error err = {0};
	unsigned in_force;

	if (preferences_find(r->app->db, r->auth->principal.account_id, &in_force, &err))
		answer(r, in_force);
	else
		respond_error(r, &err);
}

/* true, false, or null: as the plan has it. */
static bool read_kind(struct json_object *body, enum notification kind, struct preferences_patch *p, struct error *err)
{
	const char *name = notification_name(kind);
	struct json_object *member = NULL;
	bool on = false;

	if (!json_object_object_get_ex(body, name, &member))
		return true;
	if (!json_get_bool(body, "", name, &on, err))
		return false;
	*(!member ? &p->plan : on ? &p->on : &p->off) |= 1u << kind;
	return true;
}

static bool read_patch(const struct request *r, struct preferences_patch *p, struct error *err)
{
	const char *known[NOTE__MAX + 1] = {NULL};
	struct json_object *body = NULL;
	unsigned i;
	bool ok;

	for (i = 0; i < NOTE__MAX; i++)
		known[i] = notification_name((enum notification)i);
	ok = json_read_members(buf_str(&r->body), r->body.len, known, &body, err);
	for (i = 0; ok && i < NOTE__MAX; i++)
		ok = read_kind(body, (enum notification)i, p, err);
	json_object_put(body);
	return ok;
}

void notifications_update(struct request *r)
{
	struct actor who = request_actor(r);
	struct preferences_patch p = {.on = 0};
	struct error err = {0};
	unsigned in_force;

	if (read_patch(r, &p, &err) &&
	    preferences_update(r->app->db, &who, r->auth->principal.account_id, "notifications.update", &p, &in_force, &err))
		answer(r, in_force);
	else
		respond_error(r, &err);
}

/* ---- the link ---- */

static const char *const told_of[NOTE__MAX] = {
	[NOTE_RUN_SUCCESS] = "runs that finished", [NOTE_RUN_FAILED] = "runs that failed",
	[NOTE_ENDPOINT_DISABLED] = "webhook endpoints that were disabled",
	[NOTE_INTEGRATION_DISCONNECTED] = "integrations that were disconnected", [NOTE_TRIAL_ENDING] = "trials that end",
	[NOTE_QUOTA_80] = "80&nbsp;% of the month's runs being used", [NOTE_QUOTA_100] = "all of the month's runs being used",
	[NOTE_SCHEDULE_PAUSED] = "schedules that were paused"};

/* A mail tells of several kinds, and its link is for all of them. */
static void put_kinds(struct buf *out, unsigned kinds)
{
	const char *between = "";
	unsigned i;

	for (i = 0; i < NOTE__MAX; i++)
		if (kinds >> i & 1) {
			buf_addf(out, "%s%s", between, told_of[i]);
			between = ", ";
		}
}

/* For people, who have come from their mail: nothing is fetched for it, and where the form goes nobody else is told. */
static void answer_page(struct request *r, int status, const char *title, const char *text, bool button)
{
	static const char extra[] =
		"Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; form-action 'self';"
		" frame-ancestors 'none'; base-uri 'none'\r\n"
		"Referrer-Policy: same-origin\r\nX-Content-Type-Options: nosniff\r\nX-Robots-Tag: noindex\r\n";
	struct buf b;

	buf_init(&b, PAGE_MAX);
	buf_addf(&b,
	         "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>%s</title>\n"
	         "<meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\">\n"
	         "<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem}"
	         "button{font:inherit;padding:.5rem 1.25rem}</style></head>\n<body><h1>%s</h1><p>%s</p>%s</body></html>\n",
	         title, title, text,
	         button ? "<form method=\"post\"><button type=\"submit\">Unsubscribe</button></form>" : "");
	respond(r, status, extra, "text/html; charset=utf-8", b.data, b.len);
	buf_release(&b);
}

static void answer_kinds(struct request *r, const char *title, const char *before, unsigned kinds, const char *after,
                         bool button)
{
	struct buf text;

	buf_init(&text, PAGE_MAX);
	buf_adds(&text, before);
	put_kinds(&text, kinds);
	buf_adds(&text, after);
	answer_page(r, 200, title, buf_str(&text), button);
	buf_release(&text);
}

static void answer_failure(struct request *r, const struct error *err)
{
	if (err->code == ERR_NOT_FOUND)
		answer_page(r, 404, "This link is not valid", "It may have been cut off on its way. What is sent by mail can be"
		            " chosen in the account's settings, too.", false);
	else
		respond_error(r, err);
}

/* Changes nothing: whatever looks at mails on their way follows their links. */
void unsubscribe_get(struct request *r)
{
	struct unsubscribe u;
	struct error err = {0};

	if (unsubscribe_open(r->app->secrets, r->param, &u, &err))
		answer_kinds(r, "Unsubscribe", "Press the button to be sent no more mails about ", u.kinds, ".", true);
	else
		answer_failure(r, &err);
}

void unsubscribe_post(struct request *r)
{
	struct unsubscribe u;
	struct error err = {0};

	if (unsubscribe_do(r->app->db, r->app->secrets, r->param, r->remote_addr, &u, &err))
		answer_kinds(r, "You are unsubscribed", "You will be sent no more mails about ", u.kinds,
		             ". They can be turned on again in the account's settings.", false);
	else
		answer_failure(r, &err);
}
