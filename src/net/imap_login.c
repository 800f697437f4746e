/* Logging in: AUTHENTICATE PLAIN where it is offered, else LOGIN; and what the server can. */
#include "net/imap_priv.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "base/mem.h"

#define SASL_MAX 4096

void imap_take_capabilities(struct imap *m, struct imap_reader words)
{
	size_t n = 0;

	m->caps[n++] = ' ';
	for (;;) {
		struct imap_token t = imap_next(&words);
		size_t i;

		if (t.kind != IMAP_ATOM || n + t.n + 2 > sizeof m->caps)
			break;
		for (i = 0; i < t.n; i++)
			m->caps[n++] = (char)toupper((unsigned char)t.p[i]);
		m->caps[n++] = ' ';
	}
	m->caps[n] = '\0';
	m->caps_told = true;
}

bool imap_can(const struct imap *m, const char *capability)
{
	char word[40];

	snprintf(word, sizeof word, " %s ", capability);
	return strstr(m->caps, word) != NULL;
}

bool imap_ask_capabilities(struct imap *m, struct error *err)
{
	struct imap_status status;
	struct imap_command c;

	m->caps[0] = '\0';
	imap_begin(&c, "CAPABILITY");
	return imap_do(m, &c, NULL, NULL, &status, "The mail server does not say what it can", err);
}

/* RFC 4616: an empty identity to act as, the user, the password. */
static bool plain_secret(const struct imap_options *o, struct buf *out, struct error *err)
{
	size_t user = strlen(o->user), password = strlen(o->password);
	char *text;

	if (user + password + 2 > SASL_MAX)
		return err_set(err, ERR_INTEGRATION_NOT_CONNECTED, "The user name and password of the mailbox are too long");
	text = mem_alloc(user + password + 2);
	text[0] = '\0';
	memcpy(text + 1, o->user, user + 1);
	memcpy(text + user + 2, o->password, password);
	if (buf_reserve(out, 4 * (user + password + 4) / 3 + 4))
		out->len += crypto_base64(text, user + password + 2, out->data + out->len);
	mem_wipe(text, user + password + 2);
	mem_free(text);
	return true;
}

/* A server that does not take the secret with the command asks for it, also one that says that it would. */
static bool authenticate(struct imap *m, struct imap_status *status, struct error *err)
{
	bool ended, go_on = false, ok;
	struct imap_command c;
	struct buf secret;

	buf_init_secret(&secret, 2 * SASL_MAX);
	if (!plain_secret(&m->options, &secret, err))
		return false;
	imap_begin(&c, "AUTHENTICATE PLAIN");
	if (imap_can(m, "SASL-IR")) {
		imap_add(&c, " ");
		imap_add(&c, buf_str(&secret));
	}
	ok = imap_send(m, &c, NULL, NULL, status, &ended, err) && imap_wait(m, NULL, NULL, status, &go_on, err);
	if (ok && go_on)
		ok = stream_send(&m->stream, secret.data, secret.len, err) && stream_send(&m->stream, "\r\n", 2, err) &&
		     imap_wait(m, NULL, NULL, status, NULL, err);
	buf_release(&secret);
	return ok;
}

static bool log_in_plainly(struct imap *m, struct imap_status *status, struct error *err)
{
	struct imap_command c;

	imap_begin(&c, "LOGIN ");
	imap_add_string(&c, m->options.user);
	imap_add(&c, " ");
	imap_add_string(&c, m->options.password);
	return imap_run(m, &c, NULL, NULL, status, err);
}

/* What a login is refused for (RFC 5530), in our words: the server's may hold the password. */
static const struct { const char *code, *why; bool for_good; } refusals[] = {
	{"", "", true},
	{"AUTHENTICATIONFAILED", ": the name or the password is wrong", true},
	{"AUTHORIZATIONFAILED", ": the name may not be used so", true},
	{"EXPIRED", ": the password has expired", true},
	{"PRIVACYREQUIRED", ": it wants an encrypted connection", true},
	{"UNAVAILABLE", ": it cannot look the name up", false},
	{"LIMIT", ": there are too many connections", false},
	{"INUSE", ": the mailbox is in use", false},
	{"SERVERBUG", ": it has an error of its own", false},
	{"CONTACTADMIN", ": its administrator has to be asked", false},
	{"ALERT", ": its owner has to look, in a mail program or on the provider's page", false},
};

/* Only what surely means this name and password is final. */
static bool refused(const struct imap_status *s, struct error *err)
{
	const char *why = "";
	bool for_good = false;
	unsigned i;

	for (i = 0; i < sizeof refusals / sizeof *refusals; i++)
		if (strcmp(s->code, refusals[i].code) == 0) {
			for_good = refusals[i].for_good;
			why = refusals[i].why;
		}
	if (for_good) {
		err_set(err, ERR_INTEGRATION_NOT_CONNECTED, "The mail server refused the login%s; connect the mailbox again"
		        " with the right name and password", why);
		err->disconnected = true;
		return false;
	}
	err_set(err, ERR_EXECUTION_FAILED, "The mail server does not let anybody log in now%s; it is tried again", why);
	err->retryable = true;
	return false;
}

static bool log_in(struct imap *m, struct imap_status *status, struct error *err)
{
	bool ok;

	m->logging_in = true;
	ok = imap_can(m, "AUTH=PLAIN") ? authenticate(m, status, err) : log_in_plainly(m, status, err);
	m->logging_in = false;
	return ok && (status->condition == IMAP_OK || refused(status, err));
}

bool imap_log_in(struct imap *m, struct error *err)
{
	struct imap_status status;

	if (!imap_ask_capabilities(m, err))
		return false;
	/* the newer one names folders in another way, and servers that speak it speak both */
	if (!imap_can(m, "IMAP4REV1"))
		return err_set(err, ERR_INTEGRATION_NOT_CONNECTED, "The mail server does not speak IMAP4rev1");
	if (!imap_can(m, "AUTH=PLAIN") && imap_can(m, "LOGINDISABLED"))
		return err_set(err, ERR_INTEGRATION_NOT_CONNECTED,
		               "The mail server takes no password here: it offers neither AUTH=PLAIN nor LOGIN");
	m->caps_told = false;
	/* there may be more of them now; most servers tell at once */
	return log_in(m, &status, err) && (m->caps_told || imap_ask_capabilities(m, err));
}
