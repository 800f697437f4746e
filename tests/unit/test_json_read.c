/* json_read: values, errors, depth, spans. */
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "cpu_time.h"
#include "json_suites.h"

static struct error err;

static struct json_object *read_text(const char *text)
{
	struct json_object *value;

	err = (struct error){0};
	CU_ASSERT_TRUE_FATAL(json_read(text, strlen(text), JSON_DEPTH_MAX, &value, NULL, NULL, &err));
	return value;
}

static const char *refusal(const char *text)
{
	struct json_object *value;

	err = (struct error){0};
	CU_ASSERT_FALSE(json_read(text, strlen(text), JSON_DEPTH_MAX, &value, NULL, NULL, &err));
	CU_ASSERT_PTR_NULL(value);
	return err.message;
}

static struct json_object *member(struct json_object *o, const char *key)
{
	struct json_object *value = NULL;

	CU_ASSERT_TRUE(json_object_object_get_ex(o, key, &value));
	return value;
}

static void values_have_the_types_and_contents_of_the_text(void)
{
	struct json_object *o = read_text("{\"s\":\"x\\ty\",\"i\":-42,\"d\":2.5,\"t\":true,\"n\":null,\"a\":[1,[2]]}");

	CU_ASSERT_STRING_EQUAL(json_object_get_string(member(o, "s")), "x\ty");
	CU_ASSERT_TRUE(json_object_is_type(member(o, "i"), json_type_int));
	CU_ASSERT_EQUAL(json_object_get_int64(member(o, "i")), -42);
	CU_ASSERT_TRUE(json_object_is_type(member(o, "d"), json_type_double));
	CU_ASSERT_EQUAL(json_object_get_double(member(o, "d")), 2.5);
	CU_ASSERT_TRUE(json_object_get_boolean(member(o, "t")));
	CU_ASSERT_PTR_NULL(member(o, "n"));
	CU_ASSERT_EQUAL(json_object_array_length(member(o, "a")), 2);
	json_object_put(o);
}

static void members_keep_their_order(void)
{
	struct json_object *o = read_text("{\"z\":1,\"a\":2,\"m\":3}");
	char order[4] = "";

	json_object_object_foreach(o, key, value) {
		(void)value;
		strcat(order, key);
	}
	CU_ASSERT_STRING_EQUAL(order, "zam");
	json_object_put(o);
}

static void escapes_are_decoded(void)
{
	struct json_object *o = read_text("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20ac\\ud83d\\ude00z\"");

	CU_ASSERT_STRING_EQUAL(json_object_get_string(o), "\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z");
	json_object_put(o);
}

static void a_long_string_with_escapes_is_decoded(void)
{
	size_t n = 100000, i;
	char *text = malloc(2 * n + 3);
	struct json_object *o;

	text[0] = '"';
	for (i = 0; i < n; i++)
		memcpy(text + 1 + 2 * i, "\\n", 2);
	memcpy(text + 1 + 2 * n, "\"", 2);
	o = read_text(text);
	CU_ASSERT_EQUAL(json_object_get_string_len(o), (int)n);
	CU_ASSERT_EQUAL(strspn(json_object_get_string(o), "\n"), n);
	json_object_put(o);
	free(text);
}

static void doubles_are_read_as_strtod_reads_them(void)
{
	static const char *const texts[] = {
		"0.1", "1.1", "3.141592653589793", "2.2250738585072014e-308", "4.9e-324", "1.7976931348623157e308",
		"9007199254740993.0", "0.3e-22", "1e22", "1e23", "123456789.123456789", "-0.0",
		"0.000000000000000000000000000000000000000000001234567890123456789012345678901234567890",
		"2.47032822920623272e-324", "8.5e22", "1234567890123456789.0", "12345678901234567890.5e-3"};
	size_t i;

	for (i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct json_object *o = read_text(texts[i]);
		double got = json_object_get_double(o), right = strtod(texts[i], NULL);

		CU_ASSERT_EQUAL(memcmp(&got, &right, sizeof got), 0);
		json_object_put(o);
	}
}

/* Makes German conventions the process's, from a locale compiled for the test (Debian's package locales). */
static void use_decimal_comma(const char *folder)
{
	char command[200];

	snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8", folder);
	CU_ASSERT_EQUAL_FATAL(system(command), 0);
	setenv("LOCPATH", folder, 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(setlocale(LC_ALL, "de_DE.UTF-8"));
	CU_ASSERT_STRING_EQUAL(localeconv()->decimal_point, ",");
}

static void forget_decimal_comma(const char *folder)
{
	char command[200];

	setlocale(LC_ALL, "C");
	unsetenv("LOCPATH");
	snprintf(command, sizeof command, "rm -r %s", folder);
	CU_ASSERT_EQUAL(system(command), 0);
}

static void a_decimal_comma_locale_changes_nothing(void)
{
	char folder[] = "/tmp/json_tests.XXXXXX";
	struct json_object *o;
	struct json_out w;
	struct buf b;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	use_decimal_comma(folder);
	o = read_text("12345678901.123456789e-3");
	buf_init(&b, 100);
	json_begin(&w, &b);
	json_put_num(&w, NULL, 1234567.0121234);
	forget_decimal_comma(folder);
	CU_ASSERT_EQUAL(json_object_get_double(o), 12345678.901123456789);
	CU_ASSERT_STRING_EQUAL(buf_str(&b), "1234567.0121234");
	buf_release(&b);
	json_object_put(o);
}

static void an_error_tells_the_byte(void)
{
	CU_ASSERT_STRING_EQUAL(refusal("{\"a\": tru}"),
	                       "Malformed JSON at byte 6: a value must be an object, array, string, number, "
	                       "true, false or null");
	CU_ASSERT_PTR_NOT_NULL(strstr(refusal("[1,2"), "at byte 4"));
	CU_ASSERT_PTR_NOT_NULL(strstr(refusal("[\"ab\\qc\"]"), "at byte 4: unknown escape"));
	CU_ASSERT_PTR_NOT_NULL(strstr(refusal("[\"ab\xff\"]"), "at byte 4: not valid UTF-8"));
	CU_ASSERT_PTR_NOT_NULL(strstr(refusal("\"abc"), "at byte 0: this string does not end"));
}

static void an_error_names_the_key_that_occurs_twice(void)
{
	CU_ASSERT_STRING_EQUAL(refusal("{\"a\":1,\"\\u0061\":2}"),
	                       "Malformed JSON at byte 7: the key \"a\" occurs twice");
}

static void an_error_cuts_a_long_key_between_characters(void)
{
	char key[121] = "", text[600];
	size_t i;

	for (i = 0; i < 40; i++)
		strcat(key, "\xe2\x82\xac");
	sprintf(text, "{\"%s\":1,\"%s\":2}", key, key);
	CU_ASSERT_PTR_NOT_NULL(strstr(refusal(text), "occurs twice"));
	CU_ASSERT_TRUE(json_utf8_valid(err.message, strlen(err.message)));
	CU_ASSERT_TRUE(strlen(err.message) < 150);
}

static bool nested(int levels, int depth)
{
	char text[200];
	struct json_object *value;
	bool ok;

	memset(text, '[', (size_t)levels);
	memset(text + levels, ']', (size_t)levels);
	ok = json_read(text, 2 * (size_t)levels, depth, &value, NULL, NULL, &err);
	json_object_put(value);
	return ok;
}

static void nesting_ends_at_the_depth(void)
{
	CU_ASSERT_TRUE(nested(32, JSON_DEPTH_MAX));
	CU_ASSERT_FALSE(nested(33, JSON_DEPTH_MAX));
	CU_ASSERT_STRING_EQUAL(err.message, "Malformed JSON at byte 32: nested too deeply");
	CU_ASSERT_TRUE(nested(1, 1));
	CU_ASSERT_FALSE(nested(2, 1));
	CU_ASSERT_FALSE(nested(1, 0));
}

static void values_beside_each_other_are_not_nested(void)
{
	struct json_object *o = NULL;

	CU_ASSERT_TRUE(json_read("[[],[],{},[],{}]", 16, 2, &o, NULL, NULL, &err));
	json_object_put(o);
}

static void many_members_are_told_apart(void)
{
	enum { N = 3000 };
	char *text = malloc(N * 16 + 3), *p = text;
	struct json_object *o;
	int i;

	*p++ = '{';
	for (i = 0; i < N; i++)
		p += sprintf(p, "%s\"k%d\":%d", i ? "," : "", i, i);
	strcpy(p, "}");
	o = read_text(text);
	CU_ASSERT_EQUAL(json_object_object_length(o), N);
	CU_ASSERT_EQUAL(json_object_get_int(member(o, "k2999")), 2999);
	json_object_put(o);
	strcpy(p, ",\"k0\":0}");
	CU_ASSERT_PTR_NOT_NULL(strstr(refusal(text), "the key \"k0\" occurs twice"));
	free(text);
}

static const char *const named[] = {"c", "a", "b", "d", NULL};

static void spans_are_the_raw_text_of_the_members(void)
{
	static const char text[] = " { \"a\" : {\"x\": [ 1 ], \"c\": 2} , \"\\u0062\":  -1.50e1 ,\"c\":\"\\n\" } ";
	struct json_span spans[4];
	struct json_object *o;

	CU_ASSERT_TRUE_FATAL(json_read(text, sizeof text - 1, 32, &o, named, spans, &err));
	CU_ASSERT_EQUAL_FATAL(spans[0].n, 4);
	CU_ASSERT_NSTRING_EQUAL(spans[0].p, "\"\\n\"", 4);
	CU_ASSERT_EQUAL_FATAL(spans[1].n, 20);
	CU_ASSERT_NSTRING_EQUAL(spans[1].p, "{\"x\": [ 1 ], \"c\": 2}", 20);
	CU_ASSERT_EQUAL_FATAL(spans[2].n, 7);
	CU_ASSERT_NSTRING_EQUAL(spans[2].p, "-1.50e1", 7);
	CU_ASSERT_PTR_NULL(spans[3].p);
	json_object_put(o);
}

/* Whoever sends the text does not decide what is found of it. */
static void members_that_nobody_wants_hide_none(void)
{
	struct json_span spans[4];
	struct json_object *o;
	struct buf b;
	int i;

	buf_init(&b, 4096);
	for (i = 0; i < 100; i++)
		buf_addf(&b, "%c\"m%d\":%d", i ? ',' : '{', i, i);
	buf_adds(&b, ",\"d\":null}");
	CU_ASSERT_TRUE_FATAL(json_read(buf_str(&b), b.len, 32, &o, named, spans, &err));
	CU_ASSERT_EQUAL_FATAL(spans[3].n, 4);
	CU_ASSERT_NSTRING_EQUAL(spans[3].p, "null", 4);
	json_object_put(o);
	buf_release(&b);
}

static void what_is_no_object_or_not_read_has_no_spans(void)
{
	struct json_span spans[4];
	struct json_object *o;

	CU_ASSERT_TRUE(json_read("[{\"a\":1}]", 9, 32, &o, named, spans, &err));
	CU_ASSERT_PTR_NULL(spans[1].p);
	json_object_put(o);
	CU_ASSERT_FALSE(json_read("{\"a\":1,", 7, 32, &o, named, spans, &err));
	CU_ASSERT_PTR_NULL(spans[1].p);
}

static void read_so_many_digits(void *count)
{
	size_t n = *(size_t *)count;
	char *text = malloc(n + 1);
	struct json_object *o;

	memset(text, '3', n);
	text[1] = '.';
	CU_ASSERT_TRUE(json_read(text, n, 32, &o, NULL, NULL, &err));
	CU_ASSERT_DOUBLE_EQUAL(json_object_get_double(o), 3.3333333333333335, 1e-15);
	json_object_put(o);
	free(text);
}

static void each_digit_of_a_million_costs_what_each_of_fewer_does(void)
{
	size_t few = 20000, many = 50 * few;

	/* fifty times as much, if it is linear; the square of fifty, if each digit looks at all others */
	CU_ASSERT(cpu_cost_us(read_so_many_digits, &many) < 10 * 50 * cpu_cost_us(read_so_many_digits, &few));
}

static void utf8_is_told_from_what_is_not(void)
{
	CU_ASSERT_TRUE(json_utf8_valid("", 0));
	CU_ASSERT_TRUE(json_utf8_valid("plain text of more than eight bytes", 35));
	CU_ASSERT_TRUE(json_utf8_valid("gr\xc3\xbc\xc3\x9f dich \xf0\x9f\x98\x80", 17));
	CU_ASSERT_TRUE(json_utf8_valid("\0", 1));
	CU_ASSERT_FALSE(json_utf8_valid("\xc3", 1));
	CU_ASSERT_FALSE(json_utf8_valid("12345678\x80", 9));
	CU_ASSERT_FALSE(json_utf8_valid("\xed\xa0\x80", 3));
}

static CU_TestInfo tests[] = {
	{"values have the types and contents of the text", values_have_the_types_and_contents_of_the_text},
	{"members keep their order", members_keep_their_order},
	{"escapes are decoded", escapes_are_decoded},
	{"a long string with escapes is decoded", a_long_string_with_escapes_is_decoded},
	{"doubles are read as strtod reads them", doubles_are_read_as_strtod_reads_them},
	{"a decimal comma locale changes nothing", a_decimal_comma_locale_changes_nothing},
	{"an error tells the byte", an_error_tells_the_byte},
	{"an error names the key that occurs twice", an_error_names_the_key_that_occurs_twice},
	{"an error cuts a long key between characters", an_error_cuts_a_long_key_between_characters},
	{"nesting ends at the depth", nesting_ends_at_the_depth},
	{"values beside each other are not nested", values_beside_each_other_are_not_nested},
	{"many members are told apart", many_members_are_told_apart},
	{"spans are the raw text of the members", spans_are_the_raw_text_of_the_members},
	{"members that nobody wants hide none", members_that_nobody_wants_hide_none},
	{"what is no object or not read has no spans", what_is_no_object_or_not_read_has_no_spans},
	{"each digit of a million costs what each of fewer does", each_digit_of_a_million_costs_what_each_of_fewer_does},
	{"UTF-8 is told from what is not", utf8_is_told_from_what_is_not},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo json_read_suite = {"json: reading", NULL, NULL, NULL, NULL, tests};
