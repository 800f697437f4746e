/* The secrets that webhooks are signed with, of accounts (for runs' own URLs) and of endpoints: how they are made, and
 * what they are sealed for.
 *
 * Ownership: a secret is the caller's, who wipes it. */
#ifndef AGENTIV_CORE_ENDPOINT_SECRETS_H
#define AGENTIV_CORE_ENDPOINT_SECRETS_H

#include <stdint.h>

#include "base/id.h"

#define WEBHOOK_SECRET_SIZE    64          /* "whsec_", base64, NUL */
#define WEBHOOK_CONTEXT_SIZE   64
/* After a rotation the old secret signs beside the new one for so long. */
#define WEBHOOK_OVERLAP_MS     INT64_C(86400000)

void webhook_secret_make(char out[WEBHOOK_SECRET_SIZE]);
void webhook_account_context(uint64_t account_id, char out[WEBHOOK_CONTEXT_SIZE]);
/* The same for its secret and the one before it. */
void webhook_endpoint_context(const struct id *endpoint, char out[WEBHOOK_CONTEXT_SIZE]);

#endif
