/* Kinds of mail: categories, and what mails are named after. */
#include <ctype.h>
#include <string.h>

#include "agents/email_triage_rules_priv.h"

#define NOUN "emails|email|e-mails|e-mail|mails|mail|messages|message|msgs|conversations|conversation|threads|thread|" \
             "correspondence|items|item"

bool rules_take_mail_noun(struct parser *p)
{
	return rules_take(p, NOUN);
}

/* ---- Categories ---- */

static const struct { const char *pattern; enum triage_category category; } classes[] = {
	{"newsletters|newsletter", TRIAGE_NEWSLETTER},
	{"promotions|promotion|promotional|promos|promo|marketing|advertising|advertisements|adverts|ads",
	 TRIAGE_PROMOTION},
	{"sales|special|promotional offers", TRIAGE_PROMOTION}, {"offers", TRIAGE_PROMOTION},
	{"automated|automatic notifications|notification", TRIAGE_NOTIFICATION},
	{"notifications|notification|automated|automatic|auto-generated", TRIAGE_NOTIFICATION},
	{"spam|junk|spammy", TRIAGE_SPAM},
	{"phishing|suspicious", TRIAGE_SUSPICIOUS}, {"fyi|informational", TRIAGE_FYI}, {"fyis", TRIAGE_FYI},
	{"need|needs|needing|require|requires|requiring [a|an|my] reply|answer|response|replies", TRIAGE_NEEDS_REPLY},
	{"waiting|awaiting [for] [a|an|my] reply|answer|response", TRIAGE_NEEDS_REPLY},
	{"to answer|reply", TRIAGE_NEEDS_REPLY},
	{"ask|asks|asking me something", TRIAGE_NEEDS_REPLY}, {"ask|asks|asking [me] a question", TRIAGE_NEEDS_REPLY},
	{"high|top|highest priority|importance", TRIAGE_URGENT}, {"urgent|important|critical|high-priority", TRIAGE_URGENT},
	{"priority", TRIAGE_URGENT},
};

bool rules_take_class(struct parser *p, enum triage_category *out)
{
	unsigned was = p->at, i;

	rules_take(p, "[a|an] [very|really|extremely|most|highly]");
	for (i = 0; i < COUNT(classes); i++)
		if (rules_take(p, classes[i].pattern)) {
			*out = classes[i].category;
			return true;
		}
	p->at = was;
	return false;
}

/* ---- Topics: found in the subject or an attachment's name ---- */

static const struct { const char *pattern; const char *stems[5]; } topics[] = {
	{"invoices|invoice", {"invoice", "rechnung", "facture", "factura"}}, {"receipts|receipt", {"receipt"}},
	{"bills|bill", {"bill"}},
	{"bank|account statements|statement", {"bank statement", "account statement", "statement"}},
	{"contracts|contract", {"contract"}}, {"purchase orders|order", {"purchase order"}},
	{"order confirmations|confirmation", {"order confirm"}}, {"orders|order", {"order"}},
	{"reports|report", {"report"}}, {"payslips|payslip|paystubs", {"payslip", "pay slip", "paystub", "pay stub"}},
	{"job alerts|alert", {"job alert"}}, {"password resets|reset", {"password reset", "reset your password"}},
	{"verification codes|code", {"verification code", "security code"}}, {"reminders|reminder", {"reminder"}},
	{"surveys|survey", {"survey"}}, {"quotes|quotations|quotation", {"quote", "quotation"}},
	{"proposals|proposal", {"proposal"}},
	{"resumes|résumés|cvs", {"resume", "résumé", "cv", "curriculum vitae"}},
	{"pull requests|request", {"pull request"}},
	{"build failures|failure", {"build fail"}}, {"tickets|ticket", {"ticket"}}, {"estimates|estimate", {"estimate"}},
	{"bookings|reservations|reservation", {"booking", "reservation"}}, {"itineraries|itinerary", {"itinerary"}},
	{"timesheets|timesheet", {"timesheet"}}, {"refunds", {"refund"}}, {"agendas", {"agenda"}}, {"minutes", {"minutes"}},
	{"out-of-office|ooo [auto] replies|reply|responses|notices",
	 {"out of office", "automatic reply", "autoreply", "auto-reply"}},
	{"out of office [auto] replies|reply|responses|notices",
	 {"out of office", "automatic reply", "autoreply", "auto-reply"}},
	{"auto-replies|autoreplies", {"out of office", "automatic reply", "autoreply", "auto-reply"}},
};

/* "expense reports", "refund requests": what a subject names as it stands. */
static bool take_named_topic(struct parser *p, struct condition *c)
{
	static const char *const nouns[] = {"reports", "requests", "statements", "applications", "forms", "documents",
	                                    "orders",
	                                    "reminders", "complaints", "agreements", "certificates", "minutes", "notes"};
	static const char *const vague[] = {"long", "boring", "big", "large", "small", "short", "recent", "unread",
	                                    "unanswered", "late",
	                                    "good", "bad", "useless", "useful", "interesting", "incoming", "unimportant",
	                                    "stale", "personal", "unwanted", "annoying", "important"};
	const struct token *t = rules_peek(p, 0);

	if (t->kind != TOKEN_WORD || rules_ends_value(p) || rules_is_nobody(p, 0) ||
	    rules_is_any(p, 0, vague, COUNT(vague)) ||
	    !rules_is_any(p, 1, nouns, COUNT(nouns)) || (rules_is_capital(t) && p->at > 0))
		return false;
	c->values[c->value_count++] = (struct value){arena_printf(p->arena, "%s %s", t->lower, rules_peek(p, 1)->lower),
	                                             false, ANYWHERE};
	p->at += 2;
	if (p->at > p->furthest)
		p->furthest = p->at;
	return true;
}

static bool take_topic(struct parser *p, struct condition *c)
{
	unsigned i, k;

	if (c->value_count + 5 > VALUES_MAX)
		return false;
	for (i = 0; i < COUNT(topics); i++)
		if (rules_take(p, topics[i].pattern)) {
			for (k = 0; k < 5 && topics[i].stems[k]; k++)
				c->values[c->value_count++] = (struct value){topics[i].stems[k], false, ANYWHERE};
			return true;
		}
	return take_named_topic(p, c);
}

/* ---- Kinds ---- */

/* One kind of mail, named by a noun or an adjective. */
static bool take_kind(struct parser *p, struct condition *c)
{
	enum triage_category category;

	if (rules_sees(p, "a|an calendar|meeting|event|invitation|invite"))
		rules_take(p, "a|an");
	if (rules_take(p, "[a] mailing|discussion lists|list") ||
	    rules_take(p, "list [mail|emails|email|messages|traffic]"))
		return c->lists = true;
	if (rules_take(p, "calendar|meeting|event invitations|invites|invitation|invite|requests|request|events") ||
	    rules_take(p, "invitations|invites|invitation|invite"))
		return c->invitations = true;
	if (rules_take_class(p, &category)) {
		c->categories |= 1u << category;
		return true;
	}
	rules_take(p, "[a|an]");
	return take_topic(p, c);
}

bool rules_sees_kind(struct parser *p, unsigned ahead)
{
	struct condition ignored = {.kind = WHEN_KIND};
	unsigned was = p->at, furthest = p->furthest;
	bool yes;

	p->at = was + ahead < p->count ? was + ahead : p->count;
	yes = rules_take_mail_noun(p) || take_kind(p, &ignored);
	p->at = was;
	p->furthest = furthest;
	return yes;
}

/* "Mark mail from Ann urgent": after conditions, a class at the end is what to mark it as. */
static bool closes_with_class(struct parser *p)
{
	enum triage_category category;
	unsigned was = p->at;
	bool closes = p->class_closes && p->conditions > 0 && rules_take_class(p, &category) && rules_is_command_end(p);

	p->at = was;
	return closes;
}

bool rules_take_kinds(struct parser *p, struct expr **out)
{
	struct condition kinds = {.kind = WHEN_KIND}, *c;
	unsigned was = p->at;

	rules_take(p, "either|both");
	if (closes_with_class(p) || !take_kind(p, &kinds)) {
		p->at = was;
		return false;
	}
	do {
		rules_take_mail_noun(p);
		was = p->at;
		if (!rules_sees_colon(p))
			rules_take_comma(p);
		if (!rules_take(p, "and|or|nor"))
			rules_take(p, "as well as");
		if (p->at != was)
			rules_take(p, "[all] [the|my|other|any|a|an]");
	} while (p->at != was && take_kind(p, &kinds));
	p->at = was;
	c = rules_condition(p, WHEN_KIND);
	if (!c)
		return false;
	*c = kinds;
	*out = rules_leaf(p, c);
	return true;
}
