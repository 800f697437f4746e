/* Webhook secrets while they are needed: opened once for many deliveries, wiped soon after. */
#include "core/sender_priv.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "core/endpoint_secrets.h"
#include "core/secrets.h"
#include "store/accounts.h"

#define SLOTS     256                  /* a direct-mapped cache: an account has one place */
#define KEEP_US   INT64_C(10000000)    /* a new secret is used this soon everywhere */
#define SEALED_MAX 1024

struct kept {
	uint64_t account_id;
	int64_t  until_us;
	struct signing signing;
};

struct webhook_secrets {
	struct secrets *seal;
	struct kept *slots[SLOTS];
};

struct webhook_secrets *webhook_secrets_new(struct secrets *seal)
{
	struct webhook_secrets *s = mem_zalloc(sizeof *s);

	s->seal = seal;
	return s;
}

static void forget(struct kept **slot)
{
	if (*slot)
		mem_wipe(*slot, sizeof **slot);
	mem_free(*slot);
	*slot = NULL;
}

void webhook_secrets_free(struct webhook_secrets *s)
{
	unsigned i;

	if (!s)
		return;
	for (i = 0; i < SLOTS; i++)
		forget(&s->slots[i]);
	mem_free(s);
}

void webhook_secrets_expire(struct webhook_secrets *s)
{
	int64_t now_us = clock_mono_us();
	unsigned i;

	for (i = 0; i < SLOTS; i++)
		if (s->slots[i] && s->slots[i]->until_us <= now_us)
			forget(&s->slots[i]);
}

static bool open_one(struct secrets *seal, const char *context, const void *sealed, size_t n, struct webhook_secret *out,
                     struct error *err)
{
	struct buf plain;
	bool ok;

	buf_init_secret(&plain, SEALED_MAX);
	ok = secrets_unseal(seal, context, sealed, n, &plain, err) && webhook_secret_read(plain.data, plain.len, out, err);
	buf_release(&plain);
	return ok;
}

/* previous NULL: there is none. */
static bool open_both(struct secrets *seal, const char *context, const void *sealed, size_t n, const void *previous,
                      size_t previous_len, struct signing *out, struct error *err)
{
	out->has_previous = previous != NULL;
	return open_one(seal, context, sealed, n, &out->now, err) &&
	       (!previous || open_one(seal, context, previous, previous_len, &out->previous, err));
}

bool signing_of_endpoint(struct secrets *seal, const struct delivery_target *t, int64_t now_ms, struct signing *out,
                         struct error *err)
{
	const char *previous = t->previous_until > now_ms ? t->previous : NULL;
	char context[WEBHOOK_CONTEXT_SIZE];

	webhook_endpoint_context(&t->id, context);
	return open_both(seal, context, t->secret, t->secret_len, previous, t->previous_len, out, err);
}

static bool load(struct webhook_secrets *s, struct db_conn *c, uint64_t account_id, struct signing *out,
                 struct error *err)
{
	struct buf sealed, previous;
	char context[WEBHOOK_CONTEXT_SIZE];
	bool ok;

	buf_init(&sealed, SEALED_MAX);
	buf_init(&previous, SEALED_MAX);
	webhook_account_context(account_id, context);
	ok = webhook_secret_load(c, account_id, clock_now_ms(), &sealed, &previous, err) &&
	     open_both(s->seal, context, sealed.data, sealed.len, previous.data, previous.len, out, err);
	buf_release(&previous);
	buf_release(&sealed);
	return ok;
}

bool webhook_secrets_get(struct webhook_secrets *s, struct db_conn *c, uint64_t account_id,
                         const struct signing **out, struct error *err)
{
	struct kept **slot = &s->slots[account_id % SLOTS];
	int64_t now_us = clock_mono_us();

	if (!*slot || (*slot)->account_id != account_id || (*slot)->until_us <= now_us) {
		if (!*slot)
			*slot = mem_zalloc(sizeof **slot);
		(*slot)->account_id = account_id;
		(*slot)->until_us = now_us + KEEP_US;
		if (!load(s, c, account_id, &(*slot)->signing, err)) {
			forget(slot);
			return false;
		}
	}
	*out = &(*slot)->signing;
	return true;
}
