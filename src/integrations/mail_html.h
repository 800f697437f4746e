/* HTML as a reader sees it: text without scripts, styles and hidden elements. */
#ifndef AGENTIV_INTEGRATIONS_MAIL_HTML_H
#define AGENTIV_INTEGRATIONS_MAIL_HTML_H

#include "base/buf.h"

#define HTML_SOURCE_MAX (512u << 10)    /* bytes that are looked at */

/* Called for each link with its visible text and where it leads. */
typedef void (*html_link_fn)(void *ctx, const char *text, size_t text_len, const char *href);

/* Appends the visible text of html[0..n), in time linear in n. link may be NULL. */
void html_text(const char *html, size_t n, struct buf *out, html_link_fn link, void *ctx);

#endif
