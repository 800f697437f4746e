/* JSON Schema: what is said of a value that does not fit, and what is refused when a schema is compiled. The
 * meaning of each keyword is the public suite's to test (schema_suite.c). */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/schema.h"
#include "cpu_time.h"
#include "json_suites.h"

static struct error err;

static struct json_object *read_text(const char *text)
{
	struct json_object *value;

	CU_ASSERT_TRUE_FATAL(json_read(text, strlen(text), 64, &value, NULL, NULL, &err));
	return value;
}

static struct schema *compile(const char *text)
{
	struct json_object *source = read_text(text);
	struct schema *s;

	err = (struct error){0};
	s = schema_compile(source, &err);
	json_object_put(source);               /* the schema has its own reference */
	return s;
}

static bool fits(const char *schema, const char *value)
{
	struct schema *s = compile(schema);
	struct json_object *v = read_text(value);
	bool ok;

	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	err = (struct error){0};
	ok = schema_check(s, v, "input_payload", &err);
	json_object_put(v);
	schema_free(s);
	return ok;
}

/* "field|message" of what is wrong with value. */
static const char *problem(const char *schema, const char *value)
{
	static char text[600];

	CU_ASSERT_FALSE(fits(schema, value));
	CU_ASSERT_EQUAL(err.code, ERR_INVALID_INPUT);
	snprintf(text, sizeof text, "%s|%s", err.field, err.message);
	return text;
}

static void refused(const char *schema, const char *field, const char *message)
{
	CU_ASSERT_PTR_NULL(compile(schema));
	CU_ASSERT_EQUAL(err.code, ERR_INVALID_INPUT);
	CU_ASSERT_STRING_EQUAL(err.field, field);
	if (!strstr(err.message, message))
		printf("\n    %s", err.message);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.message, message));
}

#define TRIAGE "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"rules\"],\"properties\":{" \
	"\"max_emails\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":500}," \
	"\"rules\":{\"type\":\"array\",\"maxItems\":4,\"items\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":9}}," \
	"\"mode\":{\"enum\":[\"fast\",\"exact\"]}," \
	"\"since\":{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"}}}"

static void a_value_that_fits_passes(void)
{
	CU_ASSERT_TRUE(fits(TRIAGE, "{\"rules\":[\"a\",\"b\"],\"max_emails\":20,\"mode\":\"fast\",\"since\":null}"));
	CU_ASSERT_TRUE(fits(TRIAGE, "{\"rules\":[],\"max_emails\":5.0,\"since\":\"2025-01-15T06:00:00Z\"}"));
}

static void the_first_member_that_does_not_fit_is_named(void)
{
	CU_ASSERT_STRING_EQUAL(problem(TRIAGE, "{\"rules\":[\"a\",\"b\",\"c\",4]}"),
	                       "input_payload.rules[3]|input_payload.rules[3] must be a string");
	CU_ASSERT_STRING_EQUAL(problem(TRIAGE, "{\"rules\":[],\"max_emails\":501}"),
	                       "input_payload.max_emails|input_payload.max_emails must be at most 500");
	CU_ASSERT_STRING_EQUAL(problem(TRIAGE, "{\"rules\":[\"\"]}"),
	                       "input_payload.rules[0]|input_payload.rules[0] must not be empty");
	CU_ASSERT_STRING_EQUAL(problem(TRIAGE, "{\"rules\":[\"0123456789\"]}"),
	                       "input_payload.rules[0]|input_payload.rules[0] must have at most 9 characters");
	CU_ASSERT_STRING_EQUAL(problem(TRIAGE, "{\"rules\":[\"a\",\"b\",\"c\",\"d\",\"e\"]}"),
	                       "input_payload.rules|input_payload.rules must have at most 4 elements");
	CU_ASSERT_STRING_EQUAL(problem(TRIAGE, "{\"rules\":[],\"mode\":\"slow\"}"),
	                       "input_payload.mode|input_payload.mode must be \"fast\" or \"exact\"");
	CU_ASSERT_STRING_EQUAL(problem(TRIAGE, "{\"rules\":[],\"since\":\"today\"}"),
	                       "input_payload.since|input_payload.since must be a time like "
	                       "2025-01-15T06:00:00Z (RFC 3339)");
	CU_ASSERT_STRING_EQUAL(problem(TRIAGE, "{\"rules\":[],\"since\":1}"),
	                       "input_payload.since|input_payload.since must be null or a string");
	CU_ASSERT_STRING_EQUAL(problem(TRIAGE, "7"), "input_payload|input_payload must be an object");
}

static void a_missing_member_is_named(void)
{
	CU_ASSERT_STRING_EQUAL(problem(TRIAGE, "{}"), "input_payload.rules|input_payload.rules is required");
}

static void an_unknown_member_is_named(void)
{
	CU_ASSERT_STRING_EQUAL(problem(TRIAGE, "{\"rules\":[],\"rule\":1}"),
	                       "input_payload.rule|Unknown field: input_payload.rule");
}

static void the_only_form_for_the_values_type_is_answered_for(void)
{
	const char *schema = "{\"anyOf\":[{\"type\":\"string\",\"maxLength\":3},{\"type\":\"array\",\"items\":"
	                     "{\"type\":\"integer\"}},{\"type\":\"null\"}]}";

	CU_ASSERT_STRING_EQUAL(problem(schema, "\"long\""),
	                       "input_payload|input_payload must have at most 3 characters");
	CU_ASSERT_STRING_EQUAL(problem(schema, "[1,\"x\"]"),
	                       "input_payload[1]|input_payload[1] must be an integer");
	CU_ASSERT_STRING_EQUAL(problem(schema, "true"),
	                       "input_payload|input_payload must be null, an array or a string");
}

static void of_several_forms_the_one_that_came_farthest_is_answered_for(void)
{
	const char *schema =
		"{\"oneOf\":[{\"type\":\"object\",\"required\":[\"a\"]},{\"type\":\"object\",\"properties\":{\"b\":"
		"{\"type\":\"object\",\"properties\":{\"c\":{\"type\":\"integer\"}}}},\"required\":[\"b\"]}]}";

	CU_ASSERT_STRING_EQUAL(problem(schema, "{\"b\":{\"c\":\"x\"}}"),
	                       "input_payload.b.c|input_payload.b.c must be an integer");
	CU_ASSERT_STRING_EQUAL(problem("{\"anyOf\":[{\"minimum\":5},{\"multipleOf\":2}]}", "3"),
	                       "input_payload|input_payload does not have any of the forms that are allowed here");
	CU_ASSERT_STRING_EQUAL(problem("{\"oneOf\":[{\"minimum\":1},{\"multipleOf\":2}]}", "4"),
	                       "input_payload|input_payload has more than one of the forms of which it must have "
	                       "exactly one");
}

static void the_path_may_be_empty(void)
{
	struct schema *s = compile("{\"properties\":{\"a\":{\"type\":\"null\"}}}");
	struct json_object *v = read_text("{\"a\":1}"), *array = read_text("[]");

	CU_ASSERT_FALSE(schema_check(s, v, "", &err));
	CU_ASSERT_STRING_EQUAL(err.field, "a");
	CU_ASSERT_FALSE(schema_check(s, v, NULL, &err));
	CU_ASSERT_STRING_EQUAL(err.message, "a must be null");
	CU_ASSERT_TRUE(schema_check(s, array, NULL, &err));
	CU_ASSERT_FALSE(schema_check(s, v, NULL, NULL));
	json_object_put(array);
	json_object_put(v);
	schema_free(s);
}

static void a_keyword_outside_the_subset_is_refused_with_its_path(void)
{
	static const char *const outside[] = {
		"dependentRequired", "dependentSchemas", "unevaluatedProperties",
		"unevaluatedItems", "patternProperties", "contains", "minContains", "maxContains", "contentEncoding",
		"$dynamicRef", "$dynamicAnchor", "definitions", "dependencies", "additionalItems",
		"writeOnly", "deprecated", "x-mine", ""};
	char schema[200], field[100];
	size_t i;

	for (i = 0; i < sizeof outside / sizeof *outside; i++) {
		snprintf(schema, sizeof schema, "{\"properties\":{\"a\":{\"anyOf\":[true,{\"%s\":true}]}}}", outside[i]);
		snprintf(field, sizeof field, "#/properties/a/anyOf/1/%s", outside[i]);
		refused(schema, field, "this keyword is not supported");
	}
}

static void a_keyword_with_a_wrong_value_is_refused(void)
{
	refused("{\"type\":\"text\"}", "#/type", "must be null, boolean");
	refused("{\"type\":[]}", "#/type", "must name a type");
	refused("{\"type\":[1]}", "#/type", "must be null, boolean");
	refused("{\"minimum\":\"1\"}", "#/minimum", "must be a number");
	refused("{\"multipleOf\":0}", "#/multipleOf", "greater than 0");
	refused("{\"maxLength\":-1}", "#/maxLength", "at least 0");
	refused("{\"maxLength\":1.5}", "#/maxLength", "at least 0");
	refused("{\"enum\":[]}", "#/enum", "not empty");
	refused("{\"enum\":\"a\"}", "#/enum", "not empty");
	refused("{\"required\":\"a\"}", "#/required", "array of names");
	refused("{\"required\":[1]}", "#/required", "array of names");
	refused("{\"properties\":[]}", "#/properties", "object of schemas");
	refused("{\"$defs\":[]}", "#/$defs", "object of schemas");
	refused("{\"$defs\":{\"a\":1}}", "#/$defs/a", "object, true or false");
	refused("{\"items\":[{}]}", "#/items", "object, true or false");
	refused("{\"not\":null}", "#/not", "object, true or false");
	refused("{\"allOf\":{}}", "#/allOf", "array of schemas");
	refused("{\"anyOf\":[]}", "#/anyOf", "array of schemas");
	refused("{\"uniqueItems\":1}", "#/uniqueItems", "true or false");
	refused("{\"format\":\"ipv4\"}", "#/format", "date-time, date, uri or email");
	refused("{\"$schema\":\"http://json-schema.org/draft-07/schema#\"}", "#/$schema", "2020-12");
	refused("[]", "#", "object, true or false");
	refused("null", "#", "object, true or false");
}

static void a_pattern_that_posix_would_misread_is_refused(void)
{
	refused("{\"pattern\":\"(\"}", "#/pattern", "not a POSIX extended");
	refused("{\"pattern\":\"^\\\\d+$\"}", "#/pattern", "write [0-9]");
	refused("{\"pattern\":\"[\\\\w.]+\"}", "#/pattern", "backslash in brackets");
	refused("{\"pattern\":\"(?:a|b)\"}", "#/pattern", "begins with (?");
	refused("{\"pattern\":\"a.*?b\"}", "#/pattern", "repeats a repetition");
	refused("{\"pattern\":\"(a)\\\\1\"}", "#/pattern", "escape of a letter or digit");
	refused("{\"pattern\":\"a\\\\\"}", "#/pattern", "backslash");
	refused("{\"pattern\":\"((a{99}){99}){99}\"}", "#/pattern", "repeats too often");
	refused("{\"pattern\":1}", "#/pattern", "must be a string");
}

static void patterns_match_characters_anywhere_in_the_string(void)
{
	CU_ASSERT_TRUE(fits("{\"pattern\":\"b+\"}", "\"abbc\""));
	CU_ASSERT_FALSE(fits("{\"pattern\":\"^b+$\"}", "\"abbc\""));
	CU_ASSERT_TRUE(fits("{\"pattern\":\"^.{3}$\"}", "\"\\u00e9\\u20ac\\ud83d\\ude00\""));
	CU_ASSERT_TRUE(fits("{\"pattern\":\"^[[:alpha:]]+$\"}", "\"\\u00e9t\\u00e9\""));
	CU_ASSERT_TRUE(fits("{\"pattern\":\"^[]a[:digit:]]+$\"}", "\"a]1\""));
	CU_ASSERT_TRUE(fits("{\"pattern\":\"^a\\\\.b$\"}", "\"a.b\""));
	CU_ASSERT_FALSE(fits("{\"pattern\":\"^a\\\\.b$\"}", "\"axb\""));
	CU_ASSERT_TRUE(fits("{\"pattern\":\"^[0-9]{4}-[0-9]{2}-[0-9]{2}$\"}", "\"2025-01-15\""));
	CU_ASSERT_TRUE(fits("{\"pattern\":\"^a\"}", "7"));
	CU_ASSERT_STRING_EQUAL(problem("{\"pattern\":\"^[a-z]+$\"}", "\"A\""),
	                       "input_payload|input_payload must match the pattern ^[a-z]+$");
}

static void lengths_are_in_characters(void)
{
	CU_ASSERT_TRUE(fits("{\"minLength\":2,\"maxLength\":2}", "\"\\u20ac\\ud83d\\ude00\""));
	CU_ASSERT_FALSE(fits("{\"minLength\":3}", "\"\\u20ac\\ud83d\\ude00\""));
}

static void references_may_recurse_through_the_value(void)
{
	const char *tree = "{\"$ref\":\"#/$defs/node\",\"$defs\":{\"node\":{\"type\":\"object\",\"properties\":{\"v\":"
	                   "{\"type\":\"integer\"},\"next\":{\"$ref\":\"#/$defs/node\"}}}}}";

	CU_ASSERT_TRUE(fits(tree, "{\"v\":1,\"next\":{\"v\":2,\"next\":{\"v\":3}}}"));
	CU_ASSERT_STRING_EQUAL(problem(tree, "{\"v\":1,\"next\":{\"v\":2,\"next\":{\"v\":\"x\"}}}"),
	                       "input_payload.next.next.v|input_payload.next.next.v must be an integer");
}

static void a_reference_is_relative_to_the_schema_with_the_nearest_id(void)
{
	const char *schema = "{\"properties\":{\"a\":{\"$id\":\"https://example.com/a\",\"properties\":{\"b\":"
	                     "{\"$ref\":\"#/$defs/s\"}},\"$defs\":{\"s\":{\"type\":\"string\"}}}},"
	                     "\"$defs\":{\"s\":{\"type\":\"integer\"}}}";

	CU_ASSERT_TRUE(fits(schema, "{\"a\":{\"b\":\"x\"}}"));
	CU_ASSERT_FALSE(fits(schema, "{\"a\":{\"b\":1}}"));
}

static void an_anchor_is_that_of_a_schema_whatever_its_property_is_called(void)
{
	const char *schema = "{\"default\":{\"$anchor\":\"s\",\"type\":\"integer\"},\"properties\":{\"a\":{\"$ref\":\"#s\"},"
	                     "\"default\":{\"$anchor\":\"s\",\"type\":\"string\"}}}";

	CU_ASSERT_TRUE(fits(schema, "{\"a\":\"x\"}"));
	CU_ASSERT_FALSE(fits(schema, "{\"a\":1}"));
}

static void a_reference_that_leads_nowhere_or_in_a_circle_is_refused(void)
{
	refused("{\"$ref\":\"#/$defs/a\"}", "#/$ref", "nothing at #/$defs/a");
	refused("{\"properties\":{\"x\":{\"$ref\":\"other.json\"}}}", "#/properties/x/$ref", "only references inside");
	refused("{\"$ref\":\"#name\"}", "#/$ref", "nothing at #name");
	refused("{\"$ref\":\"#name\",\"default\":{\"$anchor\":\"name\"}}", "#/$ref", "nothing at #name");
	refused("{\"properties\":{\"$anchor\":{}},\"$ref\":\"#name\"}", "#/$ref", "nothing at #name");
	refused("{\"$ref\":\"#a b\"}", "#/$ref", "only references inside");
	refused("{\"$anchor\":\"1a\"}", "#/$anchor", "a letter or _");
	refused("{\"if\":true,\"then\":{\"$ref\":\"#\"}}", "#", "back to itself");
	refused("{\"$ref\":\"#\"}", "#", "back to itself");
	refused("{\"allOf\":[{\"$ref\":\"#/$defs/a\"}],\"$defs\":{\"a\":{\"anyOf\":[true,{\"not\":{\"$ref\":\"#\"}}]}}}",
	        "#", "back to itself");
}

static void a_chain_of_many_references_is_refused(void)
{
	char *schema = malloc(200000), *p = schema;
	int i;

	p += sprintf(p, "{\"$ref\":\"#/$defs/d0\",\"$defs\":{");
	for (i = 0; i < 3000; i++)
		p += sprintf(p, "\"d%d\":{\"$ref\":\"#/$defs/d%d\"},", i, i + 1);
	sprintf(p, "\"d%d\":true}}", i);
	CU_ASSERT_PTR_NULL(compile(schema));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "too many schemas refer to each other"));
	free(schema);
}

/* Each level is checked twice as often as the one above it. */
static void a_schema_that_doubles_with_each_level_ends(void)
{
	const char *schema = "{\"allOf\":[{\"items\":{\"$ref\":\"#\"}},{\"items\":{\"$ref\":\"#\"}}]}";
	char value[81] = "";

	memset(value, '[', 40);
	memset(value + 40, ']', 40);
	CU_ASSERT_STRING_EQUAL(problem(schema, value),
	                       "input_payload|input_payload takes too long to check against its schema");
}

/* "[0,1,2,…" of n integers, then the tail; freed by the caller. */
static char *integers(unsigned n, const char *tail)
{
	char *text = malloc(n * 8 + 10), *p = text;
	unsigned i;

	*p++ = '[';
	for (i = 0; i < n; i++)
		p += sprintf(p, "%s%u", i ? "," : "", i);
	strcpy(p, tail);
	return text;
}

static void an_element_is_found_again_among_many(void)
{
	char *text = integers(100000, ",7.0]");

	CU_ASSERT_STRING_EQUAL(problem("{\"uniqueItems\":true}", text),
	                       "input_payload|input_payload must not have the same element twice");
	CU_ASSERT_FALSE(fits("{\"uniqueItems\":true}", "[0,1,-0.0]"));
	free(text);
}

static void check_that_all_differ(void *count)
{
	char *text = integers(*(unsigned *)count, "]");

	CU_ASSERT_TRUE(fits("{\"uniqueItems\":true}", text));
	free(text);
}

static void unique_elements_are_not_compared_each_with_each(void)
{
	unsigned few = 1000, many = 50 * few;

	/* a little more than fifty times as much, as they are sorted; else the square of fifty */
	CU_ASSERT(cpu_cost_us(check_that_all_differ, &many) < 10 * 50 * cpu_cost_us(check_that_all_differ, &few));
}

static void integers_and_doubles_are_compared_exactly(void)
{
	CU_ASSERT_TRUE(fits("{\"const\":1}", "1.0"));
	CU_ASSERT_TRUE(fits("{\"maximum\":9007199254740993}", "9007199254740993"));
	CU_ASSERT_FALSE(fits("{\"maximum\":9007199254740992}", "9007199254740993"));
	CU_ASSERT_FALSE(fits("{\"const\":9007199254740993}", "9007199254740992"));
	CU_ASSERT_FALSE(fits("{\"maximum\":9223372036854775806}", "9223372036854775807"));
	CU_ASSERT_TRUE(fits("{\"multipleOf\":0.01}", "1234567.89"));
	CU_ASSERT_FALSE(fits("{\"multipleOf\":0.01}", "1234567.891"));
}

static void a_long_name_leaves_room_for_what_is_wrong(void)
{
	char value[2000] = "{\"";

	memset(value + 2, 'k', 1500);
	strcpy(value + 1502, "\":1}");
	CU_ASSERT_STRING_NOT_EQUAL(problem("{\"additionalProperties\":{\"type\":\"null\"}}", value), "");
	CU_ASSERT_STRING_EQUAL(err.message, "A member must be null");
	CU_ASSERT_NSTRING_EQUAL(err.field, "input_payload.kkkk", 18);
}

static void *check_often(void *schema)
{
	struct json_object *good, *bad;
	struct error e;
	long wrong = 0;
	int i;

	json_read("{\"rules\":[\"abc\"]}", 17, 8, &good, NULL, NULL, &e);
	json_read("{\"rules\":[\"ABC\"]}", 17, 8, &bad, NULL, NULL, &e);
	for (i = 0; i < 2000; i++)
		wrong += !schema_check(schema, good, "x", &e) + schema_check(schema, bad, "x", &e);
	json_object_put(good);
	json_object_put(bad);
	return (void *)wrong;
}

static void threads_share_a_schema(void)
{
	struct schema *s = compile("{\"properties\":{\"rules\":{\"items\":{\"pattern\":\"^[a-z]+$\"}}}}");
	pthread_t threads[4];
	void *wrong;
	int i;

	for (i = 0; i < 4; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, check_often, s), 0);
	for (i = 0; i < 4; i++) {
		pthread_join(threads[i], &wrong);
		CU_ASSERT_PTR_NULL(wrong);
	}
	schema_free(s);
}

static CU_TestInfo tests[] = {
	{"a value that fits passes", a_value_that_fits_passes},
	{"the first member that does not fit is named", the_first_member_that_does_not_fit_is_named},
	{"a missing member is named", a_missing_member_is_named},
	{"an unknown member is named", an_unknown_member_is_named},
	{"the only form for the value's type is answered for", the_only_form_for_the_values_type_is_answered_for},
	{"of several forms the one that came farthest is answered for",
	 of_several_forms_the_one_that_came_farthest_is_answered_for},
	{"the path may be empty", the_path_may_be_empty},
	{"a keyword outside the subset is refused with its path",
	 a_keyword_outside_the_subset_is_refused_with_its_path},
	{"a keyword with a wrong value is refused", a_keyword_with_a_wrong_value_is_refused},
	{"a pattern that POSIX would misread is refused", a_pattern_that_posix_would_misread_is_refused},
	{"patterns match characters, anywhere in the string", patterns_match_characters_anywhere_in_the_string},
	{"lengths are in characters", lengths_are_in_characters},
	{"references may recurse through the value", references_may_recurse_through_the_value},
	{"a reference is relative to the schema with the nearest $id",
	 a_reference_is_relative_to_the_schema_with_the_nearest_id},
	{"an anchor is that of a schema, whatever its property is called",
	 an_anchor_is_that_of_a_schema_whatever_its_property_is_called},
	{"a reference that leads nowhere or in a circle is refused",
	 a_reference_that_leads_nowhere_or_in_a_circle_is_refused},
	{"a chain of many references is refused", a_chain_of_many_references_is_refused},
	{"a schema that doubles with each level ends", a_schema_that_doubles_with_each_level_ends},
	{"an element is found again among many", an_element_is_found_again_among_many},
	{"unique elements are not compared each with each", unique_elements_are_not_compared_each_with_each},
	{"integers and doubles are compared exactly", integers_and_doubles_are_compared_exactly},
	{"a long name leaves room for what is wrong", a_long_name_leaves_room_for_what_is_wrong},
	{"threads share a schema", threads_share_a_schema},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo schema_suite = {"JSON Schema", NULL, NULL, NULL, NULL, tests};
