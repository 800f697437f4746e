/* Accounts are told when their month's runs are nearly used up, and when they are. Seldom any: what it takes to know that
 * there is nothing to tell stands in the rows that are locked. */
#include "store/admission_priv.h"

#include "store/note_payloads.h"

/* How much of the month is used, in per cent of what it includes, as it is told: 0, 80 or 100. */
static unsigned reached(const struct quota *q)
{
	if (q->max_month <= 0)
		return 0;
	return q->month_runs >= q->max_month ? 100 : q->month_runs * 5 >= q->max_month * 4 ? 80 : 0;
}

/* Who was told of all is not told of most: both are reached by one run when there are few. */
static bool is_to_tell(const struct quota *q, enum notification *kind)
{
	unsigned percent = q->changed ? reached(q) : 0;

	*kind = percent == 100 ? NOTE_QUOTA_100 : NOTE_QUOTA_80;
	return percent != 0 && mail_wants(&q->mail, *kind) && q->told_100_month < q->month_start &&
	       (percent == 100 || q->told_80_month < q->month_start);
}

static bool keep_told(struct db_conn *c, const struct quota *q, enum notification kind, struct error *err)
{
	static const char most[] = "UPDATE account_quota SET told_80_month = ? WHERE account_id = ?";
	static const char all[] = "UPDATE account_quota SET told_100_month = ? WHERE account_id = ?";
	struct db_arg args[2] = {db_int(q->month_start), db_int((int64_t)q->account_id)};

	return db_exec(c, kind == NOTE_QUOTA_100 ? all : most, args, 2, NULL, err);
}

static bool tell(struct db_conn *c, struct quota *q, enum notification kind, int64_t now_ms, struct error *err)
{
	struct note note = {.account_id = q->account_id, .mail = &q->mail, .kind = kind};
	unsigned due = 0;
	struct buf b;
	bool ok;

	buf_init(&b, NOTE_PAYLOAD_MAX);
	note_put_quota(&b, q->month_runs, q->max_month, q->month_start, q->month_overage);
	note.payload = b.data;
	note.payload_len = b.len;
	/* no doorbell: the sender looks often enough for this */
	ok = notes_write(c, &note, 1, now_ms, &due, err) && keep_told(c, q, kind, err);
	buf_release(&b);
	return ok;
}

bool admission_tell_quotas(struct db_conn *c, struct admission_batch *b, struct error *err)
{
	enum notification kind;
	unsigned i;

	for (i = 0; i < b->quota_count; i++)
		if (is_to_tell(&b->quotas[i], &kind) && !tell(c, &b->quotas[i], kind, b->now_ms, err))
			return false;
	return true;
}
