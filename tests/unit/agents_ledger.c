/* The host's plans, effects and memory, as the database keeps them: they outlast a run and its attempts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents_fixture.h"
#include "base/clock.h"
#include "base/mem.h"

#define KNOWN_MAX 1000
#define RUNS_MAX  100

struct known {
	char key[600], remote[600];
	enum agent_effect_state state;
	unsigned run;
	int64_t changed_ms;
};

static struct known known[KNOWN_MAX];
static struct { char kind[20], subject[400]; int64_t done, undone; } memories[KNOWN_MAX];
static unsigned known_count, memory_count;
static char *plans[RUNS_MAX];      /* by run */

void fx_ledger_reset(void)
{
	unsigned i;

	known_count = memory_count = 0;
	for (i = 0; i < RUNS_MAX; i++) {
		free(plans[i]);
		plans[i] = NULL;
	}
	memset(known, 0, sizeof known);
	memset(memories, 0, sizeof memories);
}

/* A second passes for what it holds. */
void fx_ledger_age(void)
{
	unsigned i;

	for (i = 0; i < known_count; i++)
		known[i].changed_ms -= 1000;
}

static struct known *find(const struct agent_effect *e)
{
	char key[sizeof known->key];
	unsigned i;

	snprintf(key, sizeof key, "%u|%s|%s|%s|%s", fx_host.place, e->integration, e->kind, e->target,
	         e->content ? e->content : "");
	for (i = 0; i < known_count; i++)
		if (strcmp(known[i].key, key) == 0)
			return &known[i];
	CU_ASSERT_FATAL(known_count < KNOWN_MAX);
	memcpy(known[known_count].key, key, sizeof key);
	return &known[known_count++];
}

bool fx_resume(void *data, const char **plan, size_t *n, struct error *err)
{
	CU_ASSERT_FATAL(fx_host.run < RUNS_MAX);
	*plan = plans[fx_host.run];
	*n = *plan ? strlen(*plan) : 0;
	return true;
}

static bool change_fails(struct error *err)
{
	fx_host.ledger_calls++;
	if (fx_host.ledger_calls != fx_host.fail_ledger_call)
		return false;
	err_set(err, ERR_UNAVAILABLE, "The database is away");
	err->retryable = true;
	return true;
}

bool fx_plan(void *data, const char *plan, size_t n, struct agent_effect *const *effects, unsigned count,
             struct error *err)
{
	unsigned i;

	if (change_fails(err))
		return false;
	if (plan) {
		free(plans[fx_host.run]);
		plans[fx_host.run] = strndup(plan, n);
	}
	fx_look(data, effects, count, err);
	for (i = 0; i < count; i++) {
		struct known *k = find(effects[i]);

		if (effects[i]->state == AGENT_EFFECT_DONE || effects[i]->state == AGENT_EFFECT_UNDONE ||
		    effects[i]->state == AGENT_EFFECT_BUSY)
			continue;
		k->state = AGENT_EFFECT_INTENDED;
		k->run = fx_host.run;
		k->changed_ms = clock_now_ms();
	}
	return true;
}

bool fx_look(void *data, struct agent_effect *const *effects, unsigned count, struct error *err)
{
	unsigned i;

	for (i = 0; i < count; i++) {
		const struct known *k = find(effects[i]);

		effects[i]->state = k->state;
		if (k->state == AGENT_EFFECT_INTENDED && k->run != fx_host.run && k->run == fx_host.run_under_way)
			effects[i]->state = AGENT_EFFECT_BUSY;
		effects[i]->this_run = k->state != AGENT_EFFECT_NEW && k->run == fx_host.run;
		effects[i]->changed_ms = k->changed_ms;
		effects[i]->remote_id = *k->remote ? k->remote : NULL;
	}
	return true;
}

static void count_lesson(const struct agent_lesson *l, enum agent_effect_state state)
{
	unsigned i;

	for (i = 0; i < memory_count; i++)
		if (strcmp(memories[i].kind, l->kind) == 0 && strcmp(memories[i].subject, l->subject) == 0)
			break;
	if (i == memory_count) {
		CU_ASSERT_FATAL(memory_count < KNOWN_MAX);
		snprintf(memories[i].kind, sizeof memories[i].kind, "%s", l->kind);
		snprintf(memories[i].subject, sizeof memories[i].subject, "%s", l->subject);
		memory_count++;
	}
	memories[i].done += state == AGENT_EFFECT_DONE;
	memories[i].undone += state == AGENT_EFFECT_UNDONE;
}

/* As store/effects.h has it. */
static bool may_follow(enum agent_effect_state was, enum agent_effect_state state)
{
	return state == AGENT_EFFECT_UNDONE ? was == AGENT_EFFECT_DONE
	       : state == AGENT_EFFECT_DONE ? was == AGENT_EFFECT_INTENDED || was == AGENT_EFFECT_FAILED
	                                    : was == AGENT_EFFECT_INTENDED;
}

bool fx_settle(void *data, struct agent_effect *const *effects, unsigned count, enum agent_effect_state state,
               struct error *err)
{
	unsigned i, l;

	if (change_fails(err))
		return false;
	for (i = 0; i < count; i++) {
		struct known *k = find(effects[i]);

		effects[i]->state = state;
		if (!may_follow(k->state, state))
			continue;
		k->state = state;
		k->changed_ms = clock_now_ms();
		snprintf(k->remote, sizeof k->remote, "%s", effects[i]->remote_id ? effects[i]->remote_id : "");
		for (l = 0; state != AGENT_EFFECT_FAILED && l < effects[i]->lesson_count; l++)
			count_lesson(&effects[i]->lessons[l], state);
	}
	return true;
}

bool fx_recall(void *data, struct agent_memory *m, unsigned count, struct error *err)
{
	unsigned i, k;

	for (i = 0; i < count; i++) {
		m[i].done = m[i].undone = m[i].changed_ms = 0;
		for (k = 0; k < memory_count; k++)
			if (strcmp(memories[k].kind, m[i].kind) == 0 && strcmp(memories[k].subject, m[i].subject) == 0) {
				m[i].done = memories[k].done;
				m[i].undone = memories[k].undone;
				m[i].changed_ms = fx_host.remembered_ms;
			}
	}
	return true;
}
