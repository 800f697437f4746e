/* The breaker: while the database is away nobody waits for it but one, once a second. */
#include "db/db_priv.h"

#include "base/clock.h"
#include "base/log.h"

bool db_unavailable(struct error *err, int number)
{
	err_set(err, ERR_UNAVAILABLE, "The database is not available; try again");
	if (err) {
		err->retryable = true;
		err->retry_after = 1;
		err->db_errno = number;
	}
	return false;
}

/* probe_us: when the first probe is due. */
void breaker_open(struct db *db, int64_t probe_us, const char *why)
{
	char quoted[300];
	bool was;

	pthread_mutex_lock(&db->lock);
	was = atomic_exchange(&db->open, true);
	db->probe_us = probe_us;
	pthread_mutex_unlock(&db->lock);
	if (!was)
		log_write(LOG_WARN, "database away", "reason=%s", log_quote(why, quoted, sizeof quoted));
}

void breaker_close(struct db *db)
{
	if (atomic_exchange(&db->open, false))
		log_write(LOG_INFO, "database back", "hosts=%u", db->host_count);
}

/* A wait for the server that has gone on for too long opens the breaker, once each. */
void breaker_look(struct db *db)
{
	unsigned i, n = atomic_load_explicit(&db->scan, memory_order_acquire);
	int64_t now = 0;

	for (i = 0; i < n; i++) {
		int64_t since = atomic_load_explicit(&db->all[i]->busy_us, memory_order_relaxed);

		if (since <= 0)
			continue;
		now = now ? now : clock_mono_us();
		/* negative: seen already; a race with the end of the wait leaves it as it is */
		if (now - since > DB_SLOW_US &&
		    atomic_compare_exchange_strong(&db->all[i]->busy_us, &since, -since))
			breaker_open(db, now, "an answer takes longer than 2 s");
	}
}

bool db_healthy(struct db *db)
{
	breaker_look(db);
	return !atomic_load(&db->open);
}

/* True: go on. *probe: as the one who looks whether the database is back, and must say what it
 * found by breaker_probed. */
bool breaker_pass(struct db *db, bool *probe, struct error *err)
{
	*probe = false;
	breaker_look(db);
	if (!atomic_load(&db->open))
		return true;
	pthread_mutex_lock(&db->lock);
	*probe = !db->probing && clock_mono_us() >= db->probe_us;
	db->probing |= *probe;
	pthread_mutex_unlock(&db->lock);
	return *probe || db_unavailable(err, 0);
}

void breaker_probed(struct db *db, bool reached)
{
	pthread_mutex_lock(&db->lock);
	db->probing = false;
	db->probe_us = clock_mono_us() + DB_PROBE_US;
	pthread_mutex_unlock(&db->lock);
	if (reached)
		breaker_close(db);
}

void db_wait_begin(struct db_conn *c)
{
	atomic_fetch_add_explicit(&c->db->round_trips, 1, memory_order_relaxed);
	atomic_store_explicit(&c->busy_us, clock_mono_us(), memory_order_relaxed);
}

void db_wait_end(struct db_conn *c)
{
	int64_t since = atomic_exchange_explicit(&c->busy_us, 0, memory_order_relaxed);

	c->used_us = clock_mono_us();
	if (since > 0 && c->used_us - since > DB_SLOW_US && !c->patient)
		breaker_open(c->db, c->used_us, "an answer took longer than 2 s");
}
