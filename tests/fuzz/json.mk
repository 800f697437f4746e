# fuzz_NAME -max_total_time=120 tests/fuzz/corpus/NAME
if FUZZING
noinst_PROGRAMS += fuzz_json fuzz_schema
fuzz_json_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS)
fuzz_json_SOURCES = tests/fuzz/fuzz_json.c tests/fuzz/fuzz.h
fuzz_json_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_json_LDADD = $(BASE_LIBS)
fuzz_schema_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS)
fuzz_schema_SOURCES = tests/fuzz/fuzz_schema.c tests/fuzz/fuzz.h
fuzz_schema_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_schema_LDADD = $(BASE_LIBS)
endif
EXTRA_DIST += \
	tests/fuzz/corpus/json/numbers tests/fuzz/corpus/json/request tests/fuzz/corpus/json/strings \
	tests/fuzz/corpus/schema/combined tests/fuzz/corpus/schema/numbers tests/fuzz/corpus/schema/object \
	tests/fuzz/corpus/schema/strings tests/fuzz/corpus/schema/tree
