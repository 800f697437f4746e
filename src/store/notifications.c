/* Noting what mails will tell, and the accounts' preferences. Lock order: the account's quota row, which whoever comes here
 * holds, before notifications, deliveries and the outbox. */
#include "store/notifications.h"

#include <string.h>

#include "store/outbox.h"

static const char *const names[NOTE__MAX] = {
	[NOTE_RUN_SUCCESS] = "run_success", [NOTE_RUN_FAILED] = "run_failed", [NOTE_ENDPOINT_DISABLED] = "endpoint_disabled",
	[NOTE_INTEGRATION_DISCONNECTED] = "integration_disconnected", [NOTE_TRIAL_ENDING] = "trial_ending",
	[NOTE_QUOTA_80] = "quota_80", [NOTE_QUOTA_100] = "quota_100", [NOTE_SCHEDULE_PAUSED] = "schedule_paused"};

const char *notification_name(enum notification kind)
{
	return (unsigned)kind < NOTE__MAX ? names[kind] : "";
}

bool notification_by_name(const char *name, enum notification *out)
{
	unsigned i;

	for (i = 0; i < NOTE__MAX; i++)
		if (strcmp(names[i], name) == 0) {
			*out = (enum notification)i;
			return true;
		}
	return false;
}

/* ---- noting ---- */

void mail_state_read(struct db_conn *c, unsigned column, struct mail_state *out)
{
	*out = (struct mail_state){.events = (unsigned)db_col_int(c, column), .next_at = db_col_int(c, column + 2)};
	out->pending = db_col_id(c, column + 1, &out->delivery);
}

static bool insert_notes(struct db_conn *c, const struct note *n, unsigned count, int64_t now_ms, struct error *err)
{
	static const char sql[] =
		"INSERT INTO notifications (id, account_id, delivery_id, kind, at, payload) VALUES (?, ?, ?, ?, ?, ?)";
	struct db_arg args[DB_LIST_MAX * 6], *at = args;
	struct id ids[DB_LIST_MAX];
	unsigned i;

	for (i = 0; i < count; i++) {
		ids[i] = id_make_at(now_ms);
		*at++ = db_id(&ids[i]);
		*at++ = db_int((int64_t)n[i].account_id);
		*at++ = db_id(&n[i].mail->delivery);
		*at++ = db_int(n[i].kind);
		*at++ = db_int(now_ms);
		*at++ = db_bytes(n[i].payload, n[i].payload_len);
	}
	return db_exec_rows(c, sql, args, 6, count, NULL, err);
}

/* The mails of accounts that have none to be sent. */
static bool make_mails(struct db_conn *c, const struct note *n, unsigned count, int64_t now_ms, unsigned *due,
                       struct error *err)
{
	static const char sql[] = "UPDATE account_quota SET mail_delivery = ? WHERE account_id = ?";
	struct delivery_new made[DB_LIST_MAX];
	struct db_arg args[DB_LIST_MAX * 2];
	unsigned i, rows = 0;

	for (i = 0; i < count; i++) {
		struct mail_state *m = n[i].mail;

		if (m->pending)
			continue;
		m->pending = true;
		m->delivery = id_make_at(now_ms);
		made[rows] = (struct delivery_new){.id = m->delivery, .event_id = m->delivery, .account_id = n[i].account_id,
		                                   .event = EVENT_MAIL, .due_at = m->next_at > now_ms ? m->next_at : now_ms};
		*due += m->next_at <= now_ms;
		args[2 * rows] = db_id(&m->delivery);
		args[2 * rows + 1] = db_int((int64_t)n[i].account_id);
		rows++;
	}
	return rows == 0 || (db_exec_rows(c, sql, args, 2, rows, NULL, err) && outbox_add(c, made, rows, now_ms, err));
}

bool notes_write(struct db_conn *c, const struct note *n, unsigned count, int64_t now_ms, unsigned *due,
                 struct error *err)
{
	unsigned from, some;

	for (from = 0; from < count; from += some) {
		some = count - from < DB_LIST_MAX ? count - from : DB_LIST_MAX;
		if (!make_mails(c, n + from, some, now_ms, due, err) || !insert_notes(c, n + from, some, now_ms, err))
			return false;
	}
	return true;
}

static bool read_state(struct db_conn *c, uint64_t account_id, struct mail_state *out, struct error *err)
{
	static const char sql[] = "SELECT " MAIL_COLUMNS " FROM account_quota WHERE account_id = ? FOR UPDATE";
	struct db_arg arg = db_int((int64_t)account_id);
	int got;

	*out = (struct mail_state){.events = 0};
	if (!db_query(c, sql, &arg, 1, err))
		return false;
	got = db_next(c, err);
	if (got == 1)
		mail_state_read(c, 0, out);
	db_end(c);
	return got >= 0;
}

bool note_write(struct db_conn *c, uint64_t account_id, enum notification kind, const char *payload, size_t len,
                int64_t now_ms, unsigned *due, struct error *err)
{
	struct mail_state mail;
	struct note n = {.account_id = account_id, .mail = &mail, .kind = kind, .payload = payload, .payload_len = len};

	if (!read_state(c, account_id, &mail, err))
		return false;
	return !mail_wants(&mail, kind) || notes_write(c, &n, 1, now_ms, due, err);
}

/* ---- preferences ---- */

bool mail_events_update(struct db_conn *c, uint64_t account_id, struct error *err)
{
	static const char sql[] =
		"UPDATE account_quota q JOIN accounts a ON a.id = q.account_id JOIN plans p ON p.slug = a.plan"
		" SET q.mail_events = (IF(COALESCE(a.own_webhooks, p.webhooks) = 1, ?, ?) | a.mail_on) & ~a.mail_off"
		" WHERE q.account_id = ?";
	struct db_arg args[3] = {db_int(NOTES_ALL & ~NOTES_RUNS), db_int(NOTES_ALL), db_int((int64_t)account_id)};

	return db_exec(c, sql, args, 3, NULL, err);
}

bool mail_preferences_find(struct db_conn *c, uint64_t account_id, struct mail_preferences *out, struct error *err)
{
	static const char sql[] = "SELECT a.mail_on, a.mail_off, q.mail_events FROM accounts a"
				  " JOIN account_quota q ON q.account_id = a.id WHERE a.id = ?";
	struct db_arg arg = db_int((int64_t)account_id);
	int got;

	if (!db_query(c, sql, &arg, 1, err))
		return false;
	got = db_next(c, err);
	if (got == 1)
		*out = (struct mail_preferences){.on = (unsigned)db_col_int(c, 0), .off = (unsigned)db_col_int(c, 1),
		                                 .in_force = (unsigned)db_col_int(c, 2)};
	db_end(c);
	return got == 1 || (got == 0 && err_set(err, ERR_NOT_FOUND, "There is no such account"));
}

static bool drop_unwanted(struct db_conn *c, uint64_t account_id, struct error *err)
{
	static const char sql[] = "DELETE FROM notifications WHERE delivery_id = ? AND (1 << kind) & ? = 0";
	struct mail_state mail;
	struct db_arg args[2];

	if (!read_state(c, account_id, &mail, err))
		return false;
	args[0] = db_id(&mail.delivery);
	args[1] = db_int(mail.events);
	return !mail.pending || db_exec(c, sql, args, 2, NULL, err);
}

bool mail_preferences_set(struct db_conn *c, uint64_t account_id, unsigned on, unsigned off, struct error *err)
{
	struct db_arg args[3] = {db_int(on), db_int(off), db_int((int64_t)account_id)};

	return db_exec(c, "UPDATE accounts SET mail_on = ?, mail_off = ? WHERE id = ?", args, 3, NULL, err) &&
	       mail_events_update(c, account_id, err) && drop_unwanted(c, account_id, err);
}
