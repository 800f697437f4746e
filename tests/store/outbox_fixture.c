#include "outbox_fixture.h"

#include <string.h>

#include "base/clock.h"
#include "store/accounts.h"
#include "store/endpoints.h"
#include "store/events.h"

static struct arena claimed;

struct id ox_run_ended(bool success)
{
	return ox_run_ended_at(success, "https://example.com/hook");
}

struct id ox_run_ended_at(bool success, const char *url)
{
	struct admission a = {.account_id = 1, .agent = "echo", .lane = LANE_ASYNC, .webhook_url = url};
	struct claimed_run r;
	struct ended_run e;

	CU_ASSERT_TRUE_FATAL(fx_admit(&fx_conn, &a));
	CU_ASSERT_EQUAL_FATAL(fx_claim(&r, 1), 1);
	e = fx_ended(&r, success ? RUN_SUCCESS : RUN_FAILED);
	CU_ASSERT_TRUE_FATAL(fx_end(&e, 1));
	return a.id;
}

struct id ox_other(int64_t due_at)
{
	struct delivery_new d = {.id = id_make(), .event_id = id_make(), .account_id = 1,
	                         .event = EVENT_INTEGRATION_DISCONNECTED, .url = "https://example.com/other"};
	struct event e = {.id = d.event_id, .account_id = 1, .event = d.event, .at = due_at,
	                  .payload = "{\"event\":\"integration.disconnected\"}"};
	struct error err;

	e.payload_len = strlen(e.payload);
	CU_ASSERT_TRUE_FATAL(db_begin(fx_conn, &err));
	CU_ASSERT_TRUE_FATAL(events_insert(fx_conn, &e, 1, &err) && outbox_add(fx_conn, &d, 1, due_at, &err));
	CU_ASSERT_TRUE_FATAL(db_commit(fx_conn, &err));
	return d.id;
}

struct id ox_endpoint(uint64_t account_id, unsigned events)
{
	struct endpoint e = {.id = id_make(), .account_id = account_id, .url = "https://example.com/endpoint",
	                     .description = "", .events = events, .enabled = true, .created_at = 1, .updated_at = 1};
	struct error err;

	CU_ASSERT_TRUE_FATAL(db_begin(fx_conn, &err));
	CU_ASSERT_TRUE_FATAL(account_lock(fx_conn, account_id, &err) && endpoint_insert(fx_conn, &e, "sealed", 6, &err) &&
	                     endpoint_events_update(fx_conn, account_id, &err));
	CU_ASSERT_TRUE_FATAL(db_commit(fx_conn, &err));
	return e.id;
}

unsigned ox_fan_out(void)
{
	static struct delivery d[OUTBOX_BATCH_MAX];
	struct error err = {0};
	static const char count[] = "SELECT COUNT(*) FROM deliveries WHERE endpoint_id IS NOT NULL";
	int64_t next, before = fx_number(count);
	unsigned n, besides;

	arena_release(&claimed);
	CU_ASSERT_TRUE_FATAL(outbox_claim(fx_db, &fx_conn, true, OUTBOX_BATCH_MAX, clock_now_ms(), DELIVERY_LEASE_MS, NULL,
	                                  &claimed, d, &n, &besides, &next, &err));
	return (unsigned)(fx_number(count) - before);
}

unsigned ox_claim(struct delivery *out, unsigned max, int64_t now_ms, int64_t *next_due_ms)
{
	struct error err = {0};
	unsigned n = 0, besides;

	arena_release(&claimed);
	CU_ASSERT_TRUE_FATAL(outbox_claim(fx_db, &fx_conn, false, max, now_ms, DELIVERY_LEASE_MS, NULL, &claimed, out,
	                                  &n, &besides, next_due_ms, &err));
	return n;
}

struct delivery_result ox_result(const struct delivery *d, enum delivery_state state)
{
	int64_t now = clock_now_ms();

	return (struct delivery_result){
		.id = d->id, .account_id = d->account_id, .event = d->event, .created_at = d->created_at,
		.due_at = d->due_at, .token = d->token, .attempt = d->attempts + 1, .at = now,
		.duration_ms = 12, .status = state == DELIVERY_DELIVERED ? 200 : 503,
		.error = state == DELIVERY_DELIVERED ? NULL : "The receiver answered 503", .state = state,
		.retry_at = now + 5000};
}

void ox_record(const struct delivery_result *r, unsigned n)
{
	struct error err = {0};

	CU_ASSERT_TRUE_FATAL(outbox_record(fx_db, &fx_conn, 0, r, n, &err));
}
