bin_PROGRAMS += agentiv-scheduler
agentiv_scheduler_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS)
agentiv_scheduler_SOURCES = src/bin/agentiv_scheduler.c
agentiv_scheduler_LDADD = $(DAEMON_LIBS) $(LOWER_LIBS)
