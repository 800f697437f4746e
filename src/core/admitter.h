/* The admitter: takes every run that asks to be accepted, and makes one transaction of all that wait (group
 * commit, core/group.h).
 *
 * Ownership: a job is the caller's; the admitter has it from admitter_submit until it calls done. */
#ifndef AGENTIV_CORE_ADMITTER_H
#define AGENTIV_CORE_ADMITTER_H

#include "base/doorbell.h"
#include "core/group.h"
#include "db/db.h"
#include "store/admission.h"

struct admit_job {
	struct group_job group;      /* first; the admitter's */
	struct admission a;
	/* Called once, from one of the admitter's threads. err NULL: a.outcome tells what became of it. */
	void (*done)(struct admit_job *job, const struct error *err);
};

struct admitter;

/* threads false: admitter_submit does everything itself before it returns (plain CGI).
 * ringer: rings a worker after a commit that made runs ready; NULL rings nobody. */
struct admitter *admitter_start(struct db *db, struct doorbell_ringer *ringer, bool threads,
                                struct error *err);
/* Thread-safe. After admitter_stop began, done gets ERR_UNAVAILABLE. */
void admitter_submit(struct admitter *ad, struct admit_job *job);
/* Answers what was submitted, then ends the threads and frees. NULL accepted. */
void admitter_stop(struct admitter *ad);

/* Batches committed and admissions in them, for /metrics. */
void admitter_counts(struct admitter *ad, uint64_t *batches, uint64_t *admissions);

#endif
