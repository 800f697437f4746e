/* Changing a sentence that is not understood, word by word. */
#include "agents/email_triage_rules_edit.h"

#include <string.h>

const char *edit_replaced(const struct repair *r, unsigned from, unsigned to, const char *by)
{
	const struct token *t = r->p->tokens;
	unsigned begin = t[from].from, end = to > from ? t[to - 1].to : begin;

	if (!*by)
		while (begin > 0 && strchr(" ,;(", r->sentence[begin - 1]))
			begin--;
	return arena_printf(r->arena, "%.*s%s%s", (int)begin, r->sentence, by, r->sentence + end);
}

const char *edit_moved(const struct repair *r, unsigned from, unsigned to, unsigned place, const char *words)
{
	const struct token *t = r->p->tokens;
	unsigned begin = t[from].from, end = t[to].from, at = t[place - 1].to;

	if (at < end)
		return NULL;
	return arena_printf(r->arena, "%.*s%.*s %s%s", (int)begin, r->sentence, (int)(at - end), r->sentence + end, words,
	                    r->sentence + at);
}

const char *edit_two(const struct repair *r, unsigned from, unsigned to, const char *by, unsigned from2, unsigned to2,
                     const char *by2)
{
	const struct token *t = r->p->tokens;
	const char *rest = edit_replaced(r, from2, to2, by2);

	if (t[from2].from < t[to - 1].to)          /* both of one short form */
		return NULL;
	return arena_printf(r->arena, "%.*s%s%s", (int)t[from].from, rest, by, rest + t[to - 1].to);
}

const char *edit_words(const struct repair *r, unsigned from, unsigned to)
{
	const struct token *t = r->p->tokens;

	if (from >= r->p->count)
		return "";
	return arena_strndup(r->arena, r->sentence + t[from].from, t[to > from ? to - 1 : from].to - t[from].from);
}

bool edit_parses(const struct repair *r, const char *sentence)
{
	struct rule rule;
	struct parser p;
	unsigned i;

	if (!sentence || strlen(sentence) > NEAREST_MAX || !rules_read(r->arena, sentence, &p, &rule))
		return false;
	for (i = 0; i < rule.part_count; i++)
		if (!rule.parts[i].when)
			return false;
	return true;
}

struct parser edit_at(const struct repair *r, unsigned i)
{
	struct parser q = *r->p;

	q.at = i;
	return q;
}

unsigned edit_end(const struct repair *r, unsigned i)
{
	static const char *const ends[] = {"and", "or", "unless", "except", "if", "when", "then", "but", "as", "should",
	                                   "is", "are"};
	struct parser q = edit_at(r, i + 1);

	for (; q.at < q.count; q.at++)
		if (rules_peek(&q, 0)->kind == TOKEN_COMMA || rules_peek(&q, 0)->kind == TOKEN_STOP ||
		    rules_is_any(&q, 0, ends, COUNT(ends)))
			break;
	return q.at < q.count ? q.at : q.count;
}

const char *edit_problem(struct repair *r, const char *before, const char *what, const char *behind)
{
	if (!r->problem)
		r->problem = arena_printf(r->arena, "%s%s%s", before, what, behind);
	return NULL;
}
