# Firing schedules on a real database: started by tests/run, not by make check.
if HAVE_CUNIT
check_PROGRAMS += schedule_tests
schedule_tests_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS) $(CUNIT_CFLAGS) -I$(top_srcdir)/tests/store
schedule_tests_SOURCES = tests/store/schedule_main.c tests/store/schedule_suites.h \
	tests/store/queue_fixture.c tests/store/queue_fixture.h \
	tests/store/schedule_fixture.c tests/store/schedule_fixture.h \
	tests/store/db_proxy.c tests/store/db_proxy.h \
	tests/store/test_schedule_fire.c tests/store/test_schedule_ledger.c \
	tests/store/test_schedule_concurrency.c tests/store/test_schedule_hand.c tests/store/test_schedule_overlap.c \
	tests/store/test_schedule_edits.c
schedule_tests_LDADD = libcore.a libstore.a $(DB_LIBS) $(BASE_LIBS) $(CUNIT_LIBS)
endif
