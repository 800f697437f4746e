# What schedulers do beside firing schedules, on a real database: started by tests/run, not by make check.
if HAVE_CUNIT
check_PROGRAMS += duty_tests
duty_tests_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS) $(CUNIT_CFLAGS) -I$(top_srcdir)/tests/store
duty_tests_SOURCES = tests/store/duty_main.c tests/store/duty_suites.h \
	tests/store/queue_fixture.c tests/store/queue_fixture.h \
	tests/store/duty_fixture.c tests/store/duty_fixture.h \
	tests/store/read_counts.c tests/store/read_counts.h \
	tests/store/notes_fixture.c tests/store/notes_fixture.h \
	tests/store/test_duties.c tests/store/test_retention.c tests/store/test_months.c \
	tests/store/test_notifications.c tests/store/test_told.c
duty_tests_LDADD = libcore.a libstore.a $(NET_LIBS) $(DB_LIBS) $(BASE_LIBS) $(CUNIT_LIBS)
endif
