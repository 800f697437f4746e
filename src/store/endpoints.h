/* Table endpoints, and account_quota.endpoint_events, which tells what any of an account's endpoints wants.
 *
 * Whoever changes an endpoint has locked its account (account_lock) and calls endpoint_events_update before the end of
 * the transaction.
 *
 * Ownership: strings of rows live in the arena given. */
#ifndef AGENTIV_STORE_ENDPOINTS_H
#define AGENTIV_STORE_ENDPOINTS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "db/db.h"
#include "store/outbox.h"

#define ENDPOINT_URL_MAX         2048      /* bytes, and below characters, of the columns */
#define ENDPOINT_DESCRIPTION_MAX 500
#define ENDPOINTS_MAX            1000      /* of one account */

/* What an endpoint may be registered for: the events of API.md but the test. */
#define ENDPOINT_EVENTS_ALL ((1u << EVENT_WEBHOOK_TEST) - 1)

enum endpoint_disabled { DISABLED_BY_HAND, DISABLED_GONE, DISABLED_FAILING, DISABLED__MAX };
const char *endpoint_disabled_name(enum endpoint_disabled why);   /* "manual" */

struct endpoint {
	struct id id;
	uint64_t account_id;
	const char *url, *description;
	unsigned events;                       /* bits, 1 << enum event_type */
	bool enabled;
	enum endpoint_disabled disabled_reason;
	int64_t disabled_at, failing_since;    /* 0 none */
	int64_t previous_until;                /* until when an earlier secret signs, too; 0: there is none */
	int64_t created_at, updated_at;
};

bool endpoint_insert(struct db_conn *c, const struct endpoint *e, const void *sealed, size_t n, struct error *err);
/* lock: until the transaction's end, behind its account. */
bool endpoint_find(struct db_conn *c, uint64_t account_id, const struct id *id, bool lock, struct arena *a,
                   struct endpoint *out, bool *found, struct error *err);
/* Of an account, in the order they were made: at most so many behind that one; after NULL, from the first on. */
bool endpoint_list(struct db_conn *c, uint64_t account_id, const struct id *after, unsigned limit, struct arena *a,
                   struct endpoint **out, unsigned *count, struct error *err);
bool endpoint_count(struct db_conn *c, uint64_t account_id, int64_t *out, struct error *err);
/* All but its secrets. */
bool endpoint_update(struct db_conn *c, const struct endpoint *e, struct error *err);
/* The secret that it had signs beside the new one until then. */
bool endpoint_set_secret(struct db_conn *c, const struct endpoint *e, const void *sealed, size_t n, int64_t previous_until,
                         struct error *err);
bool endpoint_delete(struct db_conn *c, const struct endpoint *e, struct error *err);

/* Nothing is wanted by an account whose plan has no webhooks. */
bool endpoint_events_update(struct db_conn *c, uint64_t account_id, struct error *err);
/* The same as it is; the account is locked. */
bool endpoint_events(struct db_conn *c, uint64_t account_id, unsigned *out, struct error *err);

#endif
