/* The conditions of rules. */
#include <stdlib.h>
#include <string.h>

#include "agents/email_triage_rules_priv.h"
#include "agents/email_triage_text.h"

#define HOUR_MS INT64_C(3600000)

#define COUNT(list) (sizeof list / sizeof *list)

/* ---- Tokens ---- */

const struct token *rules_peek(const struct parser *p, unsigned ahead)
{
	unsigned i = p->at;

	while (ahead-- > 0 && p->tokens[i].kind != TOKEN_END)
		i++;
	return &p->tokens[i];
}

bool rules_is(const struct parser *p, unsigned ahead, const char *word)
{
	const struct token *t = rules_peek(p, ahead);

	return (t->kind == TOKEN_WORD || t->kind == TOKEN_NUMBER) && strcmp(t->lower, word) == 0;
}

bool rules_take(struct parser *p, const char *words)
{
	unsigned ahead = 0;
	char word[32];

	while (*words) {
		size_t n = strcspn(words, " ");

		if (n >= sizeof word)
			return false;
		memcpy(word, words, n);
		word[n] = '\0';
		if (!rules_is(p, ahead++, word))
			return false;
		words += n;
		words += *words == ' ';
	}
	p->at += ahead;
	return true;
}

bool rules_take_any(struct parser *p, const char *const *words, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (rules_take(p, words[i]))
			return true;
	return false;
}

static bool is_one_of(const struct parser *p, unsigned ahead, const char *const *words, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (rules_is(p, ahead, words[i]))
			return true;
	return false;
}

/* ---- Building ---- */

static struct condition *add(struct parser *p, enum condition_kind kind, bool negated)
{
	struct rule *r = p->rule;
	struct condition *c;

	if (r->condition_count == CONDITIONS_MAX)
		return NULL;
	c = &r->conditions[r->condition_count];
	memset(c, 0, sizeof *c);
	c->kind = kind;
	c->negated = negated;
	r->clause_of[r->condition_count++] = r->clause_count - 1;
	return c;
}

static bool add_simple(struct parser *p, enum condition_kind kind, bool negated)
{
	return add(p, kind, negated) != NULL;
}

/* ---- Values ---- */

/* Words that end a value written without quotes. */
static const char *const stops[] = {
	"as", "and", "or", "with", "without", "has", "have", "having", "that", "which", "who", "whose", "where",
	"in", "to", "is", "are", "was", "should", "must", "can", "shall", "will", "if", "when", "whenever", "unless",
	"except", "but", "older", "newer", "younger", "more", "containing", "contains", "contain", "mentioning",
	"mentions", "about", "regarding", "subject", "body", "never", "always", "not", "from", "sent", "then",
	"mention", "include", "includes", "including", "say", "says", "concerning", "by", "received", "having",
	"cc", "archive", "star", "flag", "label", "mark", "it", "them", "urgent", "important", "under", "into", "go",
};

/* Groups of people that nothing in a mail tells. */
static const char *const unknown_people[] = {
	"my", "our", "his", "her", "their", "the", "a", "an", "customers", "customer", "clients", "client",
	"colleagues", "coworkers", "boss", "manager", "family", "friends", "friend", "team", "people", "anyone",
	"someone", "everybody", "everyone", "anybody", "strangers", "him", "us", "you", "unknown", "new", "last",
	"this", "those", "these", "today", "yesterday", "here", "there", "outside", "inside", "management",
	"work", "school", "home", "real", "humans", "suppliers", "vendors",
};

static bool ends_value(const struct parser *p)
{
	enum token_kind k = rules_peek(p, 0)->kind;

	return k == TOKEN_END || k == TOKEN_COMMA || is_one_of(p, 0, stops, COUNT(stops));
}

static bool take_value(struct parser *p, struct value *out, bool person)
{
	static const char *const articles[] = {"the", "a", "an", "my", "our"};
	const struct token *t = rules_peek(p, 0);
	char text[128];
	size_t n = 0;

	if (t->kind == TOKEN_QUOTED || t->kind == TOKEN_ADDRESS || t->kind == TOKEN_DOMAIN) {
		*out = (struct value){t->lower, t->kind == TOKEN_QUOTED};
		p->at++;
		return *t->lower != '\0';
	}
	if (person && is_one_of(p, 0, unknown_people, COUNT(unknown_people)))
		return false;
	if (!person)
		rules_take_any(p, articles, COUNT(articles));
	while (!ends_value(p)) {
		t = rules_peek(p, 0);
		if (n + strlen(t->lower) + 2 > sizeof text || n > 60)
			return false;
		if (n > 0)
			text[n++] = ' ';
		memcpy(text + n, t->lower, strlen(t->lower));
		n += strlen(t->lower);
		p->at++;
	}
	*out = (struct value){arena_strndup(p->arena, text, n), false};
	return n > 0;
}

/* Does what comes next begin something else than another value? */
static bool begins_other(const struct parser *p)
{
	const struct token *t = rules_peek(p, 0);

	if (t->kind == TOKEN_QUOTED || t->kind == TOKEN_ADDRESS || t->kind == TOKEN_DOMAIN)
		return false;
	return ends_value(p) || rules_is(p, 0, "treat") || rules_is(p, 0, "move") || rules_is(p, 0, "keep") ||
	       rules_is(p, 0, "older") || rules_is(p, 0, "sent");
}

/* A list of values; `and` joins them where one mail can have only one of them (senders). *all_of: they
 * were joined by "and" where a mail may have several. */
static bool take_values(struct parser *p, struct condition *c, bool person, bool *all_of)
{
	*all_of = false;
	for (;;) {
		unsigned before;
		bool and_word;

		if (c->value_count == VALUES_MAX || !take_value(p, &c->values[c->value_count], person))
			return false;
		c->value_count++;
		before = p->at;
		if (rules_peek(p, 0)->kind == TOKEN_COMMA)
			p->at++;
		and_word = rules_take(p, "and");
		if (p->at == before && !rules_take(p, "or"))
			return true;
		rules_take(p, "or");
		if (person)
			rules_take(p, "from");
		if (begins_other(p)) {
			p->at = before;
			return true;
		}
		*all_of = *all_of || (and_word && !person);
	}
}

/* ---- Conditions on people ---- */

static void take_people_filler(struct parser *p)
{
	static const char *const fillers[] = {"anyone at", "anybody at", "everyone at", "people at", "someone at",
	                                      "any address at", "addresses at", "the domain", "domain",
	                                      "the address", "the sender", "anyone with", "anyone from"};

	rules_take_any(p, fillers, COUNT(fillers));
	/* "my boss ann@example.org": the address says who it is */
	if (rules_is(p, 0, "my") && rules_peek(p, 1)->kind == TOKEN_WORD && rules_peek(p, 2)->kind == TOKEN_ADDRESS)
		p->at += 2;
}

static bool take_from(struct parser *p, bool negated)
{
	static const char *const vips[] = {"my vips", "vips", "a vip", "vip senders", "my vip list", "the vips"};
	struct condition *c;
	bool all_of;

	if (rules_take(p, "me"))
		return add_simple(p, WHEN_FROM_ME, negated);
	if (rules_take_any(p, vips, COUNT(vips)))
		return add_simple(p, WHEN_VIP, negated);
	take_people_filler(p);
	c = add(p, WHEN_FROM, negated);
	return c && take_values(p, c, true, &all_of);
}

static bool take_to(struct parser *p, bool negated)
{
	struct condition *c;
	bool all_of;

	if (rules_take(p, "me only") || rules_take(p, "only me") || rules_take(p, "me alone"))
		return add_simple(p, WHEN_ONLY_TO_ME, negated);
	if (rules_take(p, "me"))
		return add_simple(p, WHEN_TO_ME, negated);
	c = add(p, WHEN_TO, negated);
	return c && take_values(p, c, true, &all_of);
}

/* ---- Conditions on text ---- */

static bool take_field(struct parser *p, enum condition_kind *out)
{
	unsigned was = p->at;

	if (!rules_take(p, "in"))
		return false;
	if (!rules_take(p, "the"))
		rules_take_any(p, (const char *const[]){"their", "its"}, 2);
	if (rules_take(p, "subject line") || rules_take(p, "subject") || rules_take(p, "title"))
		*out = WHEN_SUBJECT;
	else if (rules_take(p, "body") || rules_take(p, "text") || rules_take(p, "message body"))
		*out = WHEN_BODY;
	else
		p->at = was;
	return p->at != was;
}

static void take_word_filler(struct parser *p)
{
	static const char *const fillers[] = {"the word", "the words", "the phrase", "words like", "the text", "the term",
	                                      "either", "any of"};

	rules_take_any(p, fillers, COUNT(fillers));
}

/* "invoice" or "receipt" in the subject: values first, then where. */
static bool take_text(struct parser *p, enum condition_kind kind, bool negated)
{
	struct condition *c;
	bool all_of;
	unsigned i, n;

	take_word_filler(p);
	c = add(p, kind, negated);
	if (!c || !take_values(p, c, false, &all_of))
		return false;
	if (kind == WHEN_TEXT)
		take_field(p, &c->kind);
	if (!all_of)
		return true;
	if (negated)
		return false;
	/* each of them: a condition of its own */
	n = c->value_count;
	c->value_count = 1;
	for (i = 1; i < n; i++) {
		struct condition *more = add(p, c->kind, false);

		if (!more)
			return false;
		more->values[0] = c->values[i];
		more->value_count = 1;
	}
	return true;
}

static bool take_text_verb(struct parser *p)
{
	static const char *const verbs[] = {"containing", "contains", "contain", "includes", "include", "including", "has",
	                                    "have", "with", "mentions", "mention", "mentioning", "says", "say", "saying",
	                                    "is", "starts with", "begins with", "matches", "reads", "that contains",
	                                    "which contains", "that says"};

	return rules_take_any(p, verbs, COUNT(verbs));
}

/* After "subject" or "body": the verb is optional ("with subject invoice"). */
static bool take_part(struct parser *p, bool negated)
{
	enum condition_kind kind;
	unsigned was = p->at;

	if (!rules_take(p, "the") && !rules_take(p, "a") && !rules_take(p, "its"))
		rules_take(p, "their");
	if (rules_take(p, "subject line") || rules_take(p, "subject") || rules_take(p, "title")) {
		kind = WHEN_SUBJECT;
	} else if (rules_take(p, "body") || rules_take(p, "text")) {
		kind = WHEN_BODY;
	} else {
		p->at = was;
		return false;
	}
	if (rules_take(p, "does not") || rules_take(p, "doesn't"))
		negated = !negated;
	take_text_verb(p);
	return take_text(p, kind, negated);
}

/* ---- Other conditions ---- */

static bool take_attachment(struct parser *p)
{
	static const char *const names[] = {"an attachment", "attachments", "attachment", "any attachment", "any attachments",
	                                    "a file attached", "files attached", "attached files", "an attached file",
	                                    "a file", "files"};

	return rules_take_any(p, names, COUNT(names));
}

static int64_t take_number(struct parser *p)
{
	static const char *const words[] = {"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
	                                    "ten", "eleven", "twelve"};
	unsigned i;

	if (rules_peek(p, 0)->kind == TOKEN_NUMBER)
		return strtoll(p->tokens[p->at++].lower, NULL, 10);
	if (rules_take(p, "a") || rules_take(p, "an"))
		return 1;
	for (i = 1; i < COUNT(words); i++)
		if (rules_take(p, words[i]))
			return i;
	return -1;
}

static bool take_age(struct parser *p, int64_t *ms)
{
	static const struct { const char *word; int64_t hours; } units[] = {
		{"hour", 1}, {"hours", 1}, {"day", 24}, {"days", 24}, {"week", 168}, {"weeks", 168}, {"month", 720},
		{"months", 720}, {"year", 8760}, {"years", 8760},
	};
	int64_t n = take_number(p);
	unsigned i;

	if (n < 0 || n > 10000)
		return false;
	for (i = 0; i < COUNT(units); i++)
		if (rules_take(p, units[i].word)) {
			*ms = n * units[i].hours * HOUR_MS;
			return true;
		}
	return false;
}

static bool add_age(struct parser *p, enum condition_kind kind, bool negated)
{
	struct condition *c = add(p, kind, negated);

	return c && take_age(p, &c->age_ms);
}

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

/* "move them to the archive" is no condition. */
static bool leads_to_archive(const struct parser *p)
{
	return rules_is(p, 0, "to") && (rules_is(p, 1, "archive") ||
	                                ((rules_is(p, 1, "the") || rules_is(p, 1, "my")) && rules_is(p, 2, "archive")));
}

/* "where i am in cc", "i am cc'd on", "sent to me" */
static bool take_relation(struct parser *p, bool negated, bool *ok)
{
	static const char *const copies[] = {"where i am in cc", "where i'm in cc", "where i am cc'd", "where i'm cc'd",
	                                     "i am cc'd on", "i'm cc'd on", "i am cc'd", "i'm cc'd", "i am in cc",
	                                     "i'm in cc", "cc me", "cc'd to me", "i am copied on", "i'm copied on",
	                                     "where i am only in cc", "where i'm only in cc", "where i am only cc'd",
	                                     "where i am copied", "cc'ing me", "copied to me", "i am only cc'd on"};
	static const char *const alone[] = {"sent only to me", "addressed only to me", "sent directly to me",
	                                    "addressed directly to me", "directly to me", "only to me", "just to me",
	                                    "where i am the only recipient", "where i'm the only recipient",
	                                    "i am the only recipient of", "sent just to me"};

	*ok = true;
	if (rules_take_any(p, copies, COUNT(copies)))
		*ok = add_simple(p, WHEN_CC_ME, negated);
	else if (rules_take_any(p, alone, COUNT(alone)))
		*ok = add_simple(p, WHEN_ONLY_TO_ME, negated);
	else if (rules_take(p, "sent to") || rules_take(p, "addressed to") || (!leads_to_archive(p) && rules_take(p, "to")))
		*ok = take_to(p, negated);
	else
		return false;
	return true;
}

static bool take_time(struct parser *p, bool negated, bool *ok)
{
	static const char *const ages[] = {"old", "ago"};
	unsigned was = p->at;

	*ok = true;
	if (rules_take(p, "older than") || rules_take(p, "received more than") || rules_take(p, "more than")) {
		*ok = add_age(p, WHEN_OLDER, negated);
		rules_take_any(p, ages, COUNT(ages));
	} else if (rules_take(p, "newer than") || rules_take(p, "younger than") || rules_take(p, "less than")) {
		*ok = add_age(p, WHEN_NEWER, negated);
		rules_take_any(p, ages, COUNT(ages));
	} else if (rules_take(p, "from the last") || rules_take(p, "in the last") || rules_take(p, "from the past")) {
		*ok = add_age(p, WHEN_NEWER, negated);
	} else {
		p->at = was;
		return false;
	}
	return true;
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
		*ok = add_simple(p, WHEN_UNREAD, negated);
		return true;
	}
	if (rules_take(p, "read")) {
		*ok = add_simple(p, WHEN_UNREAD, !negated);
		return true;
	}
	if (rules_take(p, "replies")) {
		*ok = add_simple(p, WHEN_REPLY, negated);
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
	c = add(p, WHEN_KIND, negated);
	*ok = c != NULL;
	if (c)
		*c = kinds;
	return true;
}

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
	bool negated = false;
	unsigned start = p->at;

	*ok = true;
	while (take_filler(p))
		;
	if (rules_take(p, "not") || rules_take(p, "isn't") || rules_take(p, "aren't"))
		negated = true;
	while (take_filler(p))
		;
	if (take_time(p, negated, ok) || take_relation(p, negated, ok))
		return true;
	if (rules_take(p, "from") || rules_take(p, "sent by") || rules_take(p, "sent from") || rules_take(p, "by")) {
		*ok = take_from(p, negated);
		return true;
	}
	if (rules_take(p, "without")) {
		*ok = take_attachment(p) ? add_simple(p, WHEN_ATTACHMENT, !negated) : take_text(p, WHEN_TEXT, !negated);
		return true;
	}
	if (rules_take(p, "do not have") || rules_take(p, "don't have") || rules_take(p, "does not have") ||
	    rules_take(p, "doesn't have")) {
		*ok = take_attachment(p) && add_simple(p, WHEN_ATTACHMENT, !negated);
		return true;
	}
	if (rules_take(p, "has attachments") || rules_take(p, "have attachments")) {
		*ok = add_simple(p, WHEN_ATTACHMENT, negated);
		return true;
	}
	if (rules_take(p, "with") || rules_take(p, "has") || rules_take(p, "have") || rules_take(p, "having") ||
	    rules_take(p, "whose")) {
		if (rules_take(p, "no"))
			*ok = take_attachment(p) && add_simple(p, WHEN_ATTACHMENT, !negated);
		else if (take_attachment(p))
			*ok = add_simple(p, WHEN_ATTACHMENT, negated);
		else
			*ok = take_part(p, negated) || take_text(p, WHEN_TEXT, negated);
		return true;
	}
	if (rules_take(p, "containing") || rules_take(p, "contains") || rules_take(p, "contain") ||
	    rules_take(p, "mentioning") || rules_take(p, "mentions") || rules_take(p, "mention") ||
	    rules_take(p, "including") || rules_take(p, "include") || rules_take(p, "includes") ||
	    rules_take(p, "saying") || rules_take(p, "say")) {
		if (take_attachment(p))
			*ok = add_simple(p, WHEN_ATTACHMENT, negated);
		else
			*ok = take_text(p, WHEN_TEXT, negated);
		return true;
	}
	if (rules_take(p, "about") || rules_take(p, "regarding") || rules_take(p, "concerning")) {
		*ok = take_text(p, WHEN_TEXT, negated);
		return true;
	}
	if (take_part(p, negated))
		return true;
	if (take_kinds(p, negated, ok))
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

bool rules_take_conditions(struct parser *p)
{
	bool any = false;

	if (p->rule->clause_count == 0 && !new_clause(p))
		return false;
	return take_rest(p, &any) && any;
}

static bool is_mail_noun(struct parser *p, unsigned ahead)
{
	static const char *const nouns[] = {"emails", "email", "mails", "mail", "messages", "message"};
	struct condition ignored = {0};
	unsigned was = p->at;
	bool yes;

	if (is_one_of(p, ahead, nouns, COUNT(nouns)))
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
	                              is_one_of(p, 0, stops, COUNT(stops)) ||
	                              is_one_of(p, 0, unknown_people, COUNT(unknown_people))))
		return true;
	c = add(p, WHEN_FROM, false);
	if (!c)
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
