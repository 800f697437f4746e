if FUZZING
noinst_PROGRAMS += fuzz_request fuzz_key
FUZZ_TARGETS += fuzz_request fuzz_key
fuzz_key_CPPFLAGS = $(AM_CPPFLAGS)
fuzz_key_SOURCES = tests/fuzz/fuzz_key.c tests/fuzz/fuzz.h
fuzz_key_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_key_LDADD = $(CORE_LIBS) $(STORE_LIBS) $(DB_LIBS) $(BASE_LIBS)
fuzz_request_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS)
fuzz_request_SOURCES = tests/fuzz/fuzz_request.c tests/fuzz/fuzz.h
fuzz_request_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_request_LDADD = $(API_LIBS) $(HTTP_LIBS) $(CORE_LIBS) $(STORE_LIBS) $(DB_LIBS) $(BASE_LIBS)
endif
EXTRA_DIST += tests/fuzz/corpus/request/chunked tests/fuzz/corpus/request/list tests/fuzz/corpus/request/run tests/fuzz/corpus/request/empty \
	tests/fuzz/corpus/key/alone tests/fuzz/corpus/key/cookies tests/fuzz/corpus/key/headers
