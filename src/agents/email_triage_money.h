/* Amounts of money in text, as people write them: "$1,234.50", "1.234,50 €", "₹1,00,000", "USD 5k", "2 lakh rupees". */
#ifndef AGENTIV_AGENTS_EMAIL_TRIAGE_MONEY_H
#define AGENTIV_AGENTS_EMAIL_TRIAGE_MONEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum currency {
	CURRENCY_NONE, CURRENCY_USD, CURRENCY_EUR, CURRENCY_GBP, CURRENCY_INR, CURRENCY_JPY, CURRENCY_CNY, CURRENCY_CHF,
	CURRENCY_CAD, CURRENCY_AUD, CURRENCY_NZD, CURRENCY_SGD, CURRENCY_HKD, CURRENCY_BRL, CURRENCY_MXN, CURRENCY_ZAR,
	CURRENCY_KR, CURRENCY_SEK, CURRENCY_NOK, CURRENCY_DKK, CURRENCY_PLN, CURRENCY_CZK, CURRENCY_HUF, CURRENCY_RUB,
	CURRENCY_UAH, CURRENCY_TRY, CURRENCY_ILS, CURRENCY_AED, CURRENCY_SAR, CURRENCY_KRW, CURRENCY_THB, CURRENCY_VND,
	CURRENCY_IDR, CURRENCY_MYR, CURRENCY_PHP, CURRENCY_NGN, CURRENCY__MAX
};

#define MONEY_MAX INT64_C(1000000000000000)     /* cents; what is more counts as so much */

struct money { enum currency currency; int64_t cents; };

/* The amount at the beginning of text (lower case), its currency before or behind it or missing. Returns how many bytes
 * it takes, 0 when there is none. */
size_t money_read(const char *text, struct money *out);

/* The greatest amount of each currency, -1 for none; those without a currency are no money. */
struct money_found { int64_t cents[CURRENCY__MAX]; };

void money_none(struct money_found *found);
/* Adds those that stand in text (lower case). */
void money_find(struct money_found *found, const char *text);

#endif
