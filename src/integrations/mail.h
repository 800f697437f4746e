/* A mail taken apart (RFC 5322, 2045–2047): headers, addresses, the text that a reader sees,
 * attachments and links. All text is clean UTF-8 (text_clean.h). Never fails: what is malformed is
 * read as far as it goes, and mail.flags say so.
 *
 * Ownership: mail_parse fills *m, everything in it lives in its arena until mail_release. A mail may
 * be parsed in any thread, and is used by one at a time. */
#ifndef AGENTIV_INTEGRATIONS_MAIL_H
#define AGENTIV_INTEGRATIONS_MAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define MAIL_TEXT_MAX        (64u << 10)   /* bytes of visible text kept */
#define MAIL_HEAD_MAX        (256u << 10)  /* bytes of headers read */
#define MAIL_HEADERS_MAX     300
#define MAIL_VALUE_MAX       (8u << 10)    /* bytes of one header value */
#define MAIL_ADDRESSES_MAX   200           /* of To, and of Cc */
#define MAIL_ATTACHMENTS_MAX 100
#define MAIL_LINKS_MAX       100
#define MAIL_PARTS_MAX       1000          /* a mail with more is read as plain text */
#define MAIL_BOUNDARIES_MAX  64            /* nesting, as far as it can be told before parsing */

struct mail_header     { const char *name, *value; };      /* decoded, unfolded; name as written */
struct mail_address    { const char *name, *addr; };       /* never NULL; addr in lower case */
struct mail_attachment { const char *name, *type; size_t size; };   /* size as transferred */
struct mail_link       { const char *text, *href; };

struct mail {
	struct arena arena;
	struct mail_header *headers;
	unsigned header_count;
	const char *subject, *message_id, *in_reply_to;        /* "" when absent; ids without <> */
	const char *thread_root;        /* the first of References, else in_reply_to, else message_id */
	struct mail_address from, reply_to;
	struct mail_address *to, *cc;
	unsigned to_count, cc_count;
	int64_t date_ms;                /* of the Date header; 0: none that can be read */
	const char *text;               /* all of it, quotations and signature included */
	size_t text_len;
	struct mail_attachment *attachments;
	unsigned attachment_count;      /* without pictures that belong to the page and signatures */
	struct mail_link *links;
	unsigned link_count;
	const char *calendar_method;    /* "REQUEST", …; "" when it holds no calendar part */
	bool malformed;                 /* not all of it could be taken apart */
	bool cut;                       /* only its beginning was given: its headers alone were read */
	bool encrypted;
	bool html_only;
};

/* raw[0..n): the mail as transferred; an mbox "From " line before it is skipped. cut: it is the beginning of one that is
 * too large; what else of it is there is not read, and the head tells whether something is attached. */
void mail_parse(struct mail *m, const char *raw, size_t n, bool cut);
void mail_release(struct mail *m);

/* The first header of this name (any case), NULL when there is none. */
const char *mail_header(const struct mail *m, const char *name);

/* What its author wrote: the text without quoted mail, attribution lines and signature. */
const char *mail_own_text(struct mail *m);

#endif
