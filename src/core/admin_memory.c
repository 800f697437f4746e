/* What agents have learned of an account. */
#include "core/admin_priv.h"

#include <string.h>

#include "base/json.h"

bool admin_memory_list(struct admin *a, const char *user, const char *agent, struct arena *arena,
                       struct memory_row **out, unsigned *count, struct error *err)
{
	struct db_conn *c = db_get(a->db, err);
	struct account account;
	bool ok = c && account_find(c, user, &account, err) &&
	          memory_list(c, account.id, agent, ADMIN_MEMORY_MAX, arena, out, count, err);

	db_put(a->db, c);
	return ok;
}

bool admin_memory_reset(struct admin *a, const char *user, const char *agent, const char *kind, const char *subject,
                        uint64_t *removed, struct error *err)
{
	struct db_conn *c;
	struct account account;
	bool ok;

	if (subject && !json_utf8_valid(subject, strlen(subject)))
		return err_field(err, kind, "This is no UTF-8");
	c = db_get(a->db, err);
	ok = c && account_find(c, user, &account, err) &&
	     memory_reset(c, account.id, agent, kind, subject, removed, err);
	db_put(a->db, c);
	return ok;
}
