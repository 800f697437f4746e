#include "core/once.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define KEY_MAX      255
#define SCOPE_MAX    4096
#define CONTEXT_SIZE 96
#define SEALED_MAX   (ONCE_ANSWER_MAX + 1024)

void once_init(struct once *o, struct secrets *secrets, uint64_t account_id, int status,
               void (*render)(const void *made, struct buf *out))
{
	*o = (struct once){.secrets = secrets, .render = render, .status = status, .kept.account_id = account_id};
	buf_init_secret(&o->answer, ONCE_ANSWER_MAX);
}

void once_release(struct once *o)
{
	buf_release(&o->answer);
}

bool once_key_valid(const char *key, struct error *err)
{
	const char *p;

	for (p = key; *p >= ' ' && *p < 0x7f; p++)
		;
	return (!*p && p > key && p - key <= KEY_MAX) ||
	       err_field(err, "Idempotency-Key", "Idempotency-Key must be 1 to %d printable ASCII characters", KEY_MAX);
}

static void add_part(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text) + 1);
}

bool once_key(struct once *o, const char *method, const char *route, const char *param, const char *key,
              const void *body, size_t n, struct error *err)
{
	struct buf scope;

	if (!once_key_valid(key, err))
		return false;
	buf_init(&scope, SCOPE_MAX + (param ? strlen(param) : 0));
	buf_addf(&scope, "%llu", (unsigned long long)o->kept.account_id);
	add_part(&scope, "");
	add_part(&scope, method);
	add_part(&scope, route);
	add_part(&scope, param ? param : "");
	add_part(&scope, key);
	crypto_sha256(scope.data, scope.len, o->kept.scope_hash);
	buf_release(&scope);
	crypto_sha256(body, n, o->kept.body_hash);
	o->has_key = true;
	return true;
}

/* A sealed answer opens in its own record only. */
static void context_of(const struct once *o, char out[CONTEXT_SIZE])
{
	size_t n = (size_t)snprintf(out, CONTEXT_SIZE, "kept_answer:");

	crypto_hex(o->kept.scope_hash, sizeof o->kept.scope_hash, out + n);
}

static bool take_answer(struct once *o, const struct buf *sealed, struct error *err)
{
	char context[CONTEXT_SIZE];

	context_of(o, context);
	o->status = o->kept.status;
	return secrets_unseal(o->secrets, context, sealed->data, sealed->len, &o->answer, err);
}

bool once_begin(struct db_conn *c, struct once *o, const struct id *made, bool *answered, struct error *err)
{
	enum kept_state state = KEPT_MINE;
	struct buf sealed;
	bool ok;

	*answered = false;
	if (!o)
		return true;
	/* of an attempt that was undone */
	buf_reset(&o->answer);
	o->replayed = false;
	if (!o->has_key)
		return true;
	buf_init(&sealed, SEALED_MAX);
	o->kept.object_id = *made;
	o->kept.now_ms = clock_now_ms();
	ok = kept_answer_claim(c, &o->kept, &state, &sealed, err);
	if (ok && state == KEPT_OTHER)
		ok = err_set(err, ERR_CONFLICT, "This Idempotency-Key was used with another body");
	if (ok && state == KEPT_SAME) {
		*answered = true;
		o->replayed = !o->kept.own;
		ok = take_answer(o, &sealed, err);
	}
	buf_release(&sealed);
	return ok;
}

static bool keep_answer(struct db_conn *c, struct once *o, struct error *err)
{
	char context[CONTEXT_SIZE];
	struct buf sealed;
	bool ok;

	buf_init(&sealed, SEALED_MAX);
	context_of(o, context);
	o->kept.status = o->status;
	ok = secrets_seal(o->secrets, c, context, o->answer.data, o->answer.len, &sealed, err) &&
	     kept_answer_put(c, &o->kept, sealed.data, sealed.len, err);
	buf_release(&sealed);
	return ok;
}

bool once_keep(struct db_conn *c, struct once *o, const void *made, struct error *err)
{
	if (!o)
		return true;
	o->render(made, &o->answer);
	if (o->answer.failed)
		return err_set(err, ERR_INTERNAL, "The answer is too large to be kept");
	return !o->has_key || keep_answer(c, o, err);
}
