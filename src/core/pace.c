#include "core/pace.h"

void pace_init(struct pace *p, int64_t close_ms, int64_t far_ms, int64_t now_us)
{
	*p = (struct pace){.close_us = close_ms * 1000,
	                   .far_us = (far_ms > close_ms ? far_ms : close_ms) * 1000,
	                   .settled_us = now_us + PACE_SETTLE_US,
	                   .close_until_us = now_us + PACE_ACTIVE_US};
}

static void stay_close(struct pace *p, int64_t until_us)
{
	if (p->close_until_us < until_us)
		p->close_until_us = until_us;
}

void pace_told(struct pace *p, int64_t now_us)
{
	p->told = true;
	stay_close(p, now_us + PACE_ACTIVE_US);
}

int64_t pace_next(struct pace *p, bool found, int64_t now_us)
{
	bool untold = found && !p->told && now_us >= p->settled_us;

	if (found)
		stay_close(p, now_us + (untold ? PACE_UNTOLD_US : PACE_ACTIVE_US));
	p->told = false;
	return now_us + (now_us < p->close_until_us ? p->close_us : p->far_us);
}
