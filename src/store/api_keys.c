/* Table api_keys, and the names of scopes. */
#include "store/accounts.h"

#include <string.h>

#include "store/cols.h"

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

bool scopes_parse(const char *text, unsigned *out, struct error *err)
{
	char known[128];
	const char *at = text;

	*out = 0;
	for (;;) {
		size_t n;
		unsigned bit;

		at += strspn(at, " ");
		n = strcspn(at, ",");
		while (n > 0 && at[n - 1] == ' ')
			n--;
		bit = scope_by_name(at, n);
		if (bit == 0) {
			scopes_format(SCOPE_ALL, known, sizeof known);
			return err_field(err, "scopes", "There is no scope \"%.*s\"; the scopes are %s",
			                 n > 64 ? 64 : (int)n, at, known);
		}
		*out |= bit;
		at += strcspn(at, ",");
		if (*at == '\0')
			return true;
		at++;
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

bool api_key_create(struct db_conn *c, const struct api_key *k, const uint8_t hash[32],
                    const char *pepper_id, struct error *err)
{
	static const char sql[] =
		"INSERT INTO api_keys (id, account_id, name, hash, pepper_id, shown, scopes, created_at,"
		" expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
	struct db_arg args[] = {
		db_id(&k->id), db_int((int64_t)k->account_id), db_str(k->name), db_bytes(hash, 32),
		db_str(pepper_id), db_str(k->shown), db_int(k->scopes), db_int(k->created_at),
		db_opt_int(k->expires_at)};

	return db_exec(c, sql, args, sizeof args / sizeof *args, NULL, err);
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
}

bool api_key_list(struct db_conn *c, uint64_t account_id, struct arena *a, struct api_key **out,
                  unsigned *count, struct error *err)
{
	static const char sql[] =
		"SELECT id, name, shown, scopes, created_at, expires_at, revoked_at, last_used"
		" FROM api_keys FORCE INDEX (api_keys_account) WHERE account_id = ? ORDER BY id";
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
