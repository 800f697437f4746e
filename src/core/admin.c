/* Accounts, plans, subscriptions. */
#include "core/admin.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mail_address.h"
#include "base/mem.h"
#include "base/crypto_password.h"
#include "core/admin_priv.h"
#include "core/audit.h"
#include "core/endpoint_secrets.h"
#include "core/executor.h"
#include "core/names.h"
#include "store/sessions.h"

static bool check_email(const char *email, struct error *err)
{
	return mail_address_valid(email, strlen(email)) ||
	       err_field(err, "email", "\"%.254s\" is not an e-mail address", email);
}

static bool seal_new_secret(struct db_conn *c, uint64_t account_id, struct buf *sealed, void *ctx,
                            struct error *err)
{
	char secret[WEBHOOK_SECRET_SIZE], context[WEBHOOK_CONTEXT_SIZE];
	const struct admin *a = ctx;
	bool ok;

	webhook_secret_make(secret);
	webhook_account_context(account_id, context);
	ok = secrets_seal(a->secrets, c, context, secret, strlen(secret), sealed, err);
	mem_wipe(secret, sizeof secret);
	return ok;
}

bool admin_user_create(struct admin *a, const char *email, const char *name, const char *plan,
                       struct account *out, struct error *err)
{
	struct audit_draft told;
	bool ok;

	audit_open(&told, &a->actor, 0, "user.create", NULL);
	json_put_str(&told.w, "email", email);
	json_put_str(&told.w, "plan", plan);
	ok = check_email(email, err) && name_check(name, err) &&
	     account_create(a->db, email, name, plan, seal_new_secret, a, audit_entry(&told), out, err);
	audit_release(&told);
	return ok;
}

bool admin_user_find(struct admin *a, const char *user, struct account *out, struct error *err)
{
	struct db_conn *c = db_get(a->db, err);
	bool ok = c && account_find(c, user, out, err);

	db_put(a->db, c);
	return ok;
}

bool admin_principal(struct admin *a, const char *user, struct principal *out, struct error *err)
{
	struct db_conn *c = db_get(a->db, err);
	struct account account;
	bool found = false;
	bool ok = c && account_find(c, user, &account, err) && principal_load_account(c, account.id, out, &found, err);

	db_put(a->db, c);
	return ok && (found || err_set(err, ERR_NOT_FOUND, "There is no user \"%.64s\" any more", user));
}

bool admin_user_password(struct admin *a, const char *user, const char *password, struct account *out,
                         struct error *err)
{
	char hash[PASSWORD_HASH_SIZE], id[ID_TEXT_SIZE];
	struct audit_draft told;
	bool ok, set;

	if (!password_check_new(password, "password-file", err) || !admin_user_find(a, user, out, err))
		return false;
	password_hash(password, hash);
	id_format(ID_USER, &out->public_id, id);
	audit_open(&told, &a->actor, out->id, "user.password", id);
	ok = password_set(a->db, &(struct password_change){.account_id = out->id, .text = hash}, audit_entry(&told), &set,
	                  err);
	mem_wipe(hash, sizeof hash);
	audit_release(&told);
	if (ok)
		bell_ring_all(a->ringer, RESPONDER_PROGRAM, BELL_FORGET);
	return ok;
}

bool admin_user_list(struct admin *a, struct arena *arena, struct account **out, unsigned *count,
                     struct error *err)
{
	struct db_conn *c = db_get(a->db, err);
	bool ok = c && account_list(c, arena, out, count, err);

	db_put(a->db, c);
	return ok;
}

static void tell_limit(struct json_out *w, const char *name, const int64_t *limit)
{
	if (limit && *limit >= 0)
		json_put_int(w, name, *limit);
	else if (limit)
		json_put_str(w, name, *limit == LIMIT_OF_PLAN ? "plan" : "unlimited");
}

static void tell_feature(struct json_out *w, const char *name, const int64_t *feature)
{
	if (feature && *feature == LIMIT_OF_PLAN)
		json_put_str(w, name, "plan");
	else if (feature)
		json_put_bool(w, name, *feature != 0);
}

static bool set_plan(struct admin *a, const struct account *account, const char *plan, const struct plan_overrides *own,
                     struct error *err)
{
	struct audit_draft told;
	char id[ID_TEXT_SIZE];
	bool ok;

	id_format(ID_USER, &account->public_id, id);
	audit_open(&told, &a->actor, account->id, "plan.set", id);
	json_put_str(&told.w, "plan", plan);
	json_put_str(&told.w, "was", account->plan);
	tell_limit(&told.w, "requests_per_minute", own->requests_per_minute);
	tell_limit(&told.w, "runs_per_day", own->runs_per_day);
	tell_limit(&told.w, "runs_per_month", own->runs_per_month);
	tell_limit(&told.w, "concurrent", own->concurrent);
	tell_feature(&told.w, "api", own->api);
	tell_feature(&told.w, "webhooks", own->webhooks);
	tell_feature(&told.w, "mcp", own->mcp);
	tell_feature(&told.w, "white_label", own->white_label);
	ok = account_set_plan(a->db, account->id, plan, own, audit_entry(&told), err);
	audit_release(&told);
	return ok;
}

bool admin_plan_set(struct admin *a, const char *user, const char *plan,
                    const struct plan_overrides *own, struct account *out, struct error *err)
{
	if (!admin_user_find(a, user, out, err) || !set_plan(a, out, plan, own, err) || !admin_user_find(a, user, out, err))
		return false;
	bell_ring_all(a->ringer, RESPONDER_PROGRAM, BELL_FORGET);
	/* more slots may have made held runs ready */
	bell_ring_all(a->ringer, WORKER_PROGRAM, BELL_WORK);
	return true;
}

bool admin_plan_list(struct admin *a, struct arena *arena, struct plan **out, unsigned *count, struct error *err)
{
	struct db_conn *c = db_get(a->db, err);
	bool ok = c && plan_list(c, arena, out, count, err);

	db_put(a->db, c);
	return ok;
}

bool admin_subscription_set(struct admin *a, const char *user, const char *agent,
                            enum subscription_status status, int64_t trial_ends_at,
                            struct account *out, struct error *err)
{
	struct audit_draft told;
	bool ok;

	if (!admin_user_find(a, user, out, err))
		return false;
	audit_open(&told, &a->actor, out->id, "subscription.set", agent);
	json_put_str(&told.w, "status", subscription_name(status));
	if (trial_ends_at)
		json_put_time(&told.w, "trial_ends_at", trial_ends_at);
	ok = subscription_set(a->db, out->id, strcmp(agent, "all") == 0 ? "*" : agent, status, trial_ends_at,
	                      audit_entry(&told), err);
	audit_release(&told);
	if (ok)
		bell_ring_all(a->ringer, RESPONDER_PROGRAM, BELL_FORGET);
	return ok;
}

bool admin_audit(struct admin *a, const char *user, struct audit_filter *f, struct arena *arena, struct audit_row **out,
                 unsigned *count, struct error *err)
{
	struct db_conn *c = db_get_patient(a->db, err);
	struct account account = {.id = 0};
	bool ok = c && (!user || account_find(c, user, &account, err));

	f->account_id = account.id;
	ok = ok && audit_list(c, f, arena, out, count, err);
	db_put(a->db, c);
	return ok;
}
