bin_PROGRAMS += agentiv.fcgi
agentiv_fcgi_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS)
agentiv_fcgi_SOURCES = src/bin/agentiv_fcgi.c
agentiv_fcgi_LDADD = $(API_LIBS) $(HTTP_LIBS) $(DAEMON_LIBS) $(LOWER_LIBS)
