/* What a running agent may ask for (struct agent_host). Called from the thread that runs it. */
#include "core/executor_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/connection_refused.h"
#include "core/secrets.h"
#include "store/accounts.h"

#define SEALED_MAX   65536   /* the column's */
#define STEPS_MAX    10000   /* of one attempt; later ones are not logged */
#define STEP_DETAIL_MAX 16384

static bool host_stopped(void *data)
{
	struct job *j = data;

	return atomic_load_explicit(&j->stop, memory_order_relaxed) != STOP_NONE;
}

bool job_stopped_error(struct job *j, struct error *err)
{
	switch ((enum job_stop)atomic_load(&j->stop)) {
	case STOP_TIMEOUT:
		return err_set(err, ERR_TIMEOUT, "The run's time is over");
	case STOP_LOST:
		return err_set(err, ERR_WORKER_LOST, "The run was given to another worker");
	default:
		return err_set(err, ERR_CANCELLED, "The run was stopped");
	}
}

static bool host_may_act(void *data, struct error *err)
{
	struct job *j = data;
	struct lease_ref lease = job_lease(j);
	struct db_conn *c;
	bool held = false, cancel = false, ok;

	if (host_stopped(j))
		return job_stopped_error(j, err);
	c = db_get(j->env->db, err);
	ok = c && queue_lease_check(c, &lease, clock_now_ms(), &held, &cancel, err);
	db_put(j->env->db, c);
	if (!ok) {
		/* whether it is still ours cannot be known: the effect waits for another attempt */
		if (err)
			err->retryable = true;
		return false;
	}
	if (!held)
		job_stop(j, STOP_LOST);
	else if (cancel)
		job_stop(j, STOP_CANCELLED);
	return host_stopped(j) ? job_stopped_error(j, err) : true;
}

static bool open_settings(struct job *j, const char *integration, const struct buf *sealed,
                          struct json_object **out, struct error *err)
{
	char context[128];
	struct buf plain;
	bool ok;

	buf_init_secret(&plain, SEALED_MAX);
	snprintf(context, sizeof context, "account:%" PRIu64 ":connection:%s", j->run.account_id,
	         integration);
	ok = secrets_unseal(j->env->secrets, context, sealed->data, sealed->len, &plain, err) &&
	     json_read(plain.data, plain.len, JSON_DEPTH_MAX, out, NULL, NULL, err);
	buf_release(&plain);
	return ok;
}

static bool load_connection(struct job *j, const char *integration, struct id *id, struct agent_connection *out,
                            int64_t *since, struct error *err)
{
	struct db_conn *c = db_get(j->env->db, err);
	struct buf sealed;
	bool found = false, ok;

	buf_init(&sealed, SEALED_MAX);
	ok = c &&
	     connection_load(c, j->run.account_id, integration, false, id, out->kind, &sealed, since, &found, err);
	db_put(j->env->db, c);
	if (!ok && err)
		err->retryable = true;
	if (ok && !found) {
		ok = err_set(err, ERR_INTEGRATION_NOT_CONNECTED,
			     "The integration \"%s\" is not connected", integration);
		if (err)
			snprintf(err->integration, sizeof err->integration, "%s", integration);
	}
	ok = ok && open_settings(j, integration, &sealed, &out->settings, err);
	buf_release(&sealed);
	return ok;
}

static bool host_connection(void *data, const char *integration, struct agent_connection *out,
                            struct error *err)
{
	struct job *j = data;
	struct id id;
	unsigned i;

	for (i = 0; i < j->connection_count; i++)
		if (strcmp(j->connections[i].name, integration) == 0)
			break;
	if (i == j->connection_count) {
		if (i == JOB_CONNECTIONS_MAX)
			return err_set(err, ERR_EXECUTION_FAILED,
				       "A run uses at most %d integrations", JOB_CONNECTIONS_MAX);
		memset(&j->connections[i], 0, sizeof j->connections[i]);
		if (!load_connection(j, integration, &id, &j->connections[i].connection, &j->connections[i].since, err))
			return false;
		id_format(ID_CONNECTION, &id, j->connections[i].connection.id);
		snprintf(j->connections[i].name, sizeof j->connections[i].name, "%s", integration);
		j->connection_count++;
	}
	*out = j->connections[i].connection;
	return true;
}

void job_disconnect(struct job *j)
{
	const struct error *e = &j->error;
	unsigned i;

	for (i = 0; i < j->connection_count; i++)
		if (strcmp(j->connections[i].name, e->integration) == 0)
			connection_refused(j->env, &j->run, e->integration, j->connections[i].since, err_public_message(e));
}

const char *job_connection_id(const struct job *j, const char *integration)
{
	unsigned i;

	for (i = 0; i < j->connection_count; i++)
		if (strcmp(j->connections[i].name, integration) == 0)
			return j->connections[i].connection.id;
	return "";
}

static void tell_executor(struct executor *e)
{
	bool first;

	if (!e)
		return;
	pthread_mutex_lock(&e->lock);
	first = e->steps_since_us == 0;
	if (first) {
		e->steps_since_us = clock_mono_us();
		pool_wake_locked(e);
	}
	pthread_mutex_unlock(&e->lock);
}

static char *keep_text(struct job *j, const char *text, size_t max, size_t *len)
{
	size_t n = strlen(text), i;
	char *copy;

	n = n > max ? max : n;
	copy = arena_strndup(&j->step_arena, text, n);
	if (!json_utf8_valid(copy, n))
		for (i = 0; i < n; i++)
			if ((unsigned char)copy[i] >= 0x80)
				copy[i] = '?';
	if (len)
		*len = n;
	return copy;
}

static void host_step(void *data, const char *kind, const char *name, const char *detail,
                      int64_t tokens, int64_t duration_ms)
{
	struct job *j = data;
	struct execution_step *s;

	pthread_mutex_lock(&j->lock);
	if (j->step_count >= STEPS_MAX) {
		pthread_mutex_unlock(&j->lock);
		return;
	}
	if (j->step_count == j->step_room) {
		j->step_room = j->step_room ? 2 * j->step_room : 8;
		j->steps = mem_grow(j->steps, j->step_room * sizeof *j->steps);
	}
	s = &j->steps[j->step_count];
	*s = (struct execution_step){
		.execution_id = j->run.id, .seq = j->run.last_step + j->step_count + 1,
		.at = clock_now_ms(), .kind = keep_text(j, kind, 32, NULL),
		.name = keep_text(j, name, 200, NULL), .has_tokens = tokens > 0, .tokens = tokens,
		.has_duration = duration_ms >= 0, .duration_ms = duration_ms};
	/* cut JSON is no JSON */
	if (detail && strlen(detail) <= STEP_DETAIL_MAX)
		s->detail = keep_text(j, detail, STEP_DETAIL_MAX, &s->detail_len);
	j->step_count++;
	pthread_mutex_unlock(&j->lock);
	tell_executor(j->executor);
}

static bool host_wait(void *data, int64_t ms)
{
	struct job *j = data;
	int64_t until = clock_mono_us() + ms * 1000;

	pthread_mutex_lock(&j->lock);
	while (!host_stopped(j) && clock_mono_us() < until)
		cond_wait_until(&j->stopped, &j->lock, until);
	pthread_mutex_unlock(&j->lock);
	return !host_stopped(j);
}

const struct agent_host job_host = {
	.stopped = host_stopped,
	.may_act = host_may_act,
	.connection = host_connection,
	.step = host_step,
	.wait = host_wait,
	.resume = job_resume,
	.plan = job_plan,
	.look = job_look,
	.settle = job_settle,
	.recall = job_recall,
	.reserve_tokens = job_reserve_tokens,
	.settle_tokens = job_settle_tokens,
};
