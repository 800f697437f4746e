# The only users of libcurl: outbound requests and where they may go.
noinst_LIBRARIES += libnet.a
libnet_a_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS)
libnet_a_SOURCES = \
	src/net/http_client.c src/net/http_client.h src/net/http_client_priv.h src/net/http_transfer.c \
	src/net/outbound.c src/net/outbound.h src/net/outbound_priv.h src/net/outbound_url.c \
	src/net/utf8.c src/net/utf8.h
NET_LIBS = libnet.a $(CURL_LIBS)
