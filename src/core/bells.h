/* Whom a doorbell reaches and what it says. A message is one byte of kind, then 16-byte execution ids. A lost one costs
 * time, never work: everybody also looks by themselves. */
#ifndef AGENTIV_CORE_BELLS_H
#define AGENTIV_CORE_BELLS_H

#include "base/doorbell.h"

/* The doorbell of a process is named after its program. */
#define RESPONDER_PROGRAM "agentiv.fcgi"
#define WORKER_PROGRAM    "agentiv-worker"
#define SENDER_PROGRAM    "agentiv-webhookd"

enum bell {
	BELL_WORK = 'w',         /* worker, sender: something is ready */
	BELL_ENDED = 'e',        /* responder: these have ended */
	BELL_CANCEL = 'c',       /* worker: look at the cancel flags */
	BELL_FORGET = 'f'        /* responder: forget what was granted */
};

/* One process of the program, or all of them, of this host: there is work. NULL rings nobody. */
static inline void ring_for_work(struct doorbell_ringer *r, const char *program)
{
	static const char work = BELL_WORK;

	if (r)
		doorbell_ring_any(r, program, &work, sizeof work);
}

#endif
