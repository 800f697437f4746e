/* queue_bench: how fast runs are claimed, and ended, however many are queued.
 *
 * Fills the queue of the configured database (meant for tests only: it begins by emptying it) with
 * ready, held and delayed runs, then claims, and with --end also ends, --runs of them in batches of
 * 64 over one connection. Prints one JSON object. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/log.h"
#include "store/queue.h"

#define ACCOUNT   900000001
#define OTHER     900000002   /* has the held and the delayed runs, and all its slots in use */
#define FILL_ROWS 64
#define LEASE_MS  60000

struct options {
	const char *config;
	long ready, held, later, runs;
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
	static const char *const tables[] = {"executions", "queue_ready", "queue_held",
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

static void fill_all(struct db_conn *c, const struct options *o)
{
	static const char executions[] = "INSERT INTO executions (account_id, id, queued_at, "
					 "agent, status, trigger_type, attempt,"
					 " input) VALUES (?, ?, ?, 'probe', 0, 0, 0, '{}')";
	static const char ready[] =
	    "INSERT INTO queue_ready (account_id, execution_id, lane, attempt) VALUES (?, ?, ?, 0)";
	static const char held[] =
		"INSERT INTO queue_held (account_id, execution_id) VALUES (?, ?)";
	static const char later[] =
	    "INSERT INTO queue_later (account_id, execution_id, due_at, attempt, lane, has_slot)"
	    " VALUES (?, ?, ?, 0, 1, 0)";
	long most = o->ready > o->held ? o->ready : o->held, i;
	struct id *ids;
	int64_t now = clock_now_ms();

	most = most > o->later ? most : o->later;
	ids = calloc((size_t)most + 1, sizeof *ids);
	if (!ids)
		exit(1);
	for (i = 0; i < most; i++)
		ids[i] = id_make_at(now - most / 10 + i / 10);
	fill(c, executions, ACCOUNT, 3, db_int(now), o->ready, ids);
	fill(c, ready, ACCOUNT, 3, db_int(LANE_ASYNC), o->ready, ids);
	fill(c, held, OTHER, 2, db_null(), o->held, ids);
	fill(c, later, OTHER, 3, db_int(now + INT64_C(86400000)), o->later, ids);
	free(ids);
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

static void measure(struct db *db, struct db_conn **c, const struct options *o)
{
	static const struct lease_owner owner = {.name = "queue-bench", .host = "queue-bench"};
	struct claimed_run runs[DB_LIST_MAX];
	int64_t start, claim_us = 0, end_us = 0;
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
	printf(
	    "{\"ready\":%ld,\"held\":%ld,\"later\":%ld,\"claimed\":%ld,\"claims_per_second\":%.0f",
	    o->ready, o->held, o->later, claimed, (double)claimed * 1e6 / (double)(claim_us + 1));
	if (o->end)
		printf(",\"ends_per_second\":%.0f", (double)claimed * 1e6 / (double)(end_us + 1));
	printf("}\n");
}

static void usage(FILE *to)
{
	fputs("Usage: queue_bench [-c FILE] [--ready N] [--held N] [--later N] [--runs N] [--end]"
	      " [--keep]\n"
	      "Empties the queue and the executions of the configured database first.\n", to);
}

static bool read_options(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
		{"config", required_argument, NULL, 'c'}, {"ready", required_argument, NULL, 'r'},
		{"held", required_argument, NULL, 'h'},   {"later", required_argument, NULL, 'l'},
		{"runs", required_argument, NULL, 'n'},   {"end", no_argument, NULL, 'e'},
		{"keep", no_argument, NULL, 'k'},         {NULL, 0, NULL, 0}};
	int c;

	while ((c = getopt_long(argc, argv, "c:", known, NULL)) != -1) {
		long *number = c == 'r' ? &o->ready : c == 'h' ? &o->held : c == 'l' ? &o->later :
			c == 'n' ? &o->runs : NULL;

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
	return optind == argc;
}

int main(int argc, char **argv)
{
	struct options o = {.ready = 10000, .runs = 6400};
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
	measure(db, &c, &o);
	if (!o.keep)
		clear(c);
	db_put(db, c);
	db_close(db);
	config_release(&cfg);
	return 0;
}
