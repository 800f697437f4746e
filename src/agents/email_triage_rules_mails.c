/* The mails that a rule is about: kinds, names and conditions put together. */
#include <string.h>

#include "agents/email_triage_rules_priv.h"

#define COUNT(list) (sizeof list / sizeof *list)

/* ---- Kinds ---- */

static bool take_class_word(struct parser *p, enum triage_category *out)
{
	static const struct { const char *words; enum triage_category category; } classes[] = {
		{"newsletters", TRIAGE_NEWSLETTER}, {"newsletter", TRIAGE_NEWSLETTER}, {"promotions", TRIAGE_PROMOTION},
		{"promotion", TRIAGE_PROMOTION}, {"promotional", TRIAGE_PROMOTION}, {"promos", TRIAGE_PROMOTION},
		{"promo", TRIAGE_PROMOTION}, {"marketing", TRIAGE_PROMOTION}, {"advertising", TRIAGE_PROMOTION},
		{"advertisements", TRIAGE_PROMOTION}, {"ads", TRIAGE_PROMOTION}, {"sales offers", TRIAGE_PROMOTION},
		{"offers", TRIAGE_PROMOTION}, {"notifications", TRIAGE_NOTIFICATION}, {"notification", TRIAGE_NOTIFICATION},
		{"automated", TRIAGE_NOTIFICATION}, {"automatic", TRIAGE_NOTIFICATION}, {"spam", TRIAGE_SPAM},
		{"junk", TRIAGE_SPAM}, {"phishing", TRIAGE_SUSPICIOUS}, {"suspicious", TRIAGE_SUSPICIOUS},
		{"fyi", TRIAGE_FYI}, {"informational", TRIAGE_FYI}, {"needs reply", TRIAGE_NEEDS_REPLY},
		{"needing a reply", TRIAGE_NEEDS_REPLY}, {"to answer", TRIAGE_NEEDS_REPLY},
		{"needs a reply", TRIAGE_NEEDS_REPLY}, {"needs answer", TRIAGE_NEEDS_REPLY}, {"urgent", TRIAGE_URGENT},
		{"important", TRIAGE_URGENT}, {"high priority", TRIAGE_URGENT}, {"top priority", TRIAGE_URGENT},
		{"a priority", TRIAGE_URGENT}, {"critical", TRIAGE_URGENT},
	};
	unsigned i;

	for (i = 0; i < COUNT(classes); i++)
		if (rules_take(p, classes[i].words)) {
			*out = classes[i].category;
			return true;
		}
	return false;
}

bool rules_take_class(struct parser *p, enum triage_category *out)
{
	unsigned was = p->at;

	if (!rules_take(p, "a"))
		rules_take(p, "an");
	if (take_class_word(p, out))
		return true;
	p->at = was;
	return false;
}
/* What mails are about by name: found in the subject or an attachment's name. */
static const char *take_topic(struct parser *p)
{
	static const struct { const char *word, *stem; } topics[] = {
		{"invoices", "invoice"}, {"invoice", "invoice"}, {"receipts", "receipt"}, {"receipt", "receipt"},
		{"bills", "bill"}, {"contracts", "contract"}, {"orders", "order"}, {"reports", "report"},
	};
	unsigned i;

	for (i = 0; i < COUNT(topics); i++)
		if (rules_take(p, topics[i].word))
			return topics[i].stem;
	return NULL;
}
static bool take_object(struct parser *p)
{
	static const char *const words[] = {"all", "any", "every", "each", "the", "my", "of", "new", "incoming", "other",
	                                    "anything", "everything", "something", "things", "stuff", "mail", "mails",
	                                    "email", "emails", "e-mail", "e-mails", "message", "messages", "conversation",
	                                    "conversations", "thread", "threads", "those", "these", "ones", "them", "it", "an", "a"};
	bool any = false;

	while (rules_take_any(p, words, COUNT(words)))
		any = true;
	return any;
}

static bool take_list_mail(struct parser *p)
{
	static const char *const names[] = {"mailing lists", "mailing list", "a mailing list", "discussion lists"};

	return rules_take_any(p, names, COUNT(names));
}

static bool take_invitation(struct parser *p)
{
	static const char *const names[] = {"calendar invitations", "calendar invites", "calendar invitation",
	                                    "meeting invitations", "meeting invites", "invitations", "invites",
	                                    "meeting requests", "event invitations"};

	return rules_take_any(p, names, COUNT(names));
}

/* One kind of mail, named by a noun or an adjective. */
static bool take_kind(struct parser *p, struct condition *c)
{
	enum triage_category category;
	const char *topic;

	if (take_list_mail(p))
		return c->lists = true;
	if (take_invitation(p))
		return c->invitations = true;
	if (rules_take_class(p, &category)) {
		c->categories |= 1u << category;
		return true;
	}
	topic = c->value_count < VALUES_MAX ? take_topic(p) : NULL;
	if (topic)
		c->values[c->value_count++] = (struct value){topic, false};
	return topic != NULL;
}

/* "Mark mail from Ann urgent": after conditions, a class at the end is what to mark it as. */
static bool closes_with_class(struct parser *p)
{
	enum triage_category category;
	unsigned was = p->at;
	bool closes = p->class_closes && p->rule->condition_count > 0 && rules_take_class(p, &category) &&
	              rules_peek(p, 0)->kind == TOKEN_END;

	p->at = was;
	return closes;
}

/* "newsletters, promotions and invoices": any of them, since no mail is all. */
static bool take_kinds(struct parser *p, bool negated, bool *ok)
{
	struct condition kinds = {.kind = WHEN_KIND, .negated = negated}, *c;
	unsigned was;

	*ok = true;
	if (rules_take(p, "unread")) {
		*ok = rules_add_simple(p, WHEN_UNREAD, negated);
		return true;
	}
	if (rules_take(p, "read")) {
		*ok = rules_add_simple(p, WHEN_UNREAD, !negated);
		return true;
	}
	if (rules_take(p, "replies")) {
		*ok = rules_add_simple(p, WHEN_REPLY, negated);
		return true;
	}
	if (closes_with_class(p) || !take_kind(p, &kinds))
		return false;
	do {
		was = p->at;
		if (rules_peek(p, 0)->kind == TOKEN_COMMA)
			p->at++;
		if (!rules_take(p, "and"))
			rules_take(p, "or");
		take_object(p);
	} while (p->at != was && take_kind(p, &kinds));
	p->at = was;
	c = rules_add(p, WHEN_KIND, negated);
	*ok = c != NULL;
	if (c)
		*c = kinds;
	return true;
}
/* ---- Conditions ---- */

/* In a statement ("mail from Ann is urgent") the verb is not the condition's, unless "that" leads it. */
static bool take_filler(struct parser *p)
{
	static const char *const fillers[] = {"that is", "that are", "that was", "that were", "which is", "which are",
	                                      "who is", "who are", "that", "which", "who", "comes", "come", "coming", "came",
	                                      "arrives", "arrive", "arriving", "i get", "i receive", "it's", "it", "they're",
	                                      "they", "in my inbox", "in the inbox", "also", "been", "the email", "the mail",
	                                      "the message", "an email", "a mail", "a message", "the sender", "where",
	                                      "whose sender", "emails", "mails", "messages", "email", "mail", "sender"};
	static const char *const verbs[] = {"is", "are", "was", "were"};

	return rules_take_any(p, fillers, COUNT(fillers)) || (!p->statement && rules_take_any(p, verbs, COUNT(verbs)));
}
/* One condition, if one comes next. *ok false: something began that cannot be understood. */
static bool take_condition(struct parser *p, bool *ok)
{
	static const char *const nots[] = {"not", "isn't", "aren't"};
	unsigned start = p->at;
	bool negated;

	*ok = true;
	while (take_filler(p))
		;
	negated = rules_take_any(p, nots, COUNT(nots));
	while (take_filler(p))
		;
	if (rules_take_detail(p, negated, ok) || take_kinds(p, negated, ok))
		return true;
	/* fillers alone are none */
	p->at = start;
	return false;
}

static bool new_clause(struct parser *p)
{
	if (p->rule->clause_count == CLAUSES_MAX)
		return false;
	p->rule->clause_count++;
	return true;
}

/* Conditions joined by "and", "or", commas or nothing. */
static bool take_rest(struct parser *p, bool *any)
{
	static const char *const ands[] = {"and also", "and"};

	for (;;) {
		unsigned was = p->at;
		bool ok, or_word = false, joined = *any;

		if (joined) {
			if (rules_peek(p, 0)->kind == TOKEN_COMMA)
				p->at++;
			or_word = rules_take(p, "or");
			if (!or_word)
				rules_take_any(p, ands, COUNT(ands));
		}
		if (or_word && !new_clause(p))
			return false;
		if (joined)
			take_object(p);
		if (!take_condition(p, &ok)) {
			if (or_word)
				p->rule->clause_count--;
			p->at = was;
			return true;
		}
		if (!ok)
			return false;
		*any = true;
		/* "newsletters emails", "unread messages": a noun behind an adjective */
		while (rules_take(p, "emails") || rules_take(p, "mails") || rules_take(p, "mail") || rules_take(p, "email") ||
		       rules_take(p, "messages"))
			;
	}
}
static bool is_mail_noun(struct parser *p, unsigned ahead)
{
	static const char *const nouns[] = {"emails", "email", "mails", "mail", "messages", "message"};
	struct condition ignored = {0};
	unsigned was = p->at;
	bool yes;

	if (rules_is_any(p, ahead, nouns, COUNT(nouns)))
		return true;
	p->at += ahead;
	yes = take_kind(p, &ignored);
	p->at = was;
	return yes;
}

/* "GitHub notifications", "Amazon emails": a name, in capitals so that no adjective passes for one. */
static bool take_named(struct parser *p)
{
	const struct token *t = rules_peek(p, 0);
	struct condition *c;

	if ((t->kind != TOKEN_WORD && t->kind != TOKEN_DOMAIN) || !is_mail_noun(p, 1) || is_mail_noun(p, 0))
		return true;
	if (t->kind == TOKEN_WORD && (*t->text == *t->lower || p->tokens[0].text[1] != p->tokens[0].lower[1] ||
	                              rules_is_stop(p, 0)))
		return true;
	c = rules_add(p, WHEN_FROM, false);
	if (!c || !rules_names_somebody(t->lower))
		return false;
	c->values[0] = (struct value){t->lower, false};
	c->value_count = 1;
	p->at++;
	return true;
}

/* "newsletters from x or older than 3 days": newsletters in either case. */
static void spread_object(struct parser *p, unsigned first, unsigned object_at)
{
	struct rule *r = p->rule;
	unsigned i;

	if (r->clause_count < 2 || r->condition_count <= first || p->object_end != object_at)
		return;
	for (i = first + 1; i < r->condition_count; i++)
		if (r->conditions[i].kind == WHEN_KIND)
			return;
	r->clause_of[first] = CLAUSE_ALL;
}

bool rules_take_mails(struct parser *p)
{
	bool any = false, object;
	unsigned first = p->rule->condition_count, object_at;

	if (p->rule->clause_count == 0 && !new_clause(p))
		return false;
	object = take_object(p);
	if (!take_named(p))
		return false;
	if (p->rule->condition_count > first)
		take_object(p);
	any = p->rule->condition_count > first;
	object_at = p->at;
	p->object_end = is_mail_noun(p, 0) && !any ? object_at : object_at + 1;
	if (!take_rest(p, &any))
		return false;
	if (p->rule->condition_count > first && p->rule->conditions[first].kind == WHEN_KIND)
		spread_object(p, first, object_at);
	return any || object;
}

bool rules_take_exception(struct parser *p, bool *taken)
{
	struct rule *r = p->rule;
	unsigned before = r->condition_count, i;
	bool negate, ok, found;

	*taken = false;
	if (rules_peek(p, 0)->kind == TOKEN_COMMA && (rules_is(p, 1, "except") || rules_is(p, 1, "unless") ||
	                                              rules_is(p, 1, "but") || rules_is(p, 1, "if") || rules_is(p, 1, "when")))
		p->at++;
	if (rules_take(p, "except for") || rules_take(p, "except if") || rules_take(p, "except") ||
	    rules_take(p, "unless") || rules_take(p, "but not"))
		negate = true;
	else if (rules_take(p, "but only if") || rules_take(p, "only if") || rules_take(p, "if") || rules_take(p, "when"))
		negate = false;
	else
		return true;
	*taken = true;
	take_object(p);
	found = take_condition(p, &ok);
	if (!found || !ok || (negate && r->condition_count > before + 1))
		return false;
	while (!negate && (rules_take(p, "and") || rules_peek(p, 0)->kind != TOKEN_END)) {
		take_object(p);
		if (!take_condition(p, &ok) || !ok)
			return false;
	}
	for (i = before; i < r->condition_count; i++) {
		r->clause_of[i] = CLAUSE_ALL;
		r->conditions[i].negated ^= negate;
	}
	return true;
}
