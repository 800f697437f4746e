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

static bool authenticate(struct imap *m, struct imap_status *status, struct error *err)
{
	bool at_once = imap_can(m, "SASL-IR"), ended, go_on = false, ok;
	struct imap_command c;
	struct buf secret;

	buf_init(&secret, 2 * SASL_MAX);
	if (!plain_secret(&m->options, &secret, err))
		return false;
	imap_begin(&c, "AUTHENTICATE PLAIN");
	if (at_once)
		imap_addf(&c, " %s", buf_str(&secret));
	ok = imap_send(m, &c, NULL, NULL, status, &ended, err) && imap_wait(m, NULL, NULL, status, at_once ? NULL : &go_on, err);
	if (ok && go_on) {
		buf_adds(&secret, "\r\n");
		ok = stream_send(&m->stream, secret.data, secret.len, err) && imap_wait(m, NULL, NULL, status, NULL, err);
	}
	mem_wipe(secret.data, secret.len);
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

/* A server that cannot look now says so by its code; all else means that this name and password do not do. */
static bool refused(const struct imap_status *s, struct error *err)
{
	imap_refused(s, "The mail server cannot log in now", err);
	if (err->retryable)
		return false;
	return err_set(err, ERR_INTEGRATION_NOT_CONNECTED, "The mail server refused the login: %s; connect the mailbox again"
	               " with the right name and password", *s->text ? s->text : "it gave no reason");
}

bool imap_log_in(struct imap *m, struct error *err)
{
	struct imap_status status;
	bool ok;

	if (!imap_ask_capabilities(m, err))
		return false;
	m->caps_told = false;
	if (imap_can(m, "AUTH=PLAIN"))
		ok = authenticate(m, &status, err);
	else if (!imap_can(m, "LOGINDISABLED"))
		ok = log_in_plainly(m, &status, err);
	else
		return err_set(err, ERR_INTEGRATION_NOT_CONNECTED,
		               "The mail server takes no password here: it offers neither AUTH=PLAIN nor LOGIN");
	/* there may be more of them now; most servers tell at once */
	return ok && (status.condition == IMAP_OK || refused(&status, err)) &&
	       (m->caps_told || imap_ask_capabilities(m, err));
}
