/* unsubscribe_link USER KIND…: the token of the link by which a mail's reader wants no more of these kinds, as the sender puts
 * it into mails. Configuration: AGENTIV_CONFIG. */
#include <stdio.h>
#include <stdlib.h>

#include "base/config.h"
#include "base/log.h"
#include "core/unsubscribe.h"
#include "store/accounts.h"

static bool print_token(struct db_conn *c, struct secrets *s, const char *user, unsigned kinds, struct error *err)
{
	struct account account;
	struct buf token;
	bool ok;

	buf_init(&token, 1024);
	ok = account_find(c, user, &account, err) &&
	     unsubscribe_token(s, c, &account.public_id, account.id, kinds, &token, err);
	if (ok)
		puts(buf_str(&token));
	buf_release(&token);
	return ok;
}

int main(int argc, char **argv)
{
	enum notification kind;
	struct config cfg;
	struct secrets *secrets = NULL;
	struct db *db = NULL;
	struct db_conn *c = NULL;
	struct error err = {0};
	unsigned kinds = 0;
	bool ok;
	int i;

	log_open("unsubscribe_link");
	for (i = 2; i < argc; i++)
		kinds |= notification_by_name(argv[i], &kind) ? 1u << kind : 0;
	if (kinds == 0 || !config_load(NULL, &cfg, &err)) {
		fprintf(stderr, "unsubscribe_link USER KIND…: %s\n", err.message);
		return 2;
	}
	ok = (secrets = secrets_open(&cfg, 1u << SECRET_SEAL, &err)) && (db = db_open(&cfg, 1, &err)) &&
	     (c = db_get(db, &err)) && print_token(c, secrets, argv[1], kinds, &err);
	if (!ok)
		fprintf(stderr, "unsubscribe_link: %s\n", err.message);
	db_put(db, c);
	db_close(db);
	secrets_free(secrets);
	config_release(&cfg);
	return ok ? 0 : 1;
}
