/* API keys. */
#include "ctl/print.h"

#include <string.h>

#include "base/mem.h"

static bool take_networks(struct ctl *c, struct api_key *row)
{
	const char *p = ctl_text(c, "networks");

	for (; p; p = *p ? p + 1 : NULL) {
		size_t n = strcspn(p, ",");

		if (!key_add_network(row, p, n, "networks", &c->err))
			return false;
		p += n;
	}
	return true;
}

bool cmd_key_create(struct ctl *c)
{
	struct made_key k = {.row.expires_at = ctl_number(c, "expires", 0)};
	bool ok = scopes_parse(ctl_text(c, "scopes"), &k.row.scopes, &c->err) &&
	          key_name(&k.row, ctl_text(c, "name"), &c->err) && take_networks(c, &k.row) &&
	          admin_key_create(&c->admin, ctl_text(c, "user"), &k, &c->err);

	if (ok)
		print_key(c, &k.row, k.key);
	mem_wipe(&k, sizeof k);
	return ok;
}

bool cmd_key_rotate(struct ctl *c)
{
	struct made_key k;
	bool ok = admin_key_rotate(&c->admin, ctl_text(c, "user"), ctl_text(c, "id"), ctl_number(c, "overlap", KEY_OVERLAP_S),
	                           &k, &c->err);

	if (ok)
		print_key(c, &k.row, k.key);
	mem_wipe(&k, sizeof k);
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
