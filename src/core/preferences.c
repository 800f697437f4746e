#include "core/preferences.h"

#include "core/audit.h"
#include "store/accounts.h"

struct change {
	uint64_t account_id;
	const struct preferences_patch *patch;
	const struct audit_entry *told;
	struct mail_preferences found;
};

static bool update_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct change *k = ctx;
	const struct preferences_patch *p = k->patch;
	unsigned on, off;

	if (!account_lock(c, k->account_id, err) || !mail_preferences_find(c, k->account_id, &k->found, err))
		return false;
	on = (k->found.on | p->on) & ~(p->off | p->plan);
	off = (k->found.off | p->off) & ~(p->on | p->plan);
	if (on == k->found.on && off == k->found.off)
		return true;
	return mail_preferences_set(c, k->account_id, on, off, err) &&
	       mail_preferences_find(c, k->account_id, &k->found, err) && audit_write(c, k->told, err);
}

static void put_names(struct json_out *w, const char *key, unsigned kinds)
{
	unsigned i;

	if (kinds == 0)
		return;
	json_arr_open(w, key);
	for (i = 0; i < NOTE__MAX; i++)
		if (kinds >> i & 1)
			json_put_str(w, NULL, notification_name((enum notification)i));
	json_arr_close(w);
}

bool preferences_update(struct db *db, const struct actor *who, uint64_t account_id, const char *action,
                        const struct preferences_patch *p, unsigned *in_force, struct error *err)
{
	struct change k = {.account_id = account_id, .patch = p};
	struct audit_draft told;
	bool ok;

	audit_open(&told, who, account_id, action, NULL);
	put_names(&told.w, "on", p->on);
	put_names(&told.w, "off", p->off);
	put_names(&told.w, "plan", p->plan);
	k.told = audit_entry(&told);
	ok = db_transaction(db, update_body, NULL, &k, err);
	audit_release(&told);
	*in_force = k.found.in_force;
	return ok;
}

bool preferences_find(struct db *db, uint64_t account_id, unsigned *in_force, struct error *err)
{
	struct db_conn *c = db_get(db, err);
	struct mail_preferences found = {0};
	bool ok = c && mail_preferences_find(c, account_id, &found, err);

	db_put(db, c);
	*in_force = found.in_force;
	return ok;
}

void preferences_put(struct json_out *w, unsigned in_force)
{
	unsigned i;

	for (i = 0; i < NOTE__MAX; i++)
		json_put_bool(w, notification_name((enum notification)i), in_force >> i & 1);
}
