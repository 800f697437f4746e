/* What the user page (docs/agents/email-triage.md) says of rules: its sentences are followed, or have the nearest form
 * that it tells. */
#include <stdio.h>
#include <string.h>

#include "agents/email_triage_rules.h"
#include "agents_fixture.h"
#include "agents_suites.h"

/* The next piece of text between backquotes, before end; NULL when there is none. */
static const char *next_quoted(const char **p, const char *end, char out[500])
{
	const char *open = memchr(*p, '`', (size_t)(end - *p)), *close;

	if (!open || !(close = memchr(open + 1, '`', (size_t)(end - open - 1))))
		return NULL;
	snprintf(out, 500, "%.*s", (int)(close - open - 1), open + 1);
	*p = close + 1;
	return out;
}

/* Calls each with the first two cells of every row that begins with a sentence, from a heading on. */
static unsigned each_row(const char *page, const char *heading, void (*each)(const char *row, const char *second,
	const char *end))
{
	const char *line = strstr(page, heading), *stop, *next;
	unsigned rows = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(line);
	line += strlen(heading);
	stop = strstr(line, "\n##");
	CU_ASSERT_PTR_NOT_NULL_FATAL(stop);
	for (; line < stop; line = next + 1) {
		const char *second, *end;

		next = strchr(line, '\n');
		if (strncmp(line, "| `", 3) != 0)
			continue;
		second = strchr(line + 2, '|');
		end = strchr(second + 1, '|');
		each(line, second, end);
		rows++;
	}
	return rows;
}

static void is_followed(const char *row, const char *second, const char *end)
{
	char sentence[500];
	const char *text = sentence;

	while (next_quoted(&row, second, sentence)) {
		struct rule_set *set = rules_compile(&text, 1);

		if (!rules_understood(set, 0))
			fprintf(stderr, "%s: %s\n", sentence, rules_problem(set, 0));
		CU_ASSERT_TRUE(rules_understood(set, 0));
		rules_free(set);
	}
}

static void is_near(const char *row, const char *second, const char *end)
{
	char sentence[500], nearest[500];
	const char *text = sentence;
	struct rule_set *set;

	CU_ASSERT_PTR_NOT_NULL_FATAL(next_quoted(&row, second, sentence));
	CU_ASSERT_PTR_NOT_NULL_FATAL(next_quoted(&second, end, nearest));
	set = rules_compile(&text, 1);
	CU_ASSERT_FALSE(rules_understood(set, 0));
	CU_ASSERT_PTR_NOT_NULL_FATAL(rules_nearest(set, 0));
	CU_ASSERT_STRING_EQUAL(rules_nearest(set, 0), nearest);
	rules_free(set);
}

static void the_page_keeps_its_word(void)
{
	static char page[100000];
	FILE *f = fopen(USER_PAGE, "rb");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	page[fread(page, 1, sizeof page - 1, f)] = '\0';
	fclose(f);
	CU_ASSERT_TRUE(each_row(page, "### Sentences that can be followed", is_followed) >= 30);
	CU_ASSERT_TRUE(each_row(page, "### Sentences that cannot", is_near) >= 12);
}

static CU_TestInfo tests[] = {
	{"the user page keeps its word", the_page_keeps_its_word},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo rules_page_suite = {"triage: rules of the user page", NULL, NULL, NULL, NULL, tests};
