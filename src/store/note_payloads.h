/* What notifications say: JSON objects of at most NOTE_PAYLOAD_MAX bytes. Texts of others are cut between characters.
 *
 * Ownership: appended to a buffer of the caller's. */
#ifndef AGENTIV_STORE_NOTE_PAYLOADS_H
#define AGENTIV_STORE_NOTE_PAYLOADS_H

#include "base/buf.h"
#include "base/id.h"
#include "store/notifications.h"

#define NOTE_TEXT_MAX 400      /* bytes of a summary, message, reason or description */

/* run_success, run_failed. NULL: unknown; duration_ms -1: it never started. */
struct note_run {
	struct id id;
	const char *agent, *summary, *error_code, *error_message;
	int64_t duration_ms;
};
void note_put_run(struct buf *b, const struct note_run *r);
void note_put_endpoint(struct buf *b, const struct id *endpoint, const char *url, const char *description,
                       const char *reason);
void note_put_disconnected(struct buf *b, const char *integration, const char *reason);
/* agent NULL: the trial of every agent. */
void note_put_trial(struct buf *b, const char *agent, int64_t trial_ends_at);
/* overage: what comes now is accepted and counted. */
void note_put_quota(struct buf *b, int64_t used, int64_t limit, int64_t month_start, bool overage);
void note_put_schedule(struct buf *b, const char *agent, const struct id *schedule, int64_t failures);

#endif
