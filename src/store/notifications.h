/* Table notifications: what accounts are told of by mail, and which mail tells of it (sql/0014_mail.sql draws it).
 *
 * What happens is noted in the transaction that makes it happen, which holds the account's quota row: that row says what
 * the account wants to be told of, so that an account that wants nothing costs no statement. The first note makes the mail,
 * later ones go into it until the sender takes it up, and the next mail is not due before mail_next_at.
 *
 * Ownership: strings of a mail live in the arena given; payloads of notes are the caller's. */
#ifndef AGENTIV_STORE_NOTIFICATIONS_H
#define AGENTIV_STORE_NOTIFICATIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "db/db.h"

/* Bits of account_quota.mail_events: the numbers are in the database. */
enum notification { NOTE_RUN_SUCCESS, NOTE_RUN_FAILED, NOTE_ENDPOINT_DISABLED, NOTE_INTEGRATION_DISCONNECTED,
                    NOTE_TRIAL_ENDING, NOTE_QUOTA_80, NOTE_QUOTA_100, NOTE_SCHEDULE_PAUSED, NOTE__MAX };
#define NOTES_ALL  ((1u << NOTE__MAX) - 1)
#define NOTES_RUNS (1u << NOTE_RUN_SUCCESS | 1u << NOTE_RUN_FAILED)   /* by default only of plans without webhooks */

const char *notification_name(enum notification kind);       /* "run_success" */
bool notification_by_name(const char *name, enum notification *out);

/* ---- noting ---- */

/* What an account's quota row, locked, says of its mails. */
struct mail_state {
	unsigned  events;              /* wanted, 1 << enum notification */
	bool      pending;             /* a mail is to be sent: delivery */
	struct id delivery;
	int64_t   next_at;
};
#define MAIL_COLUMNS "mail_events, mail_delivery, mail_next_at"
#define MAIL_COLUMN_COUNT 3
void mail_state_read(struct db_conn *c, unsigned column, struct mail_state *out);
static inline bool mail_wants(const struct mail_state *m, enum notification kind)
{
	return m->events >> kind & 1;
}

struct note {
	uint64_t account_id;
	struct mail_state *mail;       /* of the account: in and out, shared by its notes */
	enum notification kind;
	const char *payload; size_t payload_len;
};
#define NOTE_PAYLOAD_MAX 8192      /* bytes of the column */

/* Notes of any number of accounts, all of them wanted, in few statements. Adds to *due how many mails are due at once by
 * this: for the sender's doorbell. */
bool notes_write(struct db_conn *c, const struct note *n, unsigned count, int64_t now_ms, unsigned *due,
                 struct error *err);

/* One, if the account wants it; its quota row is locked by the caller's transaction. */
bool note_write(struct db_conn *c, uint64_t account_id, enum notification kind, const char *payload, size_t len,
                int64_t now_ms, unsigned *due, struct error *err);

/* ---- sending ---- */

#define NOTIFICATIONS_SHOWN 50

struct notification_row { enum notification kind; int64_t at; const char *payload; };
struct mail_recipient {
	uint64_t account_id; struct id user_id;
	const char *email, *name, *timezone;
	bool white_label;
};

/* What a mail tells: the oldest NOTIFICATIONS_SHOWN of *total. One transaction under the account's lock: from now on
 * nothing goes into this mail any more, and the next one is not due for digest_ms. Asked again, it gives the same, so that
 * a Message-ID always stands for the same mail. *total 0: there is nothing to tell any more, the mail is not sent.
 * Whatever becomes of a mail's delivery, this comes first: a mail that is not taken is waited for by the notes to come.
 * ERR_NOT_FOUND: there is no such account. */
bool notifications_take(struct db *db, struct db_conn **c, const struct id *delivery, uint64_t account_id,
                        int64_t now_ms, int64_t digest_ms, struct arena *a, struct mail_recipient *to,
                        struct notification_row **out, unsigned *count, unsigned *total, struct error *err);

/* ---- preferences ---- */

struct mail_preferences { unsigned on, off, in_force; };   /* on and off: what the account has decided; bits of kinds */

/* Computes account_quota.mail_events anew; the account is locked. */
bool mail_events_update(struct db_conn *c, uint64_t account_id, struct error *err);
bool mail_preferences_find(struct db_conn *c, uint64_t account_id, struct mail_preferences *out, struct error *err);
/* The account is locked. What is not wanted any more is taken out of the mail that is to be sent. */
bool mail_preferences_set(struct db_conn *c, uint64_t account_id, unsigned on, unsigned off, struct error *err);

#endif
