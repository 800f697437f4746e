/* commit_floor -c FILE [--connections N] [--seconds S]: what the database can do at best: durable single-row inserts
 * in autocommit, over N connections at once. Prints {"commits_per_second": …}. */
#include <getopt.h>
#include <pthread.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/log.h"
#include "base/rnd.h"
#include "bench.h"
#include "db/db.h"

#define CONNECTIONS_MAX 256
#define ROW_BYTES       250      /* about what an accepted run needs */

static const char table[] =
	"CREATE OR REPLACE TABLE commit_floor (id BINARY(16) NOT NULL PRIMARY KEY, account_id BIGINT NOT NULL,"
	" body VARBINARY(300) NOT NULL) ENGINE=InnoDB";

struct inserter {
	pthread_t thread;
	struct db *db;
	int64_t   us;
	uint64_t  rows;
};

static pthread_barrier_t all_connected;

static void *insert_rows(void *arg)
{
	struct inserter *in = arg;
	char body[ROW_BYTES];
	int64_t until;
	struct error err = {0};
	struct db_conn *c = db_get(in->db, &err);

	bench_must(c != NULL, "connect", &err);
	rnd_bytes(body, sizeof body);
	pthread_barrier_wait(&all_connected);
	until = clock_mono_us() + in->us;
	while (clock_mono_us() < until) {
		struct id id = id_make();
		struct db_arg args[3] = {db_id(&id), db_int(1), db_bytes(body, sizeof body)};

		bench_must(db_exec(c, "INSERT INTO commit_floor (id, account_id, body) VALUES (?, ?, ?)", args, 3,
		                   NULL, &err), "insert", &err);
		in->rows++;
	}
	db_put(in->db, c);
	return NULL;
}

static double measure(struct db *db, unsigned n, double seconds)
{
	static struct inserter all[CONNECTIONS_MAX];
	int64_t began;
	uint64_t rows = 0;
	unsigned i;

	pthread_barrier_init(&all_connected, NULL, n + 1);
	for (i = 0; i < n; i++) {
		all[i] = (struct inserter){.db = db, .us = (int64_t)(seconds * 1e6)};
		bench_must(pthread_create(&all[i].thread, NULL, insert_rows, &all[i]) == 0, "a thread", NULL);
	}
	pthread_barrier_wait(&all_connected);
	began = clock_mono_us();
	for (i = 0; i < n; i++) {
		pthread_join(all[i].thread, NULL);
		rows += all[i].rows;
	}
	return (double)rows * 1e6 / (double)(clock_mono_us() - began);
}

int main(int argc, char **argv)
{
	static const struct option known[] = {{"connections", required_argument, NULL, 'n'},
	                                      {"seconds", required_argument, NULL, 's'}, {NULL, 0, NULL, 0}};
	const char *config = NULL;
	unsigned connections = 64;
	double seconds = 3;
	struct error err = {0};
	struct config cfg;
	struct db_conn *c = NULL;
	struct db *db;
	int o;

	log_open("commit_floor");
	while ((o = getopt_long(argc, argv, "c:", known, NULL)) != -1) {
		if (o == 'c')
			config = optarg;
		else if (o == 'n')
			connections = (unsigned)atoi(optarg);
		else if (o == 's')
			seconds = atof(optarg);
		else
			return 2;
	}
	if (connections < 1 || connections > CONNECTIONS_MAX)
		return 2;
	bench_must(config_load(config, &cfg, &err), "configuration", &err);
	db = db_open(&cfg, connections, &err);
	bench_must(db && (c = db_get(db, &err)) != NULL, "connect", &err);
	bench_must(db_run_text(c, table, &err), "make the table", &err);
	db_put(db, c);
	printf("{\"connections\":%u,\"commits_per_second\":%.0f}\n", connections, measure(db, connections, seconds));
	db_close(db);
	config_release(&cfg);
	return 0;
}
