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

/* What is read of a body: text of its parts, decoded and readable, not yet clean. */
#define MAIL_PLAIN_MAX (256u << 10)     /* bytes decoded of one text part */
struct mail_body {
	struct mail *m;
	struct buf plain, html;
	unsigned pages;
};
/* p[0..n): a text part without its transfer encoding. */
void mail_take_text(struct mail_body *b, const char *charset, bool html, const char *p, size_t n);
/* Is there so much of that kind that another part is not looked at? Counts pages. */
bool mail_has_read_enough(struct mail_body *b, bool html);
/* Takes a body that is one part of text; false: it is something else, or not sure. */
bool mail_take_sole_text(struct mail_body *b, const struct raw_header *h, unsigned count, const char *body, size_t n);
/* The mail's text, of what was read. */
void mail_choose_text(struct mail_body *b);

/* One line of clean text in the mail's arena. */
char *mail_line(struct arena *a, const char *text, size_t n);

#endif
