/* Deadlines in sentences: "by Friday", "before 5 pm tomorrow", "due 15 March", "within 48 hours". */
#ifndef AGENTIV_AGENTS_EMAIL_TRIAGE_WHEN_H
#define AGENTIV_AGENTS_EMAIL_TRIAGE_WHEN_H

#include "agents/email_triage_text.h"
#include "base/zone.h"

/* The earliest deadline that the sentences name; false when they name none. Relative words are taken
 * from base_ms, when the mail was written, in the zone. A day without a time ends at 23:59:59, the end
 * of business is 17:00. Whether 3/4 is 4 March tells the zone's name. asks: the
 * sentence that asks for something, where a bare "today" is a deadline too; may be NULL. Notes in each
 * sentence the earliest time that it names and that had not gone by (at_ms, from_ms). */
bool when_deadline(struct sentences *s, const struct sentence *asks, const struct zone *zone,
                   int64_t base_ms, int64_t *deadline_ms);

#endif
