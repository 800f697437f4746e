if FUZZING
noinst_PROGRAMS += fuzz_request
FUZZ_TARGETS += fuzz_request
fuzz_request_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS)
fuzz_request_SOURCES = tests/fuzz/fuzz_request.c tests/fuzz/fuzz.h
fuzz_request_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_request_LDADD = $(API_LIBS) $(HTTP_LIBS) $(CORE_LIBS) $(STORE_LIBS) $(DB_LIBS) $(BASE_LIBS)
endif
EXTRA_DIST += tests/fuzz/corpus/request/chunked tests/fuzz/corpus/request/list tests/fuzz/corpus/request/run
