/* The catalogue of events. Its examples are made by what makes the bodies of webhooks. */
#include "core/webhook.h"

#include <string.h>

#define EXAMPLE_MAX 4096

static const int64_t example_ms = INT64_C(1736920807000);      /* 2025-01-15T06:00:07Z */
static const struct id example = {.b = {0x01, 0x94, 0x69, 0x0c, 0xd9, 0xd8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}};

static struct execution example_run(void)
{
	return (struct execution){.id = example, .account_public_id = example, .agent = "email-triage", .has_tokens = true,
	                          .tokens_used = 4821, .has_duration = true, .duration_ms = 7340, .completed_at = example_ms};
}

static void success(struct buf *b)
{
	struct execution run = example_run();

	run.status = EXEC_SUCCESS;
	run.summary = "Triaged 18 emails | 2 urgent | 4 archived";
	run.output = "{\"triaged\":[],\"inbox_stats\":{\"total\":18,\"urgent\":2,\"archived\":4}}";
	run.output_len = strlen(run.output);
	webhook_body(b, EVENT_RUN_SUCCESS, &run);
}

static void failed(struct buf *b)
{
	struct execution run = example_run();

	run.status = EXEC_FAILED;
	run.error_code = err_name(ERR_EXECUTION_FAILED);
	run.error_message = "The mail server does not answer";
	webhook_body(b, EVENT_RUN_FAILED, &run);
}

static void fired(struct buf *b)
{
	struct schedule_event e = {.schedule_id = example, .user_id = example, .execution = &example, .agent = "email-triage",
	                           .scheduled_for = example_ms - 7000, .timestamp = example_ms};

	webhook_schedule_body(b, &e);
}

static void disconnected(struct buf *b)
{
	webhook_disconnected_body(b, "gmail", &example, "The mail server refused the login: the name or the password is wrong",
	                          example_ms);
}

static void test(struct buf *b)
{
	webhook_test_body(b, &example, &example, example_ms);
}

static const struct { enum event_type event; const char *about; void (*make)(struct buf *b); } catalogue[] = {
	{EVENT_RUN_SUCCESS, "Agent completed successfully", success},
	{EVENT_RUN_FAILED, "Agent failed after all retries", failed},
	{EVENT_SCHEDULE_FIRED, "Scheduled job started, or could not be started (execution_id is null then)", fired},
	{EVENT_INTEGRATION_DISCONNECTED, "OAuth token expired or revoked, or a login refused for good", disconnected},
	{EVENT_WEBHOOK_TEST, "Sent when a test is asked for, whatever an endpoint is registered for", test},
};

void webhook_catalogue_put(struct json_out *w, const char *key)
{
	struct buf b;
	unsigned i;

	buf_init(&b, EXAMPLE_MAX);
	json_arr_open(w, key);
	for (i = 0; i < sizeof catalogue / sizeof *catalogue; i++) {
		buf_reset(&b);
		catalogue[i].make(&b);
		json_obj_open(w, NULL);
		json_put_str(w, "event", event_type_name(catalogue[i].event));
		json_put_str(w, "description", catalogue[i].about);
		json_put_bool(w, "selectable", catalogue[i].event != EVENT_WEBHOOK_TEST);
		json_put_raw(w, "example", b.data, b.len);
		json_obj_close(w);
	}
	json_arr_close(w);
	buf_release(&b);
}
