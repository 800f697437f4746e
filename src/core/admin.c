/* Accounts, plans, subscriptions. */
#include "core/admin.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/rnd.h"
#include "core/admin_priv.h"
#include "core/executor.h"

#define SECRET_BYTES 24

bool admin_check_name(const char *name, struct error *err)
{
	size_t n = strlen(name), i, characters = 0;

	for (i = 0; i < n; i++) {
		if ((unsigned char)name[i] < ' ' || name[i] == 0x7f)
			return err_field(err, "name", "A name holds no control characters");
		characters += ((unsigned char)name[i] & 0xc0) != 0x80;
	}
	if (characters == 0 || characters > 200 || n > 200 || !json_utf8_valid(name, n))
		return err_field(err, "name", "A name is 1 to 200 bytes of UTF-8");
	return true;
}

/* An address that mail can be sent to, as far as its form tells: one @, a local part without blanks and
 * quotes, a domain of letters, digits, dots and hyphens. */
static bool check_email(const char *email, struct error *err)
{
	const char *at = strchr(email, '@'), *p;
	size_t n = strlen(email);
	bool ok = at && at > email && at - email <= 64 && n <= 254 && !strchr(at + 1, '@') &&
		  isalnum((unsigned char)at[1]) && isalnum((unsigned char)email[n - 1]) &&
		  !strstr(at, "..");

	for (p = email; ok && *p && p < at; p++)
		ok = (unsigned char)*p > ' ' && (unsigned char)*p < 0x7f && !strchr("\"(),:;<>[\\]", *p);
	for (p = at ? at + 1 : ""; ok && *p; p++)
		ok = isalnum((unsigned char)*p) || *p == '.' || *p == '-';
	return ok || err_field(err, "email", "\"%.254s\" is not an e-mail address", email);
}

static void secret_context(char out[64], uint64_t account_id)
{
	snprintf(out, 64, "account:%" PRIu64 ":webhook_secret", account_id);
}

static bool seal_new_secret(uint64_t account_id, struct buf *sealed, void *ctx, struct error *err)
{
	const struct admin *a = ctx;
	uint8_t random[SECRET_BYTES];
	char secret[WEBHOOK_SECRET_SIZE] = "whsec_", context[64];
	bool ok;

	rnd_bytes(random, sizeof random);
	crypto_base64(random, sizeof random, secret + strlen(secret));
	secret_context(context, account_id);
	ok = crypto_seal(a->seal, context, secret, strlen(secret), sealed, err);
	mem_wipe(random, sizeof random);
	mem_wipe(secret, sizeof secret);
	return ok;
}

bool admin_user_create(struct admin *a, const char *email, const char *name, const char *plan,
                       struct account *out, struct error *err)
{
	return check_email(email, err) && admin_check_name(name, err) &&
	       account_create(a->db, email, name, plan, seal_new_secret, a, out, err);
}

bool admin_user_find(struct admin *a, const char *user, struct account *out, struct error *err)
{
	struct db_conn *c = db_get(a->db, err);
	bool ok = c && account_find(c, user, out, err);

	db_put(a->db, c);
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

bool admin_plan_set(struct admin *a, const char *user, const char *plan,
                    const struct plan_overrides *own, struct account *out, struct error *err)
{
	if (!admin_user_find(a, user, out, err) || !account_set_plan(a->db, out->id, plan, own, err) ||
	    !admin_user_find(a, user, out, err))
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
	if (!admin_user_find(a, user, out, err) ||
	    !subscription_set(a->db, out->id, strcmp(agent, "all") == 0 ? "*" : agent, status,
	                      trial_ends_at, err))
		return false;
	bell_ring_all(a->ringer, RESPONDER_PROGRAM, BELL_FORGET);
	return true;
}

bool admin_webhook_secret(struct admin *a, const char *user, char out[WEBHOOK_SECRET_SIZE],
                          struct error *err)
{
	struct db_conn *c = db_get(a->db, err);
	struct account account;
	struct buf sealed, plain;
	char context[64];
	bool ok;

	buf_init(&sealed, 255);
	buf_init(&plain, WEBHOOK_SECRET_SIZE - 1);
	ok = c && account_find(c, user, &account, err) &&
	     webhook_secret_load(c, account.id, &sealed, err);
	db_put(a->db, c);
	if (ok) {
		secret_context(context, account.id);
		ok = crypto_unseal(a->seal, context, sealed.data, sealed.len, &plain, err);
	}
	if (ok)
		memcpy(out, buf_str(&plain), plain.len + 1);
	if (plain.data)
		mem_wipe(plain.data, plain.len);
	buf_release(&plain);
	buf_release(&sealed);
	return ok;
}
