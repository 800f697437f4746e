/* API keys. */
#include "ctl/print.h"

#include "base/mem.h"

bool cmd_key_create(struct ctl *c)
{
	char key[API_KEY_LEN + 1];
	struct api_key k;
	unsigned scopes;
	bool ok;

	ok = scopes_parse(ctl_text(c, "scopes"), &scopes, &c->err) &&
	     admin_key_create(&c->admin, ctl_text(c, "user"), ctl_text(c, "name"), scopes,
	                      ctl_number(c, "expires", 0), &k, key, &c->err);
	if (ok)
		print_key(c, &k, key);
	mem_wipe(key, sizeof key);
	return ok;
}

bool cmd_key_list(struct ctl *c)
{
	struct api_key *k;
	unsigned n;

	if (!admin_key_list(&c->admin, ctl_text(c, "user"), &c->arena, &k, &n, &c->err))
		return false;
	print_keys(c, k, n);
	return true;
}

bool cmd_key_revoke(struct ctl *c)
{
	struct api_key k;

	if (!admin_key_revoke(&c->admin, ctl_text(c, "user"), ctl_text(c, "id"), &k, &c->err))
		return false;
	print_key(c, &k, NULL);
	return true;
}
