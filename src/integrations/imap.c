/* A folder on an IMAP server. Settings of the connection: {"url": "imaps://HOST[:PORT][/FOLDER]", "username": N,
 * "password": P, "ca": PEM of the only certificates to trust (optional), "plaintext": true where imap:// is spoken
 * without TLS (optional), "address": the owner's (optional)}. One connection per run; mails are read so that they stay
 * unread, and named by UIDVALIDITY and UID. */
#include "integrations/imap_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "integrations/mail.h"

/* ---- Select ---- */

struct selecting { uint32_t validity; bool keywords; };

static bool on_select(void *ctx, const struct imap_answer *a)
{
	struct selecting *s = ctx;
	struct imap_reader args = a->code_args;
	struct imap_token t;
	uint64_t n;

	if (a->kind != IMAP_STATUS)
		return true;
	t = imap_next(&args);
	if (strcmp(a->code, "UIDVALIDITY") == 0) {
		if (!imap_number(&t, UINT32_MAX, &n))
			return false;
		s->validity = (uint32_t)n;
	} else if (strcmp(a->code, "PERMANENTFLAGS") == 0) {
		s->keywords = t.kind == IMAP_OPEN && imap_list_has(args, "\\*");
	}
	return true;
}

static bool select_folder(struct imapbox *b, const char *folder, bool writable, struct selecting *s,
                          struct imap_status *status, struct error *err)
{
	struct imap_command c;

	memset(s, 0, sizeof *s);
	b->selected[0] = '\0';
	imap_begin(&c, writable ? "SELECT" : "EXAMINE");
	imap_add(&c, " ");
	imap_add_string(&c, folder);
	if (!imap_run(b->conn, &c, on_select, s, status, err))
		return false;
	if (status->condition == IMAP_OK) {
		snprintf(b->selected, sizeof b->selected, "%s", folder);
		b->writable = writable && strcmp(status->code, "READ-ONLY") != 0;
	}
	return true;
}

bool imapbox_enter(struct imapbox *b, struct error *err)
{
	struct imap_status status;
	struct selecting s;

	if (strcmp(b->selected, b->inbox) == 0)
		return true;
	if (!select_folder(b, b->inbox, true, &s, &status, err))
		return false;
	if (status.condition != IMAP_OK)
		return imap_refused(&status, "The connected folder cannot be opened", err);
	if (s.validity == 0)
		return err_set(err, ERR_EXECUTION_FAILED, "The mail server gives mails no lasting ids (UIDVALIDITY)");
	b->validity = s.validity;
	b->keywords = s.keywords;
	return true;
}

struct naming { const char *name; bool there; };

static bool on_named(void *ctx, const struct imap_answer *a)
{
	struct naming *n = ctx;
	struct imap_folder f;

	if (a->kind == IMAP_DATA && strcmp(a->name, "LIST") == 0 && imap_folder_read(a->rest, &f))
		n->there |= !f.closed && strcmp(f.name, n->name) == 0;
	return true;
}

/* Why it was not opened: a server that cannot look now has not said that there is no such folder. */
static bool is_missing(struct imapbox *b, const char *folder, const struct imap_status *why, bool *missing,
                       struct error *err)
{
	struct naming n = {folder, false};
	struct imap_status status;
	struct imap_command c;

	*missing = strcmp(why->code, "NONEXISTENT") == 0 || strcmp(why->code, "TRYCREATE") == 0;
	if (*missing || why->condition != IMAP_NO || *why->code)
		return true;
	imap_begin(&c, "LIST \"\" ");
	imap_add_string(&c, folder);
	if (!imap_do(b->conn, &c, on_named, &n, &status, "The folders cannot be listed", err))
		return false;
	*missing = !n.there;
	return true;
}

bool imapbox_look_into(struct imapbox *b, const char *folder, bool *found, struct error *err)
{
	struct imap_status status;
	struct selecting s;
	bool missing;

	*found = true;
	if (strcmp(folder, b->inbox) == 0) {
		if (!imapbox_enter(b, err))
			return false;
		b->looked_validity = b->validity;
		return true;
	}
	if (strcmp(b->selected, folder) == 0)
		return true;
	if (!select_folder(b, folder, false, &s, &status, err))
		return false;
	b->looked_validity = s.validity;
	if (status.condition == IMAP_OK)
		return true;
	*found = false;
	return is_missing(b, folder, &status, &missing, err) &&
	       (missing || imap_refused(&status, "A folder cannot be opened", err));
}

bool imapbox_read_id(const char *id, uint32_t *validity, uint32_t *uid)
{
	uint64_t v, u;
	size_t n = strcspn(id, ".");
	struct imap_token a = {IMAP_ATOM, id, n}, b = {IMAP_ATOM, id + n + 1, 0};

	if (!id[n])
		return false;
	b.n = strlen(b.p);
	if (!imap_number(&a, UINT32_MAX, &v) || !imap_number(&b, UINT32_MAX, &u) || v == 0 || u == 0)
		return false;
	*validity = (uint32_t)v;
	*uid = (uint32_t)u;
	return true;
}

/* ---- Open and close ---- */

static char *copy_of(const char *text)
{
	return text ? mem_strdup(text) : NULL;
}

static void wipe(char *secret)
{
	if (secret)
		mem_wipe(secret, strlen(secret));
	mem_free(secret);
}

static void imapbox_close(struct mailbox *m)
{
	struct imapbox *b = m->data;

	if (!b)
		return;
	imap_close(b->conn);
	imapbox_forget(b);
	mem_free(b->listed);
	mem_free(b->user);
	wipe(b->password);
	mem_free(b->ca);
	mem_free(b);
	m->data = NULL;
}

static bool read_settings(struct imapbox *b, struct json_object *settings, const struct outbound_rules *rules,
                          struct imap_options *o, struct error *err)
{
	struct mail_url *url = &o->url;
	const char *text = NULL, *user = NULL, *password = NULL, *ca = NULL;

	if (!json_get_str(settings, "settings", "url", &text, err) ||
	    !json_get_str(settings, "settings", "username", &user, err) ||
	    !json_get_str(settings, "settings", "password", &password, err) ||
	    !json_get_str(settings, "settings", "ca", &ca, err) ||
	    !json_get_bool(settings, "settings", "plaintext", &o->plaintext, err))
		return false;
	if (!text || !user || !password)
		return err_set(err, ERR_INTEGRATION_NOT_CONNECTED, "The connection lacks url, username or password: connect the"
		               " mailbox again");
	if (!rules)
		return err_set(err, ERR_EXECUTION_FAILED, "No network may be used here, so the mail server cannot be reached");
	if (!outbound_check_mail_url(rules, text, "The mail server's URL", url, err)) {
		/* the input is not at fault */
		err->code = ERR_EXECUTION_FAILED;
		err->field[0] = '\0';
		return false;
	}
	if (!imap_name_encode(*url->folder ? url->folder : "INBOX", b->inbox, sizeof b->inbox))
		return err_set(err, ERR_EXECUTION_FAILED, "The name of the connected folder is too long");
	b->user = copy_of(user);
	b->password = copy_of(password);
	b->ca = copy_of(ca);
	return true;
}

static bool imapbox_open(struct mailbox *m, struct json_object *settings, const struct mailbox_env *env,
                         struct error *err)
{
	struct imapbox *b = mem_zalloc(sizeof *b);
	struct imap_options o = {.rules = env->rules, .ca_file = env->ca_file, .stopped = env->stopped, .data = env->data,
	                         .deadline_ms = env->deadline_ms, .literal_max = MAILBOX_MESSAGE_MAX};

	m->data = b;
	if (!read_settings(b, settings, env->rules, &o, err))
		goto fail;
	o.user = b->user;
	o.password = b->password;
	o.ca = b->ca;
	b->conn = imap_open(&o, err);
	if (!b->conn || !imapbox_enter(b, err))
		goto fail;
	m->mails = imap_exists(b->conn);
	return true;
fail:
	imapbox_close(m);
	return false;
}

const struct mailbox_ops imap_ops = {
	.kind = "imap",
	.open = imapbox_open,
	.close = imapbox_close,
	.list = imapbox_list,
	.fetch = imapbox_fetch,
	.archive = imapbox_archive,
	.in_archive = imapbox_in_archive,
	.mark = imapbox_mark,
	.sent = imapbox_sent,
	.can_archive = true,
	.can_label = true,
	.can_star = true,
};
