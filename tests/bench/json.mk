# What reading, checking and writing JSON costs.
check_PROGRAMS += json_bench
json_bench_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS)
json_bench_SOURCES = tests/bench/json_bench.c
json_bench_LDADD = $(BASE_LIBS)
