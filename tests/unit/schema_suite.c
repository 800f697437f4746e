/* The public JSON-Schema-Test-Suite (draft 2020-12): schemas within our subset must give the suite's answers,
 * all others must be refused when they are compiled. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/schema.h"
#include "json_suites.h"

#define ANSWERS_MIN 500   /* the suite of 2022 has more within the subset; fewer means that it was not read */
#define REFUSED_MIN 100

static struct { unsigned answers, wrong, refused, wrongly_refused, wrongly_taken; } count;

static const char *folder(void)
{
	const char *named = getenv("AGENTIV_SCHEMA_SUITE");

	return named ? named : SCHEMA_SUITE;
}

static void read_text(const char *path, struct buf *b)
{
	FILE *f = fopen(path, "r");
	char piece[4096];
	size_t n;

	buf_init(b, 1 << 22);
	while (f && (n = fread(piece, 1, sizeof piece, f)) > 0)
		buf_add(b, piece, n);
	if (f)
		fclose(f);
}

/* Some cases have \u0000 in a string, which our reader refuses; any other control character does as well. */
static struct json_object *read_groups(const char *path)
{
	struct json_object *groups = NULL;
	struct error err;
	struct buf b;
	char *p;

	read_text(path, &b);
	for (p = b.data; p && (p = strstr(p, "\\u0000")); )
		p[5] = '1';
	if (!json_read(buf_str(&b), b.len, 64, &groups, NULL, NULL, &err))
		printf("\n    %s: %s", path, err.message);
	buf_release(&b);
	return groups;
}

/* --- is the schema within the subset? Told independently of the compiler, from its documentation. --- */

static bool one_of(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(name, *list) == 0)
			return true;
	return false;
}

static bool within(struct json_object *schema);

static bool all_within(struct json_object *schemas)
{
	size_t i;

	if (json_object_is_type(schemas, json_type_object)) {
		json_object_object_foreach(schemas, key, sub) {
			(void)key;
			if (!within(sub))
				return false;
		}
	} else {
		for (i = 0; i < json_object_array_length(schemas); i++)
			if (!within(json_object_array_get_idx(schemas, i)))
				return false;
	}
	return true;
}

static bool keyword_within(const char *key, struct json_object *value)
{
	static const char *const plain[] = {
		"type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
		"multipleOf", "minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems",
		"required", "minProperties", "maxProperties", "title", "description", "default", "examples",
		"$id", "$comment", "readOnly", "$anchor", NULL};
	static const char *const one[] = {"items", "additionalProperties", "propertyNames", "not", "if", "then", "else", NULL};
	static const char *const many[] = {"prefixItems", "properties", "anyOf", "oneOf", "allOf", "$defs", NULL};
	static const char *const formats[] = {"date-time", "date", "uri", "email", NULL};
	const char *text = json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";

	if (strcmp(key, "$ref") == 0)
		return strcmp(text, "#") == 0 || strncmp(text, "#/", 2) == 0 || (text[0] == '#' && !strpbrk(text, "/:"));
	if (strcmp(key, "$schema") == 0)
		return strcmp(text, "https://json-schema.org/draft/2020-12/schema") == 0;
	if (strcmp(key, "format") == 0)
		return one_of(text, formats);
	if (one_of(key, one))
		return within(value);
	if (one_of(key, many))
		return all_within(value);
	return one_of(key, plain);
}

static bool within(struct json_object *schema)
{
	if (!json_object_is_type(schema, json_type_object))
		return true;
	json_object_object_foreach(schema, key, value)
		if (!keyword_within(key, value))
			return false;
	return true;
}

/* --- running --- */

static void run_case(const struct schema *s, const char *file, const char *group, struct json_object *test)
{
	struct json_object *data, *valid, *about;
	struct error err = {0};
	bool answer;

	json_object_object_get_ex(test, "data", &data);
	json_object_object_get_ex(test, "valid", &valid);
	json_object_object_get_ex(test, "description", &about);
	answer = schema_check(s, data, "value", &err);
	count.answers++;
	if (answer == (bool)json_object_get_boolean(valid) && (answer || err.code == ERR_INVALID_INPUT))
		return;
	count.wrong++;
	printf("\n    %s: %s: %s: we say %s", file, group, json_object_get_string(about),
	       answer ? "valid" : err.message);
}

static void run_group(const char *file, struct json_object *group)
{
	struct json_object *source, *about, *tests;
	struct error err = {0};
	struct schema *s;
	size_t i;

	json_object_object_get_ex(group, "schema", &source);
	json_object_object_get_ex(group, "description", &about);
	json_object_object_get_ex(group, "tests", &tests);
	s = schema_compile(source, &err);
	if (!s && !within(source)) {
		count.refused++;
	} else if (!s) {
		count.wrongly_refused++;
		printf("\n    %s: %s: %s", file, json_object_get_string(about), err.message);
	} else if (!within(source)) {
		count.wrongly_taken++;
		printf("\n    %s: %s: was taken", file, json_object_get_string(about));
	} else {
		for (i = 0; i < json_object_array_length(tests); i++)
			run_case(s, file, json_object_get_string(about), json_object_array_get_idx(tests, i));
	}
	schema_free(s);
}

static void run_file(const char *file)
{
	struct json_object *groups;
	char path[1024];
	size_t i;

	snprintf(path, sizeof path, "%s/%s", folder(), file);
	groups = read_groups(path);
	CU_ASSERT_PTR_NOT_NULL(groups);
	for (i = 0; groups && i < json_object_array_length(groups); i++)
		run_group(file, json_object_array_get_idx(groups, i));
	json_object_put(groups);
}

/* format.json says that formats are annotations; here they are assertions, see formats_assert below */
static int is_case_file(const struct dirent *e)
{
	const char *dot = strrchr(e->d_name, '.');

	return dot && strcmp(dot, ".json") == 0 && strcmp(e->d_name, "format.json") != 0;
}

static void report(void)
{
	printf("\n    %u answers as the suite's, %u schemas outside the subset refused ... ",
	       count.answers - count.wrong, count.refused);
	CU_ASSERT_EQUAL(count.wrong, 0);
	CU_ASSERT_EQUAL(count.wrongly_refused, 0);
	CU_ASSERT_EQUAL(count.wrongly_taken, 0);
}

static void schemas_within_the_subset_give_the_suites_answers(void)
{
	struct dirent **files;
	int n = scandir(folder(), &files, is_case_file, alphasort), i;

	if (n < 0)
		printf("\n    %s is missing: install libtest-json-schema-acceptance-perl, or set "
		       "AGENTIV_SCHEMA_SUITE to the suite's tests/draft2020-12", folder());
	CU_ASSERT_TRUE_FATAL(n > 0);
	memset(&count, 0, sizeof count);
	for (i = 0; i < n; i++) {
		run_file(files[i]->d_name);
		free(files[i]);
	}
	free(files);
	report();
	CU_ASSERT_TRUE(count.answers >= ANSWERS_MIN);
	CU_ASSERT_TRUE(count.refused >= REFUSED_MIN);
}

static void formats_assert_what_the_suite_says_of_them(void)
{
	static const char *const files[] = {
		"optional/format/date.json", "optional/format/date-time.json", "optional/format/email.json",
		"optional/format/uri.json", "optional/float-overflow.json"};
	size_t i;

	memset(&count, 0, sizeof count);
	for (i = 0; i < sizeof files / sizeof *files; i++)
		run_file(files[i]);
	report();
	CU_ASSERT_TRUE(count.answers > 100);
}

static CU_TestInfo tests[] = {
	{"schemas within the subset give the suite's answers, others are refused",
	 schemas_within_the_subset_give_the_suites_answers},
	{"formats assert what the suite says of them", formats_assert_what_the_suite_says_of_them},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo schema_public_suite = {"JSON-Schema-Test-Suite", NULL, NULL, NULL, NULL, tests};
