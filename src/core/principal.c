#include "core/principal.h"

#include <string.h>

enum subscription_status subscription_at(enum subscription_status s, int64_t trial_ends_at, int64_t now_ms)
{
	return s == SUB_TRIALING && trial_ends_at != 0 && trial_ends_at <= now_ms ? SUB_CANCELED : s;
}

enum subscription_status principal_subscription(const struct principal *p, const char *agent,
                                                int64_t now_ms, int64_t *trial_ends_at)
{
	const struct subscription *found = NULL;
	unsigned i;

	for (i = 0; i < p->subscription_count; i++) {
		const struct subscription *s = &p->subscriptions[i];

		if (strcmp(s->agent, agent) == 0) {
			found = s;
			break;
		}
		if (strcmp(s->agent, "*") == 0)
			found = s;
	}
	*trial_ends_at = found ? found->trial_ends_at : 0;
	if (!found)
		return SUB_NONE;
	return subscription_at(found->status, found->trial_ends_at, now_ms);
}

bool principal_connected(const struct principal *p, const char *integration)
{
	unsigned i;

	for (i = 0; i < p->connected_count; i++)
		if (strcmp(p->connected[i], integration) == 0)
			return true;
	return false;
}

bool principal_may_come_from(const struct principal *p, const char *address, struct error *err)
{
	struct address a;
	unsigned i;

	if (p->network_count == 0)
		return true;
	if (address && address_parse(address, &a, NULL))
		for (i = 0; i < p->network_count; i++)
			if (network_holds(&p->networks[i], &a))
				return true;
	return err_set(err, ERR_FORBIDDEN, "The API key may not be used from %.64s",
	               address && *address ? address : "an unknown address");
}
