#include "core/run_rules.h"

#include "base/clock.h"
#include "core/allowed.h"

bool run_input_check(const struct manifest *m, struct json_object *input, struct error *err)
{
	return (!m->input || schema_check(m->input, input, "input_payload", err)) && (!m->check || m->check(input, err));
}

static bool connected(const void *ctx, const char *integration)
{
	return principal_connected(ctx, integration);
}

bool run_allowed(const struct principal *p, const struct manifest *m, struct json_object *input, struct error *err)
{
	int64_t trial_ends_at;

	return allowed_subscription(m, principal_subscription(p, m->slug, clock_now_ms(), &trial_ends_at), err) &&
	       allowed_connections(m, input, connected, p, err);
}
