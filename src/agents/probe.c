/* The probe: an agent that does what its input says and nothing else, for tests and benchmarks.
 * It costs a few microseconds, so that what is measured is the platform. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agents/builtins.h"
#include "base/json.h"

#define SIZE_MAX_BYTES  (16 << 20)
#define STEPS_MAX       10000
#define SLEEP_MAX_MS    3600000
#define TOKENS_MAX      INT64_C(1000000000)

struct probe {
	int64_t sleep_ms, steps, size, fail_attempts;
	const char *fail;
	struct json_object *payload, *calls;
};

const char *const probe_settings[] = {
	"payload", "sleep_ms", "steps", "size", "fail", "fail_attempts", "model_calls", NULL};

static bool take(struct json_object *in, struct probe *p, struct error *err)
{
	struct json_object *payload = NULL;

	if (json_object_object_get_ex(in, "payload", &payload))
		p->payload = payload;
	return json_get_int(in, "input_payload", "sleep_ms", 0, SLEEP_MAX_MS, &p->sleep_ms, err) &&
	       json_get_int(in, "input_payload", "steps", 0, STEPS_MAX, &p->steps, err) &&
	       json_get_int(in, "input_payload", "size", 0, SIZE_MAX_BYTES, &p->size, err) &&
	       json_get_int(in, "input_payload", "fail_attempts", 0, INT64_MAX, &p->fail_attempts, err) &&
	       json_get_arr(in, "input_payload", "model_calls", &p->calls, err) &&
	       json_get_str(in, "input_payload", "fail", &p->fail, err);
}

/* What the input does not say the manifest's settings may. */
static bool read_input(const struct agent_ctx *ctx, struct probe *p, struct error *err)
{
	*p = (struct probe){.fail_attempts = INT64_MAX};
	return (!ctx->settings || take(ctx->settings, p, err)) && take(ctx->input, p, err);
}

/* Steps are spread over the time that is slept. */
static bool pass_time(struct agent_ctx *ctx, const struct probe *p, struct error *err)
{
	char name[40];
	int64_t i, slept = 0;

	for (i = 0; i < p->steps; i++) {
		int64_t until = p->sleep_ms * i / p->steps;

		if (until > slept && !ctx->host->wait(ctx->host_data, until - slept))
			return err_set(err, ERR_CANCELLED, "The probe was stopped");
		slept = until;
		snprintf(name, sizeof name, "step %" PRId64, i + 1);
		ctx->host->step(ctx->host_data, "log", name, NULL, 0, 0);
	}
	if (p->sleep_ms > slept && !ctx->host->wait(ctx->host_data, p->sleep_ms - slept))
		return err_set(err, ERR_CANCELLED, "The probe was stopped");
	return true;
}

/* No model is called: tokens are reserved, and as many of them used as the input says. */
static bool call_model(struct agent_ctx *ctx, struct json_object *call, int64_t *total, struct error *err)
{
	static const char path[] = "input_payload.model_calls";
	int64_t reserve = 0, use = 0, sleep_ms = 0;

	if (!json_get_int(call, path, "reserve", 0, TOKENS_MAX, &reserve, err) ||
	    !json_get_int(call, path, "use", 0, TOKENS_MAX, &use, err) ||
	    !json_get_int(call, path, "sleep_ms", 0, SLEEP_MAX_MS, &sleep_ms, err) ||
	    !ctx->host->reserve_tokens(ctx->host_data, reserve, err))
		return false;
	if (sleep_ms > 0 && !ctx->host->wait(ctx->host_data, sleep_ms)) {
		ctx->host->settle_tokens(ctx->host_data, 0, NULL);
		return err_set(err, ERR_CANCELLED, "The probe was stopped");
	}
	if (!ctx->host->settle_tokens(ctx->host_data, use, err))
		return false;
	ctx->host->step(ctx->host_data, "model", "probe", NULL, use, sleep_ms);
	*total += use;
	return true;
}

static bool call_models(struct agent_ctx *ctx, const struct probe *p, int64_t *total, struct error *err)
{
	size_t i, n = p->calls ? json_object_array_length(p->calls) : 0;

	*total = 0;
	for (i = 0; i < n; i++)
		if (!call_model(ctx, json_object_array_get_idx(p->calls, i), total, err))
			return false;
	return true;
}

static bool fail(const struct probe *p, unsigned attempt, struct error *err)
{
	err_set(err, ERR_EXECUTION_FAILED, "The probe failed in attempt %u, as it was told", attempt);
	if (err)
		err->retryable = strcmp(p->fail, "retryable") == 0;
	return false;
}

/* Exactly size bytes of JSON where size leaves room for the filler. */
static void write_output(const struct probe *p, unsigned attempt, int64_t tokens, struct buf *out)
{
	static const char filler[] = ",\"filler\":\"";
	char block[1024];
	struct json_out w;
	size_t want = (size_t)p->size, n;

	json_begin(&w, out);
	json_obj_open(&w, NULL);
	json_put_int(&w, "attempt", attempt);
	json_put_value(&w, "payload", p->payload);
	if (p->calls)
		json_put_int(&w, "tokens", tokens);
	if (want > out->len + sizeof filler + 1) {
		n = want - out->len - (sizeof filler - 1) - 2;
		buf_add(out, filler, sizeof filler - 1);
		memset(block, 'x', sizeof block);
		for (; n > 0 && !out->failed; n -= n < sizeof block ? n : sizeof block)
			buf_add(out, block, n < sizeof block ? n : sizeof block);
		buf_addc(out, '"');
	}
	json_obj_close(&w);
}

bool probe_run(struct agent_ctx *ctx, struct agent_result *result, struct error *err)
{
	struct probe p;
	int64_t tokens;

	if (!read_input(ctx, &p, err) || !call_models(ctx, &p, &tokens, err) || !pass_time(ctx, &p, err))
		return false;
	if (p.fail && (int64_t)ctx->attempt <= p.fail_attempts)
		return fail(&p, ctx->attempt, err);
	write_output(&p, ctx->attempt, tokens, &result->output);
	snprintf(result->summary, sizeof result->summary, "Probed | attempt %u | %" PRId64 " steps",
	         ctx->attempt, p.steps);
	return true;
}
