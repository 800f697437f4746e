#include "core/pace.h"

void pace_init(struct pace *p, int least_ms, int most_ms, int64_t now_us)
{
	*p = (struct pace){.least_us = least_ms * INT64_C(1000),
	                   .most_us = (most_ms > least_ms ? most_ms : least_ms) * INT64_C(1000),
	                   .settled_us = now_us + PACE_SETTLE_US};
	p->step_us = p->least_us;
}

void pace_told(struct pace *p)
{
	p->told = true;
}

int64_t pace_next(struct pace *p, bool found, int64_t now_us)
{
	bool settled = now_us >= p->settled_us;

	if (found && settled && !p->told)
		p->close_until_us = now_us + PACE_CLOSE_US;
	p->told = false;
	if (found || !settled || now_us < p->close_until_us)
		p->step_us = p->least_us;
	else
		p->step_us = 2 * p->step_us < p->most_us ? 2 * p->step_us : p->most_us;
	return now_us + p->step_us;
}
