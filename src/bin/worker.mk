bin_PROGRAMS += agentiv-worker
agentiv_worker_SOURCES = src/bin/agentiv_worker.c
agentiv_worker_LDADD = libdaemon.a libcore.a libstore.a $(AGENTS_LIBS) $(INTEGRATIONS_LIBS) \
	$(DB_LIBS) $(BASE_LIBS)
