/* What people do, as clauses tell it: "Ann writes to me about lunch", "I have not read a mail from Ann". */
#include "agents/email_triage_rules_priv.h"

/* "I still haven't read a mail from Ann" */
static bool take_reading(struct parser *p, struct expr **out)
{
	static const struct { const char *pattern; bool unread; } states[] = {
		{"i [still] have [still] not [yet|even] read|opened|seen", true}, {"i have [already] read|opened|seen", false},
		{"i did not [yet|even] read|open|see", true},
	};
	struct expr *mails = NULL, *unread;
	unsigned i;

	for (i = 0; i < COUNT(states); i++)
		if (rules_take(p, states[i].pattern)) {
			unread = rules_simple(p, WHEN_UNREAD);
			if (!unread || !rules_take_mails(p, &mails) || !mails)
				return false;
			*out = rules_both(p, states[i].unread ? unread : rules_not(p, unread), mails);
			return true;
		}
	return false;
}

/* What the mail of somebody is: "an invoice", "something"; it may be missing. */
static bool take_what(struct parser *p, struct expr **out)
{
	static const char *const nothing[] = {"[a|an|another|any|some] [new] email|mail|message|note|emails|mails|messages",
	                                      "something|anything|stuff|it|them"};
	struct expr *kinds = NULL;
	unsigned was = p->at;

	if (rules_take_any(p, nothing, COUNT(nothing)))
		return true;
	rules_take(p, "a|an|any|some|the");
	if (rules_take_kinds(p, &kinds))
		*out = rules_both(p, *out, kinds);
	else
		p->at = was;
	return true;
}

/* "Ann", "anyone at acme.com", "my boss ann@x.org", and that they write. */
static bool take_writer(struct parser *p, struct expr **out)
{
	static const char *const verbs[] = {"[has|have] writes|write|wrote|written", "[has|have] sends|send|sent",
	                                    "[has|have] emails|email|emailed|mails|mail|mailed|contacts|contact|contacted"};
	static const char *const telling = "mentions|mention|says|say|writes|write|puts|put|uses|use|talks|talk|asks|ask";
	static const char *const behind = "me|us|to|a|an|another|about|something|anything|some|any";
	struct condition *c = rules_condition(p, WHEN_FROM);
	struct expr *to_me;
	unsigned verb;

	if (!c || !rules_take_people(p, c))
		return false;
	*out = rules_leaf(p, c);
	/* what somebody writes is looked for: "writes URGENT in the subject" */
	verb = p->at;
	if (!rules_take_any(p, verbs, COUNT(verbs)))
		return rules_sees(p, telling);
	if (p->at == verb + 1 && !rules_sees(p, behind) &&
	    (!rules_ends_value(p) || rules_sees(p, "urgent|important"))) {
		unsigned next = p->at;

		p->at = verb;
		if (rules_sees(p, telling))
			return true;
		p->at = next;
	}
	if (rules_take(p, "me|us directly|personally")) {
		to_me = rules_simple(p, WHEN_TO_ME);
		*out = to_me ? rules_both(p, *out, to_me) : NULL;
	} else {
		rules_take(p, "me|us");
	}
	return *out && take_what(p, out);
}

bool rules_take_deed(struct parser *p, struct expr **out)
{
	const struct parser was = *p;

	if (rules_is(p, 0, "i") ? take_reading(p, out) : take_writer(p, out))
		return true;
	*p = was;
	*out = NULL;
	return false;
}
