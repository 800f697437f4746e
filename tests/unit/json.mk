# JSON and JSON Schema. The public suite of schemas is Debian's package libtest-json-schema-acceptance-perl; a
# checkout of JSON-Schema-Test-Suite does as well (AGENTIV_SCHEMA_SUITE=DIR/tests/draft2020-12).
SCHEMA_SUITE = /usr/share/perl5/auto/share/dist/Test-JSON-Schema-Acceptance/tests/draft2020-12
if HAVE_CUNIT
check_PROGRAMS += json_tests
TESTS += json_tests
json_tests_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS) $(CUNIT_CFLAGS) -DSCHEMA_SUITE=\"$(SCHEMA_SUITE)\"
json_tests_SOURCES = tests/unit/json_main.c tests/unit/json_suites.h tests/unit/cpu_time.h \
	tests/unit/test_json_read.c tests/unit/test_json_table.c tests/unit/test_json_out.c \
	tests/unit/test_json_get.c tests/unit/test_schema.c tests/unit/schema_suite.c
json_tests_LDADD = $(BASE_LIBS) $(CUNIT_LIBS)
endif
