# Fills the queue of the configured database and measures claims and ends.
check_PROGRAMS += queue_bench
queue_bench_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS) -I$(top_srcdir)/tests/bench
queue_bench_SOURCES = tests/bench/queue_bench.c tests/bench/server_cost.c tests/bench/server_cost.h
queue_bench_LDADD = libstore.a $(DB_LIBS) $(BASE_LIBS)
