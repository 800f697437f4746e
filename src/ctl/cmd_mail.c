/* The mail server. */
#include "ctl/print.h"

#include "core/mail.h"

static void put_json(struct ctl *c, const char *to, const struct mail_tried *t)
{
	json_obj_open(&c->w, NULL);
	json_put_str(&c->w, "to", to);
	json_put_str(&c->w, "server", c->cfg.mail_url);
	json_put_bool(&c->w, "accepted", t->accepted);
	json_put_bool(&c->w, "encrypted", t->encrypted);
	json_put_opt_int(&c->w, "smtp_status", t->status != 0, t->status);
	json_put_str(&c->w, "answer", t->text);
	json_obj_close(&c->w);
}

static void put_text(struct ctl *c, const char *to, const struct mail_tried *t)
{
	struct table out;

	table_init(&out, &c->arena, c->colour, NULL);
	print_text(&out, "To", to);
	print_text(&out, "Server", c->cfg.mail_url);
	table_add(&out, "Mail");
	table_add_coloured(&out, t->accepted ? GREEN : RED, t->accepted ? "accepted" : "not accepted");
	print_text(&out, "Encrypted", t->encrypted ? "yes" : "no");
	print_text(&out, "Answer", t->accepted ? arena_printf(&c->arena, "%d %s", t->status, t->text) : t->text);
	table_print(&out, "", &c->out);
}

bool cmd_mail_test(struct ctl *c)
{
	const char *to = ctl_text(c, "to");
	struct mail_tried tried;

	if (!mail_try(&c->cfg, to, &tried, &c->err)) {
		c->status = *c->cfg.mail_url ? CTL_REFUSED : CTL_CONFIGURATION;
		return false;
	}
	(c->json ? put_json : put_text)(c, to, &tried);
	if (!tried.accepted)
		c->status = CTL_REFUSED;
	return true;
}
