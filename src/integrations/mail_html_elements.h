/* The elements of HTML as a reader of mail meets them. */
#ifndef AGENTIV_INTEGRATIONS_MAIL_HTML_ELEMENTS_H
#define AGENTIV_INTEGRATIONS_MAIL_HTML_ELEMENTS_H

#include "integrations/mail_html_scan.h"

/* What an element is to a reader, as bits. */
enum html_trait {
	EL_IS_BLOCK = 1,          /* begins and ends on lines of its own */
	EL_IS_UNSEEN = 2,
	EL_IS_VOID = 4,           /* has no content and no end */
	EL_IS_SCOPE = 8,          /* what is inside is not closed from outside its kind */
	EL_IS_TABLE = 16,         /* closes across scopes */
	EL_CLOSES_P = 32,         /* ends an open paragraph */
	EL_OF_HEAD = 64,          /* may stand in a head without ending it */
	EL_IS_PARA = EL_IS_BLOCK | EL_CLOSES_P
};

/* Elements that are told from each other. */
enum html_tag {
	EL_OTHER, EL_A, EL_BLOCKQUOTE, EL_BR, EL_DD, EL_DT, EL_HEAD, EL_INPUT,
	EL_LI, EL_OPTION, EL_P, EL_TD, EL_TH, EL_TR
};

struct html_element { const char *name; enum html_tag tag; unsigned traits; };

/* NULL: of no kind of its own. */
const struct html_element *html_element(const struct html_piece *name);

#endif
