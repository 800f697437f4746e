# Migration scripts, without a database.
if HAVE_CUNIT
check_PROGRAMS += sql_split_tests
TESTS += sql_split_tests
sql_split_tests_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
sql_split_tests_SOURCES = tests/unit/test_sql_split.c
sql_split_tests_LDADD = libstore.a $(DB_LIBS) $(BASE_LIBS) $(CUNIT_LIBS)
endif
