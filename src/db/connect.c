/* Connecting: the host list, the session a connection starts with, and its replacement when it is lost. */
#include "db/db_priv.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

#define STALE_US  1000000           /* idle this long: look whether the server has hung up */

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

bool db_hosts_parse(struct db *db, const char *list, struct error *err)
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

/* After mysql_close the statements are freed without a word to the server. */
void db_conn_close(struct db_conn *c)
{
	if (c->mysql)
		mysql_close(c->mysql);
	c->mysql = NULL;
	statements_drop(c);
	c->in_tx = c->broken = false;
	atomic_store(&c->busy_us, 0);
}

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
void db_clock_set(int64_t server_ms, int64_t sent_ms, int64_t got_ms)
{
	int64_t here = sent_ms + (got_ms - sent_ms) / 2;
	int64_t doubt = (got_ms - sent_ms) / 2 + 2;
	int64_t offset = server_ms - here, drift = offset - clock_offset_ms();

	/* a host's clock that was set back meanwhile says nothing */
	if (got_ms >= sent_ms && (drift < -doubt || drift > doubt) && !clock_is_given())
		clock_set_offset(offset);
}

int64_t db_clock_host_ms(void)
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
		db_clock_set(strtoll(row[0], NULL, 10), sent_ms, db_clock_host_ms());
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
	int64_t sent_ms = db_clock_host_ms();
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
bool db_conn_connect(struct db_conn *c, struct error *err)
{
	struct db *db = c->db;
	unsigned i, first = atomic_load(&db->good), number = 0;
	char why[sizeof db->failure];

	db_conn_close(c);
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
	return db_unavailable(err, (int)number);
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
		return !c->broken || db_unavailable(err, DBE_LOST);
	if (!c->patient && !breaker_pass(c->db, &probe, err))
		return false;
	if (c->patient)
		probe = false;
	if (!probe && c->mysql && !c->broken &&
	    (clock_mono_us() - c->used_us < STALE_US || !hung_up(c)))
		return true;
	ok = db_conn_connect(c, err);
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
