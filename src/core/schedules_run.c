/* Runs of schedules that are asked for by hand. */
#include "core/schedules.h"

#include <string.h>

#include "base/clock.h"
#include "core/audit.h"
#include "core/schedule_decide.h"
#include "core/schedules_priv.h"

struct asked {
	const struct schedules *schedules;
	uint64_t account_id;
	const char *agent;
	const struct schedule_asker *asker;
	struct schedule_start *start;
	struct once *once;
	struct audit_draft told;
	struct fired fired;
	bool answered;
};

static bool tell(struct db_conn *c, struct asked *k, const struct id *schedule, struct error *err)
{
	id_format(ID_SCHEDULE, schedule, k->told.object);
	k->told.entry.object = k->told.object;
	return audit_write(c, audit_entry(&k->told), err);
}

static bool run_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct asked *k = ctx;
	struct hand_run run = {.id = k->start->id, .has_key_id = k->asker->has_key_id, .key_id = k->asker->key_id,
	                       .budget_key = k->asker->budget_key};

	fired_release(&k->fired);
	memset(&k->fired, 0, sizeof k->fired);
	if (!account_lock(c, k->account_id, err) || !once_begin(c, k->once, &k->start->id, &k->answered, err))
		return false;
	return k->answered ||
	       (schedule_run_now(c, k->schedules->agents, k->account_id, k->agent, clock_now_ms(), &run, &k->fired, err) &&
	        tell(c, k, &run.schedule_id, err) && once_keep(c, k->once, k->start, err));
}

static int run_applied(struct db_conn *c, void *ctx)
{
	struct asked *k = ctx;
	struct execution e;
	struct arena a;
	struct error err;
	bool found, ok;

	arena_init(&a);
	ok = execution_find(c, k->account_id, &k->start->id, &a, &e, &found, &err);
	arena_release(&a);
	return ok ? found : -1;
}

bool schedules_run(const struct schedules *ss, const struct actor *who, uint64_t account_id, const char *agent,
                   const struct schedule_asker *asker, struct schedule_start *out, struct once *once, struct error *err)
{
	struct asked k = {.schedules = ss, .account_id = account_id, .agent = agent, .asker = asker, .start = out,
	                  .once = once};
	char execution[ID_TEXT_SIZE];
	bool ok;

	if (!schedules_agent(ss, agent, &out->agent, err))
		return false;
	out->created_at = clock_now_ms();
	out->id = id_make_at(out->created_at);
	id_format(ID_EXECUTION, &out->id, execution);
	audit_open(&k.told, who, account_id, "schedule.run", NULL);
	json_put_str(&k.told.w, "agent", agent);
	json_put_str(&k.told.w, "execution", execution);
	ok = db_transaction(ss->db, run_body, run_applied, &k, err);
	audit_release(&k.told);
	if (ok && !k.answered)
		schedule_tell(ss->ringer, &k.fired);
	fired_release(&k.fired);
	return ok;
}
