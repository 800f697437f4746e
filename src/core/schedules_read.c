/* Reading schedules: as they are, when they fire, and what became of their slots. */
#include "core/schedules.h"

#include <string.h>

#include "base/clock.h"
#include "core/run_rules.h"
#include "core/schedules_priv.h"

/* ---- when ---- */

bool schedule_rule_open(struct schedule_rule *r, const char *cron_expr, const char *timezone, struct error *err)
{
	struct cron_slot slot;

	r->zone = NULL;
	if (!cron_parse(cron_expr, &r->cron, err))
		return false;
	r->zone = zone_load(timezone, err);
	if (!r->zone)
		return err_field(err, "timezone", "There is no time zone \"%.64s\"; names are like Asia/Kolkata", timezone);
	return cron_next(&r->cron, r->zone, clock_now_ms(), &slot) ||
	       err_field(err, "cron_expr", "The clock of %.64s never shows a time that \"%.128s\" matches", timezone, cron_expr);
}

void schedule_rule_close(struct schedule_rule *r)
{
	zone_free(r->zone);
	r->zone = NULL;
}

bool schedule_bounds_check(const struct schedule *s, struct error *err)
{
	return s->ends_at == 0 || s->starts_at == 0 || s->ends_at >= s->starts_at ||
	       err_field(err, "ends_at", "ends_at must not be before starts_at");
}

unsigned schedule_times(const struct schedule_rule *r, int64_t starts_at, int64_t ends_at, int64_t after_ms,
                        unsigned max, struct cron_slot *out)
{
	int64_t after = starts_at != 0 && after_ms < starts_at ? starts_at - 1 : after_ms;
	unsigned n;

	/* 1970 itself is a time as any other, which schedule_next cannot say */
	for (n = 0; n < max && cron_next(&r->cron, r->zone, after, &out[n]) && (ends_at == 0 || out[n].at_ms <= ends_at); n++)
		after = out[n].at_ms;
	return n;
}

/* ---- what there is ---- */

bool schedules_agent(const struct schedules *ss, const char *slug, const struct manifest **out, struct error *err)
{
	*out = registry_find(ss->agents, slug);
	return *out || err_set(err, ERR_NOT_FOUND, "There is no such agent; see /api/agents");
}

bool schedule_slug_valid(const char *agent)
{
	size_t n = strspn(agent, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return n > 0 && n < sizeof((struct manifest){0}.slug) && agent[n] == '\0';
}

bool schedule_unknown(const struct schedules *ss, const char *agent, struct error *err)
{
	const struct manifest *m;

	return schedules_agent(ss, agent, &m, err) && err_set(err, ERR_NOT_FOUND, "There is no schedule of this agent");
}

static bool find(const struct schedules *ss, struct db_conn *c, uint64_t account_id, const char *agent, struct arena *a,
                 struct schedule *out, struct error *err)
{
	bool found;

	if (!schedule_slug_valid(agent))
		return schedule_unknown(ss, agent, err);
	return schedule_find(c, account_id, agent, false, a, out, &found, err) &&
	       (found || schedule_unknown(ss, agent, err));
}

/* The input was checked when it was written; where it brings the data itself no connection is needed. */
void schedules_judge(const struct schedules *ss, const struct principal *p, struct schedule_view *v)
{
	const struct manifest *m = registry_find(ss->agents, v->s.agent);
	struct json_object *input = NULL;

	memset(&v->blocked, 0, sizeof v->blocked);
	if (!m) {
		err_set(&v->blocked, ERR_NOT_FOUND, "There is no agent %s any more", v->s.agent);
		return;
	}
	if (run_allowed(p, m, NULL, &v->blocked) ||
	    (m->inline_count > 0 && json_read(v->s.input, v->s.input_len, JSON_DEPTH_MAX, &input, NULL, NULL, NULL) &&
	     run_allowed(p, m, input, &v->blocked)))
		memset(&v->blocked, 0, sizeof v->blocked);
	json_object_put(input);
}

bool schedules_list(const struct schedules *ss, const struct principal *p, struct arena *a, struct schedule_view **out,
                    unsigned *count, struct error *err)
{
	struct db_conn *c = db_get(ss->db, err);
	struct schedule *list;
	unsigned i;
	bool ok = c && schedule_list(c, p->account_id, a, &list, count, err);

	db_put(ss->db, c);
	if (!ok)
		return false;
	*out = arena_alloc(a, (*count + 1) * sizeof **out);
	for (i = 0; i < *count; i++) {
		(*out)[i].s = list[i];
		schedules_judge(ss, p, &(*out)[i]);
	}
	return true;
}

bool schedules_find(const struct schedules *ss, const struct principal *p, const char *agent, struct arena *a,
                    struct schedule_view *out, struct error *err)
{
	struct db_conn *c = db_get(ss->db, err);
	bool ok = c && find(ss, c, p->account_id, agent, a, &out->s, err);

	db_put(ss->db, c);
	if (ok)
		schedules_judge(ss, p, out);
	return ok;
}

bool schedules_history(const struct schedules *ss, uint64_t account_id, const char *agent, struct slot_filter *f,
                       struct slot_record *out, unsigned *count, bool *more, int64_t *last, struct error *err)
{
	struct db_conn *c = db_get(ss->db, err);
	struct schedule s;
	struct arena a;
	bool ok;

	arena_init(&a);
	ok = c && find(ss, c, account_id, agent, &a, &s, err);
	if (ok) {
		f->schedule_id = s.id;
		ok = schedule_slots(c, f, out, count, more, last, err);
	}
	db_put(ss->db, c);
	arena_release(&a);
	return ok;
}

bool schedules_preview(const struct schedules *ss, uint64_t account_id, const char *agent, int64_t after_ms,
                       unsigned max, struct cron_slot *out, unsigned *count, struct error *err)
{
	struct db_conn *c = db_get(ss->db, err);
	struct schedule_rule rule = {.zone = NULL};
	struct schedule s;
	struct arena a;
	bool ok;

	arena_init(&a);
	ok = c && find(ss, c, account_id, agent, &a, &s, err);
	db_put(ss->db, c);
	ok = ok && schedule_rule_open(&rule, s.cron_expr, s.timezone, err);
	if (ok)
		*count = schedule_times(&rule, s.starts_at, s.ends_at, after_ms, max, out);
	schedule_rule_close(&rule);
	arena_release(&a);
	return ok;
}
