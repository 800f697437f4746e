/* API keys. */
#include "core/admin_priv.h"
#include "core/audit.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define ER_DUP_ENTRY 1062

struct new_key {
	struct secrets *secrets;
	struct api_key row;
	const char *key;
	struct audit_draft told;
};

/* Id and key are random, so a duplicate is this very row, written by an attempt whose answer was lost. */
static bool key_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct new_key *k = ctx;
	struct key_hash h;

	return secrets_hash_new(k->secrets, c, k->key, &h, err) &&
	       (api_key_create(c, &k->row, h.hash, h.pepper_id, err) || err->db_errno == ER_DUP_ENTRY) &&
	       audit_write(c, audit_entry(&k->told), err);
}

bool admin_key_create(struct admin *a, const char *user, const char *name, unsigned scopes,
                      int64_t expires_at, struct api_key *out, char key[API_KEY_LEN + 1],
                      struct error *err)
{
	struct new_key k = {.secrets = a->secrets, .row = {.scopes = scopes, .expires_at = expires_at}, .key = key};
	struct account account;
	char id[ID_TEXT_SIZE], texts[160];
	bool ok;

	if (!admin_check_name(name, err) || !admin_user_find(a, user, &account, err))
		return false;
	k.row.account_id = account.id;
	k.row.created_at = clock_now_ms();
	k.row.id = id_make_at(k.row.created_at);
	snprintf(k.row.name, sizeof k.row.name, "%s", name);
	crypto_key_make(key);
	snprintf(k.row.shown, sizeof k.row.shown, "%.*s", API_KEY_SHOWN, key);
	*out = k.row;
	id_format(ID_KEY, &k.row.id, id);
	scopes_format(scopes, texts, sizeof texts);
	audit_open(&k.told, &a->actor, account.id, "key.create", id);
	json_put_str(&k.told.w, "name", name);
	json_put_str(&k.told.w, "scopes", texts);
	json_put_time(&k.told.w, "expires_at", expires_at);
	ok = db_transaction(a->db, key_body, NULL, &k, err);
	audit_release(&k.told);
	return ok;
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

struct revocation {
	uint64_t account_id;
	struct id id;
	int64_t now_ms;
	struct api_key *out;
	struct audit_draft told;
};

static bool revoke_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct revocation *r = ctx;

	return api_key_revoke(c, r->account_id, &r->id, r->now_ms, err) && find_key(c, r->account_id, &r->id, r->out, err) &&
	       (r->out->revoked_at != r->now_ms || audit_write(c, audit_entry(&r->told), err));
}

bool admin_key_revoke(struct admin *a, const char *user, const char *id_text, struct api_key *out,
                      struct error *err)
{
	struct revocation r = {.now_ms = clock_now_ms(), .out = out};
	struct account account;
	bool ok;

	if (!id_parse(ID_KEY, id_text, &r.id))
		return err_field(err, "id", "\"%.64s\" is not the id of a key (key_…)", id_text);
	if (!admin_user_find(a, user, &account, err))
		return false;
	r.account_id = account.id;
	audit_open(&r.told, &a->actor, account.id, "key.revoke", id_text);
	ok = db_transaction(a->db, revoke_body, NULL, &r, err);
	audit_release(&r.told);
	if (ok)
		bell_ring_all(a->ringer, RESPONDER_PROGRAM, BELL_FORGET);
	return ok;
}
