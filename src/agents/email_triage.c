/* email-triage: sorts the newest mail into what needs its reader and what does not, with a reason for
 * each. Nothing is deleted, sent or opened; what it does can be undone. */
#include "agents/email_triage.h"

#include <inttypes.h>
#include <stdio.h>

#include "agents/builtins.h"
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
	bool ok;

	t->ctx = &ctx;
	arena_init(&t->arena);
	ok = triage_read_options(t, err) && triage_read_query(t, err);
	release(t);
	return ok;
}

static bool decide(struct triage *t, struct error *err)
{
	int64_t started;

	if (!triage_gather(t, err) || !triage_remember(t, err))
		return false;
	started = clock_mono_us();
	triage_decide(t);
	log_decisions(t, started);
	return true;
}

bool email_triage_run(struct agent_ctx *ctx, struct agent_result *result, struct error *err)
{
	struct triage *t = mem_zalloc(sizeof *t);
	bool resumed = false, ok;

	t->ctx = ctx;
	t->me = "";
	arena_init(&t->arena);
	ok = triage_read_options(t, err) && triage_read_query(t, err) && triage_open(t, err) &&
	     triage_resume(t, &resumed, err) && (resumed || decide(t, err)) &&
	     triage_act(t, resumed, err);
	if (ok)
		triage_write(t, result);
	release(t);
	return ok;
}
