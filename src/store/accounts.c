/* Tables accounts, plans and account_quota: the operator's side. */
#include "store/accounts.h"

#include <string.h>

#include "base/clock.h"
#include "store/endpoints.h"
#include "store/months.h"
#include "store/notifications.h"
#include "store/plan_cols.h"
#include "store/queue.h"

#define ER_DUP_ENTRY 1062

/* What is in force: the account's own figure before its plan's; NULL and -1 are unlimited. */
#define IN_FORCE \
	" COALESCE(a.own_requests_per_minute, p.requests_per_minute)," \
	" COALESCE(a.own_runs_per_day, p.runs_per_day)," \
	" COALESCE(a.own_runs_per_month, p.runs_per_month)," \
	" COALESCE(a.own_concurrent, p.concurrent)," FEATURES_IN_FORCE
#define ACCOUNT_COLUMNS \
	"a.id, a.public_id, a.email, a.name, a.plan, a.timezone, a.created_at," IN_FORCE

static void read_account(struct db_conn *c, struct account *a)
{
	a->id = (uint64_t)db_col_int(c, 0);
	db_col_id(c, 1, &a->public_id);
	col_text(c, 2, a->email, sizeof a->email);
	col_text(c, 3, a->name, sizeof a->name);
	col_text(c, 4, a->plan, sizeof a->plan);
	col_text(c, 5, a->timezone, sizeof a->timezone);
	a->created_at = db_col_int(c, 6);
	a->requests_per_minute = col_limit(c, 7);
	a->runs_per_day = col_limit(c, 8);
	a->runs_per_month = col_limit(c, 9);
	a->concurrent = col_limit(c, 10);
	col_features(c, 11, &a->features);
}

static bool find_by(struct db_conn *c, const char *sql, struct db_arg arg, struct account *out,
                    bool *found, struct error *err)
{
	int got;

	if (!db_query(c, sql, &arg, 1, err))
		return false;
	got = db_next(c, err);
	*found = got == 1;
	if (got == 1)
		read_account(c, out);
	db_end(c);
	return got >= 0;
}

static bool find_public(struct db_conn *c, const struct id *id, struct account *out, bool *found,
                        struct error *err)
{
	static const char sql[] = "SELECT " ACCOUNT_COLUMNS " FROM accounts a JOIN plans p ON p.slug = a.plan"
				  " WHERE a.public_id = ?";

	return find_by(c, sql, db_id(id), out, found, err);
}

bool account_find(struct db_conn *c, const char *user, struct account *out, struct error *err)
{
	static const char by_email[] = "SELECT " ACCOUNT_COLUMNS
				       " FROM accounts a JOIN plans p ON p.slug = a.plan"
				       " WHERE a.email = ?";
	struct id id;
	bool found;

	if (!(id_parse(ID_USER, user, &id) ? find_public(c, &id, out, &found, err) :
	      find_by(c, by_email, db_str(user), out, &found, err)))
		return false;
	return found || err_set(err, ERR_NOT_FOUND, "There is no user \"%.254s\"", user);
}

bool account_list(struct db_conn *c, struct arena *a, struct account **out, unsigned *count,
                  struct error *err)
{
	static const char sql[] = "SELECT " ACCOUNT_COLUMNS
				  " FROM accounts a FORCE INDEX (PRIMARY) STRAIGHT_JOIN plans p"
				  " FORCE INDEX (PRIMARY) ON p.slug = a.plan"
				  " WHERE a.id > 0 ORDER BY a.id";
	unsigned room = 0;
	int got;

	*out = NULL;
	*count = 0;
	if (!db_query(c, sql, NULL, 0, err))
		return false;
	while ((got = db_next(c, err)) == 1) {
		*out = col_room(a, *out, *count, &room, sizeof **out);
		read_account(c, &(*out)[(*count)++]);
	}
	db_end(c);
	return got == 0;
}

static bool plan_exists(struct db_conn *c, const char *plan, struct error *err)
{
	struct db_arg arg = db_str(plan);
	bool found = false;
	int64_t one;

	if (!db_query_int(c, "SELECT 1 FROM plans WHERE slug = ?", &arg, 1, &one, &found, err))
		return false;
	return found || err_field(err, "plan", "There is no plan \"%.64s\"", plan);
}

/* Derives what account_quota has of the limits from the account's plan and overrides. */
static bool write_limits(struct db_conn *c, uint64_t account_id, struct error *err)
{
	static const char sql[] =
		"UPDATE account_quota q JOIN accounts a ON a.id = q.account_id JOIN plans p ON p.slug = a.plan"
		" SET q.max_day = NULLIF(COALESCE(a.own_runs_per_day, p.runs_per_day), -1),"
		" q.max_month = NULLIF(COALESCE(a.own_runs_per_month, p.runs_per_month), -1),"
		" q.month_overage = p.month_overage,"
		" q.max_concurrent = NULLIF(COALESCE(a.own_concurrent, p.concurrent), -1)"
		" WHERE q.account_id = ?";
	struct db_arg arg = db_int((int64_t)account_id);

	return db_exec(c, sql, &arg, 1, NULL, err);
}

/* Making an account. */

struct creation {
	struct id public_id;
	const char *email, *name, *plan;
	int64_t now_ms;
	account_seal_fn seal;
	void *seal_ctx;
	const struct audit_entry *audit;
	struct account *out;
};

static bool insert_account(struct db_conn *c, const struct creation *n, struct error *err)
{
	static const char sql[] =
		"INSERT INTO accounts (public_id, email, name, plan, webhook_secret, created_at)"
		" VALUES (?, ?, ?, ?, '', ?)";
	struct db_arg args[5] = {db_id(&n->public_id), db_str(n->email), db_str(n->name), db_str(n->plan),
	                         db_int(n->now_ms)};

	if (db_exec(c, sql, args, 5, NULL, err))
		return true;
	if (err->db_errno != ER_DUP_ENTRY)
		return false;
	return err_set(err, ERR_CONFLICT, "There is already a user with the e-mail address %.254s", n->email);
}

static bool write_secret(struct db_conn *c, const struct creation *n, uint64_t account_id,
                         struct error *err)
{
	struct db_arg args[2];
	struct buf sealed;
	bool ok;

	buf_init(&sealed, 255);
	ok = n->seal(c, account_id, &sealed, n->seal_ctx, err);
	if (ok && (sealed.failed || sealed.len == 0))
		ok = err_set(err, ERR_INTERNAL, "The sealed webhook secret does not fit its column");
	args[0] = db_bytes(sealed.data, sealed.len);
	args[1] = db_int((int64_t)account_id);
	ok = ok && db_exec(c, "UPDATE accounts SET webhook_secret = ? WHERE id = ?", args, 2, NULL, err);
	buf_release(&sealed);
	return ok;
}

static bool insert_quota(struct db_conn *c, uint64_t account_id, int64_t now_ms, struct error *err)
{
	static const char sql[] =
		"INSERT INTO account_quota (account_id, month_overage, day_start, day_runs, month_start,"
		" month_runs, active, held) VALUES (?, 0, ?, 0, ?, 0, 0, 0)";
	struct db_arg args[3] = {db_int((int64_t)account_id), db_int(clock_day_start(now_ms)),
	                         db_int(clock_month_start(now_ms))};

	return db_exec(c, sql, args, 3, NULL, err) && write_limits(c, account_id, err) && mail_events_update(c, account_id, err);
}

/* Whose it is, is known only now. */
static bool tell_creation(struct db_conn *c, const struct creation *n, struct error *err)
{
	struct audit_entry told = *n->audit;
	char id[ID_TEXT_SIZE];

	id_format(ID_USER, &n->public_id, id);
	told.account_id = n->out->id;
	told.object = id;
	return audit_write(c, &told, err);
}

static bool create_body(struct db_conn *c, void *ctx, struct error *err)
{
	const struct creation *n = ctx;
	bool found;

	if (!plan_exists(c, n->plan, err) || !insert_account(c, n, err) ||
	    !find_public(c, &n->public_id, n->out, &found, err))
		return false;
	if (!found)
		return err_set(err, ERR_INTERNAL, "The new account cannot be read");
	return write_secret(c, n, n->out->id, err) && insert_quota(c, n->out->id, n->now_ms, err) &&
	       tell_creation(c, n, err);
}

static int create_applied(struct db_conn *c, void *ctx)
{
	const struct creation *n = ctx;
	struct error err;
	bool found;

	return find_public(c, &n->public_id, n->out, &found, &err) ? found : -1;
}

bool account_create(struct db *db, const char *email, const char *name, const char *plan,
                    account_seal_fn seal, void *ctx, const struct audit_entry *audit, struct account *out,
                    struct error *err)
{
	struct creation n = {.public_id = id_make(), .email = email, .name = name, .plan = plan,
	                     .now_ms = clock_now_ms(), .seal = seal, .seal_ctx = ctx, .audit = audit, .out = out};

	return db_transaction(db, create_body, create_applied, &n, err);
}

/* Changing its plan. */

struct plan_change {
	uint64_t account_id;
	const char *plan;
	const struct plan_overrides *own;
	const struct audit_entry *audit;
};

bool account_lock(struct db_conn *c, uint64_t account_id, struct error *err)
{
	static const char sql[] = "SELECT 1 FROM account_quota WHERE account_id = ? FOR UPDATE";
	struct db_arg arg = db_int((int64_t)account_id);
	bool found = false;
	int64_t one;

	if (!db_query_int(c, sql, &arg, 1, &one, &found, err))
		return false;
	return found || err_set(err, ERR_NOT_FOUND, "There is no such account");
}

/* The value of an override, and before it whether it is given. */
static void own_args(struct db_arg *args, const int64_t *own)
{
	args[0] = db_int(own != NULL);
	args[1] = !own || *own == LIMIT_OF_PLAN ? db_null() : db_int(*own < 0 ? LIMIT_UNLIMITED : *own);
}

static bool write_plan(struct db_conn *c, const struct plan_change *p, struct error *err)
{
	static const struct plan_overrides none;
	static const char sql[] =
		"UPDATE accounts SET plan = ?,"
		" own_requests_per_minute = IF(? = 1, ?, own_requests_per_minute),"
		" own_runs_per_day = IF(? = 1, ?, own_runs_per_day),"
		" own_runs_per_month = IF(? = 1, ?, own_runs_per_month),"
		" own_concurrent = IF(? = 1, ?, own_concurrent),"
		" own_api = IF(? = 1, ?, own_api), own_webhooks = IF(? = 1, ?, own_webhooks),"
		" own_mcp = IF(? = 1, ?, own_mcp), own_white_label = IF(? = 1, ?, own_white_label) WHERE id = ?";
	const struct plan_overrides *own = p->own ? p->own : &none;
	struct db_arg args[18] = {db_str(p->plan)};

	own_args(args + 1, own->requests_per_minute);
	own_args(args + 3, own->runs_per_day);
	own_args(args + 5, own->runs_per_month);
	own_args(args + 7, own->concurrent);
	own_args(args + 9, own->api);
	own_args(args + 11, own->webhooks);
	own_args(args + 13, own->mcp);
	own_args(args + 15, own->white_label);
	args[17] = db_int((int64_t)p->account_id);
	return db_exec(c, sql, args, 18, NULL, err);
}

static bool set_plan_body(struct db_conn *c, void *ctx, struct error *err)
{
	const struct plan_change *p = ctx;
	unsigned promoted;

	/* an earlier month had the limits that it ended with */
	return account_lock(c, p->account_id, err) && plan_exists(c, p->plan, err) &&
	       months_close(c, p->account_id, clock_now_ms(), err) && write_plan(c, p, err) &&
	       write_limits(c, p->account_id, err) && endpoint_events_update(c, p->account_id, err) &&
	       mail_events_update(c, p->account_id, err) && queue_fill_slots(c, p->account_id, &promoted, err) &&
	       audit_write(c, p->audit, err);
}

bool account_set_plan(struct db *db, uint64_t account_id, const char *plan,
                      const struct plan_overrides *own, const struct audit_entry *audit, struct error *err)
{
	struct plan_change p = {.account_id = account_id, .plan = plan, .own = own, .audit = audit};

	/* repeating it is harmless */
	return db_transaction(db, set_plan_body, NULL, &p, err);
}

bool webhook_secret_load(struct db_conn *c, uint64_t account_id, int64_t now_ms, struct buf *sealed, struct buf *previous,
                         struct error *err)
{
	static const char sql[] = "SELECT webhook_secret, IF(previous_webhook_until > ?, previous_webhook_secret, NULL)"
				  " FROM accounts WHERE id = ?";
	struct db_arg args[2] = {db_int(now_ms), db_int((int64_t)account_id)};
	const char *p;
	size_t n;
	int got;

	if (!db_query(c, sql, args, 2, err))
		return false;
	got = db_next(c, err);
	if (got == 1 && (p = db_col_bytes(c, 0, &n)) != NULL)
		buf_add(sealed, p, n);
	if (got == 1 && (p = db_col_bytes(c, 1, &n)) != NULL)
		buf_add(previous, p, n);
	db_end(c);
	if (got == 0)
		return err_set(err, ERR_NOT_FOUND, "There is no such account");
	if (got == 1 && (sealed->failed || previous->failed))
		return err_set(err, ERR_INTERNAL, "The webhook secret of the account is too large");
	return got == 1;
}

bool webhook_secret_set(struct db_conn *c, uint64_t account_id, const void *sealed, size_t n, int64_t previous_until,
                        struct error *err)
{
	/* assignments are made from left to right */
	static const char sql[] = "UPDATE accounts SET previous_webhook_secret = webhook_secret, previous_webhook_until = ?,"
				  " webhook_secret = ? WHERE id = ?";
	struct db_arg args[3] = {db_int(previous_until), db_bytes(sealed, n), db_int((int64_t)account_id)};

	return db_exec(c, sql, args, 3, NULL, err);
}

bool webhook_secret_until(struct db_conn *c, uint64_t account_id, int64_t *out, struct error *err)
{
	struct db_arg arg = db_int((int64_t)account_id);

	*out = 0;
	return db_query_int(c, "SELECT previous_webhook_until FROM accounts WHERE id = ?", &arg, 1, out, NULL, err);
}
