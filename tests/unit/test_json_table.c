/* What is JSON and what is not: a table of texts (RFC 8259 and the limits in base/json.h). */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "json_suites.h"

struct text { const char *p; size_t n; const char *why; };
#define T(text, why) {text, sizeof text - 1, why}

static const struct text accepted[] = {
	T("{}", "empty object"),
	T("[]", "empty array"),
	T("\"\"", "empty string at the top"),
	T("0", "zero at the top"),
	T("null", "null at the top"),
	T("true", "true at the top"),
	T("false", "false at the top"),
	T(" \t\r\n[ \t\r\n] \t\r\n", "white space everywhere"),
	T("{ \"a\" : 1 , \"b\" : 2 }", "white space inside an object"),
	T("[1,2,3]", "several elements"),
	T("[[[]],[]]", "nested arrays"),
	T("{\"a\":{\"a\":{\"a\":1}}}", "the same key on several levels"),
	T("{\"\":0}", "empty key"),
	T("{\"a\":null}", "null member"),
	T("-0", "minus zero"),
	T("-1", "negative"),
	T("1234567890", "ten digits"),
	T("9223372036854775807", "the greatest int64"),
	T("-9223372036854775808", "the least int64"),
	T("0.5", "fraction"),
	T("-0.5", "negative fraction"),
	T("1e0", "exponent"),
	T("1E5", "capital E"),
	T("1e+5", "signed exponent"),
	T("1e-5", "negative exponent"),
	T("0e0", "zero with an exponent"),
	T("0e999999999999999999", "zero with an absurd exponent"),
	T("1.5e300", "large double"),
	T("1.7976931348623157e308", "the greatest double"),
	T("5e-324", "the least double"),
	T("1e-400", "underflow to zero"),
	T("123456789012345678901234567890.0", "a double of many digits"),
	T("0.00000000000000000000000000000000000001", "many zeros"),
	T("0.1e1", "fraction and exponent"),
	T("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "every short escape"),
	T("\"\\u0001\"", "escaped control character"),
	T("\"\\u00e9\"", "escaped letter"),
	T("\"\\u00E9\\uABCD\\uabcd\"", "hexadecimal in both cases"),
	T("\"\\ud83d\\ude00\"", "surrogate pair"),
	T("\"\\uD800\\uDC00\\udbff\\udfff\"", "first and last of the pairs"),
	T("\"\\ufeff\"", "escaped byte order mark"),
	T("\"\\uffff\"", "a noncharacter"),
	T("\"\x7f\"", "DEL needs no escape"),
	T("\"\xc3\xa9\"", "two bytes"),
	T("\"\xe2\x82\xac\"", "three bytes"),
	T("\"\xf0\x9f\x98\x80\"", "four bytes"),
	T("\"\xef\xbf\xbf\xf4\x8f\xbf\xbf\"", "the last of three and of four bytes"),
	T("\"\xed\x9f\xbf\xee\x80\x80\"", "around the surrogates"),
	T("\"\xe2\x80\xa8\xe2\x80\xa9\"", "line separators"),
	T("\"\xef\xbb\xbf\"", "a byte order mark inside a string"),
	T("\"a 'quoted' word\"", "single quotes inside a string"),
	T("\"\\\\u0000\"", "an escaped backslash before u0000"),
	T("[\"\\\\\"]", "an escaped backslash at the end"),
	T("[1 , null\n,\"x\"]", "mixed elements"),
	T("{\"a\":[{\"b\":[{}]}]}", "mixed nesting"),
	T("{\"a\":1,\"A\":2}", "keys that differ in case"),
	T("{\"e\xcc\x81\":1,\"\xc3\xa9\":2}", "keys that differ in normalisation only"),
};

static const struct text refused[] = {
	T("", "nothing"),
	T(" ", "only white space"),
	T("\xef\xbb\xbf{}", "byte order mark"),
	T("\xff\xfe{\0}\0", "UTF-16"),
	T("{'a':1}", "single quotes around a key"),
	T("['a']", "single quotes around a string"),
	T("{a:1}", "bare key"),
	T("{1:1}", "a number as key"),
	T("NaN", "NaN"),
	T("[NaN]", "NaN inside"),
	T("nan", "nan"),
	T("Infinity", "Infinity"),
	T("-Infinity", "minus Infinity"),
	T("-inf", "-inf"),
	T("1e400", "overflow"),
	T("-1e400", "negative overflow"),
	T("1e999999999999999999", "absurd exponent"),
	T("9223372036854775808", "past int64"),
	T("-9223372036854775809", "below int64"),
	T("18446744073709551615", "the greatest uint64"),
	T("123456789012345678901234567890", "a huge integer"),
	T("01", "leading zero"),
	T("-01", "leading zero after the minus"),
	T("00", "two zeros"),
	T("+1", "plus"),
	T("-", "only a minus"),
	T("--1", "two minuses"),
	T(".5", "no digit before the point"),
	T("1.", "no digit after the point"),
	T("1.e5", "no digit between point and e"),
	T("1e", "no digit after e"),
	T("1e+", "no digit after the sign"),
	T("1e1.5", "fraction in the exponent"),
	T("0x10", "hexadecimal"),
	T("1_000", "underscore"),
	T("1 2", "two values"),
	T("{}{}", "two objects"),
	T("{}x", "a letter behind"),
	T("{},", "a comma behind"),
	T("{}\0", "NUL behind"),
	T("{}\0{\"a\":1}", "a value behind a NUL"),
	T("{\"a\":\0 1}", "NUL as white space"),
	T("\"a\0b\"", "NUL in a string"),
	T("[\f1]", "form feed as white space"),
	T("[\xc2\xa0" "1]", "no-break space"),
	T("[", "array not closed"),
	T("[1", "array not closed after an element"),
	T("[1,", "array not closed after a comma"),
	T("[1,]", "comma at the end"),
	T("[,1]", "comma at the start"),
	T("[1,,2]", "two commas"),
	T("[1 2]", "no comma"),
	T("[1}", "wrong bracket"),
	T("]", "closing bracket only"),
	T("{", "object not closed"),
	T("{\"a\"", "no colon"),
	T("{\"a\":", "no value"),
	T("{\"a\":}", "no value before the bracket"),
	T("{\"a\" 1}", "no colon between"),
	T("{\"a\"::1}", "two colons"),
	T("{\"a\":1", "object not closed after a member"),
	T("{\"a\":1,}", "comma at the end of an object"),
	T("{,\"a\":1}", "comma at the start of an object"),
	T("{\"a\":1 \"b\":2}", "no comma between members"),
	T("{\"a\":1]", "wrong bracket for an object"),
	T("{\"a\":1,\"a\":2}", "duplicate key"),
	T("{\"a\":1,\"\\u0061\":2}", "duplicate key in an escape"),
	T("{\"\":1,\"\":2}", "duplicate empty key"),
	T("{\"a\":null,\"a\":null}", "duplicate key with null"),
	T("[{\"x\":{\"b\":1,\"c\":2,\"b\":3}}]", "duplicate key below the top"),
	T("\"", "string not closed"),
	T("\"abc", "string not closed after letters"),
	T("\"abc\\\"", "string that ends in an escaped quote"),
	T("\"\\", "string that ends in a backslash"),
	T("\"\\x41\"", "\\x"),
	T("\"\\'\"", "escaped single quote"),
	T("\"\\a\"", "\\a"),
	T("\"\\U0041\"", "\\U"),
	T("\"\\0\"", "\\0"),
	T("\"\\u\"", "\\u without digits"),
	T("\"\\u12\"", "\\u with two digits"),
	T("\"\\u12G4\"", "\\u with a letter that is no digit"),
	T("\"\\u 123\"", "\\u with a space"),
	T("\"\\u-123\"", "\\u with a sign"),
	T("\"\\u0000\"", "\\u0000"),
	T("{\"\\u0000\":1}", "\\u0000 in a key"),
	T("\"\\ud800\"", "high surrogate alone"),
	T("\"\\udc00\"", "low surrogate alone"),
	T("\"\\ud800x\"", "high surrogate before a letter"),
	T("\"\\ud800\\u0041\"", "high surrogate before another escape"),
	T("\"\\ud800\\ud800\"", "two high surrogates"),
	T("\"\\udc00\\ud800\"", "pair in the wrong order"),
	T("\"\\ud83d\\u\"", "pair that breaks off"),
	T("\"a\nb\"", "raw line feed"),
	T("\"a\tb\"", "raw tab"),
	T("\"\x1f\"", "raw control character"),
	T("\"abcdefgh\x01ijklmnop\"", "raw control character past the first eight bytes"),
	T("\"\\\n\"", "backslash before a line feed"),
	T("\"\xff\"", "a byte that is never UTF-8"),
	T("\"\x80\"", "continuation alone"),
	T("\"\xc3\"", "two bytes cut by the quote"),
	T("\"\xe2\x82\"", "three bytes cut by the quote"),
	T("\"\xf0\x9f\x98\"", "four bytes cut by the quote"),
	T("\"\xc0\x80\"", "overlong NUL"),
	T("\"\xc1\xbf\"", "overlong two bytes"),
	T("\"\xe0\x80\xaf\"", "overlong slash"),
	T("\"\xf0\x80\x80\xaf\"", "overlong slash of four bytes"),
	T("\"\xed\xa0\x80\"", "encoded surrogate"),
	T("\"\xf4\x90\x80\x80\"", "past U+10FFFF"),
	T("\"\xf5\x80\x80\x80\"", "a first byte past the last"),
	T("\"\\\xc3\xa9\"", "backslash before a letter that is not ASCII"),
	T("{\"\xff\":1}", "a key that is not UTF-8"),
	T("tru", "half a word"),
	T("truex", "a word too long"),
	T("True", "capital True"),
	T("nul", "half of null"),
	T("NULL", "capital NULL"),
	T("undefined", "undefined"),
	T("/* a */ 1", "comment"),
	T("1 // a", "comment behind"),
	T("# a", "hash comment"),
	T("\xe2\x80\x9c" "a\xe2\x80\x9d", "typographic quotes"),
	T("*", "a star"),
	T("\\u0031", "an escape outside a string"),
};

/* Copied to memory of exactly its size, so that a sanitizer sees any look past the end. */
static bool reads(const struct text *t, struct error *err)
{
	struct json_object *value;
	char *copy = malloc(t->n ? t->n : 1);
	bool ok;

	memcpy(copy, t->p, t->n);
	*err = (struct error){0};
	ok = json_read(copy, t->n, JSON_DEPTH_MAX, &value, NULL, NULL, err);
	free(copy);
	json_object_put(value);
	return ok;
}

static void every_text_that_is_json_is_read(void)
{
	struct error err;
	size_t i;

	for (i = 0; i < sizeof accepted / sizeof *accepted; i++) {
		if (reads(&accepted[i], &err))
			continue;
		printf("\n    %s: %s", accepted[i].why, err.message);
		CU_FAIL("refused what is JSON");
	}
}

static void every_text_that_is_not_json_is_refused(void)
{
	struct error err;
	size_t i;

	for (i = 0; i < sizeof refused / sizeof *refused; i++) {
		if (!reads(&refused[i], &err) && err.code == ERR_INVALID_INPUT && strstr(err.message, "at byte"))
			continue;
		printf("\n    %s", refused[i].why);
		CU_FAIL("read what is not JSON");
	}
}

static void no_beginning_of_a_text_is_read_as_a_whole(void)
{
	static const char text[] = "{\"a\":[1,-2.5e3,\"\\u00e9\\ud83d\\ude00 \xe2\x82\xac\",true,null],\"b\":{}}";
	struct error err;
	size_t n;

	for (n = 0; n < sizeof text - 1; n++) {
		struct text t = {text, n, ""};

		CU_ASSERT_FALSE(reads(&t, &err));
	}
	CU_ASSERT_TRUE(reads(&(struct text){text, n, ""}, &err));
}

static CU_TestInfo tests[] = {
	{"every text that is JSON is read", every_text_that_is_json_is_read},
	{"every text that is not JSON is refused", every_text_that_is_not_json_is_refused},
	{"no beginning of a text is read as a whole", no_beginning_of_a_text_is_read_as_a_whole},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo json_table_suite = {"json: the table", NULL, NULL, NULL, NULL, tests};
