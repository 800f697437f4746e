# The queue and the executor on a real database: started by tests/run, not by make check.
if HAVE_CUNIT
check_PROGRAMS += queue_tests
queue_tests_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS) $(CUNIT_CFLAGS) -I$(top_srcdir)/tests/store
queue_tests_SOURCES = tests/store/queue_main.c tests/store/queue_suites.h \
	tests/store/queue_fixture.c tests/store/queue_fixture.h \
	tests/store/executor_fixture.c tests/store/executor_fixture.h \
	tests/store/db_proxy.c tests/store/db_proxy.h \
	tests/store/budgets_fixture.c tests/store/budgets_fixture.h \
	tests/store/test_queue.c tests/store/test_queue_due.c tests/store/test_queue_stats.c \
	tests/store/test_queue_upkeep.c \
	tests/store/test_concurrency.c tests/store/test_executor.c \
	tests/store/test_executor_once.c tests/store/test_executor_owner.c tests/store/test_effects.c \
	tests/store/test_budgets.c tests/store/test_budgets_race.c tests/store/test_budgets_runs.c
queue_tests_LDADD = libcore.a libstore.a $(DB_LIBS) $(BASE_LIBS) $(CUNIT_LIBS)
endif
