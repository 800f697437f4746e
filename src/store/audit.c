/* Table audit_log. */
#include "store/audit.h"

#include <string.h>

#include "base/clock.h"
#include "store/cols.h"

#define ER_DUP_ENTRY 1062
#define TEXT_MAX     64        /* of the columns */

static const char *const kinds[ACTOR__MAX] = {
	[ACTOR_SYSTEM] = "system", [ACTOR_KEY] = "key", [ACTOR_SESSION] = "session", [ACTOR_OPERATOR] = "operator"};

const char *actor_kind_name(enum actor_kind kind)
{
	return (unsigned)kind < ACTOR__MAX ? kinds[kind] : "";
}

/* Cut to the column, not inside a character. */
static struct db_arg text(const char *s)
{
	struct db_arg arg = db_str(s);

	if (s && arg.n > TEXT_MAX)
		for (arg.n = TEXT_MAX; arg.n > 0 && ((unsigned char)s[arg.n] & 0xc0) == 0x80; )
			arg.n--;
	return arg;
}

bool audit_write(struct db_conn *c, const struct audit_entry *e, struct error *err)
{
	static const char sql[] =
		"INSERT INTO audit_log (id, account_id, at, actor_kind, actor_id, actor_name, address, action, object,"
		" detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
	bool has_id = e->actor.kind == ACTOR_KEY || e->actor.kind == ACTOR_SESSION;
	struct db_arg args[] = {
		db_id(&e->id), db_opt_int((int64_t)e->account_id), db_int(id_time_ms(&e->id)), db_int(e->actor.kind),
		db_id(has_id ? &e->actor.id : NULL), text(e->actor.name), text(e->actor.address), text(e->action),
		text(e->object), db_str(e->detail)};

	INVARIANT(!e->detail || strlen(e->detail) <= AUDIT_DETAIL_MAX, "the detail of an audit entry is too long");
	/* its id is random, so a duplicate is this very entry, written by an attempt whose answer was lost */
	return db_exec(c, sql, args, sizeof args / sizeof *args, NULL, err) || err->db_errno == ER_DUP_ENTRY;
}

static void read_row(struct db_conn *c, struct arena *a, struct audit_row *r)
{
	memset(r, 0, sizeof *r);
	db_col_id(c, 0, &r->id);
	r->has_user = db_col_id(c, 1, &r->user_id);
	r->at = db_col_int(c, 2);
	r->actor_kind = (enum actor_kind)db_col_int(c, 3);
	r->has_actor_id = db_col_id(c, 4, &r->actor_id);
	r->actor_name = col_kept(c, 5, a, NULL);
	r->address = col_kept(c, 6, a, NULL);
	r->action = col_kept(c, 7, a, NULL);
	r->object = col_kept(c, 8, a, NULL);
	r->detail = col_kept(c, 9, a, NULL);
}

#define COLUMNS \
	"SELECT l.id, a.public_id, l.at, l.actor_kind, l.actor_id, l.actor_name, l.address, l.action, l.object, l.detail"
#define CHOSEN  " AND l.id >= ? AND LEFT(l.action, ?) = ? ORDER BY l.id DESC LIMIT ?"

bool audit_list(struct db_conn *c, const struct audit_filter *f, struct arena *a, struct audit_row **out,
                unsigned *count, struct error *err)
{
	static const char of_all[] =
		COLUMNS " FROM audit_log l FORCE INDEX (PRIMARY) LEFT JOIN accounts a ON a.id = l.account_id"
		" WHERE 0 = ?" CHOSEN;
	static const char of_one[] =
		COLUMNS " FROM audit_log l FORCE INDEX (audit_log_account) LEFT JOIN accounts a ON a.id = l.account_id"
		" WHERE l.account_id = ?" CHOSEN;
	const char *action = f->action ? f->action : "";
	struct id since = id_floor(f->since);
	struct db_arg args[] = {db_int((int64_t)f->account_id), db_id(&since), db_int((int64_t)strlen(action)),
	                        db_str(action), db_int(f->limit)};
	unsigned room = 0;
	int got;

	*out = NULL;
	*count = 0;
	if (!db_query(c, f->account_id ? of_one : of_all, args, sizeof args / sizeof *args, err))
		return false;
	while ((got = db_next(c, err)) == 1) {
		*out = col_room(a, *out, *count, &room, sizeof **out);
		read_row(c, a, &(*out)[(*count)++]);
	}
	db_end(c);
	return got == 0;
}
