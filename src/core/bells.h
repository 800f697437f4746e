/* Whom a doorbell reaches and what it says. A message is one byte of kind, then 16-byte execution ids, or a time. A lost
 * one costs time, never work: everybody also looks by themselves. */
#ifndef AGENTIV_CORE_BELLS_H
#define AGENTIV_CORE_BELLS_H

#include <stdint.h>

#include "base/doorbell.h"

/* The doorbell of a process is named after its program. */
#define RESPONDER_PROGRAM "agentiv.fcgi"
#define WORKER_PROGRAM    "agentiv-worker"
#define SENDER_PROGRAM    "agentiv-webhookd"
#define SCHEDULER_PROGRAM "agentiv-scheduler"

enum bell {
	BELL_WORK = 'w',         /* worker, sender: something is ready */
	BELL_LOOK = 'l',         /* worker, sender: look, there may be something that others cannot take, or will be */
	BELL_DUE = 'd',          /* worker: something will be ready at a time, which follows: bell_ring_due */
	BELL_ENDED = 'e',        /* responder: these have ended */
	BELL_CANCEL = 'c',       /* worker: look at the cancel flags */
	BELL_FORGET = 'f',       /* responder: forget what was granted */
	BELL_SECRETS = 's'       /* all: files of keys have changed, or another key is active */
};

/* Rings one process of the program on this host. NULL rings nobody. */
static inline void bell_ring(struct doorbell_ringer *r, const char *program, enum bell bell)
{
	const char message = (char)bell;

	if (r)
		doorbell_ring_any(r, program, &message, sizeof message);
}

/* Tells one process of the program of the earliest time, in milliseconds since 1970, at which something is to start. */
void bell_ring_due(struct doorbell_ringer *r, const char *program, int64_t due_ms);
/* The time that such a message tells; false when it tells none. */
bool bell_due(const void *message, size_t n, int64_t *due_ms);

/* Rings them all, but not the one behind the socket name `except` (NULL: nobody is left out). */
static inline void bell_ring_others(struct doorbell_ringer *r, const char *program, const char *except, enum bell bell)
{
	const char message = (char)bell;

	if (r)
		doorbell_ring_all(r, program, except, &message, sizeof message);
}

static inline void bell_ring_all(struct doorbell_ringer *r, const char *program, enum bell bell)
{
	bell_ring_others(r, program, NULL, bell);
}

#endif
