/* What mails to users look like: a mail of what there is to tell, as text and as HTML, in the account's time zone.
 *
 * Whatever comes from users, agents and servers (names, summaries, errors) is text of others: one line of valid UTF-8
 * without control characters in a header, escaped in HTML, cut where it is long. */
#ifndef AGENTIV_CORE_MAIL_H
#define AGENTIV_CORE_MAIL_H

#include "base/arena.h"
#include "base/config.h"
#include "base/err.h"
#include "base/mail_address.h"
#include "net/smtp.h"
#include "store/notifications.h"

/* Of an installation. */
struct mail_look {
	struct mail_address from, reply_to;      /* reply_to.address "": none */
	const char *brand, *public_url;
};
/* Of a configuration with mail: it is checked when it is read. The strings are the configuration's. */
void mail_look_of(const struct config *cfg, struct mail_look *out);
void mail_server_of(const struct config *cfg, struct smtp_options *out);

struct mail_letter {
	struct id delivery;                      /* its Message-ID */
	int64_t now_ms;                          /* its Date */
	const struct mail_recipient *to;
	const struct notification_row *rows;     /* oldest first */
	unsigned count, total;                   /* count >= 1; of total, count are shown */
	const char *unsubscribe_url;
};

/* Strings of the mail live in the arena. ERR_INVALID_INPUT: the account's address is none. */
bool mail_compose(const struct mail_look *look, const struct mail_letter *letter, struct arena *a, struct smtp_mail *out,
                  struct error *err);
/* A mail that shows that mails arrive. */
bool mail_compose_test(const struct mail_look *look, const char *address, int64_t now_ms, struct arena *a,
                       struct smtp_mail *out, struct error *err);

/* Asks the configured server now, and waits: for a test mail, or, without an address, for its greeting and the login. false:
 * it could not be asked. */
struct mail_tried {
	bool accepted, encrypted;
	int  status;                             /* of SMTP; 0: there was no reply */
	char text[SMTP_TEXT_SIZE + 100];         /* what it said, or what went wrong */
};
bool mail_try(const struct config *cfg, const char *address, struct mail_tried *out, struct error *err);

#endif
