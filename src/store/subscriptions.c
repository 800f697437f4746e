/* Table subscriptions. The row of agent '*' stands for every agent that has none of its own. */
#include "store/accounts.h"

#include <string.h>

static const char *const names[SUB__MAX] = {
	[SUB_NONE] = "none", [SUB_ACTIVE] = "active", [SUB_TRIALING] = "trialing",
	[SUB_PAST_DUE] = "past_due", [SUB_CANCELED] = "canceled"};

const char *subscription_name(enum subscription_status s)
{
	return (unsigned)s < SUB__MAX ? names[s] : "";
}

bool subscription_by_name(const char *name, enum subscription_status *out)
{
	unsigned i;

	if (strcmp(name, "cancelled") == 0)
		name = names[SUB_CANCELED];
	for (i = 0; i < SUB__MAX; i++)
		if (strcmp(names[i], name) == 0) {
			*out = (enum subscription_status)i;
			return true;
		}
	return false;
}

struct setting {
	uint64_t account_id;
	const char *agent;
	enum subscription_status status;
	int64_t trial_ends_at;
	const struct audit_entry *audit;
};

static bool put_row(struct db_conn *c, const struct setting *s, struct error *err)
{
	static const char sql[] =
		"INSERT INTO subscriptions (account_id, agent, status, trial_ends_at) VALUES (?, ?, ?, ?)"
		" ON DUPLICATE KEY UPDATE status = VALUES(status), trial_ends_at = VALUES(trial_ends_at)";
	struct db_arg args[4] = {db_int((int64_t)s->account_id), db_str(s->agent), db_int(s->status),
	                         db_opt_int(s->trial_ends_at)};

	return db_exec(c, sql, args, 4, NULL, err);
}

/* A status of one agent is kept even when it is "none": it excepts the agent from '*'. */
static bool put(struct db_conn *c, const struct setting *s, struct error *err)
{
	static const char drop[] = "DELETE FROM subscriptions WHERE account_id = ? AND (agent <> '*' OR ? = 1)";
	struct db_arg args[2] = {db_int((int64_t)s->account_id), db_int(s->status == SUB_NONE)};

	if (strcmp(s->agent, "*") != 0)
		return put_row(c, s, err);
	return db_exec(c, drop, args, 2, NULL, err) &&
	       (s->status == SUB_NONE || put_row(c, s, err));
}

static bool set_body(struct db_conn *c, void *ctx, struct error *err)
{
	const struct setting *s = ctx;

	return put(c, s, err) && audit_write(c, s->audit, err);
}

bool subscription_set(struct db *db, uint64_t account_id, const char *agent,
                      enum subscription_status s, int64_t trial_ends_at, const struct audit_entry *audit,
                      struct error *err)
{
	struct setting set = {.account_id = account_id, .agent = agent, .status = s,
	                      .trial_ends_at = trial_ends_at, .audit = audit};

	return db_transaction(db, set_body, NULL, &set, err);
}
