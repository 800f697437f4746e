/* What a key or a session stands for, in two reads: it with its account and plan, then the account's subscriptions
 * and connections together. */
#include "store/accounts.h"

#include <string.h>

#include "base/mem.h"
#include "store/key_cols.h"
#include "store/plan_cols.h"

void principal_release(struct principal *p)
{
	mem_free(p->subscriptions);
	mem_free(p->connected);
	mem_free(p->networks);
	p->subscriptions = NULL;
	p->connected = NULL;
	p->networks = NULL;
	p->subscription_count = p->connected_count = p->network_count = 0;
}

/* What keys and sessions have in common: their account and its plan. */
#define ACCOUNT_COLUMNS \
	"a.id, a.public_id, a.timezone, a.plan, COALESCE(a.own_requests_per_minute, p.requests_per_minute)," \
	FEATURES_IN_FORCE ", a.budgets"
#define ACCOUNT_OF(table) \
	" JOIN accounts a ON a.id = " table ".account_id JOIN plans p ON p.slug = a.plan"
#define OWN_COLUMN 10            /* the first behind them */

static void read_account(struct db_conn *c, struct principal *p)
{
	p->account_id = (uint64_t)db_col_int(c, 0);
	db_col_id(c, 1, &p->user_id);
	col_text(c, 2, p->timezone, sizeof p->timezone);
	col_text(c, 3, p->plan, sizeof p->plan);
	p->requests_per_minute = col_limit(c, 4);
	col_features(c, 5, &p->features);
	p->budgeted = db_col_int(c, 9) > 0;
}

static void read_networks(struct db_conn *c, struct principal *p)
{
	struct network all[API_KEY_NETWORKS_MAX];

	p->network_count = col_networks(c, OWN_COLUMN + 5, all);
	if (p->network_count > 0) {
		p->networks = mem_array(p->network_count, sizeof *all);
		memcpy(p->networks, all, p->network_count * sizeof *all);
	}
}

static bool load_key(struct db_conn *c, const struct key_hash *hashes, unsigned n, struct principal *p, bool *found,
                     struct error *err)
{
	static const char fmt[] = "SELECT " ACCOUNT_COLUMNS ", k.id, k.scopes, k.expires_at, k.revoked_at, k.last_used,"
				  " k.allowed_networks, k.pepper_id,"
				  " (SELECT id FROM secret_states WHERE kind = 0 AND active = 1), k.budget_key"
				  " FROM api_keys k" ACCOUNT_OF("k") " WHERE k.hash IN (%s)";
	struct db_arg args[DB_LIST_MAX];
	unsigned size = db_list_size(n), i;
	int got;

	for (i = 0; i < size; i++)
		args[i] = db_bytes(hashes[i < n ? i : n - 1].hash, 32);
	if (!db_query(c, db_list_sql(fmt, "?", size), args, size, err))
		return false;
	got = db_next(c, err);
	*found = got == 1;
	if (got == 1) {
		read_account(c, p);
		db_col_id(c, OWN_COLUMN, &p->key_id);
		p->scopes = (unsigned)db_col_int(c, OWN_COLUMN + 1);
		p->expires_at = db_col_int(c, OWN_COLUMN + 2);
		p->key_revoked = !db_is_null(c, OWN_COLUMN + 3);
		p->key_last_used = db_col_int(c, OWN_COLUMN + 4);
		read_networks(c, p);
		col_text(c, OWN_COLUMN + 6, p->pepper_id, sizeof p->pepper_id);
		col_text(c, OWN_COLUMN + 7, p->active_pepper, sizeof p->active_pepper);
		col_budget_key(c, OWN_COLUMN + 8, &p->key_id, &p->budget_key);
	}
	db_end(c);
	return got >= 0;
}

static bool load_session(struct db_conn *c, const uint8_t hash[32], struct principal *p, int64_t *last_seen,
                         bool *found, struct error *err)
{
	static const char sql[] = "SELECT " ACCOUNT_COLUMNS ", s.id, s.expires_at, s.last_seen"
				  " FROM sessions s" ACCOUNT_OF("s") " WHERE s.token_hash = ?";
	struct db_arg arg = db_bytes(hash, 32);
	int got;

	if (!db_query(c, sql, &arg, 1, err))
		return false;
	got = db_next(c, err);
	*found = got == 1;
	if (got == 1) {
		read_account(c, p);
		db_col_id(c, OWN_COLUMN, &p->session_id);
		p->expires_at = db_col_int(c, OWN_COLUMN + 1);
		*last_seen = db_col_int(c, OWN_COLUMN + 2);
		p->session = true;
		p->scopes = SCOPE_ALL;
	}
	db_end(c);
	return got >= 0;
}

static bool load_account(struct db_conn *c, uint64_t account_id, struct principal *p, bool *found, struct error *err)
{
	static const char sql[] = "SELECT " ACCOUNT_COLUMNS " FROM accounts a JOIN plans p ON p.slug = a.plan WHERE a.id = ?";
	struct db_arg arg = db_int((int64_t)account_id);
	int got;

	if (!db_query(c, sql, &arg, 1, err))
		return false;
	got = db_next(c, err);
	*found = got == 1;
	if (got == 1) {
		read_account(c, p);
		p->session = true;
		p->scopes = SCOPE_ALL;
	}
	db_end(c);
	return got >= 0;
}

static void add_subscription(struct db_conn *c, struct principal *p)
{
	struct subscription *s;

	p->subscriptions = mem_grow(p->subscriptions,
	                            (p->subscription_count + 1) * sizeof *p->subscriptions);
	s = &p->subscriptions[p->subscription_count++];
	memset(s, 0, sizeof *s);
	col_text(c, 1, s->agent, sizeof s->agent);
	s->status = (enum subscription_status)db_col_int(c, 2);
	s->trial_ends_at = db_col_int(c, 3);
}

static void add_connected(struct db_conn *c, struct principal *p)
{
	p->connected = mem_grow(p->connected, (p->connected_count + 1) * sizeof *p->connected);
	col_text(c, 1, p->connected[p->connected_count++], sizeof *p->connected);
}

static bool load_rights(struct db_conn *c, struct principal *p, struct error *err)
{
	static const char sql[] =
		"SELECT 0, agent, status, trial_ends_at FROM subscriptions WHERE account_id = ?"
		" UNION ALL SELECT 1, integration, 0, NULL FROM connections"
		" WHERE account_id = ? AND status = 0";
	struct db_arg id = db_int((int64_t)p->account_id);
	struct db_arg args[2] = {id, id};
	int got;

	if (!db_query(c, sql, args, 2, err))
		return false;
	while ((got = db_next(c, err)) == 1) {
		if (db_col_int(c, 0) == 0)
			add_subscription(c, p);
		else
			add_connected(c, p);
	}
	db_end(c);
	return got == 0;
}

/* The rights of whom was found. */
static bool complete(struct db_conn *c, struct principal *out, bool *found, struct error *err)
{
	if (!*found || load_rights(c, out, err))
		return true;
	principal_release(out);
	*found = false;
	return false;
}

bool principal_load(struct db_conn *c, const struct key_hash *hashes, unsigned n, struct principal *out, bool *found,
                    struct error *err)
{
	memset(out, 0, sizeof *out);
	*found = false;
	return load_key(c, hashes, n, out, found, err) && complete(c, out, found, err);
}

bool principal_load_session(struct db_conn *c, const uint8_t hash[32], struct principal *out, int64_t *last_seen,
                            bool *found, struct error *err)
{
	memset(out, 0, sizeof *out);
	*found = false;
	*last_seen = 0;
	return load_session(c, hash, out, last_seen, found, err) && complete(c, out, found, err);
}

bool principal_load_account(struct db_conn *c, uint64_t account_id, struct principal *out, bool *found, struct error *err)
{
	memset(out, 0, sizeof *out);
	*found = false;
	return load_account(c, account_id, out, found, err) && complete(c, out, found, err);
}
