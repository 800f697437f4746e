# fuzz_NAME -max_total_time=120 tests/fuzz/corpus/NAME
if FUZZING
noinst_PROGRAMS += fuzz_mail fuzz_rules
FUZZ_TARGETS += fuzz_mail fuzz_rules
fuzz_mail_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS) -DAGENTS_SOURCE=\"$(abs_top_srcdir)/src/agents\"
fuzz_mail_SOURCES = tests/fuzz/fuzz_mail.c tests/fuzz/fuzz.h
fuzz_mail_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_mail_LDADD = $(AGENTS_LIBS) $(INTEGRATIONS_LIBS) $(BASE_LIBS)
fuzz_rules_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS)
fuzz_rules_SOURCES = tests/fuzz/fuzz_rules.c tests/fuzz/fuzz.h
fuzz_rules_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_rules_LDADD = $(AGENTS_LIBS) $(INTEGRATIONS_LIBS) $(BASE_LIBS)
endif
EXTRA_DIST += tests/fuzz/corpus/mail/alternative tests/fuzz/corpus/mail/encoded tests/fuzz/corpus/mail/mbox \
	tests/fuzz/corpus/mail/nested tests/fuzz/corpus/mail/page \
	tests/fuzz/corpus/rules/command tests/fuzz/corpus/rules/condition tests/fuzz/corpus/rules/deadline \
	tests/fuzz/corpus/rules/query tests/fuzz/corpus/rules/statement \
	tests/fuzz/corpus/rules/amount tests/fuzz/corpus/rules/date tests/fuzz/corpus/rules/help tests/fuzz/corpus/rules/list \
	tests/fuzz/corpus/rules/money tests/fuzz/corpus/rules/quotes tests/fuzz/corpus/rules/wish
