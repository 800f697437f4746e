bin_PROGRAMS += agentiv-webhookd
agentiv_webhookd_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS)
agentiv_webhookd_SOURCES = src/bin/agentiv_webhookd.c
agentiv_webhookd_LDADD = $(DAEMON_LIBS) $(LOWER_LIBS)
