/* Log lines (base/log.h). */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base_fixture.h"
#include "base_suites.h"

static int64_t fixed_wall(void)
{
	return INT64_C(1736920800042);
}

static void write_a_line(void)
{
	log_write(LOG_INFO, "claimed", "runs=%u lane=%d", 3u, 1);
}

static void write_a_bare_line(void)
{
	log_write(LOG_WARN, "bare", "%s", "");
	log_write(LOG_DEBUG, "hidden", "%s", "");
}

static void write_control_characters(void)
{
	log_write(LOG_INFO, "x", "v=%s", "a\nlevel=error\033[2J");
}

static void write_a_long_line(void)
{
	char text[5000];

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	log_write(LOG_INFO, "long", "v=%s", text);
}

static void write_an_error(void)
{
	struct error err;

	err_field(&err, "a.b", "is \"bad\"");
	log_error("refused", &err);
}

static void a_line_has_time_level_program_message_and_values(void)
{
	char out[512];

	clock_set_source(fixed_wall, NULL);
	fx_stderr(write_a_line, out, sizeof out);
	clock_set_source(NULL, NULL);
	CU_ASSERT_STRING_EQUAL(out, "ts=2025-01-15T06:00:00.042Z level=info prog=base_tests"
	                            " msg=\"claimed\" runs=3 lane=1\n");
}

static void lines_below_the_level_are_not_written(void)
{
	char out[512];

	fx_stderr(write_a_bare_line, out, sizeof out);
	CU_ASSERT_PTR_NOT_NULL(strstr(out, "level=warn"));
	CU_ASSERT_PTR_NULL(strstr(out, "hidden"));
	log_set_level(LOG_ERROR);
	fx_stderr(write_a_bare_line, out, sizeof out);
	log_set_level(LOG_INFO);
	CU_ASSERT_STRING_EQUAL(out, "");
}

static void one_event_is_one_line_whatever_a_value_holds(void)
{
	char out[512];

	fx_stderr(write_control_characters, out, sizeof out);
	CU_ASSERT_PTR_EQUAL(strchr(out, '\n'), out + strlen(out) - 1);
	CU_ASSERT_PTR_NULL(strchr(out, '\033'));
}

static void a_long_line_is_cut_and_still_ends(void)
{
	char out[8000];

	fx_stderr(write_a_long_line, out, sizeof out);
	CU_ASSERT_TRUE(strlen(out) <= 2048);
	CU_ASSERT_EQUAL(out[strlen(out) - 1], '\n');
}

static void an_error_is_logged_with_code_field_and_message(void)
{
	char out[512];

	fx_stderr(write_an_error, out, sizeof out);
	CU_ASSERT_PTR_NOT_NULL(strstr(out, "msg=\"refused\" code=INVALID_INPUT field=a.b"
	                                   " message=\"is \\\"bad\\\"\" db_errno=0\n"));
}

static void only_what_needs_it_is_quoted(void)
{
	char out[64];

	CU_ASSERT_STRING_EQUAL(log_quote("GET", out, sizeof out), "GET");
	CU_ASSERT_STRING_EQUAL(log_quote("", out, sizeof out), "\"\"");
	CU_ASSERT_STRING_EQUAL(log_quote(NULL, out, sizeof out), "\"\"");
	CU_ASSERT_STRING_EQUAL(log_quote("a b", out, sizeof out), "\"a b\"");
	CU_ASSERT_STRING_EQUAL(log_quote("a=b", out, sizeof out), "\"a=b\"");
	CU_ASSERT_STRING_EQUAL(log_quote("a\"b\\", out, sizeof out), "\"a\\\"b\\\\\"");
	CU_ASSERT_STRING_EQUAL(log_quote("\n\t\001\177", out, sizeof out),
	                       "\"\\n\\t\\x01\\x7f\"");
}

static void a_quoted_value_is_cut_between_characters(void)
{
	char out[8];

	CU_ASSERT_STRING_EQUAL(log_quote("abcdefghij", out, sizeof out), "\"abcde\"");
	CU_ASSERT_STRING_EQUAL(log_quote("abcdé fgh", out, sizeof out), "\"abcd\"");
	CU_ASSERT_STRING_EQUAL(log_quote("abcd\nfgh", out, sizeof out), "\"abcd\"");
	CU_ASSERT_STRING_EQUAL(log_quote("a b", out, 2), "");
}

/* More than a batch holds. */
static void write_lines_together(void)
{
	struct log_batch batch;
	unsigned i;

	log_hold(&batch);
	for (i = 0; i < 100; i++)
		log_write(LOG_INFO, "one of many", "n=%03u", i);
	log_flush();
	log_write(LOG_INFO, "after", "%s", "");
}

static void lines_that_are_held_come_whole_and_in_order(void)
{
	char out[16384], expected[32], *at = out;
	unsigned i;

	fx_stderr(write_lines_together, out, sizeof out);
	for (i = 0; i < 100 && at; i++) {
		snprintf(expected, sizeof expected, "\"one of many\" n=%03u\n", i);
		at = strstr(at, expected);
	}
	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	CU_ASSERT_PTR_NOT_NULL(strstr(at, "\"after\""));
}

static void break_while_lines_are_held(void)
{
	static struct log_batch batch;

	log_hold(&batch);
	log_write(LOG_INFO, "before", "%s", "");
	log_write(LOG_ERROR, "broken", "%s", "");
	log_write(LOG_INFO, "lost", "%s", "");
}

static void an_errors_line_is_written_at_once_with_those_before_it(void)
{
	char out[512];

	fx_stderr(break_while_lines_are_held, out, sizeof out);
	log_flush();
	CU_ASSERT_PTR_NOT_NULL_FATAL(strstr(out, "\"before\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(strstr(out, "\"before\""), "\"broken\""));
	CU_ASSERT_PTR_NULL(strstr(out, "\"lost\""));
}

static void levels_are_found_by_name(void)
{
	enum log_level level = LOG_INFO;

	CU_ASSERT_TRUE(log_level_by_name("error", &level));
	CU_ASSERT_EQUAL(level, LOG_ERROR);
	CU_ASSERT_FALSE(log_level_by_name("loud", &level));
	CU_ASSERT_FALSE(log_level_by_name(NULL, &level));
}

static CU_TestInfo tests[] = {
	{"a line has time, level, program, message and values",
	 a_line_has_time_level_program_message_and_values},
	{"lines below the level are not written", lines_below_the_level_are_not_written},
	{"one event is one line, whatever a value holds",
	 one_event_is_one_line_whatever_a_value_holds},
	{"a long line is cut and still ends", a_long_line_is_cut_and_still_ends},
	{"an error is logged with code, field and message",
	 an_error_is_logged_with_code_field_and_message},
	{"only what needs it is quoted", only_what_needs_it_is_quoted},
	{"a quoted value is cut between characters", a_quoted_value_is_cut_between_characters},
	{"lines that are held come whole and in order", lines_that_are_held_come_whole_and_in_order},
	{"an error's line is written at once, with those before it",
	 an_errors_line_is_written_at_once_with_those_before_it},
	{"levels are found by name", levels_are_found_by_name},
	CU_TEST_INFO_NULL};

CU_SuiteInfo log_suite = {"log", NULL, NULL, NULL, NULL, tests};
