/* Conditions on people: who sent it, to whom, by which list. */
#include <string.h>

#include "agents/email_triage_rules_priv.h"

/* ---- Lists ---- */

#define LIST_END "[mailing|discussion|distribution|email|e-mail] list|group|newsgroup"

static bool is_list_end(const struct parser *p)
{
	return rules_sees(p, LIST_END);
}

/* "the dev@lists.example.org list", "the linux-kernel mailing list"; gives back what it took when it is none. */
static bool take_list(struct parser *p, struct expr **out)
{
	unsigned was = p->at, words = 0;
	struct condition *c;
	const char *name = "";

	rules_take(p, "the|my|our");
	if (rules_take(p, LIST_END) && rules_take(p, "[called|named]") &&
	    (rules_peek(p, 0)->kind == TOKEN_ADDRESS || rules_peek(p, 0)->kind == TOKEN_QUOTED ||
	     rules_peek(p, 0)->kind == TOKEN_DOMAIN)) {
		name = p->tokens[p->at++].lower;
	} else {
		p->at = was;
		rules_take(p, "the|my|our");
		for (; words < 4 && !is_list_end(p) && !rules_ends_value(p); words++)
			name = *name ? arena_printf(p->arena, "%s %s", name, p->tokens[p->at++].lower) : p->tokens[p->at++].lower;
		if (words == 0 || rules_is_nobody(p, 0) || !rules_take(p, LIST_END)) {
			p->at = was;
			return false;
		}
	}
	c = rules_condition(p, WHEN_LIST);
	*out = rules_leaf(p, c);
	if (c)
		c->values[c->value_count++] = (struct value){name, false, ANYWHERE};
	return c != NULL;
}

static bool take_any_list(struct parser *p, struct expr **out)
{
	struct condition *c;

	if (!rules_take(p, "[the|a|any|my] mailing|discussion lists|list") && !rules_take(p, "[a] listserv|listservs"))
		return false;
	c = rules_condition(p, WHEN_KIND);
	*out = rules_leaf(p, c);
	if (c)
		c->lists = true;
	return c != NULL;
}

/* ---- Senders ---- */

static bool take_vips(struct parser *p)
{
	return rules_take(p, "[my|the|a|any] vips|vip [senders|sender|list|contacts]");
}

static bool take_people(struct parser *p, enum condition_kind kind, struct expr **out)
{
	struct condition *c = rules_condition(p, kind);

	*out = rules_leaf(p, c);
	return c && rules_take_people(p, c);
}

/* What stands behind "from". */
static bool take_from(struct parser *p, struct expr **out)
{
	struct expr *vips;
	bool either;

	if (rules_take(p, "[anyone|anybody|everyone|someone|people|addresses] outside [of] [the] [domain]")) {
		if (!take_people(p, WHEN_FROM, out))
			return false;
		*out = rules_not(p, *out);
		return true;
	}
	if (take_list(p, out) || take_any_list(p, out))
		return true;
	rules_take(p, "either|both");
	if (rules_take(p, "me|myself")) {
		*out = rules_simple(p, WHEN_FROM_ME);
		return *out != NULL;
	}
	if (take_vips(p)) {
		*out = rules_simple(p, WHEN_VIP);
		either = rules_take(p, "or|and") && !rules_ends_value(p);
		if (!either && rules_peek(p, 0)->kind == TOKEN_WORD && p->tokens[p->at - 1].kind == TOKEN_WORD &&
		    (strcmp(p->tokens[p->at - 1].lower, "or") == 0 || strcmp(p->tokens[p->at - 1].lower, "and") == 0))
			p->at--;
		if (!either || !*out)
			return *out != NULL;
		vips = *out;
		if (!take_people(p, WHEN_FROM, out))
			return false;
		*out = rules_either(p, vips, *out);
		return true;
	}
	if (!take_people(p, WHEN_FROM, out))
		return false;
	if (rules_sees(p, "or|and [from] my vips|vip") || rules_sees(p, "or|and [from] vips")) {
		rules_take(p, "or|and [from]");
		take_vips(p);
		vips = rules_simple(p, WHEN_VIP);
		*out = vips ? rules_either(p, *out, vips) : NULL;
	}
	return *out != NULL;
}

/* "on the kernel mailing list"; "on the guest list" tells what it is about. */
static bool take_on_list(struct parser *p, struct expr **out)
{
	static const char *const lists[] = {"mailing", "discussion"};
	unsigned ahead;

	for (ahead = 1; ahead < 8 && !rules_is_any(p, ahead, lists, COUNT(lists)); ahead++)
		;
	return ahead < 8 && rules_take(p, "[posted|sent] on") && (take_list(p, out) || take_any_list(p, out));
}

bool rules_take_sender(struct parser *p, struct expr **out)
{
	static const char *const leads[] = {"sent|received|coming|written|originating by|from",
	                                    "comes|come|came|arrives|is from", "from", "by",
	                                    "signed by", "that|which i get|receive from",
	                                    "i get|got|receive|received from"};
	static const char *const subjects[] = {
		"[whose|where] [the|its] sender|author|sender's|senders [email] [address|name|domain]",
		"[whose|where] [the] from [address|line|field|header]"};
	static const char *const ways[] = {
		"[that|which] [comes|come|came|reaches|reach|arrives|arrive|sent|goes|go|received|posted|is] "
		"[in] [me] over|through|via|across"};
	bool negated;

	if (rules_sees(p, "from [the] last|past|today|yesterday|this"))
		return false;
	if (rules_take_any(p, leads, COUNT(leads)))
		return take_from(p, out);
	if (rules_take_any(p, ways, COUNT(ways)))
		return take_list(p, out) || take_any_list(p, out);
	if (rules_sees(p, "[posted|sent] on"))
		return take_on_list(p, out);
	if (!rules_take_any(p, subjects, COUNT(subjects)))
		return false;
	negated = rules_take(p, "does not");
	if (!rules_take(p, "is|are|was|matches|match|equals|contains|contain|includes|include|belongs|ends|end"))
		return false;
	negated = rules_take(p, "not") || negated;
	rules_take(p, "[either|with] [one|any] [of] [from|to|at|in]");
	if (!take_from(p, out))
		return false;
	if (negated)
		*out = rules_not(p, *out);
	return true;
}

/* ---- Recipients ---- */

static bool take_me(struct parser *p, struct expr **out)
{
	static const char *const alone[] = {"me only|alone", "only|just me", "nobody [else] but|except me",
	                                    "no one [else] but|except me", "me and nobody|no [one] else", "me and only me"};

	if (rules_take_any(p, alone, COUNT(alone)))
		*out = rules_simple(p, WHEN_ONLY_TO_ME);
	else if (rules_take(p, "me [directly|personally]")) {
		*out = rules_simple(p, WHEN_TO_ME);
		rules_take(p, "rather|other|instead than|of [just|only|merely|simply] [being|as|in|on|a] copied|cc'd|cced|cc|copy");
	} else
		return false;
	return *out != NULL;
}

/* "move them to the archive" and the like are no conditions. */
static bool leads_elsewhere(const struct parser *p)
{
	return rules_sees(p, "to [the|my] [a|an] archive|archives|folder|label|inbox|trash|bin|spam|junk|tag|top") ||
	       rules_sees(p, "to be|see|answer|reply|high|low|normal|urgent|important") ||
	       rules_peek(p, 1)->kind == TOKEN_END;
}

static bool take_count(struct parser *p, struct expr **out)
{
	unsigned was = p->at;
	struct range r = {0};
	bool least;
	int64_t n;

	if (!rules_take_comparison(p, &r, &least) || (n = rules_take_number(p)) < 0 ||
	    !rules_take(p, "[other] people|recipients|persons|addresses|others")) {
		p->at = was;
		return false;
	}
	*out = rules_simple(p, WHEN_RECIPIENTS);
	if (*out) {
		rules_bound(&r, least, n);
		(*out)->condition->range = r;
	}
	return *out != NULL;
}

bool rules_take_relation(struct parser *p, struct expr **out)
{
	static const struct { const char *pattern; enum condition_kind kind; bool negated; } relations[] = {
		{"just|only|merely|simply in|on cc|copy", WHEN_CC_ME, false},
		{"[in] [where|which] i am [only|just|merely] in|on [the] cc|copy [field|line|list]", WHEN_CC_ME, false},
		{"[in] [where|when|which] i am [only|just|merely] cc'd|cced|copied|cc-ed|cc [in] [on] "
		 "[them|it|something|anything|an|the|a] [email|mail|message]", WHEN_CC_ME, false},
		{"that|which cc me", WHEN_CC_ME, false}, {"cc me", WHEN_CC_ME, false},
		{"cc'ing|ccing|copying me", WHEN_CC_ME, false},
		{"cc'd|cced|copied to me", WHEN_CC_ME, false}, {"with me in|on cc|copy", WHEN_CC_ME, false},
		{"[in] [where|which] i am [the] only|sole recipient [of]", WHEN_ONLY_TO_ME, false},
		{"[sent|addressed|written] only|just|solely|exclusively to me", WHEN_ONLY_TO_ME, false},
		{"[sent|addressed|written] directly|personally to me", WHEN_ONLY_TO_ME, false},
		{"[in] [where|which] i am not [in|on] [the] [a] to|recipient [field|line|of]", WHEN_TO_ME, true},
		{"[in] [where|which] i am in [the] to [field|line]", WHEN_TO_ME, false},
		{"[in] [where|which] i am [a|the] [direct] recipient [of]", WHEN_TO_ME, false},
		{"[that] answer|answers|answering me|mine", WHEN_ANSWERS_ME, false},
		{"[that] reply|replies|responses|answers|replying|responding to [one|any] [of] me|my|mine [own] "
		 "[mail|mails|email|emails|message|messages|questions]",
		 WHEN_ANSWERS_ME, false},
		{"[in] threads|conversations [that] i [have] [already] replied|answered|responded|wrote|written [to|in]",
		 WHEN_ANSWERS_ME, false},
		{"[in] threads|conversations [that] i [have] [already] started|joined|began", WHEN_ANSWERS_ME, false},
		{"[in] threads|conversations i am [part|a] [part|participant] [of|in]", WHEN_ANSWERS_ME, false},
		{"[that|where|which] i [have] [already] replied|responded to|in", WHEN_ANSWERS_ME, false},
		{"[that|where|which] i [have] [already] answered", WHEN_ANSWERS_ME, false},
	};
	static const char *const leads[] = {"[that] [was|were|is|are] sent|addressed|directed|written|posted|delivered to",
	                                    "to", "with|where [the] recipient|recipients [is|are]"};
	unsigned i;

	for (i = 0; i < COUNT(relations); i++)
		if (rules_take(p, relations[i].pattern)) {
			*out = rules_simple(p, relations[i].kind);
			if (*out && relations[i].negated)
				*out = rules_not(p, *out);
			return *out != NULL;
		}
	if ((rules_is(p, 0, "to") && leads_elsewhere(p)) || !rules_take_any(p, leads, COUNT(leads))) {
		if (p->clause && rules_take(p, "[the] recipient|recipients|to [address] is|are|includes|include|contains"))
			return take_me(p, out) || take_people(p, WHEN_TO, out);
		return false;
	}
	return take_me(p, out) || take_count(p, out) || take_list(p, out) || take_any_list(p, out) ||
		take_people(p, WHEN_TO, out);
}
