/* What an IMAP server says (RFC 3501 and 9051, section 9), taken apart with bounds: nothing here waits, connects or
 * allocates but for the answer's own text. Everything in it was written by somebody else.
 *
 * An answer is a line with the literals that belong to it. The framer collects one; imap_answer_read looks at it;
 * tokens are read from what is left of it.
 *
 * Ownership: answers and tokens point into the framer's text and live until it is fed again. */
#ifndef AGENTIV_NET_IMAP_PARSE_H
#define AGENTIV_NET_IMAP_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define IMAP_LINE_MAX     (64u << 10)   /* bytes of an answer beside its literals */
#define IMAP_LITERALS_MAX 4096          /* literals of an answer */
#define IMAP_DEPTH_MAX    32            /* parentheses within each other */

/* ---- Answers out of bytes ---- */

struct imap_framer {
	struct buf text;            /* the answer so far; its line ends as one CRLF or LF came */
	size_t line_bytes;          /* of it, those outside of literals */
	size_t line_at;             /* where the line after the last literal began */
	size_t literal_left;        /* bytes still to come of a literal */
	size_t literal_max;         /* of all literals of one answer together */
	size_t literal_bytes;
	unsigned literals;
};

enum imap_frame { IMAP_MORE, IMAP_WHOLE, IMAP_REFUSED };

void imap_framer_init(struct imap_framer *f, size_t literal_max);
void imap_framer_release(struct imap_framer *f);
/* For the next answer. The memory of a large one is given back. */
void imap_framer_next(struct imap_framer *f);
/* Takes bytes up to the end of an answer, *used tells how many. IMAP_REFUSED: longer than allowed, err says of what. */
enum imap_frame imap_framer_feed(struct imap_framer *f, const char *p, size_t n, size_t *used, struct error *err);

/* ---- Tokens ---- */

enum imap_token_kind {
	IMAP_END,                   /* of the text */
	IMAP_BAD,                   /* what no server may write */
	IMAP_OPEN, IMAP_CLOSE,      /* parentheses */
	IMAP_ATOM,                  /* also numbers, flags and NIL; sections in brackets belong to it */
	IMAP_QUOTED, IMAP_LITERAL
};

struct imap_token { enum imap_token_kind kind; const char *p; size_t n; };   /* of a quoted string what is inside, escaped */

struct imap_reader { const char *p, *end; };

struct imap_token imap_next(struct imap_reader *r);
/* Passes over one value, a list with all that is in it. false: bad, nested too deep, or there is none. */
bool imap_skip(struct imap_reader *r);

bool imap_is(const struct imap_token *t, const char *word);           /* an atom, whatever its case */
bool imap_is_nil(const struct imap_token *t);
/* An unsigned decimal number of at most max. */
bool imap_number(const struct imap_token *t, uint64_t max, uint64_t *out);
/* The string of an atom or a string, unescaped. false when it does not fit or is neither. */
bool imap_text(const struct imap_token *t, char *out, size_t size);

/* ---- What an answer is ---- */

enum imap_kind {
	IMAP_CONTINUE,              /* "+ …" */
	IMAP_STATUS,                /* OK, NO, BAD, BYE, PREAUTH */
	IMAP_DATA                   /* all else that is untagged */
};

enum imap_condition { IMAP_OK, IMAP_NO, IMAP_BAD_COMMAND, IMAP_BYE, IMAP_PREAUTH };

struct imap_answer {
	enum imap_kind kind;
	struct imap_token tag;      /* of a status; n 0: untagged */
	enum imap_condition condition;
	char code[24];              /* of a status, in capitals: "COPYUID"; "" when there is none */
	struct imap_reader code_args;
	struct imap_token text;     /* of a status, for a person */
	bool has_number;            /* of data: "* 12 FETCH" */
	uint32_t number;
	char name[16];              /* of data, in capitals: "FETCH"; what is longer is "" */
	struct imap_reader rest;    /* of data */
};

/* text: a whole answer with its last line end. false: no answer that RFC 9051 knows. */
bool imap_answer_read(const char *text, size_t n, struct imap_answer *out);

/* ---- Data of answers ---- */

/* One mail of a FETCH: what was in it. */
struct imap_fetched {
	uint32_t uid;               /* 0: not told */
	bool has_flags, seen, flagged, deleted;
	struct imap_reader flags;   /* the list's inside */
	bool has_labels;
	struct imap_reader labels;  /* X-GM-LABELS, its inside */
	int64_t date_ms;            /* INTERNALDATE, 0: not told */
	bool has_size;
	uint32_t size;
	bool has_body;
	struct imap_token body;     /* the first BODY[…]; kind IMAP_ATOM: NIL */
};
bool imap_fetch_read(struct imap_reader rest, struct imap_fetched *out);

/* Does a list (its inside) hold the word, whatever its case? */
bool imap_list_has(struct imap_reader list, const char *word);

/* "17-Jul-1996 02:44:25 -0700" */
bool imap_date_read(const char *text, size_t n, int64_t *ms);

/* A mailbox of a LIST. */
struct imap_folder {
	bool archive, all, sent, closed;   /* its special use (RFC 6154); closed: \Noselect or \NonExistent */
	char delimiter;             /* '\0': names have no levels */
	char name[512];             /* as the server writes it, in modified UTF-7 */
};
/* false: malformed, or its name does not fit, so it is none of ours. */
bool imap_folder_read(struct imap_reader rest, struct imap_folder *out);

/* The first personal namespace of a NAMESPACE answer (RFC 2342). */
bool imap_namespace_read(struct imap_reader rest, char prefix[512], char *delimiter);

/* Is it what answers a search, SEARCH (RFC 3501) or ESEARCH (RFC 4731)? */
bool imap_is_search(const struct imap_answer *a);
/* The numbers that it tells, in ranges. false: malformed. */
bool imap_search_read(const struct imap_answer *a, void (*each)(void *ctx, uint32_t first, uint32_t last), void *ctx);

/* The arguments of COPYUID (RFC 4315) for a single mail. */
bool imap_copyuid_read(struct imap_reader args, uint32_t *validity, uint32_t *uid);

#endif
