#include "store/trials.h"

#include <string.h>

#include "store/accounts.h"
#include "store/cols.h"
#include "store/note_payloads.h"

#define CHUNK 64

struct trial {
	uint64_t account_id;
	char     agent[65];
	int64_t  ends_at;
};

/* One of them, as it is told. */
struct telling {
	const struct trial *trial;
	int64_t now_ms;
	bool    told;
};

/* Only as long as it is the same trial. What was told to nobody, as its account does not want it, is not asked for again. */
static bool tell_body(struct db_conn *c, void *ctx, struct error *err)
{
	static const char sql[] = "UPDATE subscriptions SET trial_told_at = trial_ends_at WHERE account_id = ? AND agent = ?"
				  " AND status = ? AND trial_ends_at = ? AND (trial_told_at IS NULL OR trial_told_at <> trial_ends_at)";
	struct telling *k = ctx;
	const struct trial *t = k->trial;
	struct db_arg args[4] = {db_int((int64_t)t->account_id), db_str(t->agent), db_int(SUB_TRIALING), db_int(t->ends_at)};
	unsigned due = 0;
	uint64_t n = 0;
	struct buf b;
	bool ok;

	k->told = false;
	if (!account_lock(c, t->account_id, err) || !db_exec(c, sql, args, 4, &n, err))
		return false;
	if (n == 0)
		return true;
	k->told = true;
	buf_init(&b, NOTE_PAYLOAD_MAX);
	note_put_trial(&b, strcmp(t->agent, "*") == 0 ? NULL : t->agent, t->ends_at);
	ok = note_write(c, t->account_id, NOTE_TRIAL_ENDING, b.data, b.len, k->now_ms, &due, err);
	buf_release(&b);
	return ok;
}

static bool pick(struct db_conn *c, int64_t now_ms, struct trial *out, unsigned *n, struct error *err)
{
	static const char sql[] =
		"SELECT account_id, agent, trial_ends_at FROM subscriptions FORCE INDEX (subscriptions_trial)"
		" WHERE trial_ends_at > ? AND trial_ends_at <= ? AND status = ?"
		" AND (trial_told_at IS NULL OR trial_told_at <> trial_ends_at) ORDER BY trial_ends_at LIMIT ?";
	struct db_arg args[4] = {db_int(now_ms), db_int(now_ms + TRIAL_TOLD_MS), db_int(SUB_TRIALING), db_int(CHUNK)};
	int got;

	*n = 0;
	if (!db_query(c, sql, args, 4, err))
		return false;
	while ((got = db_next(c, err)) == 1 && *n < CHUNK) {
		struct trial *t = &out[(*n)++];

		t->account_id = (uint64_t)db_col_int(c, 0);
		col_text(c, 1, t->agent, sizeof t->agent);
		t->ends_at = db_col_int(c, 2);
	}
	db_end(c);
	return got >= 0;
}

bool trials_tell_some(struct db *db, struct db_conn **c, struct prune *p, struct error *err)
{
	struct trial trials[CHUNK];
	unsigned n, i;

	if (!pick(*c, p->before, trials, &n, err))
		return false;
	for (i = 0; i < n; i++) {
		struct telling k = {.trial = &trials[i], .now_ms = p->before};

		if (!db_transaction_on(db, c, tell_body, NULL, &k, err))
			return false;
		p->rows += k.told;
	}
	p->over = n < CHUNK;
	return true;
}
