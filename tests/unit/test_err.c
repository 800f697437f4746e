/* Errors as values (base/err.h). */
#include <CUnit/CUnit.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/err.h"
#include "base_fixture.h"
#include "base_suites.h"

static void setting_an_error_returns_false_and_forgets_the_one_before(void)
{
	struct error err = {.retryable = true, .db_errno = 1213, .retry_after = 5};

	strcpy(err.field, "old");
	CU_ASSERT_FALSE(err_set(&err, ERR_NOT_FOUND, "no %s", "agent"));
	CU_ASSERT_EQUAL(err.code, ERR_NOT_FOUND);
	CU_ASSERT_STRING_EQUAL(err.message, "no agent");
	CU_ASSERT_STRING_EQUAL(err.field, "");
	CU_ASSERT_FALSE(err.retryable);
	CU_ASSERT_EQUAL(err.db_errno, 0);
	CU_ASSERT_EQUAL(err.retry_after, 0);
}

static void an_error_may_be_made_of_its_own_message(void)
{
	struct error err;

	err_set(&err, ERR_INTERNAL, "inner");
	err_set(&err, ERR_UNAVAILABLE, "outer: %s", err.message);
	CU_ASSERT_STRING_EQUAL(err.message, "outer: inner");
}

static void nobody_needs_to_look_at_an_error(void)
{
	CU_ASSERT_FALSE(err_set(NULL, ERR_INTERNAL, "x"));
	CU_ASSERT_FALSE(err_field(NULL, "f", "x"));
}

static void a_field_error_is_invalid_input_with_a_path(void)
{
	struct error err;

	err_field(&err, "input_payload.max_emails", "must be at most %d", 100);
	CU_ASSERT_EQUAL(err.code, ERR_INVALID_INPUT);
	CU_ASSERT_STRING_EQUAL(err.field, "input_payload.max_emails");
	CU_ASSERT_STRING_EQUAL(err.message, "must be at most 100");
}

/* The length that is left of 382 + n bytes of "a" and then the character. */
static size_t cut_length(unsigned before, const char *character)
{
	char text[600];
	struct error err;

	memset(text, 'a', before);
	strcpy(text + before, character);
	strcat(text, "bbbb");
	err_set(&err, ERR_INTERNAL, "%s", text);
	return strlen(err.message);
}

static void a_cut_message_does_not_end_inside_a_character(void)
{
	const unsigned room = sizeof((struct error *)0)->message - 1;

	CU_ASSERT_EQUAL(cut_length(room - 1, "é"), room - 1);
	CU_ASSERT_EQUAL(cut_length(room - 2, "é"), room);
	CU_ASSERT_EQUAL(cut_length(room - 2, "€"), room - 2);
	CU_ASSERT_EQUAL(cut_length(room - 3, "€"), room);
	CU_ASSERT_EQUAL(cut_length(room - 3, "😀"), room - 3);
	CU_ASSERT_EQUAL(cut_length(room - 4, "😀"), room);
}

static void every_code_has_a_name_that_finds_it(void)
{
	unsigned i;

	for (i = ERR_NONE + 1; i < ERR__MAX; i++)
		CU_ASSERT_EQUAL(err_by_name(err_name((enum err_code)i)), i);
	CU_ASSERT_EQUAL(err_by_name("NO_SUCH_CODE"), ERR_NONE);
	CU_ASSERT_EQUAL(err_by_name(NULL), ERR_NONE);
}

static void statuses_are_those_of_the_documentation(void)
{
	static const struct { const char *name; int status; } documented[] = {
		{"UNAUTHORIZED", 401}, {"FORBIDDEN", 403}, {"NOT_FOUND", 404},
		{"RATE_LIMITED", 429}, {"INVALID_INPUT", 400}, {"INTEGRATION_NOT_CONNECTED", 400},
		{"EXECUTION_FAILED", 500}, {"METHOD_NOT_ALLOWED", 405}, {"CONFLICT", 409},
		{"PAYLOAD_TOO_LARGE", 413}, {"UNAVAILABLE", 503}, {"INTERNAL", 500},
		{"CANCELLED", 500}, {"TIMEOUT", 500}, {"WORKER_LOST", 500}, {"OUTPUT_TOO_LARGE", 500}};
	unsigned i;

	for (i = 0; i < sizeof documented / sizeof *documented; i++)
		CU_ASSERT_EQUAL(err_http_status(err_by_name(documented[i].name)),
		                documented[i].status);
}

static void break_an_invariant(void)
{
	INVARIANT(1 == 2, "one is \"two\"");
}

static void a_broken_invariant_says_where_and_aborts(void)
{
	char out[512];
	int status = fx_child(break_an_invariant, out, sizeof out);

	CU_ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	CU_ASSERT_PTR_NOT_NULL(strstr(out, "test_err.c:"));
	CU_ASSERT_PTR_NOT_NULL(strstr(out, "what=\"one is \\\"two\\\"\""));
}

static CU_TestInfo tests[] = {
	{"setting an error returns false and forgets the one before",
	 setting_an_error_returns_false_and_forgets_the_one_before},
	{"an error may be made of its own message", an_error_may_be_made_of_its_own_message},
	{"nobody needs to look at an error", nobody_needs_to_look_at_an_error},
	{"a field error is invalid input with a path", a_field_error_is_invalid_input_with_a_path},
	{"a cut message does not end inside a character",
	 a_cut_message_does_not_end_inside_a_character},
	{"every code has a name that finds it", every_code_has_a_name_that_finds_it},
	{"statuses are those of the documentation", statuses_are_those_of_the_documentation},
	{"a broken invariant says where and aborts", a_broken_invariant_says_where_and_aborts},
	CU_TEST_INFO_NULL};

CU_SuiteInfo err_suite = {"errors", NULL, NULL, NULL, NULL, tests};
