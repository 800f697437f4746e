#include "core/keys.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "core/audit.h"
#include "core/bells.h"
#include "core/names.h"

#define ER_DUP_ENTRY 1062
#define SCOPES_SIZE 160        /* all of them, with commas between */

static bool unknown(struct error *err)
{
	return err_set(err, ERR_NOT_FOUND, "There is no such API key");
}

static void forget(const struct keys *keys)
{
	if (keys->auth)
		auth_forget(keys->auth);
	bell_ring_all(keys->ringer, RESPONDER_PROGRAM, BELL_FORGET);
}

/* ---- what a key is given ---- */

bool key_name(struct api_key *row, const char *name, struct error *err)
{
	if (!name_check(name, err))
		return false;
	snprintf(row->name, sizeof row->name, "%s", name);
	return true;
}

bool key_add_network(struct api_key *row, const char *text, size_t n, const char *field, struct error *err)
{
	if (row->network_count == API_KEY_NETWORKS_MAX)
		return err_field(err, field, "At most %d networks can be allowed", API_KEY_NETWORKS_MAX);
	if (!network_parse(text, n, &row->networks[row->network_count]))
		return err_field(err, field, "%s: \"%.*s\" is no network; one reads 203.0.113.0/24, 2001:db8::/32 or like an"
		                 " address", field, n < 60 ? (int)n : 60, text);
	row->network_count++;
	return true;
}

/* ---- a new key, in its transaction ---- */

struct making {
	const struct keys *keys;
	uint64_t account_id;
	struct made_key *made;
	struct once *once;
	struct audit_draft told;
	/* of a rotation */
	struct id old;
	int64_t overlap_ms;
};

static void begin(struct making *m, const char *action, const struct actor *who, const struct id *object)
{
	struct api_key *row = &m->made->row;
	char id[ID_TEXT_SIZE];

	row->account_id = m->account_id;
	row->created_at = clock_now_ms();
	row->id = id_make_at(row->created_at);
	crypto_key_make(m->made->key);
	snprintf(row->shown, sizeof row->shown, "%.*s", API_KEY_SHOWN, m->made->key);
	id_format(ID_KEY, object ? object : &row->id, id);
	audit_open(&m->told, who, m->account_id, action, id);
}

static bool has_room(struct db_conn *c, const struct making *m, struct error *err)
{
	int64_t valid;

	return api_key_count(c, m->account_id, &m->made->row.id, m->made->row.created_at, &valid, err) &&
	       (valid < KEYS_MAX ||
	        err_set(err, ERR_CONFLICT, "At most %d API keys can be valid at once; revoke one first", KEYS_MAX));
}

static bool set_budget(struct db_conn *c, const struct api_key *row, struct error *err)
{
	char id[ID_TEXT_SIZE];

	id_format(ID_KEY, &row->id, id);
	return !row->has_budget ||
	       budget_set(c, row->account_id, BUDGET_KEY, id, row->tokens_per_month, row->created_at, err);
}

/* Id and key are random, so a duplicate is this very row: written by an attempt whose COMMIT went unanswered. All else
 * that is done again then changes nothing. */
static bool insert(struct db_conn *c, struct making *m, struct error *err)
{
	struct key_hash h;

	return has_room(c, m, err) && secrets_hash_new(m->keys->secrets, c, m->made->key, &h, err) &&
	       (api_key_create(c, &m->made->row, h.hash, h.pepper_id, err) || err->db_errno == ER_DUP_ENTRY) &&
	       set_budget(c, &m->made->row, err) && audit_write(c, audit_entry(&m->told), err) &&
	       once_keep(c, m->once, m->made, err);
}

/* Fills in the budgets of n keys of an account. */
static bool find_budgets(struct db_conn *c, uint64_t account_id, struct api_key *keys, unsigned n, struct error *err)
{
	struct token_budget *budgets;
	unsigned count, i, b;
	struct arena a;
	struct id id;
	bool ok;

	arena_init(&a);
	ok = n == 0 || budget_list(c, account_id, clock_now_ms(), &a, &budgets, &count, err);
	for (b = 0; ok && n > 0 && b < count; b++) {
		if (budgets[b].kind != BUDGET_KEY || !id_parse(ID_KEY, budgets[b].subject, &id))
			continue;
		for (i = 0; i < n; i++)
			if (id_cmp(&keys[i].budget_key, &id) == 0) {
				keys[i].has_budget = true;
				keys[i].tokens_per_month = budgets[b].max_tokens;
			}
	}
	arena_release(&a);
	return ok;
}

static bool make(struct making *m, db_body body, struct error *err)
{
	bool ok = db_transaction(m->keys->db, body, NULL, m, err);

	audit_release(&m->told);
	if (!ok || (m->once && m->once->replayed))
		mem_wipe(m->made->key, sizeof m->made->key);
	return ok;
}

/* ---- create ---- */

/* A repeat is answered before that: the time may have come since. */
static bool is_to_come(const struct api_key *row, struct error *err)
{
	return row->expires_at == 0 || row->expires_at > row->created_at ||
	       err_field(err, "expires_at", "expires_at must be a time to come");
}

static bool create_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct making *m = ctx;
	bool answered;

	if (!account_lock(c, m->account_id, err) || !once_begin(c, m->once, &m->made->row.id, &answered, err))
		return false;
	return answered || (is_to_come(&m->made->row, err) && insert(c, m, err));
}

static void tell_rights(struct json_out *w, const struct api_key *row)
{
	char scopes[SCOPES_SIZE];

	scopes_format(row->scopes, scopes, sizeof scopes);
	json_put_str(w, "name", row->name);
	json_put_str(w, "scopes", scopes);
	json_put_time(w, "expires_at", row->expires_at);
	if (row->has_budget)
		json_put_int(w, "tokens_per_month", row->tokens_per_month);
	if (row->network_count > 0)
		key_networks_put(w, "allowed_networks", row);
}

bool keys_create(const struct keys *keys, const struct actor *who, uint64_t account_id, struct made_key *k,
                 struct once *once, struct error *err)
{
	struct making m = {.keys = keys, .account_id = account_id, .made = k, .once = once};

	if (k->row.scopes == 0)
		return err_field(err, "scopes", "A key has at least one scope");
	begin(&m, "key.create", who, NULL);
	tell_rights(&m.told.w, &k->row);
	return make(&m, create_body, err);
}

/* ---- rotate ---- */

static bool can_be_rotated(const struct api_key *old, int64_t now_ms, struct error *err)
{
	char by[ID_TEXT_SIZE];

	if (old->revoked_at)
		return err_set(err, ERR_CONFLICT, "The API key was revoked");
	if (old->has_replacement) {
		id_format(ID_KEY, &old->replaced_by, by);
		return err_set(err, ERR_CONFLICT, "The API key was replaced already, by %s", by);
	}
	if (old->expires_at && old->expires_at <= now_ms)
		return err_set(err, ERR_CONFLICT, "The API key has expired");
	return true;
}

static bool replace(struct db_conn *c, struct making *m, const struct api_key *old, struct error *err)
{
	struct api_key *row = &m->made->row;
	int64_t ends = row->created_at + m->overlap_ms;

	memcpy(row->name, old->name, sizeof row->name);
	row->scopes = old->scopes;
	memcpy(row->networks, old->networks, sizeof row->networks);
	row->network_count = old->network_count;
	row->expires_at = old->expires_at ? row->created_at + old->expires_at - old->created_at : 0;
	if (old->expires_at && old->expires_at < ends)
		ends = old->expires_at;
	if (!api_key_replace(c, m->account_id, &old->id, &row->id, ends, err) ||
	    !budget_carry(c, m->account_id, &old->id, &row->id, err))
		return false;
	/* told with the answer; it is there already */
	row->has_budget = old->has_budget;
	row->tokens_per_month = old->tokens_per_month;
	return insert(c, m, err);
}

static bool rotate_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct making *m = ctx;
	struct api_key old;
	bool answered, found;

	if (!account_lock(c, m->account_id, err) || !once_begin(c, m->once, &m->made->row.id, &answered, err))
		return false;
	if (answered)
		return true;
	if (!api_key_find(c, m->account_id, &m->old, &old, &found, err))
		return false;
	if (!found)
		return unknown(err);
	/* as above, by an attempt that has filled in what was made, too */
	if (old.has_replacement && id_cmp(&old.replaced_by, &m->made->row.id) == 0)
		return once_keep(c, m->once, m->made, err);
	return can_be_rotated(&old, m->made->row.created_at, err) && find_budgets(c, m->account_id, &old, 1, err) &&
	       replace(c, m, &old, err);
}

bool keys_rotate(const struct keys *keys, const struct actor *who, uint64_t account_id, const struct id *id,
                 int64_t overlap_s, struct made_key *k, struct once *once, struct error *err)
{
	struct making m = {.keys = keys, .account_id = account_id, .made = k, .once = once, .old = *id,
	                   .overlap_ms = overlap_s * 1000};
	char by[ID_TEXT_SIZE];
	bool ok;

	memset(&k->row, 0, sizeof k->row);
	begin(&m, "key.rotate", who, id);
	id_format(ID_KEY, &k->row.id, by);
	json_put_str(&m.told.w, "replaced_by", by);
	json_put_int(&m.told.w, "overlap_seconds", overlap_s);
	ok = make(&m, rotate_body, err);
	if (ok)
		forget(keys);
	return ok;
}

/* ---- revoke and list ---- */

struct revocation {
	uint64_t account_id;
	struct id id;
	struct api_key *out;
	struct audit_draft told;
};

static bool revoke_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct revocation *r = ctx;
	bool found;

	if (!account_lock(c, r->account_id, err) || !api_key_find(c, r->account_id, &r->id, r->out, &found, err))
		return false;
	if (!found)
		return unknown(err);
	if (r->out->revoked_at)
		return true;
	r->out->revoked_at = clock_now_ms();
	return api_key_revoke(c, r->account_id, &r->id, r->out->revoked_at, err) &&
	       budget_drop_unused(c, r->account_id, &r->out->budget_key, r->out->revoked_at, err) &&
	       audit_write(c, audit_entry(&r->told), err);
}

bool keys_revoke(const struct keys *keys, const struct actor *who, uint64_t account_id, const struct id *id,
                 struct api_key *out, struct error *err)
{
	struct revocation r = {.account_id = account_id, .id = *id, .out = out};
	char text[ID_TEXT_SIZE];
	bool ok;

	id_format(ID_KEY, id, text);
	audit_open(&r.told, who, account_id, "key.revoke", text);
	ok = db_transaction(keys->db, revoke_body, NULL, &r, err);
	audit_release(&r.told);
	if (ok)
		forget(keys);
	return ok;
}

bool keys_list(const struct keys *keys, uint64_t account_id, struct arena *a, struct api_key **out, unsigned *count,
               struct error *err)
{
	struct db_conn *c = db_get(keys->db, err);
	bool ok = c && api_key_list(c, account_id, a, out, count, err) && find_budgets(c, account_id, *out, *count, err);

	db_put(keys->db, c);
	return ok;
}
