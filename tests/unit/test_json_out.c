/* The writer: what it writes, and that it reads back. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/rnd.h"
#include "json_suites.h"

static struct buf b;
static struct json_out w;

static int set_up(void)
{
	buf_init(&b, 1 << 20);
	return 0;
}

static int tear_down(void)
{
	buf_release(&b);
	return 0;
}

static void begin(void)
{
	buf_reset(&b);
	json_begin(&w, &b);
}

static const char *number(double v)
{
	begin();
	json_put_num(&w, NULL, v);
	return buf_str(&b);
}

static const char *quoted(const char *s, size_t n)
{
	buf_reset(&b);
	json_quote(&b, s, n);
	return buf_str(&b);
}

static void commas_stand_between_members_only(void)
{
	const struct id zero = {{0}};

	begin();
	json_obj_open(&w, NULL);
	json_put_str(&w, "s", "x");
	json_obj_open(&w, "o");
	json_obj_close(&w);
	json_arr_open(&w, "a");
	json_put_int(&w, NULL, 1);
	json_obj_open(&w, NULL);
	json_put_bool(&w, "t", true);
	json_put_bool(&w, "f", false);
	json_obj_close(&w);
	json_arr_open(&w, NULL);
	json_arr_close(&w);
	json_put_null(&w, NULL);
	json_arr_close(&w);
	json_put_raw(&w, "r", "[1, 2]", 6);
	json_put_strn(&w, "n", "abc", 2);
	json_put_str(&w, "null", NULL);
	json_put_time(&w, "at", 1736920800000);
	json_put_time(&w, "never", 0);
	json_put_opt_int(&w, "known", true, 0);
	json_put_opt_int(&w, "unknown", false, 7);
	json_put_opt_id(&w, "key", true, ID_KEY, &zero);
	json_put_opt_id(&w, "none", false, ID_KEY, &zero);
	json_obj_close(&w);
	CU_ASSERT_STRING_EQUAL(buf_str(&b),
	                       "{\"s\":\"x\",\"o\":{},\"a\":[1,{\"t\":true,\"f\":false},[],null],\"r\":[1, 2],"
	                       "\"n\":\"ab\",\"null\":null,\"at\":\"2025-01-15T06:00:00Z\",\"never\":null,\"known\":0,\"unknown\":null,"
	                       "\"key\":\"key_00000000000000000000000000\",\"none\":null}");
}

static void a_key_is_quoted_as_a_string_is(void)
{
	begin();
	json_obj_open(&w, NULL);
	json_put_int(&w, "a\"b\n", 1);
	json_obj_close(&w);
	CU_ASSERT_STRING_EQUAL(buf_str(&b), "{\"a\\\"b\\n\":1}");
}

static void integers_are_written_to_the_last_one(void)
{
	begin();
	json_arr_open(&w, NULL);
	json_put_int(&w, NULL, 0);
	json_put_int(&w, NULL, -7);
	json_put_int(&w, NULL, INT64_MAX);
	json_put_int(&w, NULL, INT64_MIN);
	json_arr_close(&w);
	CU_ASSERT_STRING_EQUAL(buf_str(&b), "[0,-7,9223372036854775807,-9223372036854775808]");
}

static void whole_doubles_stay_doubles(void)
{
	CU_ASSERT_STRING_EQUAL(number(1), "1.0");
	CU_ASSERT_STRING_EQUAL(number(0), "0.0");
	CU_ASSERT_STRING_EQUAL(number(-0.0), "-0.0");
	CU_ASSERT_STRING_EQUAL(number(-12), "-12.0");
	CU_ASSERT_STRING_EQUAL(number(123456789012), "123456789012.0");
	CU_ASSERT_STRING_EQUAL(number(1e21), "1e21");
	CU_ASSERT_STRING_EQUAL(number(1e300), "1e300");
}

static void doubles_are_written_in_the_fewest_digits(void)
{
	CU_ASSERT_STRING_EQUAL(number(0.1), "0.1");
	CU_ASSERT_STRING_EQUAL(number(-2.5), "-2.5");
	CU_ASSERT_STRING_EQUAL(number(0.93), "0.93");
	CU_ASSERT_STRING_EQUAL(number(1234567.891), "1234567.891");
	CU_ASSERT_STRING_EQUAL(number(0.001), "0.001");
	CU_ASSERT_STRING_EQUAL(number(1e-7), "1e-7");
	CU_ASSERT_STRING_EQUAL(number(1.5e-300), "1.5e-300");
	CU_ASSERT_STRING_EQUAL(number(0.1 + 0.2), "0.30000000000000004");
	CU_ASSERT_STRING_EQUAL(number(3.141592653589793), "3.141592653589793");
	CU_ASSERT_STRING_EQUAL(number(DBL_MAX), "1.7976931348623157e308");
	CU_ASSERT_STRING_EQUAL(number(4.9406564584124654e-324), "4.94065645841247e-324");
}

static void what_is_no_number_is_written_as_null(void)
{
	CU_ASSERT_STRING_EQUAL(number(NAN), "null");
	CU_ASSERT_STRING_EQUAL(number(INFINITY), "null");
	CU_ASSERT_STRING_EQUAL(number(-INFINITY), "null");
}

static bool reads_back(double v)
{
	struct json_object *o;
	struct error err;
	double got;
	bool same;

	number(v);
	if (!json_read(buf_str(&b), b.len, 1, &o, NULL, NULL, &err))
		return false;
	got = json_object_get_double(o);
	same = json_object_is_type(o, json_type_double) && memcmp(&got, &v, sizeof v) == 0;
	json_object_put(o);
	return same;
}

static void any_double_reads_back_as_itself(void)
{
	unsigned i, wrong = 0;
	uint64_t bits;
	double v;

	for (i = 0; i < 200000; i++) {
		bits = rnd_u64();
		memcpy(&v, &bits, sizeof v);
		if (isfinite(v) && !reads_back(v))
			wrong++;
		if (!reads_back((double)(int64_t)(bits >> 20) / 1000) || !reads_back((double)(bits % 100000000) / 100))
			wrong++;
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

static void strings_are_escaped_where_they_must_be(void)
{
	CU_ASSERT_STRING_EQUAL(quoted("", 0), "\"\"");
	CU_ASSERT_STRING_EQUAL(quoted("plain text, more than eight", 27), "\"plain text, more than eight\"");
	CU_ASSERT_STRING_EQUAL(quoted("\"\\/\b\f\n\r\t", 8), "\"\\\"\\\\/\\b\\f\\n\\r\\t\"");
	CU_ASSERT_STRING_EQUAL(quoted("a\0b\x1f\x7f", 5), "\"a\\u0000b\\u001f\x7f\"");
	CU_ASSERT_STRING_EQUAL(quoted("\xc3\xa9\xe2\x80\xa8\xf0\x9f\x98\x80", 9),
	                       "\"\xc3\xa9\xe2\x80\xa8\xf0\x9f\x98\x80\"");
}

#define FFFD "\xef\xbf\xbd"

static void bytes_that_are_not_utf8_become_replacement_characters(void)
{
	CU_ASSERT_STRING_EQUAL(quoted("a\xff" "b", 3), "\"a" FFFD "b\"");
	CU_ASSERT_STRING_EQUAL(quoted("\xc3", 1), "\"" FFFD "\"");
	CU_ASSERT_STRING_EQUAL(quoted("\xe2\x82", 2), "\"" FFFD "\"");
	CU_ASSERT_STRING_EQUAL(quoted("\xe2\x82z", 3), "\"" FFFD "z\"");
	CU_ASSERT_STRING_EQUAL(quoted("\xf0\x9f\x98\n", 4), "\"" FFFD "\\n\"");
	CU_ASSERT_STRING_EQUAL(quoted("\xed\xa0\x80", 3), "\"" FFFD FFFD FFFD "\"");
	CU_ASSERT_STRING_EQUAL(quoted("\xc0\x80", 2), "\"" FFFD FFFD "\"");
}

static void any_bytes_are_quoted_to_valid_json(void)
{
	struct json_object *o;
	struct error err;
	unsigned i, wrong = 0;
	size_t k, n;
	char bytes[64];

	for (i = 0; i < 50000; i++) {
		n = rnd_u64() % sizeof bytes;
		rnd_bytes(bytes, n);
		for (k = 0; k < n; k++)
			if (bytes[k] == 0)
				bytes[k] = 'x';        /* is written as \u0000, which the reader refuses */
		quoted(bytes, n);
		if (!json_read(buf_str(&b), b.len, 1, &o, NULL, NULL, &err))
			wrong++;
		else
			json_object_put(o);
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

static void a_tree_is_written_as_it_was_read(void)
{
	static const char text[] =
		"{\"a\":[1,-2,2.5,1.0,true,false,null,\"x\\n\xc3\xa9\"],\"b\":{},\"c\":[],\"\\\"k\":{\"d\":[[{}]]},"
		"\"big\":9223372036854775807}";
	struct json_object *o;
	struct error err;

	CU_ASSERT_TRUE_FATAL(json_read(text, sizeof text - 1, 32, &o, NULL, NULL, &err));
	begin();
	json_arr_open(&w, NULL);
	json_put_null(&w, NULL);
	json_put_value(&w, NULL, o);
	json_arr_close(&w);
	CU_ASSERT_NSTRING_EQUAL(buf_str(&b), "[null,", 6);
	CU_ASSERT_NSTRING_EQUAL(buf_str(&b) + 6, text, sizeof text - 1);
	json_object_put(o);
}

static void an_unsigned_integer_of_a_tree_is_not_clamped(void)
{
	struct json_object *o = json_object_new_uint64(UINT64_MAX);

	begin();
	json_put_value(&w, NULL, o);
	CU_ASSERT_STRING_EQUAL(buf_str(&b), "18446744073709551615");
	json_object_put(o);
}

static void writing_past_the_ceiling_fails_the_buffer(void)
{
	struct buf small;
	char text[600];
	unsigned i;

	memset(text, '\n', sizeof text);
	buf_init(&small, 1000);
	json_begin(&w, &small);
	json_arr_open(&w, NULL);
	for (i = 0; i < 3; i++)
		json_put_strn(&w, NULL, text, sizeof text);
	json_arr_close(&w);
	CU_ASSERT_TRUE(small.failed);
	buf_release(&small);
}

static const char *indented(const char *text)
{
	struct json_object *o;
	struct error err;

	buf_reset(&b);
	if (!json_read(text, strlen(text), 9, &o, NULL, NULL, &err))
		return "it is not JSON";
	json_add_indented(&b, o);
	json_object_put(o);
	return buf_str(&b);
}

static void a_tree_for_people_has_a_line_for_each_member(void)
{
	CU_ASSERT_STRING_EQUAL(indented("{\"a\":{\"b\":[1,null]},\"c\":\"/\"}"),
	                       "{\n  \"a\": {\n    \"b\": [\n      1,\n      null\n    ]\n  },\n  \"c\": \"/\"\n}");
}

static void what_is_empty_stays_on_its_line(void)
{
	CU_ASSERT_STRING_EQUAL(indented("[[],{}]"), "[\n  [],\n  {}\n]");
}

static void numbers_for_people_have_the_fewest_digits_too(void)
{
	CU_ASSERT_STRING_EQUAL(indented("[0.85]"), "[\n  0.85\n]");
}

static CU_TestInfo tests[] = {
	{"commas stand between members only", commas_stand_between_members_only},
	{"a key is quoted as a string is", a_key_is_quoted_as_a_string_is},
	{"integers are written to the last one", integers_are_written_to_the_last_one},
	{"whole doubles stay doubles", whole_doubles_stay_doubles},
	{"doubles are written in the fewest digits", doubles_are_written_in_the_fewest_digits},
	{"what is no number is written as null", what_is_no_number_is_written_as_null},
	{"any double reads back as itself", any_double_reads_back_as_itself},
	{"strings are escaped where they must be", strings_are_escaped_where_they_must_be},
	{"bytes that are not UTF-8 become replacement characters",
	 bytes_that_are_not_utf8_become_replacement_characters},
	{"any bytes are quoted to valid JSON", any_bytes_are_quoted_to_valid_json},
	{"a tree is written as it was read", a_tree_is_written_as_it_was_read},
	{"an unsigned integer of a tree is not clamped", an_unsigned_integer_of_a_tree_is_not_clamped},
	{"a tree for people has a line for each member", a_tree_for_people_has_a_line_for_each_member},
	{"what is empty stays on its line", what_is_empty_stays_on_its_line},
	{"numbers for people have the fewest digits, too", numbers_for_people_have_the_fewest_digits_too},
	{"writing past the ceiling fails the buffer", writing_past_the_ceiling_fails_the_buffer},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo json_out_suite = {"json: writing", set_up, tear_down, NULL, NULL, tests};
