/* Plans, effects and memory of a running agent (struct agent_host). Called from the thread that runs it. */
#include "core/executor_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/effects.h"

_Static_assert((int)AGENT_EFFECT_UNDONE == (int)EFFECT_UNDONE && (int)AGENT_EFFECT_FAILED == (int)EFFECT_FAILED &&
               (int)AGENT_EFFECT_BUSY == (int)EFFECT_BUSY &&
               AGENT_LESSONS_MAX == EFFECT_LESSONS_MAX && AGENT_EFFECTS_MAX == EFFECTS_MAX,
               "the agent's effects are the store's");

/* The store's side of an agent's effects; what is read lives in the job's arena, which ends with the run. */
struct batch {
	struct effect_row *rows, **order;
	unsigned n;
};

static void add_part(struct buf *b, const char *text)
{
	size_t n = text ? strlen(text) : 0;
	uint32_t len = (uint32_t)n;

	buf_add(b, &len, sizeof len);
	if (n > 0)
		buf_add(b, text, n);
}

/* Each part behind its length, so that no two effects have the same text. */
static void make_key(struct job *j, const struct agent_effect *e, uint8_t key[SHA256_SIZE])
{
	char account[24];
	struct buf b;

	snprintf(account, sizeof account, "%" PRIu64, j->run.account_id);
	buf_init(&b, 1u << 20);
	add_part(&b, account);
	add_part(&b, j->run.agent);
	add_part(&b, job_connection_id(j, e->integration));
	add_part(&b, e->kind);
	add_part(&b, e->target);
	add_part(&b, e->content);
	INVARIANT(!b.failed, "an effect's target is larger than what agents read");
	crypto_sha256(b.data, b.len, key);
	buf_release(&b);
}

static void batch_init(struct batch *b, struct job *j, struct agent_effect *const *effects, unsigned n)
{
	unsigned i, k;

	INVARIANT(n <= AGENT_EFFECTS_MAX, "more effects than a run may have");
	b->n = n;
	b->rows = mem_zalloc((n + 1) * sizeof *b->rows);
	b->order = mem_zalloc((n + 1) * sizeof *b->order);
	for (i = 0; i < n; i++) {
		const struct agent_effect *e = effects[i];
		struct effect_row *r = &b->rows[i];

		b->order[i] = r;
		make_key(j, e, r->key);
		r->kind = e->kind;
		r->remote_id = e->remote_id;
		r->lesson_count = e->lesson_count;
		for (k = 0; k < e->lesson_count; k++)
			r->lessons[k] = (struct lesson){e->lessons[k].kind, e->lessons[k].subject};
	}
}

static void batch_release(struct batch *b)
{
	mem_free(b->rows);
	mem_free(b->order);
}

static void tell_states(struct job *j, const struct batch *b, struct agent_effect *const *effects)
{
	unsigned i;

	for (i = 0; i < b->n; i++) {
		effects[i]->state = (enum agent_effect_state)b->rows[i].state;
		effects[i]->remote_id = b->rows[i].remote_id;
		effects[i]->changed_ms = b->rows[i].changed_at;
		effects[i]->this_run = b->rows[i].state != EFFECT_NEW &&
		                       id_cmp(&b->rows[i].execution_id, &j->run.id) == 0;
	}
}

/* Whatever the database said, another attempt may fare better. */
static bool pass_on(bool ok, struct error *err)
{
	if (!ok && err)
		err->retryable = true;
	return ok;
}

bool job_resume(void *data, const char **plan, size_t *n, struct error *err)
{
	struct job *j = data;
	struct db_conn *c;
	bool ok;

	*plan = NULL;
	*n = 0;
	if (!j->may_have_plan)
		return true;
	c = db_get(j->env->db, err);
	ok = c && plan_load(c, &j->run.id, &j->host_arena, plan, n, err);
	db_put(j->env->db, c);
	return pass_on(ok, err);
}

bool job_plan(void *data, const char *plan, size_t n, struct agent_effect *const *effects, unsigned count,
              struct error *err)
{
	struct job *j = data;
	struct lease_ref lease = job_lease(j);
	struct batch b;
	bool held = false, ok;

	if (job_host.stopped(j))
		return job_stopped_error(j, err);
	batch_init(&b, j, effects, count);
	j->may_have_plan = true;
	ok = pass_on(effects_intend(j->env->db, &lease, j->run.agent, plan, n, b.order, count, clock_now_ms(),
	                            &j->host_arena, &held, err), err);
	if (ok && held)
		tell_states(j, &b, effects);
	batch_release(&b);
	/* why it is not held: lost, or cancelled */
	if (ok && !held)
		return job_host.may_act(j, err) &&
		       err_set(err, ERR_WORKER_LOST, "The run was given to another worker");
	return ok;
}

bool job_look(void *data, struct agent_effect *const *effects, unsigned count, struct error *err)
{
	struct job *j = data;
	struct db_conn *c = db_get(j->env->db, err);
	struct batch b;
	bool ok;

	batch_init(&b, j, effects, count);
	ok = c && effects_look(c, j->run.account_id, b.order, count, &j->host_arena, err);
	db_put(j->env->db, c);
	if (ok)
		tell_states(j, &b, effects);
	batch_release(&b);
	return pass_on(ok, err);
}

bool job_settle(void *data, struct agent_effect *const *effects, unsigned count, enum agent_effect_state state,
                struct error *err)
{
	struct job *j = data;
	struct batch b;
	unsigned i;
	bool ok;

	batch_init(&b, j, effects, count);
	ok = effects_settle(j->env->db, j->run.account_id, j->run.agent, b.order, count, (enum effect_state)state,
	                    clock_now_ms(), NULL, err);
	for (i = 0; ok && i < count; i++)
		effects[i]->state = state;
	batch_release(&b);
	return pass_on(ok, err);
}

bool job_recall(void *data, struct agent_memory *memories, unsigned count, struct error *err)
{
	struct job *j = data;
	struct memory_row *rows = mem_zalloc((count + 1) * sizeof *rows);
	struct db_conn *c = db_get(j->env->db, err);
	unsigned i;
	bool ok;

	for (i = 0; i < count; i++) {
		rows[i].kind = memories[i].kind;
		rows[i].subject = memories[i].subject;
	}
	ok = c && memory_look(c, j->run.account_id, j->run.agent, rows, count, err);
	db_put(j->env->db, c);
	for (i = 0; ok && i < count; i++) {
		memories[i].done = rows[i].done;
		memories[i].undone = rows[i].undone;
		memories[i].changed_ms = rows[i].changed_at;
	}
	mem_free(rows);
	return pass_on(ok, err);
}
