/* One bounded pass of worker and sender, for hosts with only cron. */
#include "ctl/print.h"

#include <string.h>
#include <unistd.h>

#include "agents/registry.h"
#include "base/clock.h"
#include "core/executor.h"
#include "core/local_runs.h"
#include "core/sender.h"
#include "net/outbound.h"

#define RUNS_MAX       1000
#define SECONDS        50          /* under the minute after which cron calls again */
#define TICK_THREADS   4
#define SPARE          5           /* connections beside one for each thread */

struct pass {
	struct executor_pass runs;
	struct sender_counts sent;
};

static void put_pass(struct ctl *c, const struct pass *p)
{
	struct table t;
	const struct { const char *name, *label; uint64_t n; } rows[] = {
		{"ran", "Runs", p->runs.ran},
		{"succeeded", "  succeeded", p->runs.succeeded},
		{"failed", "  failed", p->runs.failed},
		{"moved", "Taken up", p->runs.moved},
		{"delivered", "Deliveries", p->sent.delivered},
		{"delivery_retries", "  to be repeated", p->sent.retried},
		{"delivery_failures", "  given up", p->sent.failed},
	};
	unsigned i;

	if (c->json)
		json_obj_open(&c->w, NULL);
	else
		table_init(&t, &c->arena, c->colour, NULL);
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (c->json) {
			json_put_int(&c->w, rows[i].name, (int64_t)rows[i].n);
			continue;
		}
		table_add(&t, "%s", rows[i].label);
		table_add(&t, "%llu", (unsigned long long)rows[i].n);
	}
	if (c->json)
		json_obj_close(&c->w);
	else
		table_print(&t, "", &c->out);
}

static bool run_pass(struct ctl *c, const struct registry *agents, int64_t until_us, struct pass *p)
{
	struct executor_env env = {.db = c->db, .cfg = &c->cfg, .agents = agents, .seal = &c->seal,
	                           .ringer = c->ringer};

	local_owner(&env.owner);
	return executor_pass(&env, (unsigned)ctl_number(c, "threads", TICK_THREADS),
	                     (unsigned)ctl_number(c, "runs", RUNS_MAX), until_us, &p->runs, &c->err);
}

static bool send_pass(struct ctl *c, int64_t until_us, struct pass *p)
{
	struct outbound_rules *rules = outbound_rules_new(c->cfg.allow_networks, &c->err);
	struct sender_env env = {.db = c->db, .cfg = &c->cfg, .rules = rules, .seal = &c->seal};
	bool ok;

	if (!rules) {
		c->status = CTL_CONFIGURATION;
		return false;
	}
	ok = sender_pass(&env, (unsigned)ctl_number(c, "deliveries", RUNS_MAX), until_us, &p->sent, &c->err);
	outbound_rules_free(rules);
	return ok;
}

bool cmd_tick(struct ctl *c)
{
	int64_t until_us = clock_mono_us() + ctl_number(c, "seconds", SECONDS) * 1000000;
	struct registry *agents = registry_load(ctl_manifest_dir(), c->cfg.agents_dir, &c->err);
	struct pass p = {0};
	bool ok;

	if (!agents) {
		c->status = CTL_CONFIGURATION;
		return false;
	}
	/* the pool's size is known only now, from the threads asked for */
	ok = ctl_open_db(c, (unsigned)ctl_number(c, "threads", TICK_THREADS) + SPARE) &&
	     admin_schema_usable(&c->admin, &c->err) && run_pass(c, agents, until_us, &p) &&
	     send_pass(c, until_us, &p);
	if (ok)
		put_pass(c, &p);
	registry_free(agents);
	return ok;
}
