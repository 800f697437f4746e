/* A growing byte buffer with a named ceiling (after curl's dynbuf).
 * A buffer that would pass its ceiling is marked `failed`, drops what it held
 * and takes nothing more; the caller checks once, at the end.
 *
 * Ownership: buf_release frees the memory; the struct is the caller's. */
#ifndef AGENTIV_BASE_BUF_H
#define AGENTIV_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
	char  *data;      /* always NUL-terminated when not NULL */
	size_t len;
	size_t cap;
	size_t ceiling;   /* bytes, the NUL not counted */
	bool   failed;
	bool   secret;    /* what it held is overwritten before its memory is given back, also where it grows */
};

void buf_init(struct buf *b, size_t ceiling);
void buf_init_secret(struct buf *b, size_t ceiling);
void buf_release(struct buf *b);
void buf_reset(struct buf *b);                              /* empty, memory kept */
bool buf_add(struct buf *b, const void *p, size_t n);
bool buf_adds(struct buf *b, const char *s);
bool buf_addc(struct buf *b, char c);
bool buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool buf_addvf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
bool buf_add_int(struct buf *b, long long v);               /* decimal, without printf */
bool buf_reserve(struct buf *b, size_t n);                  /* room for n more bytes */
const char *buf_str(const struct buf *b);                   /* never NULL */
char *buf_detach(struct buf *b, size_t *len);               /* caller mem_frees; buffer empty after */

#endif
