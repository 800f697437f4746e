/* plain_accept: how a run is accepted without the hot path, for comparison. The same connection handling and the
 * same checks of the request; then one thread and one connection of the database for each request, and one
 * transaction of eight statements: BEGIN, the key, the quota FOR UPDATE, the subscription, the execution, its queue
 * row, the quota, COMMIT. Its own tables, in the configured database.
 *
 *   plain_accept -c FILE --setup KEYS     makes the tables and an account for each key in the file KEYS
 *   plain_accept -c FILE SOCKET [THREADS] serves */
#include <getopt.h>
#include <string.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/log.h"
#include "base/schema.h"
#include "bench.h"
#include "db/db.h"
#include "http/response.h"
#include "http/server.h"

#define BODY_MAX (1 << 20)

static const char *const tables[] = {
	"CREATE OR REPLACE TABLE plain_keys (hash BINARY(32) NOT NULL PRIMARY KEY, account_id BIGINT NOT NULL,"
	" scopes INT NOT NULL, revoked_at BIGINT NULL) ENGINE=InnoDB",
	"CREATE OR REPLACE TABLE plain_accounts (id BIGINT NOT NULL PRIMARY KEY, plan VARCHAR(32) NOT NULL)"
	" ENGINE=InnoDB",
	"CREATE OR REPLACE TABLE plain_quota (account_id BIGINT NOT NULL PRIMARY KEY, max_day INT NULL, max_month INT"
	" NULL, max_concurrent INT NULL, day_runs INT NOT NULL, month_runs INT NOT NULL, active INT NOT NULL)"
	" ENGINE=InnoDB",
	"CREATE OR REPLACE TABLE plain_subscriptions (account_id BIGINT NOT NULL, agent VARCHAR(64) NOT NULL, status"
	" TINYINT NOT NULL, PRIMARY KEY (account_id, agent)) ENGINE=InnoDB",
	"CREATE OR REPLACE TABLE plain_executions (id BINARY(16) NOT NULL PRIMARY KEY, account_id BIGINT NOT NULL, agent"
	" VARCHAR(64) NOT NULL, status TINYINT NOT NULL, queued_at BIGINT NOT NULL, webhook_url VARCHAR(2048) NULL,"
	" input MEDIUMBLOB NOT NULL, KEY (account_id, id)) ENGINE=InnoDB",
	"CREATE OR REPLACE TABLE plain_queue (lane TINYINT NOT NULL, execution_id BINARY(16) NOT NULL, account_id BIGINT"
	" NOT NULL, PRIMARY KEY (lane, execution_id)) ENGINE=InnoDB",
};

static const char schema_text[] =
	"{\"type\":\"object\",\"properties\":{\"payload\":{},\"sleep_ms\":{\"type\":\"integer\",\"minimum\":0},"
	"\"steps\":{\"type\":\"integer\",\"minimum\":0},\"size\":{\"type\":\"integer\",\"minimum\":0}},"
	"\"additionalProperties\":false}";

static struct db *db;
static struct schema *schema;

/* ---- set up ---- */

static void make_account(struct db_conn *c, const char *key, int64_t id)
{
	uint8_t hash[SHA256_SIZE];
	struct db_arg key_args[2] = {db_bytes(hash, sizeof hash), db_int(id)};
	struct db_arg arg = db_int(id);
	struct error err = {0};

	crypto_sha256(key, strlen(key), hash);
	bench_must(db_exec(c, "INSERT INTO plain_keys VALUES (?, ?, 255, NULL)", key_args, 2, NULL, &err) &&
	           db_exec(c, "INSERT INTO plain_accounts VALUES (?, 'enterprise')", &arg, 1, NULL, &err) &&
	           db_exec(c, "INSERT INTO plain_quota VALUES (?, NULL, NULL, NULL, 0, 0, 0)", &arg, 1, NULL, &err) &&
	           db_exec(c, "INSERT INTO plain_subscriptions VALUES (?, 'probe', 1)", &arg, 1, NULL, &err),
	           "make an account", &err);
}

static void set_up(const char *keys)
{
	FILE *f = fopen(keys, "r");
	char key[API_KEY_LEN + 2];
	struct error err = {0};
	struct db_conn *c;
	int64_t id = 0;
	unsigned i;

	bench_must(f != NULL, keys, NULL);
	c = db_get(db, &err);
	bench_must(c != NULL, "connect", &err);
	for (i = 0; i < sizeof tables / sizeof *tables; i++)
		bench_must(db_run_text(c, tables[i], &err), "make the tables", &err);
	while (fgets(key, sizeof key, f)) {
		key[strcspn(key, "\n")] = '\0';
		make_account(c, key, ++id);
	}
	fclose(f);
	db_put(db, c);
}

/* ---- a request ---- */

struct plain_run {
	const struct request *r;
	uint8_t hash[SHA256_SIZE];
	struct id id;
	int64_t now_ms;
	const char *webhook_url, *input;
	size_t input_len;
};

static bool read_request(struct request *r, struct plain_run *run, struct json_object **body, struct error *err)
{
	static const char *const wanted[] = {"input_payload", NULL};
	struct json_object *input = NULL;
	struct json_span text;

	if (!r->credentials.authorization || strncmp(r->credentials.authorization, "Bearer ", 7) != 0 ||
	    !crypto_key_well_formed(r->credentials.authorization + 7, strlen(r->credentials.authorization + 7)))
		return err_set(err, ERR_UNAUTHORIZED, "No valid key");
	crypto_sha256(r->credentials.authorization + 7, strlen(r->credentials.authorization + 7), run->hash);
	if (!request_read_body(r, BODY_MAX, err) ||
	    !json_read(r->body.data, r->body.len, JSON_DEPTH_MAX, body, wanted, &text, err) ||
	    !json_get_obj(*body, "", "input_payload", &input, err) ||
	    !json_get_str(*body, "", "webhook_url", &run->webhook_url, err) ||
	    !schema_check(schema, input, "input_payload", err))
		return false;
	run->input = text.p;
	run->input_len = text.n;
	return true;
}

/* An integer of the first row; false, with an error, when there is none. */
static bool ask(struct db_conn *c, const char *sql, const struct db_arg *args, unsigned n, int64_t *out,
                struct error *err)
{
	bool found;

	return db_query_int(c, sql, args, n, out, &found, err) &&
	       (found || err_set(err, ERR_FORBIDDEN, "There is no such key, account or subscription"));
}

static bool insert_run(struct db_conn *c, const struct plain_run *run, int64_t account, struct error *err)
{
	struct db_arg execution[5] = {db_id(&run->id), db_int(account), db_int(run->now_ms),
	                              db_str(run->webhook_url), db_bytes(run->input, run->input_len)};
	struct db_arg queue[2] = {db_id(&run->id), db_int(account)};
	struct db_arg arg = db_int(account);

	return db_exec(c, "INSERT INTO plain_executions (id, account_id, agent, status, queued_at, webhook_url, input)"
	               " VALUES (?, ?, 'probe', 0, ?, ?, ?)", execution, 5, NULL, err) &&
	       db_exec(c, "INSERT INTO plain_queue (lane, execution_id, account_id) VALUES (1, ?, ?)", queue, 2, NULL,
	               err) &&
	       db_exec(c, "UPDATE plain_quota SET day_runs = day_runs + 1, month_runs = month_runs + 1,"
	               " active = active + 1 WHERE account_id = ?", &arg, 1, NULL, err);
}

static bool accept_run(struct db_conn *c, void *ctx, struct error *err)
{
	const struct plain_run *run = ctx;
	struct db_arg hash = db_bytes(run->hash, sizeof run->hash);
	int64_t account, used, status;
	struct db_arg arg;

	if (!ask(c, "SELECT a.id FROM plain_keys k JOIN plain_accounts a ON a.id = k.account_id"
	         " WHERE k.hash = ? AND k.revoked_at IS NULL", &hash, 1, &account, err))
		return false;
	arg = db_int(account);
	return ask(c, "SELECT day_runs FROM plain_quota WHERE account_id = ? AND (max_day IS NULL OR day_runs < max_day)"
	           " FOR UPDATE", &arg, 1, &used, err) &&
	       ask(c, "SELECT status FROM plain_subscriptions WHERE account_id = ? AND agent = 'probe'", &arg, 1,
	           &status, err) &&
	       insert_run(c, run, account, err);
}

static void answer(struct request *r, const struct plain_run *run)
{
	char id[ID_TEXT_SIZE], at[CLOCK_TEXT_SIZE], text[400];
	int n;

	id_format(ID_EXECUTION, &run->id, id);
	clock_format(run->now_ms, at);
	n = snprintf(text, sizeof text, "{\"success\":true,\"data\":{\"execution_id\":\"%s\",\"agent_slug\":\"probe\","
	             "\"status\":\"queued\",\"estimated_duration_ms\":1,\"created_at\":\"%s\"}}", id, at);
	respond(r, 202, NULL, "application/json", text, (size_t)n);
}

static void serve(struct request *r)
{
	struct plain_run run = {.r = r, .now_ms = clock_now_ms()};
	struct json_object *body = NULL;
	struct error err = {0};
	bool ok;

	run.id = id_make_at(run.now_ms);
	r->rate.limit = -1;
	ok = read_request(r, &run, &body, &err) && db_transaction(db, accept_run, NULL, &run, &err);
	if (ok)
		answer(r, &run);
	else
		respond_error(r, &err);
	json_object_put(body);
}

static int run_server(struct config *cfg, char *listen, int threads)
{
	struct error err = {0};
	struct json_object *source;
	struct server *server;
	sigset_t stops;

	bench_must(json_read(schema_text, sizeof schema_text - 1, 32, &source, NULL, NULL, &err) &&
	           (schema = schema_compile(source, &err)) != NULL, "the schema", &err);
	bench_block_stops(&stops);
	server = server_start(&(struct config){.listen = listen, .listen_mode = cfg->listen_mode, .threads = threads},
	                      NULL, serve, &err);
	bench_must(server != NULL, "plain_accept", &err);
	bench_wait(&stops);
	return !server_stop(server, 10);
}

int main(int argc, char **argv)
{
	static const struct option known[] = {{"config", required_argument, NULL, 'c'},
	                                      {"setup", required_argument, NULL, 's'}, {NULL, 0, NULL, 0}};
	const char *config = NULL, *keys = NULL;
	struct error err = {0};
	struct config cfg;
	int o, threads;

	log_open("plain_accept");
	while ((o = getopt_long(argc, argv, "c:", known, NULL)) != -1) {
		if (o == 'c')
			config = optarg;
		else if (o == 's')
			keys = optarg;
		else
			return 2;
	}
	if (!keys && optind == argc)
		return 2;
	threads = optind + 1 < argc ? atoi(argv[optind + 1]) : 64;
	bench_must(config_load(config, &cfg, &err), "configuration", &err);
	db = db_open(&cfg, (unsigned)threads + 1, &err);
	bench_must(db != NULL, "the database", &err);
	if (keys)
		set_up(keys);
	else
		return run_server(&cfg, argv[optind], threads);
	db_close(db);
	config_release(&cfg);
	return 0;
}
