# The executor: pool, committers, upkeep.
libcore_a_SOURCES += \
	src/core/threads.c src/core/threads.h \
	src/core/connection_refused.c src/core/connection_refused.h \
	src/core/pace.c src/core/pace.h \
	src/core/executor.c src/core/executor.h src/core/executor_priv.h \
	src/core/executor_audit.c src/core/executor_effects.c src/core/executor_end.c src/core/executor_host.c src/core/executor_job.c \
	src/core/executor_once.c src/core/executor_pool.c src/core/executor_steps.c src/core/executor_tokens.c \
	src/core/executor_upkeep.c
