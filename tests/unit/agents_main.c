/* agents_tests: agents and integrations. With --corpus DIR: reads and sorts every mail there instead. */
#include <stdbool.h>
#include <string.h>

#include "../run_suites.h"
#include "agents_suites.h"
#include "base/log.h"

int main(int argc, char **argv)
{
	CU_SuiteInfo suites[] = {zone_suite, mail_suite, mail_hostile_suite, mail_html_suite, maildir_suite,
	                         maildir_marks_suite, maildir_race_suite, mbox_suite, imap_names_suite, imap_box_suite, imap_archive_suite,
	                         manifest_suite, probe_suite, triage_text_suite, triage_rules_suite, rules_values_suite,
	                         money_suite, rules_data_suite, rules_page_suite, rules_sense_suite,
	                         triage_query_suite, triage_suite, triage_inline_suite, triage_reasons_suite,
	                         triage_notices_suite, triage_urgency_suite, triage_forged_suite, triage_source_suite,
	                         triage_effects_suite, triage_attempts_suite, triage_memory_suite, triage_injection_suite, triage_doubts_suite, triage_models_suite,
	                         CU_SUITE_INFO_NULL};
	CU_SuiteInfo corpus[] = {corpus_suite, CU_SUITE_INFO_NULL};
	bool whole = argc == 3 && strcmp(argv[1], "--corpus") == 0;

	log_open("agents_tests");
	log_set_level(LOG_ERROR);
	corpus_dir = whole ? argv[2] : NULL;
	return run_suites(whole ? corpus : suites);
}
