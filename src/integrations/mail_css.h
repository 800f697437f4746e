/* As much of CSS as tells whether an element is hidden from the reader of a mail. */
#ifndef AGENTIV_INTEGRATIONS_MAIL_CSS_H
#define AGENTIV_INTEGRATIONS_MAIL_CSS_H

#include <stdbool.h>
#include <stddef.h>

#define CSS_HIDDEN_MAX 64

/* Classes and ids that a page's style sheets hide: ".preheader", "#fold", borrowed from the page. */
struct css_hidden {
	struct { const char *name; size_t n; char kind; } names[CSS_HIDDEN_MAX];
	unsigned count;
};

/* Do these declarations ("display:none; color:red") hide what they apply to? */
bool css_hides(const char *declarations, size_t n);

/* The font size that they set, in pixels; false when they set none. */
bool css_font_size(const char *declarations, size_t n, double *px);

/* Reads the style elements of html[0..n). Rules inside @media are left out: they are for other
 * screens. Selectors of one class or id are understood, with or without an element's name. */
void css_hidden_collect(struct css_hidden *h, const char *html, size_t n);

/* class and id are the element's attributes, NULL when absent. */
bool css_is_hidden(const struct css_hidden *h, const char *class, const char *id);

#endif
