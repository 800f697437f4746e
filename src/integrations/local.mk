# Connectors to what the account connected. Each is a const struct of functions.
noinst_LIBRARIES += libintegrations.a
libintegrations_a_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS) $(GMIME_CFLAGS) $(GUMBO_CFLAGS)
libintegrations_a_SOURCES = src/integrations/mailbox.c src/integrations/mailbox.h
INTEGRATIONS_LIBS = libintegrations.a $(GMIME_LIBS) $(GUMBO_LIBS)
