/* Table token_budgets: what was set, and reading it. */
#include "store/budgets.h"

#include <string.h>

#include "base/clock.h"
#include "store/accounts.h"
#include "store/cols.h"

const char *budget_kind_name(enum budget_kind k)
{
	static const char *const names[BUDGET__MAX] = {
		[BUDGET_ACCOUNT] = "account", [BUDGET_KEY] = "key", [BUDGET_AGENT] = "agent"};

	return (unsigned)k < BUDGET__MAX ? names[k] : "";
}

/* A row of a later month stands: another host's clock is a moment ahead of this one's. */
void budget_read(struct db_conn *c, unsigned at, int64_t now_ms, struct token_budget *out)
{
	int64_t month = clock_month_start(now_ms);

	memset(out, 0, sizeof *out);
	out->kind = (enum budget_kind)db_col_int(c, at);
	col_text(c, at + 1, out->subject, sizeof out->subject);
	out->max_tokens = db_col_int(c, at + 2);
	out->month_start = db_col_int(c, at + 3);
	out->used = db_col_int(c, at + 4);
	if (out->month_start < month) {
		out->month_start = month;
		out->used = 0;
	}
}

bool budget_applies(const struct token_budget *t, const struct id *budget_key, const char *agent)
{
	char key[ID_TEXT_SIZE];

	if (t->kind == BUDGET_AGENT)
		return strcmp(t->subject, agent) == 0;
	if (t->kind != BUDGET_KEY)
		return t->kind == BUDGET_ACCOUNT;
	id_format(ID_KEY, budget_key, key);
	return strcmp(t->subject, key) == 0;
}

static bool lock_account(struct db_conn *c, uint64_t account_id, struct error *err)
{
	struct db_arg arg = db_int((int64_t)account_id);
	int64_t one;
	bool found;

	if (!db_query_int(c, "SELECT 1 FROM accounts WHERE id = ? FOR UPDATE", &arg, 1, &one, &found, err))
		return false;
	return found || err_set(err, ERR_NOT_FOUND, "There is no such account");
}

/* The key whose budget it is: the newest of those that took each other's place. */
static bool find_budget_key(struct db_conn *c, uint64_t account_id, const char *key, char out[BUDGET_SUBJECT_SIZE],
                            struct error *err)
{
	static const char sql[] = "SELECT COALESCE(budget_key, ?) FROM api_keys WHERE id = ? AND account_id = ?";
	struct db_arg args[3] = {db_str(key), db_null(), db_int((int64_t)account_id)};
	struct id id;
	int got = 0;

	if (id_parse(ID_KEY, key, &id)) {
		args[1] = db_id(&id);
		if (!db_query(c, sql, args, 3, err))
			return false;
		got = db_next(c, err);
		if (got == 1)
			col_text(c, 0, out, BUDGET_SUBJECT_SIZE);
		db_end(c);
	}
	return got == 1 || (got == 0 && err_set(err, ERR_NOT_FOUND, "The account has no API key \"%.64s\"", key));
}

/* accounts.budgets tells requests and claims whether there is anything to look at. */
static bool count_budgets(struct db_conn *c, uint64_t account_id, struct error *err)
{
	static const char sql[] =
		"UPDATE accounts SET budgets = (SELECT COUNT(*) FROM token_budgets WHERE account_id = ?) WHERE id = ?";
	struct db_arg args[2] = {db_int((int64_t)account_id), db_int((int64_t)account_id)};

	return db_exec(c, sql, args, 2, NULL, err);
}

bool budget_set(struct db_conn *c, uint64_t account_id, enum budget_kind kind, const char *subject, int64_t max_tokens,
                int64_t now_ms, struct error *err)
{
	static const char put[] =
		"INSERT INTO token_budgets (account_id, kind, subject, max_tokens, month_start, used)"
		" VALUES (?, ?, ?, ?, ?, 0) ON DUPLICATE KEY UPDATE max_tokens = VALUES(max_tokens)";
	static const char drop[] = "DELETE FROM token_budgets WHERE account_id = ? AND kind = ? AND subject = ?";
	char newest[BUDGET_SUBJECT_SIZE];
	struct db_arg args[5] = {db_int((int64_t)account_id), db_int(kind), db_str(subject), db_int(max_tokens),
	                         db_int(clock_month_start(now_ms))};
	bool off = max_tokens == LIMIT_UNLIMITED;

	if (!off && (max_tokens < 0 || max_tokens > BUDGET_TOKENS_MAX))
		return err_field(err, "tokens_per_month", "A monthly budget is 0 to %lld tokens",
		                 (long long)BUDGET_TOKENS_MAX);
	if (!lock_account(c, account_id, err))
		return false;
	if (kind == BUDGET_KEY) {
		if (!find_budget_key(c, account_id, subject, newest, err))
			return false;
		args[2] = db_str(newest);
	}
	return db_exec(c, off ? drop : put, args, off ? 3 : 5, NULL, err) &&
	       count_budgets(c, account_id, err);
}

bool budget_carry(struct db_conn *c, uint64_t account_id, const struct id *from_key, const struct id *to_key,
                  struct error *err)
{
	static const char move[] = "UPDATE token_budgets SET subject = ? WHERE account_id = ? AND kind = 1 AND subject = ?";
	static const char share[] = "UPDATE api_keys SET budget_key = ? WHERE account_id = ? AND (id = ? OR budget_key = ?)";
	struct db_arg account = db_int((int64_t)account_id);
	char from[ID_TEXT_SIZE], to[ID_TEXT_SIZE];

	id_format(ID_KEY, from_key, from);
	id_format(ID_KEY, to_key, to);
	return db_exec(c, move, (struct db_arg[]){db_str(to), account, db_str(from)}, 3, NULL, err) &&
	       db_exec(c, share, (struct db_arg[]){db_str(to), account, db_id(from_key), db_str(from)}, 4, NULL, err);
}

bool budget_drop_unused(struct db_conn *c, uint64_t account_id, const struct id *budget_key, int64_t now_ms,
                        struct error *err)
{
	static const char sql[] =
		"DELETE FROM token_budgets WHERE account_id = ? AND kind = 1 AND subject = ?"
		" AND NOT EXISTS (SELECT 1 FROM api_keys WHERE account_id = ? AND (id = ? OR budget_key = ?)"
		" AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?))";
	struct db_arg account = db_int((int64_t)account_id);
	char key[ID_TEXT_SIZE];
	uint64_t dropped = 0;

	id_format(ID_KEY, budget_key, key);
	return db_exec(c, sql, (struct db_arg[]){account, db_str(key), account, db_id(budget_key), db_str(key),
	                                         db_int(now_ms)}, 6, &dropped, err) &&
	       (dropped == 0 || count_budgets(c, account_id, err));
}

bool budget_list(struct db_conn *c, uint64_t account_id, int64_t now_ms, struct arena *a, struct token_budget **out,
                 unsigned *count, struct error *err)
{
	static const char sql[] =
		"SELECT kind, subject, max_tokens, month_start, used FROM token_budgets WHERE account_id = ?"
		" ORDER BY kind, subject";
	struct db_arg arg = db_int((int64_t)account_id);
	unsigned room = 0;
	int got;

	*out = NULL;
	*count = 0;
	if (!db_query(c, sql, &arg, 1, err))
		return false;
	while ((got = db_next(c, err)) == 1) {
		*out = col_room(a, *out, *count, &room, sizeof **out);
		budget_read(c, 0, now_ms, &(*out)[(*count)++]);
	}
	db_end(c);
	return got == 0;
}
