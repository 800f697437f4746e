/* Endpoints as their owners see and change them: receivers that are registered for events (API.md, Webhooks). Delivering
 * is the sender's (core/sender.h).
 *
 * Every change is told in the audit log, in its own transaction. What an endpoint wants is known to whatever makes an event
 * from the next one on. A secret is shown once, in what makes it, and stored sealed. Thread-safe.
 *
 * Ownership: strings of endpoints live in the arena given; a made_endpoint is wiped by who asked for it. */
#ifndef AGENTIV_CORE_ENDPOINTS_H
#define AGENTIV_CORE_ENDPOINTS_H

#include "base/json.h"
#include "core/endpoint_secrets.h"
#include "core/once.h"
#include "net/outbound.h"
#include "store/audit.h"
#include "store/endpoints.h"

#define ENDPOINT_FAILING_MAX_MS (INT64_C(5) * 86400000)     /* then it is disabled */

struct endpoints {
	struct db *db;
	struct secrets *secrets;
	const struct outbound_rules *rules;
};

struct made_endpoint {
	struct endpoint e;
	char secret[WEBHOOK_SECRET_SIZE];
};

/* ---- what an endpoint is given, checked; ERR_INVALID_INPUT names the member ---- */

bool endpoint_check_url(const struct endpoints *es, const char *url, struct error *err);
bool endpoint_check_description(const char *text, struct error *err);
/* Adds the bit of "schedule.fired". */
bool endpoint_add_event(const char *name, unsigned *events, struct error *err);

/* ---- reading ---- */

/* In the order they were made: at most so many behind after, which is NULL for the first. */
bool endpoints_list(const struct endpoints *es, uint64_t account_id, const struct id *after, unsigned limit,
                    struct arena *a, struct endpoint **out, unsigned *count, struct error *err);
/* ERR_NOT_FOUND. */
bool endpoints_find(const struct endpoints *es, uint64_t account_id, const struct id *id, struct arena *a,
                    struct endpoint *out, struct error *err);

/* ---- changing ---- */

/* m->e: url, description and events are what is asked for, checked; the rest and the secret are filled in. once, whose
 * render is given m: NULL when no answer is wanted; when it was replayed, nothing was made and m means nothing.
 * ERR_CONFLICT: there are ENDPOINTS_MAX. */
bool endpoints_create(const struct endpoints *es, const struct actor *who, uint64_t account_id, bool enabled,
                      struct made_endpoint *m, struct once *once, struct error *err);

/* What is to be another: NULL, 0 or false stays. Enabling one has it forget that it failed. ERR_NOT_FOUND. */
struct endpoint_patch {
	const char *url, *description;
	unsigned events;
	bool has_enabled, enabled;
};
bool endpoints_update(const struct endpoints *es, const struct actor *who, uint64_t account_id, const struct id *id,
                      const struct endpoint_patch *patch, struct arena *a, struct endpoint *out, struct error *err);

/* A new secret; the old one signs beside it for WEBHOOK_OVERLAP_MS. once as above. ERR_NOT_FOUND. */
bool endpoints_rotate(const struct endpoints *es, const struct actor *who, uint64_t account_id, const struct id *id,
                      struct arena *a, struct made_endpoint *m, struct once *once, struct error *err);
/* What is still to be delivered to it ends as failed. ERR_NOT_FOUND. */
bool endpoints_delete(const struct endpoints *es, const struct actor *who, uint64_t account_id, const struct id *id,
                      struct error *err);

/* By senders: what its receiver has come to. Nothing happens when it is not enabled any more, has another URL, or, for
 * DISABLED_FAILING, has succeeded since. *done: it is disabled by this. */
struct hopeless {
	enum endpoint_disabled why;
	const char *url;                     /* that the attempt went to */
	int64_t failing_since;
};
bool endpoints_give_up(struct db *db, uint64_t account_id, const struct id *id, const struct hopeless *found, bool *done,
                       struct error *err);

/* As an object. secret: in the answer that makes it; NULL in every other. */
void endpoint_put(struct json_out *w, const char *key, const struct endpoint *e, const char *secret);
/* Names in an array. */
void endpoint_events_put(struct json_out *w, const char *key, unsigned events);

#endif
