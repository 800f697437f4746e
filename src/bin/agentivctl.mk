bin_PROGRAMS += agentivctl
agentivctl_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS)
agentivctl_SOURCES = src/bin/agentivctl.c
agentivctl_LDADD = $(CTL_LIBS) $(LOWER_LIBS)
