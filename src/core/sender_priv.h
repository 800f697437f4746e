/* What the files of the sender share: a sending, which is one leased delivery on its way, the lanes, and the sender
 * itself.
 *
 * Ownership: a sending belongs to one thread at a time: the claimer that makes it, the owner's thread, the recorder
 * that frees it. It is one block of memory, its texts included. */
#ifndef AGENTIV_CORE_SENDER_PRIV_H
#define AGENTIV_CORE_SENDER_PRIV_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/sender.h"
#include "core/webhook.h"
#include "net/http_client.h"
#include "net/smtp.h"
#include "store/outbox.h"

/* How many attempts may be under way to one receiver: more as it answers quickly, fewer as it does not (additive increase,
 * multiplicative decrease; Chiu and Jain 1989), none for a while when it has done nothing but fail slowly (a circuit
 * breaker; Nygard 2007), then one to look again. A receiver is an endpoint, or the origin of runs' own URLs. So those that
 * are slow or dead hold few of the sender's slots, and what cannot be sent to them is given back for later. Lanes of accounts
 * are of one width. Owner's thread only. */
struct lane;
struct lanes {
	struct lane *table;
	unsigned first, most;            /* limits: of a new lane, of any */
	bool fixed;
	bool wary;                       /* quick failures, too, open a breaker: not to be asked again and again */
};
enum lane_end { LANE_WELL /* 2xx */, LANE_ANSWERED /* any other status */, LANE_SILENT /* no answer */ };

/* The next of the instants at which something postponed comes back: what is due together is given back together. */
static inline int64_t postpone_to(int64_t ms)
{
	return (ms / 250 + 1) * 250;
}

struct lane *lane_get(struct lanes *l, const void *key, size_t n, int64_t now_us);   /* one reference */
/* That of an endpoint at a URL, so that where its URL is changed nothing waits for what was said at the old one. One
 * reference, as below. */
struct lane *lane_of_endpoint(struct lanes *l, const struct id *endpoint, const char *url, int64_t now_us);
/* That of the URL's scheme, host and port. */
struct lane *lane_of_origin(struct lanes *l, const char *url, int64_t now_us);
void lane_put(struct lane *l);
bool lane_open(const struct lane *l, int64_t now_us);
/* It has not answered within a second lately, or is not known yet and has a first attempt under way: what goes to all of them
 * together has half of the sender's slots. */
bool lane_slow(const struct lane *l);
void lane_begin(struct lane *l, int64_t now_us);
void lane_end(struct lane *l, enum lane_end end, int64_t duration_us, int64_t now_us);
/* It is full, and does not move, or its breaker is open: what waits for it had better not. */
bool lane_stuck(const struct lane *l, int64_t now_us);
/* When to try again what is given back, spread by how fast the lane moves over as long as it has been slow. */
int64_t lane_postpone(struct lane *l, int64_t now_ms, int64_t now_us);
void lanes_release(struct lanes *l);

struct sending_mail;
struct sending {
	struct http_call call;               /* first: the client gives it back */
	struct sending_mail *mail;           /* NULL: a webhook */
	struct sender *sender;
	struct sending *next;
	struct lane *receiver, *account;     /* while it is the owner's thread's */
	bool     slow;                       /* under way to one that was slow when it began */
	struct delivery_result result;
	char    *error, *response;           /* of the result: its memory */
	int64_t  release_at;                 /* ms; given back instead of recorded */
	size_t   size;                       /* bytes of the block */
	char     text[];
};

struct sendings { struct sending *first, **last; unsigned count; size_t bytes; };
void sendings_init(struct sendings *l);
void sendings_add(struct sendings *l, struct sending *s);
struct sending *sendings_take(struct sendings *l);         /* the first, or NULL */
void sendings_move(struct sendings *from, struct sendings *to);
void sending_free(struct sending *s);
void sending_mail_free(struct sending_mail *m);

struct secrets;
/* What a delivery is signed with: a secret, and for a while the one before it. */
struct signing { struct webhook_secret now, previous; bool has_previous; };
/* Opens an endpoint's; wiped by the caller. */
bool signing_of_endpoint(struct secrets *seal, const struct delivery_target *t, int64_t now_ms, struct signing *out,
                         struct error *err);
/* Accounts' webhook secrets, opened, for a short time. The claimer's. */
struct webhook_secrets;
struct webhook_secrets *webhook_secrets_new(struct secrets *seal);
void webhook_secrets_free(struct webhook_secrets *s);                      /* wipes them */
void webhook_secrets_expire(struct webhook_secrets *s);                    /* wipes those whose time is over */
/* The pointer is good until the next call. */
bool webhook_secrets_get(struct webhook_secrets *s, struct db_conn *c, uint64_t account_id,
                         const struct signing **out, struct error *err);

/* Makes sendings of deliveries. The claimer's. */
struct builder;
struct builder *builder_new(struct sender *s);
void builder_free(struct builder *b);
void builder_rest(struct builder *b);                      /* nothing is due: forgets old secrets */
enum built {
	BUILT,
	BUILT_NOTHING,         /* there is nothing to send any more: it is done */
	BUILD_LARGE,           /* its output has to be read for itself: asked for by large */
	BUILD_LATER,           /* the database does not answer */
	BUILD_FAILED,          /* err says why; a later attempt may fare better */
	BUILD_FAILED_FOR_GOOD
};
enum built builder_make(struct builder *b, struct db_conn *c, const struct delivery *d, bool large,
                        struct sending **out, struct error *err);
/* One that is not to be sent, for its record or its release. */
struct sending *builder_bare(struct builder *b, const struct delivery *d);

/* The claimer's: the mail that such a delivery is. *c may be lost by it (NULL). */
enum built sender_mail_make(struct sender *s, struct builder *b, struct db_conn **c, const struct delivery *d,
                            struct sending **out, struct error *err);
/* When one that is put off is due again; *last_ms: of the one before, the claimer's to keep. */
int64_t sender_mail_turn(int64_t *last_ms, int64_t now_ms);

/* Called with the lock: has the other senders of this host look for what this one has no room for, or gives back. */
void sender_pass_on(struct sender *s);

#define STATUS_GONE 410
#define CLAIM_MAX  64                 /* deliveries in one claim */
#define RECORD_MAX OUTBOX_BATCH_MAX   /* attempts in one record: what ended while the one before was written */

struct sender {
	struct sender_env env;
	struct webhook_schedule schedule;
	unsigned inflight;               /* most leased at once */

	/* the owner's thread */
	struct transfers *transfers;
	struct http_client *http;
	struct smtp_client *smtp;        /* NULL: mail is not configured */
	atomic_uint mails_held;          /* any thread's */
	struct lanes origins, endpoints, accounts, mails;
	unsigned slow, slow_most;        /* under way to slow ones, and how many of them may be */
	struct sendings waiting, ended, back;   /* for room in a lane; to be recorded; to be given back */
	bool     draining, stopping, rested;
	int64_t  active_us;              /* when something was last under way */

	pthread_mutex_t lock;
	pthread_cond_t  claim, record;   /* the claimer's and the recorder's */
	pthread_cond_t  freed;           /* rung when held_bytes falls */
	unsigned held;                   /* leased: with any thread but the recorder */
	size_t   held_bytes;
	int64_t  budget;                 /* deliveries that may yet be claimed; -1 unlimited */
	int64_t  pass_on_us;             /* until when no other sender is rung */
	int64_t  due_ms;                 /* the earliest that was recorded as due again since the last look */
	bool     rung, claiming, recording, claim_stop, record_stop, giving_up;
	bool     wants_room;             /* the claimer waits until there is room for a claim */
	bool     nothing_due;            /* the last look found nothing */
	bool     away;                   /* the database did not answer the claimer */
	struct sendings claimed, results, releases;
	struct sender_counts counts;
	unsigned shard;                  /* of the totals that it adds to */

	pthread_t claimer, recorder;
	bool      has_claimer, has_recorder;
};

/* Owner's thread (sender_send.c): starts what waits and may start; gives back what had better not wait. */
void send_waiting(struct sender *s);
/* Decides what becomes of an attempt that failed: result.state and retry_at. */
void sending_failed(struct sender *s, struct sending *g, bool final, int64_t retry_after_s);

/* An attempt has ended: it leaves its lanes. false: as the sender stops, what became of it is not known; it is given back, and
 * sent again. */
bool sending_leave(struct sending *g, enum lane_end end, int64_t duration_us);
/* One line in the log of an attempt that failed. */
void sending_tell(const struct sending *g);

void sender_mail_start(struct sender *s);
struct lane *sender_mail_lane(struct sender *s, int64_t now_us);
bool sender_mail_send(struct sender *s, struct sending *g, struct error *err);

bool claimer_start(struct sender *s, struct error *err);
void claimer_stop(struct sender *s);      /* what it has in hand, it hands over */
/* With the lock: how many to claim now; 0 none. */
unsigned claimer_room(const struct sender *s);

bool recorder_start(struct sender *s, struct error *err);
void recorder_stop(struct sender *s);

#endif
