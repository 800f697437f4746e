/* What is asked of endpoints and their log reads ranges of indexes, with thousands of rows of others in the tables. */
#include "outbox_fixture.h"
#include "read_counts.h"

#include <string.h>

#include "base/clock.h"
#include "store/deliveries.h"
#include "store/endpoints.h"
#include "store/events.h"
#include "store_suites.h"

/* seq from 0 to 4095 */
#define NUMBERS \
	" FROM (SELECT a.seq * 64 + b.seq AS seq FROM" \
	" (WITH RECURSIVE s AS (SELECT 0 AS seq UNION ALL SELECT seq + 1 FROM s WHERE seq < 63) SELECT seq FROM s) a," \
	" (WITH RECURSIVE s AS (SELECT 0 AS seq UNION ALL SELECT seq + 1 FROM s WHERE seq < 63) SELECT seq FROM s) b) n"
#define ID "UNHEX(LPAD(HEX(seq), 32, '0'))"
#define ROWS 20      /* in the log of the endpoint */

static struct arena arena;
static struct read_counts from;
static struct id endpoint;

/* Rows of another account, and an endpoint of account 1 with a log. */
static void fill(void)
{
	static const char *const statements[] = {
		"INSERT INTO endpoints (id, account_id, url, description, events, secret, enabled, disabled_reason, created_at,"
		" updated_at) SELECT " ID ", 900, 'u', '', 1, 's', 1, 0, 1, 1" NUMBERS,
		"INSERT INTO deliveries (id, account_id, event, state, attempts, created_at, endpoint_id)"
		" SELECT " ID ", 900, 2, 2, 1, 1, UNHEX(LPAD('1', 32, '0'))" NUMBERS,
		"INSERT INTO delivery_attempts (delivery_id, attempt, at, duration_ms) SELECT " ID ", 1, 1, 1" NUMBERS,
		"INSERT INTO events (id, account_id, event, at, payload) SELECT " ID ", 900, 2, 1, '{}'" NUMBERS,
		"INSERT INTO accounts (id, public_id, email, name, plan, webhook_secret, created_at)"
		" SELECT 900 + seq, " ID ", seq, 'n', 'pro', 's', 1" NUMBERS,
		"INSERT INTO account_quota (account_id, month_overage, day_start, day_runs, month_start, month_runs, active, held)"
		" SELECT 900 + seq, 0, 0, 0, 0, 0, 0, 0" NUMBERS,
		"INSERT INTO deliveries (id, account_id, event, state, attempts, created_at, endpoint_id) SELECT"
		" UNHEX(CONCAT('01', LPAD(HEX(seq), 30, '0'))), 1, 2, 2, 1, 1, (SELECT id FROM endpoints WHERE account_id = 1)" NUMBERS
		" WHERE seq < 20",
		"ANALYZE TABLE endpoints, deliveries, delivery_attempts, events"};
	struct error err = {0};
	unsigned i;

	fx_empty();
	fx_account(1, -1);
	endpoint = ox_endpoint(1, ENDPOINT_EVENTS_ALL);
	for (i = 0; i < sizeof statements / sizeof *statements; i++)
		CU_ASSERT_TRUE_FATAL(db_run_text(fx_conn, statements[i], &err));
}

static int open_suite(void)
{
	arena_init(&arena);
	return fx_open();
}

static int close_suite(void)
{
	arena_release(&arena);
	return fx_close();
}

/* What is read is counted from here on. */
static void begin(void)
{
	static bool filled;

	if (!filled)
		fill();
	filled = true;
	from = read_counts_now();
}

static void an_account_s_endpoints(void)
{
	struct endpoint *list, e;
	struct error err;
	int64_t count;
	unsigned n;
	bool found;

	begin();
	CU_ASSERT_TRUE(endpoint_list(fx_conn, 1, NULL, 100, &arena, &list, &n, &err));
	CU_ASSERT_EQUAL(n, 1);
	CU_ASSERT_TRUE(read_counts_within(from, "endpoint_list", 1, 1));
	begin();
	CU_ASSERT_TRUE(endpoint_find(fx_conn, 1, &endpoint, false, &arena, &e, &found, &err) && found);
	CU_ASSERT_TRUE(read_counts_within(from, "endpoint_find", 1, 0));
	begin();
	CU_ASSERT_TRUE(endpoint_count(fx_conn, 1, &count, &err));
	CU_ASSERT_TRUE(read_counts_within(from, "endpoint_count", 1, 1));
}

static void a_change_of_one_and_what_is_told_of_all(void)
{
	struct endpoint e;
	struct error err;
	bool found;

	begin();
	CU_ASSERT_TRUE_FATAL(endpoint_find(fx_conn, 1, &endpoint, true, &arena, &e, &found, &err) && found);
	begin();
	CU_ASSERT_TRUE(endpoint_update(fx_conn, &e, &err));
	CU_ASSERT_TRUE(endpoint_events_update(fx_conn, 1, &err));
	CU_ASSERT_TRUE(read_counts_within(from, "endpoint_update, endpoint_events_update", 5, 2));
}

static void a_page_of_a_log(void)
{
	struct delivery_filter f = {.endpoint_id = endpoint, .url = "https://e.com/", .state = -1, .event = -1, .limit = 5};
	struct delivery_row out[5];
	struct error err;
	struct id last;
	unsigned n;
	bool more;

	memset(&f.before, 0xff, sizeof f.before);
	begin();
	CU_ASSERT_TRUE(delivery_list(fx_conn, &f, &arena, out, &n, &more, &last, &err));
	CU_ASSERT_EQUAL(n, 5);
	CU_ASSERT_TRUE(read_counts_within(from, "delivery_list", 1, 5 + 1));
	f.state = DELIVERY_DELIVERED;
	begin();
	CU_ASSERT_TRUE(delivery_list(fx_conn, &f, &arena, out, &n, &more, &last, &err));
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_TRUE(read_counts_within(from, "delivery_list, filtered", 2, 2 * ROWS));
}

static void one_delivery_with_its_attempts_and_event(void)
{
	struct delivery_attempt *attempts;
	struct delivery_row row;
	struct event event;
	struct id id = {.b = {0}};
	struct error err;
	unsigned n;
	bool found;

	id.b[15] = 7;
	begin();
	CU_ASSERT_TRUE(delivery_find(fx_conn, 900, &id, &arena, &row, &found, &err) && found);
	CU_ASSERT_TRUE(delivery_attempt_list(fx_conn, &id, &arena, &attempts, &n, &err));
	CU_ASSERT_EQUAL(n, 1);
	CU_ASSERT_TRUE(event_find(fx_conn, 900, &id, &arena, &event, &found, &err) && found);
	CU_ASSERT_TRUE(read_counts_within(from, "delivery_find, delivery_attempt_list, event_find", 5, 1));
}

static void what_failed_is_found_in_the_endpoint_s_part(void)
{
	struct id olds[ROWS], still[ROWS], none = {.b = {0}};
	struct error err;
	unsigned n, m;
	bool more;

	begin();
	CU_ASSERT_TRUE(delivery_failed(fx_conn, &endpoint, &none, ROWS, olds, &n, &more, &err));
	CU_ASSERT_EQUAL_FATAL(n, ROWS);
	CU_ASSERT_TRUE(read_counts_within(from, "delivery_failed", 2, 2 * ROWS));
	begin();
	CU_ASSERT_TRUE(delivery_still_failed(fx_conn, olds, n, still, &m, &err));
	CU_ASSERT_EQUAL(m, n);
	CU_ASSERT_TRUE(read_counts_within(from, "delivery_still_failed", ROWS + 1, ROWS));
}

static void an_event_s_endpoints_are_found_by_its_account(void)
{
	struct delivery d[8];
	int64_t next;

	begin();
	ox_run_ended_at(true, NULL);
	begin();
	CU_ASSERT_EQUAL(ox_claim(d, 8, clock_now_ms(), &next), 1);
	/* picked, its run and account, its endpoints, two rows made and one removed */
	CU_ASSERT_TRUE(read_counts_within(from, "outbox_claim of an event", 12, 6));
}

static CU_TestInfo tests[] = {
	{"an account's endpoints", an_account_s_endpoints},
	{"a change of one, and what is told of all", a_change_of_one_and_what_is_told_of_all},
	{"a page of a log", a_page_of_a_log},
	{"one delivery with its attempts and event", one_delivery_with_its_attempts_and_event},
	{"what failed is found in the endpoint's part", what_failed_is_found_in_the_endpoint_s_part},
	{"an event's endpoints are found by its account", an_event_s_endpoints_are_found_by_its_account},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo endpoint_reads_suite = {"endpoints: only index ranges are read", open_suite, close_suite, NULL, NULL, tests};
