/* Table api_keys, and the names of scopes. */
#include "store/accounts.h"

#include <string.h>

#include "store/key_cols.h"

static const struct { enum scope scope; const char *name; } scopes[] = {
	{SCOPE_AGENTS_READ,      "agents:read"},
	{SCOPE_AGENTS_RUN,       "agents:run"},
	{SCOPE_SCHEDULES_WRITE,  "schedules:write"},
	{SCOPE_CONNECTIONS_READ, "connections:read"},
	{SCOPE_WEBHOOKS_WRITE,   "webhooks:write"},
};
#define SCOPE_COUNT (sizeof scopes / sizeof *scopes)

const char *scope_name(enum scope s)
{
	unsigned i;

	for (i = 0; i < SCOPE_COUNT; i++)
		if (scopes[i].scope == s)
			return scopes[i].name;
	return "";
}

/* The bit of the name text[0..n), 0 when there is none. */
static unsigned scope_by_name(const char *text, size_t n)
{
	unsigned i;

	for (i = 0; i < SCOPE_COUNT; i++)
		if (strlen(scopes[i].name) == n && memcmp(scopes[i].name, text, n) == 0)
			return scopes[i].scope;
	return 0;
}

bool scope_parse(const char *text, size_t n, unsigned *out, struct error *err)
{
	char known[128];

	*out = scope_by_name(text, n);
	if (*out != 0)
		return true;
	scopes_format(SCOPE_ALL, known, sizeof known);
	return err_field(err, "scopes", "There is no scope \"%.*s\"; the scopes are %s", n > 64 ? 64 : (int)n, text, known);
}

bool scopes_parse(const char *text, unsigned *out, struct error *err)
{
	const char *at = text;
	unsigned bit;
	size_t n;

	for (*out = 0;; at++) {
		at += strspn(at, " ");
		n = strcspn(at, ",");
		while (n > 0 && at[n - 1] == ' ')
			n--;
		if (!scope_parse(at, n, &bit, err))
			return false;
		*out |= bit;
		at += strcspn(at, ",");
		if (*at == '\0')
			return true;
	}
}

void scopes_format(unsigned bits, char *out, unsigned size)
{
	size_t len = 0;
	unsigned i;

	out[0] = '\0';
	for (i = 0; i < SCOPE_COUNT; i++) {
		size_t n = strlen(scopes[i].name);

		if (!(bits & (unsigned)scopes[i].scope) || len + n + 2 > size)
			continue;
		if (len > 0)
			out[len++] = ',';
		memcpy(out + len, scopes[i].name, n + 1);
		len += n;
	}
}

/* A column of networks with blanks between. */

#define NETWORKS_SIZE (API_KEY_NETWORKS_MAX * NETWORK_TEXT_SIZE)

/* NULL: none. */
static const char *networks_text(const struct api_key *k, char out[NETWORKS_SIZE])
{
	char *at = out;
	unsigned i;

	for (i = 0; i < k->network_count; i++) {
		if (i > 0)
			*at++ = ' ';
		network_format(&k->networks[i], at);
		at += strlen(at);
	}
	return k->network_count > 0 ? out : NULL;
}

unsigned col_networks(struct db_conn *c, unsigned col, struct network out[API_KEY_NETWORKS_MAX])
{
	/* the unspecified address alone, from which nobody comes */
	static const struct network nobody = {.bits = 128};
	const char *p = db_col_str(c, col);
	unsigned count = 0;

	for (; p && *p && count < API_KEY_NETWORKS_MAX; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");

		if (!network_parse(p, n, &out[count]))
			out[count] = nobody;
		count++;
		p += n;
	}
	return count;
}

void col_budget_key(struct db_conn *c, unsigned col, const struct id *own, struct id *out)
{
	const char *text = db_col_str(c, col);

	if (!text || !id_parse(ID_KEY, text, out))
		*out = *own;
}

bool api_key_create(struct db_conn *c, const struct api_key *k, const uint8_t hash[32],
                    const char *pepper_id, struct error *err)
{
	static const char sql[] =
		"INSERT INTO api_keys (id, account_id, name, hash, pepper_id, shown, scopes, created_at,"
		" expires_at, allowed_networks) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
	char networks[NETWORKS_SIZE];
	struct db_arg args[] = {
		db_id(&k->id), db_int((int64_t)k->account_id), db_str(k->name), db_bytes(hash, 32),
		db_str(pepper_id), db_str(k->shown), db_int(k->scopes), db_int(k->created_at),
		db_opt_int(k->expires_at), db_str(networks_text(k, networks))};

	return db_exec(c, sql, args, sizeof args / sizeof *args, NULL, err);
}

bool api_key_rehash(struct db_conn *c, const struct id *id, const char *pepper_id, const struct key_hash *anew,
                    struct error *err)
{
	static const char sql[] =
		"UPDATE api_keys SET hash = ?, pepper_id = ? WHERE id = ? AND pepper_id = ?"
		" AND EXISTS (SELECT 1 FROM secret_states WHERE kind = 0 AND active = 1 AND id = ?)";
	struct db_arg args[5] = {db_bytes(anew->hash, 32), db_str(anew->pepper_id), db_id(id), db_str(pepper_id),
	                         db_str(anew->pepper_id)};

	return db_exec(c, sql, args, 5, NULL, err);
}

static void read_key(struct db_conn *c, uint64_t account_id, struct api_key *k)
{
	db_col_id(c, 0, &k->id);
	k->account_id = account_id;
	col_text(c, 1, k->name, sizeof k->name);
	col_text(c, 2, k->shown, sizeof k->shown);
	k->scopes = (unsigned)db_col_int(c, 3);
	k->created_at = db_col_int(c, 4);
	k->expires_at = db_col_int(c, 5);
	k->revoked_at = db_col_int(c, 6);
	k->last_used = db_col_int(c, 7);
	k->network_count = col_networks(c, 8, k->networks);
	k->has_replacement = db_col_id(c, 9, &k->replaced_by);
	col_budget_key(c, 10, &k->id, &k->budget_key);
}

#define KEY_COLUMNS \
	"SELECT id, name, shown, scopes, created_at, expires_at, revoked_at, last_used, allowed_networks, replaced_by," \
	" budget_key"

bool api_key_list(struct db_conn *c, uint64_t account_id, struct arena *a, struct api_key **out,
                  unsigned *count, struct error *err)
{
	static const char sql[] =
		KEY_COLUMNS " FROM api_keys FORCE INDEX (api_keys_account) WHERE account_id = ? ORDER BY id";
	struct db_arg arg = db_int((int64_t)account_id);
	unsigned room = 0;
	int got;

	*out = NULL;
	*count = 0;
	if (!db_query(c, sql, &arg, 1, err))
		return false;
	while ((got = db_next(c, err)) == 1) {
		*out = col_room(a, *out, *count, &room, sizeof **out);
		read_key(c, account_id, &(*out)[(*count)++]);
	}
	db_end(c);
	return got == 0;
}

bool api_key_find(struct db_conn *c, uint64_t account_id, const struct id *id, struct api_key *out, bool *found,
                  struct error *err)
{
	static const char sql[] =
		KEY_COLUMNS " FROM api_keys FORCE INDEX (PRIMARY) WHERE id = ? AND account_id = ? FOR UPDATE";
	struct db_arg args[2] = {db_id(id), db_int((int64_t)account_id)};
	int got;

	*found = false;
	if (!db_query(c, sql, args, 2, err))
		return false;
	got = db_next(c, err);
	*found = got == 1;
	if (*found) {
		memset(out, 0, sizeof *out);
		read_key(c, account_id, out);
	}
	db_end(c);
	return got >= 0;
}

bool api_key_count(struct db_conn *c, uint64_t account_id, const struct id *beside, int64_t now_ms, int64_t *out,
                   struct error *err)
{
	static const char sql[] =
		"SELECT COUNT(*) FROM api_keys FORCE INDEX (api_keys_account) WHERE account_id = ?"
		" AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?) AND id <> ?";
	struct db_arg args[3] = {db_int((int64_t)account_id), db_int(now_ms), db_id(beside)};

	return db_query_int(c, sql, args, 3, out, NULL, err);
}

bool api_key_replace(struct db_conn *c, uint64_t account_id, const struct id *id, const struct id *by, int64_t expires_at,
                     struct error *err)
{
	static const char sql[] = "UPDATE api_keys SET replaced_by = ?, expires_at = ? WHERE id = ? AND account_id = ?";
	struct db_arg args[4] = {db_id(by), db_int(expires_at), db_id(id), db_int((int64_t)account_id)};

	return db_exec(c, sql, args, 4, NULL, err);
}

bool api_key_used(struct db_conn *c, const struct id *id, int64_t now_ms, struct error *err)
{
	static const char sql[] =
		"UPDATE api_keys SET last_used = ? WHERE id = ? AND (last_used IS NULL OR last_used <= ?)";
	struct db_arg args[3] = {db_int(now_ms), db_id(id), db_int(now_ms - API_KEY_USED_MS)};

	return db_exec(c, sql, args, 3, NULL, err);
}

bool api_key_revoke(struct db_conn *c, uint64_t account_id, const struct id *id, int64_t now_ms,
                    struct error *err)
{
	static const char sql[] =
		"UPDATE api_keys SET revoked_at = COALESCE(revoked_at, ?) WHERE id = ? AND account_id = ?";
	struct db_arg args[3] = {db_int(now_ms), db_id(id), db_int((int64_t)account_id)};
	uint64_t matched = 0;

	if (!db_exec(c, sql, args, 3, &matched, err))
		return false;
	return matched > 0 || err_set(err, ERR_NOT_FOUND, "There is no such API key");
}
