/* clocked_scheduler CLOCK: a scheduler whose clock a test holds. CLOCK is a file of one 64-bit number, milliseconds
 * since 1970, which is read through shared memory at each look; the database is the configured one (AGENTIV_CONFIG).
 *
 * For each line on standard input it makes a pass, and answers with a line: slots that made a run, rows of the ledger
 * without one, and schedules that are still due, or "error" and why. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agents/registry.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/log.h"
#include "core/scheduler.h"
#include "store/schedules.h"

#define CONNECTIONS 2
#define PASS_US     INT64_C(20000000)

static const _Atomic int64_t *clock_ms;

static int64_t given(void)
{
	return atomic_load(clock_ms);
}

static bool hold_clock(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *at = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *clock_ms, PROT_READ, MAP_SHARED, fd, 0);

	if (fd >= 0)
		close(fd);
	if (at == MAP_FAILED)
		return false;
	clock_ms = at;
	clock_set_source(given, NULL);
	return true;
}

static bool still_due(struct db *db, int64_t *n, struct error *err)
{
	struct schedule_stats s = {0};
	struct db_conn *c = db_get(db, err);
	bool ok = c && schedule_stats(c, clock_now_ms(), &s, err);

	db_put(db, c);
	*n = s.overdue;
	return ok;
}

static void pass(const struct scheduler_env *env)
{
	struct scheduler_counts did = {0};
	struct error err = {0};
	int64_t due = 0;

	if (scheduler_pass(env, clock_mono_us() + PASS_US, &did, &err) && still_due(env->db, &due, &err))
		printf("%" PRIu64 " %" PRIu64 " %" PRId64 "\n", did.fired, did.skipped, due);
	else
		printf("error %s\n", err.message);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	const char *manifests = getenv("AGENTIV_MANIFEST_DIR");
	struct scheduler_env env = {0};
	struct registry *agents = NULL;
	struct error err = {0};
	struct config cfg;
	char line[64];
	int status = 1;

	log_open("clocked_scheduler");
	if (argc != 2 || !hold_clock(argv[1])) {
		fputs("Usage: clocked_scheduler CLOCK\n", stderr);
		return 2;
	}
	if (!config_load(NULL, &cfg, &err)) {
		log_error("configuration", &err);
		return 3;
	}
	agents = registry_load(manifests ? manifests : AGENTIV_MANIFEST_DIR, cfg.agents_dir, &err);
	if (!agents || !(env.db = db_open(&cfg, CONNECTIONS, &err))) {
		log_error("it could not start", &err);
		goto out;
	}
	env.cfg = &cfg;
	env.agents = agents;
	env.ringer = doorbell_ringer_new(cfg.run_dir);
	while (fgets(line, sizeof line, stdin))
		pass(&env);
	status = 0;
out:
	doorbell_ringer_free(env.ringer);
	db_close(env.db);
	registry_free(agents);
	config_release(&cfg);
	return status;
}
