/* Who was let in, looked at again. */
#include "core/auth.h"

bool auth_renew(struct auth *a, const struct credentials *c, struct auth_entry **e)
{
	struct auth_entry *fresh;
	struct error ignored = {0};

	if (!auth_check(a, c, true, &fresh, &ignored))
		return false;
	auth_release(*e);
	*e = fresh;
	return true;
}

bool auth_go_on(struct auth *a, const struct credentials *c, struct auth_entry **e)
{
	struct auth_entry *now;
	struct error err = {0};

	if (!auth_check(a, c, false, &now, &err))
		return err.code != ERR_UNAUTHORIZED;
	auth_release(*e);
	*e = now;
	return true;
}
