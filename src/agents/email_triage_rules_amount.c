/* Conditions on amounts of money: "over $500", "between 100 and 200 euros", "of ₹10,000 or more". */
#include <string.h>

#include "agents/email_triage_rules_priv.h"

/* Takes an amount that ends where a word ends. */
static bool take_money(struct parser *p, struct money *out)
{
	char text[160] = "";
	size_t ends[4], n = 0, length;
	unsigned i, count = 0;

	while (count < 4) {
		const struct token *t = rules_peek(p, count);

		if ((t->kind != TOKEN_WORD && t->kind != TOKEN_NUMBER) || n + strlen(t->lower) + 2 > sizeof text)
			break;
		if (n > 0)
			text[n++] = ' ';
		strcpy(text + n, t->lower);
		n += strlen(t->lower);
		ends[count++] = n;
	}
	length = money_read(text, out);
	length += length > 0 && text[length] == '+';
	for (i = 0; i < count; i++)
		if (ends[i] == length) {
			p->at += i + 1;
			if (p->at > p->furthest)
				p->furthest = p->at;
			return true;
		}
	return false;
}

/* "500 MB", "500 words": something else is counted. A number alone must end what it belongs to. */
static bool is_money(const struct parser *p, const struct money *m)
{
	return m->currency != CURRENCY_NONE || rules_ends_value(p);
}

static bool take_between(struct parser *p, struct condition *c)
{
	struct money a, b;

	if (!rules_take(p, "between") && !rules_take(p, "[ranging] from"))
		return false;
	if (!take_money(p, &a) || !rules_take(p, "and|to") || !take_money(p, &b))
		return false;
	if (a.currency != CURRENCY_NONE && b.currency != CURRENCY_NONE && a.currency != b.currency)
		return false;
	c->currency = b.currency != CURRENCY_NONE ? b.currency : a.currency;
	if (c->currency == CURRENCY_NONE && !rules_ends_value(p))
		return false;
	rules_bound(&c->range, true, a.cents);
	rules_bound(&c->range, false, b.cents);
	return true;
}

/* "$500 or more", "$500+": which side a bound is on may be said behind it. */
static bool take_behind(struct parser *p, bool *least)
{
	if (rules_take(p, "or|and more|up|above|over|higher|greater|upwards|upward") || rules_take(p, "upwards|minimum")) {
		*least = true;
		return true;
	}
	*least = false;
	return rules_take(p, "or|and less|under|below|lower|cheaper") || rules_take(p, "maximum");
}

static bool has_plus(const struct parser *p)
{
	const char *text = p->tokens[p->at - 1].lower;

	return *text && text[strlen(text) - 1] == '+';
}

static bool take_bound(struct parser *p, struct condition *c, bool led)
{
	struct money m;
	bool least = true, exactly = rules_take(p, "exactly|precisely") || rules_take(p, "equal|equals [to]");
	bool compared = !exactly && rules_take_comparison(p, &c->range, &least), behind = false;

	if (!take_money(p, &m) || (!compared && m.currency == CURRENCY_NONE))
		return false;
	if (!compared && !exactly && has_plus(p))
		behind = least = true;
	else if (!compared && !exactly)
		behind = take_behind(p, &least);
	if (!is_money(p, &m) || !(led || compared || behind || exactly))
		return false;
	c->currency = m.currency;
	if (compared || behind || !exactly)
		rules_bound(&c->range, least, m.cents);
	if (!compared && !behind) {                       /* "for $20" */
		rules_bound(&c->range, true, m.cents);
		rules_bound(&c->range, false, m.cents);
	}
	return true;
}

#define AMOUNT "amount|amounts|total|totals|sum|price|value|balance|charge|cost|payment|payments|sums|charges|bill"

bool rules_take_amount(struct parser *p, struct expr **out)
{
	static const char *const leads[] = {
		"with|of|for|having|mentioning|containing|showing|whose|where [a|an|the|any|its|their] [total|invoice] " AMOUNT
		" [is|are|of|due|that] [is|of]", "with|mentioning|containing|showing [a|an] " AMOUNT " [of]",
		"[the|its|their|any|a] [total|invoice] " AMOUNT " [due] is|are|was|of",
		"[the|its|their|any|a] total|sum [due] is|are|was",
		"[there] [is|are] [the|its|their|any|a|an] [total|invoice] " AMOUNT " [of]",
		"[which|that] [is|are] worth|totalling|totaling|costing|charging|billing|amounting [to]",
		"[that] cost|costs|total|totals|charge|charges",
		"mentioning|containing|mentions|mention|contains|contain|showing", "for|of|at", "is|are", "that is|are",
		"[that|which] talks|talk|talking|speaks|speak about|of", "about",
	};
	struct condition *c = rules_condition(p, WHEN_AMOUNT);
	unsigned was = p->at, led;

	if (!c)
		return false;
	rules_take_any(p, leads, COUNT(leads));
	led = p->at;
	if (!take_between(p, c)) {
		p->at = led;
		c->range = (struct range){0};
		if (!take_bound(p, c, led > was)) {
			p->at = was;                        /* "at least" is no "at" */
			c->range = (struct range){0};
			if (led == was || !take_bound(p, c, false))
				return false;
		}
	}
	rules_take(p, "in total");
	if (!rules_take(p, "in [the|its] mail|email|message|text|body|subject"))
		rules_take(p, "in it|them");
	*out = rules_leaf(p, c);
	return true;
}
