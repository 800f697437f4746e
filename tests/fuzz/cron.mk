# fuzz_cron -max_total_time=120 tests/fuzz/corpus/cron
if FUZZING
noinst_PROGRAMS += fuzz_cron
FUZZ_TARGETS += fuzz_cron
fuzz_cron_CPPFLAGS = $(AM_CPPFLAGS)
fuzz_cron_SOURCES = tests/fuzz/fuzz_cron.c tests/fuzz/fuzz.h
fuzz_cron_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_cron_LDADD = $(BASE_LIBS)
endif
EXTRA_DIST += tests/fuzz/corpus/cron/days tests/fuzz/corpus/cron/elapsed tests/fuzz/corpus/cron/fixed tests/fuzz/corpus/cron/leap \
	tests/fuzz/corpus/cron/nickname tests/fuzz/corpus/cron/zone
