/* queue_bench: how fast runs are claimed, and ended, however many are queued.
 *
 * Fills the queue of the configured database (meant for tests only: it begins by emptying it) with
 * ready, held and delayed runs, waits until the server has put them in order (purged and flushed), then
 * claims, and with --end also ends, --runs of them in batches of 64 over one connection, --rounds times.
 * Prints one JSON object with the medians. */
#include <dirent.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/queue.h"

#define ACCOUNT   900000001
#define OTHER     900000002   /* has the held and the delayed runs, and all its slots in use */
#define FILL_ROWS 64
#define LEASE_MS  60000
#define ROUNDS_MAX 99
#define SETTLE_US INT64_C(60000000)

struct options {
	const char *config;
	long ready, held, later, runs, rounds;
	long server_pid;
	bool end, keep;
};

static void must(bool ok, const char *what, const struct error *err)
{
	if (ok)
		return;
	log_error(what, err);
	exit(1);
}

static void clear(struct db_conn *c)
{
	static const char *const tables[] = {"executions", "execution_results", "queue_ready", "queue_held",
					     "queue_later", "leases"};
	struct error err;
	char sql[64];
	unsigned i;

	for (i = 0; i < sizeof tables / sizeof *tables; i++) {
		snprintf(sql, sizeof sql, "TRUNCATE TABLE %s", tables[i]);
		must(db_run_text(c, sql, &err), "empty a table", &err);
	}
	must(db_run_text(c, "DELETE FROM account_quota WHERE account_id >= 900000001", &err) &&
	     db_run_text(c, "DELETE FROM accounts WHERE id >= 900000001", &err), "empty", &err);
}

static void make_account(struct db_conn *c, const struct options *o)
{
	static const char account[] =
	    "INSERT INTO accounts (id, public_id, email, name, plan, webhook_secret, created_at)"
	    " VALUES (?, ?, 'queue-bench@example.com', 'Bench', 'enterprise', '', 0)";
	static const char quota[] =
	    "INSERT INTO account_quota (account_id, month_overage, max_concurrent, day_start, "
	    "day_runs,"
	    " month_start, month_runs, active, held) VALUES (?, 0, ?, 0, 0, 0, 0, ?, ?)";
	struct id id = id_make();
	struct db_arg args[2] = {db_int(ACCOUNT), db_id(&id)};
	struct db_arg own[4] = {db_int(ACCOUNT), db_null(), db_int(o->ready), db_int(0)};
	struct db_arg other[4] = {db_int(OTHER), db_int(1), db_int(1), db_int(o->held)};
	struct error err;

	must(db_exec(c, account, args, 2, NULL, &err), "make an account", &err);
	must(db_exec(c, quota, own, 4, NULL, &err) && db_exec(c, quota, other, 4, NULL, &err),
	     "make quota rows", &err);
}

/* Rows of one table, of two or three columns, the id being the second, in transactions of 100
 * packets. */
static void fill(struct db_conn *c, const char *sql, int64_t account, unsigned cols,
                 struct db_arg third, long rows, const struct id *ids)
{
	struct db_arg first = db_int(account);
	struct db_arg args[FILL_ROWS * 3];
	struct error err;
	long done = 0, packets = 0;
	unsigned i, n;

	must(db_begin(c, &err), "begin", &err);
	while (done < rows) {
		n = rows - done < FILL_ROWS ? (unsigned)(rows - done) : FILL_ROWS;
		for (i = 0; i < n; i++) {
			args[cols * i] = first;
			args[cols * i + 1] = db_id(&ids[done + i]);
			if (cols == 3)
				args[cols * i + 2] = third;
		}
		must(db_exec_rows(c, sql, args, cols, n, NULL, &err), "fill", &err);
		done += n;
		if (++packets % 100 == 0)
			must(db_commit(c, &err) && db_begin(c, &err), "commit", &err);
	}
	must(db_commit(c, &err), "commit", &err);
}

static const char executions_sql[] =
	"INSERT INTO executions (account_id, id, queued_at, agent, trigger_type, input)"
	" VALUES (?, ?, ?, 'probe', 0, '{}')";
static const char ready_sql[] =
	"INSERT INTO queue_ready (account_id, execution_id, lane, attempt) VALUES (?, ?, ?, 0)";

static void fill_all(struct db_conn *c, const struct options *o)
{
	static const char held[] =
		"INSERT INTO queue_held (account_id, execution_id) VALUES (?, ?)";
	static const char later[] =
	    "INSERT INTO queue_later (account_id, execution_id, due_at, attempt, lane, has_slot)"
	    " VALUES (?, ?, ?, 0, 1, 0)";
	long most = o->ready > o->held ? o->ready : o->held, i;
	struct id *ids;
	int64_t now = clock_now_ms();

	most = most > o->later ? most : o->later;
	ids = mem_array((size_t)most + 1, sizeof *ids);
	for (i = 0; i < most; i++)
		ids[i] = id_make_at(now - most / 10 + i / 10);
	fill(c, executions_sql, ACCOUNT, 3, db_int(now), o->ready, ids);
	fill(c, ready_sql, ACCOUNT, 3, db_int(LANE_ASYNC), o->ready, ids);
	fill(c, held, OTHER, 2, db_null(), o->held, ids);
	fill(c, later, OTHER, 3, db_int(now + INT64_C(86400000)), o->later, ids);
	mem_free(ids);
}

/* CPU time of all threads of the server in microseconds, where it runs on this host; purging included. */
static int64_t server_cpu_us(long pid)
{
	char path[300];
	struct dirent *e;
	int64_t sum = 0, ns;
	DIR *d;

	snprintf(path, sizeof path, "/proc/%ld/task", pid);
	if (pid == 0 || !(d = opendir(path)))
		return 0;
	while ((e = readdir(d)) != NULL) {
		FILE *f;

		snprintf(path, sizeof path, "/proc/%ld/task/%s/schedstat", pid, e->d_name);
		if (!(f = fopen(path, "r")))
			continue;
		if (fscanf(f, "%" SCNd64, &ns) == 1)
			sum += ns;
		fclose(f);
	}
	closedir(d);
	return sum / 1000;
}

/* The next round finds as many as this one. */
static void refill(struct db_conn *c, long rows)
{
	struct id *ids = mem_array((size_t)rows, sizeof *ids);
	int64_t now = clock_now_ms();
	long i;

	for (i = 0; i < rows; i++)
		ids[i] = id_make();
	fill(c, executions_sql, ACCOUNT, 3, db_int(now), rows, ids);
	fill(c, ready_sql, ACCOUNT, 3, db_int(LANE_ASYNC), rows, ids);
	mem_free(ids);
}

static int64_t status_of(struct db_conn *c, const char *name)
{
	struct db_arg arg = db_str(name);
	struct error err;
	int64_t n = 0;

	must(db_query(c, "SHOW GLOBAL STATUS WHERE Variable_name = ?", &arg, 1, &err), "status", &err);
	if (db_next(c, &err) == 1)
		n = db_col_int(c, 1);
	db_end(c);
	return n;
}

/* Until what was deleted is purged and the log is written out, so that filling is not measured with claiming. */
static void settle(struct db_conn *c)
{
	int64_t until = clock_mono_us() + SETTLE_US, last = -1, dirty;
	struct timespec t = {.tv_nsec = 500000000};

	while (clock_mono_us() < until) {
		dirty = status_of(c, "Innodb_buffer_pool_pages_dirty");
		if (status_of(c, "Innodb_history_list_length") < 100 && dirty == last)
			return;
		last = dirty;
		nanosleep(&t, NULL);
	}
}

static void end_batch(struct db *db, struct db_conn **c, const struct claimed_run *runs, unsigned n)
{
	struct ended_run ended[DB_LIST_MAX];
	unsigned promoted, deliveries, i;
	int64_t now = clock_now_ms();
	struct error err;

	for (i = 0; i < n; i++)
		ended[i] = (struct ended_run){.id = runs[i].id,
					      .account_id = runs[i].account_id,
					      .token = runs[i].token,
					      .outcome = RUN_SUCCESS,
					      .lane = runs[i].lane,
					      .attempt = 1,
					      .started_at = now,
					      .completed_at = now,
					      .summary = "Probed",
					      .output = "{\"payload\":null}",
					      .output_len = 16};
	must(queue_end(db, c, ended, n, now, &promoted, &deliveries, &err), "end", &err);
}

struct rate { double claims, ends, server_us; };

static struct rate measure(struct db *db, struct db_conn **c, const struct options *o)
{
	static const struct lease_owner owner = {.name = "queue-bench", .host = "queue-bench"};
	struct claimed_run runs[DB_LIST_MAX];
	int64_t start, claim_us = 1, end_us = 1, cpu = server_cpu_us(o->server_pid);
	long claimed = 0;
	unsigned n = 1;
	struct error err;
	struct arena a;
	bool more;

	while (claimed < o->runs && n > 0) {
		arena_init(&a);
		start = clock_mono_us();
		must(queue_claim(db, c, &owner, false, DB_LIST_MAX, clock_now_ms(), LEASE_MS, &a,
				 runs, &n, &more, &err),
		     "claim", &err);
		claim_us += clock_mono_us() - start;
		claimed += n;
		if (o->end && n > 0) {
			start = clock_mono_us();
			end_batch(db, c, runs, n);
			end_us += clock_mono_us() - start;
		}
		arena_release(&a);
	}
	return (struct rate){.claims = (double)claimed * 1e6 / (double)claim_us,
	                     .ends = (double)claimed * 1e6 / (double)end_us,
	                     .server_us = (double)(server_cpu_us(o->server_pid) - cpu) /
	                                  (double)(claimed > 0 ? claimed : 1)};
}

static int by_number(const void *x, const void *y)
{
	const double *a = x, *b = y;

	return *a < *b ? -1 : *a > *b;
}

static double median(double *n, long count)
{
	qsort(n, (size_t)count, sizeof *n, by_number);
	return n[count / 2];
}

static void measure_all(struct db *db, struct db_conn **c, const struct options *o)
{
	double claims[ROUNDS_MAX], ends[ROUNDS_MAX], server[ROUNDS_MAX];
	long i;

	settle(*c);
	for (i = 0; i < o->rounds; i++) {
		struct rate r = measure(db, c, o);

		claims[i] = r.claims;
		ends[i] = r.ends;
		server[i] = r.server_us;
		refill(*c, o->runs);
	}
	printf("{\"ready\":%ld,\"held\":%ld,\"later\":%ld,\"runs\":%ld,\"rounds\":%ld,"
	       "\"claims_per_second\":%.0f", o->ready, o->held, o->later, o->runs, o->rounds,
	       median(claims, o->rounds));
	if (o->end)
		printf(",\"ends_per_second\":%.0f", median(ends, o->rounds));
	if (o->server_pid)
		printf(",\"server_us_per_run\":%.1f", median(server, o->rounds));
	printf("}\n");
}

static void usage(FILE *to)
{
	fputs("Usage: queue_bench [-c FILE] [--ready N] [--held N] [--later N] [--runs N] [--rounds N] [--end]"
	      " [--keep] [--server-pid PID]\n"
	      "Empties the queue and the executions of the configured database first.\n", to);
}

static bool read_options(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
		{"config", required_argument, NULL, 'c'}, {"ready", required_argument, NULL, 'r'},
		{"held", required_argument, NULL, 'h'},   {"later", required_argument, NULL, 'l'},
		{"runs", required_argument, NULL, 'n'},   {"rounds", required_argument, NULL, 'o'},
		{"end", no_argument, NULL, 'e'},
		{"server-pid", required_argument, NULL, 'p'}, {"keep", no_argument, NULL, 'k'},         {NULL, 0, NULL, 0}};
	int c;

	while ((c = getopt_long(argc, argv, "c:", known, NULL)) != -1) {
		long *number = c == 'r' ? &o->ready : c == 'h' ? &o->held : c == 'l' ? &o->later :
			c == 'n' ? &o->runs : c == 'o' ? &o->rounds : c == 'p' ? &o->server_pid : NULL;

		if (number)
			*number = strtol(optarg, NULL, 10);
		else if (c == 'c')
			o->config = optarg;
		else if (c == 'e')
			o->end = true;
		else if (c == 'k')
			o->keep = true;
		else
			return false;
	}
	return optind == argc && o->rounds > 0 && o->rounds <= ROUNDS_MAX && o->runs > 0;
}

int main(int argc, char **argv)
{
	struct options o = {.ready = 10000, .runs = 6400, .rounds = 5};
	struct db_conn *c = NULL;
	struct config cfg;
	struct error err;
	struct db *db;

	log_open("queue_bench");
	if (!read_options(argc, argv, &o)) {
		usage(stderr);
		return 2;
	}
	must(config_load(o.config, &cfg, &err), "configuration", &err);
	must((db = db_open(&cfg, 2, &err)) != NULL && (c = db_get(db, &err)) != NULL, "connect",
	     &err);
	clear(c);
	make_account(c, &o);
	fill_all(c, &o);
	measure_all(db, &c, &o);
	if (!o.keep)
		clear(c);
	db_put(db, c);
	db_close(db);
	config_release(&cfg);
	return 0;
}
