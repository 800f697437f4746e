#include "core/processes.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/reseal.h"
#include "core/secrets.h"
#include "core/threads.h"
#include "db/db.h"
#include "store/processes.h"

#define BEAT_US     (PROCESS_BEAT_MS * INT64_C(1000))
#define AGAIN_US    INT64_C(2000000)          /* after a failure */
#define PRUNE_MS    INT64_C(3600000)

struct presence {
	struct db *db;
	struct secrets *secrets;
	bool reseals;
	struct process_row row;
	bool away;                       /* the last try failed, and was logged */
	bool watch, reseal_failed;       /* there may be something to seal anew */
	bool settled;                    /* the active keys are written down, and known here as far as was logged */
	int64_t beat_us;                 /* when the next beat is due */
	pthread_t thread;
	atomic_bool stopping;

	pthread_mutex_t lock;
	pthread_cond_t  wake;
	bool looks;                      /* somebody rang, or a ring changed */
};

void process_host(const char *run_dir, char out[PROCESS_HOST_SIZE])
{
	char host[40] = "";
	struct stat st;

	if (gethostname(host, sizeof host - 1) != 0)
		snprintf(host, sizeof host, "localhost");
	if (!run_dir || stat(run_dir, &st) != 0)
		memset(&st, 0, sizeof st);
	snprintf(out, PROCESS_HOST_SIZE, "%s/%" PRIxMAX, host, (uintmax_t)st.st_ino);
}

void presence_look(struct presence *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->looks = true;
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->lock);
}

static void ring_changed(void *ctx)
{
	presence_look(ctx);
}

/* Takes over what has been read; true: it is not what the row says. */
static bool take_ids(struct presence *p)
{
	char peppers[SECRET_IDS_SIZE], seals[SECRET_IDS_SIZE];
	bool same;

	secrets_ids(p->secrets, SECRET_PEPPER, peppers);
	secrets_ids(p->secrets, SECRET_SEAL, seals);
	same = strcmp(peppers, p->row.peppers) == 0 && strcmp(seals, p->row.seals) == 0;
	snprintf(p->row.peppers, sizeof p->row.peppers, "%s", peppers);
	snprintf(p->row.seals, sizeof p->row.seals, "%s", seals);
	p->row.has_peppers = *peppers != '\0';
	p->row.has_seals = *seals != '\0';
	return !same;
}

static bool beat(struct presence *p, struct error *err)
{
	struct db_conn *c = db_get(p->db, err);
	bool ok = c != NULL, first = p->row.started_at == 0;

	p->row.seen_at = clock_now_ms();
	if (ok && first) {
		p->row.started_at = p->row.seen_at;
		ok = process_prune(c, p->row.seen_at - PRUNE_MS, err);
	}
	ok = ok && process_beat(c, &p->row, err);
	if (ok && p->watch)
		ok = reseal_wanted(c, &p->watch, err);
	db_put(p->db, c);
	return ok;
}

static bool look(struct presence *p, bool rung, struct error *err)
{
	bool changed;

	secrets_refresh(p->secrets);
	changed = take_ids(p);
	p->watch |= p->reseals && (changed || rung);
	p->settled &= !changed && !rung;
	if (!changed && !rung && clock_mono_us() < p->beat_us)
		return true;
	if (!beat(p, err))
		return false;
	p->beat_us = clock_mono_us() + BEAT_US;
	return true;
}

/* For as long as a process counts as live without a beat of its own; the next beat goes on with it. What fails of it is
 * tried again after that. */
static void reseal(struct presence *p)
{
	struct reseal_batch batch;
	struct error err = {0};
	bool ok = reseal_run(p->db, p->secrets, p->beat_us, &p->stopping, &batch, &err);

	if (!ok && !p->reseal_failed)
		log_error("what is sealed cannot be sealed anew", &err);
	p->reseal_failed = !ok;
}

/* A host whose files are behind is told of before somebody's request meets it. The database being away is tried again. */
static void settle(struct presence *p)
{
	struct error err = {0};
	struct db_conn *c = db_get(p->db, &err);
	bool ok = c && secrets_settle(p->secrets, c, &err);

	db_put(p->db, c);
	p->settled = ok || !db_error_passes(&err);
	if (!ok && p->settled)
		log_error("the keys of this host are not those that are written under", &err);
}

/* Returns when to look again. */
static int64_t turn(struct presence *p, bool rung)
{
	struct error err = {0};
	bool ok = look(p, rung, &err);

	if (!ok && !p->away)
		log_error("that this process lives, or what it has read, cannot be told", &err);
	else if (ok && p->away)
		log_write(LOG_INFO, "that this process lives is told again", NULL);
	p->away = !ok;
	if (ok && !p->settled)
		settle(p);
	if (ok && p->watch)
		reseal(p);
	if (ok)
		return p->beat_us;
	p->beat_us = 0;
	return clock_mono_us() + AGAIN_US;
}

static void *presence_main(void *arg)
{
	struct presence *p = arg;
	int64_t next_us = 0;
	bool rung = false;

	pthread_mutex_lock(&p->lock);
	while (!atomic_load(&p->stopping)) {
		if (!p->looks && clock_mono_us() < next_us) {
			cond_wait_until(&p->wake, &p->lock, next_us);
			continue;
		}
		/* what was rung for is tried until it has been done */
		rung = rung && p->away;
		rung |= p->looks;
		p->looks = false;
		pthread_mutex_unlock(&p->lock);
		next_us = turn(p, rung);
		pthread_mutex_lock(&p->lock);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

struct presence *presence_start(const struct presence_env *env, struct error *err)
{
	struct presence *p = mem_zalloc(sizeof *p);

	p->db = env->db;
	p->secrets = env->secrets;
	p->reseals = env->reseals;
	p->watch = env->reseals;
	p->row.id = id_make();
	p->row.pid = getpid();
	snprintf(p->row.program, sizeof p->row.program, "%s", env->program);
	snprintf(p->row.doorbell, sizeof p->row.doorbell, "%s", env->doorbell);
	process_host(env->run_dir, p->row.host);
	atomic_init(&p->stopping, false);
	pthread_mutex_init(&p->lock, NULL);
	cond_init_mono(&p->wake);
	secrets_on_change(p->secrets, ring_changed, p);
	if (thread_start(&p->thread, STACK_SIZE, presence_main, p))
		return p;
	secrets_on_change(p->secrets, NULL, NULL);
	pthread_cond_destroy(&p->wake);
	pthread_mutex_destroy(&p->lock);
	mem_free(p);
	err_set(err, ERR_INTERNAL, "No thread to tell that this process lives");
	return NULL;
}

void presence_stop(struct presence *p)
{
	struct error err = {0};
	struct db_conn *c;

	if (!p)
		return;
	atomic_store(&p->stopping, true);
	presence_look(p);
	pthread_join(p->thread, NULL);
	secrets_on_change(p->secrets, NULL, NULL);
	c = db_get(p->db, &err);
	if (!c || !process_leave(c, &p->row.id, &err))
		log_error("that this process has ended cannot be told", &err);
	db_put(p->db, c);
	pthread_cond_destroy(&p->wake);
	pthread_mutex_destroy(&p->lock);
	mem_free(p);
}
