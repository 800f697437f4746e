/* A mail's features inside: shared by the files that read words and signs. */
#ifndef AGENTIV_AGENTS_EMAIL_TRIAGE_SPAM_PRIV_H
#define AGENTIV_AGENTS_EMAIL_TRIAGE_SPAM_PRIV_H

#include "agents/email_triage_spam.h"

#define OWN_WORDS_MAX  32             /* of the recipients' addresses */
#define LINK_SHAPES    20             /* links looked at */

enum kind {
	KIND_WORD = 1, KIND_PAIR, KIND_SUBJECT, KIND_SUBJECT_PAIR, KIND_CAPITALS, KIND_PAGE, KIND_SIGN, KIND_TYPE, KIND_SENDER
};

struct own_word { const char *p; size_t n; };

struct reading {
	feature_fn each;
	void *ctx;
	struct own_word own[OWN_WORDS_MAX];
	unsigned own_count;
	uint32_t own_lengths[32];   /* which there are, as bits, by the low bits of the first letter; 31: 31 or longer */
	enum kind word, pair;
	uint64_t before;            /* the word before, 0: none */
	bool before_plain;          /* it is a common one */
	unsigned capitals, words, numbers, shouts, pages;
};

/* A sign, and one with how much of it there is, on a scale that doubles. */
void spam_tell_sign(struct reading *r, const char *name);
void spam_tell_amount(struct reading *r, const char *name, unsigned amount);

/* p[0..n): behind "://". The host by its shape, and how the page's path ends. */
void spam_tell_page(struct reading *r, const char *p, size_t n);
/* Where the address of a page begins at p: the length of "http://", 0 when none does, which two bytes mostly tell. */
size_t spam_page_rest(const char *p, size_t n);
static inline size_t spam_page_starts(const char *p, size_t n)
{
	return n > 1 && (p[0] | 0x20) == 'h' && (p[1] | 0x20) == 't' ? spam_page_rest(p, n) : 0;
}

/* The words of the recipients' addresses, which tell whose mail it is (email_triage_spam_signs.c). */
void spam_own_words(struct reading *r, const struct mail *m);
/* How the mail was made, and by whom; wire: all that programs wrote is there. */
void spam_tell_signs(struct reading *r, const struct mail *m, bool wire);

#endif
