# The connection layer and the migrations on a real database: started by tests/run, not by make check.
if HAVE_CUNIT
check_PROGRAMS += db_tests
db_tests_CPPFLAGS = $(AM_CPPFLAGS) $(MYSQL_CFLAGS) $(CUNIT_CFLAGS) -I$(top_srcdir)/tests/store \
	-DSQL_SOURCE_DIR=\"$(abs_top_srcdir)/sql\"
db_tests_SOURCES = tests/store/db_main.c tests/store/db_suites.h \
	tests/store/db_fixture.c tests/store/db_fixture.h \
	tests/store/db_proxy.c tests/store/db_proxy.h \
	tests/store/test_db_statements.c tests/store/test_db_rows.c \
	tests/store/test_db_transactions.c tests/store/test_db_outcome.c \
	tests/store/test_db_breaker.c tests/store/test_db_pack.c tests/store/test_migrate.c
db_tests_LDADD = libstore.a $(DB_LIBS) $(BASE_LIBS) $(CUNIT_LIBS)
endif
