/* How much a mail reads like spam. */
#include "agents/email_triage_spam.h"

#include <stdio.h>

#include "base/buf.h"

static const char *say_why(struct arena *a, const struct tally *t)
{
	struct buf b;
	const char *why = NULL;
	unsigned i;

	buf_init(&b, 400);
	for (i = 0; i < MODEL_STRONG_MAX && t->strong[i].weight > 0; i++)
		buf_addf(&b, "%s\"%s\"", i > 0 ? ", " : "", t->strong[i].text);
	if (b.len > 0)
		why = arena_printf(a, "reads like spam: %s", buf_str(&b));
	buf_release(&b);
	return why;
}

double spam_logit(const struct mail *m, struct arena *a, const char **reason)
{
	struct tally t;
	double logit;

	tally_start(&t, &spam_table);
	spam_features(m, spam_has_wire(m), tally_add, &t);
	logit = tally_logit(&t);
	*reason = logit > 0 ? say_why(a, &t) : NULL;
	return logit;
}
