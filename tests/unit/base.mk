# The base layer, module by module; JSON and schemas have programs of their own.
if HAVE_CUNIT
check_PROGRAMS += base_tests
TESTS += base_tests
base_tests_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS) $(CRYPTO_CFLAGS) -I$(top_srcdir)/tests/unit
base_tests_SOURCES = tests/unit/base_main.c tests/unit/base_suites.h \
	tests/unit/base_fixture.c tests/unit/base_fixture.h \
	tests/unit/test_arena.c tests/unit/test_buf.c tests/unit/test_clock.c \
	tests/unit/test_config.c tests/unit/test_config_mail.c tests/unit/test_cron.c tests/unit/test_cron_walk.c tests/unit/test_crypto.c tests/unit/test_doorbell.c \
	tests/unit/test_err.c tests/unit/test_id.c tests/unit/test_log.c \
	tests/unit/test_mem.c tests/unit/test_network.c tests/unit/test_password.c tests/unit/test_ring.c tests/unit/test_seal.c \
	tests/unit/test_zone_made.c tests/unit/zone_fixture.c tests/unit/zone_fixture.h
# what a buffer gives back is looked at
base_tests_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=mem_free
base_tests_LDADD = $(BASE_LIBS) $(CUNIT_LIBS)
endif
