/* The secrets that runs' own webhooks are signed with, for the operator. */
#include "core/admin.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "core/audit.h"
#include "core/endpoint_secrets.h"

bool admin_webhook_secret(struct admin *a, const char *user, char out[WEBHOOK_SECRET_SIZE],
                          struct error *err)
{
	struct db_conn *c = db_get(a->db, err);
	struct account account;
	struct buf sealed, previous, plain;
	char context[WEBHOOK_CONTEXT_SIZE];
	bool ok;

	buf_init(&sealed, 255);
	buf_init(&previous, 255);
	buf_init_secret(&plain, WEBHOOK_SECRET_SIZE - 1);
	ok = c && account_find(c, user, &account, err) &&
	     webhook_secret_load(c, account.id, clock_now_ms(), &sealed, &previous, err);
	db_put(a->db, c);
	if (ok) {
		webhook_account_context(account.id, context);
		ok = secrets_unseal(a->secrets, context, sealed.data, sealed.len, &plain, err);
	}
	if (ok)
		memcpy(out, buf_str(&plain), plain.len + 1);
	buf_release(&plain);
	buf_release(&previous);
	buf_release(&sealed);
	return ok;
}

/* ---- rotating it ---- */

struct rotation {
	struct admin *admin;
	struct account account;
	struct audit_draft told;
	char secret[WEBHOOK_SECRET_SIZE];
	int64_t previous_until;
};

static bool rotate_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct rotation *r = ctx;
	char context[WEBHOOK_CONTEXT_SIZE];
	struct buf sealed;
	bool ok;

	webhook_account_context(r->account.id, context);
	buf_init(&sealed, 255);
	ok = account_lock(c, r->account.id, err) &&
	     secrets_seal(r->admin->secrets, c, context, r->secret, strlen(r->secret), &sealed, err) &&
	     webhook_secret_set(c, r->account.id, sealed.data, sealed.len, r->previous_until, err) &&
	     audit_write(c, audit_entry(&r->told), err);
	buf_release(&sealed);
	return ok;
}

/* Twice would leave nothing of the secret that receivers have. */
static int rotate_applied(struct db_conn *c, void *ctx)
{
	const struct rotation *r = ctx;
	struct error err;
	int64_t until;

	return webhook_secret_until(c, r->account.id, &until, &err) ? until == r->previous_until : -1;
}

bool admin_webhook_secret_rotate(struct admin *a, const char *user, char out[WEBHOOK_SECRET_SIZE], int64_t *previous_until,
                                 struct error *err)
{
	struct rotation r = {.admin = a, .previous_until = clock_now_ms() + WEBHOOK_OVERLAP_MS};
	bool ok;

	if (!admin_user_find(a, user, &r.account, err))
		return false;
	webhook_secret_make(r.secret);
	audit_open(&r.told, &a->actor, r.account.id, "webhook_secret.rotate", NULL);
	ok = db_transaction(a->db, rotate_body, rotate_applied, &r, err);
	audit_release(&r.told);
	if (ok)
		memcpy(out, r.secret, sizeof r.secret);
	*previous_until = r.previous_until;
	mem_wipe(r.secret, sizeof r.secret);
	return ok;
}
