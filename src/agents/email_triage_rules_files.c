/* Conditions on attachments: "with a PDF attached", "that has spreadsheets or images", "without attachments". */
#include <string.h>

#include "agents/email_triage_rules_priv.h"

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
