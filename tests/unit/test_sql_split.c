/* sql_split_tests: scripts taken apart into statements (store/sql_split.h), and versions compared. */
#include <string.h>

#include "../run_suites.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/migrate.h"
#include "store/sql_split.h"

/* The statements of text, joined by " | ". */
static const char *split(const char *text)
{
	static char joined[4096];
	struct sql_list list;
	struct error err = {0};
	unsigned i;

	if (!sql_split(text, strlen(text), &list, &err)) {
		snprintf(joined, sizeof joined, "refused: %s", err.message);
		return joined;
	}
	joined[0] = '\0';
	for (i = 0; i < list.n; i++) {
		strncat(joined, i > 0 ? " | " : "", sizeof joined - strlen(joined) - 1);
		strncat(joined, list.items[i].text, sizeof joined - strlen(joined) - 1);
	}
	sql_list_release(&list);
	return joined;
}

static void statements_end_at_semicolons_and_empty_ones_are_dropped(void)
{
	CU_ASSERT_STRING_EQUAL(split("A 1; B;;\n ; C"), "A 1 | B | C");
	CU_ASSERT_STRING_EQUAL(split(""), "");
	CU_ASSERT_STRING_EQUAL(split(" ;\n-- nothing\n;"), "");
}

static void white_space_outside_of_quotes_is_one_space(void)
{
	CU_ASSERT_STRING_EQUAL(split("\n A\t\r\n  B('x  y\n z') \n;"), "A B('x  y\n z')");
}

static void a_semicolon_in_quotes_ends_nothing(void)
{
	CU_ASSERT_STRING_EQUAL(split("A ';' \";\" `;`; B"), "A ';' \";\" `;` | B");
}

static void a_quote_is_doubled_or_escaped_inside_its_own(void)
{
	CU_ASSERT_STRING_EQUAL(split("A 'it''s;'; B"), "A 'it''s;' | B");
	CU_ASSERT_STRING_EQUAL(split("A 'it\\'s;'; B"), "A 'it\\'s;' | B");
	CU_ASSERT_STRING_EQUAL(split("A 'x\\\\'; B"), "A 'x\\\\' | B");
	CU_ASSERT_STRING_EQUAL(split("A \"a\\\";\"; B"), "A \"a\\\";\" | B");
	/* a backslash is nothing special in a name */
	CU_ASSERT_STRING_EQUAL(split("A `x\\`; B `y``;`"), "A `x\\` | B `y``;`");
}

static void comments_are_dropped_with_what_is_in_them(void)
{
	CU_ASSERT_STRING_EQUAL(split("A -- x; y' \nB # z;\"\nC /* ;\n' */ D"), "A B C D");
	CU_ASSERT_STRING_EQUAL(split("A/**/B"), "A B");
	CU_ASSERT_STRING_EQUAL(split("A --"), "A");
	CU_ASSERT_STRING_EQUAL(split("-- 'x\nA"), "A");
}

static void two_minus_signs_without_space_are_arithmetic(void)
{
	CU_ASSERT_STRING_EQUAL(split("SELECT 5--1"), "SELECT 5- -1");
	CU_ASSERT_STRING_EQUAL(split("SELECT 5--/* */1"), "SELECT 5- - 1");
}

static void executed_comments_and_hints_stay(void)
{
	CU_ASSERT_STRING_EQUAL(split("/*!40101 SET  x */; A /*+ B(c) */ /*M! d */"),
	                       "/*!40101 SET  x */ | A /*+ B(c) */ /*M! d */");
}

static void what_is_not_closed_is_refused_with_its_line(void)
{
	CU_ASSERT_STRING_EQUAL(split("A;\n\n'x"), "refused: line 3: the quote ' is not closed");
	CU_ASSERT_STRING_EQUAL(split("A\n`x'"), "refused: line 2: the quote ` is not closed");
	CU_ASSERT_STRING_EQUAL(split("'x\\"), "refused: line 1: the quote ' is not closed");
	CU_ASSERT_STRING_EQUAL(split("A /*"), "refused: line 1: the comment is not closed");
	CU_ASSERT_STRING_EQUAL(split("A /*/"), "refused: line 1: the comment is not closed");
}

static void commands_of_the_client_and_nul_bytes_are_refused(void)
{
	struct sql_list list;
	struct error err;

	CU_ASSERT_PTR_NOT_NULL(strstr(split("A;\ndelimiter //;"), "refused: line 2: DELIMITER"));
	CU_ASSERT_STRING_EQUAL(split("DELIMITERS"), "DELIMITERS");
	CU_ASSERT_FALSE(sql_split("A'\0';", 6, &list, &err));
	CU_ASSERT_EQUAL(err.code, ERR_INVALID_INPUT);
}

static void each_statement_knows_the_line_it_begins_at(void)
{
	static const char text[] = "-- one\nA\n;\n/* x\n*/ B 'y\n'; C";
	struct sql_list list;
	struct error err;

	CU_ASSERT_TRUE_FATAL(sql_split(text, sizeof text - 1, &list, &err));
	CU_ASSERT_EQUAL_FATAL(list.n, 3);
	CU_ASSERT_EQUAL(list.items[0].line, 2);
	CU_ASSERT_EQUAL(list.items[1].line, 5);
	CU_ASSERT_EQUAL(list.items[2].line, 6);
	sql_list_release(&list);
}

static void a_statement_has_a_largest_size(void)
{
	struct sql_list list;
	struct error err;
	size_t n = SQL_STATEMENT_SIZE;
	char *text = mem_alloc(n + 2);

	memset(text, 'x', n + 2);
	CU_ASSERT_TRUE(sql_split(text, n, &list, &err));
	sql_list_release(&list);
	text[0] = '\n';
	CU_ASSERT_FALSE(sql_split(text, n + 2, &list, &err));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "line 2: "));
	mem_free(text);
}

static void versions_compare_number_by_number(void)
{
	CU_ASSERT_TRUE(schema_version_cmp("0.9.0", "0.10.0") < 0);
	CU_ASSERT_TRUE(schema_version_cmp("1.0", "0.99.99") > 0);
	CU_ASSERT_EQUAL(schema_version_cmp("1.2", "1.2.0"), 0);
	CU_ASSERT_TRUE(schema_version_cmp("1.2.1", "1.2") > 0);
	CU_ASSERT_EQUAL(schema_version_cmp("0.1.0", "0.1.0"), 0);
}

static CU_TestInfo tests[] = {
	{"statements end at semicolons, and empty ones are dropped",
	 statements_end_at_semicolons_and_empty_ones_are_dropped},
	{"white space outside of quotes is one space", white_space_outside_of_quotes_is_one_space},
	{"a semicolon in quotes ends nothing", a_semicolon_in_quotes_ends_nothing},
	{"a quote is doubled or escaped inside its own", a_quote_is_doubled_or_escaped_inside_its_own},
	{"comments are dropped with what is in them", comments_are_dropped_with_what_is_in_them},
	{"two minus signs without space are arithmetic", two_minus_signs_without_space_are_arithmetic},
	{"executed comments and hints stay", executed_comments_and_hints_stay},
	{"what is not closed is refused with its line", what_is_not_closed_is_refused_with_its_line},
	{"commands of the client and NUL bytes are refused",
	 commands_of_the_client_and_nul_bytes_are_refused},
	{"each statement knows the line it begins at", each_statement_knows_the_line_it_begins_at},
	{"a statement has a largest size", a_statement_has_a_largest_size},
	{"versions compare number by number", versions_compare_number_by_number},
	CU_TEST_INFO_NULL};

int main(void)
{
	CU_SuiteInfo suites[] = {{"SQL scripts", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

	log_open("sql_split_tests");
	return run_suites(suites);
}
