/* A job: one leased run, from its claim to what is written of it. */
#include "core/executor_priv.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rnd.h"
#include "integrations/mailbox.h"

#define RETRY_AFTER_MAX_S 3600   /* what another side may ask for: the run keeps its slot meanwhile */

static void job_init(struct job *j, const struct executor_env *env, struct executor *e,
                     struct job_batch *b, const struct claimed_run *run)
{
	j->run = *run;
	j->env = env;
	j->executor = e;
	j->batch = b;
	j->manifest = registry_find(env->agents, run->agent);
	j->may_have_plan = run->first_started_at != 0;
	atomic_init(&j->refs, 1);
	atomic_init(&j->stop, STOP_NONE);
	atomic_init(&j->tokens, 0);
	j->claimed_us = clock_mono_us();
	j->renew_us = j->claimed_us + env->cfg->lease_s * INT64_C(1000000) / 3;
	j->deadline_us = INT64_MAX;
	pthread_mutex_init(&j->lock, NULL);
	cond_init_mono(&j->stopped);
}

struct job_batch *job_batch_new(const struct executor_env *env, struct executor *e, struct arena *a,
                                const struct claimed_run *runs, unsigned n)
{
	struct job_batch *b = mem_zalloc(sizeof *b + n * sizeof *b->jobs);
	unsigned i;

	b->arena = *a;
	arena_init(a);
	atomic_init(&b->refs, n);
	for (i = 0; i < n; i++)
		job_init(&b->jobs[i], env, e, b, &runs[i]);
	return b;
}

void job_ref(struct job *j)
{
	atomic_fetch_add_explicit(&j->refs, 1, memory_order_relaxed);
}

static void release_contents(struct job *j)
{
	unsigned i;

	for (i = 0; i < j->connection_count; i++) {
		json_wipe_str(j->connections[i].connection.settings, "password");
		json_object_put(j->connections[i].connection.settings);
	}
	j->connection_count = 0;
	buf_release(&j->result.output);
	arena_release(&j->host_arena);
}

void job_unref(struct job *j)
{
	struct job_batch *b = j->batch;

	if (atomic_fetch_sub_explicit(&j->refs, 1, memory_order_acq_rel) != 1)
		return;
	release_contents(j);
	arena_release(&j->step_arena);
	mem_free(j->steps);
	pthread_cond_destroy(&j->stopped);
	pthread_mutex_destroy(&j->lock);
	if (atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) != 1)
		return;
	arena_release(&b->arena);
	mem_free(b);
}

void job_stop(struct job *j, enum job_stop why)
{
	int none = STOP_NONE;

	if (!atomic_compare_exchange_strong(&j->stop, &none, (int)why))
		return;
	pthread_mutex_lock(&j->lock);
	pthread_cond_broadcast(&j->stopped);
	pthread_mutex_unlock(&j->lock);
}

size_t job_size(const struct job *j)
{
	return !j->abandoned && j->ok ? j->result.output.len : 0;
}

struct lease_ref job_lease(const struct job *j)
{
	return (struct lease_ref){.id = j->run.id, .account_id = j->run.account_id,
	                          .token = j->run.token};
}

/* A large input did not come with the claim. */
static bool whole_input(struct job *j, struct arena *a, struct error *err)
{
	struct db_conn *c;
	bool ok;

	if (j->run.input)
		return true;
	c = db_get(j->env->db, err);
	ok = c && queue_load_input(c, &j->run.id, a, &j->run.input, &j->run.input_len, err);
	db_put(j->env->db, c);
	if (!ok)
		err->retryable = true;
	return ok;
}

/* Bytes; a manifest may allow less than AGENT_OUTPUT_MAX. */
static size_t output_max(const struct job *j)
{
	return j->manifest && j->manifest->output_max > 0 ? j->manifest->output_max : AGENT_OUTPUT_MAX;
}

static bool run_agent(struct job *j, struct arena *a)
{
	struct mailbox_env mailboxes = {.rules = j->env->outbound, .ca_file = config_ca_file(j->env->cfg),
	                                .stopped = job_host.stopped, .data = j, .deadline_ms = j->deadline_ms};
	struct agent_ctx ctx = {.timezone = j->run.timezone, .now_ms = j->started_ms,
	                        .deadline_ms = j->deadline_ms, .attempt = j->run.attempt + 1,
	                        .host = &job_host, .host_data = j, .mailboxes = &mailboxes};
	bool ok;

	if (!j->manifest)
		return err_set(&j->error, ERR_EXECUTION_FAILED,
		               "This installation's worker has no agent \"%s\"", j->run.agent);
	if (!whole_input(j, a, &j->error) ||
	    !json_read(j->run.input, j->run.input_len, JSON_DEPTH_MAX, &ctx.input, NULL, NULL,
	               &j->error))
		return false;
	ctx.settings = j->manifest->settings;
	ok = j->manifest->run(&ctx, &j->result, &j->error);
	json_object_put(ctx.input);
	if (ok && j->result.output.failed)
		return err_set(&j->error, ERR_OUTPUT_TOO_LARGE,
			       "The output is larger than %zu bytes", output_max(j));
	return ok;
}

void job_run(struct job *j)
{
	struct arena a;

	arena_init(&a);
	memset(&j->error, 0, sizeof j->error);
	buf_init(&j->result.output, output_max(j));
	j->ok = run_agent(j, &a);
	if (a.blocks)
		j->run.input = NULL;
	arena_release(&a);
	if (!j->ok)
		buf_release(&j->result.output);
	if (!j->ok && j->error.disconnected)
		job_disconnect(j);
	/* who asked for the run is told less */
	if (!j->ok && j->error.message[0] && err_public_message(&j->error) != j->error.message)
		log_error("a run failed", &j->error);
	j->ended_ms = clock_now_ms();
}

int64_t job_backoff_ms(const struct config *cfg, unsigned used, int retry_after, double unit)
{
	int64_t wait = cfg->retry_base_ms, asked;

	while (used > 1 && wait < cfg->retry_max_ms) {
		wait *= 2;
		used--;
	}
	if (wait > cfg->retry_max_ms)
		wait = cfg->retry_max_ms;
	wait = (int64_t)((double)wait * (0.8 + 0.4 * unit));
	asked = retry_after < RETRY_AFTER_MAX_S ? retry_after : RETRY_AFTER_MAX_S;
	return wait < asked * 1000 ? asked * 1000 : wait;
}

/* Text columns take valid UTF-8 only; agents pass on what others wrote. */
static const char *clean_text(struct job *j, const char *text)
{
	size_t n = strlen(text), i;
	char *copy;

	if (json_utf8_valid(text, n))
		return text;
	pthread_mutex_lock(&j->lock);
	copy = arena_strndup(&j->step_arena, text, n);
	pthread_mutex_unlock(&j->lock);
	for (i = 0; i < n; i++)
		if ((unsigned char)copy[i] >= 0x80)
			copy[i] = '?';
	return copy;
}

static void fail(struct ended_run *r, enum err_code code, const char *message)
{
	r->outcome = RUN_FAILED;
	r->error_code = err_name(code == ERR_NONE ? ERR_EXECUTION_FAILED : code);
	r->error_message = message;
}

static void conclude_error(struct job *j, struct ended_run *r)
{
	const struct config *cfg = j->env->cfg;
	const char *message = j->error.message[0] ? err_public_message(&j->error) : "The agent failed";

	fail(r, j->error.code, clean_text(j, message));
	if (!j->error.retryable || r->attempt >= (unsigned)cfg->max_attempts)
		return;
	r->outcome = RUN_RETRY;
	/* it ended while its worker lived, so it is no suspect any more */
	r->lane = r->lane == LANE_SUSPECT ? LANE_ASYNC : r->lane;
	r->retry_at = r->completed_at +
		job_backoff_ms(cfg, r->attempt, j->error.retry_after, rnd_unit());
}

/* Of an abandoned job nothing is read that its thread still writes. */
static void conclude_result(struct job *j, enum job_stop stop, struct ended_run *r)
{
	bool ok = !j->abandoned && j->ok;

	if (stop == STOP_TIMEOUT && !ok) {
		fail(r, ERR_TIMEOUT, "The run took longer than its agent allows");
	} else if (ok) {
		r->outcome = RUN_SUCCESS;
		r->summary = clean_text(j, j->result.summary);
		r->output = buf_str(&j->result.output);
		r->output_len = j->result.output.len;
	} else if (stop == STOP_CANCELLED) {
		fail(r, ERR_CANCELLED, "The run was cancelled");
	} else if (stop == STOP_RELEASED) {
		r->outcome = RUN_RELEASED;
		r->attempt = j->run.attempt;
	} else {
		conclude_error(j, r);
	}
}

bool job_conclude(struct job *j, struct ended_run *r)
{
	enum job_stop stop = (enum job_stop)atomic_load(&j->stop);

	*r = (struct ended_run){
		.id = j->run.id, .agent = j->run.agent, .account_id = j->run.account_id, .token = j->run.token,
		.lane = j->run.lane, .attempt = j->run.attempt + 1, .started_at = j->started_ms,
		.first_started_at = j->run.first_started_at,
		.completed_at = j->abandoned ? 0 : j->ended_ms,
		.webhook_url = j->run.webhook_url, .waiter = j->run.waiter,
		.planned = j->abandoned || j->may_have_plan,
		.has_spent = j->run.has_spent || (j->abandoned ? run_bounded(&j->run) : j->has_spent),
		.has_schedule = j->run.has_schedule, .schedule_id = j->run.schedule_id,
		.tokens_used = atomic_load(&j->tokens)};
	if (stop == STOP_LOST)
		return false;
	if (r->completed_at == 0)
		r->completed_at = clock_now_ms();
	if (j->started_ms == 0) {
		r->attempt = j->run.attempt;
		r->outcome = RUN_RELEASED;
		if (stop == STOP_CANCELLED)
			fail(r, ERR_CANCELLED, "The run was cancelled");
		return true;
	}
	conclude_result(j, stop, r);
	if (!j->abandoned) {
		pthread_mutex_lock(&j->lock);
		r->steps = j->steps + j->steps_written;
		r->step_count = j->step_count - j->steps_written;
		pthread_mutex_unlock(&j->lock);
	}
	return true;
}
