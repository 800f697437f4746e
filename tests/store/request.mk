# What the responder alone asks the database for: started by tests/run, not by make check.
if HAVE_CUNIT
check_PROGRAMS += request_tests
request_tests_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS) $(CUNIT_CFLAGS) -I$(top_srcdir)/tests/store
request_tests_SOURCES = tests/store/request_main.c tests/store/request_suites.h \
	tests/store/queue_fixture.c tests/store/queue_fixture.h \
	tests/store/secrets_fixture.c tests/store/secrets_fixture.h \
	tests/store/keys_fixture.c tests/store/keys_fixture.h \
	tests/store/db_proxy.c tests/store/db_proxy.h \
	tests/store/test_auth.c tests/store/test_auth_memory.c tests/store/test_keys.c tests/store/test_minutes.c tests/store/test_once.c \
	tests/store/test_reseal.c tests/store/test_secret_states.c tests/store/test_unsubscribe.c tests/store/test_watch.c
request_tests_LDADD = libcore.a libstore.a $(DB_LIBS) $(BASE_LIBS) $(CUNIT_LIBS)
endif
