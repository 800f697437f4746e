/* A page in tokens, as the HTML Standard's tokenizer takes it apart (WHATWG HTML 13.2.5): tags with the attributes that
 * matter to a reader of mail, and text. What is no token for a reader (comments, declarations, the contents of
 * scripts and their like) is passed over. Time is linear in the page, nothing is allocated, and nothing is an error.
 *
 * Ownership: tokens point into the page, which must outlive them. */
#ifndef AGENTIV_INTEGRATIONS_MAIL_HTML_SCAN_H
#define AGENTIV_INTEGRATIONS_MAIL_HTML_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* A piece of the page; p NULL: absent. */
struct html_piece { const char *p; size_t n; };

enum html_attribute { HTML_CLASS, HTML_HIDDEN, HTML_HREF, HTML_ID, HTML_STYLE, HTML_TYPE, HTML_ATTRIBUTE__MAX };

enum html_kind { HTML_TEXT, HTML_START, HTML_END };

struct html_token {
	enum html_kind kind;
	struct html_piece name;          /* of a tag, as written */
	struct html_piece text;          /* of HTML_TEXT, entities undecoded */
	struct html_piece attributes[HTML_ATTRIBUTE__MAX];      /* of HTML_START; the first of a name counts */
	bool closed;                     /* "<br/>" */
};

struct html_scan { const char *p, *end; };

/* The next token; false at the end. After the start of a script, style sheet or another element whose content is no
 * markup the scan goes on behind that content. */
bool html_next(struct html_scan *s, struct html_token *t);

/* Appends text with its character references decoded (13.2.5.72 to 13.2.5.80): numbers, and the names of HTML 4. */
void html_decode(struct buf *out, const char *p, size_t n);
/* The code point that a name stands for, 0: none (mail_html_entity.c). */
uint32_t html_entity(const char *name, size_t n);

#endif
