/* One mail, or a knock at the server, with somebody waiting for it. */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "core/mail.h"

struct trying {
	struct smtp_call call;               /* first: the client gives it back */
	struct mail_tried *out;
	bool done;
};

static void on_done(struct smtp_call *call, const struct smtp_answer *a)
{
	struct trying *t = (struct trying *)call;

	t->done = true;
	t->out->accepted = a->verdict == SMTP_DONE;
	t->out->status = a->status;
	/* of a server that has not answered it is not known, whatever was to be */
	t->out->encrypted = a->encrypted && (a->status != 0 || t->out->accepted);
	snprintf(t->out->text, sizeof t->out->text, "%s", a->text);
}

/* The call ends by its own time at the latest. */
static void wait_for_it(struct transfers *s, const struct trying *t)
{
	while (!t->done) {
		struct pollfd fd = {.fd = transfers_fd(s), .events = POLLIN};
		int64_t due = transfers_due(s), left_us = due == INT64_MAX ? 1000000 : due - clock_mono_us();

		poll(&fd, 1, left_us > 0 ? (int)(left_us < 1000000 ? left_us / 1000 + 1 : 1000) : 0);
		transfers_run(s);
	}
}

static bool run(const struct config *cfg, const struct smtp_mail *mail, struct mail_tried *out, struct error *err)
{
	struct trying t = {.call = {.mail = mail, .timeout_ms = cfg->mail_timeout_s * INT64_C(1000), .done = on_done}, .out = out};
	struct transfers *transfers = transfers_new(1, err);
	struct smtp_options options;
	struct smtp_client *client;
	bool ok;

	if (!transfers)
		return false;
	mail_server_of(cfg, &options);
	client = smtp_client_new(transfers, &options);
	ok = smtp_client_send(client, &t.call, err);
	if (ok)
		wait_for_it(transfers, &t);
	smtp_client_free(client);
	transfers_free(transfers);
	return ok;
}

bool mail_try(const struct config *cfg, const char *address, struct mail_tried *out, struct error *err)
{
	struct mail_look look;
	struct smtp_mail mail;
	struct arena a;
	bool ok;

	memset(out, 0, sizeof *out);
	if (!*cfg->mail_url)
		return err_set(err, ERR_INVALID_INPUT, "No mail server is configured: set url, from and public_url in [mail]");
	arena_init(&a);
	mail_look_of(cfg, &look);
	ok = (!address || mail_compose_test(&look, address, clock_now_ms(), &a, &mail, err)) &&
	     run(cfg, address ? &mail : NULL, out, err);
	arena_release(&a);
	return ok;
}
