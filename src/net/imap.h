/* A connection to an IMAP server: TLS and the outbound rules through curl, the protocol by ourselves, since a fetch by
 * URL would mark mails as read. Blocking, for one thread; while it waits it asks whether to stop.
 *
 * Errors: retryable ones end the connection (dropped, too slow, busy); with the others it goes on, unless opening it
 * was what failed. The password is in no message.
 *
 * Ownership: imap_open gives a connection that imap_close ends. What options point to is borrowed until then. */
#ifndef AGENTIV_NET_IMAP_H
#define AGENTIV_NET_IMAP_H

#include "net/imap_parse.h"
#include "net/outbound.h"

struct imap;

struct imap_options {
	const struct outbound_rules *rules;
	struct mail_url url;
	bool plaintext;              /* an imap:// URL is spoken to without TLS, in networks that the rules name */
	const char *user, *password;
	const char *ca;              /* PEM of the only certificates to trust; NULL: those of ca_file */
	const char *ca_file;         /* NULL: the system's */
	bool (*stopped)(void *data); /* NULL: never */
	void *data;
	int64_t deadline_ms;         /* clock_now_ms; 0: none */
	size_t literal_max;          /* bytes of the largest literals that are asked for */
};

/* Connects and logs in. ERR_INTEGRATION_NOT_CONNECTED when the login is refused for good. */
struct imap *imap_open(const struct imap_options *o, struct error *err);
/* Says good-bye, if that can be done at once. NULL accepted. */
void imap_close(struct imap *m);
/* Is it of use still? */
bool imap_alive(const struct imap *m);

/* How many mails the selected folder holds, by the server's last word. */
uint32_t imap_exists(const struct imap *m);
/* A capability as the server names it after the login: "MOVE". */
bool imap_can(const struct imap *m, const char *capability);

/* ---- Commands ---- */

#define IMAP_ARGS_MAX 16     /* strings of a command that go as literals */

struct imap_command {
	struct buf text;
	size_t stops[IMAP_ARGS_MAX];   /* where the server has to say that it goes on */
	unsigned stop_count;
};

void imap_begin(struct imap_command *c, const char *words);
void imap_add(struct imap_command *c, const char *words);
void imap_addf(struct imap_command *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A string of any bytes but NUL, quoted where that can be, else as a literal. */
void imap_add_string(struct imap_command *c, const char *s);

struct imap_status {
	enum imap_condition condition;
	char code[24];                 /* "OVERQUOTA" */
	char text[200];                /* what the server says, one line of ASCII */
	bool copied;                   /* it told where a mail went (COPYUID) */
	uint32_t copy_validity, copy_uid;
};

/* Called with every untagged answer; false: what it says cannot be, which ends the connection. */
typedef bool (*imap_each)(void *ctx, const struct imap_answer *a);

/* Sends the command, whose memory it releases, and reads until it is answered. true: answered, status says how. */
bool imap_run(struct imap *m, struct imap_command *c, imap_each each, void *ctx, struct imap_status *status,
              struct error *err);
/* The same; NO and BAD are errors that begin with what. */
bool imap_do(struct imap *m, struct imap_command *c, imap_each each, void *ctx, struct imap_status *status,
             const char *what, struct error *err);
/* What a NO or BAD means: the server is busy (retryable), the mailbox is full, or whatever it says. Returns false. */
bool imap_refused(const struct imap_status *s, const char *what, struct error *err);

#endif
