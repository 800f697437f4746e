bin_PROGRAMS += agentivctl
agentivctl_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS)
agentivctl_SOURCES = src/bin/agentivctl.c
agentivctl_LDADD = $(CTL_LIBS) $(LOWER_LIBS)

# What shells complete it by, printed by the program itself, in the places where bash and zsh look.
bashcompletiondir = $(datadir)/bash-completion/completions
zshcompletiondir = $(datadir)/zsh/site-functions
bashcompletion_DATA = completion/agentivctl
zshcompletion_DATA = completion/_agentivctl
CLEANFILES += completion/agentivctl completion/_agentivctl

completion/agentivctl: agentivctl$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && ./agentivctl$(EXEEXT) completion bash >$@.new && mv $@.new $@
completion/_agentivctl: agentivctl$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && ./agentivctl$(EXEEXT) completion zsh >$@.new && mv $@.new $@
