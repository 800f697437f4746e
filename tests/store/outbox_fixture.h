/* Deliveries for the outbox's tests.
 *
 * Ownership: strings of claimed deliveries live until the next claim. */
#ifndef AGENTIV_TESTS_OUTBOX_FIXTURE_H
#define AGENTIV_TESTS_OUTBOX_FIXTURE_H

#include "queue_fixture.h"
#include "store/outbox.h"

#define DELIVERY_LEASE_MS 30000

/* Ends a run of account 1 that has a webhook_url, so that its delivery is due; returns its id. The account is
 * made by fx_account. */
struct id ox_run_ended(bool success);
/* A delivery of an event that is no run's, to a URL of its own, due at due_at. */
struct id ox_other(int64_t due_at);
/* A run of account 1 that has ended; url NULL: it has no webhook_url. */
struct id ox_run_ended_at(bool success, const char *url);
/* A new endpoint of an account that wants these events (bits), made as its owner makes it. */
struct id ox_endpoint(uint64_t account_id, unsigned events);
/* Claims whatever is due, once, and returns how many deliveries to endpoints were made by it. */
unsigned ox_fan_out(void);
/* Claims as a sender does. */
unsigned ox_claim(struct delivery *out, unsigned max, int64_t now_ms, int64_t *next_due_ms);
/* What became of a claimed delivery's next attempt, to be changed by the test. */
struct delivery_result ox_result(const struct delivery *d, enum delivery_state state);
void ox_record(const struct delivery_result *r, unsigned n);

#endif
