/* Names of folders and keywords on IMAP servers (integrations/imap_names.c). */
#include <CUnit/CUnit.h>
#include <string.h>

#include "agents_suites.h"
#include "integrations/imap_priv.h"

/* the first two are RFC 3501's own */
static const struct { const char *utf8, *encoded; } names[] = {
	{"~peter/mail/\u53f0\u5317/\u65e5\u672c\u8a9e", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"},
	{"Hi Mom -\u263a-!", "Hi Mom -&Jjo--!"},
	{"R&D", "R&-D"},
	{"", ""},
	{"Entw\u00fcrfe", "Entw&APw-rfe"},
	{"\U0001F600", "&2D3eAA-"},
	{"\u00e4", "&AOQ-"},
	{"\u00e4\u00f6\u00fc", "&AOQA9gD8-"},
};

static void names_are_encoded_and_decoded(void)
{
	char text[200];
	unsigned i;

	for (i = 0; i < sizeof names / sizeof *names; i++) {
		CU_ASSERT_TRUE(imap_name_encode(names[i].utf8, text, sizeof text));
		CU_ASSERT_STRING_EQUAL(text, names[i].encoded);
		imap_name_decode(names[i].encoded, text, sizeof text);
		CU_ASSERT_STRING_EQUAL(text, names[i].utf8);
	}
}

static void what_is_not_encoded_so_stays_as_it_is(void)
{
	/* cut off, a foreign digit, half a pair, a hidden ASCII letter's control, bits left over */
	static const char *const odd[] = {"a&AOQ", "a&A*Q-", "&2D0-", "&AAo-", "&AOR-", "&-&", "&A-"};
	char text[200];
	unsigned i;

	for (i = 0; i < sizeof odd / sizeof *odd; i++) {
		imap_name_decode(odd[i], text, sizeof text);
		CU_ASSERT_STRING_EQUAL(text, odd[i]);
	}
	imap_name_decode("\xff\xfe", text, sizeof text);
	CU_ASSERT_STRING_EQUAL(text, "?");
}

static void what_is_no_utf8_or_too_long_has_no_name(void)
{
	char text[8];

	CU_ASSERT_FALSE(imap_name_encode("\xff", text, sizeof text));
	CU_ASSERT_TRUE(imap_name_encode("1234567", text, sizeof text));
	CU_ASSERT_FALSE(imap_name_encode("12345678", text, sizeof text));
	CU_ASSERT_FALSE(imap_name_encode("1\u00e4\u00e4", text, sizeof text));
}

static void labels_become_keywords_that_are_atoms(void)
{
	static const struct { const char *label, *keyword; } cases[] = {
		{"Agentiv/Finance", "Agentiv/Finance"}, {"Agentiv/Bank Letters", "Agentiv/Bank_Letters"},
		{"a(b){c}%*\"\\]\r\nd", "a_b__c}_______d"}, {"Z\u00fcrich", "Z&APw-rich"}, {"R&D", "R&-D"}, {"[Urgent]", "_Urgent_"}};
	char text[200];
	unsigned i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		CU_ASSERT_TRUE(imap_keyword(cases[i].label, text, sizeof text));
		CU_ASSERT_STRING_EQUAL(text, cases[i].keyword);
	}
	CU_ASSERT_FALSE(imap_keyword("", text, sizeof text));
}

static void ids_have_two_numbers(void)
{
	static const char *const bad[] = {"", ".", "1", "1.", ".1", "0.1", "1.0", "1.2.3", "1.4294967296", "a.1", "1.-1", "mbox:0"};
	uint32_t validity, uid;
	unsigned i;

	CU_ASSERT_TRUE(imapbox_read_id("4294967295.7", &validity, &uid));
	CU_ASSERT_TRUE(validity == UINT32_MAX && uid == 7);
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		CU_ASSERT_FALSE(imapbox_read_id(bad[i], &validity, &uid));
}

static CU_TestInfo tests[] = {
	{"names are encoded and decoded", names_are_encoded_and_decoded},
	{"what is not encoded so stays as it is", what_is_not_encoded_so_stays_as_it_is},
	{"what is no UTF-8 or too long has no name", what_is_no_utf8_or_too_long_has_no_name},
	{"labels become keywords that are atoms", labels_become_keywords_that_are_atoms},
	{"ids have two numbers", ids_have_two_numbers},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo imap_names_suite = {"names on IMAP servers", NULL, NULL, NULL, NULL, tests};
