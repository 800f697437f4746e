/* What a user is told of by mail. */
#include "core/admin_priv.h"

bool admin_notifications(struct admin *a, const char *user, unsigned *in_force, struct error *err)
{
	struct account account;

	return admin_user_find(a, user, &account, err) && preferences_find(a->db, account.id, in_force, err);
}

bool admin_notifications_set(struct admin *a, const char *user, const struct preferences_patch *p, unsigned *in_force,
                             struct error *err)
{
	struct account account;

	return admin_user_find(a, user, &account, err) &&
	       preferences_update(a->db, &a->actor, account.id, "notifications.update", p, in_force, err);
}
