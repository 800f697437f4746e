/* Endpoints (store/endpoints.h), what of them is told to whatever makes an event, and how an event becomes deliveries. */
#include "outbox_fixture.h"

#include "base/clock.h"
#include "core/endpoints.h"
#include "store/accounts.h"
#include "store_suites.h"

#define SUCCESS (1u << EVENT_RUN_SUCCESS)
#define FAILURE (1u << EVENT_RUN_FAILED)
#define FIRED   (1u << EVENT_SCHEDULE_FIRED)

static void given_accounts(void)
{
	fx_empty();
	fx_account(1, -1);
	fx_account(2, -1);
}

static void run_sql(const char *sql)
{
	struct error err = {0};

	CU_ASSERT_TRUE_FATAL(db_run_text(fx_conn, sql, &err));
}

static int64_t mask(void)
{
	return fx_number("SELECT endpoint_events FROM account_quota WHERE account_id = 1");
}

static void change(const char *sql, const struct id *endpoint)
{
	struct db_arg arg = db_id(endpoint);
	struct error err = {0};

	CU_ASSERT_TRUE_FATAL(db_exec(fx_conn, sql, &arg, 1, NULL, &err));
}

/* As whoever changes an endpoint does. */
static void mask_updated(void)
{
	struct error err;

	CU_ASSERT_TRUE_FATAL(endpoint_events_update(fx_conn, 1, &err));
}

static int64_t deliveries_to(struct id endpoint)
{
	return fx_number_of("SELECT COUNT(*) FROM deliveries WHERE endpoint_id = ?", &endpoint);
}

/* ---- what is told of them ---- */

static void an_account_s_endpoints_are_told_as_the_union_of_what_they_want(void)
{
	given_accounts();
	CU_ASSERT_EQUAL(mask(), 0);
	ox_endpoint(1, SUCCESS);
	ox_endpoint(1, FAILURE | SUCCESS);
	ox_endpoint(2, FIRED);
	CU_ASSERT_EQUAL(mask(), SUCCESS | FAILURE);
	run_sql("UPDATE endpoints SET enabled = 0 WHERE events = 3");
	mask_updated();
	CU_ASSERT_EQUAL(mask(), SUCCESS);
	run_sql("DELETE FROM endpoints WHERE account_id = 1");
	mask_updated();
	CU_ASSERT_EQUAL(mask(), 0);
}

static void nothing_is_told_of_them_while_the_plan_lacks_webhooks(void)
{
	static const int64_t no = 0, plans = LIMIT_OF_PLAN;
	struct plan_overrides without = {.webhooks = &no}, own = {.webhooks = &plans};
	struct error err = {0};

	given_accounts();
	ox_endpoint(1, SUCCESS);
	CU_ASSERT_TRUE(account_set_plan(fx_db, 1, "enterprise", &without, fx_audit(), &err));
	CU_ASSERT_EQUAL(mask(), 0);
	CU_ASSERT_TRUE(account_set_plan(fx_db, 1, "enterprise", &own, fx_audit(), &err));
	CU_ASSERT_EQUAL(mask(), SUCCESS);
	CU_ASSERT_TRUE(account_set_plan(fx_db, 1, "starter", NULL, fx_audit(), &err));
	CU_ASSERT_EQUAL(mask(), 0);
}

/* ---- from event to delivery ---- */

static void a_run_that_no_endpoint_wants_to_hear_of_leaves_nothing_to_be_sent(void)
{
	given_accounts();
	ox_run_ended_at(true, NULL);
	ox_endpoint(1, FAILURE | FIRED);
	ox_run_ended_at(true, NULL);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM outbox"), 0);
	ox_run_ended_at(false, NULL);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM outbox WHERE fanout = 1"), 1);
}

static void each_endpoint_that_wants_an_event_is_given_a_delivery_by_the_claim(void)
{
	struct id run, wants, other, off, late, anothers;

	given_accounts();
	wants = ox_endpoint(1, SUCCESS);
	other = ox_endpoint(1, FAILURE);
	off = ox_endpoint(1, SUCCESS);
	late = ox_endpoint(1, SUCCESS);
	anothers = ox_endpoint(2, SUCCESS);
	change("UPDATE endpoints SET enabled = 0 WHERE id = ?", &off);
	change("UPDATE endpoints SET created_at = 9000000000000 WHERE id = ?", &late);
	run = ox_run_ended_at(true, NULL);
	CU_ASSERT_EQUAL(ox_fan_out(), 1);
	CU_ASSERT_EQUAL(deliveries_to(wants), 1);
	CU_ASSERT_EQUAL(deliveries_to(other) + deliveries_to(off) + deliveries_to(late) + deliveries_to(anothers), 0);
	CU_ASSERT_EQUAL(fx_number_of("SELECT COUNT(*) FROM deliveries WHERE event_id = ? AND execution_id = event_id AND state = 0"
	                             " AND account_id = 1 AND event = 0", &run), 1);
	/* the event's own row is gone, its delivery's is there */
	CU_ASSERT_EQUAL(fx_number_of("SELECT COUNT(*) FROM outbox WHERE delivery_id = ?", &run), 0);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM outbox o JOIN deliveries d ON d.id = o.delivery_id WHERE o.fanout = 0"), 1);
}

/* With all that it is sent by. */
static void is_of(const struct delivery *d, struct id run, struct id endpoint)
{
	CU_ASSERT_TRUE(d->has_endpoint && id_cmp(&d->endpoint_id, &endpoint) == 0);
	CU_ASSERT_EQUAL(id_cmp(&d->event_id, &run), 0);
	CU_ASSERT_EQUAL(d->account_id, 1);
	CU_ASSERT_EQUAL(d->attempts, 0);
	CU_ASSERT_PTR_NULL(d->url);
	CU_ASSERT_PTR_NOT_NULL_FATAL(d->target);
	CU_ASSERT_STRING_EQUAL(d->target->url, "https://example.com/endpoint");
	CU_ASSERT_EQUAL(d->target->secret_len, 6);
	CU_ASSERT_PTR_NULL(d->target->previous);
	CU_ASSERT_PTR_NOT_NULL(d->run);
}

static void a_run_s_own_webhook_goes_on_beside_its_endpoints_deliveries(void)
{
	struct delivery d[3];
	struct id run, endpoint;
	int64_t next;

	given_accounts();
	endpoint = ox_endpoint(1, SUCCESS);
	run = ox_run_ended(true);
	CU_ASSERT_EQUAL_FATAL(ox_claim(d, 3, clock_now_ms(), &next), 2);
	CU_ASSERT_EQUAL(id_cmp(&d[0].id, &run), 0);
	is_of(&d[1], run, endpoint);
}

static void an_event_s_deliveries_are_leased_as_they_are_made(void)
{
	struct delivery d[3];
	struct delivery_result r;
	int64_t next;

	given_accounts();
	ox_endpoint(1, SUCCESS);
	ox_run_ended_at(true, NULL);
	CU_ASSERT_EQUAL_FATAL(ox_claim(d, 3, clock_now_ms(), &next), 1);
	CU_ASSERT_EQUAL(fx_number_of("SELECT COUNT(*) FROM outbox WHERE delivery_id = ? AND token IS NOT NULL", &d[0].id), 1);
	/* nobody else gets it, and its record is taken */
	CU_ASSERT_EQUAL(ox_claim(&d[1], 2, clock_now_ms() + 1, &next), 0);
	r = ox_result(&d[0], DELIVERY_DELIVERED);
	ox_record(&r, 1);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM outbox"), 0);
	CU_ASSERT_EQUAL(fx_number_of("SELECT state FROM deliveries WHERE id = ?", &d[0].id), DELIVERY_DELIVERED);
}

static void many_events_become_deliveries_in_few_statements(void)
{
	struct delivery d[DB_LIST_MAX];
	uint64_t before;
	int64_t next;
	unsigned i;

	given_accounts();
	ox_endpoint(1, SUCCESS);
	for (i = 0; i < DB_LIST_MAX; i++)
		ox_run_ended_at(true, NULL);
	before = db_counters(fx_db).statements;
	CU_ASSERT_EQUAL(ox_claim(d, DB_LIST_MAX, clock_now_ms(), &next), DB_LIST_MAX);
	/* a look, BEGIN, one to pick, runs, endpoints, two lists to make, one to remove, COMMIT */
	CU_ASSERT(db_counters(fx_db).statements - before <= 9);
}

static void those_for_which_a_claim_has_no_room_are_due(void)
{
	struct id run, endpoints[3];
	struct delivery d[3];
	unsigned i, n;
	int64_t next;

	given_accounts();
	for (i = 0; i < 3; i++)
		endpoints[i] = ox_endpoint(1, SUCCESS);
	run = ox_run_ended(true);
	CU_ASSERT_EQUAL_FATAL(ox_claim(d, 2, clock_now_ms(), &next), 2);
	CU_ASSERT_EQUAL(id_cmp(&d[0].id, &run), 0);
	is_of(&d[1], run, endpoints[0]);
	n = ox_claim(d, 3, clock_now_ms() + 1, &next);
	CU_ASSERT_EQUAL_FATAL(n, 2);
	is_of(&d[0], run, endpoints[1]);
	is_of(&d[1], run, endpoints[2]);
}

static void a_claim_makes_no_more_deliveries_than_it_can_and_leaves_other_events_to_the_next(void)
{
	static const char many[] =
		"INSERT INTO endpoints (id, account_id, url, description, events, secret, enabled, disabled_reason, created_at,"
		" updated_at) SELECT UNHEX(LPAD(HEX(x.d + 10 * y.d + 100 * z.d), 32, '0')), 1, 'https://e.com', '', 1, 's', 1, 0, 1, 1"
		" FROM (" "SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5"
		" UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) x,"
		" (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5"
		" UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) y,"
		" (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5) z";
	unsigned claims, made = 0;

	given_accounts();
	run_sql(many);
	mask_updated();
	ox_run_ended_at(true, NULL);
	ox_run_ended_at(true, NULL);
	CU_ASSERT_EQUAL(ox_fan_out(), 600);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM outbox WHERE fanout = 1 AND token IS NULL"), 1);
	for (claims = 0; claims < 10 && made == 0; claims++)
		made = ox_fan_out();
	CU_ASSERT_EQUAL(made, 600);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(DISTINCT event_id, endpoint_id) FROM deliveries"), 1200);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM outbox WHERE fanout = 1"), 0);
}

/* ---- given up by senders ---- */

static bool given_up_at(const char *url, struct id endpoint, enum endpoint_disabled why, int64_t failing_since)
{
	struct hopeless found = {why, url, failing_since};
	struct error err = {0};
	bool done;

	CU_ASSERT_TRUE_FATAL(endpoints_give_up(fx_db, 1, &endpoint, &found, &done, &err));
	return done;
}

static bool given_up(struct id endpoint, enum endpoint_disabled why, int64_t failing_since)
{
	return given_up_at("https://example.com/endpoint", endpoint, why, failing_since);
}

static void one_whose_url_was_changed_meanwhile_is_not_given_up(void)
{
	given_accounts();
	CU_ASSERT_FALSE(given_up_at("https://example.com/old", ox_endpoint(1, SUCCESS), DISABLED_GONE, 0));
	CU_ASSERT_EQUAL(mask(), SUCCESS);
}

static void one_that_is_gone_is_disabled_once_and_told_in_the_audit_log(void)
{
	struct id endpoint;

	given_accounts();
	endpoint = ox_endpoint(1, SUCCESS);
	CU_ASSERT_TRUE(given_up(endpoint, DISABLED_GONE, 0));
	CU_ASSERT_FALSE(given_up(endpoint, DISABLED_GONE, 0));
	CU_ASSERT_EQUAL(fx_number_of("SELECT COUNT(*) FROM endpoints WHERE id = ? AND enabled = 0 AND disabled_reason = 1"
	                             " AND disabled_at > 0", &endpoint), 1);
	CU_ASSERT_EQUAL(mask(), 0);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM audit_log WHERE action = 'webhook.disable'"), 1);
}

static void one_that_has_succeeded_meanwhile_is_not_given_up_for_failing(void)
{
	struct id endpoint;

	given_accounts();
	endpoint = ox_endpoint(1, SUCCESS);
	CU_ASSERT_FALSE(given_up(endpoint, DISABLED_FAILING, 1000));
	change("UPDATE endpoints SET failing_since = 1000 WHERE id = ?", &endpoint);
	CU_ASSERT_TRUE(given_up(endpoint, DISABLED_FAILING, 1000));
	CU_ASSERT_EQUAL(fx_number_of("SELECT disabled_reason FROM endpoints WHERE id = ?", &endpoint), DISABLED_FAILING);
}

static void one_that_was_deleted_cannot_be_given_up(void)
{
	given_accounts();
	CU_ASSERT_FALSE(given_up(id_make(), DISABLED_GONE, 0));
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM audit_log"), 0);
}

static CU_TestInfo tests[] = {
	{"an account's endpoints are told as the union of what they want",
	 an_account_s_endpoints_are_told_as_the_union_of_what_they_want},
	{"nothing is told of them while the plan lacks webhooks", nothing_is_told_of_them_while_the_plan_lacks_webhooks},
	{"a run that no endpoint wants to hear of leaves nothing to be sent",
	 a_run_that_no_endpoint_wants_to_hear_of_leaves_nothing_to_be_sent},
	{"each endpoint that wants an event is given a delivery by the claim",
	 each_endpoint_that_wants_an_event_is_given_a_delivery_by_the_claim},
	{"a run's own webhook goes on beside its endpoints' deliveries",
	 a_run_s_own_webhook_goes_on_beside_its_endpoints_deliveries},
	{"an event's deliveries are leased as they are made", an_event_s_deliveries_are_leased_as_they_are_made},
	{"many events become deliveries in few statements", many_events_become_deliveries_in_few_statements},
	{"those for which a claim has no room are due", those_for_which_a_claim_has_no_room_are_due},
	{"a claim makes no more deliveries than it can, and leaves other events to the next",
	 a_claim_makes_no_more_deliveries_than_it_can_and_leaves_other_events_to_the_next},
	{"one that is gone is disabled once, and told in the audit log",
	 one_that_is_gone_is_disabled_once_and_told_in_the_audit_log},
	{"one that has succeeded meanwhile is not given up for failing",
	 one_that_has_succeeded_meanwhile_is_not_given_up_for_failing},
	{"one whose URL was changed meanwhile is not given up", one_whose_url_was_changed_meanwhile_is_not_given_up},
	{"one that was deleted cannot be given up", one_that_was_deleted_cannot_be_given_up},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo endpoints_suite = {"endpoints", fx_open, fx_close, NULL, NULL, tests};
