# One short main per program.
LOWER_LIBS = $(CORE_LIBS) $(STORE_LIBS) $(AGENTS_LIBS) $(INTEGRATIONS_LIBS) $(NET_LIBS) $(DB_LIBS) $(BASE_LIBS)
include src/bin/worker.mk
include src/bin/responder.mk
include src/bin/scheduler.mk
include src/bin/webhookd.mk
include src/bin/agentivctl.mk
