/* The log of deliveries (store/deliveries.h): its pages, and deliveries that are made again. */
#include "outbox_fixture.h"

#include <string.h>

#include "base/clock.h"
#include "store/deliveries.h"
#include "store/endpoints.h"
#include "store_suites.h"

static struct arena arena;
static struct id endpoint;

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

static void given_an_endpoint(void)
{
	fx_empty();
	fx_account(1, -1);
	endpoint = ox_endpoint(1, ENDPOINT_EVENTS_ALL);
}

/* A delivery to the endpoint, in that state. */
static struct id given(enum delivery_state state, enum event_type event)
{
	static const char sql[] = "INSERT INTO deliveries (id, account_id, event, state, attempts, created_at, event_id, endpoint_id,"
				  " url) VALUES (?, 1, ?, ?, 9, 1, ?, ?, 'https://old.example.com/')";
	struct id id = id_make(), event_id = id_make();
	struct db_arg args[5] = {db_id(&id), db_int(event), db_int(state), db_id(&event_id), db_id(&endpoint)};
	struct error err;

	CU_ASSERT_TRUE_FATAL(db_exec(fx_conn, sql, args, 5, NULL, &err));
	return id;
}

static struct delivery_filter all(unsigned limit)
{
	struct delivery_filter f = {.endpoint_id = endpoint, .url = "https://e.com/", .state = -1, .event = -1, .limit = limit};

	memset(&f.before, 0xff, sizeof f.before);
	return f;
}

static unsigned page(const struct delivery_filter *f, struct delivery_row *out, bool *more, struct id *last)
{
	struct error err = {0};
	unsigned n = 0;

	CU_ASSERT_TRUE_FATAL(delivery_list(fx_conn, f, &arena, out, &n, more, last, &err));
	return n;
}

static void pages_have_no_gap_and_no_repeat(void)
{
	struct delivery_filter f;
	struct delivery_row row[2];
	struct id made[5];
	unsigned i, n, at = 5;
	bool more = true;

	given_an_endpoint();
	for (i = 0; i < 5; i++)
		made[i] = given(DELIVERY_FAILED, EVENT_SCHEDULE_FIRED);
	for (f = all(2); more && at > 0;)
		for (i = 0, n = page(&f, row, &more, &f.before); i < n; i++)
			CU_ASSERT_EQUAL(id_cmp(&row[i].id, &made[--at]), 0);
	CU_ASSERT_EQUAL(at, 0);
	CU_ASSERT_FALSE(more);
}

static void a_page_is_filtered_by_state_and_event(void)
{
	struct delivery_filter f;
	struct delivery_row row[9];
	struct id wanted, last;
	bool more;

	given_an_endpoint();
	given(DELIVERY_FAILED, EVENT_WEBHOOK_TEST);
	wanted = given(DELIVERY_FAILED, EVENT_SCHEDULE_FIRED);
	given(DELIVERY_DELIVERED, EVENT_SCHEDULE_FIRED);
	f = all(9);
	f.state = DELIVERY_FAILED;
	f.event = EVENT_SCHEDULE_FIRED;
	CU_ASSERT_EQUAL_FATAL(page(&f, row, &more, &last), 1);
	CU_ASSERT_EQUAL(id_cmp(&row[0].id, &wanted), 0);
	CU_ASSERT_FALSE(more);
}

/* As many as are looked at for one page, and then some. */
static void given_many(void)
{
	struct error err;
	struct db_arg arg = db_id(&endpoint);
	static const char sql[] =
		"INSERT INTO deliveries (id, account_id, event, state, attempts, created_at, endpoint_id)"
		" SELECT UNHEX(LPAD(HEX(16000000000 + x.id), 32, 'F')), 1, 0, 1, 1, 1, ? FROM (SELECT a.seq * 101 + b.seq AS id FROM"
		" (WITH RECURSIVE s AS (SELECT 0 AS seq UNION ALL SELECT seq + 1 FROM s WHERE seq < 100) SELECT seq FROM s) a,"
		" (WITH RECURSIVE s AS (SELECT 0 AS seq UNION ALL SELECT seq + 1 FROM s WHERE seq < 100) SELECT seq FROM s) b) x";

	CU_ASSERT_TRUE_FATAL(db_exec(fx_conn, sql, &arg, 1, NULL, &err));
}

static void a_page_that_finds_little_stops_and_goes_on_from_its_cursor(void)
{
	struct delivery_filter f;
	struct delivery_row row[9];
	struct id wanted;
	bool more;

	given_an_endpoint();
	wanted = given(DELIVERY_FAILED, EVENT_SCHEDULE_FIRED);
	given_many();
	f = all(9);
	f.state = DELIVERY_FAILED;
	CU_ASSERT_EQUAL(page(&f, row, &more, &f.before), 0);
	CU_ASSERT_TRUE_FATAL(more);
	CU_ASSERT_EQUAL_FATAL(page(&f, row, &more, &f.before), 1);
	CU_ASSERT_EQUAL(id_cmp(&row[0].id, &wanted), 0);
	CU_ASSERT_FALSE(more);
}

/* ---- made again ---- */

static void repeated(const struct id *old, struct id *new)
{
	struct error err = {0};

	*new = id_make();
	CU_ASSERT_TRUE_FATAL(db_begin(fx_conn, &err));
	CU_ASSERT_TRUE_FATAL(delivery_repeat(fx_conn, old, new, 1, 5000, &err));
	CU_ASSERT_TRUE_FATAL(db_commit(fx_conn, &err));
}

static struct delivery_row found(const struct id *id)
{
	struct delivery_row r;
	struct error err = {0};
	bool found;

	CU_ASSERT_TRUE_FATAL(delivery_find(fx_conn, 1, id, &arena, &r, &found, &err) && found);
	return r;
}

static void a_repeat_is_of_the_same_event_and_goes_where_the_endpoint_is_now(void)
{
	struct id old, new;
	struct delivery_row a, b;

	given_an_endpoint();
	old = given(DELIVERY_FAILED, EVENT_SCHEDULE_FIRED);
	repeated(&old, &new);
	a = found(&old);
	b = found(&new);
	CU_ASSERT_STRING_EQUAL(a.url, "https://old.example.com/");
	CU_ASSERT_STRING_EQUAL(b.url, "https://example.com/endpoint");
	CU_ASSERT_EQUAL(fx_number_of("SELECT url IS NULL FROM deliveries WHERE id = ?", &new), 1);
	CU_ASSERT_EQUAL(id_cmp(&a.event_id, &b.event_id), 0);
	CU_ASSERT_TRUE(b.has_replay_of && id_cmp(&b.replay_of, &old) == 0);
	CU_ASSERT_EQUAL(a.replayed_at, 5000);
	CU_ASSERT_TRUE(b.state == DELIVERY_PENDING && b.attempts == 0 && b.replayed_at == 0 && b.created_at == 5000);
	CU_ASSERT_EQUAL(fx_number_of("SELECT COUNT(*) FROM outbox WHERE delivery_id = ? AND due_at = 5000 AND fanout = 0", &new), 1);
}

static void a_repeat_of_a_run_s_own_webhook_is_a_delivery_of_that_run(void)
{
	struct delivery_result r;
	struct delivery_row again;
	struct delivery d;
	struct id run, new;
	int64_t next;

	fx_empty();
	fx_account(1, -1);
	run = ox_run_ended(true);
	CU_ASSERT_EQUAL_FATAL(ox_claim(&d, 1, clock_now_ms(), &next), 1);
	r = ox_result(&d, DELIVERY_DELIVERED);
	ox_record(&r, 1);
	repeated(&run, &new);
	again = found(&new);
	CU_ASSERT_TRUE(again.has_execution && id_cmp(&again.execution_id, &run) == 0 && id_cmp(&again.event_id, &run) == 0);
	CU_ASSERT_STRING_EQUAL(again.url, "https://example.com/hook");
	CU_ASSERT_EQUAL_FATAL(ox_claim(&d, 1, clock_now_ms(), &next), 1);
	CU_ASSERT_EQUAL(id_cmp(&d.id, &new), 0);
	CU_ASSERT_STRING_EQUAL(d.url, "https://example.com/hook");
	CU_ASSERT_PTR_NOT_NULL(d.run);
}

static unsigned failed(const struct id *since, struct id *out)
{
	struct id from = *since;
	struct error err = {0};
	unsigned n = 0;
	bool more;

	CU_ASSERT_TRUE_FATAL(delivery_failed(fx_conn, &endpoint, &from, 9, out, &n, &more, &err));
	CU_ASSERT_FALSE(more);
	return n;
}

static void what_failed_in_a_long_log_is_found_in_several_looks(void)
{
	struct id out[9], from = {.b = {0}};
	struct error err = {0};
	bool more = true;
	unsigned n = 0;

	given_an_endpoint();
	given_many();
	CU_ASSERT_TRUE_FATAL(db_run_text(fx_conn, "UPDATE deliveries SET state = 2 ORDER BY id DESC LIMIT 1", &err));
	CU_ASSERT_TRUE_FATAL(delivery_failed(fx_conn, &endpoint, &from, 9, out, &n, &more, &err));
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_TRUE_FATAL(more);
	CU_ASSERT_TRUE_FATAL(delivery_failed(fx_conn, &endpoint, &from, 9, out, &n, &more, &err));
	CU_ASSERT_EQUAL(n, 1);
	CU_ASSERT_FALSE(more);
}

static void what_failed_is_found_until_it_is_repeated_and_again_when_that_fails_too(void)
{
	struct id old, out[9], none = {.b = {0}}, new;
	struct db_arg arg;
	struct error err;

	given_an_endpoint();
	given(DELIVERY_DELIVERED, EVENT_SCHEDULE_FIRED);
	given(DELIVERY_PENDING, EVENT_SCHEDULE_FIRED);
	old = given(DELIVERY_FAILED, EVENT_SCHEDULE_FIRED);
	CU_ASSERT_EQUAL_FATAL(failed(&none, out), 1);
	CU_ASSERT_EQUAL(id_cmp(&out[0], &old), 0);
	repeated(&old, &new);
	CU_ASSERT_EQUAL(failed(&none, out), 0);
	arg = db_id(&new);
	CU_ASSERT_TRUE_FATAL(db_exec(fx_conn, "UPDATE deliveries SET state = 2 WHERE id = ?", &arg, 1, NULL, &err));
	CU_ASSERT_EQUAL_FATAL(failed(&none, out), 1);
	CU_ASSERT_EQUAL(id_cmp(&out[0], &new), 0);
}

static void what_failed_earlier_is_not_found(void)
{
	struct id out[9], from;

	given_an_endpoint();
	given(DELIVERY_FAILED, EVENT_SCHEDULE_FIRED);
	from = id_floor(clock_now_ms() + 60000);
	CU_ASSERT_EQUAL(failed(&from, out), 0);
}

static void of_those_that_failed_only_what_nobody_has_repeated_is_still_failed(void)
{
	struct id olds[3], still[3], new;
	struct error err = {0};
	unsigned i, n;

	given_an_endpoint();
	for (i = 0; i < 3; i++)
		olds[i] = given(DELIVERY_FAILED, EVENT_SCHEDULE_FIRED);
	repeated(&olds[1], &new);
	CU_ASSERT_TRUE_FATAL(delivery_still_failed(fx_conn, olds, 3, still, &n, &err));
	CU_ASSERT_EQUAL_FATAL(n, 2);
	CU_ASSERT_EQUAL(id_cmp(&still[0], &olds[0]), 0);
	CU_ASSERT_EQUAL(id_cmp(&still[1], &olds[2]), 0);
}

static void a_mail_is_no_delivery_to_be_looked_at(void)
{
	struct delivery_row r;
	struct error err;
	struct id id;
	bool found;

	given_an_endpoint();
	id = given(DELIVERY_FAILED, EVENT_MAIL);
	CU_ASSERT_TRUE_FATAL(delivery_find(fx_conn, 1, &id, &arena, &r, &found, &err));
	CU_ASSERT_FALSE(found);
}

static void states_have_the_names_of_the_api(void)
{
	enum delivery_state s;

	CU_ASSERT_STRING_EQUAL(delivery_state_name(DELIVERY_PENDING), "pending");
	CU_ASSERT_TRUE(delivery_state_by_name("delivered", &s) && s == DELIVERY_DELIVERED);
	CU_ASSERT_TRUE(delivery_state_by_name("failed", &s) && s == DELIVERY_FAILED);
	CU_ASSERT_FALSE(delivery_state_by_name("ok", &s));
}

static CU_TestInfo tests[] = {
	{"pages have no gap and no repeat", pages_have_no_gap_and_no_repeat},
	{"a page is filtered by state and event", a_page_is_filtered_by_state_and_event},
	{"a page that finds little stops and goes on from its cursor",
	 a_page_that_finds_little_stops_and_goes_on_from_its_cursor},
	{"a repeat is of the same event and goes where the endpoint is now",
	 a_repeat_is_of_the_same_event_and_goes_where_the_endpoint_is_now},
	{"a repeat of a run's own webhook is a delivery of that run", a_repeat_of_a_run_s_own_webhook_is_a_delivery_of_that_run},
	{"what failed is found until it is repeated, and again when that fails, too",
	 what_failed_is_found_until_it_is_repeated_and_again_when_that_fails_too},
	{"what failed in a long log is found in several looks", what_failed_in_a_long_log_is_found_in_several_looks},
	{"what failed earlier is not found", what_failed_earlier_is_not_found},
	{"of those that failed only what nobody has repeated is still failed",
	 of_those_that_failed_only_what_nobody_has_repeated_is_still_failed},
	{"a mail is no delivery to be looked at", a_mail_is_no_delivery_to_be_looked_at},
	{"states have the names of the API", states_have_the_names_of_the_api},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo deliveries_suite = {"deliveries", open_suite, close_suite, NULL, NULL, tests};
