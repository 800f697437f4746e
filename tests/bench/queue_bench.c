/* queue_bench: what accepting, claiming, ending and delivering runs costs, however many are queued.
 *
 * Fills the queue of the configured database (meant for tests only: it begins by emptying it) with
 * ready, held and delayed runs, waits until the server has put them in order, then in each of --rounds
 * claims --runs of them in batches of 64 over one connection; with --end also ends them; with --deliver also
 * claims and records their deliveries; and accepts as many again, of --accounts accounts in turn. Prints one
 * JSON object with medians; with --server-pid also the server's own time for each run. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/log.h"
#include "base/mem.h"
#include "server_cost.h"
#include "store/admission.h"
#include "store/outbox.h"
#include "store/queue.h"

#define ACCOUNT   900000001
#define OTHER     900001001   /* has the held and the delayed runs, and all its slots in use */
#define FILL_ROWS 64
#define LEASE_MS  60000
#define ROUNDS_MAX 99
#define ACCOUNTS_MAX 1000
#define WEBHOOK   "https://example.com/webhooks/agentiv"
#define INPUT     "{\"max_emails\":20,\"rules\":[\"Flag anything from @techcorp.com as urgent\"]}"

struct options {
	const char *config;
	long ready, held, later, runs, rounds, accounts;
	long server_pid;
	bool end, deliver, keep;
};

/* What is measured, and the names of its figures. */
enum stage { STAGE_CLAIM, STAGE_END, STAGE_DELIVER, STAGE_ACCEPT, STAGE__MAX };
static const char *const stage_names[STAGE__MAX] = {
	[STAGE_CLAIM] = "claim", [STAGE_END] = "end", [STAGE_DELIVER] = "deliver",
	[STAGE_ACCEPT] = "accept"};
struct cost { int64_t us, server_us; long runs; };

static void clear(struct db_conn *c)
{
	static const char *const tables[] = {"executions", "execution_results", "queue_ready", "queue_held",
					     "queue_later", "leases", "outbox", "deliveries"};
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

static void make_account(struct db_conn *c, int64_t account_id, struct db_arg slots, long active, long held)
{
	static const char account[] =
		"INSERT INTO accounts (id, public_id, email, name, plan, webhook_secret, created_at)"
		" VALUES (?, ?, ?, 'Bench', 'enterprise', '', 0)";
	static const char quota[] =
		"INSERT INTO account_quota (account_id, max_concurrent, active, held) VALUES (?, ?, ?, ?)";
	struct id id = id_make();
	char email[64];
	struct db_arg args[3] = {db_int(account_id), db_id(&id)};
	struct db_arg counters[4] = {db_int(account_id), slots, db_int(active), db_int(held)};
	struct error err;

	snprintf(email, sizeof email, "queue-bench-%" PRId64 "@example.com", account_id);
	args[2] = db_str(email);
	must(db_exec(c, account, args, 3, NULL, &err) && db_exec(c, quota, counters, 4, NULL, &err),
	     "make an account", &err);
}

static void make_accounts(struct db_conn *c, const struct options *o)
{
	long i;

	for (i = 0; i < o->accounts; i++)
		make_account(c, ACCOUNT + i, db_null(), i == 0 ? o->ready : 0, 0);
	make_account(c, OTHER, db_int(1), 1, o->held);
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
	"INSERT INTO executions (account_id, id, queued_at, agent, trigger_type, webhook_url, input)"
	" VALUES (?, ?, ?, 'probe', 0, '" WEBHOOK "', '{}')";
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

static void accept_run(struct quota *q, struct admission *a, int64_t now_ms)
{
	a->outcome = ADMIT_ACCEPTED;
	a->ready = q->changed = true;
	q->active++;
	q->day_runs++;
	q->month_runs++;
}

static unsigned accept_batch(struct db *db, struct db_conn **c, const struct options *o, long from)
{
	struct admission a[ADMISSION_BATCH_MAX], *p[ADMISSION_BATCH_MAX];
	int64_t now = clock_now_ms();
	struct error err;
	unsigned i;

	memset(a, 0, sizeof a);
	for (i = 0; i < ADMISSION_BATCH_MAX; i++) {
		a[i].id = a[i].key_id = id_make();
		a[i].account_id = (uint64_t)(ACCOUNT + (from + i) % o->accounts);
		a[i].agent = "probe";
		a[i].lane = LANE_ASYNC;
		a[i].webhook_url = WEBHOOK;
		a[i].input = INPUT;
		a[i].input_len = strlen(INPUT);
		a[i].queued_at = now;
		p[i] = &a[i];
	}
	must(admission_commit(db, c, p, ADMISSION_BATCH_MAX, now, accept_run, &err), "accept", &err);
	return ADMISSION_BATCH_MAX;
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
					      .output_len = 16,
					      .webhook_url = runs[i].webhook_url};
	must(queue_end(db, c, ended, n, now, &promoted, &deliveries, &err), "end", &err);
}

static struct claim_cursor cursor, outbox_cursor;

static unsigned deliver_batch(struct db *db, struct db_conn **c)
{
	struct delivery d[DB_LIST_MAX];
	struct delivery_result r[DB_LIST_MAX];
	int64_t now = clock_now_ms(), next;
	struct error err;
	struct arena a;
	unsigned n, besides, i;

	arena_init(&a);
	must(outbox_claim(db, c, true, DB_LIST_MAX, now, LEASE_MS, &outbox_cursor, &a, d, &n, &besides, &next, &err),
	     "claim deliveries", &err);
	for (i = 0; i < n; i++)
		r[i] = (struct delivery_result){.id = d[i].id, .account_id = d[i].account_id,
		                                .event = d[i].event, .created_at = d[i].created_at,
		                                .due_at = d[i].due_at, .token = d[i].token,
		                                .attempt = 1, .at = now, .duration_ms = 2, .status = 200,
		                                .state = DELIVERY_DELIVERED};
	must(outbox_record(db, c, 0, r, n, &err), "record deliveries", &err);
	arena_release(&a);
	return n;
}

/* Adds what has passed since from, and n runs. */
static void charge(struct cost *k, const struct options *o, struct cost from, unsigned n)
{
	k->us += clock_mono_us() - from.us;
	k->server_us += server_cpu_us(o->server_pid) - from.server_us;
	k->runs += n;
}

static struct cost now_cost(const struct options *o)
{
	return (struct cost){.us = clock_mono_us(), .server_us = server_cpu_us(o->server_pid)};
}

/* Claims one batch and takes it as far as is asked for; returns how many it was of. */
static unsigned run_batch(struct db *db, struct db_conn **c, const struct options *o, struct cost *costs)
{
	static const struct lease_owner owner = {.name = "queue-bench", .host = "queue-bench"};
	struct claimed_run runs[DB_LIST_MAX];
	struct cost from = now_cost(o);
	unsigned n;
	struct error err;
	struct arena a;
	bool more;

	arena_init(&a);
	must(queue_claim(db, c, &owner, false, DB_LIST_MAX, clock_now_ms(), LEASE_MS, &cursor, &a, runs, &n, &more,
	                 &err), "claim", &err);
	charge(&costs[STAGE_CLAIM], o, from, n);
	if (o->end && n > 0) {
		from = now_cost(o);
		end_batch(db, c, runs, n);
		charge(&costs[STAGE_END], o, from, n);
	}
	if (o->deliver && n > 0) {
		from = now_cost(o);
		charge(&costs[STAGE_DELIVER], o, from, deliver_batch(db, c));
	}
	arena_release(&a);
	return n;
}

static void measure(struct db *db, struct db_conn **c, const struct options *o, struct cost *costs)
{
	long done = 0;
	unsigned n = 1;

	memset(costs, 0, STAGE__MAX * sizeof *costs);
	while (done < o->runs && n > 0)
		done += n = run_batch(db, c, o, costs);
	for (done = 0; done < o->runs; done += n) {
		struct cost from = now_cost(o);

		n = accept_batch(db, c, o, done);
		charge(&costs[STAGE_ACCEPT], o, from, n);
	}
}

static void print_stage(enum stage s, double *rates, double *server, const struct options *o)
{
	printf(",\"%ss_per_second\":%.0f", stage_names[s], median(rates, o->rounds));
	if (o->server_pid)
		printf(",\"%s_server_us\":%.1f", stage_names[s], median(server, o->rounds));
}

static void measure_all(struct db *db, struct db_conn **c, const struct options *o)
{
	struct cost costs[ROUNDS_MAX][STAGE__MAX];
	double rates[ROUNDS_MAX], server[ROUNDS_MAX];
	unsigned s;
	long i;

	settle(*c);
	for (i = 0; i < o->rounds; i++)
		measure(db, c, o, costs[i]);
	printf("{\"ready\":%ld,\"held\":%ld,\"later\":%ld,\"accounts\":%ld,\"runs\":%ld,\"rounds\":%ld",
	       o->ready, o->held, o->later, o->accounts, o->runs, o->rounds);
	for (s = 0; s < STAGE__MAX; s++) {
		for (i = 0; i < o->rounds; i++) {
			const struct cost *k = &costs[i][s];

			rates[i] = (double)k->runs * 1e6 / (double)(k->us > 0 ? k->us : 1);
			server[i] = (double)k->server_us / (double)(k->runs > 0 ? k->runs : 1);
		}
		if (costs[0][s].runs > 0)
			print_stage((enum stage)s, rates, server, o);
	}
	printf("}\n");
}

static void usage(FILE *to)
{
	fputs("Usage: queue_bench [-c FILE] [--ready N] [--held N] [--later N] [--accounts N] [--runs N]\n"
	      "                   [--rounds N] [--end] [--deliver] [--server-pid PID] [--keep]\n"
	      "Empties the queue, the executions and the outbox of the configured database first.\n", to);
}

static long *number_of(struct options *o, int c)
{
	switch (c) {
	case 'r': return &o->ready;
	case 'h': return &o->held;
	case 'l': return &o->later;
	case 'a': return &o->accounts;
	case 'n': return &o->runs;
	case 'o': return &o->rounds;
	case 'p': return &o->server_pid;
	default: return NULL;
	}
}

static bool read_options(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
		{"config", required_argument, NULL, 'c'}, {"ready", required_argument, NULL, 'r'},
		{"held", required_argument, NULL, 'h'},   {"later", required_argument, NULL, 'l'},
		{"accounts", required_argument, NULL, 'a'}, {"runs", required_argument, NULL, 'n'},
		{"rounds", required_argument, NULL, 'o'}, {"end", no_argument, NULL, 'e'},
		{"deliver", no_argument, NULL, 'd'},      {"server-pid", required_argument, NULL, 'p'},
		{"keep", no_argument, NULL, 'k'},         {NULL, 0, NULL, 0}};
	int c;

	while ((c = getopt_long(argc, argv, "c:", known, NULL)) != -1) {
		long *number = number_of(o, c);

		if (number)
			*number = strtol(optarg, NULL, 10);
		else if (c == 'c')
			o->config = optarg;
		else if (c == 'k')
			o->keep = true;
		else if (c == 'e' || c == 'd')
			*(c == 'e' ? &o->end : &o->deliver) = true;
		else
			return false;
	}
	o->end |= o->deliver;
	return optind == argc && o->rounds > 0 && o->rounds <= ROUNDS_MAX && o->runs > 0 && o->accounts > 0 &&
		o->accounts <= ACCOUNTS_MAX;
}

int main(int argc, char **argv)
{
	struct options o = {.ready = 10000, .runs = 6400, .rounds = 5, .accounts = 1};
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
	make_accounts(c, &o);
	fill_all(c, &o);
	measure_all(db, &c, &o);
	if (!o.keep)
		clear(c);
	db_put(db, c);
	db_close(db);
	config_release(&cfg);
	return 0;
}
