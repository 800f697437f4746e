/* The pool: made and closed with the process, connections lent to threads. */
#include "db/db_priv.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"

#define SPARE_US  60000000          /* idle this long: closed */

static pthread_once_t library_once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_key;
static bool library_ok;

static void thread_leave(void *mark)
{
	mysql_thread_end();
}

static void library_start(void)
{
	library_ok = mysql_library_init(0, NULL, NULL) == 0 &&
		pthread_key_create(&thread_key, thread_leave) == 0;
}

/* Once per thread that uses a connection. */
static void thread_enter(void)
{
	if (pthread_getspecific(thread_key))
		return;
	mysql_thread_init();
	pthread_setspecific(thread_key, &thread_key);
}

struct db *db_open(const struct config *cfg, unsigned max_conns, struct error *err)
{
	struct db *db = mem_zalloc(sizeof *db);
	pthread_condattr_t attr;

	pthread_mutex_init(&db->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&db->returned, &attr);
	pthread_condattr_destroy(&attr);
	db->name = mem_strdup(cfg->db_name);
	db->user = mem_strdup(cfg->db_user);
	db->password = mem_strdup(cfg->db_password);
	db->connect_timeout_s = cfg->db_connect_timeout_s > 0 ? (unsigned)cfg->db_connect_timeout_s : 1;
	db->read_timeout_s = cfg->db_read_timeout_s > 0 ? (unsigned)cfg->db_read_timeout_s : 5;
	db->tls = cfg->db_tls;
	db->max_conns = max_conns > 0 ? max_conns : 1;
	db->all = mem_array(db->max_conns, sizeof *db->all);
	pthread_once(&library_once, library_start);
	if (!library_ok) {
		err_set(err, ERR_INTERNAL, "The database client library cannot be started");
		db_close(db);
		return NULL;
	}
	if (!db_hosts_parse(db, cfg->db_hosts, err)) {
		db_close(db);
		return NULL;
	}
	return db;
}

static void conn_free(struct db_conn *c)
{
	if (!c)
		return;
	db_conn_close(c);
	pack_free(c);
	mem_free(c);
}

void db_close(struct db *db)
{
	unsigned i;

	if (!db)
		return;
	for (i = 0; i < db->made; i++)
		conn_free(db->all[i]);
	for (i = 0; i < db->host_count; i++) {
		mem_free(db->hosts[i].name);
		mem_free(db->hosts[i].socket);
	}
	if (db->password)
		mem_wipe(db->password, strlen(db->password));
	mem_free(db->name);
	mem_free(db->user);
	mem_free(db->password);
	mem_free(db->all);
	pthread_cond_destroy(&db->returned);
	pthread_mutex_destroy(&db->lock);
	mem_free(db);
}

/* Called with the lock held: an idle connection, a new one, or NULL when all are in use. */
static struct db_conn *take(struct db *db)
{
	struct db_conn *c = db->idle;

	if (c) {
		db->idle = c->next_idle;
		c->next_idle = NULL;
		return c;
	}
	if (db->made == db->max_conns)
		return NULL;
	c = mem_zalloc(sizeof *c);
	c->db = db;
	db->all[db->made++] = c;
	atomic_store_explicit(&db->scan, db->made, memory_order_release);
	return c;
}

/* Waits for a connection to come back as long as an answer may take. */
static struct db_conn *take_or_wait(struct db *db)
{
	struct timespec until;
	struct db_conn *c;
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += db->read_timeout_s;
	pthread_mutex_lock(&db->lock);
	while (!(c = take(db)) && rc == 0)
		rc = pthread_cond_timedwait(&db->returned, &db->lock, &until);
	pthread_mutex_unlock(&db->lock);
	return c;
}

struct db_conn *db_get(struct db *db, struct error *err)
{
	struct db_conn *c;

	thread_enter();
	breaker_look(db);
	if (atomic_load(&db->open)) {
		/* nobody queues up for a database that is away */
		pthread_mutex_lock(&db->lock);
		c = clock_mono_us() >= db->probe_us && !db->probing ? take(db) : NULL;
		pthread_mutex_unlock(&db->lock);
	} else {
		c = take_or_wait(db);
	}
	if (!c) {
		db_unavailable(err, 0);
		return NULL;
	}
	if (!db_conn_ready(c, err)) {
		db_put(db, c);
		return NULL;
	}
	return c;
}

struct db_conn *db_get_patient(struct db *db, struct error *err)
{
	struct db_conn *c = mem_zalloc(sizeof *c);

	thread_enter();
	c->db = db;
	c->patient = true;
	if (!db_conn_connect(c, err)) {
		conn_free(c);
		return NULL;
	}
	breaker_close(db);
	return c;
}

/* Called with the lock held: closes what nobody has needed for long. The list is in order of use. */
static void close_spare(struct db *db, int64_t now_us)
{
	struct db_conn *c;

	for (c = db->idle; c; c = c->next_idle)
		if (c->mysql && now_us - c->used_us > SPARE_US)
			db_conn_close(c);
}

void db_put(struct db *db, struct db_conn *c)
{
	if (!c)
		return;
	if (c->reading)
		db_end(c);
	if (c->in_tx)
		db_rollback(c);
	if (c->patient) {
		conn_free(c);
		return;
	}
	if (c->broken)
		db_conn_close(c);
	pthread_mutex_lock(&db->lock);
	close_spare(db, clock_mono_us());
	c->next_idle = db->idle;
	db->idle = c;
	pthread_cond_signal(&db->returned);
	pthread_mutex_unlock(&db->lock);
}

size_t db_max_packet(const struct db_conn *c)
{
	return c->max_packet;
}

struct db_counters db_counters(const struct db *db)
{
	return (struct db_counters){
		.statements = atomic_load_explicit(&db->statements, memory_order_relaxed),
		.round_trips = atomic_load_explicit(&db->round_trips, memory_order_relaxed),
		.transactions = atomic_load_explicit(&db->transactions, memory_order_relaxed),
		.retries = atomic_load_explicit(&db->retries, memory_order_relaxed),
		.connects = atomic_load_explicit(&db->connects, memory_order_relaxed)};
}
