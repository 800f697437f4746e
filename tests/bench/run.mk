# The programs of tests/bench/run.
bench_programs = null_fcgi plain_accept commit_floor hook_receiver run_latency
check_PROGRAMS += $(bench_programs)
null_fcgi_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS)
null_fcgi_SOURCES = tests/bench/null_fcgi.c tests/bench/bench.h
null_fcgi_LDADD = $(HTTP_LIBS) $(CORE_LIBS) $(STORE_LIBS) $(DB_LIBS) $(BASE_LIBS)
plain_accept_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS)
plain_accept_SOURCES = tests/bench/plain_accept.c tests/bench/bench.h
plain_accept_LDADD = $(HTTP_LIBS) $(CORE_LIBS) $(STORE_LIBS) $(DB_LIBS) $(BASE_LIBS)
commit_floor_SOURCES = tests/bench/commit_floor.c tests/bench/bench.h
commit_floor_LDADD = $(DB_LIBS) $(BASE_LIBS)
hook_receiver_SOURCES = tests/bench/receiver.c tests/bench/hooks.c tests/bench/hooks.h tests/bench/bench.h
hook_receiver_LDADD = $(BASE_LIBS)
run_latency_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS)
run_latency_SOURCES = tests/bench/latency.c tests/bench/hooks.c tests/bench/hooks.h tests/bench/bench.h
run_latency_LDADD = $(BASE_LIBS) $(CURL_LIBS)
EXTRA_DIST += tests/bench/run tests/bench/schedules.sh tests/bench/webhooks.sh tests/bench/deliver.py \
	tests/bench/crowd.py tests/bench/post.lua tests/bench/report tests/bench/load.lua

bench-programs: $(bench_programs) queue_bench
.PHONY: bench-programs
