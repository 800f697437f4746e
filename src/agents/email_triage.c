/* email-triage: sorts the newest mail into what needs its reader and what does not, with a reason for
 * each. Nothing is deleted, sent or opened; what it does can be undone. */
#include "agents/email_triage.h"

#include <inttypes.h>
#include <stdio.h>

#include "agents/builtins.h"
#include "agents/email_triage_query.h"
#include "base/clock.h"
#include "base/mem.h"

static void log_decisions(struct triage *t, int64_t started_us)
{
	char detail[100];
	unsigned urgent = 0, archive = 0, i;

	for (i = 0; i < t->count; i++) {
		urgent += t->items[i].urgent;
		archive += t->items[i].archive;
	}
	snprintf(detail, sizeof detail, "{\"mails\":%u,\"urgent\":%u,\"to_archive\":%u}", t->count, urgent, archive);
	t->ctx->host->step(t->ctx->host_data, "log", "decide", detail, 0, (clock_mono_us() - started_us) / 1000);
}

static void release(struct triage *t)
{
	unsigned i;

	for (i = 0; i < t->count; i++)
		mail_release(&t->items[i].mail);
	mem_free(t->items);
	if (t->has_box)
		mailbox_close(&t->box);
	triage_release_options(t);
	arena_release(&t->arena);
	mem_free(t);
}

/* Reads the input as a run does. */
bool email_triage_check(struct json_object *input, struct error *err)
{
	struct agent_ctx ctx = {.input = input, .timezone = "UTC", .now_ms = clock_now_ms()};
	struct triage *t = mem_zalloc(sizeof *t);
	struct query q;
	bool ok;

	t->ctx = &ctx;
	arena_init(&t->arena);
	ok = triage_read_options(t, err) &&
	     (t->opt.inline_data ||
	      query_parse(&t->arena, t->opt.query, t->opt.zone, t->opt.reference_ms, &q, err));
	release(t);
	return ok;
}

bool email_triage_run(struct agent_ctx *ctx, struct agent_result *result, struct error *err)
{
	struct triage *t = mem_zalloc(sizeof *t);
	int64_t started;
	bool ok;

	t->ctx = ctx;
	arena_init(&t->arena);
	ok = triage_read_options(t, err) && triage_gather(t, err);
	if (ok) {
		started = clock_mono_us();
		triage_decide(t);
		log_decisions(t, started);
		ok = triage_act(t, err);
	}
	if (ok)
		triage_write(t, result);
	release(t);
	return ok;
}
