/* Connections: what is needed to reach a mailbox, looked at, sealed and stored. */
#include "core/admin_priv.h"
#include "core/audit.h"
#include "core/names.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "integrations/mailbox.h"
#include "net/outbound.h"

#define PATH_SIZE     2048
#define SECRET_MAX    1000
#define SETTINGS_MAX  49152
#define CHECK_MS      45000      /* for the look at a mailbox on a server */
#define CONTEXT_SIZE  128
#define SEALED_MAX    65535      /* bytes of the column */

struct new_connection {
	uint64_t account_id;
	const char *integration, *kind, *place, *context;
	struct secrets *secrets;
	const struct buf *settings;
	struct buf sealed;
	int64_t now_ms;
	struct id user_id, id;
	struct audit_draft told;
};

static bool connection_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct new_connection *n = ctx;

	buf_reset(&n->sealed);
	return secrets_seal(n->secrets, c, n->context, n->settings->data, n->settings->len, &n->sealed, err) &&
	       connection_put(c, n->account_id, n->integration, n->kind, n->sealed.data, n->sealed.len,
	                      n->now_ms, &n->id, err) &&
	       audit_write(c, audit_entry(&n->told), err);
}

/* An mbox begins with a message, or is empty as before the first one. What is at path has just been opened as an
 * mbox, so it is a file. */
static bool begins_as_mbox(const char *path, struct error *err)
{
	static const char from[] = "From ";
	char head[sizeof from - 1];
	ssize_t got = -1;
	bool ok = false;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0) {
		while ((got = pread(fd, head, sizeof head, 0)) < 0 && errno == EINTR)
			;
	}
	if (got < 0)
		err_field(err, "path", "Cannot read the mbox %.200s: %s", path, strerror(errno));
	else if (got > 0 && (got < (ssize_t)sizeof head || memcmp(head, from, sizeof head) != 0))
		err_field(err, "path", "%.200s is no mbox: it does not begin with \"From \"", path);
	else
		ok = true;
	if (fd >= 0)
		close(fd);
	return ok;
}

/* What a run would fail on is wrong input here; a server that is away is not. */
static bool can_open(const struct admin *a, const struct mailbox_spec *spec, const struct buf *settings, int64_t *mails,
                     struct error *err)
{
	struct mailbox_env env = {.rules = a->outbound, .deadline_ms = clock_now_ms() + CHECK_MS};
	struct json_object *object = NULL;
	struct mailbox m;
	bool ok = json_read(settings->data, settings->len, JSON_DEPTH_MAX, &object, NULL, NULL, err) &&
		  mailbox_open(&m, spec->kind, object, &env, err);

	if (ok) {
		*mails = m.mails;
		mailbox_close(&m);
	} else if (spec->path && err->code == ERR_EXECUTION_FAILED) {
		/* whoever is told of a run may be no operator; here the path was just given by one */
		err_field(err, "path", "%.200s: %.800s", spec->path, err->message);
	} else if (!err->retryable && (err->code == ERR_EXECUTION_FAILED || err->code == ERR_INTEGRATION_NOT_CONNECTED)) {
		err->code = ERR_INVALID_INPUT;
	}
	json_wipe_str(object, "password");
	json_object_put(object);
	return ok && (strcmp(spec->kind, "mbox") != 0 || begins_as_mbox(spec->path, err));
}

/* ---- What is told of a mailbox ---- */

/* The rules are asked again whenever it is connected to: here only its form counts. */
static bool check_server(const struct mailbox_spec *s, struct error *err)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----";
	struct outbound_rules *anywhere = outbound_rules_new("0.0.0.0/0,::/0", err);
	struct mail_url url;
	bool ok = anywhere && outbound_check_mail_url(anywhere, s->url, "--imap", &url, err);

	outbound_rules_free(anywhere);
	if (!ok) {
		snprintf(err->field, sizeof err->field, "imap");
		return false;
	}
	if (s->plaintext && url.tls)
		return err_field(err, "plaintext", "What begins with imaps:// is encrypted: --plaintext is for imap://");
	if (!name_check(s->username, NULL))
		return err_field(err, "username", "The user name is 1 to 200 bytes of UTF-8 without control characters");
	if (!*s->password || strlen(s->password) > SECRET_MAX || !json_utf8_valid(s->password, strlen(s->password)))
		return err_field(err, "password-file", "The password is 1 to %d bytes of UTF-8", SECRET_MAX);
	if (s->ca && (!strstr(s->ca, begin) || strlen(s->ca) > MAILBOX_CA_MAX || !json_utf8_valid(s->ca, strlen(s->ca))))
		return err_field(err, "ca-file", "The certificates to trust are PEM (%s), at most %d bytes", begin,
		                 MAILBOX_CA_MAX);
	return true;
}

static bool check_place(const struct mailbox_spec *s, struct error *err)
{
	return (*s->path == '/' && strlen(s->path) < PATH_SIZE && json_utf8_valid(s->path, strlen(s->path))) ||
	       err_field(err, "path", "The mailbox's path is an absolute one in UTF-8, at most %d bytes long", PATH_SIZE - 1);
}

static void put_some(struct json_out *w, const char *key, const char *value)
{
	if (value)
		json_put_str(w, key, value);
}

static bool write_settings(const struct mailbox_spec *s, struct buf *out, struct error *err)
{
	struct json_out w;

	if (!(s->url ? check_server : check_place)(s, err))
		return false;
	if (s->address && (!strchr(s->address, '@') || !name_check(s->address, NULL)))
		return err_field(err, "address", "\"%.200s\" is not an e-mail address", s->address);
	json_begin(&w, out);
	json_obj_open(&w, NULL);
	put_some(&w, "path", s->path);
	put_some(&w, "url", s->url);
	put_some(&w, "username", s->username);
	put_some(&w, "password", s->password);
	put_some(&w, "ca", s->ca);
	if (s->plaintext)
		json_put_bool(&w, "plaintext", true);
	put_some(&w, "address", s->address);
	json_obj_close(&w);
	/* escaped it may be longer than what is given; one that was cut off must not be sealed */
	return !out->failed ||
	       err_set(err, ERR_INVALID_INPUT, "What is given for the connection is longer than %d bytes together", SETTINGS_MAX);
}

/* ---- Add, list and remove ---- */

static bool place_of(const char *kind, const struct buf *settings, struct buf *out)
{
	struct json_object *object = NULL;
	bool ok = json_read(settings->data, settings->len, JSON_DEPTH_MAX, &object, NULL, NULL, NULL);

	if (ok)
		admin_place_key(kind, object, out);
	json_wipe_str(object, "password");
	json_object_put(object);
	return ok && !out->failed;
}

/* Who logs in with another password, or trusts another certificate, still comes to the same mailbox. */
static bool same_place(const char *kind, const struct buf *one, const struct buf *place)
{
	struct buf other;
	bool same;

	buf_init(&other, SETTINGS_MAX);
	same = place_of(kind, one, &other) && other.len == place->len && memcmp(other.data, place->data, other.len) == 0;
	buf_release(&other);
	return same;
}

/* Made of the account and the place, so that a connection to where one was before has the id it had, whatever was
 * connected between. */
static struct id id_of_place(const struct new_connection *n, const struct buf *place)
{
	uint8_t hash[SHA256_SIZE];
	struct crypto_part parts[2] = {{n->integration, strlen(n->integration) + 1}, {place->data, place->len}};
	struct id id;

	crypto_hmac_parts(n->user_id.b, sizeof n->user_id.b, parts, 2, hash);
	memcpy(id.b, hash, sizeof id.b);
	return id;
}

/* A connection to the same place keeps its id, and so what was done there before is known. One that stands keeps the id
 * that it was given, also where it was not made of the place. */
static bool choose_id(struct admin *a, struct new_connection *n, const struct buf *settings, const char *context,
                      struct error *err)
{
	struct db_conn *c = db_get(a->db, err);
	struct buf sealed, plain, place;
	struct error why;
	struct id was;
	char kind[32];
	bool found = false, ok;

	buf_init(&sealed, SEALED_MAX);
	buf_init_secret(&plain, SETTINGS_MAX);
	buf_init(&place, SETTINGS_MAX);
	ok = c && connection_load(c, n->account_id, n->integration, true, &was, kind, &sealed, NULL, &found, err);
	db_put(a->db, c);
	if (ok && !place_of(n->kind, settings, &place))
		ok = err_set(err, ERR_INTERNAL, "The settings of connection %s cannot be read again", n->integration);
	if (ok)
		n->id = id_of_place(n, &place);
	if (ok && found && strcmp(kind, n->kind) == 0 &&
	    secrets_unseal(a->secrets, context, sealed.data, sealed.len, &plain, &why) && same_place(kind, &plain, &place))
		n->id = was;
	buf_release(&place);
	buf_release(&plain);
	buf_release(&sealed);
	return ok;
}

static const char *place_text(const struct buf *settings, struct arena *arena)
{
	struct json_object *object = NULL;
	const char *text = NULL;

	if (json_read(settings->data, settings->len, JSON_DEPTH_MAX, &object, NULL, NULL, NULL))
		text = admin_place_text(object, arena);
	json_wipe_str(object, "password");
	json_object_put(object);
	return text;
}

static void context_of(uint64_t account_id, const char *integration, char out[CONTEXT_SIZE])
{
	snprintf(out, CONTEXT_SIZE, "account:%" PRIu64 ":connection:%s", account_id, integration);
}

static void find_place(struct admin *a, uint64_t account_id, struct connection_row *r, struct arena *arena)
{
	char context[CONTEXT_SIZE];
	struct buf plain;

	buf_init_secret(&plain, SETTINGS_MAX);
	context_of(account_id, r->integration, context);
	if (secrets_unseal(a->secrets, context, r->sealed, r->sealed_len, &plain, NULL))
		r->place = place_text(&plain, arena);
	buf_release(&plain);
}

static bool seal_and_put(struct admin *a, struct new_connection *n, const struct buf *settings, struct error *err)
{
	char context[CONTEXT_SIZE];
	bool ok;

	context_of(n->account_id, n->integration, context);
	n->secrets = a->secrets;
	n->context = context;
	n->settings = settings;
	audit_open(&n->told, &a->actor, n->account_id, "connection.add", n->integration);
	json_put_str(&n->told.w, "kind", n->kind);
	json_put_str(&n->told.w, "place", n->place);
	ok = choose_id(a, n, settings, context, err) && db_transaction(a->db, connection_body, NULL, n, err);
	audit_release(&n->told);
	return ok;
}

bool admin_connection_add(struct admin *a, const char *user, const char *integration, const struct mailbox_spec *spec,
                          bool check, struct arena *arena, struct connection_row *out, int64_t *mails,
                          struct error *err)
{
	struct new_connection n = {.integration = integration, .kind = spec->kind, .now_ms = clock_now_ms()};
	struct account account;
	struct buf settings;
	bool ok;

	*mails = -1;
	buf_init_secret(&settings, SETTINGS_MAX);
	/* it does not move, so that no copy of the password is left behind */
	buf_reserve(&settings, SETTINGS_MAX - 1);
	buf_init(&n.sealed, SEALED_MAX);
	ok = admin_user_find(a, user, &account, err) && write_settings(spec, &settings, err) &&
	     (!check || can_open(a, spec, &settings, mails, err));
	if (ok) {
		n.account_id = account.id;
		n.user_id = account.public_id;
		n.place = place_text(&settings, arena);
		ok = seal_and_put(a, &n, &settings, err);
	}
	if (ok) {
		*out = (struct connection_row){.id = n.id, .created_at = n.now_ms, .place = n.place};
		snprintf(out->integration, sizeof out->integration, "%s", integration);
		snprintf(out->kind, sizeof out->kind, "%s", spec->kind);
		bell_ring_all(a->ringer, RESPONDER_PROGRAM, BELL_FORGET);
	}
	buf_release(&n.sealed);
	buf_release(&settings);
	return ok;
}

bool admin_connection_list(struct admin *a, const char *user, struct arena *arena,
                           struct connection_row **out, unsigned *count, struct error *err)
{
	struct db_conn *c = db_get(a->db, err);
	struct account account;
	unsigned i;
	bool ok = c && account_find(c, user, &account, err) &&
		  connection_list(c, account.id, arena, out, count, err);

	db_put(a->db, c);
	for (i = 0; ok && i < *count; i++)
		find_place(a, account.id, &(*out)[i], arena);
	return ok;
}

struct removal {
	uint64_t account_id;
	const char *integration;
	struct audit_draft told;
	bool removed;
};

/* A repeat after a COMMIT that went unanswered finds nothing: that it was removed is known all the same. */
static bool removal_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct removal *r = ctx;
	bool removed;

	if (!connection_remove(c, r->account_id, r->integration, &removed, err))
		return false;
	if (!removed)
		return true;
	r->removed = true;
	return audit_write(c, audit_entry(&r->told), err);
}

static bool remove_and_tell(struct admin *a, uint64_t account_id, const struct connection_row *row, bool *removed,
                            struct error *err)
{
	struct removal r = {.account_id = account_id, .integration = row->integration};
	bool ok;

	audit_open(&r.told, &a->actor, account_id, "connection.remove", row->integration);
	json_put_str(&r.told.w, "kind", row->kind);
	json_put_str(&r.told.w, "place", row->place);
	ok = db_transaction(a->db, removal_body, NULL, &r, err);
	audit_release(&r.told);
	*removed = r.removed;
	return ok;
}

bool admin_connection_remove(struct admin *a, const char *user, const char *integration, struct arena *arena,
                             struct connection_row *out, struct error *err)
{
	struct connection_row *rows = NULL;
	struct account account;
	unsigned n = 0, i;
	bool removed = false;

	if (!admin_user_find(a, user, &account, err) || !admin_connection_list(a, user, arena, &rows, &n, err))
		return false;
	for (i = 0; i < n && strcmp(rows[i].integration, integration) != 0; i++)
		;
	if (i < n && !remove_and_tell(a, account.id, &rows[i], &removed, err))
		return false;
	if (!removed)
		return err_set(err, ERR_NOT_FOUND, "\"%.64s\" is not connected: agentivctl connection list shows what is", integration);
	*out = rows[i];
	out->status = 1;
	bell_ring_all(a->ringer, RESPONDER_PROGRAM, BELL_FORGET);
	return true;
}
