/* The reader: takes every execution that is asked for, and reads all that wait in one statement (core/group.h). A
 * row of a list costs the database a fifth of a statement of its own.
 *
 * Ownership: a job is the caller's; the reader has it from reader_submit until it calls done. */
#ifndef AGENTIV_CORE_READER_H
#define AGENTIV_CORE_READER_H

#include "core/group.h"
#include "core/runs.h"

struct read_job {
	struct group_job group;      /* first; the reader's */
	struct id id;
	uint64_t  account_id;
	/* Called once, from one of the reader's threads, and must not wait for the peer. err NULL: e, with its
	 * strings, lives until it returns. An output larger than EXECUTION_OUTPUT_WHOLE is not there (output NULL,
	 * output_len its length): see run_find. ERR_NOT_FOUND for another account's. */
	void (*done)(struct read_job *job, const struct execution *e, const struct error *err);
};

struct reader;

/* threads false: reader_submit does everything itself before it returns (plain CGI). */
struct reader *reader_start(struct runs *runs, bool threads, struct error *err);
/* Thread-safe. After reader_stop began, done gets ERR_UNAVAILABLE. */
void reader_submit(struct reader *rd, struct read_job *job);
/* Answers what was submitted, then ends the threads and frees. NULL accepted. */
void reader_stop(struct reader *rd);

/* Statements and executions read by them, for /metrics. */
void reader_counts(struct reader *rd, uint64_t *batches, uint64_t *executions);

#endif
