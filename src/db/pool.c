/* Connections: the host list, the session they start with, the pool and the breaker. */
#include "db/db_priv.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define STALE_US  1000000           /* idle this long: look whether the server has hung up */
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

/* "socket:/path", "host", "host:port", "[v6]:port" */
static bool parse_host(const char *s, size_t n, struct db_host *h)
{
	const char *end = s + n, *port = NULL, *name = s;
	char *rest;

	if (n > 7 && strncmp(s, "socket:", 7) == 0) {
		h->socket = mem_strndup(s + 7, n - 7);
		return h->socket[0] == '/';
	}
	if (n > 0 && *s == '[') {
		const char *close = memchr(s, ']', n);

		if (!close || (close + 1 < end && close[1] != ':'))
			return false;
		name = s + 1;
		port = close + 1 < end ? close + 2 : NULL;
		n = (size_t)(close - name);
	} else {
		const char *colon = memchr(s, ':', n);

		port = colon ? colon + 1 : NULL;
		n = colon ? (size_t)(colon - s) : n;
	}
	if (n == 0)
		return false;
	h->name = mem_strndup(name, n);
	h->port = 3306;
	if (!port)
		return true;
	h->port = (unsigned)strtoul(port, &rest, 10);
	return rest == end && rest > port && h->port > 0 && h->port < 65536;
}

static bool parse_hosts(struct db *db, const char *list, struct error *err)
{
	const char *at = list;

	while (at && *at) {
		size_t n;

		at += strspn(at, " ,");
		n = strcspn(at, " ,");
		if (n == 0)
			break;
		if (db->host_count == DB_HOSTS_MAX)
			return err_set(err, ERR_INVALID_INPUT, "database.hosts names more than %d hosts",
			               DB_HOSTS_MAX);
		if (!parse_host(at, n, &db->hosts[db->host_count++]))
			return err_set(err, ERR_INVALID_INPUT, "database.hosts: \"%.*s\" is neither"
			               " socket:/path nor host[:port]", (int)n, at);
		at += n;
	}
	return db->host_count > 0 || err_set(err, ERR_INVALID_INPUT, "database.hosts is empty");
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
	if (!parse_hosts(db, cfg->db_hosts, err)) {
		db_close(db);
		return NULL;
	}
	return db;
}

/* After mysql_close the statements are freed without a word to the server. */
static void conn_close(struct db_conn *c)
{
	if (c->mysql)
		mysql_close(c->mysql);
	c->mysql = NULL;
	statements_drop(c);
	c->in_tx = c->broken = false;
	atomic_store(&c->busy_us, 0);
}

static void conn_free(struct db_conn *c)
{
	if (!c)
		return;
	conn_close(c);
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

/* ---- the breaker ---- */

static bool unavailable(struct error *err, int number)
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
static void breaker_open(struct db *db, int64_t probe_us, const char *why)
{
	bool was;

	pthread_mutex_lock(&db->lock);
	was = atomic_exchange(&db->open, true);
	db->probe_us = probe_us;
	pthread_mutex_unlock(&db->lock);
	if (!was)
		log_write(LOG_WARN, "database away", "reason=\"%s\"", why);
}

static void breaker_close(struct db *db)
{
	if (atomic_exchange(&db->open, false))
		log_write(LOG_INFO, "database back", "hosts=%u", db->host_count);
}

/* A wait for the server that has gone on for too long opens the breaker, once each. */
static void breaker_look(struct db *db)
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
static bool breaker_pass(struct db *db, bool *probe, struct error *err)
{
	*probe = false;
	breaker_look(db);
	if (!atomic_load(&db->open))
		return true;
	pthread_mutex_lock(&db->lock);
	*probe = !db->probing && clock_mono_us() >= db->probe_us;
	db->probing |= *probe;
	pthread_mutex_unlock(&db->lock);
	return *probe || unavailable(err, 0);
}

static void breaker_probed(struct db *db, bool reached)
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

/* ---- connecting ---- */

static void set_options(const struct db *db, MYSQL *m, bool patient)
{
	unsigned connect_s = db->connect_timeout_s;
	unsigned read_s = patient ? DB_PATIENT_S : db->read_timeout_s;

	mysql_options(m, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
	mysql_options(m, MYSQL_OPT_READ_TIMEOUT, &read_s);
	mysql_options(m, MYSQL_OPT_WRITE_TIMEOUT, &read_s);
	mysql_options(m, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	/* automatic reconnect is off unless asked for, and MySQL warns of those who mention it */
	if (db->tls) {
#ifdef MARIADB_PACKAGE_VERSION
		db_flag yes = 1;

		mysql_options(m, MYSQL_OPT_SSL_ENFORCE, &yes);
		mysql_options(m, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
#else
		unsigned mode = SSL_MODE_VERIFY_IDENTITY;

		mysql_options(m, MYSQL_OPT_SSL_MODE, &mode);
#endif
	}
}

static void note_failure(struct db *db, const struct db_host *h, MYSQL *m)
{
	pthread_mutex_lock(&db->lock);
	if (h->socket)
		snprintf(db->failure, sizeof db->failure, "socket:%s: %s (%u)", h->socket,
		         mysql_error(m), mysql_errno(m));
	else
		snprintf(db->failure, sizeof db->failure, "%s:%u: %s (%u)", h->name, h->port,
		         mysql_error(m), mysql_errno(m));
	pthread_mutex_unlock(&db->lock);
}

void db_last_failure(struct db *db, char *out, size_t size)
{
	pthread_mutex_lock(&db->lock);
	snprintf(out, size, "%s", db->failure);
	pthread_mutex_unlock(&db->lock);
}

/* The clocks are taken as equal as long as the answer's travelling time can explain the difference,
 * so that a process on the database's own host never moves its clock. */
static void set_clock(int64_t server_ms, int64_t sent_ms, int64_t got_ms)
{
	int64_t here = sent_ms + (got_ms - sent_ms) / 2;
	int64_t doubt = (got_ms - sent_ms) / 2 + 2;
	int64_t offset = server_ms - here, drift = offset - clock_offset_ms();

	if (drift < -doubt || drift > doubt)
		clock_set_offset(offset);
}

static int64_t host_ms(void)
{
	return clock_now_ms() - clock_offset_ms();
}

/* The row of the session's start. */
static bool read_session(struct db_conn *c, MYSQL *m, int64_t sent_ms)
{
	MYSQL_RES *res = mysql_store_result(m);
	MYSQL_ROW row = res ? mysql_fetch_row(res) : NULL;
	bool ok = row && row[0] && row[1];

	if (ok) {
		set_clock(strtoll(row[0], NULL, 10), sent_ms, host_ms());
		c->max_packet = strtoull(row[1], NULL, 10);
		c->galera = row[2] && row[2][0] == '1';
	}
	mysql_free_result(res);
	return ok;
}

/* One packet there, one back. MariaDB knows the isolation level under another name than MySQL, so
 * it has a statement of its own. */
static bool start_session(struct db_conn *c, MYSQL *m)
{
	static const char settings[] =
		"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED;"
		"SET SESSION autocommit = 1, time_zone = '+00:00', innodb_lock_wait_timeout = %d,"
		" lock_wait_timeout = %d, sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,"
		"ERROR_FOR_DIVISION_BY_ZERO,NO_ZERO_DATE,NO_ZERO_IN_DATE';"
		"SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED), @@max_allowed_packet, %s";
	bool maria = strstr(mysql_get_server_info(m), "MariaDB") != NULL;
	int wait_s = c->patient ? 60 : 1;
	int64_t sent_ms = host_ms();
	char sql[sizeof settings + 64];
	int next = 0;

	snprintf(sql, sizeof sql, settings, wait_s, wait_s, maria ? "@@wsrep_on" : "0");
	atomic_fetch_add_explicit(&c->db->round_trips, 1, memory_order_relaxed);
	if (mysql_real_query(m, sql, strlen(sql)) != 0)
		return false;
	while (next == 0 && mysql_field_count(m) == 0)
		next = mysql_next_result(m);
	return next == 0 && read_session(c, m, sent_ms);
}

/* A node that is cut off from its cluster still answers; wsrep_ready tells. */
static bool node_ready(struct db_conn *c, MYSQL *m)
{
	static const char sql[] = "SHOW STATUS LIKE 'wsrep_ready'";
	MYSQL_RES *res;
	MYSQL_ROW row;
	bool ready;

	if (!c->galera)
		return true;
	atomic_fetch_add_explicit(&c->db->round_trips, 1, memory_order_relaxed);
	if (mysql_real_query(m, sql, sizeof sql - 1) != 0)
		return false;
	res = mysql_store_result(m);
	row = res ? mysql_fetch_row(res) : NULL;
	ready = !row || !row[1] || strcmp(row[1], "ON") == 0;
	mysql_free_result(res);
	return ready;
}

static bool server_takes_bulk(MYSQL *m)
{
#if DB_HAVE_BULK
	unsigned long caps = 0;

	return mariadb_get_infov(m, MARIADB_CONNECTION_EXTENDED_SERVER_CAPABILITIES, &caps) == 0 &&
		(caps & (MARIADB_CLIENT_STMT_BULK_OPERATIONS >> 32)) != 0;
#else
	return false;
#endif
}

static bool connect_host(struct db_conn *c, unsigned host, unsigned *number)
{
	struct db *db = c->db;
	const struct db_host *h = &db->hosts[host];
	MYSQL *m = mysql_init(NULL);
	bool ok;

	INVARIANT(m, "no memory for a connection");
	set_options(db, m, c->patient);
	atomic_fetch_add_explicit(&db->connects, 1, memory_order_relaxed);
	ok = mysql_real_connect(m, h->name, db->user, db->password, db->name, h->port, h->socket,
	                        CLIENT_FOUND_ROWS | CLIENT_MULTI_STATEMENTS) &&
		start_session(c, m) && node_ready(c, m);
	if (!ok) {
		*number = mysql_errno(m);
		note_failure(db, h, m);
		mysql_close(m);
		return false;
	}
	c->mysql = m;
	c->host = host;
	c->bulk = server_takes_bulk(m);
	c->used_us = clock_mono_us();
	return true;
}

/* The host that answered last first, then each of the others once. */
static bool connect_any(struct db_conn *c, struct error *err)
{
	struct db *db = c->db;
	unsigned i, first = atomic_load(&db->good), number = 0;
	char why[sizeof db->failure];

	conn_close(c);
	for (i = 0; i < db->host_count; i++) {
		unsigned host = (first + i) % db->host_count;

		if (connect_host(c, host, &number)) {
			if (i > 0)
				atomic_store(&db->good, host);
			return true;
		}
	}
	db_last_failure(db, why, sizeof why);
	breaker_open(db, clock_mono_us() + DB_PROBE_US, why);
	return unavailable(err, (int)number);
}

/* An idle connection with something to read has been closed by the server. */
static bool hung_up(const struct db_conn *c)
{
	struct pollfd p = {.fd = (int)c->mysql->net.fd, .events = POLLIN | POLLRDHUP};

	return poll(&p, 1, 0) != 0;
}

bool db_conn_ready(struct db_conn *c, struct error *err)
{
	bool probe, ok;

	if (c->reading)
		db_end(c);
	if (c->in_tx)
		return !c->broken || unavailable(err, DBE_LOST);
	if (!c->patient && !breaker_pass(c->db, &probe, err))
		return false;
	if (c->patient)
		probe = false;
	if (!probe && c->mysql && !c->broken &&
	    (clock_mono_us() - c->used_us < STALE_US || !hung_up(c)))
		return true;
	ok = connect_any(c, err);
	if (probe)
		breaker_probed(c->db, ok);
	return ok;
}

void db_lose(struct db_conn *c, bool next_host)
{
	unsigned host = c->host;

	c->broken = true;
	if (next_host && c->db->host_count > 1)
		atomic_compare_exchange_strong(&c->db->good, &host, (host + 1) % c->db->host_count);
}

/* ---- the pool ---- */

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
		unavailable(err, 0);
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
	if (!connect_any(c, err)) {
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
			conn_close(c);
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
		conn_close(c);
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
