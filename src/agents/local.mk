# Agents and their manifests. They see agent_ctx, integrations and base only.
noinst_LIBRARIES += libagents.a
libagents_a_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS) $(GMIME_CFLAGS)
libagents_a_SOURCES = src/agents/agent.h \
	src/agents/registry.c src/agents/registry.h src/agents/manifest.c \
	src/agents/probe.c
AGENTS_LIBS = libagents.a
