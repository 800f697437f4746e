/* What a sentence says beside its rule: politeness, concessions, reasons, opinions. None of it decides anything, so it
 * is passed over; but only when it surely holds no condition, no exception and nothing to do. */
#include "agents/email_triage_rules_priv.h"

/* What is said out of politeness or for emphasis. */
void rules_take_opening(struct parser *p)
{
	static const char *const openings[] = {
		"please|kindly|always|automatically|also|just|simply|hey|hi|hello|ok|okay|rule|first|immediately|so|well",
		"i would like|love|want you to [please]",
		"i want|need you to", "could|can|would|will you [please] [kindly]", "make sure to", "be sure to",
		"go|feel ahead|free and|to",
		"you can|should|may|must [always]", "remember to", "try to", "let us", "we should", "i would like to have",
		"would you mind", "it would be nice|great|good if you could", "from now on", "in general", "as a rule",
	};

	while (rules_take_any(p, openings, COUNT(openings)) || rules_take_comma(p))
		;
}

/* ---- How far they go ---- */

static bool at_end(const struct parser *p)
{
	enum token_kind kind = rules_peek(p, 0)->kind;

	return kind == TOKEN_END || kind == TOKEN_COMMA || kind == TOKEN_STOP;
}

/* "… and star it": something to do follows. */
static bool goes_on_with_deed(const struct parser *p)
{
	static const char *const joiners[] = {"and", "but", "then", "or", "plus"};
	static const char *const deeds[] = {
		"archive", "star", "flag", "label", "mark", "tag", "file", "move", "put", "keep", "leave", "hide", "send",
		"treat", "never", "make", "give", "add", "apply", "skip", "get", "set", "consider", "prioritize", "prioritise",
		"classify", "do", "always", "i", "them", "it", "should", "must", "please", "attach", "assign", "use", "show",
		"bother", "delete", "forward", "let", "take", "clear", "remove", "not", "stop", "sort", "drop", "store",
	};
	unsigned ahead;

	if (!rules_is_any(p, 0, joiners, COUNT(joiners)))
		return false;
	for (ahead = 1; ahead < 4; ahead++)
		if (rules_is_any(p, ahead, deeds, COUNT(deeds)))
			return true;
	return false;
}

static const char *const opinions[] = {
	"boring", "annoying", "noise", "noisy", "useless", "clutter", "huge", "fun", "funny", "great", "nice", "dull",
	"irrelevant", "repetitive", "pointless", "harmless", "fine", "rubbish", "tedious", "tiresome", "silly",
	"interesting", "good", "bad", "worthless", "uninteresting", "distracting", "nonsense", "useful", "helpful",
	"lovely",
};

/* Words that may say which mails are meant or what becomes of them: with one of them it may be more than a remark. */
static bool is_decisive(struct parser *p)
{
	static const char *const words[] = {
		"if", "unless", "except", "but", "only", "when", "whenever", "until", "till", "while", "once", "after",
		"before", "since", "from", "about", "with", "without", "over", "under", "above", "below", "older", "newer",
		"subject", "body", "attachment", "attachments", "and", "or", "plus", "also", "instead", "some", "most",
		"others", "other", "rest", "else", "archive", "archived", "star", "starred", "flag", "flagged", "label",
		"labelled", "labeled", "mark", "marked", "tag", "tagged", "file", "filed", "move", "moved", "put", "keep",
		"kept", "leave", "hide", "send", "treat", "inbox", "folder", "delete", "deleted", "unread", "see", "want",
		"which", "who", "whose", "where", "sent", "subjects", "senders", "sender", "cc", "to", "priority", "trash",
		"bin", "removed", "gone", "should", "must", "may", "need", "every", "any", "as", "for",
	};
	const struct token *t = rules_peek(p, 0);
	enum triage_category category;
	unsigned was = p->at;
	bool is_class = rules_take_class(p, &category);

	p->at = was;
	if (rules_sees(p, "for|to me|us|it|them|those|these"))
		return false;
	if (rules_is(p, 0, "and") && rules_is_any(p, 1, opinions, COUNT(opinions)))
		return false;
	return is_class || (t->kind != TOKEN_WORD && t->kind != TOKEN_NUMBER) || rules_is_any(p, 0, words, COUNT(words)) ||
	       (rules_is_capital(t) && !rules_is(p, 0, "i"));
}

/* Passes over all up to a comma, the end, or something to do; false, and nothing of it, when it may decide. */
static bool take_harmless(struct parser *p)
{
	unsigned was = p->at;

	for (; !at_end(p) && !goes_on_with_deed(p); p->at++)
		if (is_decisive(p)) {
			p->at = was;
			return false;
		}
	return true;
}

/* "even if it looks like a promotion", "no matter what it says": takes nothing away, whatever it is. "because …", "so
 * that I see it": tells why. An explanation that holds a condition may be more than that. */
static bool take_aside(struct parser *p)
{
	static const char *const concessions[] = {"even if|when|where|though|after",
	                                          "no matter what|who|how|where|when|if|whether", "regardless of|whether",
	                                          "irrespective of", "whatever the|it|they|happens",
	                                          "whoever sent|sends|is"};
	static const char *const reasons[] = {"because", "cause", "so that i|we|they|it", "so i|we", "since i|we",
	                                      "in order to"};
	static const char *const conditions[] = {"if", "unless", "except", "but", "only", "when", "until"};
	bool reason = false;

	/* "although they are long", but not "though not those from Ann" */
	if (rules_sees(p, "although|though it|they|i|we|he|she|this|that"))
		return take_harmless(p);
	if (!rules_take_any(p, concessions, COUNT(concessions)) && !(reason = rules_take_any(p, reasons, COUNT(reasons))))
		return false;
	for (; !at_end(p) && !goes_on_with_deed(p); p->at++)
		if (rules_is_any(p, 0, conditions, COUNT(conditions)))
			return reason ? rules_trouble(p, TROUBLE_COMMA, p->at) : true;
	return true;
}

/* ---- Opinions ---- */

/* ", they are boring", ", I won't look at them anymore", ", those I actually read" */
static bool take_opinion(struct parser *p)
{
	static const char *const idle[] = {
		"i|we read|look|open|use|like|love|hate|enjoy|know|trust|think|bother|miss|understand|remember|"
		"subscribed|loathe|buy|order|asked|ask|signed|pay|check|collect|deal",
		"i|we get|receive|have too|so|enough|no|way [many]", "nobody|no [one] reads|needs|likes|wants",
		"those|these|that|them|which i|we read|like|enjoy|love",
		"they|it|those|these|that|this annoy|annoys|clutter|clutters|distract|distracts|bore|bores|pile|piles|"
		"waste|wastes|confuse|confuses",
	};
	static const char *const fillers[] = {
		"do", "does", "will", "would", "can", "could", "not", "never", "really", "actually", "just", "hardly", "rarely",
		"usually", "mostly", "even", "ever", "have", "am", "always", "still", "anyway", "simply", "honestly", "all",
		"so", "too", "quite", "pretty", "very", "rather",
	};
	struct parser seen = *p;
	bool emphasis = false, opinion;
	unsigned n = 0, i;

	/* without what stands between the subject and its verb */
	for (i = p->at; i < p->count && n < 6 && p->tokens[i].kind == TOKEN_WORD; i++) {
		struct parser here = *p;

		here.at = i;
		if (rules_is_any(&here, 0, fillers, COUNT(fillers)))
			emphasis = emphasis || rules_sees(&here, "actually|really|do|always");
		else
			seen.tokens[n++] = p->tokens[i];
	}
	seen.at = 0;
	seen.count = n;
	seen.tokens[n] = p->tokens[p->count];
	opinion = rules_sees(&seen, "they|it|those|these|that|this|he|she is|are|was|were") && n > 2;
	if (!opinion && !rules_sees(&seen, idle[0]) && !rules_sees(&seen, idle[1]) && !rules_sees(&seen, idle[2]) &&
	    !rules_sees(&seen, idle[4]) && !(rules_sees(&seen, idle[3]) && emphasis) &&
	    !rules_sees(&seen, "which i|we like|enjoy|love|hate"))
		return false;
	rules_take(p, "which");
	return take_harmless(p);
}

/* ---- Appositions ---- */

void rules_skip_apposition(struct parser *p)
{
	unsigned was = p->at, words = 0;
	bool comma = rules_take_comma(p);

	if (rules_take(p, "my|our") || rules_take(p, "she|he|they|who|that|it is|are my|our|the|a|an")) {
		while (words < 4 && !rules_ends_value(p) && rules_peek(p, 0)->kind == TOKEN_WORD) {
			p->at++;
			words++;
		}
		if (words > 0 && rules_ends_value(p)) {
			if (comma)
				rules_take_comma(p);
			return;
		}
	}
	p->at = was;
}

/* ---- All of them ---- */

void rules_take_ending(struct parser *p)
{
	static const char *const endings[] = {
		"please|thanks|always|automatically|immediately|too|cheers|first|obviously|anyway",
		"thank you [very|so] [much]",
		"for me", "right|straight away", "at once", "as well", "in any|all case|cases", "under any circumstances",
		"by default", "from now on", "without asking", "every|each time", "as far as i am concerned", "if you ask me",
		"in my opinion|view|book", "to be honest|safe|sure|clear", "of course", "if possible", "if you can|could|may",
		"as usual|always", "for sure|good", "no exceptions", "without exception|exceptions|fail", "would|will|can you",
		"i think|guess|suppose|believe", "in general|principle", "on sight|arrival", "at all times", "all the time",
		"that is all|it", "right now", "ok|okay",
		"i only|just need|read|use|check it|them|those|these once|twice a|per|every day|week|month|year|while",
	};

	for (;;) {
		unsigned was = p->at;
		bool comma = rules_take_comma(p);

		if (!rules_take_any(p, endings, COUNT(endings)) && !take_aside(p) && !(comma && take_opinion(p))) {
			p->at = was;
			return;
		}
	}
}
