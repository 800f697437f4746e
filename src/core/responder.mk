# What only the responder uses.
libcore_a_SOURCES += \
	src/core/connections.c src/core/connections.h \
	src/core/group.c src/core/group.h \
	src/core/logins.c src/core/logins.h \
	src/core/local_runs.c src/core/local_runs.h \
	src/core/reader.c src/core/reader.h \
	src/core/run_process.c src/core/run_process.h \
	src/core/run_rules.c src/core/run_rules.h \
	src/core/runs.c src/core/runs.h \
	src/core/schedules.c src/core/schedules.h src/core/schedules_priv.h src/core/schedules_put.c src/core/schedules_read.c \
	src/core/schedules_run.c
