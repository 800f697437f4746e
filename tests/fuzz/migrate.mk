if FUZZING
noinst_PROGRAMS += fuzz_sql_split
fuzz_sql_split_SOURCES = tests/fuzz/fuzz_sql_split.c tests/fuzz/fuzz.h
fuzz_sql_split_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_sql_split_LDADD = $(STORE_LIBS) $(BASE_LIBS)
endif
EXTRA_DIST += tests/fuzz/corpus/sql_split/comments tests/fuzz/corpus/sql_split/table
