bin_PROGRAMS += agentiv-worker
agentiv_worker_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS)
agentiv_worker_SOURCES = src/bin/agentiv_worker.c
agentiv_worker_LDADD = $(DAEMON_LIBS) $(LOWER_LIBS)
