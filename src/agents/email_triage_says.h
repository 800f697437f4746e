/* What a sentence says, as bits; most of them tell something only together. One pass over a sentence finds all. */
#ifndef AGENTIV_AGENTS_EMAIL_TRIAGE_SAYS_H
#define AGENTIV_AGENTS_EMAIL_TRIAGE_SAYS_H

#include "agents/email_triage_text.h"

enum says {
	/* notices of programs */
	SAYS_YOURS = 1 << 0, SAYS_THING = 1 << 1, SAYS_CHANGED = 1 << 2,      /* your password … was changed */
	SAYS_MONEY = 1 << 3, SAYS_MOVED = 1 << 4,                             /* 500 EUR … were withdrawn */
	SAYS_TROUBLE = 1 << 5,                                                /* failed, expires, denied, … */
	SAYS_SECURITY = 1 << 6,                                               /* by itself about access to an account */
	SAYS_WORK = 1 << 7, SAYS_WENT_WELL = 1 << 8,                          /* pipeline 12 … passed */
	SAYS_ROUTINE = 1 << 9,                                                /* a step of an order that asks for nothing */
	SAYS_JOURNEY = 1 << 10, SAYS_SHIFTED = 1 << 11,                       /* your flight … has been rescheduled */
	/* trouble at hand */
	SAYS_DEVICE = 1 << 12, SAYS_FAILS = 1 << 13,      /* the heating … does not work */
	SAYS_HAZARD = 1 << 14,                            /* water, smoke, gas where it should not be */
	SAYS_HARM = 1 << 15, SAYS_ILL = 1 << 16,          /* an accident, a fall, a fever; merely ill */
	SAYS_ACTOR = 1 << 17, SAYS_HELD = 1 << 18,        /* the driver … is waiting */
	SAYS_CRIME = 1 << 19,                             /* broken into, stolen */
	SAYS_COLLECT = 1 << 20,                           /* somebody is to be picked up */
	SAYS_NOW = 1 << 21,                               /* since six, currently, for 52 minutes */
	SAYS_OLD = 1 << 22,                               /* last week, in case of, a drill */
	SAYS_CALM = 1 << 23,                              /* all done, nothing left to do */
	SAYS_FUN = 1 << 24,                               /* cake, drinks, a party; a usual meeting */
	SAYS_LACKS = 1 << 25,                             /* what is needed or missing */
	/* notices that cannot wait */
	SAYS_ALARM = 1 << 26,                             /* of the highest severity, without power */
	SAYS_STOPS = 1 << 27,                             /* rejected, cancelled, expires: with a time */
	SAYS_IDLE = 1 << 28,                              /* of what is over, or waits for nobody */
	SAYS_CLUB = 1 << 29, SAYS_DUTY = 1 << 30,         /* dear parents … must be handed in */
};
#define SAYS_RELAYED (UINT32_C(1) << 31)                  /* "Ann commented:" */

/* email_triage_says.c, email_triage_says_things.c and so on; a phrase's tag is its bits */
extern const struct phrase says_notices[], says_things[], says_trouble[], says_words[], says_alarms[];
extern const size_t says_notices_count, says_things_count, says_trouble_count, says_words_count, says_alarms_count;

#endif
