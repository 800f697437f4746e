/* One bounded pass of scheduler, worker and sender, for hosts with only cron. */
#include "ctl/print.h"

#include <string.h>
#include <unistd.h>

#include "agents/registry.h"
#include "base/clock.h"
#include "base/log.h"
#include "core/bells.h"
#include "core/duties.h"
#include "core/executor.h"
#include "core/local_runs.h"
#include "core/reseal.h"
#include "core/scheduler.h"
#include "core/sender.h"
#include "net/outbound.h"

#define RUNS_MAX       1000
#define SECONDS        50          /* under the minute after which cron calls again */
#define SEND_SHARE     5           /* a fifth of them is for deliveries, and a second at least */
#define FIRE_SHARE     2           /* half of them at most for schedules, whose runs come next */
#define TICK_THREADS   4
#define SPARE          5           /* connections beside one for each thread */

struct pass {
	struct scheduler_counts fired;
	struct executor_pass runs;
	struct sender_counts sent;
	struct duties_counts duties;
};

static void put_pass(struct ctl *c, const struct pass *p)
{
	struct table t;
	const struct { const char *name, *label; uint64_t n; } rows[] = {
		{"fired", "Schedules fired", p->fired.fired},
		{"skipped", "  slots without a run", p->fired.skipped},
		{"ran", "Runs", p->runs.ran},
		{"succeeded", "  succeeded", p->runs.succeeded},
		{"failed", "  failed", p->runs.failed},
		{"moved", "Taken up", p->runs.moved},
		{"delivered", "Deliveries", p->sent.delivered},
		{"delivery_retries", "  to be repeated", p->sent.retried},
		{"delivery_failures", "  given up", p->sent.failed},
		{"removed", "Rows past their time", p->duties.rows},
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

static bool fire_pass(struct ctl *c, const struct registry *agents, int64_t until_us, struct pass *p)
{
	struct scheduler_env env = {.db = c->db, .cfg = &c->cfg, .agents = agents, .ringer = c->ringer};

	return scheduler_pass(&env, until_us, &p->fired, &c->err);
}

static bool run_pass(struct ctl *c, const struct executor_env *env, int64_t until_us, struct pass *p)
{
	bool ok = executor_pass(env, (unsigned)ctl_number(c, "threads", TICK_THREADS),
	                        (unsigned)ctl_number(c, "runs", RUNS_MAX), until_us, &p->runs, &c->err);

	c->stuck |= p->runs.stuck;
	return ok;
}

static bool send_pass(struct ctl *c, const struct outbound_rules *rules, int64_t until_us, struct pass *p)
{
	struct sender_env env = {.db = c->db, .cfg = &c->cfg, .rules = rules, .secrets = c->secrets};

	return sender_pass(&env, (unsigned)ctl_number(c, "deliveries", RUNS_MAX), until_us, &p->sent, &c->err);
}

/* What is left over: nobody needs it now. */
static void audit(const struct executor_env *env, int64_t until_us)
{
	struct error err = {0};

	if (clock_mono_us() < until_us && !executor_audit(env, &err))
		log_error("slot counters could not be audited", &err);
}

/* The scheduler's: what they leave is due again. */
static void do_duties(struct ctl *c, int64_t until_us, struct pass *p)
{
	struct duties_env env = {.db = c->db, .cfg = &c->cfg};
	struct error err = {0};

	if (clock_mono_us() < until_us && !duties_pass(&env, until_us, &p->duties, &err))
		log_error("what is past its time cannot be removed", &err);
}

/* After a rotation of the sealing key. */
static void reseal(struct ctl *c, int64_t until_us)
{
	struct reseal_batch batch;
	struct error err = {0};
	struct db_conn *conn;
	bool wanted = false, ok;

	if (clock_mono_us() >= until_us)
		return;
	conn = db_get(c->db, &err);
	ok = conn && reseal_wanted(conn, &wanted, &err);
	db_put(c->db, conn);
	if (!ok || (wanted && !reseal_run(c->db, c->secrets, until_us, NULL, &batch, &err)))
		log_error("what is sealed cannot be sealed anew", &err);
}

/* Of what was to be repeated, was not finished, or became ready through what was. */
static void tell_daemons(struct ctl *c, const struct pass *p)
{
	if (p->runs.ran + p->runs.moved > 0)
		bell_ring(c->ringer, WORKER_PROGRAM, BELL_LOOK);
	if (p->sent.claimed > 0)
		bell_ring(c->ringer, SENDER_PROGRAM, BELL_LOOK);
}

static bool pass(struct ctl *c, const struct registry *agents, const struct outbound_rules *rules, struct pass *p)
{
	struct executor_env env = {.db = c->db, .cfg = &c->cfg, .agents = agents, .secrets = c->secrets,
	                           .outbound = rules, .ringer = c->ringer};
	int64_t us = ctl_number(c, "seconds", SECONDS) * 1000000, until_us = clock_mono_us() + us;
	int64_t least_us;

	local_owner(&env.owner);
	if (!fire_pass(c, agents, until_us - us / FIRE_SHARE, p) ||
	    !run_pass(c, &env, until_us - us / SEND_SHARE, p))
		return false;
	least_us = clock_mono_us() + 1000000;
	if (!send_pass(c, rules, until_us > least_us ? until_us : least_us, p))
		return false;
	audit(&env, until_us);
	reseal(c, until_us);
	do_duties(c, until_us, p);
	tell_daemons(c, p);
	return true;
}

bool cmd_tick(struct ctl *c)
{
	struct registry *agents = registry_load(ctl_manifest_dir(), c->cfg.agents_dir, &c->err);
	bool usable = agents && outbound_check_ca_file(config_ca_file(&c->cfg), &c->err);
	struct outbound_rules *rules = usable ? outbound_rules_new(c->cfg.allow_networks, &c->err) : NULL;
	struct pass p = {0};
	bool ok;

	if (!rules) {
		registry_free(agents);
		c->status = CTL_CONFIGURATION;
		return false;
	}
	/* the pool's size is known only now, from the threads asked for */
	ok = ctl_open_db(c, (unsigned)ctl_number(c, "threads", TICK_THREADS) + SPARE) &&
	     admin_schema_usable(&c->admin, &c->err) && pass(c, agents, rules, &p);
	if (ok)
		put_pass(c, &p);
	if (!c->stuck) {
		outbound_rules_free(rules);
		registry_free(agents);
	}
	return ok;
}
