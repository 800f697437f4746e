/* An account, 7, whose keys are made, and a clock that only a test moves. */
#ifndef AGENTIV_TESTS_KEYS_FIXTURE_H
#define AGENTIV_TESTS_KEYS_FIXTURE_H

#include "core/keys.h"
#include "queue_fixture.h"
#include "secrets_fixture.h"

extern const struct actor kx_ann;        /* who asks */
extern struct secrets *kx_secrets;
extern struct keys kx_keys;
extern _Atomic int64_t kx_now_ms;        /* of this host */
extern int64_t kx_keep_ms;               /* how long answers are kept; 0: a day */

void kx_begin(void);                     /* each test's, to its end */
void kx_end(void);

/* A key as it is asked for, and one that was made. */
struct made_key kx_wanted(const char *name);
struct made_key kx_made(const char *name);
bool kx_rotated(const struct id *id, int64_t overlap_s, struct made_key *k, struct error *err);

/* What came of a request with an Idempotency-Key: the answer is the key itself. */
struct outcome { bool ok, replayed; char answer[64]; struct error err; };
struct outcome kx_ask(const char *idempotency_key, const char *body, struct made_key k);
void kx_render(const void *made, struct buf *out);

#endif
