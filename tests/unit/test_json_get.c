/* The typed getters. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "json_suites.h"

static struct json_object *o;
static struct error err;

static int set_up(void)
{
	static const char text[] = "{\"s\":\"x\",\"i\":5,\"whole\":5.0,\"d\":2.5,\"t\":true,\"n\":null,\"o\":{\"x\":1},"
	                           "\"a\":[1],\"far\":1e19}";

	return !json_read(text, sizeof text - 1, 32, &o, NULL, NULL, &err);
}

static int tear_down(void)
{
	json_object_put(o);
	return 0;
}

static void present_members_are_taken(void)
{
	const char *s = NULL;
	int64_t i = 0, whole = 0;
	double d = 0, n = 0;
	bool t = false;
	struct json_object *object = NULL, *array = NULL;

	CU_ASSERT_TRUE(json_get_str(o, "", "s", &s, &err));
	CU_ASSERT_STRING_EQUAL(s, "x");
	CU_ASSERT_TRUE(json_get_int(o, "", "i", 0, 10, &i, &err) && i == 5);
	CU_ASSERT_TRUE(json_get_int(o, "", "whole", 0, 10, &whole, &err) && whole == 5);
	CU_ASSERT_TRUE(json_get_num(o, "", "d", &d, &err) && d == 2.5);
	CU_ASSERT_TRUE(json_get_num(o, "", "i", &n, &err) && n == 5);
	CU_ASSERT_TRUE(json_get_bool(o, "", "t", &t, &err) && t);
	CU_ASSERT_TRUE(json_get_obj(o, "", "o", &object, &err) && json_object_object_length(object) == 1);
	CU_ASSERT_TRUE(json_get_arr(o, "", "a", &array, &err) && json_object_array_length(array) == 1);
}

static void elements_that_are_no_strings_are_named(void)
{
	struct json_object *array = NULL;
	const char *s = NULL;

	CU_ASSERT_TRUE_FATAL(json_read("[\"x\", 7, null]", 14, 32, &array, NULL, NULL, &err));
	CU_ASSERT_TRUE(json_at_str(array, "path", 0, &s, &err));
	CU_ASSERT_STRING_EQUAL(s, "x");
	CU_ASSERT_FALSE(json_at_str(array, "path", 1, &s, &err));
	CU_ASSERT_STRING_EQUAL(err.field, "path[1]");
	CU_ASSERT_STRING_EQUAL(err.message, "path[1] must be a string");
	CU_ASSERT_FALSE(json_at_str(array, "path", 2, &s, &err));
	json_object_put(array);
}

static void absent_and_null_members_leave_the_default(void)
{
	static const char *const keys[] = {"n", "absent"};
	struct json_object *value = o;
	const char *s = "default";
	int64_t i = 7;
	double d = 7;
	bool t = true;
	size_t k;

	for (k = 0; k < 2; k++) {
		CU_ASSERT_TRUE(json_get_str(o, "", keys[k], &s, &err) && strcmp(s, "default") == 0);
		CU_ASSERT_TRUE(json_get_int(o, "", keys[k], 0, 1, &i, &err) && i == 7);
		CU_ASSERT_TRUE(json_get_num(o, "", keys[k], &d, &err) && d == 7);
		CU_ASSERT_TRUE(json_get_bool(o, "", keys[k], &t, &err) && t);
		CU_ASSERT_TRUE(json_get_obj(o, "", keys[k], &value, &err) && value == o);
		CU_ASSERT_TRUE(json_get_arr(o, "", keys[k], &value, &err) && value == o);
	}
}

static void is_error(const char *field, const char *message)
{
	CU_ASSERT_EQUAL(err.code, ERR_INVALID_INPUT);
	CU_ASSERT_STRING_EQUAL(err.field, field);
	CU_ASSERT_STRING_EQUAL(err.message, message);
}

static void a_wrong_type_names_path_and_key(void)
{
	struct json_object *value;
	const char *s;
	int64_t i;
	double d;
	bool t;

	CU_ASSERT_FALSE(json_get_str(o, "input", "i", &s, &err));
	is_error("input.i", "input.i must be a string");
	CU_ASSERT_FALSE(json_get_int(o, "input", "s", INT64_MIN, INT64_MAX, &i, &err));
	is_error("input.s", "input.s must be an integer");
	CU_ASSERT_FALSE(json_get_int(o, NULL, "d", 1, INT64_MAX, &i, &err));
	is_error("d", "d must be an integer of at least 1");
	CU_ASSERT_FALSE(json_get_bool(o, "", "i", &t, &err));
	is_error("i", "i must be true or false");
	CU_ASSERT_FALSE(json_get_num(o, "a[0]", "s", &d, &err));
	is_error("a[0].s", "a[0].s must be a number");
	CU_ASSERT_FALSE(json_get_obj(o, "x", "a", &value, &err));
	is_error("x.a", "x.a must be an object");
	CU_ASSERT_FALSE(json_get_arr(o, "x", "o", &value, &err));
	is_error("x.o", "x.o must be an array");
}

static void an_integer_out_of_range_is_told_the_range(void)
{
	int64_t i;

	CU_ASSERT_FALSE(json_get_int(o, "", "i", 6, 10, &i, &err));
	is_error("i", "i must be an integer between 6 and 10");
	CU_ASSERT_FALSE(json_get_int(o, "", "i", INT64_MIN, 4, &i, &err));
	is_error("i", "i must be an integer of at most 4");
	CU_ASSERT_FALSE(json_get_int(o, "", "far", INT64_MIN, INT64_MAX, &i, &err));
	is_error("far", "far must be an integer");
}

static void the_first_unknown_member_is_named(void)
{
	static const char *const few[] = {"s", "i", NULL};
	static const char *const all[] = {"a", "d", "far", "i", "n", "o", "s", "t", "whole", NULL};

	CU_ASSERT_FALSE(json_only_known(o, "body", few, &err));
	is_error("body.whole", "Unknown field: body.whole");
	CU_ASSERT_TRUE(json_only_known(o, "body", all, &err));
}

static void a_body_is_an_object_of_known_members(void)
{
	static const char *const known[] = {"a", NULL};
	static const struct { const char *text, *message; bool is_read; } cases[] = {
		{"{\"a\":1}", NULL, true},
		{"{}", NULL, true},
		{"[1]", "The body must be a JSON object", true},
		{"null", "The body must be a JSON object", false},
		{"{\"a\":1,\"b\":2}", "Unknown field: b", true},
		{"{\"a\"", "", false},
	};
	struct json_object *body;
	unsigned i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		bool ok = json_read_members(cases[i].text, strlen(cases[i].text), known, &body, &err);

		CU_ASSERT_EQUAL(ok, cases[i].message == NULL);
		CU_ASSERT_TRUE(ok || (err.code == ERR_INVALID_INPUT && strstr(err.message, cases[i].message)));
		/* what was read is there to be overwritten */
		CU_ASSERT_EQUAL(body != NULL, cases[i].is_read);
		json_object_put(body);
	}
}

static void a_long_name_is_cut_between_characters(void)
{
	char path[200] = "";
	int64_t i;

	while (strlen(path) < 180)
		strcat(path, "\xe2\x82\xac");
	CU_ASSERT_FALSE(json_get_int(o, path, "s", 0, 1, &i, &err));
	CU_ASSERT_TRUE(json_utf8_valid(err.field, strlen(err.field)));
	CU_ASSERT_TRUE(json_utf8_valid(err.message, strlen(err.message)));
	CU_ASSERT_TRUE(strlen(err.field) > 120);
}

static void a_secret_is_overwritten_before_it_is_given_back(void)
{
	static const char *const texts[] = {"short", "a secret that is longer than what json-c keeps within its object"};
	struct json_object *object;
	const char *text;
	unsigned i;

	for (i = 0; i < 2; i++) {
		object = json_object_new_object();
		json_object_object_add(object, "password", json_object_new_string(texts[i]));
		text = json_object_get_string(json_object_object_get(object, "password"));
		json_wipe_str(object, "url");
		CU_ASSERT_STRING_EQUAL(text, texts[i]);
		json_wipe_str(object, "password");
		CU_ASSERT_TRUE(text[0] == '\0' && text[strlen(texts[i]) - 1] == '\0');
		json_object_put(object);
	}
	json_wipe_str(NULL, "password");
}

static CU_TestInfo tests[] = {
	{"present members are taken", present_members_are_taken},
	{"elements that are no strings are named", elements_that_are_no_strings_are_named},
	{"absent and null members leave the default", absent_and_null_members_leave_the_default},
	{"a wrong type names path and key", a_wrong_type_names_path_and_key},
	{"an integer out of range is told the range", an_integer_out_of_range_is_told_the_range},
	{"the first unknown member is named", the_first_unknown_member_is_named},
	{"a body is an object of known members", a_body_is_an_object_of_known_members},
	{"a secret is overwritten before it is given back", a_secret_is_overwritten_before_it_is_given_back},
	{"a long name is cut between characters", a_long_name_is_cut_between_characters},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo json_get_suite = {"json: typed getters", set_up, tear_down, NULL, NULL, tests};
