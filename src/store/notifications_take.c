/* From what was noted to a mail. */
#include "store/notifications.h"

#include "store/accounts.h"
#include "store/cols.h"
#include "store/queue_priv.h"

struct taking {
	struct id delivery;
	uint64_t  account_id;
	int64_t   now_ms, digest_ms;
	struct arena *arena;
	struct mail_recipient *to;
	struct notification_row *rows;
	unsigned count, total;
};

static bool read_recipient(struct db_conn *c, struct taking *k, struct error *err)
{
	static const char sql[] = "SELECT a.public_id, a.email, a.name, a.timezone, COALESCE(a.own_white_label, p.white_label)"
				  " FROM accounts a JOIN plans p ON p.slug = a.plan WHERE a.id = ?";
	struct db_arg arg = db_int((int64_t)k->account_id);
	int got;

	if (!db_query(c, sql, &arg, 1, err))
		return false;
	got = db_next(c, err);
	if (got == 1) {
		*k->to = (struct mail_recipient){.account_id = k->account_id, .white_label = db_col_int(c, 4) != 0};
		db_col_id(c, 0, &k->to->user_id);
		k->to->email = col_kept(c, 1, k->arena, NULL);
		k->to->name = col_kept(c, 2, k->arena, NULL);
		k->to->timezone = col_kept(c, 3, k->arena, NULL);
	}
	db_end(c);
	return got == 1 || (got == 0 && err_set(err, ERR_NOT_FOUND, "There is no such account"));
}

/* Only the first time: later it is another mail that is to be sent, or none. */
static bool close_mail(struct db_conn *c, const struct taking *k, struct error *err)
{
	static const char sql[] = "UPDATE account_quota SET mail_delivery = NULL, mail_next_at = ?"
				  " WHERE account_id = ? AND mail_delivery = ?";
	struct db_arg args[3] = {db_int(k->now_ms + k->digest_ms), db_int((int64_t)k->account_id), db_id(&k->delivery)};

	return db_exec(c, sql, args, 3, NULL, err);
}

static bool read_notes(struct db_conn *c, struct taking *k, struct error *err)
{
	static const char sql[] = "SELECT kind, at, payload FROM notifications FORCE INDEX (notifications_mail)"
				  " WHERE delivery_id = ? ORDER BY delivery_id, id LIMIT ?" READ_LATEST;
	struct db_arg args[2] = {db_id(&k->delivery), db_int(NOTIFICATIONS_SHOWN)};
	int got;

	if (!db_query(c, sql, args, 2, err))
		return false;
	while ((got = db_next(c, err)) == 1 && k->count < NOTIFICATIONS_SHOWN)
		k->rows[k->count++] = (struct notification_row){(enum notification)db_col_int(c, 0), db_col_int(c, 1),
		                                                col_kept(c, 2, k->arena, NULL)};
	db_end(c);
	return got == 0;
}

static bool count_notes(struct db_conn *c, struct taking *k, struct error *err)
{
	static const char sql[] = "SELECT COUNT(*) FROM notifications WHERE delivery_id = ?";
	struct db_arg arg = db_id(&k->delivery);
	int64_t total = 0;
	bool ok = db_query_int(c, sql, &arg, 1, &total, NULL, err);

	/* retention may be at its oldest ones between the two */
	k->total = total > k->count ? (unsigned)total : k->count;
	return ok;
}

static bool take_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct taking *k = ctx;

	k->count = k->total = 0;
	if (!account_lock(c, k->account_id, err) || !close_mail(c, k, err) || !read_recipient(c, k, err) ||
	    !read_notes(c, k, err))
		return false;
	k->total = k->count;
	return k->count < NOTIFICATIONS_SHOWN || count_notes(c, k, err);
}

bool notifications_take(struct db *db, struct db_conn **c, const struct id *delivery, uint64_t account_id,
                        int64_t now_ms, int64_t digest_ms, struct arena *a, struct mail_recipient *to,
                        struct notification_row **out, unsigned *count, unsigned *total, struct error *err)
{
	struct taking k = {.delivery = *delivery, .account_id = account_id, .now_ms = now_ms, .digest_ms = digest_ms,
	                   .arena = a, .to = to};

	*out = k.rows = arena_alloc(a, NOTIFICATIONS_SHOWN * sizeof *k.rows);
	*count = *total = 0;
	if (!queue_conn(db, c, err) || !db_transaction_on(db, c, take_body, NULL, &k, err))
		return false;
	*count = k.count;
	*total = k.total;
	return true;
}
