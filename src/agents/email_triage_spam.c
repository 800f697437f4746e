/* How much a mail reads like spam. */
#include "agents/email_triage_spam.h"

double spam_logit(const struct mail *m, struct arena *a, const char **reason)
{
	struct tally t;
	const char *words = NULL;
	double logit;

	tally_start(&t, &spam_table);
	spam_features(m, spam_has_wire(m), tally_add, &t);
	logit = tally_logit(&t);
	if (logit > 0)
		words = tally_words(&t, a);
	*reason = words ? arena_printf(a, "reads like spam: %s", words) : NULL;
	return logit;
}
