/* HTML as a reader sees it, by libgumbo: text without scripts, styles and hidden elements. */
#ifndef AGENTIV_INTEGRATIONS_MAIL_HTML_H
#define AGENTIV_INTEGRATIONS_MAIL_HTML_H

#include "base/buf.h"

#define HTML_SOURCE_MAX (512u << 10)    /* bytes that are looked at */
#define HTML_MEMORY_MAX (64u << 20)     /* bytes that its tree may take */
#define HTML_TAGS_MAX   12000           /* hostile nesting costs the square of it */
#define HTML_TIME_MAX_US 500000         /* real mail takes up to five milliseconds */

/* Called for each link with its visible text and where it leads. */
typedef void (*html_link_fn)(void *ctx, const char *text, size_t text_len, const char *href);

/* Appends the visible text of html[0..n). false, and nothing appended, when it would take more
 * than the bounds above: half a page could show what its other half hides. */
bool html_text(const char *html, size_t n, struct buf *out, html_link_fn link, void *ctx);

#endif
