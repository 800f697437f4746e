/* The suites of agents_tests, from the lowest layer up. */
#ifndef AGENTIV_TESTS_AGENTS_SUITES_H
#define AGENTIV_TESTS_AGENTS_SUITES_H

#include <CUnit/CUnit.h>

extern const CU_SuiteInfo zone_suite, money_suite, rules_data_suite, rules_page_suite, rules_sense_suite,
	rules_values_suite, mail_suite, mail_hostile_suite, mail_html_suite, maildir_suite,
	maildir_marks_suite, maildir_race_suite, mbox_suite, imap_names_suite, imap_box_suite, imap_archive_suite,
	manifest_suite, probe_suite, triage_text_suite, triage_rules_suite, triage_query_suite, triage_suite,
	triage_inline_suite, triage_reasons_suite, triage_notices_suite, triage_urgency_suite, triage_forged_suite, triage_source_suite,
	triage_effects_suite, triage_attempts_suite, triage_memory_suite, triage_injection_suite, triage_doubts_suite, triage_models_suite;

/* Every mail of a corpus; run alone, on corpus_dir. */
extern const CU_SuiteInfo corpus_suite;
extern const char *corpus_dir;

#endif
