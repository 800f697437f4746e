/* The migrators' lock: a row, taken by a conditional update, that expires. */
#include "store/migrate_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/rnd.h"

#define LOOK_AGAIN_MS 100            /* while another holds it */

static bool renew(struct migrate_lock *l, struct db_conn *c, bool *held, struct error *err)
{
	static const char sql[] = "UPDATE schema_lock SET expires_at = ? WHERE id = 1 AND owner = ?";
	struct db_arg args[2] = {db_int(clock_now_ms() + l->lease_ms), db_str(l->owner)};
	uint64_t rows = 0;

	if (!db_exec(c, sql, args, 2, &rows, err))
		return false;
	*held = rows == 1;
	return true;
}

bool lock_check(struct migrate_lock *l, struct db_conn *c, struct error *err)
{
	bool held;

	return renew(l, c, &held, err) &&
		(held || err_set(err, ERR_CONFLICT, "Another program has taken over the migration"));
}

/* A connection that fails is made anew at the next turn; a lock that is lost stays lost. */
static void renew_once(struct migrate_lock *l, struct db_conn **c, bool *held)
{
	struct error err = {0};

	if (!*c && !(*c = db_get_patient(l->db, &err))) {
		log_error("the migration's lock is not renewed", &err);
		return;
	}
	if (!renew(l, *c, held, &err))
		log_error("the migration's lock is not renewed", &err);
}

static void *renew_thread(void *arg)
{
	struct migrate_lock *l = arg;
	struct db_conn *c = NULL;
	struct timespec until;
	bool held = true;

	clock_gettime(CLOCK_MONOTONIC, &until);
	pthread_mutex_lock(&l->lock);
	while (!l->stopping && held) {
		int64_t ns = until.tv_nsec + (int64_t)l->lease_ms * 1000000 / 3;

		until.tv_sec += ns / 1000000000;
		until.tv_nsec = ns % 1000000000;
		while (!l->stopping && pthread_cond_timedwait(&l->stop_asked, &l->lock, &until) == 0)
			;
		if (l->stopping)
			break;
		pthread_mutex_unlock(&l->lock);
		renew_once(l, &c, &held);
		pthread_mutex_lock(&l->lock);
	}
	pthread_mutex_unlock(&l->lock);
	db_put(l->db, c);
	return NULL;
}

static bool start_renewer(struct migrate_lock *l, struct error *err)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&l->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&l->stop_asked, &attr);
	pthread_condattr_destroy(&attr);
	if (pthread_create(&l->renewer, NULL, renew_thread, l) == 0)
		return true;
	pthread_cond_destroy(&l->stop_asked);
	pthread_mutex_destroy(&l->lock);
	return err_set(err, ERR_INTERNAL, "No thread to renew the migration's lock");
}

static bool try_take(struct migrate_lock *l, struct db_conn *c, bool *taken, struct error *err)
{
	static const char sql[] = "UPDATE schema_lock SET owner = ?, expires_at = ?"
				  " WHERE id = 1 AND (owner = '' OR expires_at <= ?)";
	int64_t now = clock_now_ms();
	struct db_arg args[3] = {db_str(l->owner), db_int(now + l->lease_ms), db_int(now)};
	uint64_t rows = 0;

	if (!db_exec(c, sql, args, 3, &rows, err))
		return false;
	*taken = rows == 1;
	return true;
}

static bool holder(struct db_conn *c, char *out, size_t size, struct error *err)
{
	int got;

	if (!db_query(c, "SELECT owner FROM schema_lock WHERE id = 1", NULL, 0, err))
		return false;
	got = db_next(c, err);
	snprintf(out, size, "%s", got == 1 ? db_col_str(c, 0) : "");
	db_end(c);
	return got >= 0;
}

static bool wait_for_lock(struct migrate_lock *l, struct db_conn *c, const struct migrate_options *o,
                          struct error *err)
{
	int64_t until = clock_mono_us() +
		(int64_t)(o->wait_ms > 0 ? o->wait_ms : MIGRATION_WAIT_MS) * 1000;
	struct timespec pause = {.tv_nsec = LOOK_AGAIN_MS * 1000000};
	bool taken = false, told = false;
	char name[64];

	for (;;) {
		if (!try_take(l, c, &taken, err))
			return false;
		if (taken)
			return true;
		if (!holder(c, name, sizeof name, err))
			return false;
		if (clock_mono_us() >= until)
			return err_set(err, ERR_CONFLICT, "%s is migrating this database", name);
		if (!told && o->progress)
			o->progress(o->ctx, &(struct migrate_progress){.what = MIGRATE_WAITS,
			                                               .text = name});
		told = true;
		nanosleep(&pause, NULL);
	}
}

bool lock_take(struct migrate_lock *l, struct db *db, struct db_conn *c,
               const struct migrate_options *o, struct error *err)
{
	char host[33] = "";

	gethostname(host, sizeof host - 1);
	l->db = db;
	l->lease_ms = o->lease_ms > 0 ? o->lease_ms : MIGRATION_LEASE_MS;
	l->stopping = false;
	snprintf(l->owner, sizeof l->owner, "%s/%d/%08" PRIx32, host, (int)getpid(),
	         (uint32_t)rnd_u64());
	if (!wait_for_lock(l, c, o, err))
		return false;
	if (start_renewer(l, err))
		return true;
	db_exec(c, "UPDATE schema_lock SET owner = '', expires_at = 0 WHERE owner = ?",
	        (struct db_arg[]){db_str(l->owner)}, 1, NULL, NULL);
	return false;
}

void lock_release(struct migrate_lock *l, struct db_conn *c)
{
	static const char sql[] = "UPDATE schema_lock SET owner = '', expires_at = 0 WHERE owner = ?";
	struct db_arg owner = db_str(l->owner);
	struct error err = {0};

	pthread_mutex_lock(&l->lock);
	l->stopping = true;
	pthread_cond_signal(&l->stop_asked);
	pthread_mutex_unlock(&l->lock);
	pthread_join(l->renewer, NULL);
	pthread_cond_destroy(&l->stop_asked);
	pthread_mutex_destroy(&l->lock);
	/* otherwise it expires by itself */
	if (!db_exec(c, sql, &owner, 1, NULL, &err))
		log_error("the migration's lock stays until it expires", &err);
}
