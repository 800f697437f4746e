/* doctor: the mail server. */
#include "ctl/doctor.h"

#include <string.h>

#include "core/mail.h"

void doctor_mail(struct doctor *d)
{
	static const char advice[] = "see to [mail] url, tls, user and password_file, then agentivctl mail test --to ADDRESS";
	const struct config *cfg = &d->c->cfg;
	struct error err = {0};
	struct mail_tried t;

	if (!*cfg->mail_url)
		doctor_report(d, VERDICT_OK, "mail", NULL, "no server is configured: users are told of nothing by mail");
	else if (!mail_try(cfg, NULL, &t, &err))
		doctor_report(d, VERDICT_FAILED, "mail", advice, "%s", err.message);
	else if (!t.accepted)
		doctor_report(d, VERDICT_FAILED, "mail", advice, "%s: %s", cfg->mail_url, t.text);
	else if (!t.encrypted)
		doctor_report(d, VERDICT_WARNING, "mail", strcmp(cfg->mail_tls, "none") == 0 ?
		              "with [mail] tls = none all mails go out in clear: only for a server on this host" :
		              "mails go out in clear unless the server offers STARTTLS",
		              "%s answers, without encryption", cfg->mail_url);
	else
		doctor_report(d, VERDICT_OK, "mail", NULL, "%s answers, encrypted%s", cfg->mail_url,
		              *cfg->mail_user ? ", and takes the login" : "");
}
