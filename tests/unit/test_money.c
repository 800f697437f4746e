/* Amounts of money in text (agents/email_triage_money.h). */
#include <stdio.h>
#include <string.h>

#include "agents/email_triage_money.h"
#include "agents_fixture.h"
#include "agents_suites.h"

static void amounts_are_read_as_people_write_them(void)
{
	static const struct { const char *text; enum currency currency; int64_t cents; size_t length; } rows[] = {
		{"$500", CURRENCY_USD, 50000, 4}, {"us$ 500.5", CURRENCY_USD, 50050, 9},
		{"500 dollars", CURRENCY_USD, 50000, 11},
		{"usd 1,234.50", CURRENCY_USD, 123450, 12}, {"1.234,50 €", CURRENCY_EUR, 123450, 12},
		{"€ 1.234", CURRENCY_EUR, 123400, 9}, {"12,5 eur", CURRENCY_EUR, 1250, 8}, {"0.125 eur", CURRENCY_EUR, 12, 9},
		{"1 234,50 eur", CURRENCY_EUR, 123450, 12}, {"1\u202f234 euros", CURRENCY_EUR, 123400, 13},
		{"chf 1'250", CURRENCY_CHF, 125000, 9}, {"₹1,00,000", CURRENCY_INR, 10000000, 11},
		{"rs. 2.5 lakh", CURRENCY_INR, 25000000, 12}, {"2 crore rupees", CURRENCY_INR, 2000000000, 14},
		{"$5k", CURRENCY_USD, 500000, 3}, {"$1.5 million", CURRENCY_USD, 150000000, 12},
		{"$5 kids", CURRENCY_USD, 500, 2},
		{"$500 cad", CURRENCY_CAD, 50000, 8}, {"c$20", CURRENCY_CAD, 2000, 4}, {"£3 and more", CURRENCY_GBP, 300, 3},
		{"500", CURRENCY_NONE, 50000, 3}, {"999999999999999999999 usd", CURRENCY_USD, MONEY_MAX, 25},
		{"dollars", CURRENCY_NONE, 0, 0}, {"$", CURRENCY_NONE, 0, 0}, {"", CURRENCY_NONE, 0, 0},
	};
	unsigned i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct money m = {CURRENCY_NONE, 0};
		size_t n = money_read(rows[i].text, &m);

		if (n != rows[i].length || m.cents != rows[i].cents)
			fprintf(stderr, "%s: %zu bytes, %lld cents\n", rows[i].text, n, (long long)m.cents);
		CU_ASSERT_EQUAL(n, rows[i].length);
		if (n > 0) {
			CU_ASSERT_EQUAL(m.currency, rows[i].currency);
			CU_ASSERT_EQUAL(m.cents, rows[i].cents);
		}
	}
}

static int64_t greatest(const char *text, enum currency currency)
{
	struct money_found found;

	money_none(&found);
	money_find(&found, text);
	return found.cents[currency];
}

static void the_greatest_of_each_currency_is_found(void)
{
	static const char text[] = "2 items at $19.99, total: $1,039.98 (that is 950,00 €). order 123456789, room 4500";

	CU_ASSERT_EQUAL(greatest(text, CURRENCY_USD), 103998);
	CU_ASSERT_EQUAL(greatest(text, CURRENCY_EUR), 95000);
	CU_ASSERT_EQUAL(greatest(text, CURRENCY_GBP), -1);
	CU_ASSERT_EQUAL(greatest(text, CURRENCY_NONE), -1);
}

static void parts_of_words_and_numbers_are_no_money(void)
{
	CU_ASSERT_EQUAL(greatest("offers 500, version 3.500 eurozone", CURRENCY_INR), -1);
	CU_ASSERT_EQUAL(greatest("offers 500, version 3.500 eurozone", CURRENCY_EUR), -1);
	CU_ASSERT_EQUAL(greatest("id ab500 usd", CURRENCY_USD), -1);
}

static CU_TestInfo tests[] = {
	{"amounts are read as people write them", amounts_are_read_as_people_write_them},
	{"the greatest of each currency is found", the_greatest_of_each_currency_is_found},
	{"parts of words and numbers are no money", parts_of_words_and_numbers_are_no_money},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo money_suite = {"triage: money", NULL, NULL, NULL, NULL, tests};
