# Outbound requests, the daemons' loop, and what webhooks look like.
if HAVE_CUNIT
check_PROGRAMS += net_tests
TESTS += net_tests
net_tests_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS) $(CURL_CFLAGS) $(CUNIT_CFLAGS) $(CRYPTO_CFLAGS)
net_tests_SOURCES = tests/unit/net_main.c tests/unit/net_suites.h \
	tests/unit/net_server.c tests/unit/net_server.h tests/unit/net_client.c tests/unit/net_client.h \
	tests/unit/test_http_client.c tests/unit/test_http_client_reach.c tests/unit/test_http_exchange.c tests/unit/test_lanes.c tests/unit/test_loop.c \
	tests/unit/smtp_fake.c tests/unit/smtp_fake.h tests/unit/test_smtp.c \
	tests/unit/test_imap.c tests/unit/test_imap_parse.c tests/unit/test_outbound.c tests/unit/test_webhook.c
net_tests_LDADD = libdaemon.a libcore.a libstore.a $(NET_LIBS) $(DB_LIBS) $(BASE_LIBS) $(CUNIT_LIBS) -lssl
endif
