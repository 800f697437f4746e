/* The operator's side: accounts, plans, keys, connections, schema. What makes secrets is here: keys
 * are shown once and stored as hashes, webhook secrets and connections' settings are sealed.
 *
 * A user is named by its usr_ id or its e-mail address; ERR_NOT_FOUND when there is none. Changes
 * are told to the processes of this host at once, others see them within 5 s.
 *
 * Ownership: strings and lists live in the arena given; what admin points to must outlive it. */
#ifndef AGENTIV_CORE_ADMIN_H
#define AGENTIV_CORE_ADMIN_H

#include "base/arena.h"
#include "base/crypto.h"
#include "base/doorbell.h"
#include "core/duties.h"
#include "core/endpoint_secrets.h"
#include "core/keys.h"
#include "core/preferences.h"
#include "db/db.h"
#include "store/accounts.h"
#include "store/audit.h"
#include "store/effects.h"
#include "store/executions.h"
#include "store/migrate.h"
#include "store/queue.h"
#include "store/schedules.h"
#include "store/usage.h"

struct outbound_rules;
struct secrets;

struct admin {
	struct db *db;
	struct secrets *secrets;                    /* NULL where they are not needed */
	struct doorbell_ringer *ringer;             /* NULL: nobody is told */
	const char *run_dir;                        /* where the processes of this host are heard */
	const struct outbound_rules *outbound;      /* where mail servers may be; NULL: none is connected to */
	struct actor actor;                         /* who asks for changes: the audit log tells of each */
};

/* ERR_INVALID_INPUT with the field at fault; ERR_CONFLICT when the address is taken. */
bool admin_user_create(struct admin *a, const char *email, const char *name, const char *plan,
                       struct account *out, struct error *err);
bool admin_user_find(struct admin *a, const char *user, struct account *out, struct error *err);
/* What the user may do and has; principal_release. */
bool admin_principal(struct admin *a, const char *user, struct principal *out, struct error *err);
/* Sets the password of the dashboard and ends the user's sessions. */
bool admin_user_password(struct admin *a, const char *user, const char *password, struct account *out,
                         struct error *err);
bool admin_user_list(struct admin *a, struct arena *arena, struct account **out, unsigned *count,
                     struct error *err);
/* Sets plan and overrides and fills slots that became free; out is the account afterwards. */
bool admin_plan_set(struct admin *a, const char *user, const char *plan,
                    const struct plan_overrides *own, struct account *out, struct error *err);
/* By slug. */
bool admin_plan_list(struct admin *a, struct arena *arena, struct plan **out, unsigned *count, struct error *err);
/* agent: a slug, or "all". */
bool admin_subscription_set(struct admin *a, const char *user, const char *agent,
                            enum subscription_status status, int64_t trial_ends_at,
                            struct account *out, struct error *err);
/* "whsec_" and base64; the caller wipes it. */
bool admin_webhook_secret(struct admin *a, const char *user, char out[WEBHOOK_SECRET_SIZE],
                          struct error *err);
/* A new one; the old one signs beside it until *previous_until. The caller wipes it. */
bool admin_webhook_secret_rotate(struct admin *a, const char *user, char out[WEBHOOK_SECRET_SIZE], int64_t *previous_until,
                                 struct error *err);

/* See core/keys.h; id: "key_…". The caller wipes what is made. */
bool admin_key_create(struct admin *a, const char *user, struct made_key *k, struct error *err);
bool admin_key_rotate(struct admin *a, const char *user, const char *id, int64_t overlap_s, struct made_key *k,
                      struct error *err);
bool admin_key_list(struct admin *a, const char *user, struct arena *arena, struct api_key **out,
                    unsigned *count, struct error *err);
bool admin_key_revoke(struct admin *a, const char *user, const char *id, struct api_key *out,
                      struct error *err);

/* What a mailbox is reached by. */
#define MAILBOX_CA_MAX 16384
struct mailbox_spec {
	const char *kind;              /* "maildir", "mbox", "imap" */
	const char *path;              /* of the first two */
	const char *url, *username, *password;   /* of the last */
	const char *ca;                /* PEM of the only certificates to trust; NULL: the system's */
	bool plaintext;                /* an imap:// server is spoken to without TLS */
	const char *address;           /* its owner's; NULL: not told */
};
/* Connects a mailbox in place of what the integration had. check: it is opened first, and an mbox is one by its
 * beginning; ERR_INVALID_INPUT says why it is not, a retryable error that a server is away. *mails: how many it holds, -1
 * where that was not told. */
bool admin_connection_add(struct admin *a, const char *user, const char *integration, const struct mailbox_spec *spec,
                          bool check, struct arena *arena, struct connection_row *out, int64_t *mails,
                          struct error *err);
/* place: its path, or NAME@HOST[:PORT]/FOLDER; NULL where its settings cannot be opened under the keys of this host. */
bool admin_connection_list(struct admin *a, const char *user, struct arena *arena,
                           struct connection_row **out, unsigned *count, struct error *err);

/* out: what it was, disconnected now. What was learned stays. ERR_NOT_FOUND when the integration is not connected. */
bool admin_connection_remove(struct admin *a, const char *user, const char *integration, struct arena *arena,
                             struct connection_row *out, struct error *err);

/* What agents (one, or all with NULL) have learned of a user, by agent, kind and subject; at most ADMIN_MEMORY_MAX. */
#define ADMIN_MEMORY_MAX 10000
bool admin_memory_list(struct admin *a, const char *user, const char *agent, struct arena *arena,
                       struct memory_row **out, unsigned *count, struct error *err);
/* Forgets what an agent has learned: of one subject of a kind ("sender", "list"), or all with subject NULL. */
bool admin_memory_reset(struct admin *a, const char *user, const char *agent, const char *kind, const char *subject,
                        uint64_t *removed, struct error *err);

/* What was changed by whom, the newest first. user: of this one only; NULL: of all. f's account is filled in. */
bool admin_audit(struct admin *a, const char *user, struct audit_filter *f, struct arena *arena, struct audit_row **out,
                 unsigned *count, struct error *err);

/* One run of any account with its steps, at most ADMIN_STEPS_MAX of them. */
#define ADMIN_STEPS_MAX 1000
bool admin_execution(struct admin *a, const char *id, struct arena *arena, struct execution *out,
                     struct execution_step **steps, unsigned *count, struct error *err);

/* The queue as it is, and how many accounts hold runs though none of theirs is active. */
bool admin_queue_stats(struct admin *a, struct queue_stats *out, int64_t *stuck_accounts, struct error *err);
bool admin_schedule_stats(struct admin *a, struct schedule_stats *out, struct error *err);
/* The schedulers' duties, at most DUTIES_MAX. */
bool admin_duties(struct admin *a, struct duty_state *out, unsigned *count, struct error *err);
/* Sets a monthly token budget as budget_set does; rows are all that the account has then. */
bool admin_budget_set(struct admin *a, const char *user, enum budget_kind kind, const char *subject, int64_t max_tokens,
                      struct arena *arena, struct token_budget **rows, unsigned *count, struct error *err);
/* What a user is told of by mail; bits, 1 << enum notification. */
bool admin_notifications(struct admin *a, const char *user, unsigned *in_force, struct error *err);
bool admin_notifications_set(struct admin *a, const char *user, const struct preferences_patch *p, unsigned *in_force,
                             struct error *err);
bool admin_budget_list(struct admin *a, const char *user, struct arena *arena, struct token_budget **rows,
                       unsigned *count, struct error *err);
bool admin_usage(struct admin *a, const char *user, struct arena *arena, struct usage *out, struct error *err);

bool admin_migrate(struct admin *a, const struct migrate_options *o, unsigned *applied,
                   struct error *err);
/* Caller mem_frees *out. */
bool admin_migrations(struct admin *a, const char *dir, struct migration **out, unsigned *count,
                      struct error *err);
bool admin_schema_usable(struct admin *a, struct error *err);

#endif
