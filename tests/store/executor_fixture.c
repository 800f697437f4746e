#include "executor_fixture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"

atomic_int running, most_running, started;
atomic_bool let_go;

static bool succeed(struct agent_result *r)
{
	snprintf(r->summary, sizeof r->summary, "Done");
	return buf_adds(&r->output, "{\"done\":true}");
}

static bool run_echo(struct agent_ctx *c, struct agent_result *r, struct error *err)
{
	return succeed(r);
}

static bool run_wait(struct agent_ctx *c, struct agent_result *r, struct error *err)
{
	int now = atomic_fetch_add(&running, 1) + 1;
	bool ok;

	if (now > atomic_load(&most_running))
		atomic_store(&most_running, now);
	atomic_fetch_add(&started, 1);
	ok = c->host->wait(c->host_data, 10000);
	atomic_fetch_sub(&running, 1);
	return ok ? succeed(r) : err_set(err, ERR_EXECUTION_FAILED, "Stopped");
}

static bool run_brief(struct agent_ctx *c, struct agent_result *r, struct error *err)
{
	int now = atomic_fetch_add(&running, 1) + 1;

	if (now > atomic_load(&most_running))
		atomic_store(&most_running, now);
	c->host->wait(c->host_data, 20);
	atomic_fetch_sub(&running, 1);
	return succeed(r);
}

/* Deaf to being stopped until the test lets go. */
static bool run_deaf(struct agent_ctx *c, struct agent_result *r, struct error *err)
{
	atomic_fetch_add(&started, 1);
	while (!atomic_load(&let_go))
		usleep(5000);
	return succeed(r);
}

static bool run_flaky(struct agent_ctx *c, struct agent_result *r, struct error *err)
{
	if (c->attempt >= 2)
		return succeed(r);
	err_set(err, ERR_UNAVAILABLE, "Try again");
	err->retryable = true;
	return false;
}

static bool run_huge(struct agent_ctx *c, struct agent_result *r, struct error *err)
{
	while (buf_adds(&r->output, "0123456789abcdef0123456789abcdef0123456789abcdef"))
		;
	return true;
}

static bool run_steps(struct agent_ctx *c, struct agent_result *r, struct error *err)
{
	c->host->step(c->host_data, "log", "first", "{\"a\":1}", 0, 3);
	c->host->step(c->host_data, "model", "second", NULL, 12, 5);
	atomic_fetch_add(&started, 1);
	while (!atomic_load(&let_go))
		usleep(1000);
	c->host->step(c->host_data, "log", "third", NULL, 0, 0);
	return succeed(r);
}

static bool talk(struct agent_ctx *c, struct agent_result *r, const char *kind)
{
	c->host->step(c->host_data, kind, "first", NULL, 0, 0);
	atomic_fetch_add(&started, 1);
	while (!atomic_load(&let_go))
		usleep(1000);
	return succeed(r);
}

static bool run_talking(struct agent_ctx *c, struct agent_result *r, struct error *err)
{
	return talk(c, r, "log");
}

/* What kind of step that is no column can say. */
static bool run_babbling(struct agent_ctx *c, struct agent_result *r, struct error *err)
{
	return talk(c, r, "na\xc3\xafve");
}

static bool run_garbled(struct agent_ctx *c, struct agent_result *r, struct error *err)
{
	succeed(r);
	snprintf(r->summary, sizeof r->summary, "caf\xe9 done");
	return true;
}

static bool run_telling(struct agent_ctx *c, struct agent_result *r, struct error *err)
{
	return err_set(err, ERR_INTERNAL, "Table 'agentiv.connections' does not exist");
}

static bool run_acting(struct agent_ctx *c, struct agent_result *r, struct error *err)
{
	atomic_fetch_add(&started, 1);
	while (!atomic_load(&let_go))
		usleep(1000);
	return c->host->may_act(c->host_data, err) && succeed(r);
}

static bool run_spending(struct agent_ctx *c, struct agent_result *r, struct error *err)
{
	int64_t tokens = 0, use = 0, fails = 0;
	bool hold = false;

	if (!json_get_int(c->input, "", "reserve", 0, INT64_MAX, &tokens, err) ||
	    !json_get_int(c->input, "", "use", 0, INT64_MAX, &use, err) ||
	    !json_get_int(c->input, "", "fails", 0, INT64_MAX, &fails, err) ||
	    !json_get_bool(c->input, "", "hold", &hold, err) || !c->host->reserve_tokens(c->host_data, tokens, err))
		return false;
	atomic_fetch_add(&started, 1);
	while (hold && !atomic_load(&let_go))
		usleep(1000);
	if (!c->host->settle_tokens(c->host_data, use, err))
		return false;
	if (c->attempt > fails)
		return succeed(r);
	err_set(err, ERR_UNAVAILABLE, "Try again");
	err->retryable = true;
	return false;
}

/* Two effects: the first is done before it fails, the second left as intended. */
static bool run_planning(struct agent_ctx *c, struct agent_result *r, struct error *err)
{
	struct agent_effect done = {.integration = "", .kind = "archive", .target = "<1@x.org>", .lesson_count = 1,
	                            .lessons = {{"sender", "ann@x.org"}}};
	struct agent_effect open = {.integration = "", .kind = "archive", .target = "<2@x.org>"};
	struct agent_effect *both[] = {&done, &open}, *first = &done;
	struct agent_memory m = {.kind = "sender", .subject = "ann@x.org"};
	const char *plan;
	size_t n;

	if (!c->host->resume(c->host_data, &plan, &n, err))
		return false;
	if (!c->host->plan(c->host_data, plan ? NULL : "{\"a\":1}", plan ? 0 : 7, both, 2, err) ||
	    !c->host->recall(c->host_data, &m, 1, err))
		return false;
	if (!plan) {
		done.remote_id = "there";
		if (!c->host->settle(c->host_data, &first, 1, AGENT_EFFECT_DONE, err))
			return false;
		err_set(err, ERR_UNAVAILABLE, "Try again");
		err->retryable = true;
		return false;
	}
	succeed(r);
	snprintf(r->summary, sizeof r->summary, "%.*s|%d,%d,%s|%d,%d|%d", (int)n, plan, done.state, done.this_run,
	         done.remote_id ? done.remote_id : "-", open.state, open.this_run, (int)m.done);
	return true;
}

static const struct manifest manifests[] = {
	{.slug = "echo", .timeout_ms = 60000, .run = run_echo},
	{.slug = "wait", .timeout_ms = 60000, .run = run_wait},
	{.slug = "brief", .timeout_ms = 60000, .run = run_brief},
	{.slug = "short", .timeout_ms = 100, .run = run_wait},
	{.slug = "deaf", .timeout_ms = 100, .run = run_deaf},
	{.slug = "flaky", .timeout_ms = 60000, .run = run_flaky},
	{.slug = "huge", .timeout_ms = 60000, .run = run_huge},
	{.slug = "steps", .timeout_ms = 60000, .run = run_steps},
	{.slug = "talking", .timeout_ms = 60000, .run = run_talking},
	{.slug = "babbling", .timeout_ms = 60000, .run = run_babbling},
	{.slug = "garbled", .timeout_ms = 60000, .run = run_garbled},
	{.slug = "telling", .timeout_ms = 60000, .run = run_telling},
	{.slug = "acting", .timeout_ms = 60000, .run = run_acting},
	{.slug = "spending", .timeout_ms = 60000, .run = run_spending},
	{.slug = "planning", .timeout_ms = 60000, .run = run_planning},
};

/* In place of the library's registry. */
const struct manifest *registry_find(const struct registry *r, const char *slug)
{
	unsigned i;

	for (i = 0; i < sizeof manifests / sizeof *manifests; i++)
		if (strcmp(manifests[i].slug, slug) == 0)
			return &manifests[i];
	return NULL;
}

struct executor_env env;

struct executor *start(unsigned threads)
{
	struct executor *e;
	struct error err;

	atomic_store(&running, 0);
	atomic_store(&most_running, 0);
	atomic_store(&started, 0);
	atomic_store(&let_go, false);
	fx_cfg.retry_base_ms = 50;
	fx_cfg.worker_poll_ms = fx_cfg.worker_idle_poll_ms = 100;
	env = (struct executor_env){.db = fx_db, .cfg = &fx_cfg, .owner = fx_owner};
	e = executor_start(&env, threads, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	return e;
}

void fresh(void)
{
	fx_empty();
	fx_account(1, -1);
}

bool work_until(struct executor *e, bool (*met)(struct executor *e))
{
	int64_t until = clock_mono_us() + 10000000;
	bool ok;

	while (!(ok = met(e)) && clock_mono_us() < until) {
		executor_work(e, true);
		usleep(2000);
	}
	return ok;
}
