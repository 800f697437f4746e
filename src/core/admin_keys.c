/* API keys and connections. */
#include "core/admin_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/executor.h"
#include "integrations/mailbox.h"

#define ER_DUP_ENTRY 1062
#define PATH_SIZE    2048

struct new_key {
	struct api_key row;
	uint8_t hash[SHA256_SIZE];
	const char *pepper_id;
};

/* Id and key are random, so a duplicate is this very row, written by an attempt whose answer was lost. */
static bool key_body(struct db_conn *c, void *ctx, struct error *err)
{
	const struct new_key *k = ctx;

	return api_key_create(c, &k->row, k->hash, k->pepper_id, err) || err->db_errno == ER_DUP_ENTRY;
}

bool admin_key_create(struct admin *a, const char *user, const char *name, unsigned scopes,
                      int64_t expires_at, struct api_key *out, char key[API_KEY_LEN + 1],
                      struct error *err)
{
	const struct secret_key *pepper = &a->peppers->keys[a->peppers->count - 1];
	struct new_key k = {.row = {.scopes = scopes, .expires_at = expires_at},
	                    .pepper_id = pepper->id};
	struct account account;

	if (!admin_check_name(name, err) || !admin_user_find(a, user, &account, err))
		return false;
	k.row.account_id = account.id;
	k.row.created_at = clock_now_ms();
	k.row.id = id_make_at(k.row.created_at);
	snprintf(k.row.name, sizeof k.row.name, "%s", name);
	crypto_key_make(key);
	snprintf(k.row.shown, sizeof k.row.shown, "%.*s", API_KEY_SHOWN, key);
	crypto_key_hash(pepper, key, API_KEY_LEN, k.hash);
	*out = k.row;
	return db_transaction(a->db, key_body, NULL, &k, err);
}

bool admin_key_list(struct admin *a, const char *user, struct arena *arena, struct api_key **out,
                    unsigned *count, struct error *err)
{
	struct db_conn *c = db_get(a->db, err);
	struct account account;
	bool ok = c && account_find(c, user, &account, err) &&
		  api_key_list(c, account.id, arena, out, count, err);

	db_put(a->db, c);
	return ok;
}

static bool find_key(struct db_conn *c, uint64_t account_id, const struct id *id, struct api_key *out,
                     struct error *err)
{
	struct arena arena;
	struct api_key *keys;
	unsigned n, i;
	bool ok;

	arena_init(&arena);
	ok = api_key_list(c, account_id, &arena, &keys, &n, err);
	for (i = 0; ok && i < n; i++)
		if (id_cmp(&keys[i].id, id) == 0)
			*out = keys[i];
	arena_release(&arena);
	return ok;
}

bool admin_key_revoke(struct admin *a, const char *user, const char *id_text, struct api_key *out,
                      struct error *err)
{
	struct account account;
	struct db_conn *c;
	struct id id;
	bool ok;

	if (!id_parse(ID_KEY, id_text, &id))
		return err_field(err, "id", "\"%.64s\" is not the id of a key (key_…)", id_text);
	c = db_get(a->db, err);
	ok = c && account_find(c, user, &account, err) &&
	     api_key_revoke(c, account.id, &id, clock_now_ms(), err) &&
	     find_key(c, account.id, &id, out, err);
	db_put(a->db, c);
	if (ok)
		bell_ring_all(a->ringer, RESPONDER_PROGRAM, BELL_FORGET);
	return ok;
}

struct new_connection {
	uint64_t account_id;
	const char *integration, *kind;
	struct buf sealed;
	int64_t now_ms;
	struct id id;
};

static bool connection_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct new_connection *n = ctx;

	return connection_put(c, n->account_id, n->integration, n->kind, n->sealed.data, n->sealed.len,
	                      n->now_ms, &n->id, err);
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

/* What a run would fail on is wrong input here. */
static bool can_open(const char *kind, const char *path, const struct buf *settings, struct error *err)
{
	struct json_object *object = NULL;
	struct mailbox m;
	bool ok = json_read(settings->data, settings->len, JSON_DEPTH_MAX, &object, NULL, NULL, err) &&
		  mailbox_open(&m, kind, object, NULL, err);

	if (ok)
		mailbox_close(&m);
	else if (err->code == ERR_EXECUTION_FAILED)
		err->code = ERR_INVALID_INPUT;
	json_object_put(object);
	return ok && (strcmp(kind, "mbox") != 0 || begins_as_mbox(path, err));
}

static bool write_settings(const char *path, const char *address, struct buf *out, struct error *err)
{
	struct json_out w;

	if (*path != '/' || strlen(path) >= PATH_SIZE || !json_utf8_valid(path, strlen(path)))
		return err_field(err, "path", "The mailbox's path is an absolute one in UTF-8, at most %d"
		                 " bytes long", PATH_SIZE - 1);
	if (address && (!strchr(address, '@') || !admin_check_name(address, NULL)))
		return err_field(err, "address", "\"%.200s\" is not an e-mail address", address);
	json_begin(&w, out);
	json_obj_open(&w, NULL);
	json_put_str(&w, "path", path);
	if (address)
		json_put_str(&w, "address", address);
	json_obj_close(&w);
	return true;
}

bool admin_connection_add(struct admin *a, const char *user, const char *integration, const char *kind,
                          const char *path, const char *address, bool check,
                          struct connection_row *out, struct error *err)
{
	struct new_connection n = {.integration = integration, .kind = kind, .now_ms = clock_now_ms()};
	struct account account;
	struct buf settings;
	char context[128];
	bool ok;

	buf_init(&settings, 2 * PATH_SIZE);
	buf_init(&n.sealed, 4096);
	ok = admin_user_find(a, user, &account, err) && write_settings(path, address, &settings, err) &&
	     (!check || can_open(kind, path, &settings, err));
	if (ok) {
		n.account_id = account.id;
		snprintf(context, sizeof context, "account:%" PRIu64 ":connection:%s", account.id,
		         integration);
		ok = crypto_seal(a->seal, context, settings.data, settings.len, &n.sealed, err) &&
		     db_transaction(a->db, connection_body, NULL, &n, err);
	}
	if (ok) {
		*out = (struct connection_row){.id = n.id, .created_at = n.now_ms};
		snprintf(out->integration, sizeof out->integration, "%s", integration);
		snprintf(out->kind, sizeof out->kind, "%s", kind);
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
	bool ok = c && account_find(c, user, &account, err) &&
		  connection_list(c, account.id, arena, out, count, err);

	db_put(a->db, c);
	return ok;
}
