# Accounts, executions and the outbox on a real database: started by tests/run, not by make check.
if HAVE_CUNIT
check_PROGRAMS += store_tests
store_tests_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS) $(CUNIT_CFLAGS) -I$(top_srcdir)/tests/store
store_tests_SOURCES = tests/store/store_main.c tests/store/store_suites.h \
	tests/store/queue_fixture.c tests/store/queue_fixture.h \
	tests/store/outbox_fixture.c tests/store/outbox_fixture.h \
	tests/store/read_counts.c tests/store/read_counts.h \
	tests/store/test_accounts.c tests/store/test_principal.c tests/store/test_admission.c \
	tests/store/test_executions.c \
	tests/store/test_outbox.c tests/store/test_outbox_record.c tests/store/test_outbox_stats.c \
	tests/store/test_reads.c \
	tests/store/test_endpoints.c tests/store/test_endpoints_race.c tests/store/test_deliveries.c \
	tests/store/test_refusals.c tests/store/test_endpoint_reads.c \
	tests/store/test_sessions.c tests/store/test_unseen.c tests/store/test_audit.c \
	tests/store/test_schedules.c
store_tests_LDADD = libcore.a libstore.a $(NET_LIBS) $(DB_LIBS) $(BASE_LIBS) $(CUNIT_LIBS)
endif
