# fuzz_NAME -max_total_time=120 tests/fuzz/corpus/NAME
if FUZZING
noinst_PROGRAMS += fuzz_imap
FUZZ_TARGETS += fuzz_imap
fuzz_imap_SOURCES = tests/fuzz/fuzz_imap.c tests/fuzz/fuzz.h
fuzz_imap_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_imap_LDADD = $(NET_LIBS) $(BASE_LIBS)
endif
EXTRA_DIST += tests/fuzz/corpus/imap/fetch tests/fuzz/corpus/imap/folders tests/fuzz/corpus/imap/login \
	tests/fuzz/corpus/imap/move tests/fuzz/corpus/imap/keyword tests/fuzz/corpus/imap/search \
	tests/fuzz/corpus/imap/mail_url tests/fuzz/corpus/imap/mapped_url tests/fuzz/corpus/imap/number_url
