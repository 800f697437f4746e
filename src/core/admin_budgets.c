/* Token budgets and what an account has used. */
#include "core/admin_priv.h"

#include "base/clock.h"
#include "core/audit.h"
#include "core/usage.h"

struct change {
	uint64_t account_id;
	enum budget_kind kind;
	const char *subject;
	int64_t max_tokens, now_ms;
	const struct audit_entry *told;
};

static bool set_body(struct db_conn *c, void *ctx, struct error *err)
{
	const struct change *k = ctx;

	return budget_set(c, k->account_id, k->kind, k->subject, k->max_tokens, k->now_ms, err) &&
	       audit_write(c, k->told, err);
}

bool admin_budget_list(struct admin *a, const char *user, struct arena *arena, struct token_budget **rows,
                       unsigned *count, struct error *err)
{
	struct db_conn *c = db_get(a->db, err);
	struct account account;
	bool ok = c && account_find(c, user, &account, err) &&
	          budget_list(c, account.id, clock_now_ms(), arena, rows, count, err);

	db_put(a->db, c);
	return ok;
}

bool admin_budget_set(struct admin *a, const char *user, enum budget_kind kind, const char *subject, int64_t max_tokens,
                      struct arena *arena, struct token_budget **rows, unsigned *count, struct error *err)
{
	struct change k = {.kind = kind, .subject = subject, .max_tokens = max_tokens};
	struct audit_draft told;
	struct account account;
	bool ok;

	if (!admin_user_find(a, user, &account, err))
		return false;
	k.account_id = account.id;
	k.now_ms = clock_now_ms();
	audit_open(&told, &a->actor, account.id, "budget.set", subject[0] ? subject : NULL);
	json_put_str(&told.w, "kind", budget_kind_name(kind));
	if (max_tokens >= 0)
		json_put_int(&told.w, "tokens_per_month", max_tokens);
	else
		json_put_null(&told.w, "tokens_per_month");
	k.told = audit_entry(&told);
	ok = db_transaction(a->db, set_body, NULL, &k, err);
	audit_release(&told);
	if (!ok)
		return false;
	bell_ring_all(a->ringer, RESPONDER_PROGRAM, BELL_FORGET);
	return admin_budget_list(a, user, arena, rows, count, err);
}

bool admin_usage(struct admin *a, const char *user, struct arena *arena, struct usage *out, struct error *err)
{
	struct account account;

	return admin_user_find(a, user, &account, err) && usage_find(a->db, account.id, arena, out, err);
}
