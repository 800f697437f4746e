/* API keys, of a user that the operator names. */
#include "core/admin_priv.h"

static struct keys keys_of(const struct admin *a)
{
	return (struct keys){.db = a->db, .secrets = a->secrets, .ringer = a->ringer};
}

static bool find(struct admin *a, const char *user, const char *id_text, struct account *account, struct id *id,
                 struct error *err)
{
	if (!id_parse(ID_KEY, id_text, id))
		return err_field(err, "id", "\"%.64s\" is not the id of a key (key_…)", id_text);
	return admin_user_find(a, user, account, err);
}

bool admin_key_create(struct admin *a, const char *user, struct made_key *k, struct error *err)
{
	struct keys keys = keys_of(a);
	struct account account;

	return admin_user_find(a, user, &account, err) && keys_create(&keys, &a->actor, account.id, k, NULL, err);
}

bool admin_key_rotate(struct admin *a, const char *user, const char *id_text, int64_t overlap_s, struct made_key *k,
                      struct error *err)
{
	struct keys keys = keys_of(a);
	struct account account;
	struct id id;

	return find(a, user, id_text, &account, &id, err) &&
	       keys_rotate(&keys, &a->actor, account.id, &id, overlap_s, k, NULL, err);
}

bool admin_key_revoke(struct admin *a, const char *user, const char *id_text, struct api_key *out,
                      struct error *err)
{
	struct keys keys = keys_of(a);
	struct account account;
	struct id id;

	return find(a, user, id_text, &account, &id, err) && keys_revoke(&keys, &a->actor, account.id, &id, out, err);
}

bool admin_key_list(struct admin *a, const char *user, struct arena *arena, struct api_key **out,
                    unsigned *count, struct error *err)
{
	struct keys keys = keys_of(a);
	struct account account;

	return admin_user_find(a, user, &account, err) && keys_list(&keys, account.id, arena, out, count, err);
}
