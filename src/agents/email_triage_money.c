/* Reading amounts of money. */
#include "agents/email_triage_money.h"

#include <ctype.h>
#include <string.h>

#define COUNT(list) (sizeof list / sizeof *list)

/* ---- Names ---- */

/* Symbols may touch the figures; words and codes too, but nothing else. Longer ones stand before those that begin them.
 * A plain "$" is the American, since most that is written so is. */
static const struct { const char *text; enum currency currency; } names[] = {
	{"us dollars", CURRENCY_USD}, {"canadian dollars", CURRENCY_CAD}, {"australian dollars", CURRENCY_AUD},
	{"swiss francs", CURRENCY_CHF}, {"indian rupees", CURRENCY_INR}, {"british pounds", CURRENCY_GBP},
	{"us$", CURRENCY_USD}, {"usd", CURRENCY_USD}, {"dollars", CURRENCY_USD}, {"dollar", CURRENCY_USD},
	{"bucks", CURRENCY_USD}, {"ca$", CURRENCY_CAD}, {"c$", CURRENCY_CAD}, {"cad", CURRENCY_CAD}, {"au$", CURRENCY_AUD},
	{"a$", CURRENCY_AUD}, {"aud", CURRENCY_AUD}, {"nz$", CURRENCY_NZD}, {"nzd", CURRENCY_NZD}, {"hk$", CURRENCY_HKD},
	{"hkd", CURRENCY_HKD}, {"sg$", CURRENCY_SGD}, {"s$", CURRENCY_SGD}, {"sgd", CURRENCY_SGD}, {"r$", CURRENCY_BRL},
	{"brl", CURRENCY_BRL}, {"reais", CURRENCY_BRL}, {"mx$", CURRENCY_MXN}, {"mxn", CURRENCY_MXN}, {"$", CURRENCY_USD},
	{"euros", CURRENCY_EUR}, {"euro", CURRENCY_EUR}, {"eur", CURRENCY_EUR}, {"€", CURRENCY_EUR},
	{"pounds sterling", CURRENCY_GBP}, {"pounds", CURRENCY_GBP}, {"pound", CURRENCY_GBP}, {"quid", CURRENCY_GBP},
	{"gbp", CURRENCY_GBP}, {"£", CURRENCY_GBP}, {"rupees", CURRENCY_INR}, {"rupee", CURRENCY_INR},
	{"inr", CURRENCY_INR},
	{"rs.", CURRENCY_INR}, {"rs", CURRENCY_INR}, {"₹", CURRENCY_INR}, {"yen", CURRENCY_JPY}, {"jpy", CURRENCY_JPY},
	{"¥", CURRENCY_JPY}, {"yuan", CURRENCY_CNY}, {"rmb", CURRENCY_CNY}, {"cny", CURRENCY_CNY}, {"chf", CURRENCY_CHF},
	{"sfr.", CURRENCY_CHF}, {"fr.", CURRENCY_CHF}, {"francs", CURRENCY_CHF}, {"zar", CURRENCY_ZAR},
	{"rand", CURRENCY_ZAR},
	{"kroner", CURRENCY_KR}, {"kronor", CURRENCY_KR}, {"kr.", CURRENCY_KR}, {"kr", CURRENCY_KR}, {"sek", CURRENCY_SEK},
	{"nok", CURRENCY_NOK}, {"dkk", CURRENCY_DKK}, {"zloty", CURRENCY_PLN}, {"pln", CURRENCY_PLN}, {"zł", CURRENCY_PLN},
	{"czk", CURRENCY_CZK}, {"kč", CURRENCY_CZK}, {"huf", CURRENCY_HUF}, {"forint", CURRENCY_HUF}, {"ft", CURRENCY_HUF},
	{"rubles", CURRENCY_RUB}, {"roubles", CURRENCY_RUB}, {"rub", CURRENCY_RUB}, {"₽", CURRENCY_RUB},
	{"uah", CURRENCY_UAH}, {"₴", CURRENCY_UAH}, {"try", CURRENCY_TRY}, {"₺", CURRENCY_TRY}, {"shekels", CURRENCY_ILS},
	{"ils", CURRENCY_ILS}, {"₪", CURRENCY_ILS}, {"dirhams", CURRENCY_AED}, {"aed", CURRENCY_AED}, {"sar", CURRENCY_SAR},
	{"krw", CURRENCY_KRW}, {"won", CURRENCY_KRW}, {"₩", CURRENCY_KRW}, {"baht", CURRENCY_THB}, {"thb", CURRENCY_THB},
	{"฿", CURRENCY_THB}, {"vnd", CURRENCY_VND}, {"₫", CURRENCY_VND}, {"rupiah", CURRENCY_IDR}, {"idr", CURRENCY_IDR},
	{"ringgit", CURRENCY_MYR}, {"myr", CURRENCY_MYR}, {"php", CURRENCY_PHP}, {"₱", CURRENCY_PHP},
	{"naira", CURRENCY_NGN},
	{"ngn", CURRENCY_NGN}, {"₦", CURRENCY_NGN},
};

static bool is_letter(char c)
{
	return isalpha((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* Ordinary words and names end in letters that are currencies too ("offers 5"). */
static size_t name_at(const char *p, enum currency *out)
{
	unsigned i;

	for (i = 0; i < COUNT(names); i++) {
		size_t n = strlen(names[i].text);
		bool word = isalpha((unsigned char)names[i].text[n - 1]);

		if (strncmp(p, names[i].text, n) == 0 && !(word && is_letter(p[n]))) {
			*out = names[i].currency;
			return n;
		}
	}
	return 0;
}

/* ---- Blanks and figures ---- */

/* A blank of any width: ordinary, no-break (U+00A0), thin (U+2009) or narrow no-break (U+202F). */
static size_t blank_at(const char *p)
{
	if (*p == ' ')
		return 1;
	if (strncmp(p, "\xC2\xA0", 2) == 0)
		return 2;
	return strncmp(p, "\xE2\x80\x89", 3) == 0 || strncmp(p, "\xE2\x80\xAF", 3) == 0 ? 3 : 0;
}

/* What may stand between figures: a mark or a blank. 0 when no figure follows it. */
static size_t mark_at(const char *p)
{
	size_t n = *p == ',' || *p == '.' || *p == '\'' ? 1 : blank_at(p);

	return n > 0 && isdigit((unsigned char)p[n]) ? n : 0;
}

static size_t figures(const char *p)
{
	size_t n = 0;

	while (isdigit((unsigned char)p[n]))
		n++;
	return n;
}

/* Where figures end, and their last mark, with what it is. */
struct shape { size_t length, last; char mark; unsigned marks, kinds; size_t behind; };

static void shape_of(const char *p, struct shape *s)
{
	size_t n;

	memset(s, 0, sizeof *s);
	s->length = figures(p);
	while ((n = mark_at(p + s->length)) > 0) {
		size_t more = figures(p + s->length + n);

		/* blanks group by threes alone: "room 12 500 people" is no number */
		if (blank_at(p + s->length) && (more != 3 || (s->marks == 0 && s->length > 3)))
			break;
		s->kinds += s->marks > 0 && s->mark != p[s->length];
		s->mark = p[s->length];
		s->marks++;
		s->last = s->length;
		s->behind = more;
		s->length += n + more;
	}
}

/* Is the last mark the one before the cents? One that differs from those before is; one alone unless three figures stand
 * behind it. */
static bool has_cents(const struct shape *s, const char *p)
{
	if (s->marks == 0 || (s->mark != ',' && s->mark != '.'))
		return false;
	if (s->kinds > 0)
		return true;
	return s->marks == 1 && (s->behind != 3 || (s->last == 1 && *p == '0'));
}

static int64_t value_of(const char *p, const struct shape *s)
{
	bool cents = has_cents(s, p);
	int64_t n = 0;
	size_t i, whole = cents ? s->last : s->length;
	int tail = 0, places = 0;

	for (i = 0; i < whole; i++)
		if (isdigit((unsigned char)p[i]))
			n = n > MONEY_MAX ? n : n * 10 + (p[i] - '0');
	for (i = whole; cents && i < s->length && places < 2; i++)
		if (isdigit((unsigned char)p[i])) {
			tail = tail * 10 + (p[i] - '0');
			places++;
		}
	if (places == 1)
		tail *= 10;
	return n > MONEY_MAX / 100 ? MONEY_MAX : n * 100 + tail;
}

/* "5k", "2 lakh", "1.5 million". Letters alone must touch the figures. */
static size_t multiplier_at(const char *p, int64_t *times)
{
	static const struct { const char *text; int64_t times; bool touches; } all[] = {
		{"thousand", 1000, false}, {"million", 1000000, false}, {"billion", 1000000000, false},
		{"lakhs", 100000, false},
		{"lakh", 100000, false}, {"lacs", 100000, false}, {"crores", 10000000, false}, {"crore", 10000000, false},
		{"mio", 1000000, false}, {"bn", 1000000000, true}, {"k", 1000, true}, {"m", 1000000, true},
	};
	size_t skip = blank_at(p);
	unsigned i;

	for (i = 0; i < COUNT(all); i++) {
		size_t n = strlen(all[i].text);

		if ((skip == 0 || !all[i].touches) && strncmp(p + skip, all[i].text, n) == 0 && !is_letter(p[skip + n])) {
			*times = all[i].times;
			return skip + n;
		}
	}
	return 0;
}

/* ---- Amounts ---- */

/* Figures with a multiplier at p; *end is behind them. */
static size_t number_at(const char *p, int64_t *cents)
{
	struct shape s;
	int64_t times = 1;
	size_t n;

	shape_of(p, &s);
	if (s.length == 0)
		return 0;
	*cents = value_of(p, &s);
	n = multiplier_at(p + s.length, &times);
	*cents = *cents > MONEY_MAX / times ? MONEY_MAX : *cents * times;
	return s.length + n;
}

size_t money_read(const char *text, struct money *out)
{
	enum currency before = CURRENCY_NONE, behind = CURRENCY_NONE;
	const char *p = text;
	size_t n = name_at(p, &before), blank;

	p += n;
	if (n > 0)
		p += blank_at(p);
	if (before != CURRENCY_NONE && name_at(p, &behind) > 0)     /* "usd $500" */
		p += name_at(p, &behind);
	n = number_at(p, &out->cents);
	if (n == 0)
		return 0;
	p += n;
	blank = blank_at(p);
	behind = CURRENCY_NONE;
	n = name_at(p + blank, &behind);
	/* "$500 cad": what is said more exactly */
	if (n > 0 && (before == CURRENCY_NONE || before == behind || before == CURRENCY_USD || before == CURRENCY_KR))
		p += blank + n;
	else
		behind = CURRENCY_NONE;
	out->currency = behind != CURRENCY_NONE ? behind : before;
	return (size_t)(p - text);
}

void money_none(struct money_found *found)
{
	unsigned i;

	for (i = 0; i < CURRENCY__MAX; i++)
		found->cents[i] = -1;
}

static void note(struct money_found *found, const struct money *m)
{
	if (found->cents[m->currency] < m->cents)
		found->cents[m->currency] = m->cents;
}

/* May an amount begin here: at figures or a currency's name, neither of them inside a word or a number? */
static bool may_begin(const char *text, const char *p)
{
	char last = p > text ? p[-1] : ' ';

	if (isdigit((unsigned char)*p))
		return !isalnum((unsigned char)last) && last != '.' && last != ',' && last != '_';
	return !isalnum((unsigned char)last) || !isalpha((unsigned char)*p);
}

void money_find(struct money_found *found, const char *text)
{
	const char *p = text;

	while (*p) {
		struct money m;
		size_t n;

		if (((unsigned char)*p & 0xC0) == 0x80 || isspace((unsigned char)*p) || !may_begin(text, p) ||
		    (n = money_read(p, &m)) == 0) {
			p++;
			continue;
		}
		if (m.currency != CURRENCY_NONE)
			note(found, &m);
		p += n;
	}
}
