/* Attempts of one run: the next goes on where the one before was stopped. */
#include <stdio.h>
#include <string.h>

#include "agents_fixture.h"
#include "agents_suites.h"

/* Killed behind its third move: the next attempt reports all, those included that are in the archive by now. */
static void a_retried_run_reports_the_same_mails(void)
{
	struct json_object *first, *out;
	char dir[FX_PATH];

	fx_samples(dir);
	first = fx_run("email-triage", "{\"dry_run\":true}");
	fx_host.stop_after_acts = 4;
	CU_ASSERT_PTR_NULL(fx_run("email-triage", "{}"));
	CU_ASSERT_EQUAL(fx_count(dir, ".Archive/cur"), 4);
	fx_host.stopped = false;
	fx_host.stop_after_acts = fx_host.acts = 0;
	out = fx_run("email-triage", "{}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_STRING_EQUAL(fx_host.summary, "Triaged 20 emails | 1 urgent | 7 archived");
	CU_ASSERT_EQUAL(fx_effects_with(out, "done"), 7);
	CU_ASSERT_EQUAL(fx_host.acts, 3);
	CU_ASSERT_EQUAL(fx_count(dir, ".Archive/cur"), 7);
	CU_ASSERT_STRING_EQUAL(json_object_to_json_string(fx_get(out, "triaged")),
	                       json_object_to_json_string(fx_get(first, "triaged")));
	json_object_put(first);
	json_object_put(out);
	fx_remove(dir);
}

/* Moved, but killed before that was written: the mailbox tells it. */
static void a_move_whose_outcome_is_unknown_is_looked_at(void)
{
	struct json_object *out;
	char dir[FX_PATH];

	fx_samples(dir);
	fx_host.fail_ledger_call = 2;                  /* the plan is the first */
	CU_ASSERT_PTR_NULL(fx_run("email-triage", "{}"));
	CU_ASSERT_EQUAL(fx_count(dir, ".Archive/cur"), 1);
	out = fx_run("email-triage", "{}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_EQUAL(fx_effects_with(out, "already_done"), 1);
	CU_ASSERT_EQUAL(fx_effects_with(out, "done"), 6);
	CU_ASSERT_EQUAL(fx_count(dir, ".Archive/cur"), 7);
	CU_ASSERT_STRING_EQUAL(fx_host.summary, "Triaged 20 emails | 1 urgent | 7 archived");
	json_object_put(out);
	fx_remove(dir);
}

/* What cannot be announced is not done. */
static void without_a_plan_nothing_is_changed(void)
{
	char dir[FX_PATH];

	fx_samples(dir);
	fx_host.fail_ledger_call = 1;
	CU_ASSERT_PTR_NULL(fx_run("email-triage", "{}"));
	CU_ASSERT_TRUE(fx_host.error.retryable);
	CU_ASSERT_EQUAL(fx_count(dir, "new"), 20);
	fx_remove(dir);
}

/* Reading alone asks the host to keep nothing. */
static void a_run_without_effects_keeps_no_plan(void)
{
	char dir[FX_PATH];

	fx_samples(dir);
	json_object_put(fx_run("email-triage", "{\"dry_run\":true}"));
	CU_ASSERT_EQUAL(fx_host.ledger_calls, 0);
	fx_remove(dir);
}

/* Ids of mails mean nothing where another mailbox was connected in between. */
static void a_plan_is_left_when_another_mailbox_is_connected(void)
{
	struct json_object *out;
	char first[FX_PATH], other[FX_PATH];

	fx_samples(first);
	fx_host.stop_after_acts = 1;
	CU_ASSERT_PTR_NULL(fx_run("email-triage", "{}"));
	fx_host.stopped = false;
	fx_host.stop_after_acts = 0;
	fx_maildir(other);
	snprintf(fx_host.path, sizeof fx_host.path, "%s", other);
	fx_host.place++;
	out = fx_run("email-triage", "{}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_STRING_EQUAL(fx_host.summary, "Triaged 0 emails | 0 urgent | 0 archived");
	json_object_put(out);
	fx_remove(first);
	fx_remove(other);
}

static CU_TestInfo tests[] = {
	{"a retried run reports the same mails", a_retried_run_reports_the_same_mails},
	{"a move whose outcome is unknown is looked at", a_move_whose_outcome_is_unknown_is_looked_at},
	{"without a plan nothing is changed", without_a_plan_nothing_is_changed},
	{"a run without effects keeps no plan", a_run_without_effects_keeps_no_plan},
	{"a plan is left when another mailbox is connected", a_plan_is_left_when_another_mailbox_is_connected},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo triage_attempts_suite = {"triage: attempts", NULL, NULL, NULL, NULL, tests};
