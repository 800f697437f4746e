/* Accounts that want to be told, runs of theirs that end, and the mails that come of it. On top of the duties' fixture.
 *
 * Ownership: strings of a mail live until the test program ends. */
#ifndef AGENTIV_TESTS_NOTES_FIXTURE_H
#define AGENTIV_TESTS_NOTES_FIXTURE_H

#include "duty_fixture.h"
#include "store/note_payloads.h"
#include "store/notifications.h"

/* An account with any number of slots that wants these kinds, bits. */
void nx_account(uint64_t account_id, unsigned kinds);
/* So many runs of it that end in one transaction, at most 64. */
void nx_end(uint64_t account_id, unsigned n, enum run_outcome outcome);
/* Ends whatever is ready. */
void nx_end_all(enum run_outcome outcome);
int64_t nx_notes(void);       /* all that there are */

struct nx_mail {
	struct id delivery;
	struct mail_recipient to;
	struct notification_row *rows;
	unsigned count, total;
};
/* The account's mail that is to be sent, with a digest time of 15 minutes; the test fails when there is none. */
void nx_take(uint64_t account_id, struct nx_mail *m);
/* Once more, a mail that was taken. */
void nx_take_again(uint64_t account_id, const struct id *delivery, struct nx_mail *m);
/* The same, if there is one; returns what it tells, how much. Thread-safe. */
unsigned nx_take_any(uint64_t account_id);

#endif
