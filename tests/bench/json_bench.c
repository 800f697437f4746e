/* json_bench [SECONDS]: microseconds to read a run request of 1 KB, to check it against a schema and to write an
 * answer of 1 KB, each the best of many short rounds (what the code costs, not what else the machine did). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/schema.h"

#define ROUND 2000     /* repetitions in a round */

static const char request[] =
	"{\n"
	"  \"input_payload\": {\n"
	"    \"mailbox\": \"INBOX\",\n"
	"    \"max_emails\": 50,\n"
	"    \"dry_run\": false,\n"
	"    \"min_confidence\": 0.85,\n"
	"    \"rules\": [\n"
	"      \"Archive newsletters that are older than 7 days\",\n"
	"      \"Flag invoices above 500 EUR and mails from my \\\"team\\\"\",\n"
	"      \"Mark mails from no-reply@example.com as read\"\n"
	"    ],\n"
	"    \"emails\": [\n"
	"      {\"id\": \"m-1\", \"from\": \"Ann Example <ann@example.com>\", \"subject\": \"Re: Budget for Q3\",\n"
	"       \"date\": \"2025-01-15T06:00:00Z\", \"text\": \"Hi,\\n\\nplease find the figures for the third quarter"
	" below. We are 4 % above plan; the largest item is travel.\\n\\nBest, Ann\"},\n"
	"      {\"id\": \"m-2\", \"from\": \"Billing <billing@example.net>\", \"subject\": \"Invoice 2025-0117 (\xe2\x82\xac 812,50)\",\n"
	"       \"date\": \"2025-01-15T07:30:00Z\", \"text\": \"Your invoice of 15 January is attached. Payable within 14"
	" days.\", \"unread\": true}\n"
	"    ],\n"
	"    \"labels\": {\"work\": \"Work\", \"private\": null}\n"
	"  },\n"
	"  \"async\": true,\n"
	"  \"webhook_url\": \"https://hooks.example.com/agentiv/2f6d0c1b\"\n"
	"}\n";

static const char schema_text[] =
	"{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"mailbox\"],\"properties\":{"
	"\"mailbox\":{\"type\":\"string\",\"maxLength\":200},"
	"\"max_emails\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":500},"
	"\"dry_run\":{\"type\":\"boolean\"},\"min_confidence\":{\"type\":\"number\",\"minimum\":0,\"maximum\":1},"
	"\"rules\":{\"type\":\"array\",\"maxItems\":50,\"items\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":500}},"
	"\"labels\":{\"type\":\"object\",\"additionalProperties\":{\"type\":[\"string\",\"null\"]}},"
	"\"emails\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"id\",\"from\"],\"properties\":{"
	"\"id\":{\"type\":\"string\"},\"from\":{\"type\":\"string\"},\"date\":{\"type\":\"string\",\"format\":\"date-time\"},"
	"\"subject\":{\"type\":\"string\"},\"text\":{\"type\":\"string\"},\"unread\":{\"type\":\"boolean\"}}}}}}";

static struct json_object *value;
static struct schema *schema;
static struct buf out;
static struct error err;

static void stop(const char *what)
{
	fprintf(stderr, "json_bench: %s: %s\n", what, err.message);
	exit(1);
}

static void read_request(void)
{
	static const char *const wanted[] = {"input_payload", NULL};
	struct json_object *o;
	struct json_span text;

	if (!json_read(request, sizeof request - 1, JSON_DEPTH_MAX, &o, wanted, &text, &err))
		stop("json_read");
	json_object_put(o);
}

static void check_request(void)
{
	if (!schema_check(schema, value, "input_payload", &err))
		stop("schema_check");
}

static void one_email(struct json_out *w, int n)
{
	json_obj_open(w, NULL);
	json_put_int(w, "n", n);
	json_put_str(w, "subject", "Invoice 2025-0117 (\xe2\x82\xac 812,50)");
	json_put_str(w, "action", "archived");
	json_put_num(w, "confidence", 0.93);
	json_put_str(w, "reason", "The sender is a list that you have not answered in 90 days");
	json_put_bool(w, "unread", n & 1);
	json_obj_close(w);
}

static void write_answer(void)
{
	struct json_out w;
	int i;

	buf_reset(&out);
	json_begin(&w, &out);
	json_obj_open(&w, NULL);
	json_put_bool(&w, "success", true);
	json_obj_open(&w, "data");
	json_put_str(&w, "execution_id", "exec_01JHN3M2ZK8Q4V7C5T9W1X2Y3Z");
	json_put_str(&w, "status", "success");
	json_put_time(&w, "started_at", 1736920800000);
	json_put_time(&w, "completed_at", 1736920812000);
	json_put_int(&w, "duration_ms", 12034);
	json_put_null(&w, "error");
	json_arr_open(&w, "emails");
	for (i = 0; i < 5; i++)
		one_email(&w, i);
	json_arr_close(&w);
	json_obj_close(&w);
	json_obj_close(&w);
}

static void write_tree(void)
{
	struct json_out w;

	buf_reset(&out);
	json_begin(&w, &out);
	json_put_value(&w, NULL, value);
}

static void measure(const char *what, void (*work)(void), double seconds)
{
	int64_t until = clock_mono_us() + (int64_t)(seconds * 1e6), began, took;
	double best = INFINITY;
	int i;

	do {
		began = clock_mono_us();
		for (i = 0; i < ROUND; i++)
			work();
		took = clock_mono_us() - began;
		best = fmin(best, (double)took / ROUND);
	} while (began + took < until);
	printf("%-44s %8.3f us\n", what, best);
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 1;
	struct json_object *source = NULL, *whole;
	char what[80];

	buf_init(&out, 1 << 20);
	if (!json_read(request, sizeof request - 1, JSON_DEPTH_MAX, &whole, NULL, NULL, &err) ||
	    !json_get_obj(whole, "", "input_payload", &value, &err) ||
	    !json_read(schema_text, sizeof schema_text - 1, JSON_DEPTH_MAX, &source, NULL, NULL, &err) ||
	    !(schema = schema_compile(source, &err)))
		stop("preparing");
	snprintf(what, sizeof what, "json_read, a request of %zu bytes", sizeof request - 1);
	measure(what, read_request, seconds);
	measure("schema_check, the request's input", check_request, seconds);
	write_answer();
	snprintf(what, sizeof what, "json_out, an answer of %zu bytes", out.len);
	measure(what, write_answer, seconds);
	write_tree();
	snprintf(what, sizeof what, "json_put_value, a tree of %zu bytes", out.len);
	measure(what, write_tree, seconds);
	schema_free(schema);
	json_object_put(source);
	json_object_put(whole);
	buf_release(&out);
	return 0;
}
