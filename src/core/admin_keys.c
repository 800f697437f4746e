/* API keys. */
#include "core/admin_priv.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define ER_DUP_ENTRY 1062

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
