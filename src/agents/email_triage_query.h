/* The search language for mailboxes that cannot search: in:, newer_than:, older_than:, after:,
 * before:, from:, to:, subject:, is:unread and has:attachment, all of which must hold. */
#ifndef AGENTIV_AGENTS_EMAIL_TRIAGE_QUERY_H
#define AGENTIV_AGENTS_EMAIL_TRIAGE_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/zone.h"
#include "integrations/mail.h"
#include "integrations/mailbox.h"

#define QUERY_TERMS_MAX 20

enum query_kind { QUERY_FROM, QUERY_TO, QUERY_SUBJECT, QUERY_UNREAD, QUERY_ATTACHMENT };

struct query {
	struct { enum query_kind kind; const char *text; } terms[QUERY_TERMS_MAX];   /* lower case */
	unsigned count;
	int64_t after_ms, before_ms;      /* after_ms <= date < before_ms */
};

/* ERR_INVALID_INPUT with field "input_payload.query" for what is none of these. Days begin at
 * midnight in the zone. The query's strings live in a. */
bool query_parse(struct arena *a, const char *text, const struct zone *zone, int64_t reference_ms,
                 struct query *out, struct error *err);

/* date_ms is the Date header's; a mail without one fits only queries without dates. */
bool query_matches(const struct query *q, struct arena *scratch, const struct mail *m, int64_t date_ms,
                   bool unread);
/* What a server may leave out. Its strings are the query's. */
void query_filter(const struct query *q, struct mailbox_filter *out);

#endif
