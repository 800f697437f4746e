#include "keys_fixture.h"

#include <string.h>

#include "base/clock.h"

const struct actor kx_ann = {.kind = ACTOR_SESSION, .address = "192.0.2.7"};
struct secrets *kx_secrets;
struct keys kx_keys;
_Atomic int64_t kx_now_ms;
int64_t kx_keep_ms;

static int64_t wall(void)
{
	return kx_now_ms;
}

void kx_begin(void)
{
	fx_empty();
	fx_account(7, 3);
	kx_secrets = fx_secrets();
	kx_keys = (struct keys){.db = fx_db, .secrets = kx_secrets};
	kx_now_ms = clock_now_ms() - clock_offset_ms();
	clock_set_source(wall, NULL);
}

void kx_end(void)
{
	clock_set_source(NULL, NULL);
	secrets_free(kx_secrets);
	fx_keys_remove();
}

struct made_key kx_wanted(const char *name)
{
	struct made_key k = {.row.scopes = SCOPE_AGENTS_READ};
	struct error err;

	CU_ASSERT_TRUE_FATAL(key_name(&k.row, name, &err));
	return k;
}

struct made_key kx_made(const char *name)
{
	struct made_key k = kx_wanted(name);
	struct error err = {0};

	CU_ASSERT_TRUE_FATAL(keys_create(&kx_keys, &kx_ann, 7, &k, NULL, &err));
	return k;
}

void kx_render(const void *made, struct buf *out)
{
	buf_adds(out, ((const struct made_key *)made)->key);
}

struct outcome kx_ask(const char *idempotency_key, const char *body, struct made_key k)
{
	struct outcome o = {.err = {0}};
	struct once once;

	once_init(&once, kx_secrets, 7, 201, kx_render);
	once.kept.keep_ms = kx_keep_ms;
	o.ok = once_key(&once, "POST", "/api/keys", NULL, idempotency_key, body, strlen(body), &o.err) &&
	       keys_create(&kx_keys, &kx_ann, 7, &k, &once, &o.err);
	o.replayed = once.replayed;
	snprintf(o.answer, sizeof o.answer, "%s", buf_str(&once.answer));
	once_release(&once);
	return o;
}

bool kx_rotated(const struct id *id, int64_t overlap_s, struct made_key *k, struct error *err)
{
	*err = (struct error){0};
	return keys_rotate(&kx_keys, &kx_ann, 7, id, overlap_s, k, NULL, err);
}
