/* Shared by the files that take mails apart. */
#ifndef AGENTIV_INTEGRATIONS_MAIL_PRIV_H
#define AGENTIV_INTEGRATIONS_MAIL_PRIV_H

#include "base/buf.h"
#include "integrations/mail.h"
#include "integrations/text_clean.h"

/* A header line as it stands in the mail. */
struct raw_header { const char *name; size_t name_len; const char *value; size_t value_len; };

/* Splits the head; returns where the body begins. Lines that are no header are left out and
 * *malformed is set. */
size_t mail_split_head(const char *raw, size_t n, struct raw_header *out, unsigned *count,
                       bool *malformed);

/* Can the body have no more than MAIL_PARTS_MAX parts, nested in no more than a bounded way? */
bool mail_within_bounds(const struct raw_header *h, unsigned count, const char *body, size_t n);

/* The addresses of a header, in the arena; the author's, and to whom answers go. */
struct mail_address *mail_address_list(struct mail *m, const struct raw_header *h, unsigned count, const char *name,
                                       unsigned *n);
void mail_take_from(struct mail *m, const struct raw_header *h, unsigned count);

/* Decodes, cleans and keeps headers and what is read from them. */
void mail_take_head(struct mail *m, const struct raw_header *h, unsigned count);

/* Reads the body under the head's MIME headers. */
void mail_take_body(struct mail *m, const struct raw_header *h, unsigned count, const char *body,
                    size_t n);

/* One line of clean text in the mail's arena. */
char *mail_line(struct arena *a, const char *text, size_t n);

#endif
