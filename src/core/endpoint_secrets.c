#include "core/endpoint_secrets.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "base/mem.h"
#include "base/rnd.h"

#define SECRET_BYTES 24      /* Standard Webhooks: 24 to 64 */

_Static_assert(WEBHOOK_SECRET_SIZE >= 6 + 4 * (SECRET_BYTES / 3) + 1, "a secret fits");

void webhook_secret_make(char out[WEBHOOK_SECRET_SIZE])
{
	uint8_t random[SECRET_BYTES];

	rnd_bytes(random, sizeof random);
	memcpy(out, "whsec_", 7);
	crypto_base64(random, sizeof random, out + 6);
	mem_wipe(random, sizeof random);
}

void webhook_account_context(uint64_t account_id, char out[WEBHOOK_CONTEXT_SIZE])
{
	snprintf(out, WEBHOOK_CONTEXT_SIZE, "account:%" PRIu64 ":webhook_secret", account_id);
}

/* As store/reseal.c has it. */
void webhook_endpoint_context(const struct id *endpoint, char out[WEBHOOK_CONTEXT_SIZE])
{
	char hex[2 * sizeof endpoint->b + 1];

	crypto_hex(endpoint->b, sizeof endpoint->b, hex);
	snprintf(out, WEBHOOK_CONTEXT_SIZE, "endpoint:%s:secret", hex);
}
