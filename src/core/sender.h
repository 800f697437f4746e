/* The sender: delivers what is due in the outbox. One module for agentiv-webhookd and for agentivctl tick.
 *
 * Three threads share the work, so that none waits for another's partner: the claimer reads what is due, builds and
 * signs it; the owner's thread sends and receives; the recorder writes what became of attempts, all that ended while
 * the group before it committed in one transaction. All calls are from the owner's thread.
 *
 * At least once: a delivery is leased while it is sent, and a sender that dies between a receiver's answer and its
 * record sends it again. */
#ifndef AGENTIV_CORE_SENDER_H
#define AGENTIV_CORE_SENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "base/err.h"
#include "core/bells.h"
#include "db/db.h"
#include "net/outbound.h"

struct secrets;
struct sender;

struct sender_env {
	struct db *db;                         /* two connections */
	const struct config *cfg;
	const struct outbound_rules *rules;
	struct secrets *secrets;               /* to open accounts' webhook secrets */
	struct doorbell_ringer *ringer;        /* other senders of this host; NULL: rings nobody */
	const char *doorbell;                  /* own socket name, which is not rung; NULL: none */
	void (*wake)(void *ctx);               /* from any thread: sender_work has something to do */
	void *wake_ctx;
};

/* Seconds that an attempt may take, whatever is sent. */
static inline int sender_attempt_s(const struct config *cfg)
{
	return *cfg->mail_url && cfg->mail_timeout_s > cfg->webhook_timeout_s ? cfg->mail_timeout_s : cfg->webhook_timeout_s;
}

struct sender *sender_start(const struct sender_env *env, struct error *err);

/* Ready for reading when sender_work has something to receive or send. */
int sender_fd(const struct sender *s);
/* One step of the owner's loop. Returns when to call again (clock_mono_us). */
int64_t sender_work(struct sender *s);
/* Something became due (doorbell message BELL_WORK): the others of this host are told when this one has its hands full, or
 * is draining. */
void sender_work_came(struct sender *s);
/* Something may be due (BELL_LOOK): looks. */
void sender_look_again(struct sender *s);

/* Takes nothing new and gives back what has not been sent; what is under way goes on. */
void sender_drain(struct sender *s);
bool sender_idle(struct sender *s);            /* nothing is leased, nothing waits to be recorded */
/* Gives back what is under way too, records what is known, joins the threads. NULL accepted. */
void sender_stop(struct sender *s);

/* Since the start. postponed: given back because its receiver or account has its hands full. */
struct sender_counts { uint64_t claimed, delivered, failed, retried, postponed, released; };
void sender_counts(struct sender *s, struct sender_counts *out);

/* agentivctl tick: one bounded pass: sends until nothing is due, max deliveries or deadline. */
bool sender_pass(const struct sender_env *env, unsigned max, int64_t deadline_us, struct sender_counts *out,
                 struct error *err);

#endif
