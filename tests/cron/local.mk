# What is compared with other engines (the part "cron" of tests/run), and what is measured.
check_PROGRAMS += cron_lines
cron_lines_CPPFLAGS = $(AM_CPPFLAGS)
cron_lines_SOURCES = tests/cron/cron_lines.c
cron_lines_LDADD = $(BASE_LIBS)
EXTRA_DIST += tests/cron/libraries.js tests/cron/kinds.py tests/cron/rule.py tests/cron/syntax.py \
	tests/cron/test_agreement.py tests/cron/triples.py
check_PROGRAMS += cron_bench
cron_bench_CPPFLAGS = $(AM_CPPFLAGS)
cron_bench_SOURCES = tests/cron/cron_bench.c
cron_bench_LDADD = $(BASE_LIBS)
