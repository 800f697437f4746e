#include "core/allowed.h"

#include <stdio.h>

#include "agents/integration_name.h"

bool allowed_subscription(const struct manifest *m, enum subscription_status s, struct error *err)
{
	if (s == SUB_ACTIVE || s == SUB_TRIALING)
		return true;
	return err_set(err, ERR_FORBIDDEN, "The subscription to %s is %s; it must be active or trialing",
	               m->name, s == SUB_NONE ? "missing" : subscription_name(s));
}

static bool has_inline_data(const struct manifest *m, struct json_object *input)
{
	unsigned i;

	for (i = 0; i < m->inline_count; i++)
		if (json_object_object_get_ex(input, m->inline_data[i], NULL))
			return true;
	return false;
}

bool allowed_connections(const struct manifest *m, struct json_object *input,
                         bool (*connected)(const void *ctx, const char *integration), const void *ctx,
                         struct error *err)
{
	char name[INTEGRATION_NAME_SIZE];
	unsigned i;

	if (m->required_count == 0 || has_inline_data(m, input))
		return true;
	for (i = 0; i < m->required_count; i++) {
		if (connected(ctx, m->required[i]))
			continue;
		integration_name(m->required[i], name);
		err_set(err, ERR_INTEGRATION_NOT_CONNECTED, "%s not connected. User must connect at /connections", name);
		snprintf(err->integration, sizeof err->integration, "%s", m->required[i]);
		return false;
	}
	return true;
}
