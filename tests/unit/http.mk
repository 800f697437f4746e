# The responder's parts without a web server or a database: the tests bring keys, limits and leases of their own.
if HAVE_CUNIT
check_PROGRAMS += http_tests core_tests waiting_tests events_tests openapi_tests
TESTS += http_tests core_tests waiting_tests events_tests openapi_tests
http_tests_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS) $(CUNIT_CFLAGS) -I$(top_srcdir)/tests/unit
http_tests_SOURCES = tests/unit/http_main.c tests/unit/http_suites.h \
	tests/unit/http_fixture.c tests/unit/http_fixture.h \
	tests/unit/test_http_request.c tests/unit/test_http_response.c tests/unit/test_http_steps.c
http_tests_LDADD = $(API_LIBS) $(HTTP_LIBS) $(CORE_LIBS) $(STORE_LIBS) $(DB_LIBS) $(BASE_LIBS) $(CUNIT_LIBS)
core_tests_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS) $(CUNIT_CFLAGS) -I$(top_srcdir)/tests/unit -I$(top_srcdir)/tests/store
core_tests_SOURCES = tests/unit/core_main.c tests/unit/core_suites.h \
	tests/unit/base_fixture.c tests/unit/base_fixture.h \
	tests/store/secrets_fixture.c tests/store/secrets_fixture.h \
	tests/unit/test_bells.c tests/unit/test_group.c tests/unit/test_mail_compose.c tests/unit/test_pace.c tests/unit/test_quota.c tests/unit/test_ratelimit.c \
	tests/unit/test_secrets.c tests/unit/test_split_write.c
core_tests_LDADD = $(CORE_LIBS) $(STORE_LIBS) $(DB_LIBS) $(BASE_LIBS) $(CUNIT_LIBS)
waiting_tests_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS) $(CUNIT_CFLAGS)
waiting_tests_SOURCES = tests/unit/test_waiting.c
waiting_tests_LDADD = libapi.a $(CORE_LIBS) $(BASE_LIBS) $(CUNIT_LIBS)
openapi_tests_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS) $(CUNIT_CFLAGS) -DAGENTS_SOURCE=\"$(abs_top_srcdir)/src/agents\"
openapi_tests_SOURCES = tests/unit/test_openapi.c
openapi_tests_LDADD = $(API_LIBS) $(HTTP_LIBS) $(LOWER_LIBS) $(CUNIT_LIBS)
events_tests_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS) $(CUNIT_CFLAGS)
events_tests_SOURCES = tests/unit/test_events.c
events_tests_LDADD = libapi.a $(HTTP_LIBS) $(CORE_LIBS) $(STORE_LIBS) $(DB_LIBS) $(BASE_LIBS) $(CUNIT_LIBS)
endif
