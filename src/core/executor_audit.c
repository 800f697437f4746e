/* The auditor: whether the accounts' counters agree with the queue, and schedules know which of their runs are over. It
 * reads the whole queue, so it has a thread and a patient connection of its own, and takes no more than a hundredth of the
 * time. */
#include "core/executor_priv.h"

#include "base/clock.h"
#include "base/log.h"
#include "core/bells.h"

#define FIRST_US  INT64_C(10000000)    /* after the start */
#define PERIOD_US INT64_C(60000000)
#define SHARE     100

static bool audit_on(const struct executor_env *env, struct db_conn *c, struct error *err)
{
	unsigned repaired, promoted = 0, released = 0;
	bool ok = c && queue_audit_slots(env->db, &c, &repaired, &promoted, err) &&
	          queue_audit_schedules(env->db, &c, &repaired, &released, err);

	db_put(env->db, c);
	if (promoted + released > 0)
		bell_ring(env->ringer, WORKER_PROGRAM, BELL_WORK);
	return ok;
}

bool executor_audit(const struct executor_env *env, struct error *err)
{
	return audit_on(env, db_get(env->db, err), err);
}

static void *auditor_main(void *arg)
{
	struct executor *e = arg;
	int64_t next_us = clock_mono_us() + FIRST_US;

	pthread_mutex_lock(&e->lock);
	while (!e->audit_stopping) {
		int64_t began_us = clock_mono_us(), took_us;
		struct error err = {0};

		if (began_us < next_us) {
			cond_wait_until(&e->audit, &e->lock, next_us);
			continue;
		}
		e->auditing = true;
		pthread_mutex_unlock(&e->lock);
		/* that the database is away is told by those who need it */
		if (!audit_on(&e->env, db_get_patient(e->env.db, &err), &err) && !db_error_passes(&err))
			log_error("slot counters could not be audited", &err);
		took_us = clock_mono_us() - began_us;
		next_us = began_us + (SHARE * took_us > PERIOD_US ? SHARE * took_us : PERIOD_US);
		pthread_mutex_lock(&e->lock);
		e->auditing = false;
	}
	pthread_cond_signal(&e->audit);
	pthread_mutex_unlock(&e->lock);
	return NULL;
}

bool auditor_start(struct executor *e, struct error *err)
{
	e->has_auditor = thread_start(&e->auditor, STACK_SIZE, auditor_main, e);
	return e->has_auditor || err_set(err, ERR_INTERNAL, "No thread to audit slot counters");
}

void auditor_end(struct executor *e)
{
	pthread_mutex_lock(&e->lock);
	e->audit_stopping = true;
	pthread_cond_signal(&e->audit);
	pthread_mutex_unlock(&e->lock);
}

bool auditor_stop(struct executor *e)
{
	int64_t until = clock_mono_us() + e->env.cfg->db_read_timeout_s * INT64_C(1000000);
	bool auditing;

	if (!e->has_auditor)
		return true;
	auditor_end(e);
	pthread_mutex_lock(&e->lock);
	while (e->auditing && clock_mono_us() < until)
		cond_wait_until(&e->audit, &e->lock, until);
	auditing = e->auditing;
	pthread_mutex_unlock(&e->lock);
	if (auditing)
		return false;
	pthread_join(e->auditor, NULL);
	return true;
}
