/* Sentences that cannot be followed: why, and the nearest form that could be. A nearest form is made of the sentence by
 * replacing or leaving out words, and is told only when it would be understood. */
#include <stdio.h>
#include <string.h>

#include "agents/email_triage_rules_edit.h"
#include "agents/email_triage_text.h"

#define ROUNDS_MAX  4      /* repairs of one sentence */

/* ---- What the agent cannot do ---- */

/* A verb; what to say instead; from which word the rest is left out ("forward … to x"); and why. */
static const struct inability { const char *pattern, *instead, *drop, *why; } inabilities[] = {
	{"delete|trash|bin|discard|purge|erase|destroy|remove|junk", "Archive", NULL, "it never deletes mail"},
	{"throw|toss away|out", "Archive", NULL, "it never deletes mail"},
	{"get rid of", "Archive", NULL, "it never deletes mail"},
	{"block|ban|blacklist|mute|silence|ignore|dismiss|filter [out]", "Archive", NULL,
	 "it cannot block or mute anybody"},
	{"unsubscribe [me] from", "Archive", NULL, "it never unsubscribes"},
	{"snooze|postpone|defer|pin|highlight|bookmark", "Star", "until", "it can only flag, label, star and archive"},
	{"remind me [about|of|to] [answer|read]", "Star", "in", "it cannot remind you"},
	{"notify|alert|text|ping|warn|tell|inform|call me [immediately|right] [away] [about|of|on]", "Flag as urgent", NULL,
	 "it cannot notify you of single mails"},
	{"forward|redirect|bounce|send|copy", "Star", "to", "it never sends mail"},
	{"reply|respond to", "Star mail from", "that|with|saying", "it never sends mail"},
	{"answer", "Star", "with|saying", "it never sends mail"},
	{"summarize|summarise|translate|print|download|save|open|read|extract", "Star", "to|in|into",
	 "it can only flag, label, star and archive"},
	{"report", "Treat", "to", "it cannot report mail"},
}, participles[] = {
	{"deleted|trashed|binned|discarded|purged|removed|blocked|muted|ignored|junked", "archived", "from",
	 "it never deletes mail"},
	{"forwarded|answered|redirected", "starred", "to", "it never sends mail"},
	{"read|done", "archived", NULL, "it cannot mark mail as read"},
};

/* ---- Repairs: each gives the changed sentence, NULL when it is not what is wrong ---- */

static bool begins_command(const struct repair *r, unsigned i)
{
	struct parser q = edit_at(r, i > 0 ? i - 1 : 0);

	if (i > 1 && rules_sees(&q, "not")) {
		q.at = i - 2;
		return rules_sees(&q, "do not");
	}
	return i == 0 || rules_peek(&q, 0)->kind == TOKEN_COMMA ||
	       rules_sees(&q, "and|then|please|always|automatically|never|to|you|just|also");
}

/* What an inability says instead, with the words behind its `drop` left out. */
static const char *instead(struct repair *r, const struct inability *no, unsigned from, unsigned to)
{
	const char *words = from == 0 ? no->instead : text_lower(r->arena, no->instead);
	const char *changed = edit_replaced(r, from, to, words);
	struct parser q = edit_at(r, to);

	edit_problem(r, "email-triage cannot do this: ", no->why, "");
	if (!no->drop)
		return changed;
	for (; q.at < q.count && !rules_sees(&q, no->drop); q.at++)
		;
	if (q.at < q.count && q.at > to && r->p->tokens[q.at].from >= r->p->tokens[to - 1].to)
		changed = edit_two(r, from, to, words, q.at, edit_end(r, q.at), "");
	return changed;
}

static const char *other_verb(struct repair *r)
{
	unsigned i, k;

	for (i = 0; i < r->p->count; i++) {
		struct parser q = edit_at(r, i);

		for (k = 0; begins_command(r, i) && k < COUNT(inabilities); k++, q.at = i)
			if (rules_take(&q, inabilities[k].pattern))
				return instead(r, &inabilities[k], i, q.at);
		for (k = 0; i > 1 && i == r->p->furthest && k < COUNT(participles); k++, q.at = i)
			if (rules_take(&q, participles[k].pattern))
				return instead(r, &participles[k], i, q.at);
	}
	return NULL;
}

/* "as read", "to the trash", "as Finance": what nothing can be marked as. */
static const char *other_class(struct repair *r)
{
	static const struct { const char *pattern, *verb, *why; } places[] = {
		{"as|to|into|in [the|my] spam|junk [folder]", NULL, "to mark it as spam is to treat it so"},
		{"as|to|into|in [the|my] read|done|seen|trash|bin|deleted [items|folder]", "Archive",
		 "it never deletes mail, nor marks it as read"},
		{"as unread|new", "Star", "it cannot mark mail as unread"},
	};
	unsigned i, k, verb;
	struct parser q;

	for (verb = 0; verb < r->p->count; verb++) {
		q = edit_at(r, verb);
		if (rules_sees(&q, "flag|mark|treat|classify|consider|set|move|put|send|file|drop|count"))
			break;
	}
	for (i = verb + 1; i < r->p->count; i++)
		for (k = 0; k < COUNT(places); k++) {
			q = edit_at(r, i);
			if (!rules_take(&q, places[k].pattern))
				continue;
			edit_problem(r, "email-triage cannot do this: ", places[k].why, "");
			if (!places[k].verb)
				return edit_two(r, verb, verb + 1, verb == 0 ? "Treat" : "treat", i, q.at, "as spam");
			return instead(r, &(struct inability){"", places[k].verb, "as|to|into|in", places[k].why}, verb, verb + 1);
		}
	if (r->p->trouble != TROUBLE_CLASS || verb >= r->p->count || r->p->trouble_at <= verb + 1)
		return NULL;
	q = edit_at(r, r->p->trouble_at - 1);
	if (!rules_sees(&q, "as"))
		return NULL;
	edit_problem(r, "\"", edit_words(r, r->p->trouble_at, edit_end(r, r->p->trouble_at)),
	        "\" is no category, though it may be a label");
	return edit_replaced(r, verb, verb + 1, "Label");
}

/* "my boss": whose address that is, only the user knows. */
static const char *somebody(struct repair *r)
{
	unsigned from = r->p->trouble_at, to;
	const char *last;
	struct parser q = edit_at(r, from);
	bool role;

	if (r->p->trouble == TROUBLE_NOBODY) {
		edit_problem(r, "\"", edit_words(r, from, from + 1), "\" is no address, domain or name");
		return edit_replaced(r, from, from + 1, "@EXAMPLE.ORG");
	}
	if (r->p->trouble != TROUBLE_PEOPLE || from >= r->p->count)
		return NULL;
	role = rules_sees(&q, "my|our|the|his|her|their");
	for (q.at++; q.at < q.count && !rules_ends_value(&q); q.at++)
		;
	to = q.at;
	edit_problem(r, "Nothing in a mail tells who \"", edit_words(r, from, to),
	             "\" is: name an address, a domain or a name");
	last = r->p->tokens[to - 1].lower;
	if (to < r->p->count && strlen(last) > 2 && strcmp(last + strlen(last) - 2, "'s") == 0)     /* "my boss's emails" */
		return edit_moved(r, from, to, to + 1, "from NAME@EXAMPLE.ORG");
	return role ? edit_moved(r, from, from, to, "NAME@EXAMPLE.ORG") : edit_replaced(r, from, to, "@EXAMPLE.ORG");
}

/* "old newsletters": an adjective that says nothing exact, or what must be looked for as a word. */
static const char *adjective(struct repair *r)
{
	static const struct { const char *pattern, *behind; } vague[] = {
		{"old|older|stale|outdated|ancient", "older than 30 days"}, {"recent|latest|fresh", "from the last 7 days"},
		{"big|large|long|short|boring|useless|unimportant|annoying|unwanted|remaining|other", ""},
		{"stupid|silly|such|interesting|good|bad", ""},
	};
	unsigned i = r->p->furthest, k;
	struct parser q = edit_at(r, i);
	const char *word = rules_peek(&q, 0)->lower;

	if (i >= r->p->count || rules_peek(&q, 0)->kind != TOKEN_WORD || rules_ends_value(&q) || !rules_sees_kind(&q, 1))
		return NULL;
	if (i > 0 && strlen(word) > 2 && strcmp(word + strlen(word) - 2, "'s") == 0) {      /* "my accountant's emails" */
		edit_problem(r, "Nothing in a mail tells who \"", edit_words(r, i - 1, i + 1),
		        "\" is: name an address, a domain or a name");
		return edit_moved(r, i, i + 1, i + 2, "from NAME@EXAMPLE.ORG");
	}
	for (k = 0; k < COUNT(vague) && !rules_sees(&q, vague[k].pattern); k++)
		;
	if (k == COUNT(vague) && rules_is_capital(rules_peek(&q, 0)) && !rules_is_nobody(&q, 0) &&
	    !rules_is_adjective(&q, 0)) {                       /* "Amazon orders are …" */
		word = edit_words(r, i, i + 1);
		edit_problem(r, "\"", word, "\" may be a sender's name or not: say \"from\" before it if it is");
		return edit_moved(r, i, i + 1, i + 2, arena_printf(r->arena, "from %s", word));
	}
	edit_problem(r, "\"", word, "\" says nothing that can be looked for in a mail");
	for (k = 0; k < COUNT(vague); k++)
		if (rules_sees(&q, vague[k].pattern))
			return *vague[k].behind ? edit_moved(r, i, i + 1, edit_end(r, i), vague[k].behind) : edit_replaced(r, i,
				i + 1, "");
	return edit_moved(r, i, i + 1, edit_end(r, i), arena_printf(r->arena, "about \"%s\"", word));
}

/* "Only star mail from Ann": what of the others? */
static const char *without_only(struct repair *r)
{
	struct parser q = edit_at(r, 0);

	for (; q.at < 4 && q.at < q.count; q.at++)
		if (rules_sees(&q, "only") && begins_command(r, q.at)) {
			const char *changed = edit_replaced(r, q.at, q.at + 1, "");

			changed += *changed == ' ';
			edit_problem(r, "A rule says nothing of the mail that it is not about: leave out \"", "only", "\"");
			return edit_parses(r, changed) ? changed : NULL;
		}
	return NULL;
}

static const char *known_trouble(struct repair *r)
{
	unsigned at = r->p->trouble_at, i;

	switch (r->p->trouble) {
	case TROUBLE_DAY:
		edit_problem(r, "There is no such day", "", "");
		return NULL;
	case TROUBLE_TIME:
		edit_problem(r, "\"", edit_words(r, at, at + 1), "\" may be a month or a name: put a name in quotes");
		return at > 0 ? edit_replaced(r, at - 1, at, "received in") : NULL;
	case TROUBLE_SIZE:
		edit_problem(r, "Neither size nor number of attachments is looked at", "", "");
		return edit_replaced(r, at, edit_end(r, at), "");
	case TROUBLE_SENTENCES:
		edit_problem(r, "It is more than one sentence: give each as a rule of its own", "", "");
		return at > 0 && at < r->p->count ? edit_replaced(r, at - 1, r->p->count, "") : NULL;
	case TROUBLE_COMMA:
		edit_problem(r, "It is not clear how far \"or\" reaches: give each case as a rule of its own", "", "");
		return at < r->p->count ? edit_replaced(r, at, edit_end(r, at + 1), "") : NULL;
	case TROUBLE_DEAD:
		edit_problem(r, "No mail can meet all of its conditions", "", "");
		for (i = r->p->count - 1; i > 0; i--) {
			struct parser q = edit_at(r, i);
			const char *changed = edit_replaced(r, i, edit_end(r, i), "");

			if (rules_sees(&q, "and|that|but|not|from|without") && edit_parses(r, changed))
				return changed;
		}
		return NULL;
	case TROUBLE_LONG:
		return edit_problem(r, "It is too long, or has too many parts", "", "");
	default:
		return NULL;
	}
}

/* "as Research and Development", "from Women in Tech": what is meant as one stands in quotes. */
static const char *in_quotes(struct repair *r)
{
	static const char *const times[] = {"weekend", "weekends", "monday", "tuesday", "wednesday", "thursday", "friday",
	                                    "saturday", "sunday",
	                                    "night", "morning", "evening", "holidays", "vacation", "hours"};
	unsigned i = r->p->furthest < r->p->count ? r->p->furthest : r->p->count, end, k;

	if (i < 3)
		return NULL;
	end = i < r->p->count ? edit_end(r, i) : i;
	for (k = i; k < end; k++) {
		struct parser q = edit_at(r, k);

		if (rules_is_any(&q, 0, times, COUNT(times)))
			return NULL;
	}
	for (k = i - 1; k > 0 && k + 6 > i; k--) {
		struct parser q = edit_at(r, k);
		const struct token *t = r->p->tokens;
		unsigned begin = t[k + 1].from, behind = t[end - 1].to;
		const char *changed;

		if (end <= k + 1 || behind < begin ||
		    !(rules_sees(&q, "as|under|into|called|named|about|containing|mentioning|with|subject") ||
		      rules_sees(&q, "contains|mentions|says|label|from|regarding")) ||
		    memchr(r->sentence + begin, '"', behind - begin))
			continue;
		changed = arena_printf(r->arena, "%.*s\"%.*s\"%s", (int)begin, r->sentence, (int)(behind - begin),
		                       r->sentence + begin,
		                       r->sentence + behind);
		if (!edit_parses(r, changed))
			continue;
		edit_problem(r, "It is not clear how far \"", edit_words(r, k + 1, end),
		        "\" goes: put what belongs together in quotes");
		return changed;
	}
	return NULL;
}

/* What is not understood is left out. */
static const char *left_out(struct repair *r)
{
	unsigned i = r->p->furthest < r->p->count ? r->p->furthest : r->p->count, back;
	const char *changed;
	struct parser q;

	if (i == 0)
		return edit_problem(r, "It does not say what to do (flag, mark, label, archive, keep, star) with which mails",
		                    "",
		               "");
	if (i == r->p->count)
		return edit_problem(r, "It seems to be unfinished after \"", edit_words(r, i - 1, i), "\"");
	edit_problem(r, "\"", edit_words(r, i, edit_end(r, i)), "\" is not understood here");
	q = edit_at(r, i + 1);
	if (i + 1 < r->p->count && rules_ends_value(&q)) {      /* a word by itself */
		changed = edit_replaced(r, i, i + 1, "");
		if (edit_parses(r, changed))
			return changed;
	}
	for (back = 0; back < 3 && back < i; back++) {
		changed = edit_replaced(r, i - back, edit_end(r, i), "");
		if (edit_parses(r, changed))
			return changed;
	}
	for (back = i; back > 0; back--) {                      /* a remark behind a comma */
		changed = r->p->tokens[back].kind == TOKEN_COMMA ? edit_replaced(r, back, r->p->count, "") : NULL;
		if (edit_parses(r, changed))
			return changed;
	}
	return NULL;
}

void rules_help(struct arena *a, const char *sentence, const struct parser *p, struct rule *out)
{
	static const char *(*const repairs[])(struct repair *) = {without_only, other_class, other_verb, somebody,
	                                                          adjective, known_trouble, in_quotes, left_out};
	struct repair r = {a, sentence, p, NULL};
	struct parser *again = arena_alloc(a, sizeof *again);
	unsigned round, i;
	struct rule rule;

	for (round = 0; round < ROUNDS_MAX; round++) {
		const char *changed = NULL;

		for (i = 0; i < COUNT(repairs) && !changed; i++)
			changed = repairs[i](&r);
		if (!changed || strlen(changed) > NEAREST_MAX || strcmp(changed, r.sentence) == 0)
			break;
		changed += strspn(changed, " ");                        /* its first word was left out */
		r.sentence = changed;
		if (rules_read(a, changed, again, &rule)) {
			out->nearest = edit_parses(&r, changed) ? changed : NULL;
			break;
		}
		r.p = again;
	}
	out->problem = r.problem ? r.problem : "It is not understood";
}
