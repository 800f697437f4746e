/* Text from outside made safe to read: valid UTF-8 without characters that nobody sees.
 * Zero-width and bidirectional controls, tag characters, variation selectors, soft hyphens and other
 * control characters are dropped (Unicode TR 36 on what they are misused for), exotic blanks become
 * spaces. Line ends become '\n'. */
#ifndef AGENTIV_INTEGRATIONS_TEXT_CLEAN_H
#define AGENTIV_INTEGRATIONS_TEXT_CLEAN_H

#include <stdint.h>

#include "base/buf.h"

/* Appends text[0..n), which should be UTF-8: what is not is read as windows-1252. */
void text_clean(struct buf *out, const char *text, size_t n);

/* The same on one line: every run of blanks is one space, none at the ends. */
void text_clean_line(struct buf *out, const char *text, size_t n);

/* Appends bytes in a MIME charset as UTF-8, at most max bytes of output. Unknown, absent and
 * wrong charsets never fail: what cannot be read becomes U+FFFD. */
void text_decode(struct buf *out, const char *charset, const char *p, size_t n, size_t max);

/* The code point at *p, which is moved past it; text must be valid UTF-8, end a NUL. */
uint32_t text_next(const char **p);
void text_put(struct buf *out, uint32_t code);
/* What a number stands for that says a character: those of windows-1252 for 0x80 to 0x9F, U+FFFD for none. */
uint32_t text_windows(uint32_t code);

#endif
