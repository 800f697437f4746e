/* Conditions on what a mail holds: its subject, its text, its attachments. */
#include <string.h>

#include "agents/email_triage_rules_priv.h"

/* ---- Words in a part of it ---- */

/* Where a value must stand, by the verb. */
static const struct { const char *pattern; enum where where; bool negated; } verbs[] = {
	{"starts|start|begins|begin|starting|beginning with", AT_START, false}, {"ends|end|ending with|in", AT_END, false},
	{"is|are exactly", ALL_OF_IT, false}, {"equals", ALL_OF_IT, false},
	{"[that|which] does|do not contain|include|mention|have|say|contains|match", ANYWHERE, true},
	{"is|are not [about]", ANYWHERE, true}, {"[that|which] contains|contain|containing", ANYWHERE, false},
	{"[that|which] includes|include|including", ANYWHERE, false},
	{"[that|which] mentions|mention|mentioning", ANYWHERE, false},
	{"[that|which] says|say|saying|reads|matches|match", ANYWHERE, false},
	{"has|have|with|having|is|are|about|of", ANYWHERE, false},
	{"like", ANYWHERE, false},
};

static void take_filler(struct parser *p)
{
	static const char *const fillers[] = {
		"[either|any] [of] [the|a|an] [exact] word|words|phrase|phrases|text|term|terms|keyword|keywords|string [like|of]",
		"any of", "one of",
		"something|anything like|about", "a mention of", "mention of", "references to",
	};

	rules_take_any(p, fillers, COUNT(fillers));
	rules_take_comma(p);
}

/* "in the subject", "anywhere", "in it" */
static void take_field(struct parser *p, enum condition_kind *kind)
{
	static const struct { const char *pattern; enum condition_kind kind; } fields[] = {
		{"in [the|its|their] subject or|and body|text", WHEN_TEXT},
		{"in [the|its|their] body|text or|and subject", WHEN_TEXT},
		{"in [the|their|its] subject|title|heading [line|field|lines]", WHEN_SUBJECT},
		{"in [the|their|its] [message|email|mail] body|text|content|contents", WHEN_BODY},
		{"in it|them", WHEN_TEXT}, {"anywhere", WHEN_TEXT},
		{"in [the|their] [email|mail|message] [anywhere]", WHEN_TEXT},
		{"somewhere", WHEN_TEXT},
	};
	unsigned i;

	for (i = 0; i < COUNT(fields); i++) {
		unsigned was = p->at;

		if (rules_take(p, fields[i].pattern) && p->at > was + 1) {
			*kind = fields[i].kind;
			return;
		}
		p->at = was;
	}
	if (rules_take(p, "anywhere|somewhere"))
		*kind = WHEN_TEXT;
}

/* Each of them: a condition of its own. */
static struct expr *each(struct parser *p, struct condition *c)
{
	struct expr *all = rules_leaf(p, c);
	unsigned i, n = c->value_count;

	c->value_count = 1;
	for (i = 1; i < n && all; i++) {
		struct condition *more = rules_condition(p, c->kind);

		if (!more)
			return NULL;
		more->values[0] = c->values[i];
		more->value_count = 1;
		all = rules_both(p, all, rules_leaf(p, more));
	}
	return all;
}

static bool take_words(struct parser *p, enum condition_kind kind, enum where where, struct expr **out)
{
	struct condition *c;
	bool all_of;
	unsigned i;

	take_filler(p);
	c = rules_condition(p, kind);
	if (!c || !rules_take_texts(p, c, &all_of))
		return false;
	if (kind == WHEN_TEXT)
		take_field(p, &c->kind);
	for (i = 0; i < c->value_count; i++)
		c->values[i].where = where;
	*out = all_of ? each(p, c) : rules_leaf(p, c);
	return *out != NULL;
}

/* "the subject contains …", "with subject …": the verb may be missing. */
static bool take_part(struct parser *p, struct expr **out)
{
	static const struct { const char *pattern; enum condition_kind kind; } parts[] = {
		{"[whose|where|with|has|have] [the|a|its|their] subject|title [line|lines]", WHEN_SUBJECT},
		{"[whose|where|with|has|have] [the|a|its|their] subject or|and body|text", WHEN_TEXT},
		{"[whose|where|with|has|have] [the|a|its|their] [message|email] body|text|content|contents", WHEN_BODY},
		{"titled|entitled", WHEN_SUBJECT},
	};
	static const char *const both[] = {"[whose|where|with|has|have] [the|a|its|their] subject or|and body|text"};
	enum where where = ANYWHERE;
	bool negated = false;
	enum condition_kind kind = WHEN_TEXT;
	unsigned i, was = p->at;

	if (!rules_take_any(p, both, COUNT(both))) {
		for (i = 0; i < COUNT(parts) && !rules_take(p, parts[i].pattern); i++)
			;
		if (i == COUNT(parts))
			return false;
		kind = parts[i].kind;
	}
	/* "the text 'invoice'" after "with" says what, not where */
	if (kind == WHEN_BODY && rules_peek(p, 0)->kind == TOKEN_QUOTED) {
		p->at = was;
		return false;
	}
	for (i = 0; i < COUNT(verbs); i++)
		if (rules_take(p, verbs[i].pattern)) {
			where = verbs[i].where;
			negated = verbs[i].negated;
			break;
		}
	if (!take_words(p, kind, where, out))
		return false;
	rules_take(p, "in it|them|there");         /* "the subject has the word order in it" */
	if (negated)
		*out = rules_not(p, *out);
	return true;
}

/* "Tom is in the subject", "the word invoice appears in the body" */
static bool take_standing(struct parser *p, struct expr **out)
{
	struct parser was = *p;
	struct condition *c;
	enum condition_kind kind = WHEN_KIND;
	bool all_of;

	take_filler(p);
	c = rules_condition(p, WHEN_TEXT);
	if (c && rules_take_texts(p, c, &all_of) &&
	    rules_take(p, "is|are|was|were|appears|appear|stands|stand|occurs|occur|shows|show [up] "
	                  "[mentioned|written|found]")) {
		take_field(p, &kind);
		if (kind != WHEN_KIND) {
			c->kind = kind;
			*out = all_of ? each(p, c) : rules_leaf(p, c);
			return *out != NULL;
		}
	}
	*p = was;
	return false;
}

bool rules_take_text(struct parser *p, struct expr **out)
{
	static const char *const leads[] = {
		"with|having|containing|including|mentioning|saying|quoting", "about", "regarding|concerning|re",
		"on the subject|topic of",
		"related|relating|pertaining to", "to do with", "which|that talk|talks|speak|speaks|writes|write about|of",
		"talking about", "discussing",
		"[that] deal|deals with", "on the topic of", "in regards|regard to", "with regard|regards to", "called",
	};
	static const char *const verb_leads[] = {
		"contains|contain|includes|include|mentions|mention|says|say|has|have|had|discusses|discuss|concerns",
		"talks|talk about",
		"refers|refer|relates|relate to", "is|are about",
		"speaks|speak of|about", "asks|ask for|about", "writes|write|puts|put|uses|use",
	};

	if (take_part(p, out) || (p->clause && take_standing(p, out)))
		return true;
	if (rules_take_any(p, leads, COUNT(leads)) || (p->clause && rules_take_any(p, verb_leads, COUNT(verb_leads))))
		return take_words(p, WHEN_TEXT, ANYWHERE, out);
	if (!rules_take(p, "without [mentioning|containing]") || !take_words(p, WHEN_TEXT, ANYWHERE, out))
		return false;
	*out = rules_not(p, *out);
	return true;
}

/* ---- Attachments ---- */

/* Kinds of files by the endings of their names. */
static const struct { const char *pattern; const char *endings[8]; } kinds[] = {
	{"pdf|pdfs", {".pdf"}}, {"word", {".doc", ".docx", ".odt", ".rtf"}},
	{"excel", {".xls", ".xlsx", ".xlsm", ".ods", ".csv"}},
	{"spreadsheet|spreadsheets", {".xls", ".xlsx", ".xlsm", ".ods", ".csv"}},
	{"powerpoint", {".ppt", ".pptx", ".odp"}}, {"presentation|presentations", {".ppt", ".pptx", ".odp", ".key"}},
	{"csv|csvs", {".csv"}}, {"zip|zips", {".zip"}},
	{"archive|archives", {".zip", ".7z", ".rar", ".tar", ".gz", ".tgz"}},
	{"image|images|picture|pictures|photo|photos", {".jpg", ".jpeg", ".png", ".gif", ".webp", ".heic", ".tif", ".bmp"}},
	{"video|videos", {".mp4", ".mov", ".avi", ".mkv", ".webm"}}, {"audio", {".mp3", ".wav", ".m4a", ".ogg", ".flac"}},
	{"calendar|ics", {".ics"}}, {"text", {".txt"}}, {"html", {".html", ".htm"}},
};

#define FILE_NOUN "attachment|attachments|file|files|document|documents|doc|docs"

static bool note_kind(struct parser *p, struct condition *c)
{
	const struct token *t = rules_peek(p, 0);
	unsigned i, k;

	for (i = 0; i < COUNT(kinds); i++)
		if (rules_take(p, kinds[i].pattern)) {
			for (k = 0; k < 8 && kinds[i].endings[k] && c->value_count < VALUES_MAX; k++)
				c->values[c->value_count++] = (struct value){kinds[i].endings[k], true, AT_END};
			return true;
		}
	if (t->kind == TOKEN_WORD && *t->lower == '.' && t->lower[1] && c->value_count < VALUES_MAX) {   /* ".docx" */
		c->values[c->value_count++] = (struct value){t->lower, true, AT_END};
		p->at++;
		return true;
	}
	return false;
}

/* "named 'report'", "called invoice" behind an attachment */
static bool take_file_name(struct parser *p, struct condition *c)
{
	bool all_of;

	if (!rules_take(p, "called|named|titled") && !rules_take(p, "whose name contains|is") &&
	    !rules_take(p, "with [the] name|filename"))
		return true;
	return rules_take_texts(p, c, &all_of) && !all_of;
}

/* Sizes are not known: of a large mail only the headers are read. */
static bool sees_size(const struct parser *p)
{
	return rules_sees(p, "[that] [is|are] larger|bigger|smaller than") ||
		rules_sees(p, "[that] [is|are] over|above|under|below|exceeding") ||
	       rules_sees(p, "[that] [is|are] more|less than") || rules_sees(p, "of [at] [more|over|least|about]");
}

/* "an attachment", "a PDF attached", "pdf files", "an invoice attached"; nothing when it is something else. */
static bool take_files(struct parser *p, struct condition *c)
{
	bool kind = false, noun = false, attached = false;
	unsigned was = p->at, words = 0;

	rules_take(p, "[an|a|any|some|at|one] [least] [or] [one|more] [attached]");
	attached = p->tokens[p->at - 1].kind == TOKEN_WORD && strcmp(p->tokens[p->at - 1].lower, "attached") == 0;
	while (note_kind(p, c)) {
		kind = true;
		noun = rules_take(p, FILE_NOUN) || noun;
		if (!rules_take(p, "or [a|an]") && !rules_take(p, "and/or"))
			break;
	}
	noun = rules_take(p, FILE_NOUN) || noun;
	if (!kind && !noun && !attached) {         /* "an invoice attached" */
		struct token first = *rules_peek(p, 0);

		while (words < 3 && !rules_ends_value(p)) {
			p->at++;
			words++;
		}
		if (words == 1 && first.kind == TOKEN_WORD && rules_sees(p, "attached") && c->value_count < VALUES_MAX)
			c->values[c->value_count++] = (struct value){first.lower, false, ANYWHERE};
		else
			words = 0;
	}
	attached = rules_take(p, "attached [to] [it|them]") || rules_take(p, "in [the] attachment|attachments") || attached;
	if (!(noun || attached) || (!noun && !kind && words == 0)) {
		c->value_count = 0;
		p->at = was;
		return false;
	}
	return true;
}

bool rules_take_attachment(struct parser *p, struct expr **out)
{
	static const char *const leads[] = {"with|having|containing|including|carrying",
	                                    "that|which have|has|contain|contains|include|includes",
	                                    "that|which come|comes with", "where [there] [is|are]"};
	static const char *const verb_leads[] = {"has|have|contains|contain|includes|include|carries|carry",
	                                         "comes|come with", "there is|are"};
	struct condition *c = arena_alloc(p->arena, sizeof *c), *own;
	unsigned was = p->at;
	bool no = false;

	if (rules_take(p, "without [any|an|a]") || rules_take(p, "with|having|has|have no"))
		no = true;
	else if (!rules_take_any(p, leads, COUNT(leads)) &&
	         !(p->clause && rules_take_any(p, verb_leads, COUNT(verb_leads))))
		return false;
	if (!take_files(p, c)) {
		p->at = was;
		return false;
	}
	if (sees_size(p))
		return rules_trouble(p, TROUBLE_SIZE, p->at);
	own = rules_condition(p, WHEN_ATTACHMENT);
	if (!own || !take_file_name(p, c))
		return false;
	c->kind = WHEN_ATTACHMENT;
	*own = *c;
	*out = rules_leaf(p, own);
	if (no)
		*out = rules_not(p, *out);
	return true;
}
