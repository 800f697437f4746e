# The only users of libcurl: outbound requests and where they may go.
noinst_LIBRARIES += libnet.a
libnet_a_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS) $(JSONC_CFLAGS)
libnet_a_SOURCES = \
	src/net/event_stream.c src/net/event_stream.h \
	src/net/gate.c src/net/gate.h \
	src/net/http_client.c src/net/http_client.h src/net/http_client_priv.h src/net/http_transfer.c \
	src/net/http_exchange.c src/net/http_exchange.h \
	src/net/imap.c src/net/imap.h src/net/imap_command.c src/net/imap_login.c src/net/imap_priv.h src/net/imap_stream.c \
	src/net/imap_frame.c src/net/imap_parse.c src/net/imap_search.c src/net/imap_parse.h src/net/imap_token.c \
	src/net/outbound.c src/net/outbound.h src/net/outbound_priv.h \
	src/net/outbound_resolve.c src/net/outbound_url.c \
	src/net/smtp.c src/net/smtp.h src/net/smtp_priv.h src/net/smtp_replies.c \
	src/net/transfers.c src/net/transfers.h src/net/transfers_priv.h \
	src/net/utf8.c src/net/utf8.h
NET_LIBS = libnet.a $(CURL_LIBS)
