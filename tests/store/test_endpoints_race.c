/* Endpoints that are changed while runs end and senders claim: no deadlock, nothing lost, nothing twice, and what is told of
 * endpoints right in the end. */
#include "outbox_fixture.h"

#include <stdio.h>

#include "base/clock.h"
#include "store/accounts.h"
#include "store/endpoints.h"
#include "store_suites.h"

#define RUNS 100

static atomic_bool over;       /* as many runs have ended as were to, or something is wrong */
static atomic_uint broken, ended;

static void fault(const struct error *err)
{
	atomic_fetch_add(&broken, 1);
	atomic_store(&over, true);
	fprintf(stderr, "%s (%d)\n", err->message, err->db_errno);
}

static void *end_runs(void *arg)
{
	struct db_conn *c = db_get(fx_db, &(struct error){0});
	struct error err = {0};

	while (!atomic_load(&over)) {
		struct admission a = {.account_id = 1, .agent = "echo", .lane = LANE_ASYNC};
		struct claimed_run r;
		struct ended_run e;
		struct arena arena;
		unsigned n = 0, promoted, deliveries;
		bool more;

		arena_init(&arena);
		if (!fx_admit(&c, &a) ||
		    !queue_claim(fx_db, &c, &fx_owner, false, 1, clock_now_ms(), LEASE_MS, NULL, &arena, &r, &n, &more, &err))
			fault(&err);
		if (n == 1) {
			e = fx_ended(&r, RUN_SUCCESS);
			if (!queue_end(fx_db, &c, &e, 1, clock_now_ms(), &promoted, &deliveries, &err))
				fault(&err);
			if (atomic_fetch_add(&ended, 1) + 1 >= RUNS)
				atomic_store(&over, true);
		}
		arena_release(&arena);
	}
	db_put(fx_db, c);
	return NULL;
}

struct change { struct id id; bool enable; };

static bool change_body(struct db_conn *c, void *ctx, struct error *err)
{
	const struct change *k = ctx;
	struct endpoint e;
	struct arena a;
	bool found, ok;

	arena_init(&a);
	ok = account_lock(c, 1, err) && endpoint_find(c, 1, &k->id, true, &a, &e, &found, err);
	if (ok && found) {
		e.enabled = k->enable;
		ok = endpoint_update(c, &e, err) && endpoint_events_update(c, 1, err);
	}
	arena_release(&a);
	return ok;
}

static void *change_endpoints(void *arg)
{
	struct change k = {.id = *(struct id *)arg};
	struct error err;

	while (!atomic_load(&over)) {
		k.enable = !k.enable;
		if (!db_transaction(fx_db, change_body, NULL, &k, &err))
			fault(&err);
	}
	return NULL;
}

static void *send(void *arg)
{
	static _Thread_local struct delivery d[64];
	static _Thread_local struct delivery_result r[64];
	struct db_conn *c = NULL;
	struct error err = {0};
	unsigned n, besides, i;
	int64_t next;

	while (!atomic_load(&over)) {
		struct arena a;

		arena_init(&a);
		if (!outbox_claim(fx_db, &c, true, 64, clock_now_ms(), DELIVERY_LEASE_MS, NULL, &a, d, &n, &besides, &next, &err))
			fault(&err);
		for (i = 0; i < n; i++) {
			r[i] = ox_result(&d[i], DELIVERY_DELIVERED);
			r[i].has_endpoint = d[i].has_endpoint;
			r[i].endpoint_id = d[i].endpoint_id;
			r[i].url = "https://e.com";
			/* now and then an endpoint begins to fail, or ceases to */
			r[i].failing_since = i % 2 ? 1 : 0;
		}
		if (!outbox_record(fx_db, &c, 0, r, n, &err))
			fault(&err);
		arena_release(&a);
	}
	db_put(fx_db, c);
	return NULL;
}

static void endpoints_change_while_runs_end_and_senders_claim(void)
{
	struct id stays, changes;
	pthread_t t[5];
	unsigned i;

	fx_empty();
	fx_account(1, -1);
	stays = ox_endpoint(1, 1u << EVENT_RUN_SUCCESS);
	changes = ox_endpoint(1, 1u << EVENT_RUN_SUCCESS | 1u << EVENT_SCHEDULE_FIRED);
	atomic_store(&over, false);
	broken = ended = 0;
	CU_ASSERT_EQUAL_FATAL(pthread_create(&t[0], NULL, end_runs, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&t[1], NULL, end_runs, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&t[2], NULL, change_endpoints, &changes), 0);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&t[3], NULL, send, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&t[4], NULL, send, NULL), 0);
	for (i = 0; i < 5; i++)
		pthread_join(t[i], NULL);
	while (fx_number("SELECT COUNT(*) FROM outbox WHERE fanout = 1") > 0)
		ox_fan_out();
	CU_ASSERT_EQUAL(broken, 0);
	CU_ASSERT(ended >= RUNS);
	CU_ASSERT_EQUAL(fx_number_of("SELECT COUNT(*) FROM deliveries WHERE endpoint_id = ?", &stays), ended);
	CU_ASSERT_EQUAL(fx_number_of("SELECT COUNT(DISTINCT event_id) FROM deliveries WHERE endpoint_id = ?", &stays), ended);
	CU_ASSERT_EQUAL(fx_number("SELECT endpoint_events FROM account_quota WHERE account_id = 1"),
	                fx_number("SELECT BIT_OR(events) FROM endpoints WHERE account_id = 1 AND enabled = 1"));
}

static CU_TestInfo tests[] = {
	{"endpoints change while runs end and senders claim", endpoints_change_while_runs_end_and_senders_claim},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo endpoints_race_suite = {"endpoints: at once", fx_open, fx_close, NULL, NULL, tests};
