/* How often a daemon looks for what no doorbell told it of: often while things happen, seldom while nothing does, so that
 * an idle installation sleeps. What a look finds although no doorbell rang (it came from another host, or the datagram was
 * lost) shows that here work is found by looking: then the looks stay close for PACE_UNTOLD_US. One thread's. */
#ifndef AGENTIV_CORE_PACE_H
#define AGENTIV_CORE_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define PACE_ACTIVE_US INT64_C(30000000)     /* after the start, and after whatever happened */
#define PACE_UNTOLD_US INT64_C(3600000000)
#define PACE_SETTLE_US INT64_C(3000000)      /* after the start, until everybody knows whom to ring */

struct pace {
	int64_t close_us, far_us;       /* between two looks */
	int64_t settled_us, close_until_us;
	bool    told;                   /* since the last look */
};

/* far_ms below close_ms: all looks are close_ms apart. Times here and below are clock_mono_us. */
void pace_init(struct pace *p, int64_t close_ms, int64_t far_ms, int64_t now_us);
/* A doorbell rang, or the work is of the process's own making: that the next look finds some is no surprise. */
void pace_told(struct pace *p, int64_t now_us);
/* After a look, and whether it found work: when the next one is due. */
int64_t pace_next(struct pace *p, bool found, int64_t now_us);

#endif
