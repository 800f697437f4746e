/* The configuration: an INI file (inih), each value overridden by the
 * environment variable AGENTIV_<SECTION>_<NAME> in capitals. The table in
 * config_table.c is the one list of settings: section, name, type, default, help.
 *
 * Ownership: config_load fills *c; config_release frees its strings. */
#ifndef AGENTIV_BASE_CONFIG_H
#define AGENTIV_BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct config {
	/* [database] */
	char *db_hosts;          /* "socket:/path" or "host[:port][,host[:port]…]" */
	char *db_name, *db_user, *db_password;
	char *db_password_file;  /* preferred over db_password */
	int   db_connect_timeout_s, db_read_timeout_s;   /* 1, 5 */
	bool  db_tls;
	/* [paths] */
	char *run_dir;           /* doorbell sockets, the request-limit file */
	char *agents_dir;        /* the operator's manifests, "" for none */
	/* [secrets] */
	char *pepper_file, *seal_file;
	/* [http] */
	char *listen;            /* Unix socket path of the responder, "" when started with an inherited socket */
	int   listen_mode;       /* octal, 0660 */
	char *base_path;         /* "" or "/agentiv" */
	int   threads;           /* request threads, 4 */
	int   sync_wait_s;       /* 55 */
	int   max_body;          /* bytes, 1 MiB */
	bool  run_inline;        /* run synchronous runs in the responder */
	bool  behind_tls;        /* a proxy in front of the web server ends TLS */
	char *metrics_token_file;/* "" : /metrics only from loopback */
	/* [worker] */
	int   worker_threads, worker_batch, worker_poll_ms;            /* 8, 64, 1000 */
	int   worker_idle_poll_ms, lease_s;                            /* 30000, 30 */
	int   max_attempts, retry_base_ms, retry_max_ms;               /* 3, 1000, 60000 */
	/* [scheduler] */
	int   scheduler_poll_ms, scheduler_idle_poll_ms;               /* 1000, 30000 */
	/* [webhooks] */
	int   sender_inflight, sender_poll_ms, sender_idle_poll_ms;    /* 1000, 1000, 30000 */
	int   webhook_timeout_s, webhook_lease_s;                      /* 15, 30 */
	char *webhook_schedule_s;/* "5,30,120,600,3600,10800,21600,43200" */
	/* [outbound] */
	char *allow_networks;    /* "127.0.0.0/8,::1/128": allowed beside public addresses; default none */
	char *ca_file;           /* "": the system's certificates */
	/* [mail] */
	char *mail_url;          /* "": no mail is sent */
	char *mail_user, *mail_password_file;
	char *mail_password;     /* read from the file; "" without one */
	char *mail_tls;          /* "required", "opportunistic", "none" */
	char *mail_from, *mail_reply_to;   /* "Name <a@b>" */
	char *brand, *public_url;
	int   mail_digest_minutes, mail_timeout_s;                        /* 15, 20 */
	/* [retention] 0: for ever */
	int   executions_days, steps_days, deliveries_days, audit_days;   /* 90, 30, 30, 365 */
	int   idempotency_hours;                                          /* 24 */
	/* [log] */
	char *log_level;
};

/* Reads path (NULL: $AGENTIV_CONFIG, then /etc/agentiv/agentiv.conf, which alone may be
 * missing), applies the environment, reads the password file, checks ranges. On failure
 * nothing is left to release. ERR_INVALID_INPUT names file, line and setting. */
bool config_load(const char *path, struct config *c, struct error *err);
void config_release(struct config *c);

/* Certificates to trust of what is connected to; NULL: the system's. */
static inline const char *config_ca_file(const struct config *c)
{
	return *c->ca_file ? c->ca_file : NULL;
}

static inline int64_t config_idempotency_ms(const struct config *c)
{
	return c->idempotency_hours * INT64_C(3600000);
}

/* Walks the table: for documentation, doctor and the sample file. */
void config_describe(void (*each)(const char *section, const char *name, const char *def,
                                  const char *help, void *ctx), void *ctx);

#endif
